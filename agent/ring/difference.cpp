#include "agent/ring/difference.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "swim/assert.h"

namespace muster::ring {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint32_t gone = nobody - 1;  // no rank in the ring after

std::uint64_t product(std::uint64_t share, std::uint64_t other) {
    return static_cast<std::uint64_t>(Wide{share} * other / circle);
}

// The rank after of each rank before.
std::vector<std::uint32_t> ranks_after(const MemberSet& before, const MemberSet& after) {
    std::vector<std::uint32_t> ranks;
    ranks.reserve(before.members().size());
    const std::vector<Member>& later = after.members();
    std::uint32_t rank = 0;
    for (const Member& member : before.members()) {
        while (rank < later.size() && later[rank].name < member.name) {
            ++rank;
        }
        ranks.push_back(rank < later.size() && later[rank].name == member.name ? rank : gone);
    }
    return ranks;
}

// Gathers moves, of which each pair may come many times.
class Ledger {
public:
    // With a limit of 0 only the sum is kept.
    explicit Ledger(std::size_t most_moves) : most_moves_(most_moves) {
        result_.listed = most_moves > 0;
    }

    bool listed() const { return result_.listed; }

    void add(std::uint32_t from, std::uint32_t to, std::uint64_t share) {
        result_.moved += share;
        if (result_.listed) {
            result_.moves.push_back({from, to, share});
            if (result_.moves.size() / 2 >= most_moves_) {
                sum_up();
            }
        }
    }

    Difference finish() && {
        sum_up();
        std::sort(result_.moves.begin(), result_.moves.end(), [](const Move& a, const Move& b) {
            return std::tie(b.share, a.from, a.to) < std::tie(a.share, b.from, b.to);
        });
        return std::move(result_);
    }

private:
    void sum_up() {
        std::vector<Move>& moves = result_.moves;
        std::sort(moves.begin(), moves.end(), [](const Move& a, const Move& b) {
            return std::tie(a.from, a.to) < std::tie(b.from, b.to);
        });
        std::size_t kept = 0;
        for (const Move& move : moves) {
            if (kept > 0 && moves[kept - 1].from == move.from && moves[kept - 1].to == move.to) {
                moves[kept - 1].share += move.share;
            } else {
                moves[kept++] = move;
            }
        }
        moves.resize(kept);
        if (kept > most_moves_) {
            moves = {};
            result_.listed = false;
        }
    }

    std::size_t most_moves_;
    Difference result_;
};

// One of the two lists of points while both are walked.
class Walk {
public:
    // REQUIRES: there are points
    explicit Walk(const Points& points) : points_(&points) {}

    std::uint64_t position() const { return ended() ? circle : points_->position(next_); }
    std::uint32_t owner() const { return points_->rank(ended() ? 0 : next_); }
    // Of points at one position only the first owns anything.
    void pass(std::uint64_t position) {
        while (!ended() && points_->position(next_) == position) {
            ++next_;
        }
    }

private:
    bool ended() const { return next_ == points_->size(); }

    const Points* points_;
    std::size_t next_ = 0;
};

Difference walk_points(const Ring& before, const Ring& after, std::size_t most_moves) {
    const std::vector<std::uint32_t> later = ranks_after(before.set(), after.set());
    Ledger ledger(most_moves);
    Walk old_walk(before.points());
    Walk new_walk(after.points());
    std::uint64_t next = 0;  // the first position that is not accounted for
    while (next < circle) {
        const std::uint64_t end = std::min({old_walk.position(), new_walk.position(), circle - 1});
        if (later[old_walk.owner()] != new_walk.owner()) {
            ledger.add(old_walk.owner(), new_walk.owner(), end + 1 - next);
        }
        old_walk.pass(end);
        new_walk.pass(end);
        next = end + 1;
    }
    return std::move(ledger).finish();
}

// The weights of one member in both rings.
struct Tickets {
    std::uint32_t from = nobody, to = nobody;  // its ranks
    std::uint64_t before = 0, after = 0;

