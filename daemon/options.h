// The one description of everything that can be configured. Flags, environment variables, keys of
// the TOML file, their help and their errors are all made from it, so that they cannot drift apart.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/settings.h"

namespace muster {

// How a value is written. In the file each has a type of its own; flags and variables are text.
enum class ValueKind : std::uint8_t {
    Text,
    Time,  // "500ms"
    Number,
    Switch,  // true or false; as a flag it takes no value
    List,    // a flag is given once for each; a variable separates by commas
    Words,   // as List; in the file also one text, which separates by commas
    Pairs,   // K=V; in the file a table of strings
};

struct Option {
    // Takes the values as text. The answer: what is wrong with them; none if they were taken.
    using Apply = std::optional<std::string> (*)(const Option& option, Settings& settings,
                                                 const std::vector<std::string>& values);

    std::string_view section;  // "": the top of the file; else a table in it
    std::string_view key;      // snake_case
    ValueKind kind = ValueKind::Text;
    bool has_flag = false;
    std::string_view argument;  // of the flag, in the help: "ADDR[:PORT]"
    std::string_view help;
    Apply apply = nullptr;
    std::uint64_t least = 0;  // of a Number
    std::uint64_t most = UINT32_MAX;
    std::string_view also = {};  // another key for it in the file
    // Of a List: a comma is part of a value, so that a variable holds only one.
    bool is_whole = false;

    std::string flag() const;      // "--rpc-addr"
    std::string variable() const;  // "MUSTER_RPC_ADDR", "MUSTER_SWIM_PROBE_INTERVAL"
    std::string full_key() const;  // "rpc_addr", "swim.probe_interval"
};

// In the order in which they are applied: the profile before the knobs that stand on it.
std::vector<Option> all_options();

// Part of all_options(), apart to keep both small: every knob of swim::Config and cluster::Config.
std::vector<Option> knob_options();
// And what the leader's election is told.
std::vector<Option> election_options();
// And how much of the past is kept.
std::vector<Option> journal_options();

// A whole number in the option's range, which goes to `number`; else what is wrong with it. `unit`:
// "", or what is counted, "bytes, ".
std::optional<std::string> read_number(const Option& option, const std::string& text,
                                       std::uint64_t& number, const char* unit = "");

// The option, or null.
const Option* find_option(const std::vector<Option>& options, std::string_view section,
                          std::string_view key);

}  // namespace muster
