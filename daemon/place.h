// Where a value was configured, and a value with its place. Plain values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/options.h"

namespace muster {

// In rising order of precedence.
enum class Source : std::uint8_t { Default, File, Environment, Flag };

struct Place {
    Source source = Source::Default;
    std::string file;
    unsigned line = 0;

    // How an error about `option` begins: "muster.toml:12: swim.probe_timeout", "MUSTER_BIND",
    // "--bind".
    std::string before(const Option& option) const;
    // How the option is called there: "swim.probe_timeout", "MUSTER_BIND", "--bind".
    std::string name_of(const Option& option) const;
};

// Something that is wrong, for a person: where, what, and what to do.
struct Complaint {
    std::string text;
    bool usage = false;  // it is the command line that is wrong
};

struct Given {
    const Option* option = nullptr;
    std::vector<std::string> values;
    Place place;
};

// One [[...]] table, as it stands in the file; its keys are options of their own.
struct ListedTable {
    Place place;
    std::vector<Given> values;
};

// Of every option that was given, the place that won. By full_key().
using Places = std::map<std::string, Place, std::less<>>;

}  // namespace muster
