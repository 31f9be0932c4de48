// Drain, rings and their question, of one node (docs/ring.md).
#include <catch2/catch.hpp>

#include "agent/cluster/mark.h"
#include "agent/node.h"
#include "agent/node_ring_answers.h"
#include "agent/ring/rings.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

NodeConfig config() {
    NodeConfig config;
    config.swim.name = "n1";
    config.swim.advertise = *Endpoint::from_bytes({"\x0a\x00\x00\x01", 4}, 7946);
    config.tags = {{"role", "web"}};
    return config;
}

struct Alone {
    explicit Alone(NodeConfig given = config()) : node(std::move(given)) { keep(node.start(now)); }

    void keep(Effects effects) {
        for (RequestDone& one : effects.done) {
            done.push_back(std::move(one));
        }
        for (ring::Adoption& one : effects.adoptions) {
            adoptions.push_back(std::move(one));
        }
        remember = remember || effects.remember;
        node.recycle(std::move(effects));
        node.check();
    }
    void pass(Duration time) {
        const TimePoint end = now + time;
        while (node.next_deadline() <= end) {
            now = std::max(now, node.next_deadline());
            keep(node.tick(now));
        }
        now = end;
    }
    cluster::Tags announced() const { return cluster::decode_tags(node.member("n1")->tags); }
    const ring::Member& in_ring() const {
        return node.rings().all().front().in_use()->members().at(0);
    }

    TimePoint now{1000s};
    Node node;
    std::vector<RequestDone> done;
    std::vector<ring::Adoption> adoptions;
    bool remember = false;
};

}  // namespace

TEST_CASE("a node that starts is in its own ring, and in those whose filter it passes") {
    NodeConfig given = config();
    ring::RingSettings web;
    web.name = "web";
    web.filter = {{"role", "web"}};
    ring::RingSettings db;
    db.name = "db";
    db.filter = {{"role", "db"}};
    given.rings = {web, db};
    const Alone a(given);
    CHECK(a.node.rings().find("web")->in_use()->members().size() == 1);
    CHECK(a.node.rings().find("db")->in_use()->members().empty());
    CHECK(a.node.rings().find("default") == nullptr);
    REQUIRE(a.adoptions.size() == 1);
    CHECK(a.adoptions[0].ring == "web");
}

TEST_CASE("a drain is announced, remembered, and takes the weight; it ends when told") {
    Alone a;
    CHECK_FALSE(a.node.draining());
    CHECK(a.announced() == cluster::Tags{{"muster", "1"}, {"role", "web"}});
    a.remember = false;
    a.keep(a.node.drain(a.now, 7, never));
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].request == 7);
    CHECK(a.done[0].error.empty());
    CHECK(a.node.draining());
    CHECK(cluster::is_drained(a.announced()));
    CHECK(a.node.tags() == config().tags);
    CHECK(a.remember);
    CHECK(a.node.remember(a.now, false).now.drained_until == never);
    a.pass(20s);
    CHECK(a.in_ring().weight == 0);
    // Once more says nothing new to the others.
    const std::uint32_t incarnation = a.node.incarnation();
    a.keep(a.node.drain(a.now, 8, a.now + 1h));
    CHECK(a.done.size() == 2);
    CHECK(a.node.incarnation() == incarnation);
    CHECK(a.node.drained_until() == a.now + 1h);
    a.keep(a.node.drain(a.now, 9, std::nullopt));
    CHECK(a.done.size() == 3);
    CHECK_FALSE(a.node.draining());
    CHECK_FALSE(cluster::is_drained(a.announced()));
    CHECK_FALSE(a.node.remember(a.now, false).now.drained_until);
    a.pass(20s);
    CHECK(a.in_ring().weight == 1);
}

TEST_CASE("a drain with a time ends at it, and not before") {
    Alone a;
    a.keep(a.node.drain(a.now, 1, a.now + 30s));
    a.pass(30s - 1ns);
    CHECK(a.node.draining());
    a.pass(1ns);
    CHECK_FALSE(a.node.draining());
    CHECK_FALSE(cluster::is_drained(a.announced()));
}

TEST_CASE("a drain of an earlier life goes on, unless its time is over") {
    NodeConfig given = config();
    given.memory.name = "n1";
    given.memory.advertise = given.swim.advertise;
    const TimePoint start{1000s};
    const auto [until, drained] = GENERATE_COPY(table<TimePoint, bool>(
        {{never, true}, {start + 1ns, true}, {start, false}, {start - 1h, false}}));
    given.memory.drained_until = until;
    const Alone a(given);
    CHECK(a.node.draining() == drained);
    CHECK(cluster::is_drained(a.announced()) == drained);
}

TEST_CASE("the mark is nobody's to set") {
    Alone a;
    const auto refused = a.node.set_tags(a.now, 1, {{"muster", "1d"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text == "the tag 'muster' is reserved for musterd itself: leave it out");
    CHECK(a.announced().at("muster") == "1");
}

TEST_CASE("an agent can be drained whatever its tags are") {
    Alone a;
    std::size_t size = 512;
    while (!a.node.set_tags(a.now, 1, {{"t", Bytes(size, 'x')}})) {
        --size;
    }
    REQUIRE(size > 480);
    a.keep(a.node.drain(a.now, 2, never));
    CHECK(cluster::is_drained(a.announced()));
    CHECK(a.announced().at("t").size() == size);
}

TEST_CASE("answers to the rings' question leave one after the other, within their time") {
    RingAnswers answers(Random(1));
    const TimePoint now{1000s};
    const auto query = [&](Duration timeout, cluster::QueryHandle handle) {
        cluster::HeardQuery heard;
        heard.handle = handle;
        heard.deadline = now + timeout;
        return heard;
    };
    CHECK(answers.next_deadline() == never);
    // One that is over answers nobody.
    answers.add(now, query(0s, 1), 100);
    CHECK(answers.next_deadline() == never);
    for (cluster::QueryHandle handle = 0; handle < 2 * RingAnswers::most; ++handle) {
        answers.add(now, query(4s, handle), 100);
    }
    // 100 members: within 100 ms, which is less than a quarter of the time.
    CHECK(answers.take(now - 1ns).empty());
    const auto taken = answers.take(now + 100ms);
    CHECK(taken.size() == RingAnswers::most);
    CHECK(std::is_sorted(taken.begin(), taken.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
    CHECK(taken.front().at < now + 20ms);
    CHECK(taken.back().at > now + 80ms);
    CHECK(answers.next_deadline() == never);
}
