// One real agent on loopback: what it does between its sockets, its node and its API. Clusters of
// agents are the business of tests/e2e and tests/interop.
#include "agent/agent.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "swim/codec.h"
#include "swim/packet.h"
#include "swim/seal.h"
#include "tests/support/keys.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

// An agent that keeps quiet, with everything that it needs around it.
struct Fixture {
    Fixture() {
        char path[] = "/tmp/muster-agent-XXXXXX";
        REQUIRE(mkdtemp(path) != nullptr);
        directory = path;
        config.node.swim.name = "n1";
        config.node.cluster.leave_propagate_delay = 1ms;
        config.bind = *Endpoint::parse("127.0.0.1:0", 0);
        config.api.path = directory + "/muster.sock";
        config.version = "test";
    }
    ~Fixture() { std::filesystem::remove_all(directory); }

    static LogConfig quiet() {
        LogConfig config;
        config.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        return config;
    }

    void start() {
        agent.emplace(config, log);
        const std::optional<Error> error = agent->start();
        INFO((error ? error->text : ""));
        REQUIRE_FALSE(error);
    }

    // Runs `step` on the loop, and the loop until the agent ends. The step must see to that.
    int run(std::function<void()> step) {
        const int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        agent->watch(fd, [fd, step = std::move(step)] {
            std::uint64_t count = 0;
            if (read(fd, &count, sizeof count) > 0)
                step();
        });
        const int status = agent->run();
        agent.reset();
        close(fd);
        return status;
    }

    bool logged(const std::string& text) const {
        bool found = false;
        log.recent([&](LogLevel, std::int64_t, std::string_view line) {
            found = found || line.find(text) != std::string_view::npos;
        });
        return found;
    }

    std::string directory;
    AgentConfig config;
    Log log{quiet()};
    std::optional<Agent> agent;
};

// A socket that speaks to an agent.
class Neighbour {
public:
    explicit Neighbour(const Endpoint& agent) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(agent.port());
        std::memcpy(&to.sin_addr, agent.plain().ip().data(), 4);
        REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    }
    ~Neighbour() { close(fd_); }

    void send(const Bytes& bytes) const {
        REQUIRE(::send(fd_, bytes.data(), bytes.size(), 0) >= 0);
    }
    Bytes receive() const {
        char space[65536];
        const ssize_t size = recv(fd_, space, sizeof space, 0);
        REQUIRE(size >= 0);
        return {space, static_cast<std::size_t>(size)};
    }
    int fd() const { return fd_; }

private:
    int fd_;
};

Bytes ping(std::uint32_t sequence) {
    Bytes bytes;
    swim::encode(swim::Ping{sequence, "n1", {}}, bytes);
    return bytes;
}

}  // namespace

TEST_CASE(
    "an agent that is told to leave ends with status 0, and one that is stopped with its own") {
    Fixture f;
    f.start();
    SECTION("leave") {
        CHECK(f.run([&] { f.agent->leave(); }) == 0);
        CHECK(f.logged("left the cluster"));
        CHECK_FALSE(std::filesystem::exists(f.config.api.path));
    }
    SECTION("leave by a client, who is answered first") {
        std::optional<std::string> answer;
        CHECK(f.run([&] {
            f.agent->backend().leave(/*for_good=*/false,
                                     [&](std::string error) { answer = std::move(error); });
        }) == 0);
        CHECK(answer == "");
    }
    SECTION("stop") {
        CHECK(f.run([&] { f.agent->stop(7); }) == 7);
    }
}

TEST_CASE("an address that is taken is refused, and a free port is the same for UDP and TCP") {
    Fixture one;
    one.start();
    Fixture two;
    two.config.bind = one.agent->bound();
    two.agent.emplace(two.config, two.log);
    const std::optional<Error> error = two.agent->start();
    REQUIRE(error);
    CHECK(error->text == "cannot bind " + one.agent->bound().to_string() +
                             ": address already in use (is another musterd or serf running? see "
                             "--bind)");
    CHECK(one.agent->bound().port() != 0);
    one.run([&] { one.agent->stop(0); });
}

