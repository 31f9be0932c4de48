// `muster history` and `muster members --at`, against a server of ours.
#include <mutex>

#include "agent/cluster/tags.h"
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

// A journal with gaps: the numbers that are kept, of user events named after them.
struct Kept {
    std::uint64_t oldest = 1;
    std::uint64_t newest = 0;
    std::uint64_t page = 1000;

    journal::Page read(std::uint64_t wanted) const {
        journal::Page page_of;
        page_of.oldest = oldest;
        page_of.newest = newest;
        std::uint64_t seq = std::max(wanted, oldest);
        for (; seq <= newest && page_of.changes.size() < page; ++seq) {
            history::Change change;
            change.seq = seq;
            change.kind = history::Kind::UserEvent;
            change.subject = "e" + std::to_string(seq);
            page_of.changes.push_back(change);
        }
        page_of.next = seq;
        page_of.more = seq <= newest;
        return page_of;
    }
};

// What was asked, on the server's thread; to be looked at once it has answered.
struct Asked {
    explicit Asked(Agent& agent) {
        agent.backend.when_past = [this](const journal::Question& question) {
            const std::lock_guard lock(mutex);
            questions.push_back(question);
            return answer ? answer(question) : kept.read(question.from);
        };
        agent.backend.when_past_view = [this](const journal::Moment& moment) {
            const std::lock_guard lock(mutex);
            moments.push_back(moment);
            return view;
        };
    }
    std::vector<std::uint64_t> froms() {
        const std::lock_guard lock(mutex);
        std::vector<std::uint64_t> all;
        for (const journal::Question& question : questions)
            all.push_back(question.from);
        return all;
    }

    Kept kept;
    std::function<Result<journal::Page>(const journal::Question&)> answer;
    Result<journal::PastView> view = journal::PastView{};
    std::mutex mutex;
    std::vector<journal::Question> questions;
    std::vector<journal::Moment> moments;
};

std::string line(std::uint64_t seq) {
    const std::string number = std::to_string(seq);
    return number + " 1970-01-01T00:00:00.000Z user e" + number + " (0 bytes)\n";
}

// With a terminal that is closed at its nth write.
Outcome until_write(const Agent& agent, int writes, const std::vector<std::string>& arguments) {
    RecordingTerminal terminal;
    terminal.fails_at = writes;
    const std::string path = agent.config.path;
    const ExitStatus status = run(arguments, {.muster_api = path.c_str()}, terminal);
    return {status, terminal.output, terminal.errors};
}

}  // namespace

TEST_CASE("the history is told page by page, without a hole") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 5, .page = 2};
    agent.start();
    const Outcome all = muster_at(agent, {"history"});
    CHECK(all.status == ExitStatus::Done);
    CHECK(all.output == line(1) + line(2) + line(3) + line(4) + line(5));
    CHECK(asked.froms() == std::vector<std::uint64_t>{0, 3, 5});
}

TEST_CASE("an empty history is no error") {
    Agent agent;
    const Asked asked(agent);
    agent.start();
    const Outcome none = muster_at(agent, {"history"});
    CHECK(none.status == ExitStatus::Done);
    CHECK(none.output.empty());
    CHECK(none.errors.empty());
}

TEST_CASE("what is asked reaches the journal") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 7, .page = 2};
    agent.start();
    CHECK(muster_at(agent, {"history", "--member", "n1", "--from", "4"}).output ==
          line(4) + line(5) + line(6) + line(7));
    CHECK(asked.froms() == std::vector<std::uint64_t>{4, 6});
    for (const journal::Question& question : asked.questions) {
        CHECK(question.member == "n1");
        CHECK_FALSE(question.since_ns);
    }
    asked.questions.clear();
    CHECK(muster_at(agent, {"history", "--since", "10m"}).status == ExitStatus::Done);
    REQUIRE(asked.questions.size() == 4);
    REQUIRE(asked.questions[0].since_ns);
    const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    CHECK(*asked.questions[0].since_ns <= now - 600'000'000'000);
    CHECK(asked.questions[0].member.empty());
    // The pages after it go on by number.
    CHECK_FALSE(asked.questions[1].since_ns);
    CHECK(asked.questions[1].from == 3);
}

TEST_CASE("what is not kept any more is said where it is missing, and once") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 10, .newest = 11, .page = 1000};
    agent.start();
    CHECK(muster_at(agent, {"history", "--from", "3"}).output ==
          "(changes 3 to 9 are not kept any more)\n" + line(10) + line(11));
    CHECK_THAT(muster_at(agent, {"history", "--from", "9", "--format", "json"}).output,
               StartsWith("{\"gap\":{\"from\":9,\"to\":9}}\n{\"seq\":10,"));
    CHECK(muster_at(agent, {"history", "--from", "10"}).output == line(10) + line(11));
    // Who asks for all has missed nothing.
    CHECK(muster_at(agent, {"history"}).output == line(10) + line(11));
}

