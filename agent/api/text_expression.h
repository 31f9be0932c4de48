// A regular expression over names and tags, which are bytes: it sees them as Go does, each byte
// that is not UTF-8 as one U+FFFD. With the limits of cluster::Expression, and errors that a person
// can act on. Safe to ask from any thread. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/cluster/expression.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

// For so many tags at once expressions may be given.
inline constexpr std::size_t max_tag_expressions = 16;

class TextExpression {
public:
    using Matching = cluster::Expression::Matching;

    // `what` it is of, for the error: "the expression for WHAT, 'TEXT', is not valid: ...".
    static Result<TextExpression> compile(const std::string& what, BytesView text,
                                          Matching matching);

    bool matches(BytesView text) const;
    std::uint64_t cost(std::size_t text_size) const { return expression_.cost(text_size); }

private:
    explicit TextExpression(cluster::Expression expression);

    cluster::Expression expression_;
};

}  // namespace muster::api
