// The commands about the past, in both encodings (docs/api.md).
#include <limits>

#include "agent/api/history_messages.h"
#include "agent/api/history_reader.h"
#include "agent/api/reply_reader.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using Catch::Matchers::Contains;
using history::Kind;
using history::Standing;

namespace {

history::Change failure() {
    history::Change change;
    change.seq = 7;
    change.wall_ns = 1'000'000'007;
    change.clock_ns = 17;
    change.kind = Kind::MemberFailed;
    change.subject = "n1";
    change.from = Standing::Suspect;
    change.to = Standing::Failed;
    change.incarnation = 3;
    change.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
    change.tags = *cluster::encode_tags({{"role", "web"}});
    change.tags_before = *cluster::encode_tags({{"role", "db"}});
    change.cause = "accused";
    change.by = "n2";
    change.others = {"n3", "n4"};
    change.health = 1;
    return change;
}

history::Change adoption() {
    history::Change change;
    change.seq = 8;
    change.kind = Kind::Ring;
    change.subject = "default";
    change.number = 0x22;
    change.number_before = 0x11;
    return change;
}

journal::Page page_of(std::vector<history::Change> changes) {
    journal::Page page;
    page.changes = std::move(changes);
    page.oldest = 5;
    page.newest = 20;
    page.next = 9;
    page.more = true;
    return page;
}

journal::PastView two_members() {
    journal::PastView past;
    past.seq = 9;
    history::Entry entry;
    entry.standing = Standing::Suspect;
    entry.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
    entry.tags = *cluster::encode_tags({{"role", "web"}});
    entry.incarnation = 3;
    entry.since_ns = 55;
    past.members["n1"] = entry;
    entry.standing = Standing::Left;
    past.members["node-a"] = entry;  // this agent itself
    return past;
}

// What is left of a reply after its header, in the extended records.
Value body_of(FakeBackend& backend, const std::string& asked) {
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    const auto said = objects_in(talk.say(asked));
    REQUIRE(said.size() == 2);
    CHECK(said[0].find("Error")->text()->empty());
    return said[1];
}

std::string refusal_of(FakeBackend& backend, const std::string& asked) {
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    const auto said = objects_in(talk.say(asked));
    REQUIRE(said.size() == 2);
    CHECK_FALSE(talk.link.finished);
    return std::string(*said[0].find("Error")->text());
}

}  // namespace

TEST_CASE("a change comes with all that is known of it, in msgpack") {
    FakeBackend backend;
    backend.past = page_of({failure(), adoption()});
    const auto reply = read_history(body_of(backend, request("history", 2, HistoryRequest{})));
    REQUIRE(reply);
    CHECK(reply->oldest == 5);
    CHECK(reply->newest == 20);
    CHECK(reply->next == 9);
    CHECK(reply->more);
    REQUIRE(reply->changes.size() == 2);
    const ReadChange& change = reply->changes[0];
    CHECK(change.seq == 7);
    CHECK(change.wall_ns == 1'000'000'007);
    CHECK(change.event == "member-failed");
    CHECK(change.subject == "n1");
    CHECK(change.from == "suspect");
    CHECK(change.to == "failed");
    CHECK(change.incarnation == 3);
    CHECK(change.addr == "10.0.0.1");
    CHECK(change.port == 7946);
    CHECK(change.cause == "accused");
    CHECK(change.by == "n2");
    CHECK(change.others == std::vector<Bytes>{"n3", "n4"});
    CHECK(change.health == 1);
    CHECK(change.tags == TextMap{{"role", "web"}});
    CHECK(change.tags_before == TextMap{{"role", "db"}});
    const ReadChange& ring = reply->changes[1];
    CHECK(ring.event == "ring-changed");
    CHECK(ring.fingerprint == "0000000000000022");
    CHECK(ring.fingerprint_before == "0000000000000011");
    CHECK(ring.number == 0);
    CHECK(ring.addr.empty());
    CHECK_FALSE(ring.tags_before);
}

TEST_CASE("a change is one JSON object, with nulls for what it has not") {
    FakeBackend backend;
    backend.past = page_of({failure(), adoption()});
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"history\",\"Seq\":4}\n") ==
          "{\"Seq\":4,\"Error\":\"\",\"Changes\":["
          "{\"Addr\":\"10.0.0.1\",\"By\":\"n2\",\"Cause\":\"accused\",\"Clock\":17,"
          "\"Event\":\"member-failed\",\"Fingerprint\":null,\"FingerprintBefore\":null,"
          "\"From\":\"suspect\",\"Health\":1,\"Incarnation\":3,\"Number\":0,\"NumberBefore\":0,"
          "\"Others\":[\"n3\",\"n4\"],\"Payload\":null,\"Port\":7946,\"Seq\":7,"
          "\"Subject\":\"n1\",\"Tags\":{\"role\":\"web\"},\"TagsBefore\":{\"role\":\"db\"},"
          "\"Time\":1000000007,\"To\":\"failed\"},"
          "{\"Addr\":\"\",\"By\":\"\",\"Cause\":\"\",\"Clock\":0,"
          "\"Event\":\"ring-changed\",\"Fingerprint\":\"0000000000000022\","
          "\"FingerprintBefore\":\"0000000000000011\",\"From\":\"none\",\"Health\":0,"
          "\"Incarnation\":0,\"Number\":0,\"NumberBefore\":0,\"Others\":[],\"Payload\":null,"
          "\"Port\":0,\"Seq\":8,"
          "\"Subject\":\"default\",\"Tags\":{},\"TagsBefore\":null,\"Time\":0,\"To\":\"none\"}],"
          "\"More\":true,\"Newest\":20,\"Next\":9,\"Oldest\":5}\n");
}

