// What a person configures: the values that a daemon runs with, once defaults, file, environment
// and flags have been put on top of each other. Plain values; daemon/options.h says how each is
// written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/config.h"
#include "agent/cluster/tags.h"
#include "agent/election/config.h"
#include "agent/history/retention.h"
#include "agent/hooks/spec.h"
#include "agent/log.h"
#include "agent/ring/settings.h"
#include "agent/token_bucket.h"
#include "swim/config.h"
#include "swim/endpoint.h"
#include "swim/keyring.h"
#include "swim/seal.h"

namespace muster {

inline constexpr std::uint16_t default_port = 7946;
inline constexpr std::uint16_t default_rpc_port = 7373;

struct Settings {
    Bytes node;
    Endpoint bind;
    std::optional<Endpoint> advertise;  // port 0: the bind port
    std::vector<std::string> join;
    cluster::Tags tags;
    std::string api;
    std::optional<Endpoint> rpc_addr;
    std::string rpc_auth;
    std::string data_dir;  // empty: nothing is kept
    bool ephemeral = false;
    swim::Profile profile = swim::Profile::Lan;
    Bytes label;
    std::string keyring_file;  // empty: none
    swim::Keyring keyring;     // of the file, or the one key that was given; empty: none
    swim::Verify verify;
    LogLevel log_level = LogLevel::Info;
    LogFormat log_format = LogFormat::Text;
    // Timing of the profile, and every knob that was set on top of it. Name, address and versions
    // in it are not used.
    swim::Config swim;
    cluster::Config cluster;
    std::vector<ring::RingSettings> rings;  // empty: the default one
    std::vector<hooks::Spec> hooks;         // Serf's event handlers first
    election::Config election;              // its name is not used
    history::Retention retention;
    TokenBucket::Limits event_limits;
};

}  // namespace muster
