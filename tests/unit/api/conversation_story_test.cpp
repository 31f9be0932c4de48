// `explain` and `doctor`, in both encodings (docs/api.md).
#include "agent/api/history_messages.h"
#include "agent/api/history_reader.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using Catch::Matchers::Contains;
using history::Kind;
using history::Standing;

namespace {

history::Change step(std::uint64_t seq, Kind kind, Standing from, Standing to) {
    history::Change change;
    change.seq = seq;
    change.kind = kind;
    change.subject = "n3";
    change.from = from;
    change.to = to;
    change.by = "n2";
    change.cause = kind == Kind::MemberFailed ? "timed-out" : "accused";
    change.endpoint = *Endpoint::parse("10.0.0.3:7946", 0);
    return change;
}

journal::Page two_steps() {
    journal::Page page;
    page.changes = {step(7, Kind::MemberSuspect, Standing::Alive, Standing::Suspect),
                    step(8, Kind::MemberFailed, Standing::Suspect, Standing::Failed)};
    return page;
}

history::Live live_member() {
    history::Live live;
    live.standing = Standing::Failed;
    live.endpoint = *Endpoint::parse("10.0.0.3:7946", 0);
    return live;
}

// The reply's header and its body.
std::vector<Value> asked(FakeBackend& backend, const std::string& bytes) {
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    auto said = objects_in(talk.say(bytes));
    REQUIRE(said.size() == 2);
    return said;
}

}  // namespace

TEST_CASE("a story comes with its sentences and its rows, in msgpack") {
    FakeBackend backend;
    backend.past = two_steps();
    backend.lives["n3"] = live_member();
    const auto said = asked(backend, request("explain", 2, ExplainRequest{.member = "n3"}));
    CHECK(said[0].find("Error")->text()->empty());
    const auto story = read_story(said[1]);
    REQUIRE(story);
    CHECK(story->member == "n3");
    CHECK(story->status == "failed");
    CHECK(story->since_ns == 0);
    REQUIRE(story->sentences.size() == 5);
    CHECK_THAT(story->sentences[1], Contains("n2 accused it of being silent"));
    CHECK_THAT(story->sentences[2], Contains("accused by n2, confirmed by nobody else"));
    REQUIRE(story->evidence.size() == 2);
    CHECK(story->evidence[0].seq == 7);
    CHECK(story->evidence[1].event == "member-failed");
    CHECK(backend.calls == std::vector<std::string>{"history n3 0"});
}

TEST_CASE("a story is one JSON object") {
    FakeBackend backend;
    backend.past = two_steps();
    backend.lives["n3"] = live_member();
    Talk talk(backend);
    const std::string said = talk.say("{\"Command\":\"explain\",\"Seq\":4,\"Member\":\"n3\"}\n");
    CHECK_THAT(said,
               Contains("{\"Seq\":4,\"Error\":\"\",\"Evidence\":[{\"Addr\":\"10.0.0.3\",") &&
                   Contains("\"Member\":\"n3\",\"Sentences\":[\"n3 at 10.0.0.3:7946 is failed "
                            "since ") &&
                   Contains("],\"Since\":0,\"Status\":\"failed\"}\n"));
}

TEST_CASE("of a member with many rows the newest are asked for, and told") {
    FakeBackend backend;
    backend.when_past = [](const journal::Question& question) {
        CHECK(question.member == "n3");
        CHECK(question.newest);
        CHECK(question.limit == history::most_changes);
        journal::Page page;
        for (std::uint64_t seq = 1001; seq < 1001 + question.limit; ++seq)
            page.changes.push_back(step(seq, Kind::MemberUpdate, Standing::Alive, Standing::Alive));
        page.next = 1001 + question.limit;
        return page;
    };
    const auto said = asked(backend, request("explain", 2, ExplainRequest{.member = "n3"}));
    const auto story = read_story(said[1]);
    REQUIRE(story);
    CHECK(backend.calls.size() == 1);
    CHECK(story->evidence.size() == history::most_evidence);
    CHECK(story->evidence.back().seq == 1000 + history::most_changes);
}

