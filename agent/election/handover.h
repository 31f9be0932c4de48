// Who acts by this node's leadership, and how it is given up without two acting at once
// (docs/election.md, "Giving up").
//
// A holder was told how long it may act; it is waited for until it has said that it ended, or that
// time has passed, also when its connection broke. A name is held at most once per term, so one
// token never stands for two commands.
//
// INVARIANT: no holder's end is after the lease's end at the moment it was told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "agent/effects.h"
#include "agent/election/ids.h"
#include "agent/election/output.h"
#include "swim/time.h"

namespace muster::election {

// Why, and for whom, leadership is being given up.
struct Departure {
    std::optional<RequestId> request;
    VoterId target = no_voter;  // whom to tell to lead; no_voter: whoever is first
    Duration hold_off{};        // at least so long without standing again
};

class Handover {
public:
    // A new tenure: nobody holds.
    void begin_term();
    // The tenure is over; who still holds has its own end, and is no longer waited for.
    void end_term() { departure_.reset(); }
    // Holds `name` until the lease's end, or goes on holding it. False: held by another, or held
    // before in this term, or too many are.
    bool hold(HolderId holder, BytesView name, TimePoint lease_end);
    // It has ended everything.
    void released(HolderId holder);
    bool anybody(TimePoint now) const;
    bool holding(HolderId holder, TimePoint now) const;
    std::vector<HolderId> holders() const;

    void give_up(const Departure& departure) { departure_ = departure; }
    bool giving_up() const { return departure_.has_value(); }
    const std::optional<Departure>& departure() const { return departure_; }
    // When nobody can be acting any more, if nobody says so before.
    TimePoint ends() const;

private:
    struct Holder {
        Bytes name;
        TimePoint end;
    };
    static constexpr std::size_t max_names = 256;

    std::map<HolderId, Holder> holders_;
    std::set<Bytes, std::less<>> names_;  // held in this term
    std::optional<Departure> departure_;
};

}  // namespace muster::election
