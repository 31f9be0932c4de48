#include "agent/api/server.h"

#include <sys/stat.h>

#include <fstream>

#include "tests/unit/api/talk.h"
#include "tests/unit/api/world.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

// ---- the socket file ----

TEST_CASE("the socket has its mode before anybody can connect") {
    World world;
    world.config.mode = 0600;
    world.start();
    struct stat found {};
    REQUIRE(::stat(world.config.path.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0600);
}

TEST_CASE("the socket file of a daemon that is gone is replaced") {
    World world;
    {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, world.config.path.data(), world.config.path.size());
        REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::close(socket);  // the file stays
    }
    world.start();
    Peer peer(world.config.path);
    CHECK(world.ask(peer, stop_line) == stop_answer);
}

TEST_CASE("the socket of a daemon that answers is refused, and left as it is") {
    World world;
    world.start();
    ServerConfig config;
    config.path = world.config.path;
    Server second(world.loop, world.backend, config);
    const auto error = second.start();
    REQUIRE(error);
    CHECK(error->text == "cannot listen on " + config.path +
                             ": another musterd answers there (stop it, or see --api)");
    second.stop();
    Peer peer(world.config.path);
    CHECK(world.ask(peer, stop_line) == stop_answer);
}

TEST_CASE("what cannot be a socket is refused, with what to do") {
    World world;
    std::ofstream(world.config.path) << "precious";
    CHECK(world.start_error() == "cannot listen on " + world.config.path +
                                     ": there is a file that is no socket (move it away, or see "
                                     "--api)");
    CHECK(std::filesystem::exists(world.config.path));
    world.config.path = world.directory / "no/such/directory.sock";
    CHECK_THAT(world.start_error(), EndsWith("No such file or directory (does its directory "
                                             "exist, and may this user write to it? see --api)"));
    world.config.path = world.directory / std::string(120, 'x').c_str();
    CHECK_THAT(world.start_error(), EndsWith("a socket's may have 107 (see --api)"));
}

TEST_CASE("the socket file goes with the server, unless it is another's by then") {
    World world;
    world.start();
    world.server->stop();
    CHECK_FALSE(std::filesystem::exists(world.config.path));
    world.start();
    std::filesystem::remove(world.config.path);
    std::ofstream(world.config.path) << "another's";
    world.server->stop();
    CHECK(std::filesystem::exists(world.config.path));
}

// ---- conversations ----

TEST_CASE("two encodings are served side by side") {
    World world;
    world.add_members(2);
    world.start();
    Peer json(world.config.path);
    Peer msgpack(world.config.path);
    msgpack.send(handshake() + request("members", 2));
    CHECK_THAT(world.ask(json, members_line), Contains("\"Name\":\"member-1\""));
    world.until([&] {
        msgpack.read();
        return msgpack.received.size() > 100;
    });
    CHECK(objects_in(msgpack.received).size() == 3);
    CHECK(world.server->stats().connections == 2);
    CHECK(world.server->stats().accepted == 2);
    CHECK(world.server->stats().requests == 3);
}

