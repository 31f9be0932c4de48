// The settings of one named ring, and what is wrong with them (docs/ring.md, "Named rings").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/cluster/tags.h"
#include "agent/ring/member_set.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::ring {

inline constexpr std::size_t max_rings = 16;
inline constexpr std::size_t max_ring_name_size = 64;
inline constexpr std::uint32_t max_replicas = 64;
inline constexpr Duration max_settle = std::chrono::minutes(1);

struct RingSettings {
    Bytes name = "default";
    cluster::Tags filter;  // each of these tags has exactly this value; an absent tag is empty
    Function function;
    std::uint32_t replicas = 1;  // owners of a key when a question does not say
    MemberTags tags;
    Duration settle = std::chrono::seconds(3);

    bool passes(const cluster::Tags& member) const;
};

// A [[ring]] as a person wrote it, before anything in it was looked at.
struct RingText {
    std::optional<std::string> name;
    std::optional<std::vector<std::pair<std::string, std::string>>> filter;  // tags and values
    std::optional<std::string> algorithm, vnodes, replicas, zone_tag, weight_tag;
    std::optional<Duration> settle;
};

// The settings, or what is wrong: the error names the ring, the key and what is possible.
Result<RingSettings> settings_of(const RingText& text);
// All rings of a configuration; without any, the default one. Also refuses two of one name, and too
// many.
Result<std::vector<RingSettings>> rings_of(const std::vector<RingText>& texts);

}  // namespace muster::ring
