#include "agent/election/tenure.h"

#include <algorithm>
#include <functional>

namespace muster::election {

using std::chrono::milliseconds;

void Tenure::digest(Duration horizon, Digest& digest) const {
    digest.add(term_);
    digest.add(seq_);
    digest.add(committed);
    digest.add(std::uint64_t{acquired});
    digest.add_moment(began_, 4 * horizon);
    digest.add_moment(last_round_, horizon);
    digest.add_moment(own_.sent, horizon);
    for (const Round& round : rounds_) {
        if (round.seq != 0) {
            digest.add_moment(round.sent, horizon);
        }
    }
    for (const auto& [id, peer] : peers_) {
        digest.add(id);
        digest.add_moment(peer.sent, horizon);
        digest.add(peer.answered);
        digest.add(peer.key);
    }
}

std::uint64_t Tenure::begin_round(TimePoint now, const Record& record) {
    ++seq_;
    last_round_ = now;
    rounds_[seq_ % rounds_kept] = {seq_, now, record.asked_lease_ms()};
    return seq_;
}

void Tenure::promised_self() {
    own_ = rounds_[seq_ % rounds_kept];
}

void Tenure::asked(VoterId id, TimePoint now) {
    const auto known = peers_.find(id);
    if (known == peers_.end() && peers_.size() >= max_peers) {
        return;
    }
    Peer& peer = known == peers_.end() ? peers_[id] : known->second;
    if (peer.asked != 0 && peer.answered < peer.asked) {
        peer.steady_since = never;
    }
    peer.asked = seq_;
    peer.asked_at = now;
}

void Tenure::answered(TimePoint now, VoterId id, const AppendAnswer& answer) {
    const auto known = peers_.find(id);
    const Round& round = rounds_[answer.seq % rounds_kept];
    if (known == peers_.end() || round.seq != answer.seq || answer.seq > known->second.asked) {
        return;
    }
    Peer& peer = known->second;
    peer.heard = now;
    peer.key = std::max(peer.key, answer.key);
    if (answer.seq < peer.answered) {
        return;
    }
    peer.answered = answer.seq;
    peer.ready = answer.ready;
    peer.wants = answer.wants;
    peer.departing = answer.departing;
    peer.wall = answer.wall;
    if (peer.steady_since == never) {
        peer.steady_since = now;
    }
    if (answer.promised && round.sent >= peer.sent) {
        peer.sent = round.sent;
        peer.lease_ms = round.lease_ms;
    }
}

TimePoint Tenure::end_of(const std::vector<Voter>& set, const Record& record, VoterId self) const {
    std::vector<TimePoint> ends;
    const auto end = [&record](TimePoint sent, std::uint32_t lease_ms) {
        const auto counted = milliseconds(std::min(lease_ms, record.counted_lease_ms()));
        return sent == TimePoint::min() ? sent : sent + counted;
    };
    for (const Voter& voter : set) {
        const Peer* known = peer(voter.id);
        if (voter.id == self) {
            ends.push_back(end(own_.sent, own_.lease_ms));
        } else {
            ends.push_back(known == nullptr ? TimePoint::min() : end(known->sent, known->lease_ms));
        }
    }
    const auto decides = ends.begin() + static_cast<std::ptrdiff_t>(set.size() / 2);
    std::nth_element(ends.begin(), decides, ends.end(), std::greater<>());
    return *decides;
}

TimePoint Tenure::lease_end(const Record& record, VoterId self) const {
    const TimePoint end = end_of(record.voters, record, self);
    return record.in_flight() ? std::min(end, end_of(record.before(), record, self)) : end;
}

bool Tenure::accepted(const Record& record, VoterId self, Key durable) const {
    return record.key.term == term_ && durable == record.key && majority(record, [&](VoterId id) {
               const Peer* known = peer(id);
               return id == self || (known != nullptr && known->key == record.key);
           });
}

const Tenure::Peer* Tenure::peer(VoterId id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : &found->second;
}

bool Tenure::hears(VoterId id, TimePoint now, Duration within) const {
    const Peer* known = peer(id);
    return known != nullptr && known->heard != TimePoint::min() && now - known->heard <= within;
}

}  // namespace muster::election
