// The simulated TCP without a node on either side: a hand-made listener answers pings.
#include "agent/sim/streams.h"

#include <catch2/catch.hpp>

#include "swim/codec.h"

namespace muster::sim {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint begin{};
constexpr Duration listener_timeout = 10s;

Endpoint endpoint(HostId host) {
    return *Endpoint::parse("10.0.0." + std::to_string(host + 1) + ":7946", 0);
}

Bytes ping_bytes(std::uint32_t sequence) {
    Bytes bytes;
    swim::encode(swim::Ping{.sequence = sequence, .node = "n1", .source = {}}, bytes);
    return bytes;
}

Bytes ack_bytes(std::uint32_t sequence) {
    Bytes bytes;
    swim::encode(swim::Ack{.sequence = sequence, .payload = {}}, bytes);
    return bytes;
}

// Host 0 dials host 1; what both see is kept.
struct Wire {
    explicit Wire(Bytes label = {}, Link link = {})
        : seal(std::move(label)),
          network(Random(1), link),
          streams(
              queue, network, Random(2), [this](HostId) -> swim::Seal& { return seal; },
              listener_timeout) {}

    void dial(Bytes bytes, TimePoint deadline, bool to_nobody = false, bool expects_reply = true) {
        swim::StreamOpen open{.id = {7, /*inbound=*/false},
                              .to = endpoint(1),
                              .bytes = std::move(bytes),
                              .deadline = deadline,
                              .expects_reply = expects_reply};
        std::optional<Party> target;
        if (!to_nobody) {
            target = Party{.host = 1, .life = 0, .endpoint = endpoint(1)};
        }
        streams.open(now, {.host = 0, .life = 1, .endpoint = endpoint(0)}, std::move(open), target,
                     deadline);
    }

    // Runs until `end`, the listener answering each request by `answer` bytes.
    void run(TimePoint end, const Bytes& answer) {
        while (!queue.empty() && queue.next().at <= end) {
            const Event event = queue.pop();
            now = event.at;
            const StreamInput input = streams.advance(now, event, lives);
            if (input.kind == StreamInput::Kind::Message && input.id.inbound) {
                ++requests;
                peer = input.peer;
                sequence = std::get<swim::Ping>(*input.message).sequence;
                streams.reply(now, 1, {input.id, answer});
            } else if (input.kind == StreamInput::Kind::Message) {
                ++answers;
                sequence = std::get<swim::Ack>(*input.message).sequence;
            } else if (input.kind == StreamInput::Kind::Refused) {
                fault = input.fault->fault;
            } else if (input.kind == StreamInput::Kind::Failed) {
                failures.push_back(input.error);
                failed_at = now;
            }
        }
        now = end;
    }

    TimePoint now = begin;
    swim::Seal seal;  // of both ends
    EventQueue queue;
    Network network;
    Streams streams;
    std::vector<Life> lives{1, 1};
    int requests = 0;
    int answers = 0;
    std::uint32_t sequence = 0;
    Endpoint peer;
    std::optional<swim::Fault> fault;
    std::vector<std::string> failures;
    TimePoint failed_at{};
};

TEST_CASE("a request reaches the listener, its answer the dialer, and nothing else follows") {
    const Bytes label = GENERATE(Bytes(), Bytes("blue"));
    Wire wire(label);
    wire.dial(ping_bytes(300), begin + 5s);
    wire.run(begin + 60s, ack_bytes(301));
    CHECK(wire.requests == 1);
    CHECK(wire.answers == 1);
    CHECK(wire.sequence == 301);
    CHECK(wire.peer == endpoint(0));
    CHECK(wire.failures.empty());
    CHECK(wire.streams.size() == 0);
}

TEST_CASE("a listener that only closes leaves the dialer without an answer") {
    Wire wire;
    wire.dial(ping_bytes(1), begin + 5s);
    wire.run(begin + 60s, {});
    CHECK(wire.requests == 1);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "the peer closed the stream without an answer");
    CHECK(wire.failed_at < begin + 1s);
}

TEST_CASE("an answer that ends in the middle is a failure") {
    Wire wire;
    wire.dial(ping_bytes(1), begin + 5s);
    Bytes half = ack_bytes(1);
    half.pop_back();
    wire.run(begin + 60s, half);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "the peer closed the stream in the middle of its answer");
}

TEST_CASE("a host without a process refuses at once, an address without a host never answers") {
    Wire wire;
    SECTION("no process") {
        wire.lives[1] = 0;
        wire.dial(ping_bytes(1), begin + 5s);
        wire.run(begin + 60s, {});
        REQUIRE(wire.failures.size() == 1);
        CHECK(wire.failures[0] == "connection refused");
        CHECK(wire.failed_at < begin + 1s);
    }
    SECTION("no host") {
        wire.dial(ping_bytes(1), begin + 5s, /*to_nobody=*/true);
        wire.run(begin + 60s, {});
        REQUIRE(wire.failures.size() == 1);
        CHECK(wire.failures[0] == "timed out");
        CHECK(wire.failed_at == begin + 5s);
    }
}

