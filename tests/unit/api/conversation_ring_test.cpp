// The commands about rings and drain, in both encodings (docs/api.md).
#include "agent/api/ring_messages.h"
#include "agent/api/ring_reader.h"
#include "agent/cluster/mark.h"
#include "agent/ring/status.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// A backend whose default ring has these members.
struct World {
    explicit World(std::vector<ring::RingSettings> settings = {}) {
        backend.ring_views = ring::Rings(std::move(settings), TimePoint{});
        put("n1", {{"zone", "a"}});
        put("n2", {{"zone", "b"}});
        put("n3", {{"zone", "a"}, {"weight", "-1"}});
        use();
    }
    void put(BytesView name, const cluster::Tags& tags) {
        backend.ring_views.put(TimePoint(1s), name, ring::Standing::Here, tags, false);
    }
    void use() {
        std::vector<ring::Adoption> adoptions;
        backend.ring_views.tick(TimePoint(1s), adoptions);
    }
    std::string fingerprint() const {
        return ring::fingerprint_text(backend.ring_views.all().front().in_use()->fingerprint());
    }
    // The reply's body, in the extended records.
    template <class Reply, class Request>
    Reply ask(std::string_view command, const Request& request,
              Result<Reply> (*read)(const Value&)) {
        Talk talk(backend);
        talk.say(handshake(/*extended=*/true));
        const auto said = objects_in(talk.say(api::request(command, 2, request)));
        REQUIRE(said.size() == 2);
        INFO(*said[0].find("Error")->text());
        CHECK(said[0].find("Error")->text()->empty());
        const Result<Reply> reply = read(said[1]);
        INFO((reply ? "" : reply.error().text));
        REQUIRE(reply);
        return *reply;
    }

    FakeBackend backend;
};

std::vector<Bytes> owners_of(const World& world, BytesView key, std::size_t wanted, bool zones) {
    const auto ring = ring::Ring::build(world.backend.ring_views.all().front().in_use());
    std::vector<std::uint32_t> ranks;
    (*ring)->owners(key, {wanted, zones}, ranks);
    std::vector<Bytes> names;
    names.reserve(ranks.size());
    for (const std::uint32_t rank : ranks)
        names.push_back((*ring)->set().members()[rank].name);
    return names;
}

}  // namespace

TEST_CASE("owners are told of every key, in their order, with the fingerprint") {
    World world;
    const Bytes odd("\xff\0k", 3);
    const auto reply = world.ask<ReadRingOwners>(
        "ring-owners", RingOwnersRequest{.keys = {"a", odd, "b"}, .owners = 3}, read_ring_owners);
    CHECK(reply.ring == "default");
    CHECK(reply.fingerprint == world.fingerprint());
    REQUIRE(reply.owners.size() == 3);
    CHECK(reply.owners[0] == owners_of(world, "a", 3, false));
    CHECK(reply.owners[1] == owners_of(world, odd, 3, false));
    CHECK(reply.owners[2] == owners_of(world, "b", 3, false));
    const auto zoned = world.ask<ReadRingOwners>(
        "ring-owners", RingOwnersRequest{.keys = {"a"}, .owners = 2, .distinct_zones = true},
        read_ring_owners);
    CHECK(zoned.owners.at(0) == owners_of(world, "a", 2, true));
}

TEST_CASE("a few keys are answered on the spot, and many are work") {
    World world;
    Talk talk(world.backend);
    talk.say(handshake(true));
    talk.say(request("ring-owners", 2, RingOwnersRequest{.keys = {"a"}}));
    talk.say(request("ring-owners", 3,
                     RingOwnersRequest{.keys = std::vector<Bytes>(5000, "a"), .owners = 3}));
    CHECK(world.backend.calls ==
          std::vector<std::string>{"ask-ring default quick", "ask-ring default"});
}

TEST_CASE("while a ring is worked on, the next request waits and nothing is said") {
    World world;
    world.backend.answers_at_once = false;
    Talk talk(world.backend);
    CHECK(talk.say("{\"Command\":\"ring\",\"Seq\":1}\n{\"Command\":\"drain-status\",\"Seq\":2}\n")
              .empty());
    world.backend.complete_one();
    CHECK_THAT(talk.link.sent, Contains("\"Seq\":1") && Contains("\"Seq\":2"));
}

