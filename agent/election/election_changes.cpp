// This node as the leader of changes: of the voter set, of the lease, of the once keys.
#include <algorithm>
#include <utility>

#include "agent/election/election.h"
#include "agent/election/once.h"

namespace muster::election {

namespace {

constexpr Duration request_patience = std::chrono::seconds(30);
constexpr Duration most_courtesy = std::chrono::minutes(10);

void finish(RequestId request, std::string error, Output& out) {
    RequestDone done;
    done.request = request;
    done.error = std::move(error);
    out.done.push_back(std::move(done));
}

}  // namespace

Standing Election::standing() const {
    return {config_, *state().record, *tenure_, view_, state().id};
}

std::string Election::change(TimePoint now, RequestId request, const Change& change, Output& out) {
    catch_up(now, out);
    if (!is_leader(now)) {
        return "this node does not lead";
    }
    if (wanted_) {
        return "another change is waiting or in flight";
    }
    if (std::string wrong = objection(*state().record, change, state().id); !wrong.empty()) {
        return wrong;
    }
    wanted_ = WantedChange{request, change, now + request_patience, {}};
    consider_changes(now, out);
    settle(now, out);
    return "";
}

std::string Election::use_once(TimePoint now, RequestId request, const OnceKey& key, Output& out) {
    catch_up(now, out);
    if (!is_leader(now)) {
        return "this node does not lead";
    }
    if (once_.size() >= max_once) {
        return "too many keys are waiting";
    }
    once_.push_back({request, key, {}});
    consider_changes(now, out);
    settle(now, out);
    return "";
}

// Whatever is to be changed, one after the other, each when the one before is committed.
void Election::consider_changes(TimePoint now, Output& out) {
    if (!tenure_ || !tenure_->acquired || ledger_.busy() || !ledger_.holds(ballot_.state) ||
        tenure_->committed != state().record->key) {
        return;
    }
    if (state().record->in_flight()) {
        last_change_ = now;
        return propose_and_send(now, completed(*state().record), out);
    }
    end_committed(now, out);
    if (handover_.giving_up() || now >= lease_end()) {
        return;
    }
    if (!propose_once(now, out)) {
        propose_change(now, out);
    }
}

void Election::propose_and_send(TimePoint now, Record record, Output& out) {
    propose(now, std::move(record), out);
    renew(now, out);
}

// Requests whose record is committed.
void Election::end_committed(TimePoint now, Output& out) {
    const Key committed = tenure_->committed;
    if (wanted_ && wanted_->proposed != Key{} && wanted_->proposed <= committed) {
        finish(wanted_->request, "", out);
        wanted_.reset();
    }
    const bool still = is_leader(now);
    std::erase_if(once_, [&](const WantedOnce& each) {
        const bool done = each.proposed != Key{} && each.proposed <= committed;
        if (done) {
            finish(each.request, still ? "" : "leadership was lost: not run", out);
        }
        return done;
    });
}

bool Election::propose_once(TimePoint now, Output& out) {
    while (!once_.empty()) {
        Record next = *state().record;
        ++next.key.index;
        next.key.term = tenure_->term();
        std::vector<std::uint64_t> walls;
        for (const Voter& voter : next.voters) {
            const Tenure::Peer* peer = tenure_->peer(voter.id);
            if (voter.id == state().id) {
                walls.push_back(wall_);
            } else if (peer != nullptr && peer->heard != TimePoint::min()) {
                walls.push_back(peer->wall);
            }
        }
        const std::uint64_t wall = majority_wall(std::move(walls), next.voters.size());
        std::string wrong = election::use_once(once_.front().key, wall, next.once);
        if (wrong.empty() && !fits(next)) {
            wrong = "the record would be too large: fewer keys, or shorter names of voters";
        }
        if (wrong.empty()) {
            once_.front().proposed = next.key;
            propose_and_send(now, std::move(next), out);
            return true;
        }
        finish(once_.front().request, std::move(wrong), out);
        once_.erase(once_.begin());
    }
    return false;
}

void Election::propose_change(TimePoint now, Output& out) {
    courted_ = {};
    std::optional<Change> next;
    const bool asked = wanted_ && wanted_->proposed == Key{};
    if (asked) {
        next = wanted_->change;
        if (std::string wrong = objection(*state().record, *next, state().id); !wrong.empty()) {
            finish(wanted_->request, std::move(wrong), out);
            wanted_.reset();
            return;
        }
    } else {
        next = duty(now, standing());
    }
    if (!next || !objection(*state().record, *next, state().id).empty()) {
        return;
    }
    courted_ = next->add;
    const bool soon = last_change_ != never && now - last_change_ < config_.change_pause;
    if (soon || !safe_to_begin(now, standing(), *next)) {
        if (asked && now >= wanted_->deadline) {
            finish(wanted_->request,
                   "not safe to change: too few voters answer, or the one to be added does not",
                   out);
            wanted_.reset();
        }
        return;
    }
    Record record = changed(*state().record, *next, tenure_->term());
    if (asked) {
        wanted_->proposed = record.key;
    }
    const bool in_flight = record.in_flight();
    propose_and_send(now, std::move(record), out);
    if (!in_flight) {
        last_change_ = now;
    }
}

// At most one of these in 30 s, then in twice that, to 10 min: two that both want it take turns
// slowly.
void Election::consider_successor(TimePoint now, Output& out) {
    if (handover_.anybody(now) || unused_since_ == never) {
        unused_since_ = now;
    }
    if (!is_leader(now) || handover_.anybody(now) || now < next_courtesy_) {
        return;
    }
    if (const auto heir = successor(now, standing(), wants_, now - unused_since_)) {
        next_courtesy_ = now + courtesy_;
        courtesy_ = std::min(2 * courtesy_, most_courtesy);
        Departure departure;
        departure.target = *heir;
        give_up(now, departure, out);
    }
}

void Election::fail_requests(Output& out) {
    if (wanted_) {
        finish(wanted_->request, "leadership was lost: the change may or may not have been made",
               out);
        wanted_.reset();
    }
    for (const WantedOnce& each : once_) {
        finish(each.request, "leadership was lost: not run", out);
    }
    once_.clear();
    courted_.reset();
    unused_since_ = never;
    last_change_ = never;
}

}  // namespace muster::election
