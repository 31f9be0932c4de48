// `muster` on events, queries, tags and keys, against a server of ours and a cluster that is made
// up.
#include <set>

#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "swim/keyring.h"
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using AnswerKind = cluster::QueryAnswer::Kind;

namespace {

// The keyrings of the agent's members, changed as the cluster would change them.
class Keyrings {
public:
    explicit Keyrings(Agent& agent) : agent_(&agent) {
        for (const api::FakeMember& member : agent.backend.table)
            install(member.name, first);
        agent.backend.keyrings = [this](cluster::KeyAction action, const Bytes& key) {
            return act(action, key);
        };
    }

    void install(const Bytes& name, const char* key) {
        rings[name].install(*swim::Key::from_base64(key));
    }
    std::string primary(const Bytes& name) { return rings[name].keys().front().base64(); }
    std::size_t count(const Bytes& name) { return rings[name].keys().size(); }

    static constexpr char first[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    std::map<Bytes, swim::Keyring> rings;
    std::set<Bytes> deaf;       // answers nothing
    std::set<Bytes> read_only;  // cannot write its file
    std::vector<std::string> actions;
    std::function<void(const std::string& action)> before;

private:
    cluster::KeyReport act(cluster::KeyAction action, const Bytes& raw) {
        constexpr const char* names[] = {"install", "use", "remove", "list"};
        actions.emplace_back(names[static_cast<int>(action)]);
        if (before)
            before(actions.back());
        cluster::KeyReport report;
        for (const api::FakeMember& member : agent_->backend.table) {
            if (member.status != cluster::Status::Alive)
                continue;
            ++report.members;
            if (deaf.contains(member.name)) {
                report.silent.push_back(member.name);
                continue;
            }
            ++report.responses;
            answer(action, raw, member.name, report);
        }
        const std::string of = "/" + std::to_string(report.members) + " nodes reported ";
        if (report.errors > 0)
            report.error = std::to_string(report.errors) + of + "failure";
        else if (report.responses < report.members)
            report.error = std::to_string(report.responses) + of + "success";
        return report;
    }

    void answer(cluster::KeyAction action, const Bytes& raw, const Bytes& name,
                cluster::KeyReport& report) {
        swim::Keyring& ring = rings[name];
        if (action == cluster::KeyAction::List) {
            report.key_lists[name] = ring.base64();
            for (const std::string& key : ring.base64())
                ++report.keys[key];
            ++report.primary_keys[ring.keys().front().base64()];
            return;
        }
        const swim::Key key = *swim::Key::from_bytes(raw);
        std::optional<Error> error;
        if (read_only.contains(name))
            error = Error{"Failed to write keyring file: read-only file system"};
        else if (action == cluster::KeyAction::Install)
            error = ring.install(key);
        else
            error = action == cluster::KeyAction::Use ? ring.use(key) : ring.remove(key);
        if (!error)
            return;
        ++report.errors;
        report.messages[name] = error->text;
    }

    Agent* agent_;
};

// Answers every query with these, one after the other.
void answer_all(Agent& agent, const std::vector<cluster::QueryAnswer>& answers) {
    agent.backend.when_asked = [&agent, answers](std::size_t query) {
        agent.later([&agent, answers, query] {
            for (const cluster::QueryAnswer& answer : answers)
                agent.backend.answer(query, answer.kind, answer.from, answer.payload);
        });
    };
}

cluster::QueryAnswer ack(const char* from) {
    return {0, AnswerKind::Ack, from, {}};
}
cluster::QueryAnswer response(const char* from, const char* payload) {
    return {0, AnswerKind::Response, from, payload};
}
cluster::QueryAnswer done() {
    return {};
}

}  // namespace

// ---- tags and events ----

TEST_CASE("tags are set and deleted, and shown as they are then") {
    Agent agent;
    agent.backend.own_tags = {{"role", "web"}};
    agent.start();
    CHECK(muster_at(agent, {"tags", "set", "dc=east", "role=db=2"}).output ==
          "the tags are now: dc=east,role=db=2\n");
    CHECK(muster_at(agent, {"tags", "delete", "dc", "--format", "json"}).output ==
          "{\"tags\":{\"role\":\"db=2\"},\"index\":3}\n");
    const Outcome over = muster_at(agent, {"tags", "set", "big=" + std::string(600, 'x')});
    CHECK(over.status == ExitStatus::Error);
    CHECK(over.errors ==
          "muster: Encoded length of tags exceeds limit of 512 bytes by 107: shorten or delete "
          "some\n");
}

TEST_CASE("an event is fired, its payload given or read") {
    Agent agent;
    agent.backend.ltime = 17;
    agent.start();
    CHECK(muster_at(agent, {"event", "deploy", "v1", "--format", "json"}).output ==
          "{\"ltime\":17}\n");
    CHECK(muster_at(agent, {"event", "deploy", "-", "--coalesce"}, "from\ninput").output ==
          "the event deploy is on its way (LTime 17)\n");
    agent.later([&] { agent.backend.error = "user event exceeds configured limit"; });
    const Outcome refused = muster_at(agent, {"event", "deploy"});
    CHECK(refused.status == ExitStatus::Error);
    CHECK(refused.errors == "muster: user event exceeds configured limit\n");
    CHECK(agent.backend.calls == std::vector<std::string>{"event deploy v1",
                                                          "event deploy from\ninput coalesce",
                                                          "event deploy "});
    const Outcome endless = muster_at(agent, {"event", "deploy", "-"}, std::string(70000, 'x'));
    CHECK(endless.errors == "muster: too much\n");
}

// ---- queries ----

TEST_CASE("a query's answers are shown as they come, with a summary") {
    Agent agent;
    answer_all(agent, {ack("n1"), response("n1", "1.02\n"), ack("n2"), done()});
    agent.start();
    const std::vector<std::string> arguments{"query", "load",          "15m",      "--filter-node",
                                             "n1",    "--filter-node", "n2",       "--timeout",
                                             "2s",    "--filter-tag",  "role=w.*", "--relay-factor",
                                             "3"};
    const Outcome text = muster_at(agent, arguments);
    CHECK(text.status == ExitStatus::Done);
    CHECK(text.output == "ack from n1\nresponse from n1: 1.02\nack from n2\n2 acks, 1 response\n");
    const cluster::QueryRequest& wanted = agent.backend.queries.at(0).wanted;
    CHECK(wanted.payload == "15m");
    CHECK(wanted.filter_nodes == std::vector<Bytes>{"n1", "n2"});
    CHECK(wanted.filter_tags == std::vector<std::pair<Bytes, Bytes>>{{"role", "w.*"}});
    CHECK(wanted.relay_factor == 3);
    CHECK(wanted.wants_acks);
    CHECK(wanted.timeout == 2s);
    CHECK(muster_at(agent, {"query", "load", "--no-ack", "--format", "json"}).output ==
          "{\"type\":\"ack\",\"from\":\"n1\"}\n"
          "{\"type\":\"response\",\"from\":\"n1\",\"payload\":\"MS4wMgo=\"}\n"
          "{\"type\":\"ack\",\"from\":\"n2\"}\n"
          "{\"type\":\"done\",\"acks\":2,\"responses\":1,\"lost\":0}\n");
    CHECK_FALSE(agent.backend.queries.at(1).wanted.wants_acks);
}

TEST_CASE("acks and responses of nobody, as a serf may send at the end, are not shown") {
    Agent agent;
    answer_all(agent, {ack("n1"), ack(""), response("", ""), done()});
    agent.start();
    CHECK(muster_at(agent, {"query", "load"}).output == "ack from n1\n1 ack, 0 responses\n");
}

TEST_CASE("a query that is refused is an error") {
    Agent agent;
    agent.start();
    CHECK(muster_at(agent, {"query", "_serf_conflict"}).errors ==
          "muster: Queries cannot contain the '_serf_' prefix\n");
    CHECK(muster_at(agent, {"query", "q", "--filter-tag", "role=("}).errors ==
          "muster: the expression for tag 'role', '(', is not valid: missing ): (\n");
}

TEST_CASE("a client may go while its query runs") {
    Agent agent;
    agent.backend.when_asked = [&](std::size_t) {
        agent.later([&] { agent.backend.answer(0, AnswerKind::Ack, "n1"); });
    };
    agent.start();
    {
        RecordingTerminal terminal;
        terminal.fails_at = 1;  // its reader goes away, and it with it
        const std::string path = agent.config.path;
        CHECK(run({"query", "load"}, {.muster_api = path.c_str()}, terminal) == ExitStatus::Error);
    }
    agent.later([&] {
        agent.backend.answer(0, AnswerKind::Response, "n1", "x");
        agent.backend.answer(0, AnswerKind::Done);
    });
    CHECK(muster_at(agent, {"members"}).status == ExitStatus::Done);
}

TEST_CASE("reachability is yes as soon as all have answered, else no") {
    Agent agent;
    agent.backend.add("n3", "10.0.0.3:7946");
    agent.backend.table[2].status = cluster::Status::Failed;
    answer_all(agent, {ack("n1"), ack("n2")});  // the query goes on
    agent.start();
    const Outcome all = muster_at(agent, {"reachability", "--format", "json"});
    CHECK(all.status == ExitStatus::Done);
    CHECK(all.output == "{\"total\":3,\"live\":2,\"acks\":2,\"missing\":[],\"unexpected\":[]}\n");
    CHECK(agent.backend.queries.at(0).wanted.name == "_serf_ping");
    agent.later([&] { answer_all(agent, {ack("n1"), done()}); });
    const Outcome some = muster_at(agent, {"reachability"});
    CHECK(some.status == ExitStatus::No);
    CHECK_THAT(some.output, Contains("no answer from n2 ("));
}

TEST_CASE("the round-trip time is that of two coordinates, one of them ours if not given") {
    Agent agent;
    cluster::Coordinate here, there;
    here.vec[0] = 0.001;
    there.vec[0] = 0.004;
    agent.backend.coordinates = {{"n1", here}, {"n2", there}};
    agent.backend.sections = {{"agent", {{"name", "n1"}}}};
    agent.start();
    CHECK(muster_at(agent, {"rtt", "n1", "n2", "--format", "json"}).output ==
          "{\"a\":\"n1\",\"b\":\"n2\",\"rtt_ms\":3.02}\n");
    CHECK(muster_at(agent, {"rtt", "n2"}).output == "n2 to n1 and back: about 3.020 ms\n");
    const Outcome unknown = muster_at(agent, {"rtt", "n9"});
    CHECK(unknown.status == ExitStatus::Error);
    CHECK_THAT(unknown.errors, StartsWith("muster: the agent does not know where n9 stands ("));
}

// ---- keys ----

TEST_CASE("keys are listed and changed, and the exit status says how it went") {
    Agent agent;
    Keyrings keyrings(agent);
    agent.start();
    const std::string other = "T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=";
    CHECK(muster_at(agent, {"keys", "install", other, "--format", "json"}).output ==
          "{\"ok\":2,\"total\":2,\"keys\":null,\"primary_keys\":{},\"errors\":{},\"messages\":{},"
          "\"silent\":[]}\n");
    CHECK(muster_at(agent, {"keys", "use", "-"}, other + "\n").output ==
          "2 of 2 members have done it\n");
    CHECK_THAT(muster_at(agent, {"keys", "list"}).output, Contains(other + "  2 of 2   2\n"));
    const Outcome primary = muster_at(agent, {"keys", "remove", other});
    CHECK(primary.status == ExitStatus::Error);
    CHECK_THAT(primary.output, Contains("n1: Removing the primary key is not allowed"));
    CHECK(primary.errors == "muster: 2/2 nodes reported failure\n");
    agent.later([&] { keyrings.deaf = {"n2"}; });
    const Outcome silent = muster_at(agent, {"keys", "remove", Keyrings::first});
    CHECK(silent.status == ExitStatus::NotReached);
    CHECK_THAT(silent.output, Contains("no answer from n2"));
    const Outcome wrong = muster_at(agent, {"keys", "install", "!!!"});
    CHECK(wrong.errors == "muster: illegal base64 data at input byte 0\n");
    CHECK(wrong.output.empty());
}

TEST_CASE("the status of keys is yes if all encrypt with one") {
    Agent agent;
    Keyrings keyrings(agent);
    agent.start();
    const Outcome same = muster_at(agent, {"keys", "status"});
    CHECK(same.status == ExitStatus::Done);
    CHECK_THAT(same.output, Contains(fingerprint(Keyrings::first)) && !Contains(Keyrings::first));
    agent.later([&] { keyrings.deaf = {"n2"}; });
    const Outcome unknown = muster_at(agent, {"keys", "status", "--format", "json"});
    CHECK(unknown.status == ExitStatus::No);
    CHECK_THAT(unknown.output, StartsWith("{\"agree\":false,"));
}

TEST_CASE("a rotation replaces the key on every member") {
    Agent agent;
    Keyrings keyrings(agent);
    agent.start();
    const Outcome outcome = muster_at(agent, {"keys", "rotate"});
    CHECK(outcome.errors.empty());
    CHECK(outcome.status == ExitStatus::Done);
    CHECK(keyrings.actions == std::vector<std::string>{"list", "list", "install", "list", "use",
                                                       "list", "remove", "list"});
    CHECK(keyrings.primary("n1") != Keyrings::first);
    CHECK(keyrings.primary("n1") == keyrings.primary("n2"));
    CHECK(keyrings.count("n1") == 1);
    CHECK(keyrings.count("n2") == 1);
    CHECK_THAT(outcome.output,
               EndsWith("done: the cluster's key is " + fingerprint(keyrings.primary("n1")) +
                        ", and " + fingerprint(Keyrings::first) + " is gone\n"));
    // Neither key is ever printed.
    CHECK_THAT(outcome.output, !Contains(Keyrings::first) && !Contains(keyrings.primary("n1")));
    const Outcome again = muster_at(agent, {"keys", "rotate", "--resume"});
    CHECK(again.status == ExitStatus::Done);
    CHECK(again.output == "no rotation is under way: there is only one key\n");
}

TEST_CASE("a rotation waits for who has failed, and goes on when it is back, from anywhere") {
    Agent agent;
    Keyrings keyrings(agent);
    agent.backend.table[1].status = cluster::Status::Failed;
    agent.start();
    const Outcome stopped = muster_at(agent, {"keys", "rotate"});
    CHECK(stopped.status == ExitStatus::NotReached);
    CHECK_THAT(stopped.output, Contains("stopped: n2 has not said which keys it holds") &&
                                   Contains("muster keys rotate --resume"));
    // Both keys are there, and n2 would still be understood.
    CHECK(keyrings.count("n1") == 2);
    CHECK(keyrings.primary("n1") == Keyrings::first);
    const Outcome begun = muster_at(agent, {"keys", "rotate"});
    CHECK(begun.status == ExitStatus::Error);
    CHECK_THAT(begun.errors, Contains("a rotation is under way"));
    agent.later([&] { agent.backend.table[1].status = cluster::Status::Alive; });
    const Outcome resumed = muster_at(agent, {"keys", "rotate", "--resume"});
    CHECK(resumed.status == ExitStatus::Done);
    CHECK(keyrings.count("n1") == 1);
    CHECK(keyrings.primary("n1") != Keyrings::first);
    CHECK(keyrings.primary("n2") == keyrings.primary("n1"));
}

TEST_CASE("by force a rotation goes on without who is silent, and says how that one comes back") {
    Agent agent;
    Keyrings keyrings(agent);
    agent.backend.table[1].status = cluster::Status::Failed;
    agent.start();
    const Outcome outcome = muster_at(agent, {"keys", "rotate", "--force"});
    CHECK(outcome.status == ExitStatus::Done);
    CHECK(keyrings.count("n1") == 1);
    CHECK(keyrings.primary("n1") != Keyrings::first);
    CHECK_THAT(outcome.output, Contains("n2 has not confirmed the new key") &&
                                   Contains("printf '[\"KEY\"]'") &&
                                   !Contains(keyrings.primary("n1")));
    agent.later([&] {
        keyrings.rings["n1"] = {};
        keyrings.install("n1", Keyrings::first);
    });
    const Outcome shown = muster_at(agent, {"keys", "rotate", "--force", "--show"});
    CHECK_THAT(shown.output, Contains("printf '[\"" + keyrings.primary("n1") + "\"]'"));
}

TEST_CASE("a member that missed a step is asked again, and no further step is taken without it") {
    Agent agent;
    Keyrings keyrings(agent);
    int installs = 0;
    keyrings.before = [&](const std::string& action) {
        installs += action == "install" ? 1 : 0;
        keyrings.deaf.clear();
        if (action == "install" && installs < 3)
            keyrings.deaf = {"n2"};  // the packets were lost
    };
    agent.start();
    const Outcome outcome = muster_at(agent, {"keys", "rotate", "--format", "json"});
    CHECK(outcome.status == ExitStatus::Done);
    CHECK(installs == 3);
    CHECK(keyrings.count("n2") == 1);
    CHECK_THAT(outcome.output, Contains("{\"step\":\"install\",") &&
                                   Contains("\"waiting\":[\"n2\"]") &&
                                   Contains("{\"step\":\"done\","));
}

TEST_CASE("a member that cannot take the new key stops the rotation where all understand it") {
    Agent agent;
    Keyrings keyrings(agent);
    keyrings.read_only = {"n2"};
    agent.start();
    const Outcome outcome = muster_at(agent, {"keys", "rotate"});
    CHECK(outcome.status == ExitStatus::NotReached);
    CHECK_THAT(outcome.output,
               Contains("n2: Failed to write keyring file: read-only file system") &&
                   Contains("stopped: n2 failed at giving every member the new key"));
    CHECK(keyrings.primary("n1") == Keyrings::first);
    CHECK(std::count(keyrings.actions.begin(), keyrings.actions.end(), "use") == 0);
}

TEST_CASE("keys that a rotation did not make are resumed to the one that is named") {
    Agent agent;
    Keyrings keyrings(agent);
    const char* other = "T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=";
    keyrings.install("n1", other);
    agent.start();
    const Outcome unclear = muster_at(agent, {"keys", "rotate", "--resume"});
    CHECK(unclear.status == ExitStatus::Error);
    CHECK_THAT(unclear.errors, Contains("say it with --to FINGERPRINT"));
    const Outcome named =
        muster_at(agent, {"keys", "rotate", "--resume", "--to", fingerprint(other)});
    CHECK(named.status == ExitStatus::Done);
    CHECK(keyrings.primary("n1") == other);
    CHECK(keyrings.primary("n2") == other);
    CHECK(keyrings.count("n2") == 1);
}

TEST_CASE("a new key is printed, or put into a file that was not there") {
    RecordingTerminal printed;
    CHECK(run({"keygen"}, {}, printed) == ExitStatus::Done);
    REQUIRE(printed.output.size() == 45);
    CHECK(api::decode_base64(printed.output.substr(0, 44))->size() == 32);
    char name[] = "/tmp/muster-keygen-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string path = std::string(name) + "/keyring";
    RecordingTerminal written;
    CHECK(run({"keygen", "--keyring", path}, {}, written) == ExitStatus::Done);
    CHECK_THAT(written.output, StartsWith(path + " holds the new key "));
    RecordingTerminal again;
    CHECK(run({"keygen", "--keyring", path}, {}, again) == ExitStatus::Error);
    CHECK_THAT(again.errors, Contains("a keyring is never overwritten"));
    std::filesystem::remove_all(name);
}