TEST_CASE("joining oneself is no join") {
    Fixture f;
    f.start();
    const std::string own = f.agent->bound().to_string();
    std::optional<api::JoinOutcome> outcome;
    f.run([&] {
        f.agent->backend().join({own}, /*replay=*/false, [&](api::JoinOutcome result) {
            outcome = std::move(result);
            f.agent->stop(0);
        });
    });
    REQUIRE(outcome);
    CHECK(outcome->joined == 0);
    REQUIRE(outcome->failed.size() == 1);
    CHECK(outcome->failed[0].seed == own);
    CHECK(outcome->failed[0].error == "that is this agent itself");
}

TEST_CASE("a join of nobody tells why, in the words that were given") {
    Fixture f;
    f.start();
    std::optional<api::JoinOutcome> outcome;
    f.run([&] {
        // Port 1 of an address of our own: nobody listens there.
        f.agent->backend().join({"127.0.0.1:1", "h 1"}, /*replay=*/false,
                                [&](api::JoinOutcome result) {
                                    outcome = std::move(result);
                                    f.agent->stop(0);
                                });
    });
    REQUIRE(outcome);
    CHECK(outcome->joined == 0);
    REQUIRE(outcome->failed.size() == 2);
    CHECK(outcome->failed[0].error == "connection refused (is musterd or serf running there?)");
    CHECK(outcome->failed[1].seed == "h 1");
}

TEST_CASE("a ping is answered, with the label on both ways") {
    Fixture f;
    f.config.label = "blue";
    f.start();
    Neighbour neighbour(f.agent->bound());
    Bytes packet;
    swim::write_label("blue", packet);
    neighbour.send(packet + ping(5));
    f.agent->watch(neighbour.fd(), [&] { f.agent->stop(0); });
    f.agent->run();
    const Bytes answer = neighbour.receive();
    const swim::Opened opened = swim::open_label(answer, "blue");
    REQUIRE_FALSE(opened.fault);
    swim::PacketReader reader;
    reader.open(opened.content);
    bool acked = false;
    for (const swim::Message& message : reader.messages()) {
        if (const auto* ack = std::get_if<swim::Ack>(&message))
            acked = acked || ack->sequence == 5;
    }
    CHECK(acked);
}

TEST_CASE("a packet with another label is counted, logged, and answered by nobody") {
    Fixture f;
    f.config.label = "blue";
    f.start();
    Neighbour neighbour(f.agent->bound());
    Bytes wrong;
    swim::write_label("green", wrong);
    neighbour.send(wrong + ping(5));
    neighbour.send(ping(6));
    Bytes right;
    swim::write_label("blue", right);
    neighbour.send(right + ping(7));
    api::Stats stats;
    f.agent->watch(neighbour.fd(), [&] {
        stats = f.agent->backend().stats();
        f.agent->stop(0);
    });
    f.agent->run();
    CHECK(stats["rejected"]["label"] == "2");
    CHECK(f.logged("was refused: it carries another label"));
    // The one answer is that of the right one.
    CHECK(neighbour.receive().find("blue") != Bytes::npos);
    CHECK(recv(neighbour.fd(), nullptr, 0, MSG_DONTWAIT) < 0);
}

