// The configuration that a daemon runs with, out of defaults, file, environment and flags, in
// rising order of precedence; or everything that is wrong with it, not only the first thing.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/flags.h"
#include "daemon/settings.h"
#include "swim/result.h"

namespace muster {

// The outside world, so that a test can be another one.
struct Surroundings {
    std::function<const char*(const char*)> variable;  // null: not set
    std::function<Result<std::string>(const std::string&)> read_file;
    std::string host_name;
    bool is_root = false;
    std::function<Result<swim::Keyring>(const std::string&)> read_keyring;
};

// The process's own.
Surroundings real_surroundings();

struct Loaded {
    enum class Wish : std::uint8_t { Run, Validate, Version, Help, Rehearse };
    Wish wish = Wish::Run;
    RehearsalWishes rehearsal;  // of Rehearse
    std::string help;
    Settings settings;
    std::vector<std::string> errors;  // each complete: where, what, and what to do
    bool usage = false;               // one of them is of the command line
    // A hash of what was given for each option, and for each kind of table: not the values, which
    // may be secret.
    std::map<std::string, std::size_t> given = {};
};

// What stands otherwise in the second, but for hooks: names of options, "[[ring]]".
std::vector<std::string> differences(const Loaded& before, const Loaded& now);

// `arguments` without the program's name.
Loaded load(const std::vector<std::string>& arguments, const Surroundings& surroundings);

}  // namespace muster
