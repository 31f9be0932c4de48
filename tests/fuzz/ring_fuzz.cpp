// Any bytes as what agents say of their rings, as holds that they tell of, and as the members of a
// ring. What decodes can be written and read again, and then is the same; a ring of any members is
// whole, and the same when it is reached by a change.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "agent/cluster/holds.h"
#include "agent/ring/difference.h"
#include "agent/ring/status.h"
#include "swim/assert.h"

using namespace muster;
using namespace muster::ring;

namespace {

void status(BytesView bytes) {
    if (const auto answer = decode_status(bytes)) {
        const Bytes once = encode_status(*answer, 1U << 20U);
        const auto again = decode_status(once);
        MUSTER_ASSERT(again && again->rings == answer->rings && again->held == answer->held);
        MUSTER_ASSERT(encode_status(*answer, 200).size() <= 200);
    }
}

void holds(BytesView bytes) {
    swim::Scratch scratch;
    swim::MsgpackReader reader(bytes, scratch);
    cluster::ReadFault fault;
    std::vector<cluster::HeldTime> held;
    if (cluster::read_held(reader, fault, held)) {
        for (const cluster::HeldTime& each : held) {
            MUSTER_ASSERT(each.left <= cluster::longest_hold);
        }
    }
}

// The first byte of each member says how long its name is, the second its weight.
std::vector<Member> members_of(BytesView bytes) {
    std::vector<Member> members;
    while (bytes.size() >= 2 && members.size() < 40) {
        Member member;
        const std::size_t size = octet(bytes[0]) % 16U;
        member.weight = octet(bytes[1]) % 4U;
        member.zone = bytes.substr(1, 1);
        member.name = bytes.substr(2, size);
        bytes.remove_prefix(std::min(bytes.size(), 2 + size));
        members.push_back(std::move(member));
    }
    return members;
}

SharedRing whole(Result<SharedRing> built) {
    MUSTER_ASSERT(built);
    (*built)->points().check();
    const std::vector<std::uint64_t> shares = (*built)->shares();
    const std::uint64_t sum = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
    MUSTER_ASSERT(sum == ((*built)->points().size() > 0 ? circle : 0));
    return *std::move(built);
}

void rings(BytesView bytes) {
    const Function function{Algorithm::Vnodes, 5};
    const auto half =
        std::make_shared<const MemberSet>(function, members_of(bytes.substr(0, bytes.size() / 2)));
    const auto all = std::make_shared<const MemberSet>(function, members_of(bytes));
    const SharedRing before = whole(Ring::build(half));
    const SharedRing after = whole(Ring::build(all));
    const SharedRing changed = whole(Ring::build(all, *before));
    MUSTER_ASSERT(changed->fingerprint() == after->fingerprint());
    MUSTER_ASSERT(moved_share(*changed, *after) == 0);
    MUSTER_ASSERT(moved_share(*before, *after) == difference(*before, *after).moved);
    std::vector<std::uint32_t> owners;
    changed->owners(bytes, {4, true}, owners);
    MUSTER_ASSERT(owners.empty() == (changed->owner(bytes) == nobody));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const BytesView input(reinterpret_cast<const char*>(bytes), size);
    status(input);
    holds(input);
    rings(input);
    return 0;
}
