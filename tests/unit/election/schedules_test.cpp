// The schedules that break simpler rules, F1 to F12 (docs/election.md, "Schedules"): each was found
// by thinking, by others' bugs, or by the model, and each is tried on the real code.
#include "tests/unit/election/table.h"

using namespace muster;
using namespace muster::election;
using namespace muster::election::test;

namespace {

// A leads {A, B, C}.
Table led_by_a(Timing timing = standard_timing) {
    Table table(timing);
    table.found({"A", "B", "C"});
    table.run({"A"}, 3s);
    REQUIRE(table.leads("A"));
    return table;
}

// Until it is elected, accepted or not.
void elect(Table& table, const std::string& name) {
    for (unsigned i = 0; i < 10000 && table.at(name).tenure_term() == 0; ++i) {
        table.run({name}, 1ms);
    }
    REQUIRE(table.at(name).tenure_term() != 0);
}

Key committed(Table& table, const std::string& name) {
    return table.at(name).tenure()->committed;
}

}  // namespace

TEST_CASE("F1: a voter whose disk was replaced is not the voter that had voted") {
    Table table;
    table.found({"A", "B", "C"});
    table.isolate("C");
    table.run({"A"}, 3s);
    REQUIRE(table.leads("A"));
    const Term term = table.term("A");
    // B's disk is replaced; C, which never heard of A's term, reaches B and not A.
    const VoterId former = table.at("B").state().id;
    table.wipe("B");
    CHECK(table.at("B").state().id != former);
    table.heal();
    table.cut("A", "C");
    table.cut("A", "B");
    const std::uint64_t refused = table.seat("B").refused;
    table.run({"C"}, 20s);
    CHECK(!table.leads("C"));
    CHECK(table.at("C").state().term < term);
    CHECK(table.seat("B").refused > refused);
    CHECK(table.at("B").state().voted_for == no_voter);
}

TEST_CASE("F2: of five hosts that expect three, two threes do not both found a cluster") {
    Table table;
    const std::vector<std::string> names{"n1", "n2", "n3", "n4", "n5"};
    for (const std::string& name : names) {
        table.seat(name, 3);
        table.start(name);
    }
    const auto meet = [&](const std::vector<std::string>& group) {
        for (const std::string& a : group) {
            for (const std::string& b : group) {
                table.see(a, seen_of(b, table.at(b).mark()));
            }
        }
    };
    // n1 knows {n1, n2, n3}, n3 knows {n3, n4, n5}; n1 reaches n2 alone, and n3 reaches n4 alone:
    // each has two of three.
    const std::set<std::string> all(names.begin(), names.end());
    meet({"n1", "n2", "n3"});
    table.give("n3", [](Election& election, TimePoint now, Output& out) {
        election.gone(now, "n1", out);
        election.gone(now, "n2", out);
    });
    meet({"n4", "n5"});
    for (const char* seen : {"n4", "n5"}) {
        table.see("n3", seen_of(seen, table.at(seen).mark()));
        table.see(seen, seen_of("n3", table.at("n3").mark()));
    }
    for (const std::string& a : names) {
        for (const std::string& b : names) {
            const bool near = a + b == "n1n2" || a + b == "n3n4";
            if (a < b && !near) {
                table.cut(a, b);
            }
        }
    }
    table.run(all, 5s);
    REQUIRE(table.at("n2").state().lock.has_value());
    REQUIRE(table.at("n4").state().lock.has_value());
    table.run(all, 20s);
    std::set<ClusterId> clusters;
    for (const std::string& name : names) {
        CHECK(!table.at(name).state().record);
    }
    // When all can hear each other one cluster comes of it.
    Table again;
    for (const std::string& name : names) {
        again.seat(name, 3);
        again.start(name);
    }
    again.meet();
    again.run(all, 60s);
    for (const char* name : {"n1", "n2", "n3"}) {
        REQUIRE(again.at(name).state().record.has_value());
        clusters.insert(again.at(name).state().record->cluster);
    }
    CHECK(clusters.size() == 1);
    CHECK(!again.at("n5").voter());
}

