// Replies about hooks and the configuration as a client reads them.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/api/fields.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

// A hook as it is configured, and how it fares since the agent's start.
struct ReadHook {
    Bytes name;
    Bytes on;
    std::vector<Bytes> run;  // program and arguments
    bool shell = false;      // the last of them is a command for it
    bool serf = false;       // configured in Serf's form
    std::uint64_t timeout_ms = 0;
    std::uint64_t retries = 0;
    std::uint64_t concurrency = 0;
    std::uint64_t queue = 0;
    std::uint64_t waiting = 0;  // with those that run
    std::uint64_t running = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t dead = 0;
    std::uint64_t skipped = 0;
    std::uint64_t lost = 0;
    Bytes breaker;  // "closed", "open", "half-open"
    std::uint64_t opens_in_ms = 0;
    std::uint64_t oldest_ms = 0;
    std::int64_t last_status = 0;
    Bytes last_why;  // empty: no run has failed
};

struct ReadLetter {
    Bytes hook;
    std::uint64_t seq = 0;
    Bytes event;
    Bytes subject;
    std::int64_t event_ns = 0;  // since 1970
    std::uint64_t attempts = 0;
    std::int64_t status = 0;
    Bytes why;
    Bytes output;
    std::int64_t at_ns = 0;  // when it was set aside
};
struct ReadLetters {
    std::vector<ReadLetter> letters;
    std::uint64_t next = 0;
    bool more = false;
};

struct ReadChangedLetters {
    std::uint64_t count = 0;
    std::vector<std::uint64_t> not_dead;  // numbers that are no dead letters of the hook
};

struct ReadHookTest {
    std::int64_t status = 0;
    Bytes why;  // empty: it succeeded
    Bytes output;
};

struct ReadReloaded {
    std::vector<Bytes> changed;
    std::vector<Bytes> needs_restart;
};

// Each: the error names the field that is not as it should be.
Result<std::vector<ReadHook>> read_hooks(const Value& body);
Result<ReadLetters> read_letters(const Value& body);
Result<ReadChangedLetters> read_changed_letters(const Value& body);
Result<ReadHookTest> read_hook_test(const Value& body);
Result<ReadReloaded> read_reloaded(const Value& body);

}  // namespace muster::api