TEST_CASE("each kind of change has its word and its number") {
    FakeBackend backend;
    const auto [kind, word] = GENERATE(table<Kind, const char*>({
        {Kind::Start, "start"},
        {Kind::MemberJoin, "member-join"},
        {Kind::MemberLeave, "member-leave"},
        {Kind::MemberFailed, "member-failed"},
        {Kind::MemberUpdate, "member-update"},
        {Kind::MemberReap, "member-reap"},
        {Kind::MemberSuspect, "member-suspect"},
        {Kind::MemberCleared, "member-cleared"},
        {Kind::Conflict, "conflict"},
        {Kind::UserEvent, "user"},
        {Kind::LeaderAcquired, "leader-acquired"},
        {Kind::LeaderLost, "leader-lost"},
        {Kind::NewLeader, "new-leader"},
        {Kind::QuorumLost, "quorum-lost"},
        {Kind::QuorumRegained, "quorum-regained"},
        {Kind::Gap, "gap"},
        {Kind::MembersMissing, "members-missing"},
        {Kind::MembersBack, "members-back"},
    }));
    history::Change change;
    change.kind = kind;
    change.number = 41;
    change.payload = "\xff";
    backend.past = page_of({change});
    const auto reply = read_history(body_of(backend, request("history", 2, HistoryRequest{})));
    REQUIRE(reply);
    CHECK(reply->changes.at(0).event == word);
    CHECK(reply->changes.at(0).number == 41);
    CHECK(reply->changes.at(0).payload == "\xff");
    CHECK(reply->changes.at(0).fingerprint.empty());
}

TEST_CASE("bytes that are no text come in base64 beside what can be shown") {
    FakeBackend backend;
    history::Change change;
    change.kind = Kind::UserEvent;
    change.subject = Bytes("\xff\0n", 3);
    change.payload = "\xff";
    backend.past = page_of({change});
    Talk talk(backend);
    CHECK_THAT(talk.say("{\"Command\":\"history\"}\n"),
               Contains("\"SubjectBase64\":\"/wBu\"") && Contains("\"PayloadBase64\":\"/w==\""));
}

