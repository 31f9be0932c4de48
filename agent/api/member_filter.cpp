#include "agent/api/member_filter.h"

#include <re2/re2.h>

#include "agent/api/text.h"

namespace muster::api {

namespace {

using Compiled = std::unique_ptr<re2::RE2>;

// Of one expression, for its program and its automata. Bounds the time of compiling it, too.
constexpr std::int64_t max_memory = 128 * 1024;
constexpr int max_program = 4000;  // instructions

re2::StringPiece piece(BytesView bytes) {
    return {bytes.data(), bytes.size()};
}

// One expression, and how it is meant.
struct Expression {
    Compiled compiled;  // null: matches everything
    bool whole = false;

    explicit operator bool() const { return compiled != nullptr; }
    // As Go sees text: each byte that is not UTF-8 is one U+FFFD.
    bool matches(BytesView text) const {
        if (is_utf8(text))
            return matches_utf8(text);
        std::string readable;
        append_utf8(text, readable);
        return matches_utf8(readable);
    }
    bool matches_utf8(BytesView text) const {
        return whole ? re2::RE2::FullMatch(piece(text), *compiled)
                     : re2::RE2::PartialMatch(piece(text), *compiled);
    }
    // At worst, each character meets each instruction.
    std::uint64_t cost(std::size_t text) const {
        return (text + 1) * static_cast<std::uint64_t>(compiled->ProgramSize());
    }
};

Result<Expression> compile_expression(const std::string& what, const Bytes& text,
                                      MemberFilter::Matching matching) {
    if (text.size() > max_expression_size)
        return Error{"the expression for " + what + " has " + std::to_string(text.size()) +
                     " bytes, the limit is " + std::to_string(max_expression_size)};
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    const bool whole = matching == MemberFilter::Matching::Whole;
    auto compiled = std::make_unique<re2::RE2>(whole ? text : "^" + text + "$", options);
    const std::string subject = "the expression for " + what + ", '" + printable(text) + "', ";
    const bool too_large = compiled->ok()
                               ? compiled->ProgramSize() > max_program
                               : compiled->error_code() == re2::RE2::ErrorPatternTooLarge;
    if (too_large)
        return Error{subject + "is too complex (are there large repetitions in it?)"};
    if (!compiled->ok())
        return Error{subject + "is not valid: " + printable(compiled->error())};
    return Expression{.compiled = std::move(compiled), .whole = whole};
}

}  // namespace

struct MemberFilter::Expressions {
    Expression name;
    Expression status;
    std::vector<std::pair<Bytes, Expression>> tags;
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
    auto expressions = std::make_unique<Expressions>();
    const auto add = [&](const std::string& what, const Bytes& text,
                         Expression& out) -> std::optional<Error> {
        Result<Expression> compiled = compile_expression(what, text, matching);
        if (!compiled)
            return compiled.error();
        out = *std::move(compiled);
        return std::nullopt;
    };
    if (!request.name.empty()) {
        if (const auto error = add("the name", request.name, expressions->name))
            return *error;
    }
    if (!request.status.empty()) {
        if (const auto error = add("the status", request.status, expressions->status))
            return *error;
    }
    for (const auto& [tag, text] : request.tags) {
        auto& [key, expression] = expressions->tags.emplace_back(tag, Expression());
        if (const auto error = add("tag '" + printable(tag) + "'", text, expression))
            return *error;
    }
    return MemberFilter(std::move(expressions));
}

std::uint64_t MemberFilter::cost(BytesView name, const cluster::Tags& tags) const {
    const Expressions& wanted = *expressions_;
    std::uint64_t sum = 1;
    if (wanted.name)
        sum += wanted.name.cost(name.size());
    if (wanted.status)
        sum += wanted.status.cost(8);
    for (const auto& [key, expression] : wanted.tags) {
        const auto tag = tags.find(key);
        sum += expression.cost(tag != tags.end() ? tag->second.size() : 0);
    }
    return sum;
}

bool MemberFilter::matches(BytesView name, BytesView status, const cluster::Tags& tags) const {
    const Expressions& wanted = *expressions_;
    if (wanted.name && !wanted.name.matches(name))
        return false;
    if (wanted.status && !wanted.status.matches(status))
        return false;
    for (const auto& [key, expression] : wanted.tags) {
        const auto tag = tags.find(key);
        if (!expression.matches(tag != tags.end() ? BytesView(tag->second) : BytesView()))
            return false;
    }
    return true;
}

}  // namespace muster::api
