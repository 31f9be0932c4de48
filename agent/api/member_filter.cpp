#include "agent/api/member_filter.h"

#include <optional>

#include "agent/api/text.h"
#include "agent/api/text_expression.h"

namespace muster::api {

struct MemberFilter::Expressions {
    std::optional<TextExpression> name;  // none: any
    std::optional<TextExpression> status;
    std::vector<std::pair<Bytes, TextExpression>> tags;
};

MemberFilter::MemberFilter(std::unique_ptr<Expressions> expressions)
    : expressions_(std::move(expressions)) {}
MemberFilter::MemberFilter(MemberFilter&&) noexcept = default;
MemberFilter& MemberFilter::operator=(MemberFilter&&) noexcept = default;
MemberFilter::~MemberFilter() = default;

Result<MemberFilter> MemberFilter::compile(const FilterRequest& request, Matching matching) {
    if (request.tags.size() > max_tag_expressions)
        return Error{"expressions for " + std::to_string(request.tags.size()) +
                     " tags, the limit is " + std::to_string(max_tag_expressions)};
    const auto how = matching == Matching::Whole ? TextExpression::Matching::Whole
                                                 : TextExpression::Matching::Anchored;
    auto expressions = std::make_unique<Expressions>();
    std::optional<Error> error;
    const auto compiled = [&](const std::string& what,
                              const Bytes& text) -> std::optional<TextExpression> {
        Result<TextExpression> result = TextExpression::compile(what, text, how);
        if (result)
            return *std::move(result);
        if (!error)
            error = result.error();
        return std::nullopt;
    };
    if (!request.name.empty())
        expressions->name = compiled("the name", request.name);
    if (!request.status.empty())
        expressions->status = compiled("the status", request.status);
    for (const auto& [tag, text] : request.tags) {
        if (auto expression = compiled("tag '" + printable(tag) + "'", text))
            expressions->tags.emplace_back(tag, *std::move(expression));
    }
    if (error)
        return *error;
    return MemberFilter(std::move(expressions));
}

std::uint64_t MemberFilter::cost(BytesView name, const cluster::Tags& tags) const {
    const Expressions& wanted = *expressions_;
    std::uint64_t sum = 1;
    if (wanted.name)
        sum += wanted.name->cost(name.size());
    if (wanted.status)
        sum += wanted.status->cost(8);
    for (const auto& [key, expression] : wanted.tags) {
        const auto tag = tags.find(key);
        sum += expression.cost(tag != tags.end() ? tag->second.size() : 0);
    }
    return sum;
}

bool MemberFilter::matches(BytesView name, BytesView status, const cluster::Tags& tags) const {
    const Expressions& wanted = *expressions_;
    if (wanted.name && !wanted.name->matches(name))
        return false;
    if (wanted.status && !wanted.status->matches(status))
        return false;
    for (const auto& [key, expression] : wanted.tags) {
        const auto tag = tags.find(key);
        if (!expression.matches(tag != tags.end() ? BytesView(tag->second) : BytesView()))
            return false;
    }
    return true;
}

}  // namespace muster::api
