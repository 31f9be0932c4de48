#include "agent/missing.h"

namespace muster {

std::optional<api::Turnout> Missing::look(TimePoint now, const api::Turnout& turnout) {
    if (now < settled_ || turnout.fewer_than_half() == since_.has_value())
        return std::nullopt;
    since_ = turnout.fewer_than_half() ? std::optional(now) : std::nullopt;
    return turnout;
}

}  // namespace muster