TEST_CASE("JSON gives keys that are no text in base64") {
    World world;
    Talk talk(world.backend);
    const std::string said =
        talk.say("{\"Command\":\"ring-owners\",\"KeysBase64\":[\"/wBr\"],\"N\":1}\n");
    const Bytes owner = owners_of(world, Bytes("\xff\0k", 3), 1, false).at(0);
    CHECK(said == "{\"Seq\":0,\"Error\":\"\",\"Fingerprint\":\"" + world.fingerprint() +
                      "\",\"Owners\":[[\"" + owner + "\"]],\"Ring\":\"default\"}\n");
    CHECK_THAT(talk.say("{\"Command\":\"ring-owners\",\"KeysBase64\":[\"?\"]}\n"),
               Contains("'?' is not base64"));
}

TEST_CASE("a ring is shown with weight, zone and share of each") {
    World world;
    world.backend.add("n1", "10.0.0.1:7946");
    const auto shown = world.ask<ReadRing>("ring", RingRequest{}, read_ring);
    CHECK(shown.fingerprint == world.fingerprint());
    CHECK(shown.algorithm == "vnodes");
    CHECK(shown.vnodes == 448);
    CHECK(shown.replicas == 1);
    CHECK_FALSE(shown.pending);
    REQUIRE(shown.members.size() == 3);
    CHECK(shown.members[1].name == "n2");
    CHECK(shown.members[1].zone == "b");
    CHECK(shown.members[2].bad_weight);
    CHECK(shown.members[2].weight == 1);
    double sum = 0;
    for (const ReadRing::Member& member : shown.members)
        sum += member.share;
    CHECK(sum == Approx(1));
}

TEST_CASE("a change that is pending is told with the ring") {
    World world;
    world.backend.ring_views.put(TimePoint(99s), "n4", ring::Standing::Here, {}, false);
    const auto shown = world.ask<ReadRing>("ring", RingRequest{}, read_ring);
    REQUIRE(shown.pending);
    CHECK(shown.pending->fingerprint != shown.fingerprint);
    CHECK(shown.pending->in_ns == Duration(2s).count());  // settled 3 s after; it is 100 s now
    CHECK(shown.members.size() == 3);
}

TEST_CASE("a diff says what would move, from whom to whom") {
    World world;
    const auto gone =
        world.ask<ReadRingDiff>("ring-diff", RingDiffRequest{.without = "n2"}, read_ring_diff);
    CHECK(gone.fingerprint == world.fingerprint());
    CHECK(gone.fingerprint_after != gone.fingerprint);
    CHECK(gone.exact);
    double sum = 0;
    for (const ReadRingDiff::Move& move : gone.moves) {
        CHECK(move.from == Bytes("n2"));
        sum += move.share;
    }
    CHECK(sum == Approx(gone.moved));
    CHECK(gone.moved == Approx(1.0 / 3).margin(0.08));
    const auto heavier = world.ask<ReadRingDiff>(
        "ring-diff", RingDiffRequest{.with = RingDiffRequest::Joining{"n1", 0}}, read_ring_diff);
    for (const ReadRingDiff::Move& move : heavier.moves)
        CHECK(move.from == Bytes("n1"));
    const auto last = [&] {
        World alone;
        alone.backend.ring_views = ring::Rings({}, TimePoint{});
        alone.put("x", {});
        alone.use();
        return alone.ask<ReadRingDiff>("ring-diff", RingDiffRequest{.without = "x"},
                                       read_ring_diff);
    }();
    REQUIRE(last.moves.size() == 1);
    CHECK_FALSE(last.moves[0].to);
    CHECK(last.moved == Approx(1));
}

