#include "agent/election/once.h"

#include <algorithm>
#include <functional>

namespace muster::election {

// FNV-1a, 64 bit, then mixed (SplitMix64's finalizer): any stable hash would do.
std::uint64_t once_hash(BytesView key) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char each : key) {
        hash = (hash ^ octet(each)) * 0x100000001B3U;
    }
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
    return hash ^ (hash >> 31U);
}

std::uint64_t majority_wall(std::vector<std::uint64_t> walls, std::size_t voters) {
    const std::size_t needed = voters / 2 + 1;
    if (walls.size() < needed) {
        return 0;
    }
    std::sort(walls.begin(), walls.end(), std::greater<>());
    return walls[needed - 1];
}

std::string use_once(const OnceKey& key, std::uint64_t wall, std::vector<OnceKey>& table) {
    std::erase_if(table, [wall](const OnceKey& each) { return each.expiry < wall; });
    if (std::any_of(table.begin(), table.end(),
                    [&key](const OnceKey& each) { return each.hash == key.hash; })) {
        return "this key has run";
    }
    if (table.size() >= max_once) {
        return "16 keys are kept, and none has expired: choose a shorter --once period";
    }
    table.push_back(key);
    return "";
}

}  // namespace muster::election
