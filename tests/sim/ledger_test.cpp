// The ledger's rules, each broken once on purpose by a node that is made up.
#include "agent/sim/ledger.h"

#include <catch2/catch.hpp>

namespace muster::sim {
namespace {

using namespace std::chrono_literals;
using cluster::Status;
using Kind = MemberEvent::Kind;

constexpr TimePoint begin{};

Endpoint endpoint(unsigned last) {
    return *Endpoint::parse("10.0.0." + std::to_string(last) + ":7946", 0);
}

// What a node says about itself, "me", and one other, "n1".
struct Speaker {
    Speaker() {
        ledger.set_names(2);
        said("me", Kind::Join, Status::None, Status::Alive);
        said("n1", Kind::Join, Status::None, Status::Alive);
        member("me").self = true;
        look();
        REQUIRE(complaints().empty());
    }

    void said(BytesView name, Kind kind, Status from, Status to, std::uint32_t incarnation = 1) {
        MemberEvent event{};
        event.kind = kind;
        event.index = ++index;
        event.name = name;
        event.endpoint = endpoint(1);
        event.from = from;
        event.to = to;
        event.incarnation = incarnation;
        ledger.hear(now, std::span(&event, 1), index);
        MemberView& listed = member(name);
        listed.status = to;
        listed.incarnation = incarnation;
        listed.endpoint = event.endpoint;
    }

    MemberView& member(BytesView name) {
        for (MemberView& view : list) {
            if (view.name == name) {
                return view;
            }
        }
        list.emplace_back();
        list.back().name = name;
        return list.back();
    }

    NodeStats counted() const {
        NodeStats stats;
        stats.members = list.size();
        for (const MemberView& view : list) {
            stats.alive += view.status == Status::Alive ? 1U : 0U;
            stats.leaving += view.status == Status::Leaving ? 1U : 0U;
            stats.left += view.status == Status::Left ? 1U : 0U;
            stats.failed += view.status == Status::Failed ? 1U : 0U;
        }
        return stats;
    }

    void look() { ledger.look(now, list, counted(), /*stays=*/true); }

    std::vector<std::string> complaints() {
        std::vector<std::string> all;
        for (const Ledger::Complaint& complaint : ledger.take()) {
            all.push_back(complaint.about + ": " + complaint.what);
        }
        return all;
    }