TEST_CASE("F3: a change is not committed by the majority of the new set alone") {
    Table table = led_by_a();
    table.seat("D");
    table.start("D");
    table.meet();
    table.run({"A"}, 3s);
    const Key before = committed(table, "A");
    const VoterId b = table.at("B").state().id;
    const Voter d{"D", table.at("D").state().id, 100};
    table.keep("AppendAnswer");
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        CHECK(election.change(now, 1, Change{d, b}, out).empty());
    });
    table.run({"A"}, 110ms);
    // B and C are cut off at the very moment: {A, D} is a majority of {A, C, D}, not of {A, B, C}.
    for (const char* answers : {"B", "C", "D"}) {
        if (BytesView(answers) == "D") {
            for (const char* other : {"B", "C"}) {
                table.cut("A", other);
                table.cut("D", other);
            }
            table.keep_no_more();
        }
        const std::vector<Mail> kept = table.kept;
        for (const Mail& mail : kept) {
            if (mail.from == answers) {
                table.deliver(mail);
            }
        }
    }
    table.run({"A"}, 50ms);
    REQUIRE(table.at("A").state().record->in_flight());
    CHECK(table.on_disk("D").key() == table.at("A").state().key());
    CHECK(committed(table, "A") == before);
    table.run({"A", "B", "C"}, 5s);
    CHECK(!table.leads("A"));
    CHECK((table.leads("B") || table.leads("C")));
    CHECK(!table.leads("D"));
}

TEST_CASE("F3: a change does not begin while another is in flight") {
    Table table = led_by_a();
    for (const char* spare : {"D", "E"}) {
        table.seat(spare);
        table.start(spare);
    }
    table.meet();
    table.run({"A"}, 3s);
    const auto swap = [&](RequestId request, const std::string& joins, const std::string& leaves) {
        const Voter voter{joins, table.at(joins).state().id, 100};
        table.give("A", [&](Election& election, TimePoint now, Output& out) {
            CHECK(election.change(now, request, Change{voter, table.at(leaves).state().id}, out)
                      .empty());
        });
        table.settle();
    };
    // A hears one answer after the other, until the change is said to be done.
    table.keep("AppendAnswer");
    swap(1, "D", "B");
    for (unsigned i = 0; i < 10000 && table.seat("A").done.empty(); ++i) {
        if (table.kept.empty()) {
            table.run({"A"}, 1ms);
        } else {
            const Mail answer = table.kept.front();
            table.kept.erase(table.kept.begin());
            table.deliver(answer);
        }
    }
    REQUIRE(table.seat("A").done.size() == 1);
    CHECK(!table.at("A").state().record->in_flight());
    // The next one, asked for at once, waits.
    swap(2, "E", "C");
    table.keep_no_more();
    table.run({"A"}, 5s);
    CHECK(table.at("A").state().record->voter_named("C") != nullptr);
    CHECK(table.at("A").state().record->voter_named("E") == nullptr);
}

TEST_CASE("F3: nobody is elected by the majority of the new set alone (I1)") {
    Table table = led_by_a();
    table.seat("D");
    table.start("D");
    table.meet();
    table.run({"A"}, 3s);
    // A swaps D for B, and only D hears of it.
    const Voter d{"D", table.at("D").state().id, 100};
    table.keep("Append");
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        CHECK(election.change(now, 1, Change{d, table.at("B").state().id}, out).empty());
    });
    for (unsigned i = 0; i < 1000 && !table.on_disk("D").record->in_flight(); ++i) {
        table.run({"A"}, 1ms);
        for (const Mail& append : std::exchange(table.kept, {})) {
            if (append.to == "D" || !table.at("A").state().record->in_flight()) {
                table.deliver(append);
            }
        }
    }
    REQUIRE(table.on_disk("D").record->in_flight());
    table.keep_no_more();
    for (const char* other : {"B", "C"}) {
        table.cut("A", other);
        table.cut("D", other);
    }
    table.crash("A");
    table.start("A");
    // A and D are a majority of {A, C, D}, not of {A, B, C}: that is B and C.
    for (unsigned i = 0; i < 5000; ++i) {
        table.run({"D"}, 1ms);
        CHECK(table.at("D").tenure_term() == 0);
    }
    table.run({"C"}, 5s);
    CHECK(table.leads("C"));
}

