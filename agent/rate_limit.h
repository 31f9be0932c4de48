// How often one kind of thing may be said. Each kind may be said `burst` times a `window`; what was
// kept back is counted, and the count goes with the next one that is said. Pure; bounded: kinds
// beyond `max_kinds` share one account.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "swim/time.h"

namespace muster {

class RateLimit {
public:
    // How many of this kind were kept back since one was last said; none if this one is kept back.
    std::optional<std::uint64_t> say(TimePoint now, std::string_view kind);

    // The kind of a text: itself, without the words that differ from case to case (those with
    // digits in them: addresses, counts, names).
    static std::string kind_of(std::string_view text);

    static constexpr std::uint64_t burst = 5;
    static constexpr Duration window = std::chrono::seconds(30);
    static constexpr std::size_t max_kinds = 64;

private:
    struct Account {
        TimePoint since{};
        std::uint64_t said = 0;
        std::uint64_t kept_back = 0;
    };
    std::map<std::string, Account, std::less<>> accounts_;
};

}  // namespace muster
