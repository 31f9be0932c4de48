// Changes of the voter set: what one is, when it is safe to begin, and which ones the leader makes
// of itself (docs/election.md, "Voters change").
//
// One at a time, of one voter: add, remove, or swap. It stands in the record as in flight until a
// majority of the set before AND of the set after holds it; then a second record says that it is
// done. Silence is what the leader itself does not hear, never what gossip says (F15); no death and
// no leaving ever shrinks the set (F16).
//
// Pure functions of the record, the tenure and the view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/election/config.h"
#include "agent/election/record.h"
#include "agent/election/tenure.h"
#include "agent/election/view.h"

namespace muster::election {

struct Change {
    std::optional<Voter> add;
    VoterId remove = no_voter;
    std::uint32_t lease_ms = 0;  // 0: as it is
    std::uint8_t target = 0;     // 0: as it is
    bool operator==(const Change&) const = default;
};

// A change that was asked for; its key once proposed.
struct WantedChange {
    RequestId request = 0;
    Change change;
    TimePoint deadline;
    Key proposed;
};
struct WantedOnce {
    RequestId request = 0;
    OnceKey key;
    Key proposed;
};

// What the leader stands on when it thinks of changes.
struct Standing {
    const Config& config;
    const Record& record;
    const Tenure& tenure;
    const View& view;
    VoterId self;
};

// The record that would be proposed. Its key is that of the next one.
Record changed(const Record& record, const Change& change, Term term);
// The record that says that the change is done.
Record completed(const Record& record);

// Why it cannot be made, ever, as the record stands; empty if it can.
std::string objection(const Record& record, const Change& change, VoterId self);
// Whether it may begin now: the one to be added answers, and the lease is good in both sets for
// long enough, so that the change cannot cost the quorum that proposes it.
bool safe_to_begin(TimePoint now, const Standing& standing, const Change& change);

// Candidates outside the set that the view shows: those to be kept informed.
std::vector<Voter> spares(const Standing& standing);
// A spare that may become a voter; `settled`: after having answered everything for long enough.
bool ready(TimePoint now, const Standing& standing, const Voter& spare, bool settled);

// To whom the leader hands over of itself, while nobody acts by its leadership: a voter of higher
// priority that has long answered everything; or, when nobody at the leader has held or waited for
// `quiet`, one at which somebody waits.
std::optional<VoterId> successor(TimePoint now, const Standing& standing, bool wanted_here,
                                 Duration quiet);

// What the leader changes by itself, in order of urgency: a voter that came back with a new id, one
// that leaves for good, one that is silent, one that is missing.
std::optional<Change> duty(TimePoint now, const Standing& standing);

}  // namespace muster::election
