// What is told of a member, sentence by sentence.
#include "agent/history/story.h"

#include <catch2/catch.hpp>

namespace muster::history {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t now = 1'769'829'127 * second;  // 2026-01-31 03:12:07

Endpoint address() {
    return *Endpoint::parse("10.0.0.3:7946", 0);
}

// A step of n3, so long ago.
Change step(Kind kind, Standing from, Standing to, Bytes cause = {}, std::int64_t ago = 0) {
    Change change;
    change.kind = kind;
    change.subject = "n3";
    change.from = from;
    change.to = to;
    change.cause = std::move(cause);
    change.wall_ns = now - ago;
    change.endpoint = address();
    change.incarnation = 4;
    return change;
}

Change joined(std::int64_t ago) {
    return step(Kind::MemberJoin, Standing::None, Standing::Alive, "alive", ago);
}

Change suspected(std::int64_t ago, Bytes cause = "probe-failed", Bytes by = "n1") {
    Change change = step(Kind::MemberSuspect, Standing::Alive, Standing::Suspect, cause, ago);
    change.by = std::move(by);
    return change;
}

Change cleared(std::int64_t ago) {
    return step(Kind::MemberCleared, Standing::Suspect, Standing::Alive, "refuted", ago);
}

Change failed(std::int64_t ago, Bytes by = "n1", std::vector<Bytes> others = {}) {
    Change change = step(Kind::MemberFailed, Standing::Suspect, Standing::Failed, "timed-out", ago);
    change.by = std::move(by);
    change.others = std::move(others);
    return change;
}

Live is(Standing standing) {
    Live live;
    live.standing = standing;
    live.since_ns = now - 5 * second;
    live.incarnation = 4;
    live.endpoint = address();
    return live;
}

std::optional<Story> told(const std::vector<Change>& changes, const Live& live) {
    return tell("n3", changes, live, {.self = "n1", .now_ns = now});
}

bool says(const Story& story, const std::string& sentence) {
    const auto found = std::find(story.sentences.begin(), story.sentences.end(), sentence);
    if (found == story.sentences.end()) {
        for (const std::string& each : story.sentences)
            UNSCOPED_INFO(each);
    }
    return found != story.sentences.end();
}

// The one sentence of a row.
std::string of_row(const Change& change) {
    const auto story = told({change}, {});
    REQUIRE(story);
    REQUIRE(story->evidence.size() == 1);
    return story->sentences.at(1);
}

}  // namespace

TEST_CASE("a failure is told from the first silence on, with who accused and who confirmed") {
    Change first = suspected(20 * second);
    first.health = 2;
    const auto story =
        told({joined(hour), first, failed(10 * second, "n1", {"n2", "n5"})}, is(Standing::Failed));
    REQUIRE(story);
    CHECK(story->member == "n3");
    CHECK(story->status == "failed");
    CHECK(story->since_ns == now - 10 * second);
    CHECK(story->evidence.size() == 2);
    CHECK(story->sentences ==
          std::vector<std::string>{
              "n3 at 10.0.0.3:7946 is failed since 2026-01-31 03:11:57 UTC (10 s ago), incarnation "
              "4.",
              "2026-01-31 03:11:47 UTC: the probe of this agent (n1) failed, directly and by way "
              "of others: it was suspected (this agent's own health score was 2 then; 0 is "
              "healthy).",
              "2026-01-31 03:11:57 UTC: it did not refute the suspicion in time, and failed: "
              "accused by this agent (n1), confirmed by n2, n5.",
              "This agent's own probes have not been answered by it so far.",
              "What to do: see whether its host is up, musterd runs there, and port 7946 is open "
              "for UDP and TCP; it is tried again for ever. If it is gone for good: muster "
              "force-leave n3."});
}

