// Any bytes as a configuration file: settings come of it, or errors that each say something, one a
// line; and what it says a second time is what it said the first.
#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/load.h"
#include "swim/assert.h"

using namespace muster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    Surroundings around;
    around.variable = [](const char*) { return nullptr; };
    around.read_file = [&](const std::string&) { return Result<std::string>(text); };
    around.host_name = "host";
    around.read_keyring = [](const std::string& path) {
        return Result<swim::Keyring>(Error{path + ": there are no keyrings here"});
    };
    const std::vector<std::string> arguments{"--config", "musterd.toml", "--validate"};
    const Loaded loaded = load(arguments, around);
    MUSTER_ASSERT(!loaded.usage || !loaded.errors.empty());
    for (const std::string& error : loaded.errors)
        MUSTER_ASSERT(!error.empty() && error.find('\n') == std::string::npos);
    MUSTER_ASSERT(!loaded.errors.empty() || loaded.wish == Loaded::Wish::Validate);
    MUSTER_ASSERT(load(arguments, around).errors == loaded.errors);
    return 0;
}
