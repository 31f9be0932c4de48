#include "agent/api/member_filter.h"

#include <re2/re2.h>

#include "agent/api/text.h"

namespace muster::api {

namespace {

using Expression = std::unique_ptr<re2::RE2>;

constexpr std::int64_t max_memory = std::int64_t{1} << 20;  // of one expression, for its automata
constexpr int max_program = 4000;                           // instructions: bounds its worst case

re2::StringPiece piece(BytesView bytes) {
    return {bytes.data(), bytes.size()};
}

Result<Expression> compile_expression(const std::string& what, const Bytes& text,
                                      MemberFilter::Matching matching) {
    const std::string subject = "the expression for " + what + ", '" + printable(text) + "', ";
    if (text.size() > max_expression_size)
        return Error{"the expression for " + what + " has " + std::to_string(text.size()) +
                     " bytes, the limit is " + std::to_string(max_expression_size)};
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    const bool whole = matching == MemberFilter::Matching::Whole;
    // Checked on its own first: "a)(b" must not become legal by what is put around it.
    if (re2::RE2 bare(text, options); whole && !bare.ok())
        return Error{subject + "is not valid: " + printable(bare.error())};
    const std::string anchored = whole ? "^(?:" + text + ")$" : "^" + text + "$";
    auto expression = std::make_unique<re2::RE2>(anchored, options);
    if (!expression->ok())
        return Error{subject + "is not valid: " + printable(expression->error())};
    if (expression->ProgramSize() > max_program)
        return Error{subject + "is too complex (are there large repetitions in it?)"};
    return expression;
}

// As Go sees text: each byte that is not UTF-8 is one U+FFFD.
bool matches_text(const re2::RE2& expression, BytesView text) {
    if (is_utf8(text))
        return re2::RE2::PartialMatch(piece(text), expression);
    std::string readable;
    append_utf8(text, readable);
    return re2::RE2::PartialMatch(readable, expression);
}

}  // namespace

struct MemberFilter::Expressions {
    Expression name;  // null: all
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
        auto& [key, expression] = expressions->tags.emplace_back(tag, nullptr);
        if (const auto error = add("tag '" + printable(tag) + "'", text, expression))
            return *error;
    }
    return MemberFilter(std::move(expressions));
}

bool MemberFilter::matches(BytesView name, BytesView status, const cluster::Tags& tags) const {
    const Expressions& wanted = *expressions_;
    if (wanted.name && !matches_text(*wanted.name, name))
        return false;
    if (wanted.status && !matches_text(*wanted.status, status))
        return false;
    for (const auto& [key, expression] : wanted.tags) {
        const auto tag = tags.find(key);
        if (!matches_text(*expression, tag != tags.end() ? BytesView(tag->second) : BytesView()))
            return false;
    }
    return true;
}

}  // namespace muster::api