TEST_CASE("a name that nobody has had is an error in words") {
    FakeBackend backend;
    const auto said = asked(backend, request("explain", 2, ExplainRequest{.member = "n\x1b"}));
    CHECK(*said[0].find("Error")->text() ==
          "no member 'n\\x1b' is known, nor does the history know one of that name (see muster "
          "members)");
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"explain\"}\n") ==
          "{\"Seq\":0,\"Error\":\"explain: field Member is missing: the name of a member\"}\n");
    CHECK_THAT(talk.say("{\"Command\":\"explain\",\"Member\":7}\n"), Contains("Member"));
}

TEST_CASE("without its history a member is told from what is known now") {
    FakeBackend backend;
    backend.past = Error{"the journal cannot be opened now"};
    backend.lives["n3"] = live_member();
    const auto story =
        read_story(asked(backend, request("explain", 2, ExplainRequest{.member = "n3"}))[1]);
    REQUIRE(story);
    CHECK(story->status == "failed");
    CHECK(story->sentences.back() ==
          "How that came is not known: the journal cannot be opened now.");
    Talk talk(backend);
    CHECK_THAT(talk.say("{\"Command\":\"explain\",\"Member\":\"n4\"}\n"),
               Contains("\"Error\":\"the journal cannot be opened now\""));
}

TEST_CASE("what is found wrong comes in both encodings, to whoever may read") {
    FakeBackend backend;
    Access reader = Talk::full_access();
    reader.may_change = false;
    Talk talk(backend, reader);
    CHECK(talk.say("{\"Command\":\"doctor\"}\n") == "{\"Seq\":0,\"Error\":\"\",\"Findings\":[]}\n");
    backend.found_wrong = {{"f", "e", "r"}, {"g", "", ""}};
    CHECK(talk.say("{\"Command\":\"doctor\",\"Seq\":3}\n") ==
          "{\"Seq\":3,\"Error\":\"\",\"Findings\":[{\"Evidence\":\"e\",\"Finding\":\"f\","
          "\"Remedy\":\"r\"},{\"Evidence\":\"\",\"Finding\":\"g\",\"Remedy\":\"\"}]}\n");
    const auto findings = read_findings(asked(backend, request("doctor", 2))[1]);
    REQUIRE(findings);
    REQUIRE(findings->size() == 2);
    CHECK(findings->at(0).finding == "f");
    CHECK(findings->at(0).evidence == "e");
    CHECK(findings->at(0).remedy == "r");
}

TEST_CASE("the missing are streamed to those who ask for them, and counted in the history") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"stream\",\"Seq\":2,\"Type\":\"members-missing\"}\n");
    talk.heard();
    TurnoutRecord missing({.alive = 3, .known = 10}, 55);
    TurnoutRecord back({.alive = 5, .known = 10}, 56);
    talk.conversation->on_turnout(missing);
    talk.conversation->on_turnout(back);
    CHECK(talk.heard() ==
          "{\"Seq\":2,\"Error\":\"\",\"Alive\":3,\"Event\":\"members-missing\",\"Known\":10,"
          "\"Time\":55}\n");
    Talk serf(backend);
    serf.say(handshake());
    CHECK(*objects_in(serf.say(request("stream", 2, StreamRequest{.type = "members-back"})))
               .at(0)
               .find("Error")
               ->text() == errors::invalid_filter);
    serf.say(request("stream", 3, StreamRequest{.type = "*"}));
    serf.heard();
    serf.conversation->on_turnout(back);
    CHECK(serf.heard().empty());
    history::Change change;
    change.kind = Kind::MembersMissing;
    change.number = 3;
    change.number_before = 10;
    journal::Page page;
    page.changes = {change};
    backend.past = page;
    const auto past = read_history(asked(backend, request("history", 2, HistoryRequest{}))[1]);
    REQUIRE(past);
    CHECK(past->changes.at(0).event == "members-missing");
    CHECK(past->changes.at(0).number == 3);
    CHECK(past->changes.at(0).number_before == 10);
}
