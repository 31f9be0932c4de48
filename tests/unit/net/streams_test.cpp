// Streams on real loopback sockets, with a clock that the test moves: a deadline passes when the
// test says so, and nothing here waits for time.
#include "agent/net/streams.h"

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "swim/codec.h"
#include "tests/support/keys.h"
#include "tests/unit/net/loop.h"

using namespace muster;
using namespace std::chrono_literals;
using asio::ip::tcp;

namespace {

class HandClock final : public net::ClockSource {
public:
    Duration read(clockid_t /*clock*/) override { return time; }
    Duration time = 1000s;
};

Bytes ping(std::uint32_t sequence) {
    Bytes bytes;
    swim::encode(swim::Ping{sequence, "n2", {}}, bytes);
    return bytes;
}

Bytes ack(std::uint32_t sequence) {
    Bytes bytes;
    swim::encode(swim::Ack{sequence, {}}, bytes);
    return bytes;
}

swim::Seal seal_with(std::string_view keys, Bytes label = {}, swim::Verify verify = {}) {
    swim::Seal seal(std::move(label), verify);
    seal.set_keys(test::ring_of(keys));
    return seal;
}

// Streams and what they told, in words.
struct Agent final : net::StreamUser {
    explicit Agent(test::Loop& loop, net::StreamsConfig config = {},
                   swim::Seal a_seal = swim::Seal())
        : clock(source), seal(std::move(a_seal)), streams(loop.io, clock, seal, config, *this) {}

    Endpoint listen(const char* address = "127.0.0.1:0") {
        const Result<Endpoint> bound = streams.listen(*Endpoint::parse(address, 0));
        REQUIRE(bound);
        streams.start();
        return *bound;
    }

    void open(std::uint64_t number, const Endpoint& to, Bytes bytes, Duration time = 10s,
              bool expects_reply = true) {
        streams.open({{number, false}, to, std::move(bytes), clock.now() + time, expects_reply});
    }

    void pass(Duration time) {
        source.time += time;
        streams.expire(clock.now());
    }

    void stream_message(TimePoint /*now*/, swim::StreamId id, const Endpoint& from,
                        const swim::StreamMessage& message) override {
        if (const auto* request = std::get_if<swim::Ping>(&message)) {
            told.push_back("ping " + std::to_string(request->sequence));
            asked.push_back(id);
            if (answers)
                streams.reply({id, ack(request->sequence)});
        } else if (const auto* answer = std::get_if<swim::Ack>(&message)) {
            told.push_back("ack " + std::to_string(answer->sequence));
        } else if (const auto* user = std::get_if<swim::User>(&message)) {
            told.push_back("user " + std::to_string(user->payload.size()));
            streams.reply({id, {}});
        } else if (const auto* error = std::get_if<swim::RemoteError>(&message)) {
            told.push_back("error: " + Bytes(error->text));
        }
        last_from = from;
    }
    void stream_failed(TimePoint /*now*/, swim::StreamId id, const Endpoint& to,
                       const std::string& error) override {
        told.push_back("failed " + std::to_string(id.number) + ": " + error);
        last_from = to;
    }
    void stream_refused(TimePoint /*now*/, swim::StreamId id, const Endpoint& /*from*/,
                        const swim::StreamFault& fault) override {
        told.push_back("refused");
        asked.push_back(id);
        if (fault.fault == swim::Fault::Decrypt) {
            told.back() += ": " + fault.detail;
            // As the node answers it.
            Bytes bytes;
            swim::encode(swim::RemoteError{"no"}, bytes);
            streams.reply({id, bytes});
        }
    }
    void stream_mislabelled(const Endpoint& /*from*/, swim::Fault /*fault*/) override {
        told.push_back("mislabelled");
    }

    HandClock source;
    net::Clock clock;
    swim::Seal seal;
    bool answers = true;
    std::vector<std::string> told;
    std::vector<swim::StreamId> asked;
    Endpoint last_from;
    net::Streams streams;
};

// A peer that speaks bytes.
struct Peer {
    explicit Peer(test::Loop& loop) : socket(loop.io) {}

