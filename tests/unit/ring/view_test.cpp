// When a ring follows its members: every deadline from both sides.
#include "agent/ring/view.h"

#include <catch2/catch.hpp>

#include "agent/ring/rings.h"
#include "swim/random.h"

using namespace muster;
using namespace muster::ring;
using namespace std::chrono_literals;

namespace {

TimePoint at(Duration since_born) {
    return TimePoint{} + since_born;
}

// A view with the words of a test: who came and went, and what was adopted since the last question.
struct Watched {
    explicit Watched(RingSettings settings = {}) : view(std::move(settings), TimePoint{}) {}

    // One that has been alive for an hour, with these members in use.
    static Watched settled(const std::vector<Bytes>& names, RingSettings settings = {}) {
        Watched watched(std::move(settings));
        for (const Bytes& name : names) {
            watched.put(0s, name, Standing::Here);
        }
        watched.pass(1h);
        watched.adoptions.clear();
        return watched;
    }

    void put(Duration when, BytesView name, Standing standing, const cluster::Tags& tags = {},
             bool drained = false) {
        view.put(at(when), name, standing, tags, drained);
        pass(when);
    }
    void pass(Duration when) {
        view.tick(at(when), adoptions);
        view.check(at(when));
    }
    std::vector<Bytes> used() const { return names(view.in_use()); }
    static std::vector<Bytes> names(const SharedMembers& set) {
        std::vector<Bytes> all;
        for (const Member& member : set->members()) {
            all.push_back(member.name);
        }
        return all;
    }

    View view;
    std::vector<Adoption> adoptions;
};

using Names = std::vector<Bytes>;

}  // namespace

TEST_CASE("in its first ten seconds an agent uses at once what it learns") {
    Watched ring;
    ring.put(0s, "a", Standing::Here);
    CHECK(ring.used() == Names{"a"});
    ring.put(9999ms, "b", Standing::Here);
    CHECK(ring.used() == Names{"a", "b"});
    CHECK(ring.view.next_deadline() == never);
    ring.put(10s, "c", Standing::Here);
    CHECK(ring.used() == Names{"a", "b"});
    CHECK(ring.view.next_deadline() == at(13s));
}

TEST_CASE("at once is not more often than every fifty milliseconds") {
    Watched ring;
    ring.put(0s, "a", Standing::Here);
    for (int i = 0; i < 100; ++i) {
        ring.put(1s + 1ms * i, "n" + std::to_string(i), Standing::Here);
    }
    ring.pass(1s + 100ms);
    CHECK(ring.adoptions.size() == 4);  // the first one, and at 1.0, 1.05 and 1.1 s
    CHECK(ring.used().size() == 101);
    ring.pass(1h);
    for (int i = 0; i < 100; ++i) {
        ring.put(1h + 1ms * i, "n" + std::to_string(i), Standing::Left);
    }
    CHECK(ring.view.next_deadline() == at(1h + 100ms));
    ring.pass(1h + 100ms);
    CHECK(ring.adoptions.size() == 7);
    CHECK(ring.used() == Names{"a"});
}

TEST_CASE("who comes, fails or changes is followed once it has been the same for settle") {
    struct Change {
        const char* name;
        Standing standing;
        cluster::Tags tags;
        bool drained;
    };
    const auto change = GENERATE(values<Change>({
        {"c", Standing::Here, {}, false},
        {"a", Standing::Gone, {}, false},
        {"a", Standing::Here, {{"weight", "3"}}, false},
        {"a", Standing::Here, {{"zone", "z"}}, false},
        {"a", Standing::Here, {{"weight", "none"}}, false},
        {"a", Standing::Here, {}, true},
    }));
    CAPTURE(change.name, change.drained);
    Watched ring = Watched::settled({"a", "b"});
    const SharedMembers before = ring.view.in_use();
    ring.put(2h, change.name, change.standing, change.tags, change.drained);
    CHECK(ring.view.in_use() == before);
    REQUIRE(ring.view.pending());
    CHECK(ring.view.next_deadline() == at(2h + 3s));
    ring.pass(2h + 2999ms);
    CHECK(ring.view.in_use() == before);
    CHECK(ring.view.since() == at(1h));
    ring.pass(2h + 3s);
    REQUIRE(ring.adoptions.size() == 1);
    CHECK(ring.adoptions.front().ring == "default");
    CHECK(ring.adoptions.front().before == before);
    CHECK(ring.adoptions.front().after == ring.view.in_use());
    CHECK_FALSE(*ring.view.in_use() == *before);
    CHECK_FALSE(ring.view.pending());
    CHECK(ring.view.since() == at(2h + 3s));
    CHECK(ring.view.next_deadline() == never);
}

