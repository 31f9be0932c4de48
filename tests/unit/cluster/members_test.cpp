#include "agent/cluster/members.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Kind = swim::WireEvent::Kind;

namespace {

constexpr Duration prune_delay = 6s;

struct Fixture {
    void join(TimePoint now, BytesView name) {
        members.joined(now, wire(Kind::Join, name), record(), nullptr, events);
    }
    void fail(TimePoint now, BytesView name) { members.left(now, wire(Kind::Leave, name), events); }
    Verdict intent(TimePoint now, BytesView name, Intent::Kind kind, LamportTime ltime,
                   bool prune = false) {
        return members.apply(now, name, {kind, ltime, prune}, prune_delay, events);
    }
    const Member& member(BytesView name) const { return *members.find(name); }

    Members members{65536};
    Members::Events events;
};

}  // namespace

TEST_CASE("an event says everything about the change that it reports") {
    Fixture f;
    swim::WireEvent joined = wire(Kind::Join, "n");
    joined.incarnation = 7;
    joined.cause = {swim::CauseKind::PushPull, "m", {}};
    f.members.joined(at(1s), joined, record(3, "meta"), nullptr, f.events);
    REQUIRE(f.events.size() == 1);
    const MemberEvent& event = f.events[0];
    CHECK(event.kind == MemberEvent::Kind::Join);
    CHECK(event.index == 1);
    CHECK(event.name == "n");
    CHECK(event.endpoint == endpoint(3));
    CHECK(event.tags == "meta");
    CHECK(event.versions == swim::Versions{1, 5, 2, 2, 5, 5});
    CHECK(event.from == Status::None);
    CHECK(event.to == Status::Alive);
    CHECK(event.incarnation == 7);
    CHECK(event.cause.kind == swim::CauseKind::PushPull);
    CHECK(event.cause.by == "m");
    CHECK(f.member("n").since == at(1s));
}

TEST_CASE("a suspicion is a flag beside the status, and ends with it") {
    Fixture f;
    f.join(at(0s), "n");
    f.members.suspected(wire(Kind::Suspect, "n"), f.events);
    CHECK(f.member("n").suspect);
    CHECK(f.member("n").status == Status::Alive);
    CHECK(f.member("n").since == at(0s));
    f.members.cleared(wire(Kind::Cleared, "n"), f.events);
    CHECK_FALSE(f.member("n").suspect);
    f.members.suspected(wire(Kind::Suspect, "n"), f.events);
    f.fail(at(9s), "n");
    CHECK_FALSE(f.member("n").suspect);
    CHECK(words(f.events) == Words{"member-join:n:alive", "member-suspect:n:alive",
                                   "member-cleared:n:alive", "member-suspect:n:alive",
                                   "member-failed:n:failed"});
    f.members.suspected(wire(Kind::Suspect, "n"), f.events);
    CHECK_FALSE(f.member("n").suspect);
    CHECK(f.events.size() == 5);
    f.members.check();
}

TEST_CASE("reports about members that are not known change nothing") {
    Fixture f;
    f.fail(at(0s), "n");
    f.members.updated(wire(Kind::Update, "n"), record(), f.events);
    f.members.suspected(wire(Kind::Suspect, "n"), f.events);
    f.members.cleared(wire(Kind::Cleared, "n"), f.events);
    CHECK(f.events.empty());
    CHECK(f.members.index() == 0);
}

TEST_CASE("an update takes over address, tags and versions, and leaves the status alone") {
    Fixture f;
    f.join(at(0s), "n");
    f.intent(at(1s), "n", Intent::Kind::Leave, 5);
    f.members.updated(wire(Kind::Update, "n"), record(9, "new"), f.events);
    CHECK(f.member("n").meta == "new");
    CHECK(f.member("n").endpoint == endpoint(9));
    CHECK(f.member("n").status == Status::Leaving);
    CHECK(f.member("n").status_ltime == 5);
    CHECK(f.member("n").since == at(1s));
}

TEST_CASE("the index rises with every change, also with those that are no event") {
    Fixture f;
    f.join(at(0s), "n");
    CHECK(f.members.index() == 1);
    f.intent(at(0s), "n", Intent::Kind::Leave, 5);
    CHECK(f.members.index() == 2);
    CHECK(f.events.size() == 1);
    f.intent(at(0s), "n", Intent::Kind::Leave, 6);
    CHECK(f.members.index() == 2);
    f.intent(at(0s), "n", Intent::Kind::Join, 7);
    CHECK(f.members.index() == 3);
    f.fail(at(0s), "n");
    CHECK(f.events.back().index == 4);
}

