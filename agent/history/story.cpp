#include "agent/history/story.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <utility>

namespace muster::history {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;
// So many returns in an hour are no accident.
constexpr std::size_t restless = 3;

bool is_of_story(const Change& change) {
    return is_of_member(change.kind) || change.kind == Kind::Conflict;
}

bool is_return(const Change& change) {
    return is_of_member(change.kind) && change.to == Standing::Alive &&
           (change.from == Standing::Suspect || change.from == Standing::Failed);
}

// Where the last episode begins: with the last step from quiet.
std::size_t episode(std::span<const Change> changes) {
    for (std::size_t i = changes.size(); i > 0; --i) {
        const Change& change = changes[i - 1];
        const bool from_quiet = change.from == Standing::Alive || change.from == Standing::None;
        if (is_of_member(change.kind) && from_quiet && change.to != change.from)
            return i - 1;
    }
    return 0;
}

class Telling {
public:
    Telling(BytesView member, std::span<const Change> changes, const Live& live,
            const Teller& teller)
        : member_(member), live_(live), teller_(teller) {
        std::copy_if(changes.begin(), changes.end(), std::back_inserter(changes_), is_of_story);
    }

    std::optional<Story> operator()() {
        if (live_.standing == Standing::None && changes_.empty())
            return std::nullopt;
        story_.member = member_;
        choose_evidence();
        standing();
        for (const Change& change : story_.evidence)
            say(moment_text(change.wall_ns) + ": " + what(change) + how_we_were(change) + ".");
        flaps();
        if (live_.standing != Standing::None && !live_.self) {
            paths();
            distance();
        }
        advice();
        return std::move(story_);
    }

private:
    void say(std::string sentence) { story_.sentences.push_back(std::move(sentence)); }

    std::string who(BytesView name) const {
        if (name.empty())
            return "somebody";
        return name == teller_.self ? "this agent (" + Bytes(name) + ")" : Bytes(name);
    }
    std::string list(const std::vector<Bytes>& names) const {
        std::string text;
        for (const Bytes& name : names)
            text += (text.empty() ? "" : ", ") + who(name);
        return text;
    }
    std::string ago(std::int64_t wall_ns) const {
        return length_text(Duration(std::max<std::int64_t>(teller_.now_ns - wall_ns, 0))) + " ago";
    }

    // Of a long episode its begin, and its newest rows.
    void choose_evidence() {
        const auto begin = changes_.begin() + static_cast<std::ptrdiff_t>(episode(changes_));
        const auto rows = static_cast<std::size_t>(changes_.end() - begin);
        story_.evidence.assign(begin, changes_.end());
        if (rows > most_evidence)
            story_.evidence.erase(
                story_.evidence.begin() + 1,
                story_.evidence.begin() + static_cast<std::ptrdiff_t>(rows - most_evidence + 1));
        // A conflict of today is told, also if it was before.
        std::vector<Change> conflicts;
        std::copy_if(changes_.begin(), begin, std::back_inserter(conflicts), [&](const Change& c) {
            return c.kind == Kind::Conflict && c.wall_ns >= teller_.now_ns - day;
        });
        if (!conflicts.empty())
            story_.evidence.insert(story_.evidence.begin(), conflicts.back());
    }

    // Since when the journal has it standing as it does now; an agent's own memory begins with its
    // start.
    std::int64_t since() const {
        std::int64_t since_ns = live_.since_ns;
        if (live_.standing == Standing::None && !changes_.empty())
            since_ns = changes_.back().wall_ns;
        for (std::size_t i = changes_.size(); i > 0; --i) {
            const Change& change = changes_[i - 1];
            if (!is_of_member(change.kind))
                continue;
            if (change.to != live_.standing)
                break;
            since_ns = change.wall_ns;
        }
        return since_ns;
    }

    void standing() {
        story_.since_ns = live_.leaving ? live_.since_ns : since();
        if (live_.standing == Standing::None) {
            story_.status = "none";
            say(story_.member + " is no member any more, since " + moment_text(story_.since_ns) +
                " (" + ago(story_.since_ns) + "): what follows is from the history.");
            return;
        }
        story_.status = live_.leaving ? "leaving" : to_string(live_.standing);
        say(story_.member + (live_.self ? ", this agent itself," : "") + " at " +
            live_.endpoint.plain().to_string() + " is " + story_.status + " since " +
            moment_text(story_.since_ns) + " (" + ago(story_.since_ns) + "), incarnation " +
            std::to_string(live_.incarnation) + ".");
        if (live_.held_until_ns)
            say("It answers again, and is held out because it failed before: it is reported "
                "failed " +
                (*live_.held_until_ns == 0
                     ? std::string("until it is no longer suspected, and quiet for a while.")
                     : "until " + moment_text(*live_.held_until_ns) +
                           " if nothing happens to it until then."));
    }

