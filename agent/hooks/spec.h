// One hook as it is configured: a [[hook]] table, or Serf's `--event-handler`. Values; pure.
// docs/hooks.md has what each key means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/hooks/interest.h"
#include "swim/time.h"

namespace muster::hooks {

// Where the JSON of the events goes, one a line.
enum class Json : std::uint8_t { None, Input, Descriptor };

struct Spec {
    std::string name;     // unique; [A-Za-z0-9._-], not - or . first, at most 64
    std::string on_text;  // as it was written
    Interest on;
    std::vector<std::string> arguments;  // of `shell`: /bin/sh -c TEXT
    bool shell = false;

    // Filters. Expressions are RE2's and match as a whole; none: any.
    std::string member;                       // of the member's name
    std::map<std::string, std::string> tags;  // of the member's tags; an absent tag is ""
    enum class Whose : std::uint8_t { Anybody, Self, Others } whose = Whose::Anybody;
    // Looked at when the hook is about to run. Leader: waits while nobody is known to lead, for
    // max_wait_for_leader after the event; then, or if another leads, the delivery is done with.
    enum class Only : std::uint8_t { Always, Leader, Quorum, Majority } only = Only::Always;

    Duration timeout = std::chrono::seconds(60);
    unsigned retries = 5;
    unsigned concurrency = 1;
    std::size_t queue = 10'000;
    // Events that come within so long of the first are given in one call; zero: one call each.
    Duration batch{};
    // A member's events wait until it has been quiet for so long; of them only the last is given.
    Duration debounce{};
    Json json = Json::None;
    std::map<std::string, std::string> environment;
    std::string directory;
    // Serf's form: one call after the other, member events batched as Serf's coalescer does.
    bool serf = false;

    bool operator==(const Spec&) const = default;
};

inline constexpr Duration max_wait_for_leader = std::chrono::seconds(60);

// Limits of what can be configured.
inline constexpr std::size_t max_hooks = 64;
inline constexpr std::size_t max_name_size = 64;
inline constexpr Duration max_timeout = std::chrono::hours(24);
inline constexpr Duration max_pause = std::chrono::hours(1);  // of batch, of debounce
inline constexpr unsigned max_retries = 100;
inline constexpr unsigned max_concurrency = 64;
inline constexpr std::size_t max_queue = 1'000'000;

}  // namespace muster::hooks
