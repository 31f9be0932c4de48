// A regular expression from outside, searched anywhere in a text: RE2, with limits on its length
// and on its size when compiled, so that no peer's expression takes long or much memory.
//
// Pure: RE2 is only a function of its pattern and its text.
#pragma once

#include <memory>

#include "swim/bytes.h"
#include "swim/result.h"

namespace re2 {
class RE2;
}

namespace muster::cluster {

inline constexpr std::size_t max_expression_size = 1024;

class Expression {
public:
    // The error says what is wrong with it, to go behind its name: "is not valid: missing )".
    static Result<Expression> compile(BytesView text);
    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;
    ~Expression();

    bool matches(BytesView text) const;

private:
    explicit Expression(std::unique_ptr<re2::RE2> compiled);

    std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace muster::cluster