    static std::string found_later(const Change& change, const char* how_it_is) {
        const bool restart = change.cause == cause_restart;
        return std::string("it was found ") + how_it_is +
               (restart ? " after a restart of this agent" : " after a gap in the history") +
               ": nobody saw here how that came";
    }

    std::string joined(const Change& change) const {
        const bool returns = change.from != Standing::None;
        const std::string at = " at " + change.endpoint.plain().to_string();
        if (change.cause == "push-pull")
            return "this agent learned from " +
                   (change.by.empty() ? "another's table (push/pull)"
                                      : "the table of " + who(change.by) + " (push/pull)") +
                   " that it is alive" + at;
        if (!returns)
            return "it joined" + at;
        return std::string("it came back") + at + ", having been " + to_string(change.from);
    }

    std::string suspected(const Change& change) const {
        if (change.cause == "probe-failed")
            return "the probe of " + who(change.by) +
                   " failed, directly and by way of others: it was suspected";
        if (change.cause == "push-pull")
            return "it was suspected, as the table of " + who(change.by) + " had it (push/pull)";
        return who(change.by) + " accused it of being silent: it was suspected";
    }

    std::string failed(const Change& change) const {
        if (change.cause == "timed-out") {
            std::string text =
                "it did not refute the suspicion in time, and failed: accused by " + who(change.by);
            return text + (change.others.empty() ? ", confirmed by nobody else"
                                                 : ", confirmed by " + list(change.others));
        }
        if (change.cause == "push-pull")
            return "it failed, as the table of " + who(change.by) + " had it (push/pull)";
        return who(change.by) + " declared it failed";
    }

    std::string what(const Change& change) const {
        if (change.cause == cause_restart || change.cause == cause_resync)
            return found_later(change, change.to == Standing::None ? "gone" : to_string(change.to));
        switch (change.kind) {
            case Kind::MemberJoin:
                return joined(change);
            case Kind::MemberSuspect:
                return suspected(change);
            case Kind::MemberCleared:
                return change.cause == "refuted"
                           ? "it refuted the suspicion itself, with incarnation " +
                                 std::to_string(change.incarnation)
                           : "the suspicion ended: it was heard to be alive";
            case Kind::MemberFailed:
                return failed(change);
            case Kind::MemberLeave:
                return change.from == Standing::Failed ? "it counts as left, having failed: a "
                                                         "leave was heard for it (its own, or "
                                                         "a force-leave)"
                                                       : "it left of its own will";
            case Kind::MemberReap:
                return std::string("it was forgotten, having been ") + to_string(change.from);
            case Kind::Conflict:
                return "another host, at " + change.endpoint.plain().to_string() +
                       ", claimed its name; nothing was changed by that";
            default:
                return "it changed its tags or its address";
        }
    }

    static std::string how_we_were(const Change& change) {
        if (change.health == 0)
            return {};
        return " (this agent's own health score was " + std::to_string(change.health) +
               " then; 0 is healthy)";
    }

    void flaps() {
        const std::size_t today = returns_after(changes_, teller_.now_ns - day);
        if (today == 0)
            return;
        const auto times = [](std::size_t count) {
            return std::to_string(count) + (count == 1 ? " time" : " times");
        };
        say("It was suspected or failed, and came back, " +
            times(returns_after(changes_, teller_.now_ns - hour)) + " in the last hour and " +
            times(today) + " in the last day.");
    }

    void paths() {
        const std::optional<std::int64_t> newest =
            std::max({live_.direct_ns, live_.relayed_ns, live_.streamed_ns});
        if (!newest)
            return say("This agent's own probes have not been answered by it so far.");
        std::string text = "It answered a probe of this agent last " + ago(*newest);
        text += newest == live_.direct_ns    ? ", directly by UDP."
                : newest == live_.relayed_ns ? ", by way of others or late."
                                             : ", by TCP, as UDP brought no answer in time.";
        if (newest != live_.direct_ns)
            text += live_.direct_ns ? " Directly by UDP it was " + ago(*live_.direct_ns) + "."
                                    : std::string(" Directly by UDP it never did.");
        say(text);
    }

