#include "agent/api/text_expression.h"

#include <utility>

#include "agent/api/text.h"

namespace muster::api {

TextExpression::TextExpression(cluster::Expression expression)
    : expression_(std::move(expression)) {}

Result<TextExpression> TextExpression::compile(const std::string& what, BytesView text,
                                               Matching matching) {
    Result<cluster::Expression> compiled = cluster::Expression::compile(text, matching);
    if (compiled)
        return TextExpression(*std::move(compiled));
    std::string said = "the expression for " + what;
    // One that is too long would only hide what is wrong with it.
    said += text.size() > cluster::max_expression_size ? " " : ", '" + printable(text) + "', ";
    return Error{said + printable(compiled.error().text)};
}

bool TextExpression::matches(BytesView text) const {
    if (is_utf8(text))
        return expression_.matches(text);
    std::string readable;
    append_utf8(text, readable);
    return expression_.matches(readable);
}

}  // namespace muster::api
