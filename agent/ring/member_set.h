// Who is in a ring, and by which function keys are given to them: all that an answer depends on,
// with its fingerprint (docs/ring.md, "Members" and "Fingerprint").
//
// Immutable, and shared: a question, its fingerprint and its share come from one of these. Small
// and cheap to build, also for thousands of members; the points are another thing
// (agent/ring/ring.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agent/cluster/tags.h"
#include "swim/bytes.h"

namespace muster::ring {

enum class Algorithm : std::uint8_t {
    Vnodes = 0,      // points on a circle; a key belongs to the next one
    Rendezvous = 1,  // a key belongs to the member with the highest score
};
const char* to_string(Algorithm algorithm);  // "vnodes", "rendezvous"

inline constexpr std::uint32_t default_vnodes = 448;  // 1/sqrt(448) = 4.7 %: below 5 %
inline constexpr std::uint32_t max_vnodes = 65536;
inline constexpr std::uint32_t max_weight = 100;
inline constexpr std::size_t max_members = 65535;    // their ranks take 16 bits, and one is nobody
inline constexpr std::size_t max_text_size = 65535;  // bytes of a name, and of a zone
inline constexpr std::uint64_t max_points = 1U << 25;  // 256 MiB; all members fit at the default

// A rank that no member has.
inline constexpr std::uint32_t nobody = 0xFFFFFFFF;

// How a key is given to members.
struct Function {
    Algorithm algorithm = Algorithm::Vnodes;
    std::uint32_t vnodes = default_vnodes;  // a member, times its weight; 0 with Rendezvous

    bool operator==(const Function&) const = default;
};

struct Member {
    Bytes name;
    std::uint32_t weight = 1;  // 0 to max_weight; 0: owns nothing
    Bytes zone;
    bool bad_weight = false;  // its tag is no weight, so that it counts as 1

    bool operator==(const Member&) const = default;
};

// A weight is one to three decimal digits, 0 to 100; nothing else is.
std::optional<std::uint32_t> parse_weight(BytesView text);

// Which tags say a member's weight and zone.
struct MemberTags {
    Bytes weight = "weight";
    Bytes zone = "zone";
};
// What a member's tags say of it; without the tag: weight 1, zone "". A drained one has weight 0,
// whatever its tag says.
Member member_of(BytesView name, const cluster::Tags& tags, const MemberTags& which, bool drained);

class MemberSet {
public:
    // In any order; of equal names the last counts. Who has a name or a zone of more than
    // max_text_size is left out: no length of theirs could be hashed.
    MemberSet(Function function, std::vector<Member> members);

    const Function& function() const { return function_; }
    // Sorted by the bytes of their names. A member's rank is its position in here.
    const std::vector<Member>& members() const { return members_; }
    std::uint64_t fingerprint() const { return fingerprint_; }
    std::uint64_t total_weight() const { return total_weight_; }
    // Its rank, or nobody.
    std::uint32_t find(BytesView name) const;
    std::size_t memory() const;  // bytes, about
    // A bad weight counts: it is shown.
    bool operator==(const MemberSet&) const = default;

private:
    Function function_;
    std::vector<Member> members_;
    std::uint64_t total_weight_ = 0;
    std::uint64_t fingerprint_ = 0;
};
using SharedMembers = std::shared_ptr<const MemberSet>;

// "9f0c3d2a51b87e64": 16 hexadecimal digits, as people and programs are shown it.
std::string fingerprint_text(std::uint64_t fingerprint);

}  // namespace muster::ring
