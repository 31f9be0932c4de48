// The agent's rings: what the node adopts is said and told, what the API asks is answered.
#include <algorithm>
#include <cstdio>

#include "agent/agent_parts.h"
#include "agent/api/duration.h"
#include "agent/ring/difference.h"
#include "agent/ring/rings.h"

namespace muster {

namespace {

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
    return text;
}

std::string describe(const ring::Adoption& adoption) {
    return "ring " + adoption.ring + ": " + std::to_string(adoption.after->members().size()) +
           (adoption.after->members().size() == 1 ? " member" : " members") + ", fingerprint " +
           ring::fingerprint_text(adoption.after->fingerprint()) + " after " +
           ring::fingerprint_text(adoption.before->fingerprint());
}

}  // namespace

// How much has moved is only known from the points of both: built for those who want to hear it.
void Agent::Parts::tell(const ring::Adoption& adoption) {
    log.info(describe(adoption));
    record(history::change_of(adoption));
    const TimePoint now = clock.now();
    ring_desk.adopted(adoption.ring, now);
    const bool is_wanted = std::any_of(
        subscribers.begin(), subscribers.end(),
        [](const api::Subscriber* each) { return each != nullptr && each->wants_ring_changes(); });
    if (!is_wanted)
        return;
    const auto change = std::make_shared<api::RingChange>();
    change->ring = adoption.ring;
    change->before = adoption.before->fingerprint();
    change->after = adoption.after->fingerprint();
    change->members = adoption.after->members().size();
    api::RingJob job;
    job.ring = adoption.ring;
    job.sets = {adoption.before, adoption.after};
    job.keeps = 1;
    job.work = [change](const std::vector<ring::SharedRing>& built) {
        change->moved = static_cast<double>(ring::moved_share(*built[0], *built[1])) /
                        static_cast<double>(ring::circle);
    };
    job.done = [this, change](const std::string& error) {
        if (!error.empty())
            return log.warn("ring " + change->ring + ": its change is not told: " + error);
        log.info("ring " + change->ring + ": " + percent(*change->moved) + " of the keys moved");
        for_each_subscriber(
            [&](api::Subscriber& subscriber) { subscriber.on_ring_change(*change); });
    };
    ring_desk.take(std::move(job), now);
}

const ring::Rings& Agent::Parts::rings() const {
    return node->rings();
}

void Agent::Parts::ask_ring(api::RingJob job) {
    ring_desk.take(std::move(job), clock.now());
}

TimePoint Agent::Parts::now() const {
    return clock.now();
}

// Told when all have heard of it, and the disk has.
void Agent::Parts::drain(bool on, std::optional<Duration> time,
                         std::function<void(std::string error)> done) {
    const TimePoint now = clock.now();
    std::optional<TimePoint> until;
    if (on)
        until = time ? now + *time : never;
    const RequestId request = expect([this, done = std::move(done)](const RequestDone& result) {
        if (!result.error.empty())
            return done(result.error);
        keeping.when_stored(clock.now(), [done](const std::string& error) {
            done(error.empty() ? ""
                               : error +
                                     ": it is so now, and would not survive a restart of this "
                                     "agent");
        });
        arm();
    });
    log.info(on ? "draining: no keys of any ring, and no leadership, for this host" +
                      (time ? " for " + api::to_string(*time) : std::string())
                : "no longer draining");
    perform(node->drain(now, request, until));
    arm();
}

api::DrainState Agent::Parts::drain_state() const {
    return {.active = node->draining(), .until = node->drained_until()};
}

}  // namespace muster
