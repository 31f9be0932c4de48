// Rules that no schedule names: changes of the set, giving up by itself, disks, two clusters,
// views.
#include "tests/unit/election/table.h"

using namespace muster;
using namespace muster::election;
using namespace muster::election::test;

namespace {

Table led_by_a(const std::vector<std::string>& names = {"A", "B", "C"}) {
    Table table;
    table.found(names);
    table.run({"A"}, 3s);
    REQUIRE(table.leads("A"));
    return table;
}

// Spares are ready at once.
void join(Table& table, const std::string& name) {
    table.seat(name);
    table.start(name);
    table.meet();
    table.run({"A"}, 3s);
}

std::string change(Table& table, RequestId request, const Change& change) {
    std::string error;
    table.give("A", [&](Election& election, TimePoint now, Output& out) {
        error = election.change(now, request, change, out);
    });
    table.settle();
    return error;
}

std::set<Bytes> voters(Table& table, const std::string& name) {
    std::set<Bytes> names;
    for (const Voter& voter : table.at(name).state().record->voters) {
        names.insert(voter.name);
    }
    return names;
}

Voter voter_at(Table& table, const std::string& name) {
    return {name, table.at(name).state().id, 100};
}

bool happened(Table& table, const std::string& name, Event::Kind kind) {
    const auto& events = table.seat(name).events;
    return std::any_of(events.begin(), events.end(),
                       [kind](const Event& event) { return event.kind == kind; });
}

}  // namespace

TEST_CASE("a voter is added, swapped and removed, and each is done when a majority holds it") {
    Table table = led_by_a();
    join(table, "D");
    CHECK(change(table, 1, Change{voter_at(table, "D")}).empty());
    table.run({"A"}, 1s);
    CHECK(voters(table, "C") == std::set<Bytes>{"A", "B", "C", "D"});
    REQUIRE(table.seat("A").done.size() == 1);
    CHECK(table.seat("A").done[0].error.empty());
    CHECK(!table.at("A").state().record->in_flight());
    CHECK(table.at("D").voter());
    // The next one waits its time.
    CHECK(change(table, 2, Change{{}, voter_at(table, "B").id}).empty());
    CHECK(change(table, 3, Change{{}, voter_at(table, "C").id}) ==
          "another change is waiting or in flight");
    table.run({"A"}, 5s);
    CHECK(voters(table, "A").count("B") == 1);
    table.run({"A"}, 7s);
    CHECK(voters(table, "D") == std::set<Bytes>{"A", "C", "D"});
    CHECK(table.seat("A").done.size() == 2);
}

TEST_CASE("the leader does not remove itself, and nobody else changes anything") {
    Table table = led_by_a();
    CHECK(change(table, 1, Change{{}, voter_at(table, "A").id}) ==
          "it leads: transfer the leadership first");
    CHECK(change(table, 1, Change{{}, VoterId{4711}}) == "it is not a voter");
    table.give("B", [&](Election& election, TimePoint now, Output& out) {
        CHECK(election.change(now, 1, Change{{}, VoterId{1}}, out) == "this node does not lead");
    });
}

TEST_CASE("the lease is changed like a voter, up and far down") {
    Table table = led_by_a();
    CHECK(change(table, 1, Change{{}, no_voter, 5000}).empty());
    table.run({"A", "B", "C"}, 15s);
    CHECK(table.leads("A"));
    CHECK(table.at("C").state().record->lease_ms == 5000);
    CHECK(table.on_disk("C").longest_promise_ms == promise_ms(5000, 10000));
    CHECK(change(table, 2, Change{{}, no_voter, 150}).empty());
    table.run({"A", "B", "C"}, 15s);
    CHECK(table.leads("A"));
    CHECK(table.at("C").state().record->lease_ms == 150);
    CHECK(table.at("A").lease_end() - table.local("A") <= 150ms);
}

TEST_CASE("a voter whose disk was lost is swapped for its new self, without waiting to settle") {
    Table table = led_by_a();
    table.wipe("B");
    table.meet();
    const VoterId id = table.at("B").state().id;
    table.run({"A", "B", "C"}, 6s);
    REQUIRE(table.leads("A"));
    CHECK(table.at("A").state().record->voter(id) != nullptr);
    CHECK(voters(table, "A") == std::set<Bytes>{"A", "B", "C"});
    CHECK(table.at("B").voter());
}

