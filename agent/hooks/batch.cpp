#include "agent/hooks/batch.h"

#include <algorithm>

namespace muster::hooks {

namespace {

Together& append(std::vector<Together>& calls, const Gathered& item, std::size_t from) {
    const auto found = std::find_if(calls.begin() + static_cast<std::ptrdiff_t>(from), calls.end(),
                                    [&](const Together& call) { return call.kind == item.kind; });
    Together& call = found != calls.end() ? *found : calls.emplace_back(Together{item.kind, {}});
    call.items.push_back(item);
    return call;
}

}  // namespace

std::vector<Together> calls_in_order(const std::vector<Gathered>& gathered) {
    std::vector<Together> calls;
    std::map<Bytes, std::size_t> next;  // the first call that may have the member's next change
    for (const Gathered& item : gathered) {
        const Together& call = append(calls, item, next[item.member]);
        next[item.member] = static_cast<std::size_t>(&call - calls.data()) + 1;
    }
    return calls;
}

std::vector<Together> calls_as_serf(const std::vector<Gathered>& gathered,
                                    std::map<Bytes, history::Kind>& told,
                                    std::vector<std::uint64_t>& left_out) {
    std::map<Bytes, std::uint64_t> last;
    for (const Gathered& item : gathered)
        last[item.member] = item.seq;
    std::vector<Together> calls;
    for (const Gathered& item : gathered) {
        const auto before = told.find(item.member);
        const bool again = before != told.end() && before->second == item.kind &&
                           item.kind != history::Kind::MemberUpdate;
        if (last[item.member] != item.seq || again) {
            left_out.push_back(item.seq);
            continue;
        }
        append(calls, item, 0);
        if (item.kind == history::Kind::MemberReap)
            told.erase(item.member);
        else
            told[item.member] = item.kind;
    }
    return calls;
}

}  // namespace muster::hooks