TEST_CASE("what is put again as it was changes nothing") {
    Watched ring = Watched::settled({"a", "b"});
    ring.put(2h, "a", Standing::Here);
    ring.put(2h, "c", Standing::Gone);
    ring.put(2h, "c", Standing::Left);
    CHECK(ring.view.next_deadline() == never);
}

TEST_CASE("a ring that never comes to rest is followed after five settles") {
    Watched ring = Watched::settled({"a", "b"});
    Duration now = 2h;
    for (int i = 0; i < 8; ++i, now += 2s) {
        CHECK(ring.used() == Names{"a", "b"});
        ring.put(now, "c", i % 2 == 0 ? Standing::Here : Standing::Gone);
    }
    ring.put(2h + 14500ms, "c", Standing::Here);
    CHECK(ring.view.next_deadline() == at(2h + 15s));
    ring.pass(2h + 14999ms);
    CHECK(ring.used() == Names{"a", "b"});
    ring.pass(2h + 15s);
    CHECK(ring.used() == Names{"a", "b", "c"});
}

TEST_CASE("who comes and goes again within settle was never there") {
    Watched ring = Watched::settled({"a", "b"});
    ring.put(2h, "c", Standing::Here);
    ring.put(2h + 1s, "c", Standing::Gone);
    CHECK_FALSE(ring.view.pending());
    ring.pass(2h + 10s);
    CHECK(ring.adoptions.empty());
    CHECK(ring.view.next_deadline() == never);
}

TEST_CASE("who leaves is out at once, and nobody else's time is shortened") {
    Watched ring = Watched::settled({"a", "b", "c"});
    SECTION("alone") {
        ring.put(2h, "b", Standing::Left);
        CHECK(ring.used() == Names{"a", "c"});
        CHECK(ring.view.next_deadline() == never);
    }
    SECTION("while another waits to be used") {
        ring.put(2h, "d", Standing::Here);
        ring.put(2h + 1s, "b", Standing::Left);
        CHECK(ring.used() == Names{"a", "c"});
        CHECK(Watched::names(ring.view.pending()) == Names{"a", "c", "d"});
        ring.pass(2h + 3999ms);
        CHECK(ring.used() == Names{"a", "c"});
        ring.pass(2h + 4s);
        CHECK(ring.used() == Names{"a", "c", "d"});
    }
    SECTION("after it failed: somebody says that it has left") {
        ring.put(2h, "b", Standing::Gone);
        CHECK(ring.used() == Names{"a", "b", "c"});
        ring.put(2h + 1s, "b", Standing::Left);
        CHECK(ring.used() == Names{"a", "c"});
    }
    SECTION("and stays after all: it is there again after settle") {
        ring.put(2h, "b", Standing::Left);
        ring.put(2h + 1s, "b", Standing::Here);
        CHECK(ring.used() == Names{"a", "c"});
        ring.pass(2h + 4s);
        CHECK(ring.used() == Names{"a", "b", "c"});
    }
    SECTION("and is back before anybody looked") {
        ring.view.put(at(2h), "b", Standing::Left, {}, false);
        ring.put(2h, "b", Standing::Here);
        CHECK(ring.used() == Names{"a", "b", "c"});
        CHECK(ring.adoptions.empty());
    }
}

TEST_CASE("what the agent's first join brings is used at its end") {
    Watched ring;
    ring.put(0s, "self", Standing::Here);
    ring.pass(1h);  // nobody was to be reached
    ring.view.put(at(2h), "a", Standing::Here, {}, false);
    ring.put(2h, "b", Standing::Here);
    CHECK(ring.used() == Names{"self"});
    ring.view.joined();
    ring.pass(2h);
    CHECK(ring.used() == Names{"a", "b", "self"});
    ring.put(2h + 1s, "c", Standing::Here);
    CHECK(ring.used() == Names{"a", "b", "self"});
}

