// What is remembered over restarts, and what a start makes of it: the rules, and a whole node that
// ends and comes back.
#include "agent/memory.h"

#include <catch2/catch.hpp>
#include <limits>

#include "agent/cluster/messages.h"
#include "agent/node.h"
#include "swim/codec.h"
#include "swim/packet.h"
#include "swim/stream.h"

using namespace muster;
using namespace std::chrono_literals;
using cluster::Remembered;
using cluster::Status;

namespace {

Endpoint endpoint(unsigned i) {
    const char ip[4] = {10, 0, 0, static_cast<char>(i)};
    return *Endpoint::from_bytes({ip, 4}, 7946);
}

constexpr TimePoint now{1000h};

Memory memory_of(const Bytes& name, unsigned i) {
    Memory memory;
    memory.name = name;
    memory.advertise = endpoint(i);
    memory.incarnation = 7;
    return memory;
}

Remembered one(const Bytes& name, Status status, TimePoint since = now - 1min) {
    return {name, endpoint(9), "", {}, status, 3, 5, since};
}

std::vector<Bytes> names(const std::vector<Remembered>& members) {
    std::vector<Bytes> out;
    out.reserve(members.size());
    for (const Remembered& member : members) {
        out.push_back(member.name);
    }
    return out;
}

}  // namespace

TEST_CASE("a start compares its name and address with those remembered, exactly") {
    const Memory memory = memory_of("n1", 1);
    CHECK(judge_return({}, "n1", endpoint(1)) == Return::New);
    CHECK(judge_return(memory, "n1", endpoint(1)) == Return::Same);
    CHECK(judge_return(memory, "n1", endpoint(2)) == Return::Moved);
    CHECK(judge_return(memory, "n1", endpoint(1).with_port(8000)) == Return::Moved);
    CHECK(judge_return(memory, "n1", endpoint(1).mapped()) == Return::Moved);
    CHECK(judge_return(memory, "n2", endpoint(1)) == Return::Renamed);
    CHECK(judge_return(memory, "n2", endpoint(2)) == Return::Renamed);
}

TEST_CASE("the life before is swim's business only under the same name") {
    CHECK(former_life(memory_of("n1", 1), "n1") == swim::FormerLife{endpoint(1), 7, false});
    CHECK_FALSE(former_life(memory_of("n1", 1), "n2"));
    CHECK_FALSE(former_life({}, "n1"));
}

TEST_CASE("after a graceful leave nobody is looked for, unless somebody says so") {
    using Row = std::tuple<bool, bool, bool, bool>;
    const auto [left, has_seeds, rejoin_after_leave, expected] =
        GENERATE(table<bool, bool, bool, bool>(
            {Row{false, false, false, true}, Row{false, true, false, true},
             Row{false, false, true, true}, Row{true, false, false, false},
             Row{true, true, false, true}, Row{true, false, true, true}}));
    Memory memory = memory_of("n1", 1);
    memory.left = left;
    CHECK(rejoins(memory, has_seeds, rejoin_after_leave) == expected);
    CHECK_FALSE(rejoins({}, has_seeds, rejoin_after_leave));
}

TEST_CASE("who is remembered depends on the state and its age") {
    cluster::Config config;
    config.reconnect_timeout = 24h;
    config.tombstone_timeout = 12h;
    config.forget_after = 100h;
    using Row = std::tuple<Status, Duration, bool>;
    const auto [status, age, kept] = GENERATE(table<Status, Duration, bool>({
        Row{Status::Alive, 900h, true},
        Row{Status::Leaving, 900h, true},
        Row{Status::Failed, 100h, true},
        Row{Status::Failed, 101h, false},
        Row{Status::Left, 12h, true},
        Row{Status::Left, 13h, false},
        Row{Status::None, 0h, false},
        Row{Status::Failed, -5h, true},
    }));
    CAPTURE(status, age.count());
    Memory memory = memory_of("n1", 1);
    memory.members = {one("n2", status, now - age), one("n1", Status::Alive)};
    const Recalled recalled = recall(now, memory, "n1", config);
    CHECK(recalled.members.size() == (kept ? 1U : 0U));
    CHECK(recalled.forgotten.size() == (kept ? 1U : 2U));
    if (kept) {
        CHECK(recalled.members[0].since <= now);
        CHECK((recalled.members[0].since == now) == (was_present(status) || age < 0h));
    }
}