    TimePoint now = begin + 1s;
    std::uint64_t index = 0;
    std::vector<MemberView> list;
    Ledger ledger{{.reaped_after = 30s, .queue_max = 10}};
};

using Said = std::vector<std::string>;

TEST_CASE("a node that says what it shows gives no cause for complaint") {
    Speaker node;
    node.said("n1", Kind::Suspect, Status::Alive, Status::Alive);
    node.said("n1", Kind::Failed, Status::Alive, Status::Failed);
    node.look();
    node.said("n1", Kind::Join, Status::Failed, Status::Alive, 2);
    node.member("n1").status = Status::Leaving;  // an intent: no event
    node.look();
    node.said("n1", Kind::Leave, Status::Leaving, Status::Left, 2);
    node.look();
    node.said("n1", Kind::Join, Status::Left, Status::Alive, 3);
    node.look();
    CHECK(node.complaints().empty());
}

TEST_CASE("a status that no event announced is noticed") {
    Speaker node;
    node.member("n1").status = Status::Failed;
    node.look();
    CHECK(node.complaints() == Said{"n1: it is failed, its events ended at alive"});
}

TEST_CASE("an event that starts elsewhere than the last one ended is noticed") {
    Speaker node;
    node.said("n1", Kind::Leave, Status::Failed, Status::Left);
    CHECK(node.complaints() == Said{"n1: an event starts at failed, the last one ended at alive"});
}

TEST_CASE("an incarnation that goes back is noticed, unless the member was reaped or moved") {
    Speaker node;
    node.said("n1", Kind::Update, Status::Alive, Status::Alive, 5);
    node.look();
    node.member("n1").incarnation = 4;
    SECTION("as it is") {
        node.look();
        CHECK(node.complaints() == Said{"n1: its incarnation went back from 5 to 4"});
    }
    SECTION("at another address") {
        node.member("n1").endpoint = endpoint(9);
        node.look();
        CHECK(node.complaints().empty());
    }
    SECTION("long after it failed") {
        node.said("n1", Kind::Failed, Status::Alive, Status::Failed, 5);
        node.look();
        node.now += 31s;
        node.said("n1", Kind::Join, Status::Failed, Status::Alive, 1);
        node.look();
        CHECK(node.complaints().empty());
    }
}

TEST_CASE("a member that a join's partner holds out departs when it is first seen") {
    Speaker node;
    const auto begins_again = [&](Duration after) {
        node.ledger.set_names(3);
        MemberView& held = node.member("n2");
        held.status = Status::Failed;
        held.incarnation = 4;
        held.endpoint = endpoint(2);
        held.held_until = node.now + 10min;
        node.look();
        REQUIRE(node.complaints().empty());
        node.now += after;
        held.incarnation = 1;
        node.look();
        return !node.complaints().empty();
    };
    SECTION("too early to be reaped") {
        CHECK(begins_again(29s));
    }
    SECTION("long enough ago") {
        CHECK_FALSE(begins_again(31s));
    }
}

TEST_CASE("a member that left and is back in its old life is noticed") {
    Speaker node;
    node.said("n1", Kind::Leave, Status::Alive, Status::Left);
    node.look();
    node.said("n1", Kind::Join, Status::Left, Status::Alive);
    CHECK(node.complaints() == Said{"n1: it had left, and is back without a new life"});
}

TEST_CASE("an index that stands still or goes back is noticed") {
    Speaker node;
    --node.index;
    node.said("n1", Kind::Update, Status::Alive, Status::Alive);
    CHECK(node.complaints() == Said{"n1: an event's index does not rise"});
    node.ledger.hear(node.now, {}, 1);
    CHECK(node.complaints() == Said{": its index went back"});
}

TEST_CASE("a node that takes itself for gone, or does not list itself, is noticed") {
    Speaker node;
    SECTION("gone") {
        node.said("me", Kind::Failed, Status::Alive, Status::Failed);
        node.look();
        CHECK(node.complaints() == Said{"me: it holds itself for gone"});
    }
    SECTION("not listed") {
        node.member("me").self = false;
        node.look();
        CHECK(node.complaints() == Said{": it lists itself 0 times"});
    }
}

TEST_CASE("a member that is gone and suspect is noticed") {
    Speaker node;
    node.said("n1", Kind::Failed, Status::Alive, Status::Failed);
    node.member("n1").suspect = true;
    node.look();
    CHECK(node.complaints() == Said{"n1: it is gone and suspect"});
}

TEST_CASE("counts that are not those of the list are noticed") {
    Speaker node;
    NodeStats stats = node.counted();
    --stats.alive;
    ++stats.failed;
    node.ledger.look(node.now, node.list, stats, true);
    CHECK(node.complaints() == Said{": it counts other members than it lists"});
}

TEST_CASE("a user event that is told twice is noticed") {
    Speaker node;
    std::vector<cluster::HeardEvent> events{
        {7, "deploy", "v1", false}, {7, "deploy", "v2", false}, {8, "deploy", "v1", false}};
    node.ledger.hear(events);
    CHECK(node.complaints().empty());
    events.resize(1);
    node.ledger.hear(events);
    CHECK(node.complaints() == Said{": it is told twice of the user event deploy"});
}

TEST_CASE("queues and tables that outgrow their limits are noticed") {
    Speaker node;
    NodeStats stats = node.counted();
    stats.event_queue = 11;
    stats.member_queue = 3;
    stats.members = 3;
    node.ledger.look(stats);
    CHECK(node.complaints() == Said{": a queue has outgrown its limit",
                                    ": it queues more statements than there are members",
                                    ": it reports more members than there are names"});
}

}  // namespace
}  // namespace muster::sim
