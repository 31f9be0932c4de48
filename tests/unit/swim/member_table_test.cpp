#include "swim/member_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace muster;
using namespace muster::swim;
using namespace std::chrono_literals;

namespace {

Endpoint endpoint(unsigned i) {
    const char ip[4] = {10, 0, static_cast<char>(i >> 8U), static_cast<char>(i)};
    return *Endpoint::from_bytes({ip, 4}, 7946);
}

}  // namespace

TEST_CASE("the table agrees with a plain map under any commands") {
    const auto seed = GENERATE(range(1U, 25U));
    CAPTURE(seed);
    Random random(seed);
    MemberTable table;
    struct Plain {
        State state;
        TimePoint since;
    };
    std::map<Bytes, Plain> plain;
    TimePoint now{};
    for (int step = 0; step < 400; ++step) {
        now += 1s;
        const Bytes name = "n" + std::to_string(random.below(std::uint64_t{20}));
        Member* member = table.find(name);
        CHECK((member != nullptr) == (plain.count(name) == 1));
        if (member == nullptr) {
            table.insert(name, endpoint(1), random);
            plain[name] = {State::Dead, TimePoint{}};
        } else if (random.chance(0.9)) {
            const auto state = static_cast<State>(random.below(std::uint64_t{4}));
            table.set_state(*member, state, now);
            if (state == State::Suspect) {
                member->suspicion =
                    std::make_unique<Suspicion>(now, Suspicion::Limits{0, 1s, 1s}, "x");
            }
            plain[name] = {state, now};
        } else {
            for (const Bytes& reaped : table.reap(now - 30s, "n0")) {
                CHECK(plain.erase(reaped) == 1);
            }
            for (const auto& [left, record] : plain) {
                const bool gone = record.state == State::Dead || record.state == State::Left;
                CHECK_FALSE((gone && record.since < now - 30s && left != "n0"));
            }
        }
        table.check();
        CHECK(table.size() == plain.size());
    }
}

TEST_CASE("choosing gives distinct members that are wanted, all of them if need be") {
    Random random(1);
    MemberTable table;
    for (unsigned i = 0; i < 12; ++i) {
        Member& member = table.insert("n" + std::to_string(i), endpoint(i), random);
        table.set_state(member, i % 3 == 0 ? State::Alive : State::Left, TimePoint{});
    }
    std::vector<Member*> chosen;
    const auto alive = [](const Member& member) { return member.state == State::Alive; };
    std::map<Bytes, int> how_often;
    for (int i = 0; i < 1000; ++i) {
        table.choose(2, random, alive, chosen);
        REQUIRE(chosen.size() == 2);
        CHECK(chosen[0] != chosen[1]);
        for (const Member* member : chosen) {
            CHECK(member->state == State::Alive);
            ++how_often[member->name];
        }
    }
    CHECK(how_often.size() == 4);
    for (const auto& [name, times] : how_often) {
        INFO(name);
        CHECK(times > 350);
    }
    table.choose(10, random, alive, chosen);
    CHECK(std::set<Member*>(chosen.begin(), chosen.end()).size() == 4);
}