TEST_CASE("what has moved since a moment is told from the members as they were") {
    ring::RingSettings web;
    web.name = "web";
    web.filter = {{"role", "web"}};
    World world({ring::RingSettings{}, web});
    world.put("w1", {{"role", "web"}});
    world.put("w2", {{"role", "web"}});
    std::vector<ring::Adoption> adoptions;
    world.backend.ring_views.tick(TimePoint(60s), adoptions);
    journal::PastView past;
    const auto was = [&](BytesView name, history::Standing standing, const cluster::Tags& tags) {
        history::Entry entry;
        entry.standing = standing;
        entry.tags = *cluster::encode_tags(tags);
        past.members.emplace(name, entry);
    };
    was("w1", history::Standing::Alive, {{"role", "web"}});
    was("old", history::Standing::Suspect, {{"role", "web"}});
    was("drained", history::Standing::Alive, {{"role", "web"}, {"muster", "1d"}});
    was("failed", history::Standing::Failed, {{"role", "web"}});
    was("left", history::Standing::Left, {{"role", "web"}});
    was("db", history::Standing::Alive, {{"role", "db"}});
    world.backend.past_view = past;
    const auto moved = world.ask<ReadRingDiff>(
        "ring-diff", RingDiffRequest{.ring = "web", .seq = 9}, read_ring_diff);
    CHECK(moved.ring == "web");
    const ring::MemberSet then(
        {}, {{"w1", 1, {}, false}, {"old", 1, {}, false}, {"drained", 0, {}, false}});
    CHECK(moved.fingerprint == ring::fingerprint_text(then.fingerprint()));
    CHECK(moved.fingerprint_after ==
          ring::fingerprint_text(world.backend.ring_views.find("web")->in_use()->fingerprint()));
    for (const ReadRingDiff::Move& move : moved.moves)
        CHECK((move.from == Bytes("old") || move.to == Bytes("w2")));
    CHECK(moved.moved > 0.4);
    CHECK(world.backend.calls == std::vector<std::string>{"members-at 9", "ask-ring web"});
    Talk talk(world.backend);
    CHECK_THAT(talk.say("{\"Command\":\"ring-diff\",\"Ring\":\"web\",\"Time\":7}\n"),
               Contains("\"Fingerprint\":\"" + std::string(moved.fingerprint) + "\""));
    world.backend.past_view = Error{"change 9 is before what is kept"};
    CHECK(talk.say("{\"Command\":\"ring-diff\",\"At\":9}\n") ==
          "{\"Seq\":0,\"Error\":\"change 9 is before what is kept\"}\n");
}

TEST_CASE("an export in parts is the whole ring") {
    World world;
    ReadRingExport whole;
    while (whole.positions.empty() || whole.positions.size() < whole.count) {
        const auto part = world.ask<ReadRingExport>(
            "ring-export", RingExportRequest{.from = whole.positions.size(), .count = 500},
            read_ring_export);
        CHECK(part.from == whole.positions.size());
        CHECK(part.members.size() == (part.from == 0 ? 3U : 0U));
        whole.count = part.count;
        whole.positions.insert(whole.positions.end(), part.positions.begin(), part.positions.end());
        whole.owners.insert(whole.owners.end(), part.owners.begin(), part.owners.end());
    }
    CHECK(whole.count == 3 * 448);
    CHECK(whole.positions.size() == whole.count);
    CHECK(std::is_sorted(whole.positions.begin(), whole.positions.end()));
}