TEST_CASE("an incarnation that rises without an event is reported, and no event") {
    Fixture f;
    f.join(at(0s), "n");
    swim::WireEvent risen = wire(Kind::Refreshed, "n");
    risen.incarnation = 9;
    f.members.refreshed(risen);
    CHECK(f.member("n").incarnation == 9);
    CHECK(f.members.index() == 2);
    f.members.refreshed(risen);
    f.members.refreshed(wire(Kind::Refreshed, "stranger"));
    CHECK(f.members.index() == 2);
    CHECK(f.events.size() == 1);
}

TEST_CASE("failed members are reaped after their time, left ones after theirs, others never") {
    Fixture f;
    for (const char* name : {"alive", "leaving", "left", "failed"}) {
        f.join(at(0s), name);
    }
    f.intent(at(0s), "leaving", Intent::Kind::Leave, 5);
    f.intent(at(0s), "left", Intent::Kind::Leave, 5);
    f.fail(at(10s), "left");
    f.fail(at(10s), "failed");
    f.events.clear();

    f.members.reap(at(10s) + 2h, 2h, 3h, f.events);
    CHECK(f.events.empty());
    f.members.reap(at(10s) + 2h + 1ns, 2h, 3h, f.events);
    CHECK(words(f.events) == Words{"member-reap:failed:failed"});
    CHECK(f.events[0].to == Status::None);
    CHECK(f.events[0].cause.kind == swim::CauseKind::Reaped);
    f.members.reap(at(10s) + 3h + 1ns, 2h, 3h, f.events);
    CHECK(words(f.events) == Words{"member-reap:failed:failed", "member-reap:left:left"});
    f.members.reap(at(1000h), 2h, 3h, f.events);
    CHECK(f.members.table().size() == 2);
    f.members.check();
}

TEST_CASE("a failed member that is forced to leave keeps the time of its failure") {
    Fixture f;
    f.join(at(0s), "n");
    f.fail(at(10s), "n");
    f.intent(at(1h), "n", Intent::Kind::Leave, 5);
    CHECK(f.member("n").status == Status::Left);
    CHECK(f.member("n").since == at(1h));
    f.members.reap(at(10s) + 24h + 1ns, 24h, 24h, f.events);
    CHECK(f.members.find("n") == nullptr);
}

TEST_CASE("a member that returns has no departure any more") {
    Fixture f;
    f.join(at(0s), "n");
    f.fail(at(10s), "n");
    f.join(at(20s), "n");
    f.members.reap(at(1000h), 24h, 24h, f.events);
    CHECK(f.member("n").status == Status::Alive);
    CHECK(f.member("n").since == at(20s));
    f.fail(at(1000h), "n");
    f.members.reap(at(1000h) + 24h, 24h, 24h, f.events);
    CHECK(f.members.find("n") != nullptr);
    f.members.check();
}

TEST_CASE("a prune of a leaving member waits, and is called off if the member stays") {
    Fixture f;
    f.join(at(0s), "n");
    f.intent(at(0s), "n", Intent::Kind::Leave, 5, /*prune=*/true);
    CHECK(f.members.next_prune() == at(6s));
    f.members.prune(at(6s) - 1ns, f.events);
    CHECK(f.member("n").status == Status::Leaving);

    SECTION("it stays silent") {
        f.members.prune(at(6s), f.events);
        CHECK(words(f.events) == Words{"member-join:n:alive", "member-reap:n:leaving"});
        CHECK(f.members.table().empty());
    }
    SECTION("it says that it stays") {
        f.intent(at(5s), "n", Intent::Kind::Join, 6);
        f.members.prune(at(24h), f.events);
        CHECK(f.member("n").status == Status::Alive);
    }
    SECTION("it goes before") {
        f.fail(at(5s), "n");
        CHECK(f.member("n").status == Status::Left);
        f.members.prune(at(6s), f.events);
        CHECK(words(f.events) ==
              Words{"member-join:n:alive", "member-leave:n:left", "member-reap:n:left"});
    }
    SECTION("it goes and comes back before") {
        f.fail(at(4s), "n");
        f.join(at(5s), "n");
        f.members.prune(at(24h), f.events);
        CHECK(f.member("n").status == Status::Alive);
    }
    f.members.check();
    CHECK(f.members.next_prune() == never);
}

TEST_CASE("a full table gives up who departed first, and never who is on the wire") {
    Fixture f;
    f.members = Members(3);
    f.join(at(0s), "a");
    f.join(at(0s), "b");
    f.join(at(0s), "c");
    f.fail(at(2s), "a");
    f.fail(at(1s), "b");
    f.events.clear();
    f.join(at(3s), "d");
    CHECK(words(f.events) == Words{"member-reap:b:failed", "member-join:d:alive"});
    f.join(at(3s), "e");
    f.join(at(3s), "f");
    CHECK(f.members.find("a") == nullptr);
    CHECK(f.members.table().size() == 4);  // c, d, e, f: all alive
    f.members.check();
}
