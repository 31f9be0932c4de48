// The server under clients that are slow, silent, hostile, too many or not allowed.
#include "agent/api/server.h"

#include <sys/wait.h>

#include "tests/unit/api/talk.h"
#include "tests/unit/api/world.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

// ---- clients that misbehave ----

TEST_CASE("garbage closes its connection, and is counted") {
    World world;
    world.start();
    Peer good(world.config.path);
    for (const char* garbage : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "\xc1", "[1,2]\n"}) {
        Peer bad(world.config.path);
        bad.send(garbage);
        world.until([&] { return bad.is_closed(); });
        CHECK(bad.received.empty());
    }
    CHECK(world.refused("not-a-request") == 4);
    CHECK(world.ask(good, stop_line) == stop_answer);
}

TEST_CASE("a client that begins a request and falls silent is dropped, others go on") {
    Limits limits;
    limits.half_request = 30ms;
    World world(limits);
    world.start();
    const auto beginning = GENERATE(as<std::string>(), "", "{\"Command\":",
                                    "\x82\xa7"
                                    "Comm");
    Peer listener(world.config.path);
    CHECK(world.ask(listener, R"({"Command":"stream"})") == stop_answer);
    Peer silent(world.config.path);
    if (!beginning.empty())
        silent.send(beginning);
    world.until([&] { return silent.is_closed(); });
    CHECK(world.refused("half-request") == 1);
    CHECK(world.notices ==
          std::vector<std::string>{"dropped a client of the API: it did not finish its request"});
    // One that has finished its requests may be silent as long as it likes.
    CHECK_FALSE(listener.is_closed());
    CHECK(world.ask(listener, stop_line) == stop_answer);
}

TEST_CASE("a body that does not follow its header is waited for no longer than a request") {
    Limits limits;
    limits.half_request = 30ms;
    World world(limits);
    world.start();
    Peer peer(world.config.path);
    peer.send(handshake() + request("join", 2));
    world.until([&] { return peer.is_closed(); });
    CHECK(world.refused("half-request") == 1);
}

TEST_CASE("a client that does not read its reply is dropped, others go on meanwhile") {
    Limits limits;
    limits.stalled_write = 100ms;
    World world(limits);
    world.add_members(20'000);
    world.start();
    Peer slow(world.config.path);
    slow.send("{\"Command\":\"members\"}\n");
    Peer good(world.config.path);
    CHECK(world.ask(good, stop_line) == stop_answer);
    CHECK(world.server->stats().connections == 2);
    world.until([&] { return world.refused("stalled-write") == 1; });
    CHECK(world.server->stats().connections == 1);
    CHECK(world.ask(good, stop_line) == stop_answer);
}

TEST_CASE("a listener that does not read loses records, is told how many, and hears on") {
    Limits limits;
    limits.queued_bytes = 10'000;
    World world(limits);
    world.start();
    Peer peer(world.config.path);
    world.ask(peer, R"({"Command":"stream","Seq":1})");
    peer.received.clear();
    const FakeMember member{.name = "x", .endpoint = {}, .tags = {{"t", std::string(300, 'x')}}};
    std::uint64_t told = 0;
    while (world.server->stats().records_dropped < 100) {
        world.backend.tell(MemberEvent::Kind::Update, member);
        ++told;
        world.loop.restart();
        world.loop.poll();
    }
    const std::uint64_t dropped = world.server->stats().records_dropped;
    world.until([&] {
        return peer.has_line() && peer.received.find("\"Event\":\"lost\"") != std::string::npos;
    });
    CHECK_THAT(peer.received,
               EndsWith("\"Event\":\"lost\",\"Lost\":" + std::to_string(dropped) + "}\n"));
    const auto lines = std::count(peer.received.begin(), peer.received.end(), '\n');
    CHECK(static_cast<std::uint64_t>(lines) == told - dropped + 1);
    peer.received.clear();
    world.backend.tell(MemberEvent::Kind::Update, member);
    world.until([&] { return peer.has_line(); });
    CHECK_THAT(peer.received, Contains("member-update"));
}

TEST_CASE("the number of connections is limited") {
    Limits limits;
    limits.connections = 2;
    World world(limits);
    world.start();
    Peer first(world.config.path);
    auto second = std::make_unique<Peer>(world.config.path);
    world.until([&] { return world.server->stats().connections == 2; });
    Peer third(world.config.path);
    world.until([&] { return third.is_closed(); });
    CHECK(world.refused("too-many-connections") == 1);
    CHECK(world.notices == std::vector<std::string>{
                               "refused a client of the API: 2 are connected, which is the limit"});
    second.reset();
    world.until([&] { return world.server->stats().connections == 1; });
    Peer fourth(world.config.path);
    CHECK(world.ask(fourth, stop_line) == stop_answer);
}

TEST_CASE("a client that goes in the middle of things leaves nothing behind") {
    World world;
    world.add_members(20'000);
    world.backend.answers_at_once = false;
    world.start();
    {
        Peer joining(world.config.path);
        joining.send("{\"Command\":\"join\",\"Existing\":[\"a\"]}\n");
        Peer reading(world.config.path);
        reading.send("{\"Command\":\"members\"}\n");
        world.until([&] {
            reading.read();
            return !world.backend.pending.empty() && !reading.received.empty();
        });
    }
    world.backend.complete_one();
    world.until([&] { return world.server->stats().connections == 0; });
}

// ---- who may what ----

TEST_CASE("another user may read, and is told who may change things") {
    if (::geteuid() != 0) {
        WARN("skipped: only root can become another user");
        return;
    }
    World world;
    world.config.mode = 0666;
    world.start();
    std::filesystem::permissions(std::filesystem::path(world.config.path).parent_path(),
                                 std::filesystem::perms(0755));
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        // Only system calls: this process has a copy of everything.
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, world.config.path.data(), world.config.path.size());
        const char lines[] = "{\"Command\":\"stop\"}\n{\"Command\":\"leave\"}\n";
        char buffer[4096];
        if (::setuid(65534) != 0 ||
            ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::write(socket, lines, sizeof lines - 1) < 0)
            ::_exit(1);
        ::shutdown(socket, SHUT_WR);
        for (ssize_t size = 0; (size = ::read(socket, buffer, sizeof buffer)) > 0;)
            if (::write(pipe[1], buffer, static_cast<std::size_t>(size)) < 0)
                ::_exit(1);
        ::_exit(0);
    }
    ::close(pipe[1]);
    int status = -1;
    world.until([&] { return ::waitpid(child, &status, WNOHANG) == child; });
    char buffer[4096];
    const ssize_t size = ::read(pipe[0], buffer, sizeof buffer);
    ::close(pipe[0]);
    REQUIRE(status == 0);
    REQUIRE(size > 0);
    CHECK(std::string(buffer, static_cast<std::size_t>(size)) ==
          std::string(stop_answer) +
              "{\"Seq\":0,\"Error\":\"permission denied: only root, which runs musterd, may change "
              "the cluster, not uid 65534 (use sudo, or be made a writer)\"}\n");
    CHECK(world.backend.calls.empty());
}
