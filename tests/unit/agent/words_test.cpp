#include "agent/words.h"

#include <catch2/catch.hpp>

using namespace muster;
using cluster::Status;
using swim::CauseKind;
using Kind = MemberEvent::Kind;

namespace {

MemberEvent event(Kind kind, Status from, Status to, swim::Cause cause = {}) {
    MemberEvent event{};
    event.kind = kind;
    event.name = "n2";
    event.endpoint = *Endpoint::parse("10.0.0.2:7946", 0);
    event.from = from;
    event.to = to;
    event.incarnation = 4;
    event.cause = std::move(cause);
    return event;
}

}  // namespace

TEST_CASE("each change of a member is one sentence with its reason") {
    struct Row {
        MemberEvent event;
        const char* text;
    };
    const auto row = GENERATE(values<Row>({
        {event(Kind::Join, Status::None, Status::Alive), "member n2 joined at 10.0.0.2:7946"},
        {event(Kind::Join, Status::Failed, Status::Alive),
         "member n2 is back at 10.0.0.2:7946, it was failed"},
        {event(Kind::Failed, Status::Alive, Status::Failed, {CauseKind::TimedOut, "", {"n3"}}),
         "member n2 failed: no answer to probes from n1, confirmed by n3"},
        {event(Kind::Failed, Status::Alive, Status::Failed, {CauseKind::TimedOut, "n4", {}}),
         "member n2 failed: no answer to probes from n4"},
        {event(Kind::Failed, Status::Alive, Status::Failed,
               {CauseKind::TimedOut, "n1", {"n3", "n4"}}),
         "member n2 failed: no answer to probes from n1, confirmed by n3, n4"},
        {event(Kind::Failed, Status::Alive, Status::Failed, {CauseKind::DeclaredDead, "n3", {}}),
         "member n2 failed: declared dead by n3"},
        {event(Kind::Failed, Status::Alive, Status::Failed, {CauseKind::PushPull, "n3", {}}),
         "member n2 failed: learned from n3"},
        {event(Kind::Failed, Status::Alive, Status::Failed, {CauseKind::Alive, "", {}}),
         "member n2 failed"},
        {event(Kind::Leave, Status::Leaving, Status::Left, {CauseKind::Left, "", {}}),
         "member n2 left"},
        {event(Kind::Leave, Status::Failed, Status::Left, {CauseKind::Left, "", {}}),
         "member n2 left: it was failed, and a leave was heard for it"},
        {event(Kind::Update, Status::Alive, Status::Alive),
         "member n2 changed its tags or its address"},
        {event(Kind::Reap, Status::Failed, Status::None), "member n2 is forgotten, it was failed"},
        {event(Kind::Suspect, Status::Alive, Status::Alive, {CauseKind::ProbeFailed, "", {}}),
         "member n2 is suspected: no answer to probes from n1"},
        {event(Kind::Suspect, Status::Alive, Status::Alive, {CauseKind::Accused, "n3", {}}),
         "member n2 is suspected: accused by n3"},
        {event(Kind::Cleared, Status::Alive, Status::Alive, {CauseKind::Refuted, "", {}}),
         "member n2 is no longer suspected: it says itself that it is alive (incarnation 4)"},
    }));
    CHECK(describe(row.event, "n1") == row.text);
}

TEST_CASE("a name that could be taken for other words stands between quotes") {
    CHECK(in_words("n2") == "n2");
    CHECK(in_words("web-1.example.com") == "web-1.example.com");
    CHECK(in_words("") == "''");
    CHECK(in_words("n1 failed: no answer") == "'n1 failed: no answer'");
    CHECK(in_words("n1,") == "'n1,'");
    CHECK(in_words("it's") == "'it's'");
    CHECK(in_words("a\nb") == "'a\nb'");
}

TEST_CASE("a conflict names both addresses and what to do") {
    NameConflict conflict{"n1", *Endpoint::parse("10.0.0.1:7946", 0),
                          *Endpoint::parse("10.0.0.9:7946", 0)};
    CHECK(describe(conflict, "n1") ==
          "another host calls itself n1 too: it is at 10.0.0.9:7946, we are at 10.0.0.1:7946 (give "
          "one of the two another name, see --node)");
    CHECK(describe(conflict, "n2") ==
          "two hosts call themselves n1: 10.0.0.1:7946 and 10.0.0.9:7946; the first is believed "
          "(rename the other, see --node, or force-leave the first if it has moved)");
}
