// `muster explain` and `muster doctor`, against a server of ours.
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using history::Kind;
using history::Standing;

namespace {

history::Change failure() {
    history::Change change;
    change.seq = 7;
    change.kind = Kind::MemberFailed;
    change.subject = "n3";
    change.from = Standing::Suspect;
    change.to = Standing::Failed;
    change.cause = "timed-out";
    change.by = "n2";
    change.endpoint = *Endpoint::parse("10.0.0.3:7946", 0);
    return change;
}

void arrange(Agent& agent) {
    journal::Page page;
    page.changes = {failure()};
    agent.backend.past = page;
    history::Live& live = agent.backend.lives["n3"];
    live.standing = Standing::Failed;
    live.endpoint = failure().endpoint;
}

}  // namespace

TEST_CASE("a member is explained to people and to programs") {
    Agent agent;
    arrange(agent);
    agent.start();
    const Outcome text = muster_at(agent, {"explain", "n3"});
    CHECK(text.status == ExitStatus::Done);
    CHECK_THAT(text.output, StartsWith("n3 at 10.0.0.3:7946 is failed since 1970-01-01 ") &&
                                Contains("accused by n2, confirmed by nobody else.\n") &&
                                Contains("muster force-leave n3.\n"));
    const Outcome json = muster_at(agent, {"explain", "n3", "--format", "json"});
    CHECK(json.status == ExitStatus::Done);
    CHECK_THAT(json.output,
               StartsWith("{\"member\":\"n3\",\"status\":\"failed\",\"since\":"
                          "\"1970-01-01T00:00:00.000Z\",\"sentences\":[\"n3 at ") &&
                   Contains("],\"evidence\":[{\"seq\":7,\"time\":\"1970-01-01T00:00:00.000Z\","
                            "\"event\":\"member-failed\",\"member\":\"n3\"") &&
                   Contains("\"cause\":{\"kind\":\"timed-out\",\"by\":\"n2\",\"others\":[]}"));
}

TEST_CASE("a member that nobody knows is an error") {
    Agent agent;
    agent.start();
    const Outcome unknown = muster_at(agent, {"explain", "n9"});
    CHECK(unknown.status == ExitStatus::Error);
    CHECK(unknown.errors ==
          "muster: no member 'n9' is known, nor does the history know one of that name (see muster "
          "members)\n");
    CHECK(muster_at(agent, {"explain"}).status == ExitStatus::Usage);
    CHECK(muster_at(agent, {"explain", "a", "b"}).status == ExitStatus::Usage);
    CHECK(muster_at(agent, {"doctor", "a"}).status == ExitStatus::Usage);
}

TEST_CASE("a healthy agent has no findings") {
    Agent agent;
    agent.start();
    const Outcome text = muster_at(agent, {"doctor"});
    CHECK(text.status == ExitStatus::Done);
    CHECK(text.output == "nothing found\n");
    CHECK(muster_at(agent, {"doctor", "--format=json"}).output == "{\"findings\":[]}\n");
}

TEST_CASE("what is found is shown with its evidence and its remedy, and is exit status 4") {
    Agent agent;
    agent.backend.found_wrong = {{"UDP is \x1b blocked", "nothing came", "open it"},
                                 {"b", "c", "d"}};
    agent.start();
    const Outcome text = muster_at(agent, {"doctor"});
    CHECK(text.status == ExitStatus::No);
    CHECK(text.output ==
          "UDP is \\x1b blocked\n  seen by: nothing came\n  to do: open it\nb\n  seen by: c\n  to "
          "do: d\n");
    const Outcome json = muster_at(agent, {"doctor", "--format=json"});
    CHECK(json.status == ExitStatus::No);
    CHECK(json.output ==
          "{\"findings\":[{\"finding\":\"UDP is \\u001b blocked\",\"evidence\":\"nothing came\","
          "\"remedy\":\"open it\"},{\"finding\":\"b\",\"evidence\":\"c\",\"remedy\":\"d\"}]}\n");
}
