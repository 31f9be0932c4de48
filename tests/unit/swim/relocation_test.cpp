// How a member is believed at another address: what is said, in which order, with which waits.
#include "swim/relocation.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "swim/stragglers.h"

namespace muster::swim {
namespace {

using namespace std::chrono_literals;
using Action = Relocation::Action;

constexpr TimePoint t{1000s};
constexpr Relocation::Timing timing{.spacing = 250ms, .patience = 5s};
constexpr Duration spread = 1s;

// Lets time pass and does what is to be done: what and when, in ms since the start. What is said is
// sent 100 ms later.
struct Play {
    void until(Duration end) {
        while (true) {
            while (true) {
                const Action action = relocation.next(now, alone);
                if (action == Action::None) {
                    break;
                }
                done.push_back(action);
                at.push_back((now - t) / 1ms);
                if (action != Action::Ask && action != Action::Repeat) {
                    relocation.sent(now + 100ms, spread);
                }
            }
            if (relocation.next_deadline() > t + end) {
                now = t + end;
                return;
            }
            now = relocation.next_deadline();
        }
    }

    Relocation relocation{timing};
    TimePoint now = t;
    bool alone = true;
    std::vector<Action> done;
    std::vector<std::int64_t> at;
};

TEST_CASE("what has to be said depends on how the others hold the member") {
    CHECK(first_statement(HeldAs::Left) == Action::Arrive);
    CHECK(first_statement(HeldAs::Alive) == Action::Depart);
    CHECK(first_statement(HeldAs::Unknown) == Action::Revive);
    CHECK(first_statement(HeldAs::Dead) == Action::Revive);
}

TEST_CASE(
    "a start at another address asks three times, then says what is needed, each in its time") {
    using Row = std::tuple<HeldAs, std::vector<Action>, std::vector<std::int64_t>>;
    const auto [held, said, at] =
        GENERATE(table<HeldAs, std::vector<Action>, std::vector<std::int64_t>>(
            {Row{HeldAs::Left, {Action::Arrive}, {1000}},
             Row{HeldAs::Alive,
                 {Action::Depart, Action::Arrive, Action::Repeat},
                 {1000, 2100, 3200}},
             Row{HeldAs::Unknown,
                 {Action::Revive, Action::Depart, Action::Arrive, Action::Repeat},
                 {1000, 2100, 3200, 4300}},
             Row{HeldAs::Dead,
                 {Action::Revive, Action::Depart, Action::Arrive, Action::Repeat},
                 {1000, 2100, 3200, 4300}}}));
    Play play;
    play.relocation.ask(t);
    play.until(10ms);
    CHECK_FALSE(play.relocation.heard(play.now, held));
    play.alone = false;
    play.until(999ms);
    CHECK(play.relocation.silent());
    CHECK(play.done == std::vector<Action>(3, Action::Ask));
    CHECK(play.at == std::vector<std::int64_t>{0, 250, 500});
    play.done.clear();
    play.at.clear();
    play.until(1h);
    CHECK(play.done == said);
    CHECK(play.at == at);
    CHECK(play.relocation.settled());
    CHECK(play.relocation.next_deadline() == never);
}

TEST_CASE("of several tables the one that needs most counts") {
    Play play;
    play.alone = false;
    play.relocation.ask(t);
    play.relocation.heard(t, HeldAs::Alive);
    play.relocation.heard(t, HeldAs::Dead);
    play.relocation.heard(t, HeldAs::Left);
    play.until(1h);
    CHECK(play.done[3] == Action::Revive);
}

TEST_CASE("where nobody hears it nothing is said, and the wait for somebody ends") {
    Play play;
    play.relocation.ask(t);
    play.until(1h);
    REQUIRE(play.done.size() == 4);
    CHECK(play.done[3] == Action::Arrive);
    CHECK(play.at[3] == 5000);
    // Whoever remembers the old address is found later.
    CHECK_FALSE(play.relocation.heard(play.now, HeldAs::Unknown));
    CHECK(play.relocation.settled());
    CHECK_FALSE(play.relocation.heard(play.now, HeldAs::Alive));
    CHECK_FALSE(play.relocation.settled());
    CHECK_FALSE(play.relocation.silent());
    play.alone = false;
    play.until(2h);
    REQUIRE(play.done.size() == 10);
    CHECK(play.done[7] == Action::Depart);
    CHECK(play.done[8] == Action::Arrive);
    CHECK(play.done[9] == Action::Repeat);
}

TEST_CASE("somebody who is found during the wait ends it") {
    Play play;
    play.relocation.ask(t);
    play.until(3s);
    CHECK(play.done.size() == 3);
    play.alone = false;
    play.relocation.heard(play.now, HeldAs::Alive);
    play.until(3s);
    REQUIRE(play.done.size() == 4);
    CHECK(play.done[3] == Action::Depart);
}

TEST_CASE("an answer to our name ends it: nothing is said for whoever lives there") {
    const Duration when = GENERATE(100ms, 900ms, 1500ms, 2500ms);
    Play play;
    play.alone = false;
    play.relocation.ask(t);
    play.relocation.heard(t, HeldAs::Dead);
    play.until(when);
    const std::size_t before = play.done.size();
    play.relocation.answered();
    play.until(1h);
    REQUIRE(play.done.size() == before + 1);
    CHECK(play.done.back() == Action::Arrive);
    CHECK(play.relocation.is_copy());
    CHECK_FALSE(play.relocation.heard(play.now, HeldAs::Dead));
    CHECK(play.relocation.settled());
}

TEST_CASE("a broadcast that never ends does not hold it up for ever") {
    Relocation relocation(timing);
    relocation.depart(t);
    CHECK(relocation.next(t, false) == Action::Depart);
    CHECK(relocation.next(t + 4s, false) == Action::None);
    CHECK(relocation.next(t + 5s, false) == Action::Arrive);
}

TEST_CASE("who missed it after all have been told is told alone") {
    Play play;
    play.alone = false;
    play.relocation.depart(t);
    play.until(1h);
    CHECK(play.done == std::vector<Action>{Action::Depart, Action::Arrive, Action::Repeat});
    CHECK(play.relocation.heard(play.now, HeldAs::Alive));
    CHECK(play.relocation.heard(play.now, HeldAs::Dead));
    CHECK_FALSE(play.relocation.heard(play.now, HeldAs::Left));
    CHECK_FALSE(play.relocation.heard(play.now, HeldAs::Unknown));
    CHECK(play.relocation.settled());
}

TEST_CASE("the time to spread grows with the logarithm of the members") {
    CHECK(spread_time(200ms, 1) == 200ms);
    CHECK(spread_time(200ms, 2) == 400ms);
    CHECK(spread_time(200ms, 5) == 800ms);
    CHECK(spread_time(200ms, 1000) == 2200ms);
}

TEST_CASE("a straggler is told what it needs, one statement after the other, once at a time") {
    Stragglers stragglers(500ms);
    stragglers.add(t, "alive", HeldAs::Alive, 7);
    stragglers.add(t, "dead", HeldAs::Dead, 7);
    stragglers.add(t, "dead", HeldAs::Dead, 8);
    stragglers.add(t, "", HeldAs::Dead, 8);
    stragglers.add(t, "at the end", HeldAs::Dead, 4294967295U);
    std::vector<std::string> told;
    for (TimePoint now = t; stragglers.next_deadline() != never; now = stragglers.next_deadline()) {
        while (const auto statement = stragglers.next(now)) {
            const char* const what = statement->action == Action::Revive   ? " revive "
                                     : statement->action == Action::Depart ? " depart "
                                                                           : " arrive ";
            told.push_back(std::to_string((now - t) / 1ms) + " " + statement->peer + what +
                           std::to_string(statement->incarnation));
        }
    }
    CHECK(told == std::vector<std::string>{"0 alive depart 7", "0 dead revive 8",
                                           "500 alive arrive 7", "500 dead depart 8",
                                           "1000 dead arrive 8"});
}

TEST_CASE("stragglers are bounded") {
    Stragglers stragglers(500ms);
    for (int i = 0; i < 1000; ++i) {
        stragglers.add(t, "n" + std::to_string(i), HeldAs::Alive, 1);
    }
    std::size_t told = 0;
    while (stragglers.next(t)) {
        ++told;
    }
    CHECK(told == 16);
}

}  // namespace
}  // namespace muster::swim