    void connect(const Endpoint& to) {
        socket.connect({asio::ip::make_address(to.ip_text()), to.port()});
    }
    void send(const Bytes& bytes) { asio::write(socket, asio::buffer(bytes)); }
    // True when the other side has closed; what came before is in `got`.
    bool closed() {
        asio::error_code error;
        socket.non_blocking(true, error);
        while (!error) {
            char space[4096];
            const std::size_t size = socket.read_some(asio::buffer(space), error);
            got.append(space, size);
        }
        return error != asio::error::would_block;
    }

    tcp::socket socket;
    std::string got;
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a request is answered on its own connection, which then ends") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    const Endpoint at_one = one.listen();
    const Endpoint at_two = two.listen();
    one.open(1, at_two, ping(7));
    REQUIRE(loop.run_until([&] { return !one.told.empty(); }));
    CHECK(two.told == Told{"ping 7"});
    CHECK(one.told == Told{"ack 7"});
    CHECK(one.last_from == at_two);
    // Ours come from the address that we are bound to.
    CHECK(two.last_from.ip() == at_one.ip());
    REQUIRE(loop.run_until([&] { return two.streams.inbound() == 0; }));
    CHECK(one.streams.next_deadline() == never);
    CHECK(two.streams.next_deadline() == never);
}

TEST_CASE("many streams at once do not mix") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    one.listen();
    const Endpoint at_two = two.listen();
    for (std::uint32_t i = 1; i <= 50; ++i)
        one.open(i, at_two, ping(i));
    REQUIRE(loop.run_until([&] { return one.told.size() == 50; }));
    std::sort(one.told.begin(), one.told.end());
    CHECK(std::unique(one.told.begin(), one.told.end()) == one.told.end());
}

TEST_CASE("a request that comes in pieces is one request") {
    test::Loop loop;
    Agent agent(loop);
    const Endpoint at = agent.listen();
    Peer peer(loop);
    peer.connect(at);
    for (const char byte : ping(9)) {
        peer.send(Bytes(1, byte));
        loop.poll();
    }
    REQUIRE(loop.run_until([&] { return peer.closed(); }));
    CHECK(agent.told == Told{"ping 9"});
    CHECK(peer.got == ack(9));
}

TEST_CASE("a message without an answer is sent, and its stream ends in silence") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    one.listen();
    const Endpoint at_two = two.listen();
    Bytes message;
    swim::encode_stream_user(std::string(300000, 'u'), message);
    one.open(1, at_two, message, 10s, /*expects_reply=*/false);
    REQUIRE(loop.run_until([&] { return !two.told.empty(); }));
    CHECK(two.told == Told{"user 300000"});
    REQUIRE(loop.run_until([&] { return one.streams.next_deadline() == never; }));
    CHECK(one.told.empty());
}

TEST_CASE("a dial that reaches this very agent fails, by whatever address") {
    test::Loop loop;
    Agent agent(loop);
    const Endpoint at = agent.listen("0.0.0.0:0");
    const char* const address = GENERATE("127.0.0.1", "127.5.6.7");
    agent.open(1, *Endpoint::parse(address, at.port()), ping(1));
    REQUIRE(loop.run_until([&] { return !agent.told.empty(); }));
    CHECK(agent.told == Told{"failed 1: that is this agent itself"});
    CHECK(agent.streams.inbound() == 0);
    CHECK(agent.streams.counters().accepted == 0);
}

TEST_CASE("a dial to where nobody listens says so, after the call") {
    test::Loop loop;
    Agent agent(loop);
    agent.listen();
    Endpoint gone;
    {
        Agent other(loop);
        gone = other.listen();
    }
    agent.open(1, gone, ping(1));
    CHECK(agent.told.empty());
    REQUIRE(loop.run_until([&] { return !agent.told.empty(); }));
    CHECK(agent.told == Told{"failed 1: connection refused (is musterd or serf running there?)"});
}

TEST_CASE("an address that this agent cannot dial fails, after the call") {
    test::Loop loop;
    Agent agent(loop);
    agent.listen();
    agent.open(1, *Endpoint::parse("[2001:db8::1]:7946", 0), ping(1));
    agent.open(2, *Endpoint::parse("127.0.0.1", 0), ping(1));
    CHECK(agent.told.empty());
    REQUIRE(loop.run_until([&] { return agent.told.size() == 2; }));
    CHECK(agent.told[0] ==
          "failed 1: an IPv6 address cannot be reached: this agent is bound to an IPv4 address "
          "(see --bind)");
    CHECK(agent.told[1] == "failed 2: the address has no port");
}

