#include "agent/joining.h"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

Endpoint at(const char* text) {
    return *Endpoint::parse(text, 7946);
}

bool is_self(const Endpoint& endpoint) {
    return endpoint.ip_text() == "10.0.0.1";
}

std::string text(const api::JoinOutcome& outcome) {
    std::string all = std::to_string(outcome.joined);
    for (const api::JoinFailure& failure : outcome.failed)
        all += "\n" + failure.seed + " -> " + failure.error;
    return all;
}

}  // namespace

TEST_CASE("everybody is asked once, and we ourselves are not asked") {
    const Joining joining({{"h1", {at("10.0.0.1")}, ""},
                           {"h2", {at("10.0.0.2"), at("10.0.0.3")}, ""},
                           {"10.0.0.3", {at("10.0.0.3")}, ""}},
                          is_self);
    CHECK(joining.peers() == std::vector{at("10.0.0.2"), at("10.0.0.3")});
}

TEST_CASE("a seed has failed when none of its addresses answered") {
    const Joining joining({{"h2", {at("10.0.0.2"), at("10.0.0.3")}, ""},
                           {"10.0.0.4:7946", {at("10.0.0.4")}, ""},
                           {"h5", {at("10.0.0.5"), at("10.0.0.6")}, ""},
                           {"h7", {}, "no such host"}},
                          is_self);
    RequestDone done;
    done.succeeded = 1;
    // The peer as its socket knows it may have another form than the seed's.
    done.failures = {{at("10.0.0.2"), "connection refused"},
                     {at("10.0.0.4").mapped(), "connection refused"},
                     {at("10.0.0.5"), "no route to host"},
                     {at("10.0.0.6"), "timed out"}};
    CHECK(text(joining.outcome(done)) ==
          "1\n"
          "10.0.0.4:7946 -> connection refused\n"
          "h5 -> 10.0.0.5:7946: no route to host; 10.0.0.6:7946: timed out\n"
          "h7 -> no such host");
}

TEST_CASE("that a host is on its own list is no failure, unless nobody else is on it") {
    RequestDone done;
    done.succeeded = 1;
    const Joining both({{"h1", {at("10.0.0.1")}, ""}, {"h2", {at("10.0.0.2")}, ""}}, is_self);
    CHECK(text(both.outcome(done)) == "1");
    done.succeeded = 0;
    const Joining alone({{"h1", {at("10.0.0.1")}, ""}}, is_self);
    CHECK(alone.peers().empty());
    CHECK(text(alone.outcome(done)) == "0\nh1 -> that is this agent itself");
}

TEST_CASE("a join that was refused as a whole says so for each seed") {
    const Joining joining({{"h2", {at("10.0.0.2")}, ""}, {"h7", {}, "no such host"}}, is_self);
    RequestDone done;
    done.error = "this agent is leaving";
    CHECK(text(joining.outcome(done)) == "0\nh2 -> this agent is leaving\nh7 -> no such host");
}
