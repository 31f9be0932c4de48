// A regular expression from outside: RE2, with limits on its length and on its size when compiled,
// so that nobody's expression takes long or much memory. Safe to ask from any thread.
//
// Pure: RE2 is only a function of its pattern and its text.
#pragma once

#include <cstdint>
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
    // Anchored is Serf's way for members: between `^` and `$` without grouping.
    enum class Matching : std::uint8_t { Anywhere, Anchored, Whole };

    // The error says what is wrong with it, to go behind its name: "is not valid: missing )".
    static Result<Expression> compile(BytesView text, Matching matching = Matching::Anywhere);
    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;
    ~Expression();

    bool matches(BytesView text) const;
    // What that costs at most for so many bytes, in steps of an automaton: some nanoseconds each.
    std::uint64_t cost(std::size_t text_size) const;

private:
    Expression(std::unique_ptr<re2::RE2> compiled, Matching matching);

    std::unique_ptr<re2::RE2> compiled_;
    Matching matching_;
};

}  // namespace muster::cluster
