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

Expression::Expression(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Result<Expression> Expression::compile(BytesView text) {
    if (text.size() > max_expression_size) {
        return Error{"has " + std::to_string(text.size()) + " bytes, the limit is " +
                     std::to_string(max_expression_size)};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    auto compiled = std::make_unique<re2::RE2>(piece(text), options);
    const bool too_large = compiled->ok()
                               ? compiled->ProgramSize() > max_program
                               : compiled->error_code() == re2::RE2::ErrorPatternTooLarge;
    if (too_large) {
        return Error{"is too complex (are there large repetitions in it?)"};
    }
    if (!compiled->ok()) {
        return Error{"is not valid: " + compiled->error()};
    }
    return Expression(std::move(compiled));
}

bool Expression::matches(BytesView text) const {
    return re2::RE2::PartialMatch(piece(text), *compiled_);
}

}  // namespace muster::cluster