TEST_CASE("a ring has the members that its filter lets through") {
    RingSettings settings;
    settings.name = "cache";
    settings.filter = {{"role", "cache"}, {"canary", ""}};
    settings.tags = {.weight = "w", .zone = "rack"};
    settings.settle = 0s;
    Watched ring(settings);
    ring.put(0s, "yes", Standing::Here, {{"role", "cache"}, {"w", "9"}, {"rack", "r1"}});
    ring.put(0s, "other", Standing::Here, {{"role", "web"}});
    ring.put(0s, "none", Standing::Here, {});
    ring.put(0s, "canary", Standing::Here, {{"role", "cache"}, {"canary", "1"}});
    REQUIRE(ring.used() == Names{"yes"});
    CHECK(ring.view.in_use()->members().front() == Member{"yes", 9, "r1", false});
    CHECK(ring.adoptions.back().ring == "cache");
    // Without settle a change is used at once, at any time.
    ring.put(2h, "yes", Standing::Here, {{"role", "web"}});
    CHECK(ring.used().empty());
}

TEST_CASE("other settings settle as well, and what is in use stays until then") {
    std::vector<Adoption> adoptions;
    RingSettings other;
    other.name = "other";
    Rings rings({RingSettings{}, other}, TimePoint{});
    rings.put(at(0s), "a", Standing::Here, {}, false);
    rings.tick(at(0s), adoptions);
    CHECK(adoptions.size() == 2);
    RingSettings changed;
    changed.function.vnodes = 160;
    RingSettings added;
    added.name = "added";
    rings.configure(at(1h), {added, changed});
    rings.put(at(1h), "a", Standing::Here, {}, false);
    adoptions.clear();
    rings.tick(at(1h), adoptions);
    rings.check(at(1h));
    // A new ring has nothing to wait for.
    REQUIRE(adoptions.size() == 1);
    CHECK(adoptions.front().ring == "added");
    CHECK(rings.find("other") == nullptr);
    REQUIRE(rings.find("default") != nullptr);
    CHECK(rings.find("default")->in_use()->function().vnodes == default_vnodes);
    CHECK(rings.next_deadline() == at(1h + 3s));
    rings.tick(at(1h + 3s), adoptions);
    CHECK(rings.find("default")->in_use()->function().vnodes == 160);
    CHECK(rings.find("default")->in_use()->members().size() == 1);
    CHECK(rings.all().size() == 2);
}

// E2, E3: who remembers much and who has just come see the same from here on.
TEST_CASE("agents with different pasts use the same within five settles of the last change") {
    const auto seed = GENERATE(range(1U, 41U));
    CAPTURE(seed);
    Random random(seed);
    Watched old_one = Watched::settled({"n1", "n2", "n3"});
    Duration now = 2h;
    const auto standing = [&random] {
        return static_cast<Standing>(random.below(std::uint64_t{3}));
    };
    const auto name = [&random] { return "n" + std::to_string(random.below(std::uint64_t{6})); };
    for (int i = 0; i < 60; ++i) {
        now += random.below(Duration(4s));
        old_one.put(now, name(), standing(), {{"weight", std::to_string(i % 3)}});
    }
    // Another one starts; from now on both see the same, at slightly different times.
    const TimePoint born = at(now);
    View new_one(RingSettings{}, born);
    std::vector<Adoption> ignored;
    for (int i = 0; i < 6; ++i) {
        const Bytes each = "n" + std::to_string(i);
        const Standing known = standing();
        old_one.put(now, each, known);
        new_one.put(born, each, known, {}, false);
    }
    new_one.joined();
    new_one.tick(born, ignored);
    Duration late{};
    for (int i = 0; i < 40; ++i) {
        now += random.below(Duration(4s));
        late = random.below(Duration(500ms));
        const Bytes each = name();
        const Standing next = standing();
        old_one.put(now, each, next);
        new_one.put(at(now + late), each, next, {}, false);
        new_one.tick(at(now + late), ignored);
    }
    const Duration bound = 5 * 3s + late;
    for (View* view : {&old_one.view, &new_one}) {
        while (view->next_deadline() <= at(now + bound)) {
            view->tick(view->next_deadline(), ignored);
        }
        view->check(at(now + bound));
        CHECK(view->next_deadline() == never);
    }
    CHECK(*old_one.view.in_use() == *new_one.in_use());
}