TEST_CASE("the status waits for those with the mark alone, and no longer than for them") {
    World world;
    world.backend.add("n1", "10.0.0.1:7946", {{"muster", "1"}});
    world.backend.add("n2", "10.0.0.2:7946", {{"muster", "1d"}});
    world.backend.add("serf", "10.0.0.3:7946", {{"role", "web"}});
    world.backend.add("gone", "10.0.0.4:7946", {{"muster", "1"}});
    world.backend.table.back().status = cluster::Status::Failed;
    Talk talk(world.backend);
    CHECK(talk.say("{\"Command\":\"ring-status\"}\n").empty());
    REQUIRE(world.backend.queries.size() == 1);
    CHECK(world.backend.queries[0].wanted.name == "muster:ring");
    CHECK(world.backend.queries[0].wanted.payload == "default");
    const Bytes same = ring::encode_status(
        ring::answer_status(TimePoint(100s), world.backend.ring_views, "", {}), 1000);
    world.backend.answer(0, cluster::QueryAnswer::Kind::Response, "n2", same);
    CHECK(talk.heard().empty());
    SECTION("all have answered") {
        ring::StatusAnswer other;
        other.rings["default"] = {.in_use = 17, .pending = 18, .until = 5ms};
        other.held = {"n3"};
        world.backend.answer(0, cluster::QueryAnswer::Kind::Response, "n1",
                             ring::encode_status(other, 1000));
        CHECK(talk.heard() ==
              "{\"Seq\":0,\"Error\":\"\",\"Agree\":[\"n2\"],\"Differ\":[{\"Error\":\"\","
              "\"Fingerprint\":\"0000000000000011\",\"Held\":[\"n3\"],\"HeldMore\":0,"
              "\"Name\":\"n1\",\"Pending\":\"0000000000000012\",\"PendingIn\":5000000}],"
              "\"Fingerprint\":\"" +
                  world.fingerprint() +
                  "\",\"Pending\":null,\"PendingIn\":null,\"Ring\":\"default\",\"Silent\":[]}\n");
        // What comes after is nobody's.
        world.backend.answer(0, cluster::QueryAnswer::Kind::Done);
        CHECK(talk.heard().empty());
    }
    SECTION("one is silent, and is asked once more") {
        world.backend.answer(0, cluster::QueryAnswer::Kind::Done);
        CHECK(talk.heard().empty());
        REQUIRE(world.backend.queries.size() == 2);
        CHECK(world.backend.queries[1].wanted.name == "muster:ring");
        CHECK(world.backend.queries[1].wanted.filter_nodes == std::vector<Bytes>{"n1"});
        SECTION("and answers") {
            world.backend.answer(1, cluster::QueryAnswer::Kind::Response, "n1", same);
            CHECK_THAT(talk.heard(),
                       Contains("\"Agree\":[\"n1\",\"n2\"]") && Contains("\"Silent\":[]"));
        }
        SECTION("and stays so") {
            world.backend.answer(1, cluster::QueryAnswer::Kind::Done);
            CHECK_THAT(talk.heard(), Contains("\"Agree\":[\"n2\"],\"Differ\":[]") &&
                                         Contains("\"Silent\":[\"n1\"]"));
            CHECK(world.backend.queries.size() == 2);
        }
    }
    SECTION("one is silent, and nothing more can be asked") {
        world.backend.error = "the query is too large";
        world.backend.answer(0, cluster::QueryAnswer::Kind::Done);
        CHECK_THAT(talk.heard(),
                   Contains("\"Agree\":[\"n2\"],\"Differ\":[]") && Contains("\"Silent\":[\"n1\"]"));
    }
    SECTION("the client has gone") {
        talk.conversation.reset();
        world.backend.answer(0, cluster::QueryAnswer::Kind::Done);
        CHECK(talk.heard().empty());
        CHECK(world.backend.queries.size() == 1);
    }
}