TEST_CASE("of too many the most recent are remembered") {
    cluster::Config config;
    config.max_members = 2;
    Memory memory = memory_of("n1", 1);
    memory.members = {one("old", Status::Failed, now - 3h), one("new", Status::Failed, now - 1h),
                      one("here", Status::Alive, now - 9h)};
    const Recalled recalled = recall(now, memory, "n1", config);
    std::vector<Bytes> kept = names(recalled.members);
    std::sort(kept.begin(), kept.end());
    CHECK(kept == std::vector<Bytes>{"here", "new"});
    CHECK(recalled.forgotten == std::vector<Bytes>{"old"});
}

TEST_CASE("tags set live survive where the configuration is silent") {
    const cluster::Tags before{{"role", "web"}, {"zone", "a"}};
    const cluster::Tags current{{"role", "web"}, {"zone", "b"}, {"build", "7"}};
    const cluster::Tags live = live_tags(before, current);
    CHECK(live == cluster::Tags{{"zone", "b"}, {"build", "7"}});
    // The same configuration, another one, none at all.
    CHECK(tags_at_start(before, live) ==
          cluster::Tags{{"role", "web"}, {"zone", "a"}, {"build", "7"}});
    CHECK(tags_at_start({{"build", "8"}}, live) == cluster::Tags{{"zone", "b"}, {"build", "8"}});
    CHECK(tags_at_start({}, live) == live);
}

TEST_CASE("live tags that do not fit beside the configured ones are left out") {
    const cluster::Tags configured{{"role", Bytes(300, 'x')}};
    const cluster::Tags live{{"note", Bytes(300, 'y')}};
    CHECK(tags_at_start(configured, live) == configured);
}

// ---- a whole node ----

namespace {

// A node whose changes are kept as a disk would keep them.
struct Life {
    explicit Life(NodeConfig config) : node(std::move(config)) { keep(node.start(at)); }

    void keep(Effects effects) {
        wants = effects.remember;
        for (const swim::Datagram& one : effects.wire.datagrams) {
            packets.emplace_back(one.to, effects.wire.view(one));
        }
        for (swim::StreamOpen& one : effects.wire.opens) {
            opens.push_back(std::move(one));
        }
        for (MemberEvent& one : effects.events) {
            events.push_back(std::move(one));
        }
        for (Notice& one : effects.notices) {
            notices.push_back(std::move(one));
        }
        node.recycle(std::move(effects));
        node.check();
    }
    template <class M>
    void hear(const M& message, unsigned from) {
        Bytes packet;
        encode(message, packet);
        keep(node.receive(at, endpoint(from), packet));
    }
    void hear_alive(const Bytes& name, unsigned i, std::uint32_t incarnation = 1) {
        hear(swim::Alive{incarnation, name, endpoint(i).ip(), 7946, no_tags, vsn}, i);
    }
    // The pings by name that were sent since it was asked last: to whom, and their number.
    std::vector<std::pair<Bytes, std::uint32_t>> pings() {
        std::vector<std::pair<Bytes, std::uint32_t>> out;
        for (const auto& [to, packet] : packets) {
            swim::PacketReader reader;
            reader.open(packet);
            for (const swim::Message& message : reader.messages()) {
                if (const auto* ping = std::get_if<swim::Ping>(&message)) {
                    out.emplace_back(ping->node, ping->sequence);
                }
            }
        }
        packets.clear();
        return out;
    }
    void pass(Duration time) {
        const TimePoint end = at + time;
        while (node.next_deadline() <= end) {
            at = std::max(at, node.next_deadline());
            keep(node.tick(at));
        }
        at = end;
    }

    static inline const Bytes vsn{"\x01\x05\x02\x02\x05\x05", 6};
    static inline const Bytes no_tags{"\xff\x80", 2};

