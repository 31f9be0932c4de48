#include "agent/findings.h"

#include <algorithm>

#include "agent/api/duration.h"

namespace muster {

namespace {

using Findings = std::vector<api::Finding>;

// So many suspicions of ourselves in some minutes are no accident.
constexpr std::uint64_t often_suspected = 3;
// So many probes say something about the network, if a third of them fails.
constexpr std::uint64_t enough_probes = 20;
constexpr std::uint64_t part_that_fails = 3;
// So many members, or all, say whether it is they or we.
constexpr std::size_t enough_heard = 5;
constexpr std::uint64_t often_stalled = 3;
constexpr Duration long_stall = std::chrono::seconds(1);

std::string count(std::uint64_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string rounded(Duration time) {
    return api::to_string(std::chrono::floor<std::chrono::milliseconds>(time));
}

void missing(const FindingFacts& facts, Findings& out) {
    if (!facts.missing_since)
        return;
    out.push_back({"fewer than half of the members that this agent remembers are reachable",
                   *facts.missing_since,
                   "see whether this host is cut off (muster reachability, here and on another); "
                   "members that are gone for good: muster force-leave NAME"});
}

// Most of those that answer do so on detours only: a single one is that member's story.
void detours(const FindingFacts& facts, Findings& out) {
    const ProbePaths& paths = facts.paths;
    if (paths.heard < std::min(paths.others, enough_heard))
        return;
    if (paths.streamed > 0 && 2 * paths.streamed > paths.heard) {
        out.push_back({"UDP does not come through, while TCP does",
                       std::to_string(paths.streamed) + " of " +
                           count(paths.heard, "member", "members") +
                           " answered probes by TCP alone in the last minutes",
                       "open UDP port " + std::to_string(facts.advertise.port()) +
                           " both ways in the firewalls of this host and of the others, and see "
                           "whether large packets are dropped (MTU)"});
    } else if (paths.relayed + paths.streamed > 0 &&
               2 * (paths.relayed + paths.streamed) > paths.heard) {
        out.push_back({"packets are lost one way between this agent and others",
                       std::to_string(paths.relayed + paths.streamed) + " of " +
                           count(paths.heard, "member", "members") +
                           " answered probes by way of others or by TCP alone in the last minutes",
                       "look for asymmetric routes and for rules of firewalls that let only one "
                       "direction of UDP pass"});
    }
}

void suspected(const FindingFacts& facts, Findings& out) {
    const Counters& recent = facts.recent;
    if (recent.refutations < often_suspected)
        return;
    const bool hears = recent.probes_failed * part_that_fails < recent.probes;
    out.push_back(
        {hears ? "others do not hear this agent, while it hears them"
               : "others do not hear this agent, nor does it hear them",
         count(recent.refutations, "suspicion", "suspicions") +
             " of this agent refuted in the last minutes; " + std::to_string(recent.probes_failed) +
             " of its own " + count(recent.probes, "probe", "probes") + " failed",
         "see whether others reach " + facts.advertise.plain().to_string() +
             " by UDP (musterd --advertise), what is lost on the way there, and whether this host "
             "is short of CPU"});
}

void silence(const FindingFacts& facts, Findings& out) {
    const Counters& recent = facts.recent;
    if (recent.probes < enough_probes || recent.probes_failed * part_that_fails < recent.probes ||
        recent.refutations >= often_suspected)
        return;
    out.push_back({"many probes of this agent fail",
                   std::to_string(recent.probes_failed) + " of " +
                       count(recent.probes, "probe", "probes") + " failed in the last minutes",
                   "look at the network of this host: packets are lost on the way to many members, "
                   "or many of them have gone at once"});
}

void own_stalls(const FindingFacts& facts, Findings& out) {
    if (facts.recent.stalls < often_stalled && facts.worst_lag < long_stall)
        return;
    out.push_back({"this agent does not run when it should",
                   count(facts.recent.stalls, "stall", "stalls") +
                       " in the last minutes; its latest turn came " + rounded(facts.worst_lag) +
                       " late",
                   "give musterd its CPU: look at the load of this host, at limits on the service "
                   "(CPUQuota), at swapping, and at pauses of a virtual machine"});
}

void own_health(const FindingFacts& facts, Findings& out) {
    if (facts.health == 0)
        return;
    out.push_back(
        {"this agent's health score is " + std::to_string(facts.health) + " (0 is healthy)",
         "it hears less from the others than it should, and accuses more slowly",
         "it falls by itself when probes are answered again; if it stays, look at the "
         "load and the network of this host"});
}

void keys(const FindingFacts& facts, Findings& out) {
    for (const FindingFacts::Sender& sender : facts.undeciphered)
        out.push_back({"packets from " + sender.who + " cannot be decrypted",
                       count(sender.packets, "packet", "packets") + " that none of our keys opens",
                       "compare the keys of both (muster keys status, and the keyring files): its "
                       "key is not in this agent's keyring"});
}

void address(const FindingFacts& facts, Findings& out) {
    if (facts.advertise_warning.empty())
        return;
    out.push_back({"the address that this agent advertises may not be reachable for others",
                   facts.advertise_warning,
                   "say which address others can reach: musterd --advertise ADDR[:PORT]"});
}

void clusters(const FindingFacts& facts, Findings& out) {
    for (const std::string& other : facts.other_clusters)
        out.push_back({"there is more than one cluster of voters among the members",
                       "besides that of this agent: " + other,
                       "decide which one is to stay; on the voters of the other: muster leader "
                       "reset, or [election] cluster in their configuration"});
}

void names(const FindingFacts& facts, Findings& out) {
    for (const FindingFacts::Claim& claim : facts.claims)
        out.push_back({claim.own ? "another host has the name of this agent, " + claim.name
                                 : "two hosts have the name " + claim.name,
                       claim.ours + " and " + claim.other + " claimed it in the last hour",
                       "give one of the two another name (musterd --node NAME)"});
}

void clock(const FindingFacts& facts, Findings& out) {
    if (!facts.clock_step)
        return;
    const bool forward = *facts.clock_step > Duration::zero();
    out.push_back(
        {"the wall clock of this host was stepped",
         std::string("by ") + rounded(forward ? *facts.clock_step : -*facts.clock_step) +
             (forward ? " forward" : " back") + " in the last hour",
         "let the clock be slewed (chrony, systemd-timesyncd): membership does not depend "
         "on it, the times in the history do"});
}

void disk(const FindingFacts& facts, Findings& out) {
    if (!facts.store_trouble.empty())
        out.push_back({"this agent cannot keep its state", facts.store_trouble,
                       "make room on the disk, or see to the rights of its data directory: until "
                       "then a restart forgets what is new"});
    if (!facts.journal_trouble.empty())
        out.push_back({"the history cannot be written", facts.journal_trouble,
                       "make room on the disk, or see to the rights of its data directory: until "
                       "then the history waits in memory"});
    if (facts.recent.journal_lost > 0)
        out.push_back({"changes are missing in the history",
                       count(facts.recent.journal_lost, "change", "changes") +
                           " not written in the last minutes",
                       "see why the disk is slow; the members themselves are right"});
    if (facts.recent.log_dropped > 0)
        out.push_back(
            {"log lines are dropped",
             count(facts.recent.log_dropped, "line", "lines") + " dropped in the last minutes",
             "see why whoever reads the log (journald, a pipe) is too slow"});
}

void hooks_in_trouble(const FindingFacts& facts, Findings& out) {
    for (const hooks::HookStatus& hook : facts.hooks) {
        if (hook.breaker != hooks::Breaker::State::Closed)
            out.push_back({"hook " + hook.name + " is stopped, since it keeps failing",
                           hook.last_why + "; " +
                               count(hook.waiting, "event waits", "events wait") + " for it",
                           "mend its program (muster hooks test " + hook.name +
                               " shows what it says); nothing that waits is lost"});
        if (hook.dead > 0)
            out.push_back(
                {"events of hook " + hook.name + " were set aside",
                 count(hook.dead, "event", "events") +
                     " since the start, each after its last try; lately: " + hook.last_why,
                 "muster hooks list --dead " + hook.name +
                     " shows them; when it is mended, muster hooks replay " + hook.name +
                     " --all"});
        if (hook.lost > 0)
            out.push_back({"hook " + hook.name + " is too slow for its events",
                           count(hook.lost, "event", "events") +
                               " not kept, since its queue was full: it is told so when there is "
                               "room",
                           "make it faster, give it more concurrency, or a larger queue"});
    }
}

}  // namespace

Findings findings(const FindingFacts& facts) {
    Findings out;
    for (const auto rule : {own_stalls, address, detours, suspected, silence, own_health, missing,
                            keys, clusters, names, clock, disk, hooks_in_trouble})
        rule(facts, out);
    return out;
}

}  // namespace muster
