// The command line's part for tags, events, queries, keys and round-trip times. For options.cpp
// alone.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"

// CLI11's own name: NOLINTNEXTLINE(readability-identifier-naming)
namespace CLI {
class App;
}

namespace muster::cli {

class ClusterOptions {
public:
    ClusterOptions();
    ~ClusterOptions();

    // The commands write into this when they are parsed. REQUIRES: it outlives the parsing.
    void add_to(CLI::App& app);
    // What was asked for. Throws CLI11's error if it makes no sense. REQUIRES: `command` is one of
    // ours, and was parsed.
    CommandOptions chosen(const std::string& command);

private:
    struct Raw;
    std::unique_ptr<Raw> raw_;
};

}  // namespace muster::cli
