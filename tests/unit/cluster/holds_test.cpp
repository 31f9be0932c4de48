// Who is held out, and for how long: every deadline from both sides.
#include "agent/cluster/holds.h"

#include <catch2/catch.hpp>

#include "swim/random.h"
#include "tests/unit/cluster/support.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

constexpr std::size_t crowd = 100;  // 10 % of it is more than three

// Holds with the words of a test.
struct Watched {
    // Failed, and back with a higher incarnation, at one moment.
    bool flap(Duration when, BytesView name, LamportTime ltime = 5) {
        holds.failed(name, 5);
        return back(when, name, ltime);
    }
    bool back(Duration when, BytesView name, LamportTime ltime = 5, bool rose = true) {
        const bool held = holds.returned(at(when), name, {ltime, rose, crowd});
        holds.check();
        return held;
    }
    std::vector<Bytes> pass(Duration when) {
        std::vector<Bytes> released;
        holds.tick(at(when), released);
        holds.check();
        return released;
    }
    // Held until a nanosecond before that time, and not longer.
    void check_released_at(Duration when, const Bytes& name) {
        CHECK(holds.left(at(when - 1s), name) == Duration(1s));
        CHECK(pass(when - 1ns).empty());
        CHECK(holds.held(name));
        CHECK(pass(when) == std::vector<Bytes>{name});
        CHECK_FALSE(holds.held(name));
    }

    Holds holds;
};

}  // namespace

TEST_CASE("a hold doubles with the rises of the incarnation, up to ten minutes") {
    const auto [rises, time] = GENERATE(table<std::size_t, Duration>({
        {0, 10s},
        {1, 10s},
        {2, 20s},
        {3, 40s},
        {4, 80s},
        {5, 160s},
        {6, 320s},
        {7, 600s},
        {8, 600s},
        {1000000, 600s},
    }));
    CHECK(hold_time(rises) == time);
}

TEST_CASE("three members make a heal, or a tenth of them") {
    const auto [members, size] = GENERATE(table<std::size_t, std::size_t>(
        {{0, 3}, {3, 3}, {30, 3}, {31, 4}, {40, 4}, {100, 10}, {101, 11}, {1000, 100}}));
    CHECK(heal_size(members) == size);
}

TEST_CASE("who failed and returns without a new life is held for ten seconds of clean time") {
    Watched watched;
    REQUIRE(watched.flap(100s, "b"));
    CHECK(watched.holds.next_deadline() == at(110s));
    watched.check_released_at(110s, "b");
    CHECK(watched.holds.next_deadline() == never);
}

TEST_CASE("who never failed here is never held") {
    Watched watched;
    CHECK_FALSE(watched.back(1s, "b"));
    watched.holds.suspected("b");
    watched.holds.rose(at(2s), "b", /*tags_changed=*/false);
    CHECK_FALSE(watched.back(3s, "b"));
    watched.holds.failed("b", 5);
    watched.holds.forget("b");  // it has left, after all
    CHECK_FALSE(watched.back(4s, "b"));
    CHECK_FALSE(watched.holds.held("b"));
}

TEST_CASE("a suspicion stops the clean time, and a rise starts it again") {
    Watched watched;
    REQUIRE(watched.flap(100s, "b"));
    SECTION("suspected, and refuted: the second rise doubles it") {
        watched.holds.suspected("b");
        CHECK(watched.holds.next_deadline() == never);
        CHECK(watched.holds.left(at(105s), "b") == Duration(10s));
        CHECK(watched.pass(200s).empty());
        watched.holds.rose(at(200s), "b", /*tags_changed=*/false);
        watched.check_released_at(220s, "b");
    }
    SECTION("a rise without a suspicion") {
        watched.holds.rose(at(109s), "b", /*tags_changed=*/false);
        watched.check_released_at(129s, "b");
    }
    SECTION("new tags: it starts again, and is not longer") {
        watched.holds.rose(at(109s), "b", /*tags_changed=*/true);
        watched.check_released_at(119s, "b");
    }
    SECTION("rises of ten minutes ago do not count") {
        watched.holds.suspected("b");
        watched.holds.rose(at(700s), "b", /*tags_changed=*/false);
        watched.check_released_at(710s, "b");
    }
    SECTION("rises of less than ten minutes ago do") {
        watched.holds.suspected("b");
        watched.holds.rose(at(699s), "b", /*tags_changed=*/false);
        watched.check_released_at(719s, "b");
    }
    SECTION("it fails again: it is failed, not held, and its next return is held longer") {
        watched.holds.failed("b", 5);
        CHECK_FALSE(watched.holds.held("b"));
        CHECK(watched.holds.next_deadline() == never);
        REQUIRE(watched.back(130s, "b"));
        watched.check_released_at(150s, "b");
    }
}

