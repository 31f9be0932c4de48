#include "agent/hooks/filter.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "agent/api/text.h"
#include "agent/api/text_expression.h"
#include "agent/cluster/tags.h"

namespace muster::hooks {

namespace {

using api::TextExpression;
using history::Change;
using history::Kind;

}  // namespace

struct Filter::Expressions {
    std::string hook;
    Interest on;
    Spec::Whose whose = Spec::Whose::Anybody;
    Bytes self;
    std::optional<TextExpression> member;  // none: any
    std::vector<std::pair<Bytes, TextExpression>> tags;

    bool want_name(BytesView name) const {
        if (whose != Spec::Whose::Anybody && (name == self) != (whose == Spec::Whose::Self))
            return false;
        return !member || member->matches(name);
    }

    bool want_tags(BytesView encoded) const {
        if (tags.empty())
            return true;
        const cluster::Tags its = encoded.empty() ? cluster::Tags() : cluster::decode_tags(encoded);
        return std::all_of(tags.begin(), tags.end(), [&](const auto& wanted) {
            const auto tag = its.find(wanted.first);
            return wanted.second.matches(tag != its.end() ? BytesView(tag->second) : BytesView());
        });
    }
};

Filter::Filter(std::shared_ptr<const Expressions> expressions)
    : expressions_(std::move(expressions)) {}

Result<Filter> Filter::compile(const Spec& spec, Bytes self) {
    constexpr auto whole = TextExpression::Matching::Whole;
    if (spec.tags.size() > api::max_tag_expressions)
        return Error{"tags: expressions for " + std::to_string(spec.tags.size()) +
                     " tags, the limit is " + std::to_string(api::max_tag_expressions)};
    auto expressions = std::make_shared<Expressions>();
    expressions->hook = spec.name;
    expressions->on = spec.on;
    expressions->whose = spec.whose;
    expressions->self = std::move(self);
    if (!spec.member.empty()) {
        Result<TextExpression> compiled = TextExpression::compile("the name", spec.member, whole);
        if (!compiled)
            return Error{"member: " + compiled.error().text};
        expressions->member = *std::move(compiled);
    }
    for (const auto& [tag, text] : spec.tags) {
        Result<TextExpression> compiled =
            TextExpression::compile("tag '" + api::printable(tag) + "'", text, whole);
        if (!compiled)
            return Error{"tags: " + compiled.error().text};
        expressions->tags.emplace_back(tag, *std::move(compiled));
    }
    return Filter(std::move(expressions));
}

bool Filter::wants(const Change& change) const {
    const Expressions& wanted = *expressions_;
    if (!wanted.on.wants(change.kind, change.subject))
        return false;
    if (change.kind == Kind::Gap)
        return change.subject.empty() || change.subject == wanted.hook;
    if (change.kind == Kind::Conflict)
        return wanted.want_name(change.subject);
    if (!history::is_of_member(change.kind))
        return true;
    return wanted.want_name(change.subject) && wanted.want_tags(change.tags);
}

bool Filter::wants_query(BytesView name) const {
    return expressions_->on.wants_query(name);
}

}  // namespace muster::hooks