TEST_CASE("each kind of row has its sentence") {
    const auto accused = [](Change change, Bytes by) {
        change.by = std::move(by);
        return change;
    };
    using S = Standing;
    const auto [change, words] = GENERATE_COPY(table<Change, std::string>({
        {joined(0), "it joined at 10.0.0.3:7946."},
        {accused(step(Kind::MemberJoin, S::None, S::Alive, "push-pull"), "n2"),
         "this agent learned from the table of n2 (push/pull) that it is alive at 10.0.0.3:7946."},
        {step(Kind::MemberJoin, S::None, S::Alive, "push-pull"),
         "this agent learned from another's table (push/pull) that it is alive at 10.0.0.3:7946."},
        {step(Kind::MemberJoin, S::Failed, S::Alive, "refuted"),
         "it came back at 10.0.0.3:7946, having been failed."},
        {suspected(0, "accused", "n2"), "n2 accused it of being silent: it was suspected."},
        {suspected(0, "push-pull", "n2"),
         "it was suspected, as the table of n2 had it (push/pull)."},
        {cleared(0), "it refuted the suspicion itself, with incarnation 4."},
        {step(Kind::MemberCleared, S::Suspect, S::Alive, "alive"),
         "the suspicion ended: it was heard to be alive."},
        {failed(0, "n2"),
         "it did not refute the suspicion in time, and failed: accused by n2, confirmed by nobody "
         "else."},
        {accused(step(Kind::MemberFailed, S::Suspect, S::Failed, "declared-dead"), "n2"),
         "n2 declared it failed."},
        {accused(step(Kind::MemberFailed, S::Alive, S::Failed, "push-pull"), "n2"),
         "it failed, as the table of n2 had it (push/pull)."},
        {step(Kind::MemberLeave, S::Alive, S::Left, "left"), "it left of its own will."},
        {step(Kind::MemberLeave, S::Failed, S::Left),
         "it counts as left, having failed: a leave was heard for it (its own, or a force-leave)."},
        {step(Kind::MemberReap, S::Failed, S::None, "reaped"),
         "it was forgotten, having been failed."},
        {step(Kind::MemberFailed, S::Alive, S::Failed, "restart"),
         "it was found failed after a restart of this agent: nobody saw here how that came."},
        {step(Kind::MemberReap, S::Left, S::None, "resync"),
         "it was found gone after a gap in the history: nobody saw here how that came."},
        {step(Kind::MemberUpdate, S::Alive, S::Alive, "updated"),
         "it changed its tags or its address."},
        {step(Kind::Conflict, S::None, S::None, "conflict"),
         "another host, at 10.0.0.3:7946, claimed its name; nothing was changed by that."},
    }));
    CHECK(of_row(change) == "2026-01-31 03:12:07 UTC: " + words);
}

TEST_CASE("nothing is told of a name that nobody has had") {
    CHECK_FALSE(told({}, {}));
    // Rows of other things that have the name.
    std::vector<Change> others(3);
    others[0].kind = Kind::UserEvent;
    others[1].kind = Kind::NewLeader;
    others[2].kind = Kind::Start;
    for (Change& each : others)
        each.subject = "n3";
    CHECK_FALSE(told(others, {}));
    const auto alive = told(others, is(Standing::Alive));
    REQUIRE(alive);
    CHECK(alive->evidence.empty());
}

TEST_CASE("a member that is only in the history is told from it") {
    const auto story = told(
        {joined(hour), step(Kind::MemberLeave, Standing::Alive, Standing::Left, "left", 2 * minute),
         step(Kind::MemberReap, Standing::Left, Standing::None, "reaped", minute)},
        {});
    REQUIRE(story);
    CHECK(story->status == "none");
    CHECK(story->since_ns == now - minute);
    CHECK(story->sentences.front() ==
          "n3 is no member any more, since 2026-01-31 03:11:07 UTC (60 s ago): what follows is "
          "from the history.");
    CHECK(story->evidence.size() == 2);
    CHECK(says(*story, "What to do: nothing; it is a member again as soon as its musterd joins."));
}

TEST_CASE("an agent's memory begins with its start: since when is the journal's") {
    Live live = is(Standing::Alive);
    CHECK(told({joined(hour),
                step(Kind::MemberUpdate, Standing::Alive, Standing::Alive, "updated", minute)},
               live)
              ->since_ns == now - hour);
    CHECK(told({}, live)->since_ns == live.since_ns);
    CHECK(told({joined(hour), suspected(minute)}, live)->since_ns == live.since_ns);
    live.leaving = true;
    const auto leaving = told({joined(hour)}, live);
    CHECK(leaving->since_ns == live.since_ns);
    CHECK(leaving->status == "leaving");
}

TEST_CASE("how often it came back is counted by the hour and by the day") {
    std::vector<Change> changes{joined(30 * hour)};
    for (const std::int64_t ago : {25 * hour, 5 * hour, 50 * minute, 20 * minute, 3 * minute}) {
        changes.push_back(suspected(ago + 10 * second));
        changes.push_back(cleared(ago));
    }
    const auto story = told(changes, is(Standing::Alive));
    CHECK(says(*story,
               "It was suspected or failed, and came back, 3 times in the last hour and 4 times in "
               "the last day."));
    CHECK(says(*story,
               "What to do: it comes and goes: look at the load and the network of its host "
               "(muster doctor there)."));
    CHECK(returns_after(changes, now - 48 * hour) == 5);
    const auto once = told({suspected(5 * hour), cleared(4 * hour)}, is(Standing::Alive));
    CHECK(says(*once,
               "It was suspected or failed, and came back, 0 times in the last hour and 1 "
               "time in the last day."));
}

