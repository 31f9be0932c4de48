// The schedules that break simpler rules, F13 to F24: giving up, changes, knowledge, disks,
// recovery.
#include "agent/election/once.h"
#include "tests/unit/election/table.h"

using namespace muster;
using namespace muster::election;
using namespace muster::election::test;

namespace {

Table led_by_a() {
    Table table;
    table.found({"A", "B", "C"});
    table.run({"A"}, 3s);
    REQUIRE(table.leads("A"));
    return table;
}

void give_up(Table& table, const std::string& name, VoterId target = no_voter) {
    table.give(name, [&](Election& election, TimePoint now, Output& out) {
        Departure departure;
        departure.target = target;
        CHECK(election.give_up(now, departure, out).empty());
    });
    table.settle();
}

}  // namespace

TEST_CASE("F13: a transfer waits for whoever acts by the old leadership") {
    const bool says_so = GENERATE(true, false);
    Table table = led_by_a();
    std::uint32_t lease = 0;
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        lease = *election.hold(now, 7, "job", out);
    });
    REQUIRE(lease > 600);
    const Duration told = table.now();
    give_up(table, "A", table.at("B").state().id);
    CHECK(!table.leads("A"));
    CHECK(table.seat("A").to_release == std::vector<HolderId>{7});
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        CHECK(!election.hold(now, 8, "other", out));
    });
    table.run({"A", "B", "C"}, 200ms);
    CHECK(!table.leads("B"));
    if (says_so) {
        table.give("A", [](Election& election, TimePoint now, Output& out) {
            election.released(now, 7, out);
        });
        table.settle();
        CHECK(table.leads("B"));
        CHECK(table.now() < told + 300ms);
    } else {
        while (!table.leads("B")) {
            table.run({"A", "B"}, 1ms);
        }
        CHECK(table.now() >= told + std::chrono::milliseconds(lease));
    }
}

TEST_CASE("without a holder a transfer is done at once") {
    Table table = led_by_a();
    const Term term = table.term("A");
    give_up(table, "A", table.at("C").state().id);
    CHECK(table.leads("C"));
    CHECK(table.term("C") == term + 1);
}

TEST_CASE("F14: a copy of TransferNow that comes a term later does nothing") {
    Table table = led_by_a();
    table.keep("TransferNow");
    give_up(table, "A", table.at("B").state().id);
    REQUIRE(table.kept.size() == 1);
    const Mail transfer = table.kept.front();
    table.deliver(transfer);
    REQUIRE(table.leads("B"));
    const Term term = table.term("B");
    table.deliver(transfer);
    CHECK(table.leads("B"));
    // B falls, C leads, the copy comes once more.
    table.isolate("B");
    table.run({"C", "A"}, 12s);
    table.heal();
    const Term now = std::max(table.term("A"), table.term("C"));
    REQUIRE(now > term);
    table.run({"A", "B", "C"}, 1s);
    table.deliver(transfer);
    CHECK(table.term("B") == now);
}

TEST_CASE("F14: an Append that comes after the Release does not promise again") {
    Table table = led_by_a();
    table.keep("Append");
    table.run({"A"}, 150ms);
    const Mail append = *std::find_if(table.kept.begin(), table.kept.end(),
                                      [](const Mail& mail) { return mail.to == "B"; });
    give_up(table, "A");
    CHECK(table.at("B").ballot().promise().until <= table.local("B"));
    table.keep("AppendAnswer");
    table.kept.clear();
    table.deliver(append);
    CHECK(table.at("B").ballot().promise().until <= table.local("B"));
    REQUIRE(table.kept.size() == 1);
    CHECK(!std::get<AppendAnswer>(table.kept[0].message().body).promised);
}

TEST_CASE("F15: gossip's word that healthy voters failed replaces nobody") {
    Table table;
    for (const char* name : {"A", "B", "C", "D"}) {
        table.seat(name).config.replace_after = 1s;
        table.seat(name).config.settle = 1s;
    }
    table.found({"A", "B", "C"});
    table.start("D");
    table.run({"A"}, 3s);
    REQUIRE(table.leads("A"));
    table.meet();
    for (const char* name : {"B", "C"}) {
        Seen failed = seen_of(name, table.at(name).mark());
        failed.alive = false;
        table.see("A", failed);
    }
    table.run({"A", "B", "C", "D"}, 60s);
    REQUIRE(table.leads("A"));
    const Record& record = *table.at("A").state().record;
    CHECK(record.voters.size() == 3);
    for (const char* name : {"A", "B", "C"}) {
        CHECK(record.voter_named(name) != nullptr);
    }
    // The same D is good enough when B falls silent to the leader itself.
    table.crash("B");
    table.run({"A", "C", "D"}, 20s);
    CHECK(table.at("A").state().record->voter_named("D") != nullptr);
}