TEST_CASE("what is asked reaches the journal, however it is asked") {
    FakeBackend backend;
    std::vector<journal::Question> asked;
    backend.when_past = [&](const journal::Question& question) {
        asked.push_back(question);
        return journal::Page{};
    };
    SECTION("with everything") {
        const HistoryRequest wanted{.member = "n1", .from = 4, .since_ns = -5, .limit = 10};
        body_of(backend, request("history", 2, wanted));
        Talk talk(backend);
        talk.say(
            "{\"Command\":\"history\",\"Member\":\"n1\",\"From\":4,\"Since\":-5,\"Limit\":10}\n");
        REQUIRE(asked.size() == 2);
        for (const journal::Question& question : asked) {
            CHECK(question.member == "n1");
            CHECK(question.from == 4);
            CHECK(question.since_ns == -5);
            CHECK(question.limit == 10);
        }
    }
    SECTION("with nothing") {
        body_of(backend, request("history", 2, HistoryRequest{}));
        Talk talk(backend);
        CHECK(talk.say("{\"Command\":\"history\"}\n") ==
              "{\"Seq\":0,\"Error\":\"\",\"Changes\":[],\"More\":false,\"Newest\":0,\"Next\":1,"
              "\"Oldest\":1}\n");
        REQUIRE(asked.size() == 2);
        for (const journal::Question& question : asked) {
            CHECK(question.member.empty());
            CHECK(question.from == 0);
            CHECK_FALSE(question.since_ns);
            CHECK(question.limit == journal::max_page);
        }
    }
    SECTION("of a member whose name is no text") {
        Talk talk(backend);
        talk.say("{\"Command\":\"history\",\"MemberBase64\":\"/wBu\"}\n");
        REQUIRE(asked.size() == 1);
        CHECK(asked[0].member == Bytes("\xff\0n", 3));
    }
    SECTION("at the ends of the numbers") {
        constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min();
        constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
        body_of(backend, request("history", 2, HistoryRequest{.from = last, .since_ns = first}));
        REQUIRE(asked.size() == 1);
        CHECK(asked[0].from == last);
        CHECK(asked[0].since_ns == first);
    }
}

TEST_CASE("the members as they were come as the members do, numbered by the last change") {
    FakeBackend backend;
    backend.past_view = two_members();
    const auto body = body_of(backend, request("members-at", 2, MembersAtRequest{.seq = 9}));
    const auto reply = read_members(body);
    REQUIRE(reply);
    CHECK(reply->index == 9);
    REQUIRE(reply->members.size() == 2);
    CHECK(reply->members[0].name == "n1");
    CHECK(reply->members[0].status == "alive");
    CHECK(reply->members[0].suspect == true);
    CHECK(reply->members[0].incarnation == 3);
    CHECK(reply->members[0].tags == TextMap{{"role", "web"}});
    CHECK(reply->members[0].self == false);
    CHECK(reply->members[1].status == "left");
    CHECK(reply->members[1].self == true);
    Talk talk(backend);
    CHECK_THAT(talk.say("{\"Command\":\"members-at\",\"Time\":-1}\n"),
               Contains("{\"Seq\":0,\"Error\":\"\",\"Index\":9,\"Members\":[{\"Addr\":"
                        "\"10.0.0.1\",") &&
                   Contains("\"Name\":\"n1\"") && Contains("\"Since\":55"));
    CHECK(backend.calls == std::vector<std::string>{"members-at 9", "members-at 0"});
}

TEST_CASE("a moment reaches the journal as a number or as a time") {
    FakeBackend backend;
    std::vector<journal::Moment> asked;
    backend.when_past_view = [&](const journal::Moment& moment) {
        asked.push_back(moment);
        return journal::PastView{};
    };
    Talk talk(backend);
    talk.say("{\"Command\":\"members-at\",\"At\":0}\n");
    talk.say("{\"Command\":\"members-at\",\"Time\":-7}\n");
    body_of(backend, request("members-at", 2, MembersAtRequest{.time_ns = 12}));
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].seq == 0U);
    CHECK_FALSE(asked[1].seq);
    CHECK(asked[1].wall_ns == -7);
    CHECK_FALSE(asked[2].seq);
    CHECK(asked[2].wall_ns == 12);
}