TEST_CASE("a ping is answered under the primary key, and one under another is counted and named") {
    Fixture f;
    f.config.keyring = test::ring_of("ab");
    f.start();
    Neighbour neighbour(f.agent->bound());
    const auto ping_under = [](const char* key, std::uint32_t sequence) {
        swim::Seal seal;
        seal.set_keys(test::ring_of(key));
        Bytes out;
        seal.seal_packet(ping(sequence), {}, out);
        return out;
    };
    neighbour.send(ping_under("x", 5));
    neighbour.send(ping(6));
    neighbour.send(ping_under("b", 7));
    api::Stats stats;
    f.agent->watch(neighbour.fd(), [&] {
        stats = f.agent->backend().stats();
        f.agent->stop(0);
    });
    f.agent->run();
    CHECK(stats["rejected"]["decrypt"] == "2");
    CHECK(stats["serf"]["encrypted"] == "true");
    CHECK(f.logged("was refused: none of our keys opens it (is its key current?)"));
    const Bytes answer = neighbour.receive();
    CHECK(answer.find("SeqNo") == Bytes::npos);
    swim::Seal primary;
    primary.set_keys(test::ring_of("a"));
    const swim::Opened opened = primary.open_packet(answer);
    REQUIRE_FALSE(opened.fault);
    swim::PacketReader reader;
    reader.open(opened.content);
    std::vector<std::uint32_t> acked;
    for (const swim::Message& message : reader.messages()) {
        if (const auto* ack = std::get_if<swim::Ack>(&message))
            acked.push_back(ack->sequence);
    }
    CHECK(acked == std::vector<std::uint32_t>{7});
    CHECK(recv(neighbour.fd(), nullptr, 0, MSG_DONTWAIT) < 0);
}

TEST_CASE("how gossip is sealed is said at the start, and no key with it") {
    const auto [keys, incoming, outgoing, text] =
        GENERATE(table<std::string, bool, bool, std::string>({
            {"", true, true, "gossip is not encrypted: whoever is on this network can read it"},
            {"k", false, false, "what this agent sends is not encrypted: verify_outgoing is off"},
            {"k", false, true, "takes in what is not encrypted: verify_incoming is off"},
            {"k", true, true, ""},
        }));
    CAPTURE(keys, text);
    Fixture f;
    f.config.keyring = test::ring_of(keys);
    f.config.verify = {.incoming = incoming, .outgoing = outgoing};
    f.start();
    CHECK((text.empty() || f.logged(text)));
    CHECK(f.logged("not encrypted") == !text.empty());
    const std::vector<std::string> warnings = f.agent->backend().warnings();
    CHECK(std::any_of(warnings.begin(), warnings.end(), [&text = text](const std::string& warning) {
              return warning.find(text) != std::string::npos;
          }) == (!keys.empty() && !text.empty()));
    CHECK_FALSE(f.logged("kkkk"));
    CHECK_FALSE(f.logged("a2tra2tra2tra2tra2traw"));
    f.run([&] { f.agent->stop(0); });
}

TEST_CASE("info tells who we are, where, and what was refused") {
    Fixture f;
    f.config.node.tags = {{"role", "web"}};
    f.start();
    const std::string own = f.agent->bound().to_string();
    api::Stats stats = f.agent->backend().stats();
    CHECK(stats["agent"]["name"] == "n1");
    CHECK(stats["tags"]["role"] == "web");
    CHECK(stats["members"]["alive"] == "1");
    CHECK(stats["address"]["bind"] == own);
    CHECK(stats["address"]["advertise"] == own);
    CHECK(stats["address"]["advertise_is"] == "the bind address");
    CHECK(stats["serf"]["encrypted"] == "false");
    CHECK(stats["rejected"].size() == swim::fault_count);
    CHECK(stats.count("event_handlers") == 1);
    CHECK(f.logged("musterd test is n1, bound to " + own + ", advertising " + own));
    f.run([&] { f.agent->stop(0); });
}

TEST_CASE("tags that do not fit change nothing, and say by how much") {
    Fixture f;
    f.start();
    std::string error;
    f.run([&] {
        api::Backend& backend = f.agent->backend();
        backend.set_tags({{"k", std::string(600, 'v')}}, [&](std::string text) {
            error = std::move(text);
            CHECK(backend.tags().empty());
            backend.set_tags({{"k", "v"}}, [&](const std::string& none) {
                CHECK(none.empty());
                CHECK(backend.tags() == cluster::Tags{{"k", "v"}});
                f.agent->stop(0);
            });
        });
    });
    CHECK_FALSE(error.empty());
}
