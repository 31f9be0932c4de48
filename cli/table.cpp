#include "cli/table.h"

#include <algorithm>

#include "agent/api/text.h"

namespace muster::cli {

std::string render_table(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], api::width(row[column]));
    }
    std::string table;
    for (const Row& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            table += row[column];
            if (column + 1 < row.size())
                table.append(widths[column] + 2 - api::width(row[column]), ' ');
        }
        table += '\n';
    }
    return table;
}

}  // namespace muster::cli
