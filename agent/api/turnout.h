// How many of the members that an agent remembers are there. Remembered are all known ones but
// those that left, the agent itself included; there are those that are alive, or about to leave.
// A value.
#pragma once

#include <cstddef>

namespace muster::api {

struct Turnout {
    std::size_t alive = 0;
    std::size_t known = 0;

    bool fewer_than_half() const { return 2 * alive < known; }
};
// As a stream and the history call it.
inline const char* event_name(const Turnout& turnout) {
    return turnout.fewer_than_half() ? "members-missing" : "members-back";
}

}  // namespace muster::api