    std::uint64_t lost() const { return before > after ? before - after : 0; }
    std::uint64_t won() const { return after > before ? after - before : 0; }
};

std::vector<Tickets> tickets_of(const Ring& before, const Ring& after) {
    std::vector<Tickets> all(after.set().members().size());
    for (std::uint32_t rank = 0; rank < all.size(); ++rank) {
        all[rank].to = rank;
        all[rank].after = after.set().members()[rank].weight;
    }
    std::uint32_t rank = 0;
    for (const std::uint32_t later : ranks_after(before.set(), after.set())) {
        if (later == gone) {
            all.emplace_back();
        }
        Tickets& tickets = later == gone ? all.back() : all[later];
        tickets.from = rank;
        tickets.before = before.set().members()[rank].weight;
        ++rank;
    }
    return all;
}

struct Totals {
    std::uint64_t before = 0, after = 0, either = 0;
};

// Of all tickets of either ring, each is the highest of a key with equal chance. If it is one that
// was lost, the key moves to the highest of those after; if one that was won, it came from the
// highest of those before:
//
//     lost(from) * after(to) / (either * after) + before(from) * won(to) / (either * before)
std::uint64_t expected_move(const Tickets& from, const Tickets& to, const Totals& totals) {
    return circle * from.lost() * to.after / (totals.either * totals.after) +
           circle * from.before * to.won() / (totals.either * totals.before);
}

// The same, from all to all others.
std::uint64_t expected_moved(const std::vector<Tickets>& all, const Totals& totals) {
    Wide to_those_after = 0;
    Wide from_those_before = 0;
    for (const Tickets& tickets : all) {
        to_those_after += Wide{tickets.lost()} * (totals.after - tickets.after);
        from_those_before += Wide{tickets.won()} * (totals.before - tickets.before);
    }
    return static_cast<std::uint64_t>(circle * to_those_after / totals.after / totals.either +
                                      circle * from_those_before / totals.before / totals.either);
}

Difference expect_tickets(const Ring& before, const Ring& after, std::size_t most_moves) {
    const std::vector<Tickets> all = tickets_of(before, after);
    Totals totals{before.set().total_weight(), after.set().total_weight(), 0};
    std::size_t losers = 0;
    std::vector<const Tickets*> everybody;
    std::vector<const Tickets*> winners;
    for (const Tickets& tickets : all) {
        totals.either += std::max(tickets.before, tickets.after);
        losers += tickets.lost() > 0 ? 1U : 0U;
        everybody.push_back(&tickets);
        if (tickets.won() > 0) {
            winners.push_back(&tickets);
        }
    }
    MUSTER_ASSERT(totals.before > 0 && totals.after > 0 && totals.either > 0);
    // Some of them are counted twice.
    const std::size_t pairs = (losers + winners.size()) * all.size();
    Ledger ledger(pairs / 2 <= most_moves ? most_moves : 0);
    for (std::size_t i = 0; i < all.size() && ledger.listed(); ++i) {
        for (const Tickets* to : all[i].lost() > 0 ? everybody : winners) {
            const std::uint64_t share = to == &all[i] ? 0 : expected_move(all[i], *to, totals);
            if (share > 0) {
                ledger.add(all[i].from, to->to, share);
            }
        }
    }
    Difference result = std::move(ledger).finish();
    result.moved = expected_moved(all, totals);
    return result;
}

// Two different functions: who owned a key says nothing of who will.
Difference expect_independent(const Ring& before, const Ring& after, std::size_t most_moves) {
    std::vector<std::uint64_t> old_shares = before.shares();
    std::vector<std::uint64_t> new_shares = after.shares();
    const std::vector<std::uint32_t> later = ranks_after(before.set(), after.set());
    Ledger ledger(old_shares.size() * new_shares.size() <= most_moves ? most_moves : 0);
    std::uint64_t stay = 0;
    for (std::uint32_t from = 0; from < old_shares.size(); ++from) {
        if (later[from] != gone) {
            stay += product(old_shares[from], new_shares[later[from]]);
        }
        for (std::uint32_t to = 0; to < new_shares.size() && ledger.listed(); ++to) {
            const std::uint64_t share = product(old_shares[from], new_shares[to]);
            if (later[from] != to && share > 0) {
                ledger.add(from, to, share);
            }
        }
    }
    Difference result = std::move(ledger).finish();
    result.moved = circle - stay;
    return result;
}

// All comes from nobody, or goes to nobody.
Difference all_moves(const Ring& before, const Ring& after, std::size_t most_moves) {
    const bool filled = before.set().total_weight() == 0;
    const std::vector<std::uint64_t> shares = (filled ? after : before).shares();
    Ledger ledger(most_moves);
    for (std::uint32_t rank = 0; rank < shares.size(); ++rank) {
        if (shares[rank] > 0) {
            ledger.add(filled ? nobody : rank, filled ? rank : nobody, shares[rank]);
        }
    }
    Difference result = std::move(ledger).finish();
    result.moved = circle;
    return result;
}

Difference compare(const Ring& before, const Ring& after, std::size_t most_moves) {
    const bool was_empty = before.set().total_weight() == 0;
    const bool is_empty = after.set().total_weight() == 0;
    const bool had_points = before.points().size() > 0;
    const bool has_points = after.points().size() > 0;
    Difference result;
    if (was_empty && is_empty) {
        return result;
    }
    if (was_empty || is_empty) {
        result = all_moves(before, after, most_moves);
        result.exact = had_points || has_points;
    } else if (had_points && has_points) {
        result = walk_points(before, after, most_moves);
    } else {
        result = had_points == has_points ? expect_tickets(before, after, most_moves)
                                          : expect_independent(before, after, most_moves);
        result.exact = false;
    }
    return result;
}

}  // namespace

Difference difference(const Ring& before, const Ring& after, std::size_t most_moves) {
    return compare(before, after, most_moves);
}

std::uint64_t moved_share(const Ring& before, const Ring& after) {
    return compare(before, after, /*most_moves=*/0).moved;
}

}  // namespace muster::ring
