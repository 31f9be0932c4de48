#include "cli/wait.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;

namespace {

api::ReadMember member(const char* name, const char* status, std::optional<bool> suspect = false) {
    api::ReadMember member;
    member.name = name;
    member.status = status;
    member.suspect = suspect;
    return member;
}

const api::ReadMembers found{
    .index = 1,
    .members = {member("n1", "alive"), member("n2", "alive", true), member("n3", "failed"),
                member("n4", "alive", std::nullopt)}};

std::string unmet_status(const char* name, const char* status) {
    return unmet({.members = std::nullopt, .statuses = {{name, status}}, .timeout = 1s}, found);
}

}  // namespace

TEST_CASE("a number of members counts those alive, suspected or not") {
    const auto missing = [](std::uint64_t wanted) {
        return unmet({.members = wanted, .statuses = {}, .timeout = 1s}, found);
    };
    CHECK(missing(0).empty());
    CHECK(missing(3).empty());
    CHECK(missing(4) == "3 of 4 members are alive");
}

TEST_CASE("a member's status is the word that people see") {
    const auto [name, status, missing] = GENERATE(table<const char*, const char*, const char*>({
        {"n1", "alive", ""},
        {"n1", "failed", "n1 is alive, not failed"},
        {"n2", "suspect", ""},
        {"n2", "alive", "n2 is suspect, not alive"},
        {"n3", "failed", ""},
        {"n4", "alive", ""},
        {"n5", "none", ""},
        {"n1", "none", "n1 is alive, not none"},
        {"n5", "alive", "n5 is not known, not alive"},
        {"n\x1b", "alive", "n\\x1b is not known, not alive"},
    }));
    CHECK(unmet_status(name, status) == missing);
}

TEST_CASE("all that is missing is said") {
    CHECK(unmet({.members = 9, .statuses = {{"n1", "left"}, {"n3", "failed"}}, .timeout = 1s},
                found) == "3 of 9 members are alive; n1 is alive, not left");
}

TEST_CASE("how a wait ended is told in text and in JSON") {
    CHECK(wait_text(true, 812'400us, "") == "reached after 812ms\n");
    CHECK(wait_text(false, 10s, "2 of 3 members are alive") ==
          "not reached within 10s: 2 of 3 members are alive\n");
    CHECK(wait_json(true, 812'400us, "") == "{\"reached\":true,\"after_ms\":812}\n");
    CHECK(wait_json(false, 10s, "why") ==
          "{\"reached\":false,\"after_ms\":10000,\"missing\":\"why\"}\n");
}
