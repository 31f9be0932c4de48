#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/run.h"

namespace {

class ProcessTerminal final : public muster::cli::Terminal {
public:
    // Flushed at once: a line of a stream is of use only when it is seen.
    bool out(std::string_view text) override { return write(text, stdout); }
    bool err(std::string_view text) override { return write(text, stderr); }
    muster::Result<std::string> in(std::size_t limit) override {
        std::string text;
        char buffer[4096];
        for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
            text.append(buffer, size);
            if (text.size() > limit)
                return muster::Error{"standard input has more than " + std::to_string(limit) +
                                     " bytes"};
        }
        if (std::ferror(stdin) != 0)
            return muster::Error{"standard input cannot be read"};
        return text;
    }
    bool is_interactive() const override { return ::isatty(STDOUT_FILENO) == 1; }

private:
    static bool write(std::string_view text, std::FILE* file) {
        return std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
               std::fflush(file) == 0;
    }
};

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    // One thread, and nobody sets a variable: NOLINTBEGIN(concurrency-mt-unsafe)
    const muster::api::SocketEnvironment environment{
        .muster_api = std::getenv("MUSTER_API"),
        .xdg_runtime_dir = std::getenv("XDG_RUNTIME_DIR"),
        .is_root = ::geteuid() == 0};
    // NOLINTEND(concurrency-mt-unsafe)
    ProcessTerminal terminal;
    return static_cast<int>(muster::cli::run(arguments, environment, terminal));
}