TEST_CASE("who flaps for long is held for ten minutes") {
    Watched watched;
    Duration now = 0s;
    for (int i = 0; i < 20; ++i, now += 30s) {
        REQUIRE(watched.flap(now, "b"));
    }
    CHECK(watched.holds.left(at(now - 30s), "b") == longest_hold);
    watched.check_released_at(now - 30s + 10min, "b");
}

TEST_CASE("a new life is not held, but for the fourth in ten minutes") {
    Watched watched;
    for (const LamportTime life : {6U, 7U, 8U}) {
        CHECK_FALSE(watched.flap(Duration(1min) * life, "b", life));
        watched.holds.failed("b", life);
    }
    // The wire knows of it before its join intent is heard: held, until that is.
    SECTION("the fourth") {
        REQUIRE(watched.back(15min, "b", 8));
        CHECK_FALSE(watched.holds.joined(at(15min), "b", 9));
        CHECK(watched.holds.held("b"));
        CHECK_FALSE(watched.holds.joined(at(15min), "b", 10));
        CHECK_FALSE(watched.pass(20min).empty());
    }
    SECTION("when the first three are long ago") {
        REQUIRE(watched.back(16min, "b", 8));
        CHECK(watched.holds.joined(at(16min), "b", 9));
        CHECK_FALSE(watched.holds.held("b"));
        CHECK(watched.holds.next_deadline() == never);
    }
    SECTION("an intent that is not newer is no new life") {
        REQUIRE(watched.back(16min, "b", 7));
        CHECK_FALSE(watched.holds.joined(at(16min), "b", 8));
        CHECK(watched.holds.held("b"));
    }
}

TEST_CASE("a tenth of the members that return within five seconds are held for two") {
    Watched watched;
    for (int i = 0; i < 10; ++i) {
        watched.holds.failed("n" + std::to_string(i), 5);
    }
    Duration last = 4s;
    SECTION("within five") {
        for (int i = 0; i < 10; ++i) {
            REQUIRE(watched.back(i < 9 ? 400ms * i : last, "n" + std::to_string(i)));
        }
        // The first ones have been clean for two seconds already.
        CHECK(watched.pass(last).size() == 6);
        CHECK(watched.pass(last + 2s - 1ns).size() == 3);
        watched.check_released_at(last + 2s, "n9");
        // One that returns with them, and one that does not.
        REQUIRE(watched.flap(4900ms, "n9"));
        CHECK(watched.holds.left(at(4900ms), "n9") == heal_hold);
    }
    SECTION("the first of ten is five seconds before the last") {
        last = 5s;
        for (int i = 0; i < 10; ++i) {
            REQUIRE(watched.back(i < 9 ? 400ms * i : last, "n" + std::to_string(i)));
        }
        CHECK(watched.pass(last + 2s).empty());
        CHECK(watched.holds.left(at(last), "n9") == first_hold);
    }
    SECTION("nine that return, one of them twice") {
        for (int i = 0; i < 9; ++i) {
            REQUIRE(watched.back(1s, "n" + std::to_string(i)));
        }
        REQUIRE(watched.flap(2s, "n3"));
        CHECK(watched.holds.left(at(2s), "n2") == first_hold - 1s);
    }
}

TEST_CASE("one that was held before a heal keeps its time") {
    Watched watched;
    REQUIRE(watched.flap(0s, "flapper"));
    for (int i = 0; i < 10; ++i) {
        REQUIRE(watched.flap(6s, "n" + std::to_string(i)));
    }
    CHECK(watched.pass(8s).size() == 10);
    watched.check_released_at(10s, "flapper");
}

TEST_CASE("holds that we are told of in our own join begin when their member appears") {
    Watched watched;
    watched.holds.expect(at(0s), "b", 7s, 5);
    CHECK_FALSE(watched.holds.held("b"));
    SECTION("soon") {
        REQUIRE(watched.back(1s, "b"));
        watched.check_released_at(8s, "b");
    }
    SECTION("with a new life") {
        CHECK_FALSE(watched.back(1s, "b", 6));
    }
    SECTION("too late") {
        CHECK_FALSE(watched.back(601s, "b"));
    }
    SECTION("only once") {
        REQUIRE(watched.back(1s, "b"));
        watched.pass(8s);
        CHECK_FALSE(watched.back(9s, "b"));
    }
    SECTION("and never for longer than ten minutes") {
        watched.holds.expect(at(0s), "b", 100h, 5);
        REQUIRE(watched.back(1s, "b"));
        watched.check_released_at(601s, "b");
    }
    SECTION("no time at all is no hold") {
        watched.holds.expect(at(0s), "b", -1s, 5);
        CHECK_FALSE(watched.back(1s, "b"));
    }
}