TEST_CASE("a drain is told to the backend, and the state after it to the client") {
    World world;
    Talk talk(world.backend);
    CHECK(talk.say("{\"Command\":\"drain\",\"On\":true}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"Draining\":true,\"Until\":null}\n");
    CHECK(talk.say("{\"Command\":\"drain\",\"On\":true,\"For\":60000000000}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"Draining\":true,\"Until\":160000000000}\n");
    CHECK(talk.say("{\"Command\":\"drain-status\"}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"Draining\":true,\"Until\":160000000000}\n");
    world.backend.error = "cannot write";
    CHECK(talk.say("{\"Command\":\"drain\",\"On\":false}\n") ==
          "{\"Seq\":0,\"Error\":\"cannot write\",\"Draining\":false,\"Until\":null}\n");
    CHECK(world.backend.calls == std::vector<std::string>{"drain on", "drain on", "drain off"});
    Access reader = Talk::full_access();
    reader.may_change = false;
    reader.denial = "only root";
    Talk other(world.backend, reader);
    CHECK(other.say("{\"Command\":\"drain\",\"On\":true}\n") ==
          "{\"Seq\":0,\"Error\":\"permission denied: only root\"}\n");
    CHECK_THAT(other.say("{\"Command\":\"ring\"}\n"), Contains("\"Error\":\"\""));
}

TEST_CASE("what cannot be answered is refused in words, with an empty body") {
    ring::RingSettings first;
    first.name = "a";
    ring::RingSettings second;
    second.name = "b";
    World world({first, second});
    Talk talk(world.backend);
    const auto [line, words] = GENERATE(table<const char*, const char*>({
        {"{\"Command\":\"ring\",\"Ring\":\"c\"}",
         "there is no ring 'c' in this agent's "
         "configuration (there is: a, b)"},
        {"{\"Command\":\"ring-owners\",\"Keys\":7}", "Keys"},
        {"{\"Command\":\"ring-owners\",\"Keys\":[7]}", "Keys"},
        {"{\"Command\":\"ring-owners\",\"Keys\":[],\"N\":-1}", "N"},
        {"{\"Command\":\"ring-owners\",\"Keys\":[],\"N\":65536}", "at most 65535 owners"},
        {"{\"Command\":\"ring-diff\"}", "give one of the fields Without and With"},
        {"{\"Command\":\"ring-diff\",\"With\":\"x\",\"Without\":\"y\"}", "give one of the fields"},
        {"{\"Command\":\"ring-diff\",\"With\":\"x\",\"At\":1}", "give one of the fields"},
        {"{\"Command\":\"ring-diff\",\"Time\":1,\"At\":1}", "give one of the fields"},
        {"{\"Command\":\"ring-diff\",\"At\":-1}", "At"},
        {"{\"Command\":\"ring-diff\",\"With\":\"x\",\"Weight\":101}", "from 0 to 100, not 101"},
        {"{\"Command\":\"ring-diff\",\"Without\":\"x\"}", "the ring has no member x"},
        {"{\"Command\":\"ring-status\",\"Timeout\":-1}", "timeout"},
        {"{\"Command\":\"drain\"}", "field On is missing"},
        {"{\"Command\":\"drain\",\"On\":true,\"For\":-1}", "at most a year"},
    }));
    CAPTURE(line);
    CHECK_THAT(talk.say(std::string(line) + "\n"), Contains(words));
    CHECK_FALSE(talk.link.finished);
    // Without a name, the first that is configured.
    CHECK_THAT(talk.say("{\"Command\":\"ring\"}\n"), Contains("\"Ring\":\"a\""));
}

TEST_CASE("a ring that is too large is an error of the one who asks") {
    ring::RingSettings settings;
    settings.function.vnodes = ring::max_vnodes;
    World world({settings});
    for (int i = 0; i < 600; ++i)
        world.put("m" + std::to_string(i), {});
    std::vector<ring::Adoption> adoptions;
    world.backend.ring_views.tick(TimePoint(1h), adoptions);
    Talk talk(world.backend);
    CHECK_THAT(talk.say("{\"Command\":\"ring\"}\n"), Contains("points, more than"));
}

TEST_CASE("only who asks for ring-changed by its name is told, and makes the agent count") {
    World world;
    Talk all(world.backend), asks(world.backend), serf(world.backend);
    all.say("{\"Command\":\"stream\",\"Type\":\"*\"}\n");
    CHECK_FALSE(all.conversation->wants_ring_changes());
    asks.say("{\"Command\":\"stream\",\"Seq\":3,\"Type\":\"member-join,ring-changed\"}\n");
    CHECK(asks.conversation->wants_ring_changes());
    serf.say(handshake());
    const auto refused =
        objects_in(serf.say(request("stream", 2, StreamRequest{.type = "ring-changed"})));
    CHECK(*refused.at(0).find("Error")->text() == errors::invalid_filter);
    all.heard();
    asks.heard();
    RingChange change;
    change.ring = "default";
    change.before = 1;
    change.after = 2;
    change.members = 3;
    change.moved = 0.25;
    RingChangeRecord record(change, 77);
    all.conversation->on_ring_change(record);
    asks.conversation->on_ring_change(record);
    CHECK(all.heard().empty());
    CHECK(asks.heard() ==
          "{\"Seq\":3,\"Error\":\"\",\"After\":\"0000000000000002\",\"Before\":"
          "\"0000000000000001\",\"Event\":\"ring-changed\",\"Members\":3,\"Moved\":0.25,"
          "\"Ring\":\"default\",\"Time\":77}\n");
}
