#include "cli/lease.h"

#include <catch2/catch.hpp>

namespace muster::cli {
namespace {

using namespace std::chrono_literals;

LeaseTerms terms(Duration lease = 800ms) {
    return {lease, default_grace(lease), lease_margin(lease)};
}

TEST_CASE("the margin and the grace follow from the lease") {
    CHECK(lease_margin(800ms) == 40ms);
    CHECK(lease_margin(5s) == 250ms);
    CHECK(lease_margin(150ms) == 20ms);
    CHECK(default_grace(800ms) == 120ms);
}

TEST_CASE("a grace that does not fit into the lease is refused") {
    CHECK(lease_refusal(terms()) == "");
    CHECK(lease_refusal(terms(150ms)) == "");
    CHECK(lease_refusal({1s, 10s, 50ms}) ==
          "a lease of 1s has no room for --grace 10s: make that shorter, or raise [election] "
          "timing");
    CHECK(lease_refusal({800ms, 559ms, 40ms}) == "");
    CHECK(lease_refusal({800ms, 560ms, 40ms}) != "");
}

TEST_CASE("the end counts from before the question, and never moves back (F21)") {
    Countdown until(terms());
    const TimePoint start(100s);
    until.renewed(start, start + 500ms, 780ms);  // the answer lay in the socket for half a second
    CHECK(until.kill_at() == start + 740ms);
    CHECK(until.terminate_at() == start + 620ms);
    until.renewed(start + 100ms, start + 550ms, 500ms);
    CHECK(until.kill_at() == start + 740ms);
    until.renewed(start + 550ms, start + 551ms, 790ms);
    CHECK(until.kill_at() == start + 1300ms);
}

TEST_CASE("once it was to end, nothing calls it off") {
    Countdown until(terms());
    const TimePoint start(100s);
    until.renewed(start, start, 800ms);
    until.renewed(start + 639ms, start + 640ms, 800ms);  // its SIGTERM is due
    CHECK(until.kill_at() == start + 760ms);
    CHECK(until.ending(start + 640ms));
}

TEST_CASE("an end that is asked for keeps its grace, and stays before the lease's end") {
    Countdown until(terms());
    const TimePoint start(100s);
    until.renewed(start, start, 800ms);
    Countdown late = until;
    until.end(start + 100ms);
    CHECK(until.ending(start + 100ms));
    CHECK(until.kill_at() == start + 220ms);
    late.end(start + 639ms);
    CHECK(late.kill_at() == start + 759ms);
}

TEST_CASE("it is asked again often, and more often as the end comes near") {
    Countdown until(terms());
    const TimePoint start(100s);
    until.renewed(start, start, 800ms);
    CHECK(until.ask_at(start) == start + 50ms);
    CHECK(until.ask_at(start + 700ms) == start + 725ms);
    CHECK(until.ask_at(start + 2s) == start + 2s);
}

}  // namespace
}  // namespace muster::cli
