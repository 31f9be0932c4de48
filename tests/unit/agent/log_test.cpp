#include "agent/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <vector>

using namespace muster;

namespace {

// A pipe as stderr: the log writes into one end, the test reads at the other.
class Pipe {
public:
    Pipe() {
        REQUIRE(pipe(fds_.data()) == 0);
        // Small, so that it is full soon.
        fcntl(fds_[1], F_SETPIPE_SZ, 4096);
    }
    ~Pipe() {
        close_reader();
        close(fds_[1]);
    }

    int writer() const { return fds_[1]; }
    void close_reader() {
        if (fds_[0] >= 0)
            close(fds_[0]);
        fds_[0] = -1;
    }
    // Lines, until one of them holds `last`. A reader that waits for a line that never comes hangs,
    // and the test's own limit ends it.
    std::vector<std::string> lines_until(const std::string& last) {
        std::vector<std::string> lines;
        while (lines.empty() || lines.back().find(last) == std::string::npos) {
            const std::size_t end = buffer_.find('\n');
            if (end != std::string::npos) {
                lines.push_back(buffer_.substr(0, end));
                buffer_.erase(0, end + 1);
                continue;
            }
            char space[1024];
            const ssize_t size = read(fds_[0], space, sizeof space);
            REQUIRE(size > 0);
            buffer_.append(space, static_cast<std::size_t>(size));
        }
        return lines;
    }

private:
    std::array<int, 2> fds_{};
    std::string buffer_;
};

LogConfig to(const Pipe& pipe, LogFormat format = LogFormat::Text) {
    LogConfig config;
    config.level = LogLevel::Debug;
    config.format = format;
    config.fd = pipe.writer();
    return config;
}

// The line without its time, which stands at `at`; "" if there is none.
std::string without_time(std::string line, std::size_t at) {
    const std::string shape = "0000-00-00T00:00:00.000Z";
    std::string time = line.substr(at, shape.size());
    for (char& c : time)
        c = c >= '0' && c <= '9' ? '0' : c;
    return time == shape ? line.erase(at, shape.size()) : "";
}

std::vector<std::string> recent(const Log& log) {
    std::vector<std::string> lines;
    log.recent([&](LogLevel level, std::int64_t, std::string_view text) {
        lines.push_back(std::string(to_string(level)) + " " + std::string(text));
    });
    return lines;
}

}  // namespace

TEST_CASE("a line is time, level and text") {
    Pipe pipe;
    Log log(to(pipe));
    log.info("member n2 joined");
    log.error("all is lost");
    const auto lines = pipe.lines_until("lost");
    REQUIRE(lines.size() == 2);
    CHECK(without_time(lines[0], 0) == " info member n2 joined");
    CHECK(without_time(lines[1], 0) == " error all is lost");
}

TEST_CASE("as JSON a line is an object, whatever is in it") {
    Pipe pipe;
    Log log(to(pipe, LogFormat::Json));
    log.warn("a \"quoted\" \\ name\xff\n%v");
    const auto lines = pipe.lines_until("name");
    REQUIRE(lines.size() == 1);
    CHECK(without_time(lines[0], 9) ==
          R"({"time":"","level":"warn","text":"a \"quoted\" \\ name\\xff\\x0a%v"})");
}

TEST_CASE("no peer can forge a line or drive a terminal") {
    Pipe pipe;
    Log log(to(pipe));
    log.info("member n2\n2026-01-31T03:12:07.120Z info member n3 failed\x1b[2J joined\xc2\x9b");
    log.info("end");
    const auto lines = pipe.lines_until("end");
    REQUIRE(lines.size() == 2);
    CHECK_THAT(lines[0], Catch::Contains("member n2\\x0a2026") &&
                             Catch::Contains("failed\\x1b[2J joined\\xc2\\x9b"));
}

TEST_CASE("lines below the level are not written, nor kept") {
    Pipe pipe;
    LogConfig config = to(pipe);
    config.level = LogLevel::Warn;
    Log log(config);
    log.info("quiet");
    log.warn("loud");
    CHECK(pipe.lines_until("loud").size() == 1);
    CHECK(recent(log) == std::vector<std::string>{"warn loud"});
    CHECK_FALSE(log.wants(LogLevel::Info));
}

TEST_CASE("a reader that does not read stalls nobody: the oldest lines are dropped and counted") {
    Pipe pipe;
    LogConfig config = to(pipe);
    config.ring = 8;
    Log log(config);
    // More than pipe, ring and the writer's hand hold together: were any of these calls to wait for
    // the reader, the test would hang here.
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i)
        log.info("line " + std::to_string(i) + " " + std::string(100, '.'));
    const std::uint64_t dropped = log.dropped();
    CHECK(dropped > 0);
    log.info("the end");
    std::uint64_t written = 0;
    std::uint64_t reported = 0;
    std::string before;
    for (const std::string& line : pipe.lines_until("the end")) {
        const std::size_t warning = line.find(" warn ");
        if (warning != std::string::npos && line.ends_with("was too slow"))
            reported += std::stoull(line.substr(warning + 6));
        else
            ++written;
    }
    CHECK(reported == log.dropped());
    CHECK(written + reported == count + 1);
}

TEST_CASE("the end of the program does not wait for ever for a reader that does not read") {
    // Stays open: the writer sits in its write until the process ends.
    static const Pipe* const pipe = new Pipe;
    LogConfig config = to(*pipe);
    config.patience = std::chrono::milliseconds(1);
    {
        Log log(config);
        for (int i = 0; i < 100; ++i)
            log.info(std::string(1000, 'x'));
    }
    SUCCEED("the log has gone");
}

TEST_CASE("the end of the program writes what is left") {
    Pipe pipe;
    {
        LogConfig config = to(pipe);
        config.patience = std::chrono::seconds(20);
        Log log(config);
        for (int i = 0; i < 20; ++i)
            log.info("line " + std::to_string(i));
    }
    CHECK(pipe.lines_until("line 19").size() == 20);
}

TEST_CASE("the last lines are kept, oldest first") {
    Pipe pipe;
    LogConfig config = to(pipe);
    config.ring = 3;
    Log log(config);
    CHECK(recent(log).empty());
    log.debug("a");
    log.info("b");
    CHECK(recent(log) == std::vector<std::string>{"debug a", "info b"});
    log.warn("c");
    log.error("d");
    CHECK(recent(log) == std::vector<std::string>{"info b", "warn c", "error d"});
}

TEST_CASE("a listener hears each line as it is written") {
    Pipe pipe;
    Log log(to(pipe));
    std::string heard;
    log.listen([&](LogLevel level, std::int64_t wall_ns, std::string_view text) {
        CHECK(wall_ns > 0);
        heard += std::string(to_string(level)) + ":" + std::string(text);
    });
    log.info("a\tb");
    log.listen({});
    log.info("unheard");
    CHECK(heard == "info:a\\x09b");
}

TEST_CASE("the words of levels are read as they are written") {
    for (const LogLevel level :
         {LogLevel::Trace, LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Err})
        CHECK(parse_log_level(to_string(level)) == level);
    CHECK_FALSE(parse_log_level("warning"));
    CHECK_FALSE(parse_log_level(""));
}
