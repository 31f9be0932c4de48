#include "agent/ring/rendezvous.h"

#include <algorithm>
#include <utility>

#include "agent/ring/hash.h"

namespace muster::ring {
namespace {

// Gives the score of each member that has one.
class Scores {
public:
    explicit Scores(std::uint64_t key) { append_u64(key, key_); }

    // REQUIRES: member.weight > 0
    std::uint64_t operator()(const Member& member) {
        hash_.begin(key_, member.name);
        std::uint64_t score = 0;
        for (std::uint32_t j = 0; j < member.weight; ++j) {
            score = std::max(score, hash_(j));
        }
        return score;
    }

private:
    Bytes key_;
    HashSeries hash_;
};

}  // namespace

std::uint32_t highest(const MemberSet& set, std::uint64_t key) {
    Scores score_of(key);
    std::uint32_t best = nobody;
    std::uint64_t best_score = 0;
    std::uint32_t rank = 0;
    for (const Member& member : set.members()) {
        if (member.weight > 0) {
            const std::uint64_t score = score_of(member);
            if (best == nobody || score > best_score) {
                best = rank;
                best_score = score;
            }
        }
        ++rank;
    }
    return best;
}

std::vector<std::uint32_t> ranking(const MemberSet& set, std::uint64_t key) {
    Scores score_of(key);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> scored;
    scored.reserve(set.members().size());
    std::uint32_t rank = 0;
    for (const Member& member : set.members()) {
        if (member.weight > 0) {
            scored.emplace_back(~score_of(member), rank);
        }
        ++rank;
    }
    std::sort(scored.begin(), scored.end());
    std::vector<std::uint32_t> ranks;
    ranks.reserve(scored.size());
    for (const auto& [score, scored_rank] : scored) {
        ranks.push_back(scored_rank);
    }
    return ranks;
}

}  // namespace muster::ring