TEST_CASE("a reply larger than any buffer arrives whole") {
    World world;
    world.add_members(8'000);
    world.start();
    Peer peer(world.config.path);
    const std::string line = world.ask(peer, members_line);
    CHECK(line.size() > std::size_t{1} << 20);
    const Result<Value> reply = parse_json(line, {.values = 1'000'000, .depth = 16});
    REQUIRE(reply);
    CHECK(reply->find("Members")->list()->size() == 8'000);
}

TEST_CASE("requests that come at once are all answered, in order, however small the queue") {
    Limits limits;
    limits.queued_bytes = 100;
    World world(limits);
    world.add_members(3);
    world.start();
    Peer peer(world.config.path);
    std::string lines;
    for (int seq = 0; seq < 200; ++seq)
        lines += "{\"Command\":\"members\",\"Seq\":" + std::to_string(seq) + "}\n";
    peer.send(lines);
    world.until([&] {
        return peer.has_line() && peer.received.find("{\"Seq\":199,") != std::string::npos;
    });
    std::size_t at = 0;
    for (int seq = 0; seq < 200; ++seq) {
        at = peer.received.find("{\"Seq\":" + std::to_string(seq) + ",", at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("an event reaches those who listen") {
    World world;
    world.add_members(1);
    world.start();
    Peer listener(world.config.path);
    Peer other(world.config.path);
    world.ask(listener, R"({"Command":"stream","Seq":5,"Type":"member-failed"})");
    world.ask(other, stop_line);
    listener.received.clear();
    other.received.clear();
    FakeMember member = world.backend.table.front();
    member.status = cluster::Status::Failed;
    world.backend.tell(MemberEvent::Kind::Failed, member);
    world.until([&] { return listener.has_line(); });
    CHECK_THAT(listener.received,
               StartsWith("{\"Seq\":5,\"Error\":\"\",\"Cause\":{\"By\":\"node-z\","));
    CHECK_THAT(listener.received, Contains("\"Event\":\"member-failed\""));
    CHECK_THAT(listener.received, Contains("\"Status\":\"failed\""));
    other.read();
    CHECK(other.received.empty());
}

TEST_CASE("the log reaches those who monitor it") {
    World world;
    world.start();
    Peer peer(world.config.path);
    world.ask(peer, R"({"Command":"monitor","Seq":5})");
    peer.received.clear();
    world.backend.log(LogLevel::Info, 7, "something\n");
    world.until([&] { return peer.has_line(); });
    CHECK(peer.received ==
          "{\"Seq\":5,\"Error\":\"\",\"Level\":\"info\",\"Log\":\"something\\n\",\"Time\":7}\n");
}

TEST_CASE("a read waits for its index, and is answered when the view has it") {
    World world;
    world.start();
    Peer peer(world.config.path);
    peer.send("{\"Command\":\"members\",\"MinIndex\":9}\n");
    Peer other(world.config.path);
    world.ask(other, stop_line);
    peer.read();
    CHECK(peer.received.empty());
    world.backend.raise(9);
    world.until([&] { return peer.has_line(); });
    CHECK_THAT(peer.received, StartsWith("{\"Seq\":0,\"Error\":\"\",\"Index\":9,"));
}

TEST_CASE("a read that waits for its index in vain is told so") {
    World world;
    world.start();
    Peer peer(world.config.path);
    CHECK_THAT(world.ask(peer, R"({"Command":"members","MinIndex":9,"MaxWait":1000000})"),
               Contains("the view has index 1, it did not reach 9 in time"));
}

TEST_CASE("a client that sends no more still gets its answers") {
    World world;
    world.backend.answers_at_once = false;
    world.backend.join_outcome.joined = 1;
    world.start();
    Peer peer(world.config.path);
    peer.send("{\"Command\":\"join\",\"Existing\":[\"a\"]}\n{\"Command\":\"stop\"}\n");
    peer.end_sending();
    world.until([&] { return !world.backend.pending.empty(); });
    for (int turn = 0; turn < 10; ++turn) {
        world.loop.restart();
        world.loop.poll();
    }
    world.backend.complete_one();
    world.until([&] { return peer.is_closed(); });
    CHECK(peer.received ==
          "{\"Seq\":0,\"Error\":\"\",\"Failed\":[],\"Num\":1}\n{\"Seq\":0,\"Error\":\"\"}\n");
}

TEST_CASE("a listener that sends no more still listens, until it is gone") {
    World world;
    world.start();
    {
        Peer peer(world.config.path);
        peer.send("{\"Command\":\"stream\"}\n");
        peer.end_sending();
        world.until([&] { return peer.has_line(); });
        peer.received.clear();
        world.backend.tell(MemberEvent::Kind::Join, {.name = "x", .endpoint = {}, .tags = {}});
        world.until([&] { return peer.has_line(); });
        CHECK(world.server->stats().connections == 1);
    }
    world.until([&] { return world.server->stats().connections == 0; });
}

TEST_CASE("a leave is answered before the connection closes") {
    World world;
    world.start();
    Peer peer(world.config.path);
    peer.send("{\"Command\":\"leave\"}\n");
    world.until([&] { return peer.is_closed(); });
    CHECK(peer.received == stop_answer);
}

TEST_CASE("what is queued when the server stops is still sent") {
    World world;
    world.backend.answers_at_once = false;
    world.start();
    Peer peer(world.config.path);
    peer.send("{\"Command\":\"leave\"}\n");
    world.until([&] { return !world.backend.pending.empty(); });
    world.backend.complete_one();
    world.server->stop();  // before the loop has had another turn
    CHECK(peer.is_closed());
    CHECK(peer.received == stop_answer);
}

TEST_CASE("a server can go while clients are connected and requests wait") {
    World world;
    world.backend.answers_at_once = false;
    world.start();
    Peer waiting(world.config.path);
    Peer half(world.config.path);
    waiting.send("{\"Command\":\"join\",\"Existing\":[\"a\"]}\n");
    half.send("{\"Comm");
    world.until([&] { return !world.backend.pending.empty(); });
    world.server.reset();
    CHECK(world.backend.subscribers.empty());
    world.backend.complete_one();
    world.loop.restart();
    world.loop.run();  // comes to an end: nothing is left to do
    CHECK(waiting.is_closed());
    CHECK(half.is_closed());
}

// ---- TCP ----

TEST_CASE("Serf's clients are served on loopback TCP") {
    World world;
    world.add_members(1);
    world.config.path.clear();
    world.config.rpc = *Endpoint::parse("127.0.0.1:0", 0);
    world.start();
    REQUIRE(world.server->rpc_endpoint().port() != 0);
    Peer peer(world.server->rpc_endpoint());
    peer.send(handshake() + request("join", 2, JoinRequest{.seeds = {"h"}}));
    world.until([&] {
        peer.read();
        return peer.received.size() > 25;
    });
    CHECK(world.backend.calls == std::vector<std::string>{"join h"});
}

TEST_CASE("on TCP a token is asked for, and JSON is not spoken") {
    World world;
    world.config.rpc = *Endpoint::parse("127.0.0.1:0", 0);
    world.config.auth_key = "s3cret";
    world.start();
    Peer peer(world.server->rpc_endpoint());
    peer.send(handshake() + request("members", 2));
    world.until([&] {
        peer.read();
        return peer.received.size() > 25;
    });
    CHECK(*objects_in(peer.received).at(1).find("Error")->text() == errors::auth_required);
    Peer json(world.server->rpc_endpoint());
    json.send("{\"Command\":\"members\"}\n");
    world.until([&] { return json.is_closed(); });
    CHECK(json.received.empty());
    // The socket's file says who may use that.
    Peer local(world.config.path);
    CHECK(world.ask(local, stop_line) == stop_answer);
}

TEST_CASE("TCP is refused where it would be open to the network, or is taken") {
    World world;
    world.config.rpc = *Endpoint::parse("0.0.0.0:0", 0);
    CHECK(world.start_error() ==
          "refusing to serve the RPC on 0.0.0.0:0 without a token: whoever reaches it could change "
          "the cluster (listen on 127.0.0.1, or set rpc_auth)");
    CHECK_FALSE(std::filesystem::exists(world.config.path));
    world.config.rpc = *Endpoint::parse("127.0.0.1:0", 0);
    world.start();
    ServerConfig config;
    config.rpc = world.server->rpc_endpoint();
    Server second(world.loop, world.backend, config);
    CHECK(second.start()->text == "cannot serve the RPC on " + config.rpc->to_string() +
                                      ": Address already in use (is another musterd or serf "
                                      "running? see --rpc-addr)");
}