TEST_CASE("a follower is told of what happens, each change once and in order") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 2, .page = 1000};
    asked.answer = [&](const journal::Question& question) -> Result<journal::Page> {
        // One more after each look, told of before it is written down.
        if (asked.questions.size() > 1)
            ++asked.kept.newest;
        agent.later([&agent] {
            agent.backend.hear(cluster::HeardEvent{.ltime = 1, .name = "e", .payload = {}});
        });
        return asked.kept.read(question.from);
    };
    agent.start();
    const Outcome followed = until_write(agent, 3, {"history", "--follow"});
    CHECK(followed.status == ExitStatus::Error);  // its terminal was closed
    CHECK(followed.output == line(1) + line(2) + line(3) + line(4));
    CHECK(asked.froms() == std::vector<std::uint64_t>{0, 3, 4});
}

TEST_CASE("a follower looks again when nothing is heard: a change may be written down late") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 0, .page = 1000};
    asked.answer = [&](const journal::Question& question) -> Result<journal::Page> {
        if (asked.questions.size() > 1)
            ++asked.kept.newest;
        return asked.kept.read(question.from);
    };
    agent.start();
    CHECK(until_write(agent, 2, {"history", "--follow"}).output == line(1));
}

TEST_CASE("a follower that is left behind is told what it has missed") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 2, .page = 1000};
    asked.answer = [&](const journal::Question& question) -> Result<journal::Page> {
        if (asked.questions.size() > 1)
            asked.kept = {.oldest = 8, .newest = 8, .page = 1000};
        return asked.kept.read(question.from);
    };
    agent.start();
    CHECK(until_write(agent, 2, {"history", "--follow"}).output ==
          line(1) + line(2) + "(changes 3 to 7 are not kept any more)\n" + line(8));
}

TEST_CASE("a follower ends with the agent's words when it cannot be answered") {
    Agent agent;
    Asked asked(agent);
    asked.kept = {.oldest = 1, .newest = 1, .page = 1000};
    asked.answer = [&](const journal::Question& question) -> Result<journal::Page> {
        if (asked.questions.size() > 1)
            return Error{"cannot read journal.db: disk I/O error"};
        return asked.kept.read(question.from);
    };
    agent.start();
    const Outcome outcome = muster_at(agent, {"history", "--follow"});
    CHECK(outcome.status == ExitStatus::Error);
    CHECK(outcome.output == line(1));
    CHECK(outcome.errors == "muster: cannot read journal.db: disk I/O error\n");
}

TEST_CASE("the members are shown as they were, to people and to programs") {
    Agent agent;
    Asked asked(agent);
    journal::PastView past;
    past.seq = 9;
    past.members["n7"].endpoint = *Endpoint::parse("10.0.0.7:7946", 0);
    past.members["n7"].standing = history::Standing::Suspect;
    past.members["n8"].standing = history::Standing::Failed;
    past.members["n8"].endpoint = *Endpoint::parse("10.0.0.8:7946", 0);
    past.members["n8"].tags = *cluster::encode_tags({{"role", "web"}});
    asked.view = past;
    agent.start();
    const Outcome text = muster_at(agent, {"members", "--at", "9"});
    CHECK(text.status == ExitStatus::Done);
    CHECK_THAT(text.output, StartsWith("NAME") && Contains("n7") && Contains("suspect") &&
                                Contains("failed") && Contains("role=web") && !Contains("n1"));
    const Outcome json = muster_at(agent, {"members", "--at", "1970-01-01 00:01", "--format=json"});
    CHECK_THAT(json.output, Contains("\"name\":\"n7\"") && Contains("\"status\":\"suspect\"") &&
                                Contains("\"name\":\"n8\"") && Contains("\"index\":9"));
    REQUIRE(asked.moments.size() == 2);
    CHECK(asked.moments[0].seq == 9U);
    CHECK_FALSE(asked.moments[1].seq);
    CHECK(asked.moments[1].wall_ns == 60'000'000'000);
}

TEST_CASE("a moment that is none, or is not kept, is an error in words") {
    Agent agent;
    Asked asked(agent);
    asked.view = Error{"change 1 is before what is kept: the oldest view is that after change 5"};
    agent.start();
    const Outcome odd = muster_at(agent, {"members", "--at", "yesterday"});
    CHECK(odd.status == ExitStatus::Error);
    CHECK_THAT(odd.errors, StartsWith("muster: 'yesterday' is no moment (a change's number; so "));
    CHECK(asked.moments.empty());
    const Outcome old = muster_at(agent, {"members", "--at", "1"});
    CHECK(old.status == ExitStatus::Error);
    CHECK(old.errors ==
          "muster: change 1 is before what is kept: the oldest view is that after change 5\n");
    CHECK(old.output.empty());
}

TEST_CASE("what makes no sense about the past on the command line is usage") {
    const Agent agent;
    const auto arguments = GENERATE(values<std::vector<std::string>>({
        {"history", "n1"},
        {"history", "--from", "x"},
        {"history", "--from", "-1"},
        {"history", "--since", "yesterday"},
        {"history", "--since", "-1s"},
        {"history", "--at", "3"},
        {"members", "--at"},
        {"members", "--at", "3", "--watch"},
        {"members", "--at", "3", "--status", "alive"},
        {"members", "--at", "3", "--name", "n"},
        {"members", "--at", "3", "--tag", "a=b"},
    }));
    CAPTURE(arguments);
    CHECK(muster_at(agent, arguments).status == ExitStatus::Usage);
}
