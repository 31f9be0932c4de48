#include "agent/process/descendants.h"

#include <dirent.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace muster::process {

namespace {

std::optional<pid_t> number(std::string_view text) {
    pid_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data())
        return std::nullopt;
    return value;
}

std::string stat_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                               &std::fclose);
    char text[512];
    const std::size_t size = file ? std::fread(text, 1, sizeof text, file.get()) : 0;
    return {text, size};
}

}  // namespace

// pid (name) state ppid ...: the name ends with the last parenthesis.
pid_t parent_in_stat(const std::string& stat) {
    const std::size_t name_end = stat.rfind(')');
    constexpr std::size_t state = 4;  // ") S "
    if (name_end == std::string::npos || stat.size() < name_end + state)
        return 0;
    return number(std::string_view(stat).substr(name_end + state)).value_or(0);
}

std::vector<pid_t> descendants_of(pid_t root) {
    std::multimap<pid_t, pid_t> children;
    const std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir("/proc"), &closedir);
    // One thread: NOLINTNEXTLINE(concurrency-mt-unsafe)
    while (const dirent* entry = proc ? readdir(proc.get()) : nullptr) {
        if (const std::optional<pid_t> pid = number(entry->d_name))
            children.emplace(parent_in_stat(stat_of(*pid)), *pid);
    }
    std::vector<pid_t> found;
    std::vector<pid_t> next{root};
    while (!next.empty()) {
        const auto [begin, end] = children.equal_range(next.back());
        next.pop_back();
        for (auto child = begin; child != end; ++child) {
            found.push_back(child->second);
            next.push_back(child->second);
        }
    }
    return found;
}

std::size_t signal_descendants(pid_t root, int signal) {
    const std::vector<pid_t> all = descendants_of(root);
    for (const pid_t pid : all)
        kill(pid, signal);
    return all.size();
}

}  // namespace muster::process
