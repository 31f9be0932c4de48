// The configuration file: TOML into values with their lines. Knows which keys and types there are,
// from the options' table, and nothing of what they mean. toml++ stays in the source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/place.h"

namespace muster {

struct FileValues {
    std::vector<Given> values;
    std::vector<ListedTable> rings;   // the [[ring]]s
    std::vector<ListedTable> hooks;   // the [[hook]]s
    std::vector<std::string> errors;  // each complete, with file and line
};

// `name` is the file's, for the errors. REQUIRES: options outlive the answer.
FileValues read_toml(std::string_view text, const std::string& name,
                     const std::vector<Option>& options);

}  // namespace muster