    void distance() {
        const auto ms = [](Duration time) {
            char text[32];
            std::snprintf(text, sizeof text, "%.3g ms", static_cast<double>(time.count()) / 1e6);
            return std::string(text);
        };
        if (live_.distance)
            say("The round trip to it takes about " + ms(*live_.distance) +
                " by the coordinates of both" +
                (live_.probe_time ? ", and took " + ms(*live_.probe_time) + " when last measured."
                                  : "."));
        else if (live_.probe_time)
            say("The round trip to it took " + ms(*live_.probe_time) + " when last measured.");
    }

    bool udp_is_blocked() const {
        const auto other = std::max(live_.relayed_ns, live_.streamed_ns);
        return other && teller_.now_ns - *other < hour && other > live_.direct_ns;
    }

    // What a person can do about it.
    void advice() {
        const std::string port = std::to_string(live_.endpoint.port());
        const bool has_conflict =
            std::any_of(story_.evidence.begin(), story_.evidence.end(),
                        [](const Change& change) { return change.kind == Kind::Conflict; });
        if (has_conflict)
            say("What to do: give one of the two hosts another name (see musterd --node).");
        if (live_.undeciphered > 0)
            say("What to do: " + std::to_string(live_.undeciphered) +
                " packets from it cannot be decrypted here: compare the keys (muster keys "
                "status).");
        if (udp_is_blocked())
            say("What to do: see that UDP port " + port +
                " is open both ways between this host and its: other ways to it work.");
        if (live_.health > 0 && !live_.self)
            say("What to do: look at this agent first (muster doctor): its own health score is " +
                std::to_string(live_.health) +
                " (0 is healthy), and what it sees may be its own "
                "fault.");
        by_standing(port);
    }

    void by_standing(const std::string& port) {
        if (live_.standing == Standing::None)
            return say("What to do: nothing; it is a member again as soon as its musterd joins.");
        if (live_.leaving || live_.standing == Standing::Left)
            return say("What to do: nothing; it is alive again when its musterd is started.");
        if (live_.standing == Standing::Suspect)
            return say("What to do: wait; within the suspicion's time it refutes it, or fails.");
        if (live_.held_until_ns)
            return say(
                "What to do: find out on its host why it failed; it counts again by itself.");
        if (live_.standing == Standing::Failed)
            return say("What to do: see whether its host is up, musterd runs there, and port " +
                       port +
                       " is open for UDP and TCP; it is tried again for ever. If it is gone for "
                       "good: muster force-leave " +
                       story_.member + ".");
        if (returns_after(changes_, teller_.now_ns - hour) >= restless)
            return say(
                "What to do: it comes and goes: look at the load and the network of its host "
                "(muster doctor there).");
        if (!udp_is_blocked() && live_.undeciphered == 0)
            say("What to do: nothing.");
    }

    BytesView member_;
    std::vector<Change> changes_;
    const Live& live_;
    const Teller& teller_;
    Story story_;
};

}  // namespace

std::optional<Story> tell(BytesView member, std::span<const Change> changes, const Live& live,
                          const Teller& teller) {
    return Telling(member, changes, live, teller)();
}

std::size_t returns_after(std::span<const Change> changes, std::int64_t after_ns) {
    return static_cast<std::size_t>(std::count_if(
        changes.begin(), changes.end(),
        [&](const Change& change) { return is_return(change) && change.wall_ns >= after_ns; }));
}

std::string moment_text(std::int64_t wall_ns) {
    using std::chrono::floor;
    const std::chrono::sys_time<std::chrono::nanoseconds> at{std::chrono::nanoseconds(wall_ns)};
    const auto date = floor<std::chrono::days>(at);
    const std::chrono::year_month_day calendar{date};
    const auto seconds = floor<std::chrono::seconds>(at - date).count();
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d UTC",
                  static_cast<int>(calendar.year()), static_cast<unsigned>(calendar.month()),
                  static_cast<unsigned>(calendar.day()), static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    return text;
}

std::string length_text(Duration length) {
    const std::int64_t ns = length.count();
    if (ns < second)
        return std::to_string(ns / 1'000'000) + " ms";
    if (ns < 120 * second)
        return std::to_string(ns / second) + " s";
    if (ns < 2 * hour)
        return std::to_string(ns / (60 * second)) + " min";
    return ns < 2 * day ? std::to_string(ns / hour) + " h" : std::to_string(ns / day) + " d";
}

}  // namespace muster::history
