// Each formula against what the reference computes: tests/vectors/memberlist.json, group formula.
#include "swim/formulas.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace muster;
using namespace muster::swim;

namespace {

nlohmann::json cases_of(const std::string& name) {
    std::ifstream file(MUSTER_TEST_VECTORS "/memberlist.json");
    for (const auto& vector : nlohmann::json::parse(file)) {
        if (vector["name"] == "formula/" + name) {
            return vector["means"]["cases"];
        }
    }
    FAIL("no vector formula/" << name);
    return {};
}

}  // namespace

TEST_CASE("the retransmit limit is the reference's") {
    const auto cases = cases_of("retransmit_limit");
    REQUIRE(cases.size() > 10);
    for (const auto& c : cases) {
        INFO(c.dump());
        CHECK(retransmit_limit(c["retransmit_mult"], c["n"]) == c["limit"].get<unsigned>());
    }
}

TEST_CASE("the suspicion timeout is the reference's") {
    const auto cases = cases_of("suspicion_timeout");
    REQUIRE(cases.size() > 10);
    for (const auto& c : cases) {
        INFO(c.dump());
        const Duration interval(c["probe_interval_ns"].get<std::int64_t>());
        CHECK(suspicion_timeout(c["suspicion_mult"], c["n"], interval).count() ==
              c["timeout_ns"].get<std::int64_t>());
    }
}

TEST_CASE("what is left of a suspicion is the reference's") {
    const auto cases = cases_of("remaining_suspicion_time");
    REQUIRE(cases.size() > 10);
    for (const auto& c : cases) {
        INFO(c.dump());
        const Duration lifetime =
            suspicion_lifetime(c["n"], c["k"], Duration(c["min_ns"].get<std::int64_t>()),
                               Duration(c["max_ns"].get<std::int64_t>()));
        const Duration elapsed(c["elapsed_ns"].get<std::int64_t>());
        CHECK((lifetime - elapsed).count() == c["remaining_ns"].get<std::int64_t>());
    }
}

TEST_CASE("the push/pull interval grows with the cluster as the reference's") {
    const auto cases = cases_of("push_pull_scale");
    REQUIRE(cases.size() > 10);
    for (const auto& c : cases) {
        INFO(c.dump());
        CHECK(push_pull_scale(Duration(c["interval_ns"].get<std::int64_t>()), c["n"]).count() ==
              c["scaled_ns"].get<std::int64_t>());
    }
}
