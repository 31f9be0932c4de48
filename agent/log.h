// The log: lines to stderr, as text or as JSON, written by a thread of their own.
//
// A line costs its writer a copy into a bounded ring, and never a wait for whoever reads stderr:
// when the ring is full the oldest line is dropped and counted, and the count becomes a line as
// soon as lines move again. So a stalled log pipe stalls no probe. The ring also serves those who
// ask what was said last (Serf's `monitor`).
//
// What peers have said is in these lines, so each is made printable first: no peer can forge a line
// or drive a terminal. write() and recent() may be called from any thread; spdlog stays in log.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/backend.h"

namespace muster {

using api::LogLevel;

enum class LogFormat : std::uint8_t { Text, Json };

// "trace", "debug", "info", "warn", "error".
const char* to_string(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);

struct LogConfig {
    LogLevel level = LogLevel::Info;  // lines below it are not written, nor kept
    LogFormat format = LogFormat::Text;
    int fd = 2;  // stderr; not closed
    std::size_t ring = 512;
    // How long the end of the program waits for a reader that does not read.
    std::chrono::milliseconds patience{500};
};

class Log {
public:
    explicit Log(LogConfig config);
    // Writes what is left, within `patience`.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    bool wants(LogLevel level) const;
    void write(LogLevel level, std::string_view text);
    void debug(std::string_view text) { write(LogLevel::Debug, text); }
    void info(std::string_view text) { write(LogLevel::Info, text); }
    void warn(std::string_view text) { write(LogLevel::Warn, text); }
    void error(std::string_view text) { write(LogLevel::Err, text); }

    // Called after each write() within it, in the same thread, with the text as it is written. One
    // at a time; empty: none.
    using Listener = std::function<void(LogLevel, std::int64_t wall_ns, std::string_view text)>;
    void listen(Listener listener);

    // The last lines, oldest first; as many as the ring holds.
    void recent(const Listener& tell) const;
    std::uint64_t dropped() const;  // lines that were never written to fd

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    Listener listener_;
};

}  // namespace muster