    TimePoint at = now;
    Node node;
    std::vector<std::pair<Endpoint, Bytes>> packets;
    std::vector<swim::StreamOpen> opens;
    std::vector<MemberEvent> events;
    std::vector<Notice> notices;
    bool wants = false;
};

NodeConfig config(Memory memory = {}) {
    NodeConfig config;
    config.swim.name = "n1";
    config.swim.advertise = endpoint(1);
    config.tags = {{"role", "web"}};
    config.memory = std::move(memory);
    return config;
}

Bytes user_event(cluster::LamportTime ltime) {
    Bytes bytes{
        "\x08\x03\x84\xa2"
        "CC\xc2\xa5LTime",
        13};
    bytes.push_back(static_cast<char>(ltime));  // below 128
    bytes += Bytes(
        "\xa4Name\xa1"
        "e\xa7Payload\xc0",
        16);
    return bytes;
}

}  // namespace

TEST_CASE("a node wants to be remembered as soon as it lives, and after what matters") {
    Life life(config());
    CHECK(life.wants);
    MemoryChange first = life.node.remember(life.at, /*whole=*/false);
    CHECK(first.now.name == "n1");
    CHECK(first.now.advertise == endpoint(1));
    CHECK(first.now.incarnation == 1);
    CHECK_FALSE(first.now.left);
    CHECK(first.now.members.empty());
    life.pass(5s);
    CHECK_FALSE(life.wants);

    life.hear_alive("n2", 2);
    CHECK(life.wants);
    const MemoryChange second = life.node.remember(life.at, false);
    REQUIRE(second.now.members.size() == 1);
    CHECK(second.now.members[0].name == "n2");
    CHECK(second.now.members[0].endpoint == endpoint(2));
    CHECK(second.now.members[0].status == Status::Alive);
    life.pass(10ms);
    CHECK_FALSE(life.wants);

    life.keep(life.node.receive(life.at, endpoint(2), user_event(100)));
    CHECK(life.wants);
    CHECK(life.node.remember(life.at, false).now.clocks.event == 100);
    auto set = life.node.set_tags(life.at, 1, {{"role", "web"}, {"live", "yes"}});
    REQUIRE(set);
    life.keep(*std::move(set));
    CHECK(life.wants);
    CHECK(life.node.remember(life.at, false).now.live_tags == cluster::Tags{{"live", "yes"}});
    life.hear(swim::Suspect{2, "n1", "n2"}, 2);
    CHECK(life.wants);
    CHECK(life.node.remember(life.at, false).now.incarnation == 3);
    life.keep(life.node.leave(life.at, 2));
    CHECK(life.wants);
    CHECK(life.node.remember(life.at, false).now.left);
}

TEST_CASE("all members are given when all are asked for, and who is pruned is forgotten") {
    Life life(config());
    life.hear_alive("n2", 2);
    life.hear_alive("n3", 3);
    (void)life.node.remember(life.at, false);
    CHECK(life.node.remember(life.at, /*whole=*/true).now.members.size() == 2);
    life.hear(swim::Dead{1, "n3", "n2"}, 2);
    life.keep(life.node.force_leave(life.at, 1, "n3", /*prune=*/true));
    const MemoryChange change = life.node.remember(life.at, false);
    CHECK(change.forgotten == std::vector<Bytes>{"n3"});
    CHECK(change.now.members.empty());
}

TEST_CASE("a later life begins above its last incarnation, with its clocks and live tags") {
    Memory memory = memory_of("n1", 1);
    memory.clocks = {40, 50, 60};
    memory.live_tags = {{"role", "db"}, {"live", "yes"}};
    memory.coordinate = cluster::Coordinate{{1, 2, 3, 4, 5, 6, 7, 8}, 0.5, -0.25, 0.125};
    Life life(config(memory));
    CHECK(life.node.coordinate("n1") == memory.coordinate);
    CHECK(life.node.remember(life.at, false).now.coordinate == memory.coordinate);
    CHECK(life.node.incarnation() == 8);
    CHECK(life.node.tags() == cluster::Tags{{"role", "web"}, {"live", "yes"}});
    const NodeStats stats = life.node.stats();
    CHECK(stats.member_time == 41);
    CHECK(stats.event_time == 51);
    CHECK(stats.query_time == 61);
}