TEST_CASE("F16: voters that leave, however fast, never shrink the set") {
    Table table;
    table.found({"A", "B", "C", "D", "E"});
    table.run({"A"}, 3s);
    table.meet();
    for (const char* name : {"B", "C"}) {
        table.at(name).set_departing(true);
        table.run({"A", "B", "C", "D", "E"}, 5s);
        table.crash(name);
    }
    table.run({"A", "D", "E"}, 60s);
    REQUIRE(table.leads("A"));
    CHECK(table.at("A").state().record->voters.size() == 5);
    CHECK(!table.at("A").state().record->in_flight());
}

TEST_CASE("F17: who does not vote believes only the voters that it asked") {
    Table table = led_by_a();
    Seat& seat = table.seat("X");
    seat.config.candidate = false;
    table.start("X");
    table.meet();
    Message forged;
    forged.head = {ClusterId{77}, VoterId{666}, "B", table.at("X").state().id, 99};
    LeaderAnswer answer;
    answer.leader = VoterId{666};
    answer.leader_term = 99;
    answer.leader_name = "evil";
    forged.body = answer;
    table.deliver({"B", "X", encode(forged)});
    CHECK(!table.at("X").leader(table.local("X")).leader);
    table.give("X", [](Election& election, TimePoint now, Output& out) {
        election.ask_leader(now, Asked::Three, out);
    });
    table.settle();
    const LeaderView view = table.at("X").leader(table.local("X"));
    REQUIRE(view.leader.has_value());
    CHECK(*view.leader == "A");
    CHECK(view.term == table.term("A"));
    // With nobody to ask it says what it knew, and that it is old.
    table.pass(40s);
    const LeaderView later = table.at("X").leader(table.local("X"));
    CHECK(!later.leader);
    CHECK(later.reason ==
          "no voter answers; last known A, term " + std::to_string(table.term("A")) + ", 40 s ago");
}

TEST_CASE("F18: only a leader whose lease holds says that a token is the newest") {
    Table table = led_by_a();
    const Term term = table.term("A");
    const auto check = [&](const std::string& name, Term token) {
        return table.at(name).check_token(table.local(name), token);
    };
    CHECK(check("A", term) == TokenVerdict::Newest);
    CHECK(check("A", term - 1) == TokenVerdict::Old);
    CHECK(check("B", term) == TokenVerdict::Unknown);
    table.run({"A"}, 200ms);
    CHECK(check("B", term - 1) == TokenVerdict::Old);
    // A's lease has run out, and nobody has told it.
    table.pass(900ms);
    CHECK(check("A", term) == TokenVerdict::Unknown);
    // A term that was raised without a leader proves nothing.
    table.isolate("A");
    table.keep("VoteAnswer");
    table.run({"B"}, 2s);
    REQUIRE(table.term("C") > term);
    CHECK(check("C", term) == TokenVerdict::Unknown);
}

TEST_CASE("F19: a candidate that alone reaches a majority learns the record that it lacks") {
    Table table = led_by_a();
    // A's next record reaches B only; then A is gone, and B reaches C one way at most.
    table.cut("A", "C");
    table.give("A", [](Election& election, TimePoint now, Output& out) {
        CHECK(election.change(now, 1, Change{{}, no_voter, 0, 5}, out).empty());
    });
    table.run({"A"}, 300ms);
    REQUIRE(table.at("B").state().key() > table.at("C").state().key());
    table.crash("A");
    table.run({"C"}, 8s);  // B never stands
    CHECK(table.leads("C"));
    CHECK(table.at("C").state().record->target == 5);
}

TEST_CASE("F20: a cluster that has voters anywhere is led by their vote alone") {
    Table table;
    Seat& seat = table.seat("X");
    seat.config.candidate = false;
    table.start("X");
    table.see("X", seen_of("X", Mark{}));
    table.see("X", seen_of("Y", Mark{}));
    CHECK(table.at("X").mode() == Mode::View);
    const LeaderView view = table.at("X").leader(table.local("X"));
    CHECK(view.leader == Bytes("X"));
    CHECK(!view.fenced);
    CHECK(!view.term);
    Seen failed = seen_of("V", Mark{true, VoterId{5}, ClusterId{9}, 3, 100});
    failed.alive = false;
    table.see("X", failed);
    CHECK(table.at("X").mode() == Mode::Quorum);
    CHECK(!table.at("X").leader(table.local("X")).leader);
}

TEST_CASE("F21: a holder is told a length from when it asked, never more than the lease") {
    Table table = led_by_a();
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        const auto lease = election.hold(now, 1, "job", out);
        REQUIRE(lease.has_value());
        CHECK(now + std::chrono::milliseconds(*lease) <= election.lease_end());
        CHECK(now + std::chrono::milliseconds(*lease + 1) > election.lease_end());
        // One holder of a name, and a name once in a term.
        CHECK(!election.hold(now, 2, "job", out));
        election.released(now, 1, out);
        CHECK(!election.hold(now, 3, "job", out));
        CHECK(election.hold(now, 3, "another", out));
    });
}

