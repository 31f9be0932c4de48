#include "agent/ring/status.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::ring;
using namespace std::literals;

namespace {

TimePoint at(Duration since_born) {
    return TimePoint{} + since_born;
}

RingSettings named(const char* name) {
    RingSettings settings;
    settings.name = name;
    return settings;
}

// Rings "default" and "other" that use `a` since long ago.
Rings two_rings() {
    Rings rings({RingSettings{}, named("other")}, TimePoint{});
    std::vector<Adoption> ignored;
    rings.put(at(0s), "a", Standing::Here, {}, false);
    rings.tick(at(0s), ignored);
    return rings;
}

Bytes answer_of(std::uint64_t fingerprint, const Bytes& ring = "default") {
    StatusAnswer answer;
    answer.rings[ring].in_use = fingerprint;
    return encode_status(answer, 1000);
}

std::size_t size_of(const StatusAnswer& answer, std::size_t limit) {
    const Bytes bytes = encode_status(answer, limit);
    CHECK(bytes.size() <= limit);
    const auto read = decode_status(bytes);
    REQUIRE(read);
    CHECK(read->held.size() + read->held_more == answer.held.size() + answer.held_more);
    return bytes.size();
}

}  // namespace

TEST_CASE("an agent says which ring it uses, what it is about to use, and when") {
    Rings rings = two_rings();
    std::vector<Adoption> ignored;
    const std::uint64_t before = rings.find("default")->in_use()->fingerprint();
    StatusAnswer quiet = answer_status(at(1h), rings, "default", {});
    CHECK(quiet.rings.size() == 1);
    CHECK(quiet.rings["default"] == RingState{before, std::nullopt, 0s});
    CHECK(answer_status(at(1h), rings, "", {}).rings.size() == 2);
    CHECK(answer_status(at(1h), rings, "none", {}).rings.empty());

    rings.put(at(1h), "b", Standing::Here, {}, false);
    rings.tick(at(1h), ignored);
    StatusAnswer unquiet = answer_status(at(1h + 1s), rings, "", {"c"});
    const RingState state = unquiet.rings["other"];
    CHECK(state.in_use == before);
    CHECK(state.until == 2s);
    CHECK(unquiet.held == std::vector<Bytes>{"c"});
    rings.tick(at(1h + 3s), ignored);
    CHECK(state.pending == rings.find("other")->in_use()->fingerprint());
}

TEST_CASE("an answer is a map with its keys in order") {
    StatusAnswer answer;
    answer.rings["r"] = {1, 2, 1500us};
    answer.rings["s"].in_use = 3;
    answer.held = {"x", "y"};
    const Bytes bytes = encode_status(answer, 1000);
    const Bytes expected =
        "\x83\xa4Held\x92\xa1x\xa1y\xa8HeldMore"
        "\x00\xa5Rings\x82\xa1r\x83\xa4InMs\x02\xa5InUse\x01\xa7Pending\x02\xa1s\x81\xa5InUse\x03"s;
    CHECK(bytes == expected);
    answer.rings["r"].until = 2ms;
    const auto read = decode_status(bytes);
    REQUIRE(read);
    CHECK(*read == answer);
}

TEST_CASE("an answer that is too large leaves out names, and says how many") {
    StatusAnswer answer;
    answer.rings["default"] = {~std::uint64_t{0}, ~std::uint64_t{0}, 1min};
    for (int i = 0; i < 300; ++i) {
        answer.held.push_back("host-" + std::to_string(i));
    }
    answer.held.insert(answer.held.begin(), Bytes(2000, 'n'));
    for (const std::size_t limit : {100U, 200U, 900U, 1000U}) {
        const std::size_t size = size_of(answer, limit);
        CHECK(size + 64 > limit);
    }
    const auto read = decode_status(encode_status(answer, 900));
    REQUIRE(read);
    CHECK(read->rings == answer.rings);
    CHECK(read->held_more > 100);
    CHECK(read->held.front() == "host-0");

    StatusAnswer many;
    for (int i = 0; i < 16; ++i) {
        many.rings[Bytes(64, static_cast<char>('a' + i))] = {~std::uint64_t{0}, 1, 1s};
    }
    size_of(many, 900);
    size_of(many, 60);
    CHECK(decode_status(encode_status(many, 900))->rings.size() > 5);
}

