// The command line: flags into values. Which flags there are comes from the options' table. CLI11
// stays in the source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/place.h"

namespace muster {

// What `musterd rehearse` was asked for.
struct RehearsalWishes {
    std::string scenario;
    std::size_t nodes = 500;
    std::uint64_t seed = 1;
    bool json = false;
};

struct FlagValues {
    std::vector<Given> values;
    std::vector<std::string> errors;
    std::string config;  // --config; empty: not given
    bool validate = false;
    bool version = false;
    std::optional<RehearsalWishes> rehearsal;  // the command `rehearse`
    std::string help;                          // not empty: --help, and this is it
};

// `arguments` without the program's name. REQUIRES: options outlive the answer.
FlagValues read_flags(const std::vector<std::string>& arguments,
                      const std::vector<Option>& options);

}  // namespace muster