TEST_CASE("a peer that hangs up without an answer is told of, and one that answers nonsense too") {
    test::Loop loop;
    Agent agent(loop);
    agent.listen();
    tcp::acceptor acceptor(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
    const Endpoint at = *Endpoint::parse("127.0.0.1", acceptor.local_endpoint().port());
    agent.open(1, at, ping(1));
    std::optional<tcp::socket> accepted;
    acceptor.async_accept(
        [&](const asio::error_code&, tcp::socket socket) { accepted.emplace(std::move(socket)); });
    REQUIRE(loop.run_until([&] { return accepted.has_value(); }));
    SECTION("hangs up") {
        accepted->close();
        REQUIRE(loop.run_until([&] { return !agent.told.empty(); }));
        CHECK(agent.told[0] ==
              "failed 1: the connection was closed without an answer (is its label or its key "
              "another?)");
    }
    SECTION("nonsense") {
        asio::write(*accepted, asio::buffer("\xff\xff\xff\xff", 4));
        REQUIRE(loop.run_until([&] { return !agent.told.empty(); }));
        CHECK_THAT(agent.told[0], Catch::StartsWith("failed 1: its answer cannot be read: "));
    }
    CHECK(agent.told.size() == 1);
    CHECK(agent.streams.counters().failed == 1);
}

TEST_CASE("a silent peer is dropped at its deadline, and not before") {
    test::Loop loop;
    Agent agent(loop, {.timeout = 5s});
    const Endpoint at = agent.listen();
    Peer silent(loop);
    silent.connect(at);
    REQUIRE(loop.run_until([&] { return agent.streams.inbound() == 1; }));
    CHECK(agent.streams.next_deadline() == agent.clock.now() + 5s);
    // A byte now and then buys no time.
    silent.send(ping(1).substr(0, 1));
    loop.poll();
    agent.pass(4999ms);
    CHECK(agent.streams.inbound() == 1);
    agent.pass(1ms);
    CHECK(agent.streams.inbound() == 0);
    CHECK(agent.streams.counters().timed_out == 1);
    REQUIRE(loop.run_until([&] { return silent.closed(); }));
    CHECK(agent.told.empty());
}

TEST_CASE("the deadline of a request starts again for its answer") {
    test::Loop loop;
    Agent agent(loop, {.timeout = 5s});
    agent.answers = false;
    const Endpoint at = agent.listen();
    Peer peer(loop);
    peer.connect(at);
    peer.send(ping(1));
    REQUIRE(loop.run_until([&] { return !agent.asked.empty(); }));
    agent.pass(4s);
    agent.streams.reply({agent.asked[0], ack(1)});
    CHECK(agent.streams.next_deadline() == agent.clock.now() + 5s);
    agent.pass(4s);
    REQUIRE(loop.run_until([&] { return peer.closed(); }));
    CHECK(peer.got == ack(1));
    // Ids that have ended are no one's any more.
    REQUIRE(loop.run_until([&] {
        asio::error_code ignored;
        peer.socket.close(ignored);
        return agent.streams.inbound() == 0;
    }));
    agent.streams.reply({agent.asked[0], ack(1)});
}

TEST_CASE("a stream of ours that gets no answer fails at its own deadline") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    two.answers = false;
    one.listen();
    const Endpoint at_two = two.listen();
    one.open(1, at_two, ping(1), 3s);
    REQUIRE(loop.run_until([&] { return !two.told.empty(); }));
    one.pass(2999ms);
    CHECK(one.told.empty());
    one.pass(1ms);
    CHECK(one.told == Told{"failed 1: connected, but no answer in time"});
    one.pass(10s);
    CHECK(one.told.size() == 1);
}

