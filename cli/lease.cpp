#include "cli/lease.h"

#include <algorithm>

#include "agent/api/duration.h"

namespace muster::cli {

namespace {

constexpr Duration least_margin = std::chrono::milliseconds(20);
// H is an eighth of the lease: the leader renews so often (agent/election/timing.h).
constexpr int renewals_a_lease = 8;

}  // namespace

Duration lease_margin(Duration lease) {
    return std::max(least_margin, lease / 20);
}

Duration default_grace(Duration lease) {
    return lease * 15 / 100;
}

std::string lease_refusal(const LeaseTerms& terms) {
    const Duration needed = terms.grace + terms.margin + 2 * terms.lease / renewals_a_lease;
    if (needed < terms.lease)
        return "";
    return "a lease of " + api::to_string(terms.lease) + " has no room for --grace " +
           api::to_string(terms.grace) + ": make that shorter, or raise [election] timing";
}

void Countdown::renewed(TimePoint asked, TimePoint now, Duration left) {
    if (terminate_at_ != TimePoint::min() && ending(now))
        return;
    const TimePoint kill_at = asked + left - terms_.margin;
    if (kill_at > kill_at_) {
        kill_at_ = kill_at;
        terminate_at_ = kill_at - terms_.grace;
    }
}

void Countdown::end(TimePoint now) {
    if (!ending(now)) {
        terminate_at_ = now;
        kill_at_ = std::min(kill_at_, now + terms_.grace);
    }
}

TimePoint Countdown::ask_at(TimePoint now) const {
    const Duration left = std::max(Duration::zero(), kill_at_ + terms_.margin - now);
    return now + std::min(terms_.lease / (2 * renewals_a_lease), left / 4);
}

}  // namespace muster::cli
