#include "agent/cluster/expression.h"

#include <re2/re2.h>

#include <string>
#include <utility>

namespace muster::cluster {

namespace {

// Of one expression, for its program and its automata. Bounds the time of compiling it, too.
constexpr std::int64_t max_memory = 128 * 1024;
constexpr int max_program = 4000;  // instructions

re2::StringPiece piece(BytesView bytes) {
    return {bytes.data(), bytes.size()};
}

}  // namespace

Expression::Expression(std::unique_ptr<re2::RE2> compiled, Matching matching)
    : compiled_(std::move(compiled)), matching_(matching) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Result<Expression> Expression::compile(BytesView text, Matching matching) {
    if (text.size() > max_expression_size) {
        return Error{"has " + std::to_string(text.size()) + " bytes, the limit is " +
                     std::to_string(max_expression_size)};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    const bool anchored = matching == Matching::Anchored;
    const std::string pattern = anchored ? "^" + std::string(text) + "$" : std::string(text);
    auto compiled = std::make_unique<re2::RE2>(pattern, options);
    const bool too_large = compiled->ok()
                               ? compiled->ProgramSize() > max_program
                               : compiled->error_code() == re2::RE2::ErrorPatternTooLarge;
    if (too_large) {
        return Error{"is too complex (are there large repetitions in it?)"};
    }
    if (!compiled->ok()) {
        return Error{"is not valid: " + compiled->error()};
    }
    return Expression(std::move(compiled), matching);
}

bool Expression::matches(BytesView text) const {
    return matching_ == Matching::Whole ? re2::RE2::FullMatch(piece(text), *compiled_)
                                        : re2::RE2::PartialMatch(piece(text), *compiled_);
}

std::uint64_t Expression::cost(std::size_t text_size) const {
    // At worst, each character meets each instruction.
    return (text_size + 1) * static_cast<std::uint64_t>(compiled_->ProgramSize());
}

}  // namespace muster::cluster
