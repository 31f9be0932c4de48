#include "agent/net/udp.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/net/loop.h"

using namespace muster;

namespace {

struct Heard {
    TimePoint now;
    Endpoint from;
    std::string bytes;
};

// A socket that notes what it hears.
struct Ear {
    explicit Ear(test::Loop& loop)
        : udp(
              loop.io, loop.clock,
              [this](TimePoint now, const Endpoint& from, BytesView bytes) {
                  heard.push_back({now, from, std::string(bytes)});
              },
              [this] { ++batches; }) {}

    Endpoint bind(const char* address) {
        const Result<Endpoint> bound = udp.bind(*Endpoint::parse(address, 0));
        REQUIRE(bound);
        udp.start();
        return *bound;
    }

    std::vector<Heard> heard;
    int batches = 0;
    net::Udp udp;
};

bool has_ipv6() {
    test::Loop loop;
    Ear ear(loop);
    return ear.udp.bind(*Endpoint::parse("::1", 0)).has_value();
}

}  // namespace

TEST_CASE("datagrams arrive whole, with the sender's address in the short form") {
    test::Loop loop;
    Ear one(loop);
    Ear two(loop);
    const Endpoint at_one = one.bind("127.0.0.1:0");
    const Endpoint at_two = two.bind("127.0.0.1:0");
    const TimePoint before = loop.clock.now();
    one.udp.send(at_two, "hello");
    // The form that a member announces when bound to a wildcard.
    one.udp.send(at_two.mapped(), std::string(60000, 'x'));
    one.udp.send(at_two, "");
    REQUIRE(loop.run_until([&] { return two.heard.size() == 3; }));
    CHECK(two.heard[0].bytes == "hello");
    CHECK(two.heard[0].from == at_one);
    CHECK(two.heard[0].from.ip().size() == 4);
    CHECK(two.heard[0].now >= before);
    CHECK(two.heard[1].bytes.size() == 60000);
    CHECK(two.heard[2].bytes.empty());
    CHECK(two.udp.counters().received == 3);
    CHECK(two.udp.counters().received_bytes == 60005);
    CHECK(one.udp.counters().sent == 3);
}

TEST_CASE("draining hands over what is readable without the loop, and no more than asked") {
    test::Loop loop;
    Ear one(loop);
    Ear two(loop);
    one.bind("127.0.0.1:0");
    const Endpoint at_two = two.bind("127.0.0.1:0");
    for (int i = 0; i < 5; ++i)
        one.udp.send(at_two, std::to_string(i));
    two.udp.drain(3);
    CHECK(two.heard.size() == 3);
    two.udp.drain(100);
    REQUIRE(two.heard.size() == 5);
    CHECK(two.heard[4].bytes == "4");
    two.udp.drain(100);
    CHECK(two.heard.size() == 5);
    CHECK(two.batches == 2);
}

TEST_CASE("a listener that is gone stops nobody") {
    test::Loop loop;
    Ear one(loop);
    Ear two(loop);
    one.bind("127.0.0.1:0");
    const Endpoint at_two = two.bind("127.0.0.1:0");
    Endpoint gone;
    {
        Ear three(loop);
        gone = three.bind("127.0.0.1:0");
    }
    // The kernel answers each of these with a refusal, which the next call meets.
    for (int i = 0; i < 3; ++i) {
        one.udp.send(gone, "x");
        one.udp.send(at_two, "y");
    }
    REQUIRE(loop.run_until([&] { return two.heard.size() == 3; }));
    two.udp.send(Endpoint{}, "nowhere");
    CHECK(two.udp.counters().send_failed == 1);
    two.udp.send(*Endpoint::parse("127.0.0.1:1", 0), std::string(70000, 'x'));
    CHECK(two.udp.counters().send_failed == 2);
}

TEST_CASE("an address that is taken, or not of this host, is refused with what to do") {
    test::Loop loop;
    Ear one(loop);
    Ear two(loop);
    const Endpoint taken = one.bind("127.0.0.1:0");
    const Result<Endpoint> again = two.udp.bind(taken);
    REQUIRE_FALSE(again);
    CHECK(again.error().text == "cannot bind " + taken.to_string() +
                                    ": address already in use (is another musterd or serf "
                                    "running? see --bind)");
    const Result<Endpoint> elsewhere = two.udp.bind(*Endpoint::parse("192.0.2.1:7946", 0));
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().text ==
          "cannot bind 192.0.2.1:7946: cannot assign requested address (192.0.2.1 is not an "
          "address of this host; see --bind)");
    // After a refusal it can be tried again.
    CHECK(two.udp.bind(*Endpoint::parse("127.0.0.1:0", 0)));
}

TEST_CASE("a dual-stack wildcard hears IPv4 in the short form, and answers it") {
    if (!has_ipv6())
        return;
    test::Loop loop;
    Ear dual(loop);
    Ear v4(loop);
    Ear v6(loop);
    const std::uint16_t port = dual.bind("[::]:0").port();
    const Endpoint at_v4 = v4.bind("127.0.0.1:0");
    const Endpoint at_v6 = v6.bind("[::1]:0");
    v4.udp.send(*Endpoint::parse("127.0.0.1", port), "four");
    REQUIRE(loop.run_until([&] { return dual.heard.size() == 1; }));
    CHECK(dual.heard[0].from == at_v4);
    v6.udp.send(*Endpoint::parse("::1", port), "six");
    REQUIRE(loop.run_until([&] { return dual.heard.size() == 2; }));
    CHECK(dual.heard[1].from == at_v6);
    dual.udp.send(dual.heard[0].from, "back");
    REQUIRE(loop.run_until([&] { return v4.heard.size() == 1; }));
    v4.udp.send(at_v6, "no way");
    CHECK(v4.udp.counters().send_failed == 1);
}