TEST_CASE("what does not count any more is forgotten") {
    Watched watched;
    watched.holds.rose(at(0s), "restless", /*tags_changed=*/false);
    watched.holds.rose(at(0s), "other tags", /*tags_changed=*/true);
    watched.holds.expect(at(0s), "expected", 5s, 1);
    watched.holds.failed("failed", 1);
    watched.flap(0s, "held");
    CHECK(watched.holds.remembered() == 4);
    watched.pass(10s);
    watched.holds.sweep(at(10min - 1ns));
    CHECK(watched.holds.remembered() == 4);
    watched.holds.sweep(at(10min + 1ns));
    CHECK(watched.holds.remembered() == 1);  // the failed one, until it is reaped
    watched.holds.forget("failed");
    CHECK(watched.holds.remembered() == 0);
}

TEST_CASE("holds go over the wire as names and milliseconds") {
    Watched watched;
    watched.flap(0s, "b");
    watched.flap(1s, "a");
    watched.holds.suspected("a");
    Bytes bytes;
    write_held(watched.holds.told(at(2500us)), bytes);
    CHECK(bytes == from_hex("82a161cd2710a162cd270e"));

    swim::Scratch scratch;
    swim::MsgpackReader reader(bytes, scratch);
    ReadFault fault;
    std::vector<HeldTime> held;
    REQUIRE(read_held(reader, fault, held));
    REQUIRE(held.size() == 2);
    CHECK(held[0].name == "a");
    CHECK(held[0].left == 10s);
    CHECK(held[1].name == "b");
    CHECK(held[1].left == 9998ms);
}

TEST_CASE("a map of holds that is none is refused, and no hold is longer than ten minutes") {
    struct Case {
        Bytes bytes;
        bool read;
        std::string reason;
    };
    const auto given = GENERATE(values<Case>({
        {from_hex("c0"), true, ""},
        {from_hex("81a162cfffffffffffffffff"), true, ""},
        {from_hex("9101"), false, ""},
        {from_hex("81a162ff"), false, ""},
        {from_hex("81a162"), false, ""},
        {from_hex("dfffffffff"), false, "expected at most 65536 entries, found 4294967295"},
    }));
    swim::Scratch scratch;
    swim::MsgpackReader reader(given.bytes, scratch);
    ReadFault fault;
    std::vector<HeldTime> held;
    CHECK(read_held(reader, fault, held) == given.read);
    CHECK(fault.reason == given.reason);
    if (given.read && !held.empty()) {
        CHECK(held.front().left == longest_hold);
    }
}

TEST_CASE("holds keep their invariants under anything that happens") {
    const auto seed = GENERATE(range(1U, 21U));
    CAPTURE(seed);
    Random random(seed);
    Holds holds;
    Duration now{};
    std::vector<Bytes> released;
    for (int step = 0; step < 600; ++step) {
        now += random.below(Duration(4s));
        const Bytes name = "n" + std::to_string(random.below(std::uint64_t{8}));
        switch (random.below(std::uint64_t{8})) {
            case 0:
                holds.failed(name, random.below(std::uint64_t{20}));
                break;
            case 1:
            case 2:
                holds.returned(at(now), name,
                               {random.below(std::uint64_t{20}), random.chance(0.5), 30});
                break;
            case 3:
                holds.rose(at(now), name, random.chance(0.3));
                break;
            case 4:
                holds.suspected(name);
                break;
            case 5:
                holds.joined(at(now), name, random.below(std::uint64_t{30}));
                break;
            case 6:
                holds.expect(at(now), name, 9s, 3);
                break;
            default:
                random.chance(0.2) ? holds.forget(name) : holds.sweep(at(now));
                break;
        }
        holds.check();
        released.clear();
        holds.tick(at(now), released);
        holds.check();
        for (const Bytes& each : released) {
            CHECK_FALSE(holds.held(each));
        }
        for (const Holds::Hold& hold : holds.list(at(now))) {
            CHECK(hold.left <= longest_hold);
            CHECK(hold.left > Duration::zero());
        }
    }
}