TEST_CASE("silent peers delay nobody: when there are too many, the one that waited longest goes") {
    test::Loop loop;
    Agent agent(loop, {.timeout = 10s, .max_inbound = 3});
    const Endpoint at = agent.listen();
    std::vector<std::unique_ptr<Peer>> silent;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        silent.push_back(std::make_unique<Peer>(loop));
        silent.back()->connect(at);
        REQUIRE(loop.run_until([&] { return agent.streams.counters().accepted == i; }));
    }
    CHECK(agent.streams.inbound() == 3);
    CHECK(agent.streams.counters().evicted == 2);
    REQUIRE(loop.run_until([&] { return silent[0]->closed() && silent[1]->closed(); }));
    CHECK_FALSE(silent[2]->closed());
    Peer live(loop);
    live.connect(at);
    live.send(ping(4));
    REQUIRE(loop.run_until([&] { return live.closed(); }));
    CHECK(live.got == ack(4));
}

TEST_CASE("bytes that are no request can be answered with the reason") {
    test::Loop loop;
    Agent agent(loop);
    const Endpoint at = agent.listen();
    Peer peer(loop);
    peer.connect(at);
    peer.send("\xff and much more that nobody reads");
    REQUIRE(loop.run_until([&] { return !agent.asked.empty(); }));
    CHECK(agent.told == Told{"refused"});
    agent.streams.reply({agent.asked[0], "the reason"});
    REQUIRE(loop.run_until([&] { return peer.closed(); }));
    CHECK(peer.got == "the reason");
}

TEST_CASE("a peer that leaves within its request is counted, one that says nothing is not") {
    test::Loop loop;
    Agent agent(loop);
    const Endpoint at = agent.listen();
    for (const bool speaks : {false, true}) {
        Peer peer(loop);
        peer.connect(at);
        if (speaks)
            peer.send(ping(1).substr(0, 3));
        peer.socket.close();
    }
    REQUIRE(loop.run_until(
        [&] { return agent.streams.counters().accepted == 2 && agent.streams.inbound() == 0; }));
    CHECK(agent.streams.counters().cut_short == 1);
    CHECK(agent.told.empty());
}

TEST_CASE("the label header comes from the dialing side alone, and must be ours") {
    test::Loop loop;
    Agent blue(loop, {}, swim::Seal("blue"));
    Agent green(loop, {}, swim::Seal("green"));
    Agent other_blue(loop, {}, swim::Seal("blue"));
    Agent plain(loop);
    const Endpoint at_blue = blue.listen();
    const Endpoint at_plain = plain.listen();
    green.listen();
    other_blue.listen();
    SECTION("the same") {
        other_blue.open(1, at_blue, ping(1));
        REQUIRE(loop.run_until([&] { return !other_blue.told.empty(); }));
        CHECK(other_blue.told == Told{"ack 1"});
    }
    SECTION("another") {
        green.open(1, at_blue, ping(1));
        REQUIRE(loop.run_until([&] { return !green.told.empty(); }));
        CHECK(blue.told == Told{"mislabelled"});
        CHECK_THAT(green.told[0], Catch::StartsWith("failed 1: the connection was closed"));
    }
    SECTION("none where one is wanted") {
        plain.open(1, at_blue, ping(1));
        REQUIRE(loop.run_until([&] { return !plain.told.empty(); }));
        CHECK(blue.told == Told{"mislabelled"});
    }
    SECTION("one where none is wanted") {
        blue.open(1, at_plain, ping(1));
        REQUIRE(loop.run_until([&] { return !blue.told.empty(); }));
        CHECK(plain.told == Told{"mislabelled"});
    }
    SECTION("byte by byte, and the answer without") {
        Peer peer(loop);
        peer.connect(at_blue);
        for (const char byte : Bytes("\xf4\x04") + "blue" + ping(3)) {
            peer.send(Bytes(1, byte));
            loop.poll();
        }
        REQUIRE(loop.run_until([&] { return peer.closed(); }));
        CHECK(peer.got == ack(3));
    }
}

TEST_CASE("request and answer are encrypted, each under its writer's primary key") {
    test::Loop loop;
    const Bytes label = GENERATE(Bytes(), Bytes("blue"));
    Agent one(loop, {}, seal_with("ab", label));
    Agent two(loop, {}, seal_with("bac", label));
    const Endpoint at_two = two.listen();
    one.listen();
    one.open(1, at_two, ping(1));
    REQUIRE(loop.run_until([&] { return !one.told.empty(); }));
    CHECK(one.told == Told{"ack 1"});
    CHECK(two.told == Told{"ping 1"});

    // And to a stranger they are noise.
    Peer peer(loop);
    peer.connect(at_two);
    Bytes request;
    swim::write_label(label, request);
    seal_with("c", label).seal_stream(ping(2), {}, request);
    peer.send(request);
    REQUIRE(loop.run_until([&] { return peer.closed(); }));
    CHECK(two.told == Told{"ping 1", "ping 2"});
    CHECK(peer.got.size() == swim::sealed_stream_header + swim::seal_overhead + ack(2).size());
    CHECK(peer.got.find("SeqNo") == Bytes::npos);
    CHECK(peer.got.substr(0, 4) == Bytes("\x0A\0\0\0", 4));
}

