#include "agent/rate_limit.h"

#include <algorithm>
#include <utility>

namespace muster {

std::string RateLimit::kind_of(std::string_view text) {
    std::string kind;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, size);
        const bool differs =
            std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!differs) {
            kind += word;
            kind += ' ';
        }
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return kind;
}

std::optional<std::uint64_t> RateLimit::say(TimePoint now, std::string_view kind) {
    auto found = accounts_.find(kind);
    if (found == accounts_.end() && accounts_.size() >= max_kinds)
        kind = {};
    if (found == accounts_.end())
        found = accounts_.try_emplace(std::string(kind)).first;
    Account& account = found->second;
    if (account.said == 0 || now - account.since >= window) {
        account.since = now;
        account.said = 0;
    }
    if (account.said == burst) {
        ++account.kept_back;
        return std::nullopt;
    }
    ++account.said;
    return std::exchange(account.kept_back, 0);
}

}  // namespace muster
