// The wire table: every member that this agent knows of, itself included, exactly as memberlist
// keeps it (docs/protocol/memberlist.md section 7.1). It holds; swim/membership.h decides what
// changes in it.
//
// Records have stable addresses until they are erased. The order of iteration is the probe order:
// random, and shuffled by each completed round (section 8.2).
#pragma once

#include <algorithm>
#include <cstdint>

#include <memory>

#include <unordered_map>
#include <vector>

#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/last_heard.h"
#include "swim/message.h"
#include "swim/random.h"
#include "swim/suspicion.h"
#include "swim/time.h"

namespace muster::swim {

struct Member {
    Bytes name;
    Endpoint endpoint;
    Bytes meta;
    Versions versions;
    std::uint32_t incarnation = 0;
    State state = State::Dead;
    TimePoint state_change{};
    std::unique_ptr<Suspicion> suspicion;  // while state is Suspect
    LastHeard heard;                       // by our own probes

    bool is_live() const { return state == State::Alive || state == State::Suspect; }
    bool is_gone() const { return !is_live(); }
    bool understands_crc() const { return versions.protocol_max >= version_with_crc; }
};

class MemberTable {
public:
    // n of the formulas: all entries.
    std::size_t size() const { return order_.size(); }
    // Entries that are alive or suspect.
    std::size_t live() const { return live_; }

    Member* find(BytesView name);
    const Member* find(BytesView name) const;

    // A new entry, dead and at incarnation 0, at a random position of the probe order.
    // REQUIRES: find(name) == nullptr
    Member& insert(BytesView name, const Endpoint& endpoint, Random& random);

    // Every change of state goes through here: it keeps the counts.
    void set_state(Member& member, State state, TimePoint now);

    // Deletes what went dead or left before `before`, except `self`; answers their names.
    std::vector<Bytes> reap(TimePoint before, BytesView self);

    void shuffle(Random& random) { random.shuffle(order_); }

    const std::vector<std::unique_ptr<Member>>& entries() const { return order_; }

    // Up to k distinct entries that `wanted` accepts, drawn without replacement; fewer only if
    // there are fewer.
    template <class Predicate>
    void choose(std::size_t k, Random& random, Predicate wanted, std::vector<Member*>& out);

    // The members under suspicion, in no particular order.
    const std::vector<Member*>& suspects() const { return suspects_; }

    // Aborts if the counts and the index are not those of the entries. Walks everything.
    void check() const;

private:
    std::vector<std::unique_ptr<Member>> order_;
    std::unordered_map<BytesView, Member*> by_name_;  // keys are views of the members' own names
    std::vector<Member*> suspects_;
    std::vector<std::size_t> draw_;  // reused by choose()
    std::size_t live_ = 0;
};

template <class Predicate>
void MemberTable::choose(std::size_t k, Random& random, Predicate wanted,
                         std::vector<Member*>& out) {
    out.clear();
    // Few entries are sought in many: drawing at random nearly always succeeds at once. What it
    // does not find, a partial shuffle of all positions does, so that a small cluster is never
    // short of relays.
    const std::size_t n = order_.size();
    const auto taken = [&](const Member* member) {
        return std::find(out.begin(), out.end(), member) != out.end();
    };
    for (std::size_t tries = 0; tries < 3 * k && n >= 3 * k && out.size() < k; ++tries) {
        Member* member = order_[static_cast<std::size_t>(random.below(n))].get();
        if (wanted(*member) && !taken(member)) {
            out.push_back(member);
        }
    }
    if (out.size() >= k) {
        return;
    }
    draw_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        draw_[i] = i;
    }
    for (std::size_t i = 0; i < n && out.size() < k; ++i) {
        std::swap(draw_[i], draw_[i + static_cast<std::size_t>(random.below(n - i))]);
        Member* member = order_[draw_[i]].get();
        if (wanted(*member) && !taken(member)) {
            out.push_back(member);
        }
    }
}

}  // namespace muster::swim