TEST_CASE("a voter that leaves for good is swapped with a spare that is ready") {
    Table table = led_by_a();
    join(table, "D");
    table.at("B").set_departing(true);
    table.run({"A", "B", "C"}, 20s);
    CHECK(voters(table, "A").count("B") == 1);  // D has not settled
    table.run({"A", "B", "C"}, 20s);
    CHECK(voters(table, "A") == std::set<Bytes>{"A", "C", "D"});
}

TEST_CASE("a voter that is silent to the leader for replace_after is swapped, if it is gone") {
    Table table;
    table.seat("A").config.replace_after = 20s;
    table.found({"A", "B", "C"});
    table.run({"A"}, 3s);
    join(table, "D");
    table.crash("B");
    table.run({"A", "C", "D"}, 40s);
    CHECK(voters(table, "A").count("B") == 1);  // gossip does not say so
    Seen gone = seen_of("B", Mark{});
    gone.alive = false;
    table.see("A", gone);
    table.run({"A", "C", "D"}, 5s);
    CHECK(voters(table, "A") == std::set<Bytes>{"A", "C", "D"});
}

TEST_CASE(
    "leadership goes by itself to where it is wanted, and to the preferred, in its own time") {
    SECTION("wanted elsewhere") {
        Table table = led_by_a();
        table.run({"A", "B", "C"}, 1s);
        table.at("B").set_wants(true);
        table.run({"A", "B", "C"}, 5s);
        CHECK(table.leads("B"));
        // The wish of another is heard no sooner than this node may be polite again.
    }
    SECTION("somebody acts here") {
        Table table = led_by_a();
        table.at("B").set_wants(true);
        table.give("A", [](Election& election, TimePoint now, Output& out) {
            CHECK(election.hold(now, 1, "job", out));
        });
        for (unsigned i = 0; i < 50; ++i) {
            table.run({"A", "B", "C"}, 100ms);
            table.give("A", [](Election& election, TimePoint now, Output& out) {
                CHECK(election.hold(now, 1, "job", out));
            });
        }
        CHECK(table.leads("A"));
    }
    SECTION("another is preferred") {
        Table table;
        table.seat("B").config.priority = 200;
        table.found({"A", "B", "C"});
        table.run({"A"}, 4s);
        REQUIRE(table.leads("A"));
        table.run({"A", "B", "C"}, 25s);
        CHECK(table.leads("A"));
        table.run({"A", "B", "C"}, 10s);
        CHECK(table.leads("B"));
    }
}

TEST_CASE("who resigns stands back, and another leads") {
    Table table = led_by_a();
    table.give("A", [](Election& election, TimePoint now, Output& out) {
        CHECK(election.give_up(now, Departure{RequestId{9}, no_voter, 10s}, out).empty());
    });
    table.settle();
    CHECK(!table.leads("A"));
    REQUIRE(table.seat("A").done.size() == 1);
    CHECK(table.seat("A").done[0].request == 9);
    CHECK(happened(table, "A", Event::Kind::LeaderLost));
    table.run({"A", "B", "C"}, 3s);
    CHECK((table.leads("B") || table.leads("C")));
}

TEST_CASE("a write that failed ends all voting and leading, and says so") {
    Table table = led_by_a();
    table.seat("A").slow_disk = true;
    CHECK(change(table, 1, Change{{}, no_voter, 0, 5}).empty());
    REQUIRE(table.seat("A").write.has_value());
    CHECK(table.leads("A"));  // a stuck disk does not stop its renewals
    table.run({"A"}, 5s);
    CHECK(table.leads("A"));
    table.end_write("A", /*works=*/false);
    CHECK(!table.leads("A"));
    CHECK(table.at("A").mute());
    REQUIRE(!table.seat("A").notices.empty());
    CHECK(table.seat("A").notices[0].level == Notice::Level::Error);
    CHECK(table.seat("A").done[0].error ==
          "leadership was lost: the change may or may not have been made");
    table.run({"A", "B", "C"}, 5s);
    CHECK((table.leads("B") || table.leads("C")));
    CHECK(table.at("A").state().term < table.term("B"));
}

