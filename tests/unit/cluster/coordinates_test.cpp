#include "agent/cluster/coordinates.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

Bytes payload_of(const Coordinate& coordinate) {
    Bytes payload;
    encode_ack_payload(coordinate, payload);
    return payload;
}

}  // namespace

TEST_CASE("a round trip moves our coordinate, and tells where the peer stands") {
    Coordinates coordinates("self", Random(1));
    CHECK(coordinates.find("self") == Coordinate{});
    CHECK_FALSE(coordinates.find("n2"));
    Coordinate theirs;
    theirs.vec[0] = 0.02;
    CHECK(coordinates.observe("n2", payload_of(theirs), 10ms));
    CHECK(coordinates.find("n2") == theirs);
    CHECK(coordinates.find("self") != Coordinate{});
    Bytes told;
    coordinates.append_payload(told);
    CHECK(decode_ack_payload(told) == coordinates.find("self"));
    theirs.vec[0] = 0.03;
    CHECK(coordinates.observe("n2", payload_of(theirs), 10ms));
    CHECK(coordinates.find("n2") == theirs);
    CHECK(coordinates.size() == 1);
}

TEST_CASE("what cannot be used changes nothing") {
    Coordinate infinite;
    infinite.vec[3] = std::numeric_limits<double>::infinity();
    const auto [payload, round_trip, readable] = GENERATE_COPY(table<Bytes, Duration, bool>({
        {Bytes(), 10ms, true},
        {Bytes("\x02\x80"), 10ms, false},
        {Bytes("\x01\x91"), 10ms, false},
        {payload_of({}).substr(0, 100), 10ms, false},
        {payload_of(infinite), 10ms, true},
        {payload_of({}), 11s, true},
        {payload_of({}), -1ms, true},
    }));
    Coordinates coordinates("self", Random(1));
    CHECK(coordinates.observe("n2", payload, round_trip) == readable);
    CHECK(coordinates.find("self") == Coordinate{});
    CHECK(coordinates.size() == 0);
}

TEST_CASE("a member that is forgotten stands nowhere") {
    Coordinates coordinates("self", Random(1));
    coordinates.observe("n2", payload_of({}), 9s);
    coordinates.forget("n2");
    coordinates.forget("stranger");
    CHECK_FALSE(coordinates.find("n2"));
    CHECK(coordinates.find("self"));
    CHECK(coordinates.size() == 0);
}
