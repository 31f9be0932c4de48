// The rule as the full product of what is held and what is said (docs/protocol/memberlist.md
// section 7.6).
#include "swim/precedence.h"

#include <catch2/catch.hpp>
#include <tuple>

using namespace muster::swim;

namespace {

constexpr std::uint32_t held_incarnation = 5;

}  // namespace

TEST_CASE("of two statements about another member, the one that the table names wins") {
    using enum Verdict;
    // What is held; what is said; the verdict on a lower, an equal and a higher incarnation.
    const auto [state, claim, lower, equal, higher] =
        GENERATE(table<State, Claim, Verdict, Verdict, Verdict>({
            {State::Alive, Claim::Alive, Ignore, Ignore, Apply},
            {State::Alive, Claim::Suspect, Ignore, Apply, Apply},
            {State::Alive, Claim::Dead, Ignore, Apply, Apply},
            {State::Suspect, Claim::Alive, Ignore, Ignore, Apply},
            {State::Suspect, Claim::Suspect, Ignore, Confirm, Confirm},
            {State::Suspect, Claim::Dead, Ignore, Apply, Apply},
            {State::Dead, Claim::Alive, Ignore, Ignore, Apply},
            {State::Dead, Claim::Suspect, Ignore, Ignore, Ignore},
            {State::Dead, Claim::Dead, Ignore, Ignore, Ignore},
            {State::Left, Claim::Alive, Ignore, Ignore, Apply},
            {State::Left, Claim::Suspect, Ignore, Ignore, Ignore},
            {State::Left, Claim::Dead, Ignore, Ignore, Ignore},
        }));
    const Held held{state, held_incarnation};
    CAPTURE(static_cast<int>(state), static_cast<int>(claim));
    CHECK(judge(held, claim, held_incarnation - 1) == lower);
    CHECK(judge(held, claim, held_incarnation) == equal);
    CHECK(judge(held, claim, held_incarnation + 1) == higher);
}

TEST_CASE("a wrong statement about ourselves is refuted, unless it is old") {
    using enum Verdict;
    const auto [claim, same, equal, higher] = GENERATE(table<Claim, bool, Verdict, Verdict>({
        {Claim::Alive, true, Ignore, Refute},
        {Claim::Alive, false, Refute, Refute},
        {Claim::Suspect, false, Refute, Refute},
        {Claim::Dead, false, Refute, Refute},
    }));
    const Held held{State::Alive, held_incarnation};
    CAPTURE(static_cast<int>(claim), same);
    CHECK(judge_about_self(held, claim, held_incarnation - 1, same, false) == Ignore);
    CHECK(judge_about_self(held, claim, held_incarnation, same, false) == equal);
    CHECK(judge_about_self(held, claim, held_incarnation + 1, same, false) == higher);
}

TEST_CASE("who has left refutes nothing") {
    const Claim claim = GENERATE(Claim::Alive, Claim::Suspect, Claim::Dead);
    const Held held{State::Left, held_incarnation};
    CAPTURE(static_cast<int>(claim));
    CHECK(judge_about_self(held, claim, held_incarnation, false, true) == Verdict::Ignore);
    CHECK(judge_about_self(held, claim, held_incarnation + 1, false, true) == Verdict::Ignore);
}

TEST_CASE("who is about to leave accepts its own death") {
    const Held held{State::Alive, held_incarnation};
    CHECK(judge_about_self(held, Claim::Dead, held_incarnation, false, true) == Verdict::Apply);
}