TEST_CASE("what is no answer is refused, with what was expected") {
    const auto [bytes, expected] = GENERATE(table<Bytes, std::string>({
        {"", "ring status message: expected a map, found the end of the bytes"},
        {"\xa1x", "ring status message: expected a map, found a string of 1 bytes"},
        {"\x81\xa4Held\x01",
         "ring status message, field Held: expected an array, found the integer 1"},
        {"\x81\xa5Rings\xdf\x7f\xff\xff\xff",
         "ring status message, field Rings: expected at most 16 entries, found 2147483647"},
        {"\x81\xa4Held\xdd\x7f\xff\xff\xff",
         "ring status message, field Held: expected at most 1024 entries, found 2147483647"},
        {"\x81\xa5Rings\x81\xa1r\x81\xa5InUse\xa1x",
         "ring status message, field Rings.InUse: expected an integer that is not "
         "negative and in range, found a string of 1 bytes"},
    }));
    const auto read = decode_status(bytes);
    REQUIRE_FALSE(read);
    CHECK(read.error().text == expected);
}

TEST_CASE("unknown keys are passed over, and absent ones are empty") {
    const auto read = decode_status("\x82\xa3New\x93\x01\x02\x03\xa5Rings\x81\xa1r\xc0"s);
    REQUIRE(read);
    CHECK(read->rings.at("r") == RingState{});
    CHECK(read->held.empty());
    CHECK(*decode_status("\xc0") == StatusAnswer{});
}

TEST_CASE("answers are spread over a quarter of the time, or a millisecond for each member") {
    const auto [timeout, members, limit] = GENERATE(table<Duration, std::size_t, Duration>({
        {4s, 1000, 1s},
        {4s, 10000, 1s},
        {4s, 3, 3ms},
        {15s, 100, 100ms},
    }));
    Random random(11);
    Duration most{};
    for (int i = 0; i < 1000; ++i) {
        const Duration delay = answer_delay(timeout, members, random);
        REQUIRE(delay >= Duration::zero());
        REQUIRE(delay < limit);
        most = std::max(most, delay);
    }
    CHECK(most > limit / 2);
    CHECK(answer_delay(0s, 5, random) == 0s);
    CHECK(answer_delay(1s, 0, random) == 0s);
}

TEST_CASE("who answers agrees or differs, who does not is silent, and Serf's agents are neither") {
    Tally tally("default", {"n1", "n2", "n3", "n4", "n5"});
    tally.take("n3", answer_of(7));
    tally.take("n1", answer_of(8));
    tally.take("n1", answer_of(7));  // a second one
    tally.take("n2", "nonsense");
    tally.take("late-comer", answer_of(7));
    CHECK_FALSE(tally.complete());
    tally.take("n5", answer_of(7, "another"));
    const Agreement found = tally.finish(7);
    CHECK(found.agree == std::vector<Bytes>{"late-comer", "n3"});
    CHECK(found.silent == std::vector<Bytes>{"n4"});
    REQUIRE(found.differ.size() == 3);
    CHECK(found.differ[0].name == "n1");
    CHECK(found.differ[0].state == RingState{8, std::nullopt, 0s});
    CHECK(found.differ[1].name == "n2");
    CHECK_FALSE(found.differ[1].state);
    CHECK(found.differ[1].error.rfind("ring status message: expected a map", 0) == 0);
    CHECK(found.differ[2].name == "n5");
    CHECK_FALSE(found.differ[2].state);
    CHECK(found.differ[2].error.empty());
    tally.take("n4", answer_of(7));
    CHECK(tally.complete());
    CHECK(tally.finish(7).silent.empty());
}