TEST_CASE("who has no key, or another, is refused on both sides, and told why") {
    test::Loop loop;
    Agent keyed(loop, {}, seal_with("a"));
    Agent other(loop, {}, seal_with("x"));
    Agent plain(loop);
    const Endpoint at_keyed = keyed.listen();
    const Endpoint at_plain = plain.listen();
    other.listen();
    const auto asks = [&](Agent& from, const Endpoint& to) {
        from.open(1, to, ping(1));
        REQUIRE(loop.run_until([&] { return !from.told.empty(); }));
    };
    SECTION("plain asks keyed") {
        asks(plain, at_keyed);
        CHECK_THAT(keyed.told[0], Catch::StartsWith("refused: the stream is not encrypted"));
        // The error comes encrypted, as everything from there.
        CHECK_THAT(plain.told[0],
                   Catch::StartsWith("failed 1: its answer cannot be read: the peer encrypts"));
    }
    SECTION("keyed asks plain") {
        asks(keyed, at_plain);
        CHECK_THAT(plain.told[0], Catch::StartsWith("refused: the peer encrypts its streams"));
        CHECK_THAT(keyed.told[0], Catch::StartsWith("failed 1: its answer cannot be read: the "
                                                    "stream is not encrypted"));
    }
    SECTION("another key asks") {
        asks(other, at_keyed);
        CHECK_THAT(keyed.told[0],
                   Catch::StartsWith("refused: the stream is encrypted, with a key"));
        CHECK_THAT(other.told[0],
                   Catch::StartsWith("failed 1: its answer cannot be read: the stream is "
                                     "encrypted, with a key that this agent does not have"));
    }
}

TEST_CASE("while a cluster changes over, plain and encrypted streams are answered alike") {
    test::Loop loop;
    Agent plain(loop);
    Agent lax(loop, {}, seal_with("a", "", {.incoming = false, .outgoing = false}));
    Agent half(loop, {}, seal_with("a", "", {.incoming = false}));
    Agent strict(loop, {}, seal_with("a"));
    const Endpoint at[] = {plain.listen(), lax.listen(), half.listen(), strict.listen()};
    Agent* const steps[] = {&plain, &lax, &half, &strict};
    // Each step of the way, with its neighbours.
    for (std::size_t i = 0; i + 1 < std::size(steps); ++i) {
        CAPTURE(i);
        Agent& before = *steps[i];
        Agent& after = *steps[i + 1];
        before.told.clear();
        after.told.clear();
        before.open(1, at[i + 1], ping(1));
        after.open(1, at[i], ping(2));
        REQUIRE(loop.run_until([&] { return before.told.size() + after.told.size() >= 4; }));
        CHECK(std::count(before.told.begin(), before.told.end(), "ack 1") == 1);
        CHECK(std::count(after.told.begin(), after.told.end(), "ack 2") == 1);
    }
}

TEST_CASE("an address that is taken is refused with what to do") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    const Endpoint taken = one.listen();
    const Result<Endpoint> again = two.streams.listen(taken);
    REQUIRE_FALSE(again);
    CHECK(again.error().text == "cannot bind " + taken.to_string() +
                                    ": address already in use (is another musterd or serf "
                                    "running? see --bind)");
}

TEST_CASE("closing ends everything without a word") {
    test::Loop loop;
    Agent one(loop);
    Agent two(loop);
    two.answers = false;
    one.listen();
    const Endpoint at_two = two.listen();
    one.open(1, at_two, ping(1));
    REQUIRE(loop.run_until([&] { return !two.told.empty(); }));
    one.streams.close();
    two.streams.close();
    loop.poll();
    CHECK(one.told.empty());
    CHECK(two.streams.inbound() == 0);
}
