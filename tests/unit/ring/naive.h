// The ring's function as docs/ring.md reads, and nothing else: a sorted set of points that is
// searched from the front. What agent/ring is held against, on random members. Integers only.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/ring/hash.h"
#include "agent/ring/ring.h"
#include "swim/random.h"

namespace muster::ring::test {

class Naive {
public:
    Naive(Function function, const std::vector<Member>& given) : function_(function) {
        for (const Member& member : given) {
            members_[member.name] = member;
        }
        if (function_.algorithm == Algorithm::Vnodes) {
            for (const auto& [name, member] : members_) {
                for (std::uint32_t j = 0; j < function_.vnodes * member.weight; ++j) {
                    points_.emplace(hash(name, j) >> 16U, name);
                }
            }
        }
    }

    std::vector<Bytes> walk(const Bytes& key) const {
        std::vector<Bytes> names;
        const auto meet = [&names](const Bytes& name) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.push_back(name);
            }
        };
        if (function_.algorithm == Algorithm::Rendezvous) {
            Bytes prefix;
            append_u64(xxh3_64(key), prefix);
            std::vector<std::pair<std::uint64_t, Bytes>> scores;
            for (const auto& [name, member] : members_) {
                std::uint64_t score = 0;
                for (std::uint32_t j = 0; j < member.weight; ++j) {
                    score = std::max(score, hash(prefix + name, j));
                }
                if (member.weight > 0) {
                    scores.emplace_back(score, name);
                }
            }
            std::sort(scores.begin(), scores.end(), [](const auto& a, const auto& b) {
                return a.first != b.first ? a.first > b.first : a.second < b.second;
            });
            for (const auto& [score, name] : scores) {
                names.push_back(name);
            }
            return names;
        }
        const std::uint64_t wanted = xxh3_64(key) >> 16U;
        for (const bool ahead : {true, false}) {
            for (const auto& [position, name] : points_) {
                if ((position >= wanted) == ahead) {
                    meet(name);
                }
            }
        }
        return names;
    }

    std::vector<Bytes> owners(const Bytes& key, Wanted wanted) const {
        std::vector<Bytes> names = walk(key);
        if (wanted.distinct_zones) {
            std::set<Bytes> taken;
            std::stable_partition(names.begin(), names.end(), [&](const Bytes& name) {
                return taken.insert(members_.at(name).zone).second;
            });
        }
        names.resize(std::min(names.size(), wanted.owners));
        return names;
    }

    // Who owns this position; "" if nobody does.
    Bytes owner_at(std::uint64_t position) const {
        const auto at = points_.lower_bound({position, Bytes()});
        return points_.empty()       ? Bytes()
               : at == points_.end() ? points_.begin()->second
                                     : at->second;
    }
    const std::set<std::pair<std::uint64_t, Bytes>>& points() const { return points_; }

private:
    static std::uint64_t hash(Bytes said, std::uint32_t j) {
        append_u32(j, said);
        return xxh3_64(said);
    }

    Function function_;
    std::map<Bytes, Member> members_;
    std::set<std::pair<std::uint64_t, Bytes>> points_;
};

inline SharedRing ring_of(Function function, std::vector<Member> members) {
    auto built = Ring::build(std::make_shared<const MemberSet>(function, std::move(members)));
    REQUIRE(built);
    (*built)->points().check();
    return *built;
}

inline SharedRing changed(const Ring& before, std::vector<Member> members) {
    auto built = Ring::build(
        std::make_shared<const MemberSet>(before.set().function(), std::move(members)), before);
    REQUIRE(built);
    (*built)->points().check();
    return *built;
}

inline std::vector<Bytes> names_of(const Ring& ring, const std::vector<std::uint32_t>& ranks) {
    std::vector<Bytes> names;
    names.reserve(ranks.size());
    for (const std::uint32_t rank : ranks) {
        names.push_back(ring.set().members().at(rank).name);
    }
    return names;
}

inline std::vector<Bytes> owners(const Ring& ring, BytesView key, Wanted wanted) {
    std::vector<std::uint32_t> ranks;
    ring.owners(key, wanted, ranks);
    return names_of(ring, ranks);
}

inline std::vector<Member> plain_members(std::size_t count) {
    std::vector<Member> members(count);
    for (std::size_t i = 0; i < count; ++i) {
        members[i].name = "n" + std::to_string(i);
    }
    return members;
}

inline Bytes random_bytes(Random& random, std::uint64_t longest) {
    Bytes bytes;
    for (std::uint64_t size = random.below(longest + 1); size > 0; --size) {
        bytes.push_back(static_cast<char>(random.below(std::uint64_t{256})));
    }
    return bytes;
}

inline Member random_member(Random& random) {
    Member member;
    member.name = random.chance(0.2) ? random_bytes(random, 300) : random_bytes(random, 6);
    member.weight = random.chance(0.6)
                        ? 1
                        : static_cast<std::uint32_t>(random.below(std::uint64_t{max_weight} + 1));
    member.zone =
        random.chance(0.5) ? Bytes() : "z" + std::to_string(random.below(std::uint64_t{4}));
    return member;
}

}  // namespace muster::ring::test
