// The command line's part for the leader and its voters. For options.cpp alone.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"

// CLI11's own name: NOLINTNEXTLINE(readability-identifier-naming)
namespace CLI {
class App;
}

namespace muster::cli {

class LeaderCommands {
public:
    LeaderCommands();
    ~LeaderCommands();

    // The commands write into this when they are parsed. REQUIRES: it outlives the parsing.
    void add_to(CLI::App& app);
    // Whether `command` is one of ours.
    static bool has(const std::string& command);
    // What was asked for. Throws CLI11's error if it makes no sense. REQUIRES: has(command), and it
    // was parsed.
    CommandOptions chosen(const std::string& command);

private:
    struct Raw;
    void add_run(CLI::App& app);
    RunOptions run() const;
    std::unique_ptr<Raw> raw_;
};

}  // namespace muster::cli
