// Whether a change is for a hook: its events, whose they are, names and tags. Expressions run on
// RE2, with limits. Safe to ask from any thread. Pure.
//
// `member` and `whose` look at changes of a member and at conflicts over its name; `tags` at
// changes of a member only, since a claim to a name comes without any.
#pragma once

#include <memory>

#include "agent/history/change.h"
#include "agent/hooks/spec.h"
#include "swim/result.h"

namespace muster::hooks {

class Filter {
public:
    // The error begins with the key, "member: ...", and says what is wrong with it.
    static Result<Filter> compile(const Spec& spec, Bytes self);

    // Filters for members let every change pass that is of no member.
    bool wants(const history::Change& change) const;
    bool wants_query(BytesView name) const;

private:
    struct Expressions;
    explicit Filter(std::shared_ptr<const Expressions> expressions);
    std::shared_ptr<const Expressions> expressions_;
};

}  // namespace muster::hooks
