#include "agent/ring/member_set.h"

#include <algorithm>
#include <utility>

#include "agent/ring/hash.h"

namespace muster::ring {
namespace {

bool by_name(const Member& a, const Member& b) {
    return a.name < b.name;
}

void normalize(std::vector<Member>& members) {
    std::erase_if(members, [](const Member& member) {
        return member.name.size() > max_text_size || member.zone.size() > max_text_size;
    });
    if (!std::is_sorted(members.begin(), members.end(), by_name)) {
        std::stable_sort(members.begin(), members.end(), by_name);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i + 1 < members.size() && members[i + 1].name == members[i].name) {
            continue;
        }
        if (kept != i) {
            members[kept] = std::move(members[i]);
        }
        ++kept;
    }
    members.resize(kept);
}

std::uint64_t fingerprint_of(const Function& function, const std::vector<Member>& members) {
    Bytes said = "muster-ring-1\n";
    said.push_back(static_cast<char>(function.algorithm));
    append_u32(function.vnodes, said);
    append_u32(members.size(), said);
    for (const Member& member : members) {
        append_u16(member.name.size(), said);
        said += member.name;
        append_u32(member.weight, said);
        append_u16(member.zone.size(), said);
        said += member.zone;
    }
    return xxh3_64(said);
}

}  // namespace

const char* to_string(Algorithm algorithm) {
    return algorithm == Algorithm::Vnodes ? "vnodes" : "rendezvous";
}

std::optional<std::uint32_t> parse_weight(BytesView text) {
    if (text.empty() || text.size() > 3) {
        return std::nullopt;
    }
    std::uint32_t weight = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        weight = weight * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return weight <= max_weight ? std::optional(weight) : std::nullopt;
}

Member member_of(BytesView name, const cluster::Tags& tags, const MemberTags& which, bool drained) {
    Member member;
    member.name = name;
    if (const auto zone = tags.find(which.zone); zone != tags.end()) {
        member.zone = zone->second;
    }
    if (const auto said = tags.find(which.weight); said != tags.end()) {
        const auto weight = parse_weight(said->second);
        member.weight = weight.value_or(1);
        member.bad_weight = !weight.has_value();
    }
    if (drained) {
        member.weight = 0;
    }
    return member;
}

MemberSet::MemberSet(Function function, std::vector<Member> members)
    : function_(function), members_(std::move(members)) {
    if (function_.algorithm == Algorithm::Rendezvous) {
        function_.vnodes = 0;
    }
    normalize(members_);
    for (const Member& member : members_) {
        total_weight_ += member.weight;
    }
    fingerprint_ = fingerprint_of(function_, members_);
}

std::uint32_t MemberSet::find(BytesView name) const {
    const auto at = std::lower_bound(
        members_.begin(), members_.end(), name,
        [](const Member& member, BytesView wanted) { return member.name < wanted; });
    return at != members_.end() && at->name == name
               ? static_cast<std::uint32_t>(at - members_.begin())
               : nobody;
}

std::size_t MemberSet::memory() const {
    const std::size_t inside = Bytes().capacity();  // what a string holds without the heap
    std::size_t bytes = sizeof(MemberSet) + members_.capacity() * sizeof(Member);
    for (const Member& member : members_) {
        for (const Bytes* text : {&member.name, &member.zone}) {
            bytes += text->capacity() > inside ? text->capacity() + 1 : 0;
        }
    }
    return bytes;
}

std::string fingerprint_text(std::uint64_t fingerprint) {
    std::string text;
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        text.push_back("0123456789abcdef"[(fingerprint >> (shift - 4)) & 15U]);
    }
    return text;
}

}  // namespace muster::ring