TEST_CASE("F4: a record of an older term is never committed by counting") {
    Table table;
    table.found({"A", "B", "C"});
    table.keep("Append");
    // A leads by B's vote, writes its record to itself only; then C does, by B's vote.
    elect(table, "A");
    REQUIRE(table.at("A").tenure_term() == 2);
    table.crash("A");
    elect(table, "C");
    REQUIRE(table.at("C").tenure_term() == 3);
    table.crash("C");
    table.start("A");
    CHECK(table.at("A").state().key() == Key{2, 2});
    elect(table, "A");
    REQUIRE(table.at("A").tenure_term() >= 4);
    const Term third = table.at("A").tenure_term();
    // What it sends is a record of its own term, and that is what counts.
    CHECK(table.at("A").state().key() == Key{third, 3});
    const auto last = std::find_if(table.kept.rbegin(), table.kept.rend(), [](const Mail& mail) {
        return mail.from == "A" && mail.to == "B";
    });
    REQUIRE(last != table.kept.rend());
    table.deliver(Mail(*last));
    CHECK(committed(table, "A").term == third);
    // A dies; C's record of term 3 is behind B's, and C is not elected with it.
    table.crash("A");
    table.start("C");
    CHECK(table.at("C").state().key().term == 3);
    table.run({"C"}, 8s);
    CHECK(table.at("C").state().key() >= Key{third, 3});
}

TEST_CASE("F4: an acceptance of an old record is no majority, whoever holds it") {
    Record record;
    record.key = {3, 7};
    record.voters = {{"A", VoterId{1}, 1}, {"B", VoterId{2}, 1}, {"C", VoterId{3}, 1}};
    Tenure tenure(4, TimePoint{});
    tenure.begin_round(TimePoint{} + 1s, record);
    tenure.asked(VoterId{2}, TimePoint{} + 1s);
    AppendAnswer answer;
    answer.seq = 1;
    answer.key = record.key;
    answer.promised = true;
    tenure.answered(TimePoint{} + 1s, VoterId{2}, answer);
    CHECK(!tenure.accepted(record, VoterId{1}, record.key));
}

TEST_CASE("F4: a vote request that was long on its way elects nobody with an older record") {
    Table table;
    table.found({"A", "B", "C"});
    table.cut("A", "C");
    // B would have voted for C; what C asks then stays on its way.
    table.keep("Vote");
    for (unsigned i = 0; i < 20000 && table.term("C") < 4; ++i) {
        table.run({"C"}, 1ms);
    }
    REQUIRE(table.term("C") == 4);
    REQUIRE(!table.kept.empty());
    const Mail late = *std::find_if(table.kept.rbegin(), table.kept.rend(),
                                    [](const Mail& mail) { return mail.to == "B"; });
    REQUIRE(late.message().head.term == 4);
    table.keep_no_more();
    // By B's vote A leads in a lower term, commits its record there, and dies.
    elect(table, "A");
    table.run({"A"}, 1s);
    REQUIRE(table.leads("A"));
    const Key theirs = committed(table, "A");
    REQUIRE(theirs.term < 4);
    table.crash("A");
    table.pass(2s);
    REQUIRE(table.at("B").ballot().promise().until <= table.local("B"));
    table.deliver(late);
    CHECK(table.at("B").state().voted_for != table.at("C").state().id);
    CHECK(table.at("C").tenure_term() == 0);
    // With the record that it lacked it may be elected.
    table.run({"C"}, 8s);
    CHECK(table.leads("C"));
    CHECK(table.at("C").state().key() > theirs);
}

