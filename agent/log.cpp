// The flag's words, in the lines too.
#define SPDLOG_LEVEL_NAMES \
    { "trace", "debug", "info", "warn", "error", "critical", "off" }

#include "agent/log.h"

#include <poll.h>
#include <signal.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/api/text.h"

namespace muster {

namespace {

// Longer lines hold somebody's payload; what matters stands at the front.
constexpr std::size_t max_line = 2048;

struct Line {
    LogLevel level = LogLevel::Info;
    std::int64_t wall_ns = 0;
    std::string text;
};

std::int64_t wall_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// Everything, to a descriptor that may be non-blocking, closed or a pipe that nobody reads.
void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd wait{fd, POLLOUT, 0};
            ::poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

spdlog::pattern_formatter make_formatter(LogFormat format) {
    using spdlog::pattern_time_type;
    return format == LogFormat::Text
               ? spdlog::pattern_formatter("%Y-%m-%dT%H:%M:%S.%eZ %l %v", pattern_time_type::utc)
               : spdlog::pattern_formatter(
                     "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\","
                     "\"text\":%v}",
                     pattern_time_type::utc);
}

}  // namespace

// The ring, and the thread that writes it out. Lines [written, next) are still to be written; the
// ring keeps those before `written` until their places are needed.
struct Log::Shared {
    explicit Shared(LogConfig a_config)
        : config(a_config), ring(a_config.ring), formatter(make_formatter(a_config.format)) {}

    void run();
    void put(LogLevel level, std::string_view text, std::int64_t wall_ns);
    void emit(const Line& line);

    const LogConfig config;
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable idle;
    std::vector<Line> ring;
    std::uint64_t next = 0;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    bool stopping = false;
    bool ended = false;

    // The writer thread's own.
    spdlog::pattern_formatter formatter;
    std::string json;
    spdlog::memory_buf_t bytes;
};

void Log::Shared::put(LogLevel level, std::string_view text, std::int64_t wall_ns) {
    {
        const std::lock_guard lock(mutex);
        Line& place = ring[next % ring.size()];
        place.level = level;
        place.wall_ns = wall_ns;
        place.text.assign(text);
        ++next;
        if (next - written > ring.size()) {
            ++written;
            ++dropped;
        }
    }
    wake.notify_one();
}

void Log::Shared::run() {
    // Signals are the business of others; and a reader that has gone away is an error of write().
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    Line line;
    std::uint64_t told = 0;  // dropped lines that were reported
    std::unique_lock lock(mutex);
    while (true) {
        wake.wait(lock, [this] { return stopping || written != next; });
        if (written == next)
            break;
        const std::uint64_t missing = dropped - told;
        told = dropped;
        const Line& oldest = ring[written % ring.size()];
        line.level = oldest.level;
        line.wall_ns = oldest.wall_ns;
        line.text.assign(oldest.text);
        ++written;
        lock.unlock();
        if (missing > 0) {
            emit({LogLevel::Warn, line.wall_ns,
                  std::to_string(missing) +
                      " log lines were dropped: whoever reads this log was too slow"});
        }
        emit(line);
        lock.lock();
    }
    ended = true;
    idle.notify_all();
}

void Log::Shared::emit(const Line& line) {
    std::string_view text = line.text;
    if (config.format == LogFormat::Json) {
        json.clear();
        api::append_json_string(text, json);
        text = json;
    }
    spdlog::details::log_msg message(
        spdlog::log_clock::time_point(std::chrono::duration_cast<spdlog::log_clock::duration>(
            std::chrono::nanoseconds(line.wall_ns))),
        spdlog::source_loc{}, "", static_cast<spdlog::level::level_enum>(line.level),
        spdlog::string_view_t(text.data(), text.size()));
    bytes.clear();
    formatter.format(message, bytes);
    write_all(config.fd, {bytes.data(), bytes.size()});
}

const char* to_string(LogLevel level) {
    switch (level) {
        case LogLevel::Trace:
            return "trace";
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warn:
            return "warn";
        case LogLevel::Err:
            return "error";
    }
    return "?";
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
    for (const LogLevel level :
         {LogLevel::Trace, LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Err}) {
        if (text == to_string(level))
            return level;
    }
    return std::nullopt;
}

Log::Log(LogConfig config) : shared_(std::make_shared<Shared>(config)) {
    std::thread([shared = shared_] { shared->run(); }).detach();
}

// The thread may sit in a write that never returns: it is waited for, but not for ever, and what it
// needs lives as long as it does.
Log::~Log() {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->wake.notify_one();
    shared_->idle.wait_for(lock, shared_->config.patience, [this] { return shared_->ended; });
}

bool Log::wants(LogLevel level) const {
    return level >= shared_->config.level;
}

void Log::write(LogLevel level, std::string_view text) {
    if (!wants(level))
        return;
    const std::string safe = api::printable(text.substr(0, max_line));
    const std::int64_t now = wall_now();
    shared_->put(level, safe, now);
    if (listener_)
        listener_(level, now, safe);
}

void Log::listen(Listener listener) {
    listener_ = std::move(listener);
}

void Log::recent(const Listener& tell) const {
    std::vector<Line> lines;
    {
        const std::lock_guard lock(shared_->mutex);
        const std::uint64_t size = shared_->ring.size();
        const std::uint64_t first = shared_->next > size ? shared_->next - size : 0;
        for (std::uint64_t at = first; at < shared_->next; ++at)
            lines.push_back(shared_->ring[at % size]);
    }
    for (const Line& line : lines)
        tell(line.level, line.wall_ns, line.text);
}

std::uint64_t Log::dropped() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->dropped;
}

}  // namespace muster