TEST_CASE("a block in either direction holds a stream up until its deadline") {
    const bool there = GENERATE(true, false);
    Wire wire;
    wire.network.block(there ? 0 : 1, there ? 1 : 0, Traffic::Streams);
    wire.dial(ping_bytes(1), begin + 5s);
    wire.run(begin + 60s, ack_bytes(1));
    CHECK(wire.requests == 0);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "timed out");
    CHECK(wire.failed_at == begin + 5s);
    CHECK(wire.streams.size() == 0);
}

TEST_CASE("a block that ends before the deadline only makes a stream late") {
    Wire wire;
    wire.network.block(0, 1, Traffic::Both);
    wire.dial(ping_bytes(1), begin + 20s);
    wire.run(begin + 2s, ack_bytes(1));
    CHECK(wire.answers == 0);
    wire.network.heal();
    wire.run(begin + 60s, ack_bytes(1));
    CHECK(wire.answers == 1);
    CHECK(wire.failures.empty());
}

TEST_CASE("a process that dies resets the streams that it had accepted") {
    Wire wire;
    Link& link = wire.network.link(0, 1);
    link.delay_min = link.delay_mean = 100ms;
    wire.dial(ping_bytes(1), begin + 5s);
    wire.run(begin + 150ms, ack_bytes(1));  // dialed, the request on its way
    wire.lives[1] = 0;
    wire.streams.process_died(wire.now, 1);
    wire.run(begin + 60s, ack_bytes(1));
    CHECK(wire.requests == 0);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "connection reset by peer");
}

TEST_CASE("a dialer that dies hears nothing any more") {
    Wire wire;
    wire.dial(ping_bytes(1), begin + 5s);
    wire.lives[0] = 2;
    wire.streams.process_died(wire.now, 0);
    wire.run(begin + 60s, ack_bytes(1));
    CHECK(wire.answers == 0);
    CHECK(wire.failures.empty());
    CHECK(wire.streams.size() == 0);
}

TEST_CASE("streams break in the middle as often as the link says") {
    Link link;
    link.breakage = 0.5;
    Wire wire({}, link);
    constexpr std::size_t count = 200;
    for (std::size_t i = 0; i < count; ++i) {
        wire.dial(ping_bytes(1), wire.now + 5s);
        wire.run(wire.now + 60s, ack_bytes(1));
    }
    CHECK(static_cast<std::size_t>(wire.answers) + wire.failures.size() == count);
    CHECK(wire.answers > 10);
    CHECK(wire.failures.size() > 100);
    CHECK(wire.failures[0] == "connection reset by peer");
}

TEST_CASE("a stream that stalls in the middle ends at the deadlines, and nobody is told why") {
    Link link;
    link.stall = 1.0;
    Wire wire({}, link);
    wire.dial(ping_bytes(1), begin + 5s);
    wire.run(begin + 60s, ack_bytes(1));
    CHECK(wire.requests == 0);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "timed out");
    CHECK(wire.failed_at == begin + 5s);
    CHECK(wire.streams.size() == 0);
    // The answer alone, too.
    wire.network.link().stall = 0;
    wire.network.link(1, 0).stall = 1.0;
    wire.dial(ping_bytes(2), wire.now + 5s);
    wire.run(wire.now + 60s, ack_bytes(2));
    CHECK(wire.requests == 1);
    CHECK(wire.answers == 0);
    CHECK(wire.failures.size() == 2);
}

TEST_CASE("a listener gives a request that never ends up at its own deadline") {
    Wire wire;
    Bytes half = ping_bytes(1);
    half.pop_back();
    wire.dial(half, begin + 60s);
    wire.run(begin + 60s, {});
    CHECK(wire.requests == 0);
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "the peer closed the stream without an answer");
    CHECK(wire.failed_at >= begin + listener_timeout);
    CHECK(wire.failed_at < begin + listener_timeout + 1s);
}

TEST_CASE("bytes that the listener cannot read are refused, and the dialer waits in vain") {
    Wire wire;
    wire.dial("\x63garbage", begin + 5s);
    wire.run(begin + 60s, {});
    CHECK(wire.fault.has_value());
    REQUIRE(wire.failures.size() == 1);
    CHECK(wire.failures[0] == "timed out");
}

TEST_CASE("a message that expects no answer ends its stream when it was read") {
    Wire wire;
    wire.dial(ping_bytes(5), begin + 5s, /*to_nobody=*/false, /*expects_reply=*/false);
    wire.run(begin + 60s, {});
    CHECK(wire.requests == 1);
    CHECK(wire.sequence == 5);
    CHECK(wire.failures.empty());
    CHECK(wire.streams.size() == 0);
}

}  // namespace
}  // namespace muster::sim
