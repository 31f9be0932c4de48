// The rules by which a command runs under a lease: until when, when its renewal is overdue, and
// when it must be gone (docs/election.md, "muster run"). Pure: times come in, and none is read.
//
//     end     = (the clock before the agent was asked) + what it said is left
//     SIGTERM at end - grace - margin
//     SIGKILL at end - margin
//
// A renewal moves the end, never back; once SIGTERM was due, nothing calls it off any more.
#pragma once

#include <cstdint>
#include <string>

#include "swim/time.h"

namespace muster::cli {

struct LeaseTerms {
    Duration lease{};   // how long one is
    Duration grace{};   // between the two signals
    Duration margin{};  // between the second one and the lease's end
};

// max(20 ms, a twentieth of the lease)
Duration lease_margin(Duration lease);
// 0.15 of the lease
Duration default_grace(Duration lease);
// Why a command cannot run under it, for a person; empty if it can. Two renewals must fit beside
// grace and margin, so that one lost packet ends no command.
std::string lease_refusal(const LeaseTerms& terms);

class Countdown {
public:
    explicit Countdown(const LeaseTerms& terms) : terms_(terms) {}

    // The agent was asked at `asked`, and answered that so much is left.
    void renewed(TimePoint asked, TimePoint now, Duration left);
    // Ends now, with all its grace, as far as the lease has room for it.
    void end(TimePoint now);

    // When to ask again: half of the leader's own renewal, or a quarter of what is left.
    TimePoint ask_at(TimePoint now) const;
    TimePoint terminate_at() const { return terminate_at_; }
    TimePoint kill_at() const { return kill_at_; }
    bool ending(TimePoint now) const { return now >= terminate_at_; }

private:
    LeaseTerms terms_;
    TimePoint terminate_at_ = TimePoint::min();
    TimePoint kill_at_ = TimePoint::min();
};

}  // namespace muster::cli
