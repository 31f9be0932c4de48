// Rows of text in aligned columns. Pure.
#pragma once

#include <string>
#include <vector>

namespace muster::cli {

using Row = std::vector<std::string>;

// Columns are separated by two spaces and as wide as their widest cell; the last one is not padded.
// Cells are shown as they are: make peers' bytes printable first.
std::string render_table(const std::vector<Row>& rows);

}  // namespace muster::cli