TEST_CASE("F22: one bad slot hides nothing that was acknowledged") {
    State state;
    state.name = "A";
    state.id = VoterId{1};
    state.term = 5;
    State voted = state;
    voted.voted_for = VoterId{2};
    const Bytes before = encode_slot(state, 1);
    const Bytes after = encode_slot(voted, 2);
    Bytes rotten = after;
    rotten[200] = static_cast<char>(rotten[200] ^ 1);
    // Acknowledged: both hold it; then either may rot.
    CHECK(choose(after, rotten, "A").slot->state == voted);
    CHECK(choose(rotten, after, "A").slot->state == voted);
    // Not acknowledged: the first was torn, or the second never begun.
    CHECK(choose(rotten, before, "A").slot->state == state);
    const Found found = choose(after, before, "A");
    CHECK(found.slot->state == voted);
    CHECK(!found.twice);
    CHECK(found.worse == 1);
    // What stands in one slot alone is not relied upon until it stands in both again.
    Config config;
    config.name = "A";
    config.candidate = true;
    Election election(config, found, TimePoint{}, Random(1));
    Output out;
    election.start(TimePoint{}, out);
    REQUIRE(out.write.has_value());
    CHECK(out.write->first == 1);
    CHECK(decode_slot(out.write->slot)->state == voted);
    // Both bad: another voter, and it says so.
    const Found lost = choose(rotten, rotten, "A");
    CHECK(!lost.slot);
    CHECK(lost.complaint.find("another voter") != std::string::npos);
    CHECK(!choose(after, after, "B").slot);
    CHECK(choose(Bytes(slot_size, '\0'), "", "A").complaint.empty());
}

TEST_CASE("F23: a recovered cluster begins far above whatever an old side may reach") {
    Table table;
    table.found({"A", "B", "C", "D", "E"});
    table.run({"C"}, 3s);
    REQUIRE(table.leads("C"));
    const Term old_term = table.term("C");
    for (const char* left : {"A", "B"}) {
        for (const char* right : {"C", "D", "E"}) {
            table.cut(left, right);
        }
    }
    table.run({"A", "B", "C"}, 10s);
    REQUIRE(table.leads("C"));
    CHECK(!table.leads("A"));
    const VoterId former = table.at("A").state().id;
    table.give("A", [](Election& election, TimePoint now, Output& out) {
        CHECK(election.recover(now, {"A", "B"}, out).empty());
    });
    table.run({"A", "B", "C"}, 10s);
    REQUIRE(table.at("B").state().record->voters.size() == 2);
    CHECK(table.at("A").state().id != former);
    CHECK(table.at("A").state().record->cluster == ClusterId{77});
    const std::string leader = table.leads("A") ? "A" : "B";
    REQUIRE(table.leads(leader));
    CHECK(table.term(leader) >= old_term + Founding::recovery_step);
    // The old side asks ids that are no more.
    table.heal();
    const std::uint64_t refused = table.seat("A").refused;
    table.run({"A", "B", "C", "D", "E"}, 5s);
    CHECK(table.seat("A").refused > refused);
    CHECK(table.leads(leader));
}

TEST_CASE("F23: a voter that hears a leader takes no part in a recovery") {
    Table table = led_by_a();
    table.give("B", [](Election& election, TimePoint now, Output& out) {
        CHECK(!election.recover(now, {"B", "C"}, out).empty());
    });
    CHECK(!table.at("B").state().lock);
}

TEST_CASE("F24: a full table of once keys refuses, and one stepped clock frees nothing") {
    std::vector<OnceKey> keys;
    for (std::uint64_t i = 0; i < max_once; ++i) {
        CHECK(use_once({i, 1000}, 500, keys).empty());
    }
    CHECK(use_once({3, 1000}, 500, keys) == "this key has run");
    CHECK(!use_once({99, 1000}, 500, keys).empty());
    CHECK(keys.size() == max_once);
    CHECK(use_once({99, 1000}, 1001, keys).empty());
    CHECK(keys.size() == 1);
    // One of three clocks is a day ahead, one is silent.
    CHECK(majority_wall({90000, 100}, 3) == 100);
    CHECK(majority_wall({90000}, 3) == 0);
    CHECK(majority_wall({90000, 100, 101}, 3) == 101);
}

TEST_CASE("F24: a key is committed before its command may start, and is used once in the cluster") {
    Table table = led_by_a();
    const auto use = [&](const std::string& name, RequestId request) {
        table.give(name, [&](Election& election, TimePoint now, Output& out) {
            election.set_wall(1000);
            CHECK(election.use_once(now, request, {once_hash("backup"), 5000}, out).empty());
        });
        table.settle();
    };
    use("A", 1);
    REQUIRE(table.seat("A").done.size() == 1);
    CHECK(table.seat("A").done[0].error.empty());
    give_up(table, "A", table.at("B").state().id);
    REQUIRE(table.leads("B"));
    use("B", 2);
    REQUIRE(table.seat("B").done.size() == 1);
    CHECK(table.seat("B").done[0].error == "this key has run");
}
