// What this agent knows of a member now, for its story; what it finds wrong with itself, and what
// it looks at for that now and then.
#include <algorithm>
#include <utility>

#include "agent/agent_parts.h"
#include "agent/cluster/coordinate.h"
#include "agent/words.h"

namespace muster {

namespace {

// Not more often, however often the members change.
constexpr Duration census_pace = std::chrono::seconds(1);

// "03:12", in UTC; with the day, if that is not today's.
std::string short_moment(std::int64_t wall_ns, std::int64_t now_ns) {
    constexpr std::size_t date = 10;
    constexpr std::size_t with_minutes = 16;
    const std::string moment = history::moment_text(wall_ns);
    const bool today = history::moment_text(now_ns).compare(0, date, moment, 0, date) == 0;
    return today ? moment.substr(date + 1, with_minutes - date - 1)
                 : moment.substr(0, with_minutes);
}

}  // namespace

history::Live Agent::Parts::live(const Bytes& member) const {
    history::Live live;
    live.health = node->health();
    const std::optional<MemberView> view = node->member(member);
    if (!view)
        return live;
    const auto wall = [this](std::optional<TimePoint> at) {
        return at ? std::optional(clock.wall(*at)) : std::nullopt;
    };
    live.standing = history::standing_of(view->status, view->suspect);
    live.leaving = view->status == cluster::Status::Leaving;
    live.self = view->self;
    live.since_ns = clock.wall(view->since);
    live.incarnation = view->incarnation;
    live.endpoint = view->endpoint;
    if (view->held_until)
        live.held_until_ns = *view->held_until == never ? 0 : clock.wall(*view->held_until);
    if (const std::optional<swim::LastHeard> heard = node->last_heard(member)) {
        live.direct_ns = wall(heard->direct());
        live.relayed_ns = wall(heard->relayed());
        live.streamed_ns = wall(heard->streamed());
        live.probe_time = heard->round_trip();
    }
    const auto ours = node->coordinate(node->name());
    const auto theirs = node->coordinate(member);
    if (ours && theirs && !view->self)
        live.distance = cluster::distance(*ours, *theirs);
    for (const Undeciphered::Sender& sender : undeciphered.senders()) {
        if (sender.from.plain() == view->endpoint.plain() &&
            clock.now() - sender.last <= undeciphered_memory)
            live.undeciphered += sender.packets;
    }
    return live;
}

// ---- what is wrong ----

Counters Agent::Parts::counters() const {
    const NodeStats now = node->stats();
    return {now.probes, now.probes_failed, now.refutations,
            now.stalls, log.dropped(),     journaling.lost()};
}

api::Turnout Agent::Parts::turnout() const {
    const NodeStats now = node->stats();
    const std::size_t there = now.alive + now.leaving;
    return {.alive = there, .known = there + now.absent};
}

// In the turns that come anyway: the node wakes every second at least.
void Agent::Parts::check_up(TimePoint now) {
    const bool has_changed = node->index() != census_index;
    if (checkup.due(now) || (has_changed && now >= next_census)) {
        next_census = now + census_pace;
        census_index = node->index();
        if (const std::optional<api::Turnout> crossing = missing.look(now, turnout()))
            tell(*crossing);
    }
    if (checkup.due(now))
        checkup.look(now, clock.wall(now), counters());
}

void Agent::Parts::tell(const api::Turnout& turnout) {
    const bool too_few = turnout.fewer_than_half();
    const std::string counted = std::to_string(turnout.alive) + " of " +
                                std::to_string(turnout.known) + " known members are reachable";
    log.write(too_few ? LogLevel::Warn : LogLevel::Info,
              too_few ? "only " + counted + ": this host, or many others, may be cut off"
                      : counted + " again");
    history::Change change;
    change.kind = too_few ? history::Kind::MembersMissing : history::Kind::MembersBack;
    change.number = turnout.alive;
    change.number_before = turnout.known;
    record(std::move(change));
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_turnout(turnout); });
}

std::optional<std::string> Agent::Parts::missing_since() const {
    if (!missing.since())
        return std::nullopt;
    const api::Turnout now = turnout();
    return std::to_string(now.alive) + " of " + std::to_string(now.known) +
           " known members reachable since " +
           short_moment(clock.wall(*missing.since()), clock.wall(clock.now()));
}

std::vector<FindingFacts::Sender> Agent::Parts::undeciphered_senders() const {
    std::vector<MemberView> members;
    std::vector<FindingFacts::Sender> senders;
    if (!undeciphered.empty())
        node->members(members);
    for (const Undeciphered::Sender& sender : undeciphered.senders()) {
        if (clock.now() - sender.last > undeciphered_memory)
            continue;
        const auto member = std::find_if(
            members.begin(), members.end(),
            [&](const MemberView& view) { return view.endpoint.plain() == sender.from.plain(); });
        std::string who = sender.from.plain().ip_text();
        if (member != members.end())
            who += " (" + in_words(member->name) + ")";
        senders.push_back({std::move(who), sender.packets});
    }
    return senders;
}

std::vector<api::Finding> Agent::Parts::findings() const {
    const TimePoint now = clock.now();
    FindingFacts facts;
    facts.hooks = hooking.status();
    facts.health = node->health();
    facts.missing_since = missing_since();
    facts.paths = node->probe_paths(now);
    facts.recent = checkup.recent(counters());
    facts.worst_lag = loop_lag.worst(now);
    facts.undeciphered = undeciphered_senders();
    facts.advertise = node->advertise();
    facts.advertise_warning = advertised->choice().warning;
    facts.store_trouble = keeping.trouble();
    facts.journal_trouble = journaling.trouble();
    for (const election::Knowledge::Known& other : leader().conflict)
        facts.other_clusters.push_back("one led by " +
                                       (other.leader.empty() ? "nobody" : in_words(other.leader)) +
                                       " in term " + std::to_string(other.term));
    if (const std::optional<Checkup::Step> step = checkup.step(now))
        facts.clock_step = step->by;
    for (const Checkup::Conflict& each : checkup.conflicts(now))
        facts.claims.push_back({in_words(each.claim.name), each.claim.ours.plain().to_string(),
                                each.claim.other.plain().to_string(),
                                each.claim.name == node->name()});
    return muster::findings(facts);
}

}  // namespace muster
