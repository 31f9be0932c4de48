// Which members a `members-filtered` asks for. Expressions come from outside: they run on RE2, with
// limits on their length, their number and their size when compiled. Pure.
//
// Serf puts an expression between `^` and `$` without grouping it, so that `alive|left` means
// "begins with alive, or ends with left" (docs/protocol/rpc.md section 4.4). Its clients get that;
// for ours an expression matches as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/messages.h"
#include "agent/cluster/tags.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

class MemberFilter {
public:
    enum class Matching : std::uint8_t { Serf, Whole };

    // The error names the expression and what is wrong with it.
    static Result<MemberFilter> compile(const FilterRequest& request, Matching matching);
    MemberFilter(MemberFilter&&) noexcept;
    MemberFilter& operator=(MemberFilter&&) noexcept;
    ~MemberFilter();

    // `status` is the word that the client is shown. An absent tag counts as an empty one.
    bool matches(BytesView name, BytesView status, const cluster::Tags& tags) const;
    // What such a question costs at most, in steps of an automaton: some nanoseconds each.
    std::uint64_t cost(BytesView name, const cluster::Tags& tags) const;

private:
    struct Expressions;
    explicit MemberFilter(std::unique_ptr<Expressions> expressions);

    std::unique_ptr<Expressions> expressions_;
};

}  // namespace muster::api
