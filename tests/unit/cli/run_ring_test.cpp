// `muster ring` and `muster drain`, against a server of ours.
#include "agent/api/text.h"
#include "agent/api/value.h"
#include "agent/ring/status.h"
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

void fill(Agent& agent, const std::vector<Bytes>& names) {
    for (const Bytes& name : names)
        agent.backend.ring_views.put(TimePoint(1s), name, ring::Standing::Here, {}, false);
    std::vector<ring::Adoption> adoptions;
    agent.backend.ring_views.tick(TimePoint(1s), adoptions);
}

std::string fingerprint(const Agent& agent) {
    return ring::fingerprint_text(agent.backend.ring_views.all().front().in_use()->fingerprint());
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("the owners of keys, from the command line and from the input, in any number") {
    Agent agent;
    fill(agent, {"n1", "n2", "n3"});
    agent.start();
    const Outcome two = muster_at(agent, {"ring", "owners", "-n", "2", "a", "b"});
    CHECK(two.status == ExitStatus::Done);
    CHECK(lines(two.output) == 2);
    CHECK_THAT(two.output, StartsWith("a: n"));
    std::string input;
    for (int i = 0; i < 2500; ++i)
        input += "key " + std::to_string(i) + "\n";
    const Outcome many = muster_at(agent, {"ring", "owners", "-", "--format", "json"}, input);
    CHECK(many.status == ExitStatus::Done);
    CHECK(lines(many.output) == 2500);
    CHECK_THAT(many.output,
               StartsWith("{\"ring\":\"default\",\"fingerprint\":\"" + fingerprint(agent) +
                          "\",\"key\":\"key 0\",\"owners\":[\"n"));
    // A last line without an end, and an empty key.
    const Outcome odd = muster_at(agent, {"ring", "owners", "-"}, "\nb");
    CHECK(lines(odd.output) == 2);
    CHECK_THAT(odd.output, StartsWith(": n"));
}

TEST_CASE("nobody owns a key of an empty ring, and the exit status says so") {
    Agent agent;
    agent.start();
    const Outcome nobody = muster_at(agent, {"ring", "owners", "k"});
    CHECK(nobody.status == ExitStatus::No);
    CHECK(nobody.output == "k: no owner\n");
    const Outcome unknown = muster_at(agent, {"ring", "show", "--ring", "x"});
    CHECK(unknown.status == ExitStatus::Error);
    CHECK_THAT(unknown.errors, Contains("there is no ring 'x'"));
}

TEST_CASE("a ring is shown to people and to programs, and no name drives the terminal") {
    Agent agent;
    fill(agent, {"n1", "n\x1b[2J"});
    agent.start();
    const Outcome text = muster_at(agent, {"ring", "show"});
    CHECK_THAT(text.output, StartsWith("ring default, vnodes, fingerprint " + fingerprint(agent)));
    CHECK_THAT(text.output, Contains("n\\x1b[2J") && Contains(" %"));
    CHECK(text.output.find('\x1b') == std::string::npos);
    const Outcome json = muster_at(agent, {"--format=json", "ring", "show"});
    CHECK_THAT(json.output, Contains("\"members\":[{\"name\":\"n\\u001b[2J\",\"weight\":1,") &&
                                Contains("\"pending\":null,\"pending_ms\":null,\"held_out\":[]"));
}

TEST_CASE("what a change would move") {
    Agent agent;
    fill(agent, {"n1", "n2"});
    agent.start();
    const Outcome text = muster_at(agent, {"ring", "diff", "--without", "n2"});
    CHECK(text.status == ExitStatus::Done);
    CHECK_THAT(text.output, Contains("% of the keys would move\n") && Contains("n2    n1"));
    const Outcome json = muster_at(agent, {"ring", "diff", "--with", "n1:0", "--format=json"});
    CHECK_THAT(json.output, Contains("\"from\":\"n1\",\"to\":\"n2\",\"share\":0."));
    const Outcome none = muster_at(agent, {"ring", "diff", "--without", "n7"});
    CHECK(none.status == ExitStatus::Error);
    CHECK(none.errors == "muster: the ring has no member n7 (see `muster ring show`)\n");
}

TEST_CASE("what has moved since a moment") {
    Agent agent;
    fill(agent, {"n1", "n2"});
    journal::PastView past;
    past.members["n1"].standing = history::Standing::Alive;
    std::vector<journal::Moment> asked;
    agent.backend.when_past_view = [&](const journal::Moment& moment) {
        asked.push_back(moment);
        return past;
    };
    agent.start();
    const Outcome text = muster_at(agent, {"ring", "diff", "--at", "7"});
    CHECK(text.status == ExitStatus::Done);
    CHECK_THAT(text.output, Contains("% of the keys have moved\n") && Contains("n1    n2"));
    CHECK(muster_at(agent, {"ring", "diff", "--at", "1970-01-01T00:00:05Z"}).status ==
          ExitStatus::Done);
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].seq == 7U);
    CHECK_FALSE(asked[1].seq);
    CHECK(asked[1].wall_ns == 5'000'000'000);
    const Outcome odd = muster_at(agent, {"ring", "diff", "--at", "yesterday"});
    CHECK(odd.status == ExitStatus::Error);
    CHECK_THAT(odd.errors, StartsWith("muster: 'yesterday' is no moment"));
}