TEST_CASE("F5: a branch that a majority has left behind elects nobody") {
    Table table;
    table.found({"S1", "S2", "S3", "S4"});
    table.run({"S1"}, 3s);
    REQUIRE(table.leads("S1"));
    table.seat("S5");
    table.start("S5");
    table.meet();
    table.run({"S1"}, 3s);
    // S1 adds S5, and only S5 hears of it.
    for (const char* other : {"S2", "S3", "S4"}) {
        table.cut("S1", other);
        table.cut("S5", other);
    }
    const Voter s5{"S5", table.at("S5").state().id, 100};
    table.give("S1", [&](Election& election, TimePoint now, Output& out) {
        election.change(now, 1, Change{s5}, out);
    });
    table.run({"S1", "S2"}, 5s);
    REQUIRE(table.leads("S2"));
    CHECK(!table.leads("S1"));
    const Key theirs = committed(table, "S2");
    CHECK(theirs.term == table.at("S2").tenure_term());
    // S1 comes back with S5 and S4: more than half of {S1..S5}, but S4 has what S2 has committed.
    table.crash("S2");
    table.crash("S3");
    table.heal();
    table.run({"S1", "S5", "S4"}, 20s);
    for (const char* name : {"S1", "S4", "S5"}) {
        if (table.leads(name)) {
            CHECK(table.at(name).state().key() > theirs);
        }
    }
    CHECK(table.at("S4").state().key() >= theirs);
}

TEST_CASE("F6: a candidate that returns does not raise the term of a voter under promise") {
    Table table = led_by_a();
    const Term term = table.term("A");
    // C's vote request for a much higher term reaches B, which has just promised A.
    Message vote;
    vote.head = {table.at("C").state().record->cluster, table.at("C").state().id, "C",
                 table.at("B").state().id, term + 40};
    vote.body = Vote{{term + 39, 9}, 0};
    table.deliver({"C", "B", encode(vote)});
    CHECK(table.term("B") == term);
    vote.head.to = table.at("A").state().id;
    table.deliver({"C", "A", encode(vote)});
    CHECK(table.leads("A"));
    table.run({"A", "B"}, 10s);
    CHECK(table.leads("A"));
    CHECK(table.term("A") == term);
}

TEST_CASE("F6: a voter that comes back after a cut disturbs nobody (I6)") {
    Table table = led_by_a();
    const Term term = table.term("A");
    table.isolate("C");
    table.run({"A", "B", "C"}, 30s);
    table.heal();
    table.run({"A", "B", "C"}, 10s);
    CHECK(table.leads("A"));
    for (const char* name : {"A", "B", "C"}) {
        CHECK(table.term(name) == term);
    }
}

TEST_CASE(
    "F7: a leader is bound by what it asked of others, in a later term and in its next life") {
    const bool restarts = GENERATE(false, true);
    Table table;
    table.found({"A"});
    table.run({"A"}, 2s);
    REQUIRE(table.leads("A"));
    std::uint32_t lease = 0;
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        lease = *election.hold(now, 1, "job", out);
    });
    const Duration told = table.now();
    if (restarts) {
        table.crash("A");
        table.start("A");
    } else {
        table.pass(810ms);  // its timers stood still: the lease has run out
    }
    while (!table.leads("A")) {
        table.run({"A"}, 1ms);
    }
    CHECK(table.now() >= told + std::chrono::milliseconds(lease));
    CHECK(table.term("A") == 3);
}

TEST_CASE("F8: a promise outlasts the lease on any two clocks within the bound") {
    const auto lease = GENERATE(values<std::uint32_t>({8, 150, 799, 800, 801, 5000, 60000}));
    const auto ppm = GENERATE(values<std::uint32_t>({0, 1, 100, 10000, 200000}));
    CAPTURE(lease, ppm);
    // True time: the leader's clock is slow, the voter's is fast.
    const double longest_lease = lease / (1 - ppm / 1e6);
    const double shortest_promise = promise_ms(lease, ppm) / (1 + ppm / 1e6);
    CHECK(shortest_promise > longest_lease);
    // One side only is too short, but where a rounding hides it.
    if (lease >= 800 && ppm >= 10000) {
        CHECK(lease * (1 + ppm / 1e6) / (1 + ppm / 1e6) < longest_lease);
    }
}