TEST_CASE("a coordinate that is none is not taken over") {
    Memory memory = memory_of("n1", 1);
    memory.coordinate = cluster::Coordinate{};
    memory.coordinate->vec[3] = std::numeric_limits<double>::quiet_NaN();
    CHECK(Life(config(memory)).node.coordinate("n1") == cluster::Coordinate{});
}

TEST_CASE("the highest incarnation is not followed by the lowest") {
    Memory memory = memory_of("n1", 1);
    memory.incarnation = 4294967295U;
    CHECK(Life(config(memory)).node.incarnation() == 4294967295U);
}

TEST_CASE("an event of before is not passed on again, a later one is") {
    Memory memory = memory_of("n1", 1);
    memory.clocks = {0, 50, 0};
    Life life(config(memory));
    life.hear_alive("n2", 2);
    life.pass(5s);
    const auto news = [&](cluster::LamportTime ltime) {
        life.keep(life.node.receive(life.at, endpoint(2), user_event(ltime)));
        return life.node.stats().event_queue;
    };
    CHECK(news(50) == 0);
    CHECK(news(3) == 0);
    CHECK(news(51) == 1);
}

TEST_CASE("members of before are reported as they were, or as failed until they are heard") {
    Memory memory = memory_of("n1", 1);
    memory.members = {one("here", Status::Alive), one("gone", Status::Failed, now - 1h),
                      one("left", Status::Left, now - 2h)};
    Life life(config(memory));
    CHECK(life.node.member_count() == 4);
    CHECK(life.node.member("here")->status == Status::Failed);
    CHECK(life.node.member("gone")->status == Status::Failed);
    CHECK(life.node.member("gone")->since == now - 1h);
    CHECK(life.node.member("left")->status == Status::Left);
    CHECK(life.node.member("left")->since == now - 2h);
    REQUIRE(life.events.size() == 1);  // our own
    // Of these only who was there is looked for at once, by its name.
    const auto pings = life.pings();
    REQUIRE(pings.size() == 1);
    CHECK(pings[0].first == "here");
    CHECK(life.opens.empty());
    life.hear(swim::Ack{pings[0].second, {}}, 9);
    REQUIRE(life.opens.size() == 1);
    CHECK(life.opens[0].to == endpoint(9));
    life.hear_alive("here", 9, 6);
    CHECK(life.node.member("here")->status == Status::Alive);
    REQUIRE(life.events.size() == 2);
    CHECK(life.events[1].kind == MemberEvent::Kind::Join);
    // The one that failed is tried too, in its turn; the one that left is not.
    life.pass(1h);
    bool gone = false;
    for (const auto& [name, sequence] : life.pings()) {
        gone = gone || name == "gone";
        CHECK(name != "left");
    }
    CHECK(gone);
}

TEST_CASE("after a leave, and without seeds, a start looks for nobody") {
    Memory memory = memory_of("n1", 1);
    memory.left = true;
    memory.clocks = {5, 5, 5};
    memory.members = {one("here", Status::Alive)};
    Life life(config(memory));
    life.pass(1h);
    CHECK(life.pings().empty());
    CHECK(life.node.member_count() == 1);
    CHECK(life.node.stats().event_time == 6);
    CHECK(life.node.incarnation() == 8);
    // They are still remembered, for a start that is told otherwise.
    CHECK(life.node.remember(life.at, false).forgotten.empty());
}

TEST_CASE("a leave of before is not told to others as if it were news") {
    Memory memory = memory_of("n1", 1);
    memory.members = {one("left", Status::Left)};
    Life life(config(memory));
    swim::PushPull request;
    request.join = true;
    Effects effects =
        life.node.receive_stream(life.at, {1, /*inbound=*/true}, endpoint(2), request);
    REQUIRE(effects.wire.replies.size() == 1);
    const Bytes reply = effects.wire.replies[0].bytes;
    swim::StreamDecoder decoder;
    REQUIRE(decoder.feed(reply) == swim::StreamDecoder::Progress::Done);
    const auto* state = std::get_if<swim::PushPull>(&decoder.message());
    REQUIRE(state != nullptr);
    swim::Scratch scratch;
    const auto told = cluster::decode_push_pull(state->user_state, scratch);
    REQUIRE(told);
    CHECK(told->status_ltimes.size() == 2);
    CHECK(told->left_members.empty());
    life.keep(std::move(effects));
}
