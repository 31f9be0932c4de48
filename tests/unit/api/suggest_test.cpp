#include "agent/api/suggest.h"

#include <catch2/catch.hpp>

using namespace muster::api;

TEST_CASE("the distance counts letters changed, added, dropped and swapped") {
    struct Row {
        const char* a;
        const char* b;
        std::size_t distance;
    };
    const auto row = GENERATE(values<Row>({
        {"", "", 0},
        {"bind", "bind", 0},
        {"", "bind", 4},
        {"bind", "", 4},
        {"bind", "bond", 1},
        {"bind", "binds", 1},
        {"bind", "ind", 1},
        {"bind", "bnid", 1},
        {"probe_intervall", "probe_interval", 1},
        {"kitten", "sitting", 3},
    }));
    CAPTURE(row.a, row.b);
    CHECK(distance(row.a, row.b) == row.distance);
    CHECK(distance(row.b, row.a) == row.distance);
}

TEST_CASE("the nearest word is proposed, and none that nobody meant") {
    const std::vector<std::string> words{"bind", "node", "probe_interval", "probe_timeout"};
    CHECK(nearest("bnid", words) == "bind");
    CHECK(nearest("probe_intervall", words) == "probe_interval");
    CHECK(nearest("probe_time_out", words) == "probe_timeout");
    CHECK(nearest("colour", words).empty());
    CHECK(nearest("x", words).empty());
    CHECK(nearest("", words).empty());
}