TEST_CASE(
    "F9: at the ends of the drift bound no second leader starts before the first lease ends") {
    const auto drift = GENERATE(values<std::uint32_t>({10000, 200000}));
    Table table({800, 20, drift});
    const auto rho = static_cast<std::int64_t>(drift);
    table.seat("A").ppm = -rho;  // the leader's lease takes long
    table.seat("B").ppm = rho;   // the voters' promises are soon over
    table.seat("C").ppm = rho;
    table.found({"A", "B", "C"});
    table.run({"A"}, 5s);
    REQUIRE(table.leads("A"));
    table.isolate("A");
    for (unsigned i = 0; i < 3000; ++i) {
        table.run({"A", "B", "C"}, 1ms);
        CHECK_FALSE((table.leads("A") && (table.leads("B") || table.leads("C"))));
    }
    CHECK((table.leads("B") || table.leads("C")));
}

TEST_CASE("F10: a promise is counted from when the message was read") {
    Table table = led_by_a();
    table.keep("Append");
    table.run({"A"}, 150ms);
    REQUIRE(!table.kept.empty());
    // It lay in B's socket for 300 ms; B is told the time after it has read it.
    const Mail late = *std::find_if(table.kept.begin(), table.kept.end(),
                                    [](const Mail& mail) { return mail.to == "B"; });
    table.pass(300ms);
    table.deliver(late);
    CHECK(table.at("B").ballot().promise().until == table.local("B") + 818ms);
}

TEST_CASE("F10: a lease is counted from when it was asked for, however late the answers come") {
    Table table = led_by_a();
    table.keep("AppendAnswer");
    table.run({"A"}, 150ms);
    REQUIRE(!table.kept.empty());
    // The answers are 500 ms on their way to A, which is cut off from now on.
    const TimePoint asked = table.local("A");
    table.isolate("A");
    table.pass(500ms);
    const std::vector<Mail> answers = table.kept;
    table.keep_no_more();
    for (const Mail& answer : answers) {
        table.deliver(answer);
    }
    CHECK(table.leads("A"));
    CHECK(table.at("A").lease_end() <= asked + 800ms);
    for (unsigned i = 0; i < 3000; ++i) {
        table.run({"A", "B", "C"}, 1ms);
        CHECK_FALSE((table.leads("A") && (table.leads("B") || table.leads("C"))));
    }
    CHECK((table.leads("B") || table.leads("C")));
}

TEST_CASE("F11: a restart waits for what was promised, whatever it is configured with now") {
    Table table({10000, 300, 10000});
    table.found({"A", "B", "C"});
    table.run({"A"}, 30s);
    REQUIRE(table.leads("A"));
    table.crash("B");
    table.seat("B").config.timing = fast_timing;
    table.start("B");
    const auto promise = std::chrono::milliseconds(promise_ms(10000, 10000));
    CHECK(table.at("B").ballot().wait_until() == table.local("B") + promise);
}

TEST_CASE("F11: a voter whose record lags promises for as long as it is asked") {
    Table table = led_by_a();
    Message append;
    append.head = {ClusterId{77}, table.at("A").state().id, "A", table.at("B").state().id,
                   table.term("A")};
    Append body;
    body.seq = 900;
    body.promise_ms = 10203;
    body.key = {table.term("A"), 99};
    append.body = body;
    table.deliver({"A", "B", encode(append)});
    CHECK(table.at("B").ballot().promise().until == table.local("B") + 10203ms);
    CHECK(table.on_disk("B").longest_promise_ms == 10203);
}

TEST_CASE("F12: a lease that has run out once does not come back in its term") {
    Table table = led_by_a();
    const Term term = table.term("A");
    table.keep("AppendAnswer");
    table.run({"A"}, 700ms);
    REQUIRE(table.leads("A"));
    std::vector<Mail> answers = table.kept;
    REQUIRE(!answers.empty());
    // Nothing is asked of A while the lease runs out; the answers come after that.
    table.pass(400ms);
    CHECK(!table.leads("A"));
    for (const Mail& answer : answers) {
        table.deliver(answer);
        CHECK(!table.leads("A"));
    }
    CHECK(table.at("A").tenure_term() != term);
}
