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
    std::map<Bytes, std::size_t> next;  // the first call that may have the subject's next change
    for (const Gathered& item : gathered) {
        const Together& call = append(calls, item, next[item.name]);
        next[item.name] = static_cast<std::size_t>(&call - calls.data());
    }
    return calls;
}

std::vector<Together> calls_as_serf(const std::vector<Gathered>& gathered,
                                    std::map<Bytes, history::Kind>& told,
                                    std::vector<std::uint64_t>& left_out) {
    std::map<Bytes, std::uint64_t> last;
    for (const Gathered& item : gathered)
        last[item.name] = item.seq;
    std::vector<Together> calls;
    for (const Gathered& item : gathered) {
        const auto before = told.find(item.name);
        const bool again = before != told.end() && before->second == item.kind &&
                           item.kind != history::Kind::MemberUpdate;
        if (last[item.name] != item.seq || again) {
            left_out.push_back(item.seq);
            continue;
        }
        append(calls, item, 0);
        if (item.kind == history::Kind::MemberReap)
            told.erase(item.name);
        else
            told[item.name] = item.kind;
    }
    return calls;
}

}  // namespace muster::hooks