TEST_CASE("a vote leaves only once it is on the disk (I7)") {
    Table table;
    table.found({"A", "B", "C"});
    table.isolate("C");
    table.seat("B").slow_disk = true;
    table.run({"A"}, 1s);
    REQUIRE(table.seat("B").write.has_value());
    CHECK(table.at("A").tenure_term() == 0);
    CHECK(table.on_disk("B").voted_for == no_voter);
    table.seat("B").slow_disk = false;
    table.end_write("B");
    CHECK(table.on_disk("B").voted_for == table.at("A").state().id);
    CHECK(table.leads("A"));
}

TEST_CASE("voters say who leads and how many are reachable, and tell when that is lost") {
    Table table = led_by_a();
    table.run({"A", "B", "C"}, 500ms);
    const LeaderView own = table.at("A").leader(table.local("A"));
    CHECK(own.leader == Bytes("A"));
    CHECK(own.self);
    CHECK(own.fenced);
    CHECK(own.reachable == 3);
    CHECK(own.lease_ms > 600);
    const LeaderView other = table.at("B").leader(table.local("B"));
    CHECK(other.leader == Bytes("A"));
    CHECK(!other.self);
    CHECK(other.term == own.term);
    CHECK(other.age_ms <= 100);
    table.crash("B");
    table.crash("C");
    table.run({"A"}, 5s);
    const LeaderView none = table.at("A").leader(table.local("A"));
    CHECK(!none.leader);
    CHECK(none.reason == "1 of 3 voters reachable");
    CHECK(happened(table, "A", Event::Kind::QuorumLost));
    table.start("B");
    table.run({"A", "B"}, 6s);
    CHECK(happened(table, "A", Event::Kind::QuorumRegained));
}

TEST_CASE("two clusters that meet are said aloud, and the one that is reset joins the other") {
    Table table = led_by_a();
    State state;
    state.name = "X";
    state.id = VoterId{500};
    state.term = 40;
    state.record = table.at("A").state().record;
    state.record->cluster = ClusterId{88};
    state.record->key = {40, 3};
    state.record->voters = {{"X", VoterId{500}, 100}};
    state.record->target = 1;
    state.longest_promise_ms = 818;
    table.seat("X");
    table.put("X", state);
    table.start("X");
    table.run({"A", "X"}, 3s);
    REQUIRE(table.leads("X"));
    table.meet();
    table.settle();
    const LeaderView view = table.at("A").leader(table.local("A"));
    CHECK(view.leader == Bytes("A"));
    REQUIRE(view.conflict.size() == 1);
    CHECK(view.conflict[0].cluster == ClusterId{88});
    CHECK(view.conflict[0].leader == "X");
    CHECK(view.conflict[0].term > 40);
    // X leads: it gives up first.
    table.give("X", [](Election& election, TimePoint now, Output& out) {
        CHECK(election.reset(now, false, out) == "this node leads: resign first");
        CHECK(election.give_up(now, Departure{}, out).empty());
        CHECK(election.reset(now, false, out).empty());
    });
    table.settle();
    CHECK(table.at("X").state().id != VoterId{500});
    CHECK(!table.at("X").state().record);
    CHECK(table.at("X").state().term_floor >= 40);
    CHECK(table.at("X").ballot().wait_until() == table.local("X") + 818ms);
    table.meet();
    table.run({"A", "X"}, 3s);
    REQUIRE(table.at("X").state().record.has_value());
    CHECK(table.at("X").state().record->cluster == ClusterId{77});
    CHECK(!table.at("X").voter());
    // Nobody names the other cluster, and nobody was heard of it for a minute.
    table.run({"A", "X"}, 61s);
    CHECK(table.at("A").leader(table.local("A")).conflict.empty());
}

TEST_CASE("the bully rule: the highest priority, then the lowest name, of who stays") {
    View view;
    const auto add = [&](const char* name, unsigned priority) -> Seen {
        Seen seen = seen_of(name, Mark{});
        seen.mark.priority = static_cast<std::uint8_t>(priority);
        view.saw(seen);
        return seen;
    };
    CHECK(view.bully() == nullptr);
    add("n2", 100);
    Seen low = add("n1", 100);
    Seen high = add("n9", 200);
    add("n0", 0);
    CHECK(view.bully()->name == "n9");
    high.leaving = true;
    view.saw(high);
    CHECK(view.bully()->name == "n1");
    low.held_out = true;
    view.saw(low);
    CHECK(view.bully()->name == "n2");
    CHECK(view.gone("n2"));
    CHECK(!view.gone("n2"));
    CHECK(view.bully() == nullptr);
}