TEST_CASE("whether all agree decides the exit status") {
    Agent agent;
    fill(agent, {"n1"});
    agent.backend.table.clear();
    agent.backend.add("n1", "10.0.0.1:7946", {{"muster", "1"}});
    const auto [answers, status, words] = GENERATE(table<int, ExitStatus, const char*>({
        {1, ExitStatus::Done, "the same: n1\n"},
        {2, ExitStatus::No, "another: n1: uses 0000000000000007\n"},
        {0, ExitStatus::No, "no answer: n1\n"},
    }));
    agent.backend.when_asked = [&agent, answers = answers](std::size_t query) {
        agent.later([&agent, answers, query] {
            ring::StatusAnswer answer =
                ring::answer_status(TimePoint(1s), agent.backend.ring_views, "", {});
            if (answers == 2)
                answer.rings["default"].in_use = 7;
            if (answers > 0)
                agent.backend.answer(query, cluster::QueryAnswer::Kind::Response, "n1",
                                     ring::encode_status(answer, 1000));
            agent.backend.answer(query, cluster::QueryAnswer::Kind::Done);
        });
    };
    agent.start();
    const Outcome waited = muster_at(agent, {"wait", "--ring-agreed", "--timeout", "1ms"});
    CHECK(waited.status == (status == ExitStatus::Done ? status : ExitStatus::NotReached));
    const Outcome outcome = muster_at(agent, {"ring", "status"});
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.output, Contains(words));
}

TEST_CASE("an export is one object, however many parts it came in") {
    Agent agent;
    std::vector<Bytes> names;
    names.reserve(200);
    for (int i = 0; i < 200; ++i)
        names.push_back("m" + std::to_string(i));
    fill(agent, names);  // more points than one reply has
    agent.start();
    const Outcome whole = muster_at(agent, {"ring", "export"});
    CHECK(whole.status == ExitStatus::Done);
    CHECK(lines(whole.output) == 1);
    const auto value = api::parse_json(whole.output.substr(0, whole.output.size() - 1),
                                       {.values = 1U << 20U, .depth = 8});
    REQUIRE(value);
    CHECK(value->find("points")->list()->size() == 200 * 448);
    CHECK(value->find("members")->list()->size() == 200);
    CHECK(*value->find("fingerprint")->text() == fingerprint(agent));
}

TEST_CASE("a drain is begun, asked after, and ended") {
    Agent agent;
    agent.start();
    const Outcome before = muster_at(agent, {"drain", "status"});
    CHECK(before.status == ExitStatus::No);
    CHECK(before.output == "this host is not drained\n");
    const Outcome on = muster_at(agent, {"drain", "on"});
    CHECK(on.status == ExitStatus::Done);
    CHECK(on.output == "this host is drained until `muster drain off`\n");
    const Outcome timed = muster_at(agent, {"drain", "on", "--for", "90s", "--format", "json"});
    CHECK(timed.output == "{\"draining\":true,\"until\":\"1970-01-01T00:03:10.000Z\"}\n");
    CHECK(muster_at(agent, {"drain", "status"}).status == ExitStatus::Done);
    const Outcome off = muster_at(agent, {"drain", "off"});
    CHECK(off.status == ExitStatus::Done);
    CHECK(off.output == "this host is not drained\n");
}

TEST_CASE("what makes no sense on the command line is usage") {
    const Agent agent;
    const auto arguments = GENERATE(values<std::vector<std::string>>({
        {"ring"},
        {"ring", "owners"},
        {"ring", "owners", "-n", "0", "k"},
        {"ring", "owners", "-n", "x", "k"},
        {"ring", "diff"},
        {"ring", "diff", "--with", "n1"},
        {"ring", "diff", "--with", "n1:101"},
        {"ring", "diff", "--with", "n1:-1"},
        {"ring", "diff", "--with", ":1"},
        {"ring", "diff", "--with", "n1:1", "--without", "n2"},
        {"ring", "diff", "--at", "7", "--without", "n2"},
        {"ring", "diff", "--at", "7", "--with", "n2:1"},
        {"ring", "status", "--timeout", "soon"},
        {"drain"},
        {"drain", "on", "--for", "0s"},
        {"drain", "on", "--for", "100000h"},
        {"drain", "on", "--for", "-1s"},
    }));
    CAPTURE(arguments);
    CHECK(muster_at(agent, arguments).status == ExitStatus::Usage);
}