TEST_CASE("what each way to it last did is told, and a blocked UDP port is named") {
    Live live = is(Standing::Alive);
    live.direct_ns = now - 200'000'000;
    live.probe_time = std::chrono::microseconds(410);
    live.distance = std::chrono::microseconds(640);
    const auto direct = told({joined(hour)}, live);
    CHECK(says(*direct, "It answered a probe of this agent last 200 ms ago, directly by UDP."));
    CHECK(says(*direct,
               "The round trip to it takes about 0.64 ms by the coordinates of both, and "
               "took 0.41 ms when last measured."));
    CHECK(says(*direct, "What to do: nothing."));
    live.direct_ns = now - 3 * hour;
    live.streamed_ns = now - 2 * second;
    live.distance.reset();
    const auto streamed = told({joined(hour)}, live);
    CHECK(says(*streamed,
               "It answered a probe of this agent last 2 s ago, by TCP, as UDP brought "
               "no answer in time. Directly by UDP it was 3 h ago."));
    CHECK(says(*streamed, "The round trip to it took 0.41 ms when last measured."));
    CHECK(says(*streamed,
               "What to do: see that UDP port 7946 is open both ways between this host "
               "and its: other ways to it work."));
    live.direct_ns.reset();
    live.relayed_ns = now - second;
    const auto relayed = told({joined(hour)}, live);
    CHECK(says(*relayed,
               "It answered a probe of this agent last 1 s ago, by way of others or late. "
               "Directly by UDP it never did."));
}

TEST_CASE("what to do depends on how it stands") {
    const auto last = [](const Live& live) { return told({joined(hour)}, live)->sentences.back(); };
    CHECK(last(is(Standing::Suspect)) ==
          "What to do: wait; within the suspicion's time it refutes it, or fails.");
    CHECK(last(is(Standing::Left)) ==
          "What to do: nothing; it is alive again when its musterd is started.");
    Live held = is(Standing::Failed);
    held.held_until_ns = now + minute;
    CHECK(last(held) ==
          "What to do: find out on its host why it failed; it counts again by itself.");
    CHECK(says(*told({}, held),
               "It answers again, and is held out because it failed before: it is "
               "reported failed until 2026-01-31 03:13:07 UTC if nothing happens "
               "to it until then."));
    held.held_until_ns = 0;
    CHECK(says(*told({}, held),
               "It answers again, and is held out because it failed before: it is "
               "reported failed until it is no longer suspected, and quiet for a "
               "while."));
    Live sick = is(Standing::Suspect);
    sick.health = 3;
    CHECK(says(*told({}, sick),
               "What to do: look at this agent first (muster doctor): its own "
               "health score is 3 (0 is healthy), and what it sees may be its own "
               "fault."));
    Live locked = is(Standing::Alive);
    locked.undeciphered = 7;
    CHECK(last(locked) ==
          "What to do: 7 packets from it cannot be decrypted here: compare the keys "
          "(muster keys status).");
}

TEST_CASE("a conflict of today is told, whatever came after it") {
    const Change old = step(Kind::Conflict, Standing::None, Standing::None, "conflict", 30 * hour);
    const Change fresh = step(Kind::Conflict, Standing::None, Standing::None, "conflict", hour);
    const auto story = told({joined(40 * hour), old, fresh, suspected(minute), cleared(second)},
                            is(Standing::Alive));
    REQUIRE(story->evidence.size() == 3);
    CHECK(story->evidence[0].wall_ns == fresh.wall_ns);
    CHECK(says(*story, "What to do: give one of the two hosts another name (see musterd --node)."));
}

TEST_CASE("of a long episode its begin and its end are told") {
    std::vector<Change> changes{joined(hour)};
    for (std::int64_t i = 0; i < 40; ++i)
        changes.push_back(step(Kind::MemberUpdate, Standing::Alive, Standing::Alive, "updated",
                               (40 - i) * second));
    const auto story = told(changes, is(Standing::Alive));
    REQUIRE(story->evidence.size() == most_evidence);
    CHECK(story->evidence[0].kind == Kind::MemberJoin);
    CHECK(story->evidence[1].wall_ns == now - 15 * second);
    CHECK(story->evidence.back().wall_ns == now - second);
}

TEST_CASE("of itself an agent tells neither probes nor distance") {
    Live self = is(Standing::Alive);
    self.self = true;
    const auto story = told({joined(hour)}, self);
    CHECK(story->sentences.front() ==
          "n3, this agent itself, at 10.0.0.3:7946 is alive since 2026-01-31 02:12:07 UTC (60 min "
          "ago), incarnation 4.");
    CHECK(story->sentences.back() == "What to do: nothing.");
    CHECK(story->sentences.size() == 3);
}

TEST_CASE("lengths of time are told in one unit") {
    const auto [length, text] = GENERATE(table<std::int64_t, const char*>({
        {0, "0 ms"},
        {999'999'999, "999 ms"},
        {119 * second, "119 s"},
        {120 * second, "2 min"},
        {2 * hour, "2 h"},
        {47 * hour, "47 h"},
        {48 * hour, "2 d"},
    }));
    CHECK(length_text(Duration(length)) == text);
    CHECK(moment_text(-1) == "1969-12-31 23:59:59 UTC");
}

}  // namespace muster::history
