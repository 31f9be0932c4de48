// The command line's part for hooks and the configuration. For options.cpp alone.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"

// CLI11's own name: NOLINTNEXTLINE(readability-identifier-naming)
namespace CLI {
class App;
}

namespace muster::cli {

class HookCommands {
public:
    HookCommands();
    ~HookCommands();

    // The commands write into this when they are parsed. REQUIRES: it outlives the parsing.
    void add_to(CLI::App& app);
    // Whether the command is one of these.
    static bool knows(const std::string& command);
    // What was asked for. Throws CLI11's error if it makes no sense. REQUIRES: knows(command), and
    // it was parsed.
    CommandOptions chosen(const std::string& command);

private:
    struct Raw;
    std::unique_ptr<Raw> raw_;
};

}  // namespace muster::cli
