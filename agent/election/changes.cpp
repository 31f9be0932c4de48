#include "agent/election/changes.h"

#include <algorithm>

namespace muster::election {

namespace {

using std::chrono::milliseconds;

constexpr Duration steady_for = std::chrono::seconds(30);
constexpr Duration unwanted_for = std::chrono::seconds(2);

std::vector<Voter> ready_spares(TimePoint now, const Standing& standing) {
    std::vector<Voter> found;
    for (const Voter& spare : spares(standing)) {
        if (ready(now, standing, spare, /*settled=*/true)) {
            found.push_back(spare);
        }
    }
    return found;
}

BytesView zone_of(const Standing& standing, BytesView name) {
    const Seen* seen = standing.view.find(name);
    return seen == nullptr ? BytesView{} : BytesView(seen->zone);
}

// A ready spare, from a zone without a voter if there is one.
std::optional<Voter> replacement(TimePoint now, const Standing& standing, VoterId leaving) {
    const std::vector<Voter> found = ready_spares(now, standing);
    const auto fresh = std::find_if(found.begin(), found.end(), [&](const Voter& spare) {
        return std::none_of(
            standing.record.voters.begin(), standing.record.voters.end(), [&](const Voter& voter) {
                return voter.id != leaving &&
                       zone_of(standing, voter.name) == zone_of(standing, spare.name);
            });
    });
    if (fresh != found.end()) {
        return *fresh;
    }
    return found.empty() ? std::nullopt : std::optional(found.front());
}

// A voter's name under another id: its data directory was lost.
std::optional<Change> swap_wiped(TimePoint now, const Standing& standing) {
    for (const Voter& spare : spares(standing)) {
        const Voter* former = standing.record.voter_named(spare.name);
        if (former != nullptr && former->id != standing.self &&
            ready(now, standing, spare, /*settled=*/false)) {
            return Change{spare, former->id};
        }
    }
    return std::nullopt;
}

std::optional<Change> swap_departing(TimePoint now, const Standing& standing) {
    for (const Voter& voter : standing.record.voters) {
        const Tenure::Peer* peer = standing.tenure.peer(voter.id);
        if (peer != nullptr && peer->departing) {
            if (const auto spare = replacement(now, standing, voter.id)) {
                return Change{spare, voter.id};
            }
        }
    }
    return std::nullopt;
}

bool silent(TimePoint now, const Standing& standing, const Voter& voter) {
    const Tenure::Peer* peer = standing.tenure.peer(voter.id);
    const TimePoint heard =
        std::max(standing.tenure.began(), peer == nullptr ? TimePoint::min() : peer->heard);
    const Seen* seen = standing.view.find(voter.name);
    if (seen != nullptr && seen->alive) {
        return false;
    }
    const Duration promise = milliseconds(standing.record.asked_promise_ms());
    if (seen != nullptr && seen->forced_out && now - heard >= promise) {
        return true;
    }
    return standing.config.replace_after && now - heard >= *standing.config.replace_after;
}

std::optional<Change> swap_silent(TimePoint now, const Standing& standing) {
    for (const Voter& voter : standing.record.voters) {
        if (voter.id != standing.self && silent(now, standing, voter)) {
            if (const auto spare = replacement(now, standing, voter.id)) {
                return Change{spare, voter.id};
            }
        }
    }
    return std::nullopt;
}

// From odd to even only on the way to odd, or if even is wanted: an even set tolerates no more.
std::optional<Change> add_missing(TimePoint now, const Standing& standing) {
    const Record& record = standing.record;
    if (record.voters.size() >= record.target) {
        return std::nullopt;
    }
    const std::vector<Voter> found = ready_spares(now, standing);
    const bool to_even = record.voters.size() % 2 == 1;
    const std::size_t needed = to_even && record.target % 2 == 1 ? 2 : 1;
    return found.size() < needed ? std::nullopt : std::optional(Change{found.front()});
}

}  // namespace

Record changed(const Record& record, const Change& change, Term term) {
    Record next = record;
    next.key = {term, record.key.index + 1};
    if (const Voter* leaving = record.voter(change.remove)) {
        next.removed = *leaving;
        std::erase_if(next.voters, [&](const Voter& each) { return each.id == change.remove; });
    }
    if (change.add) {
        next.added = change.add;
        next.voters.push_back(*change.add);
    }
    if (change.lease_ms != 0 && change.lease_ms != record.lease_ms) {
        next.lease_before = record.lease_ms;
        next.lease_ms = change.lease_ms;
    }
    if (change.target != 0) {
        next.target = change.target;
    }
    return next;
}

Record completed(const Record& record) {
    Record next = record;
    ++next.key.index;
    next.added.reset();
    next.removed.reset();
    next.lease_before = 0;
    return next;
}

std::string objection(const Record& record, const Change& change, VoterId self) {
    if (change.remove != no_voter && record.voter(change.remove) == nullptr) {
        return "it is not a voter";
    }
    if (change.remove == self) {
        return "it leads: transfer the leadership first";
    }
    const Record next = changed(record, change, record.key.term);
    if (std::string wrong = flaw(next); !wrong.empty()) {
        return wrong;
    }
    return fits(next) ? "" : "the record would be too large: shorter names or fewer voters";
}

bool safe_to_begin(TimePoint now, const Standing& standing, const Change& change) {
    const Record& record = standing.record;
    if (record.in_flight() || !standing.tenure.acquired ||
        standing.tenure.committed != record.key) {
        return false;
    }
    const Duration lease = milliseconds(record.counted_lease_ms());
    if (change.add && !standing.tenure.hears(change.add->id, now, lease / 4)) {
        return false;
    }
    const Record next = changed(record, change, record.key.term);
    const Duration then = milliseconds(next.counted_lease_ms());
    return standing.tenure.lease_end(record, standing.self) >= now + lease / 2 &&
           standing.tenure.lease_end(next, standing.self) >= now + then / 2;
}

std::vector<Voter> spares(const Standing& standing) {
    std::vector<Voter> found;
    for (const auto& [name, seen] : standing.view.members()) {
        const Mark& mark = seen.mark;
        const bool ours = mark.cluster == no_cluster || mark.cluster == standing.record.cluster;
        if (mark.candidate && ours && seen.alive && !seen.leaving &&
            !standing.record.counts(mark.id) && found.size() < 2 * max_voters) {
            found.push_back({name, mark.id, mark.priority});
        }
    }
    return found;
}

bool ready(TimePoint now, const Standing& standing, const Voter& spare, bool settled) {
    const Tenure::Peer* peer = standing.tenure.peer(spare.id);
    if (peer == nullptr || !peer->ready || peer->departing || peer->key != standing.record.key ||
        peer->steady_since == never) {
        return false;
    }
    const bool named_already = standing.record.voter_named(spare.name) != nullptr;
    return !settled || (!named_already && now - peer->steady_since >= standing.config.settle);
}

std::optional<VoterId> successor(TimePoint now, const Standing& standing, bool wanted_here,
                                 Duration quiet) {
    const Voter* self = standing.record.voter(standing.self);
    VoterId best = no_voter;
    std::uint8_t priority = self == nullptr ? 0 : self->priority;
    for (const Voter& voter : standing.record.voters) {
        const Tenure::Peer* peer = standing.tenure.peer(voter.id);
        const bool steady = peer != nullptr && peer->ready && !peer->departing &&
                            peer->steady_since != never && now - peer->steady_since >= steady_for;
        if (steady && voter.priority > priority) {
            best = voter.id;
            priority = voter.priority;
        }
    }
    if (best == no_voter && !wanted_here && quiet >= unwanted_for) {
        for (const Voter& voter : standing.record.voters) {
            const Tenure::Peer* peer = standing.tenure.peer(voter.id);
            if (peer != nullptr && peer->wants && peer->ready && voter.priority > 0) {
                best = voter.id;
            }
        }
    }
    return best == no_voter ? std::nullopt : std::optional(best);
}

std::optional<Change> duty(TimePoint now, const Standing& standing) {
    for (const auto rule : {swap_wiped, swap_departing, swap_silent, add_missing}) {
        if (auto change = rule(now, standing)) {
            return change;
        }
    }
    return std::nullopt;
}

}  // namespace muster::election