TEST_CASE("a question that makes no sense is refused in words, and never asked") {
    FakeBackend backend;
    Talk talk(backend);
    const auto [line, words] = GENERATE(table<const char*, const char*>({
        {"{\"Command\":\"history\",\"From\":\"x\"}", "From"},
        {"{\"Command\":\"history\",\"From\":-1}", "From"},
        {"{\"Command\":\"history\",\"From\":1.5}", "From"},
        {"{\"Command\":\"history\",\"Limit\":-1}", "Limit"},
        {"{\"Command\":\"history\",\"Limit\":[]}", "Limit"},
        {"{\"Command\":\"history\",\"Since\":\"10m\"}", "Since"},
        {"{\"Command\":\"history\",\"Member\":7}", "Member"},
        {"{\"Command\":\"history\",\"MemberBase64\":\"?\"}", "MemberBase64: expected base64"},
        {"{\"Command\":\"members-at\",\"At\":-1}", "At"},
        {"{\"Command\":\"members-at\",\"At\":\"10m\"}", "At"},
        {"{\"Command\":\"members-at\",\"Time\":\"10m\"}", "Time"},
        {"{\"Command\":\"members-at\"}",
         "members-at: give one of the fields At, with a change's number, and Time, in nanoseconds "
         "since 1970"},
        {"{\"Command\":\"members-at\",\"At\":1,\"Time\":1}", "give one of the fields At"},
    }));
    CAPTURE(line);
    const std::string said = talk.say(std::string(line) + "\n");
    CHECK_THAT(said, Contains(words));
    CHECK_THAT(said, !Contains("\"Error\":\"\"") && !Contains("Changes") && !Contains("Members\""));
    CHECK(backend.calls.empty());
    CHECK_FALSE(talk.link.finished);
    CHECK_THAT(talk.say("{\"Command\":\"history\"}\n"), Contains("\"Error\":\"\""));
}

TEST_CASE("the same in msgpack, with an empty body") {
    FakeBackend backend;
    const auto map_of = [](const char* key, const std::string& value) {
        std::string header;
        encode_header({.command = Bytes("history"), .seq = 2}, header);
        return header + "\x81" + static_cast<char>(0xa0 + std::string_view(key).size()) + key +
               value;
    };
    CHECK_THAT(refusal_of(backend, map_of("From", "\xff")), Contains("From"));      // -1
    CHECK_THAT(refusal_of(backend, map_of("Limit", "\xff")), Contains("Limit"));    // -1
    CHECK_THAT(refusal_of(backend, map_of("Member", "\x07")), Contains("Member"));  // 7
    CHECK_THAT(refusal_of(backend, map_of("Since", "\xa1x")), Contains("Since"));   // "x"
    CHECK(backend.calls.empty());
}

TEST_CASE("what the journal cannot answer is said in its words") {
    FakeBackend backend;
    const std::string words = "there is no change 9 yet: the newest one is 8";
    backend.past = Error{"the journal cannot be opened now"};
    backend.past_view = Error{words};
    CHECK(refusal_of(backend, request("history", 2, HistoryRequest{})) ==
          "the journal cannot be opened now");
    CHECK(refusal_of(backend, request("members-at", 2, MembersAtRequest{.seq = 9})) == words);
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"history\",\"Seq\":3}\n") ==
          "{\"Seq\":3,\"Error\":\"the journal cannot be opened now\"}\n");
    CHECK(talk.say("{\"Command\":\"members-at\",\"At\":9}\n") ==
          "{\"Seq\":0,\"Error\":\"" + words + "\"}\n");
}

TEST_CASE("who may only read may ask about the past") {
    FakeBackend backend;
    backend.past_view = two_members();
    Access reader = Talk::full_access();
    reader.may_change = false;
    reader.denial = "only root";
    Talk talk(backend, reader);
    CHECK_THAT(talk.say("{\"Command\":\"history\"}\n"), Contains("\"Error\":\"\""));
    CHECK_THAT(talk.say("{\"Command\":\"members-at\",\"At\":9}\n"),
               Contains("\"Error\":\"\"") && Contains("\"Index\":9"));
    CHECK_THAT(talk.say("{\"Command\":\"drain\",\"On\":true}\n"), Contains("only root"));
}

TEST_CASE("while the journal is asked, the next request waits; a client that has gone hears none") {
    FakeBackend backend;
    backend.answers_at_once = false;
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"history\",\"Seq\":1}\n{\"Command\":\"members-at\",\"Seq\":2,"
                   "\"At\":0}\n")
              .empty());
    CHECK(backend.calls == std::vector<std::string>{"history  0"});
    backend.complete_one();
    CHECK_THAT(talk.heard(), Contains("\"Seq\":1") && !Contains("\"Seq\":2"));
    CHECK(backend.calls == std::vector<std::string>{"history  0", "members-at 0"});
    talk.conversation.reset();
    backend.complete_one();
    CHECK(talk.heard().empty());
}
