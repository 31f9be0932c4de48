#include "agent/cluster/query_filters.h"

#include <algorithm>
#include <string>

#include "agent/cluster/expression.h"
#include "agent/cluster/query_messages.h"

namespace muster::cluster {

Result<std::vector<Bytes>> encode_filters(const QueryRequest& wanted) {
    if (wanted.filter_tags.size() > max_tag_filters) {
        return Error{"a query's filters are for at most " + std::to_string(max_tag_filters) +
                     " tags, and these are for " + std::to_string(wanted.filter_tags.size())};
    }
    std::vector<Bytes> filters;
    if (!wanted.filter_nodes.empty()) {
        NodeFilter nodes;
        nodes.names.assign(wanted.filter_nodes.begin(), wanted.filter_nodes.end());
        encode(nodes, filters.emplace_back());
    }
    for (const auto& [tag, text] : wanted.filter_tags) {
        if (const auto expression = Expression::compile(text); !expression) {
            std::string said = "the expression for tag '";
            said.append(tag).append("', '").append(text).append("', ");
            return Error{said + expression.error().text};
        }
        encode(TagFilter{tag, text}, filters.emplace_back());
    }
    return filters;
}

bool filters_match(const std::vector<BytesView>& filters, BytesView name, const Tags& tags) {
    std::size_t expressions = 0;
    return std::all_of(filters.begin(), filters.end(), [&](BytesView bytes) {
        const Filter filter = decode_filter(bytes);
        if (filter.node) {
            const auto& names = filter.node->names;
            return std::find(names.begin(), names.end(), name) != names.end();
        }
        if (!filter.tag || ++expressions > max_tag_filters) {
            return false;
        }
        const auto expression = Expression::compile(filter.tag->expression);
        const auto tag = tags.find(filter.tag->tag);
        return expression &&
               expression->matches(tag != tags.end() ? BytesView(tag->second) : BytesView());
    });
}

}  // namespace muster::cluster
