// The system's words for an errno, safe from any thread.
#pragma once

#include <string>
#include <system_error>

namespace muster {

inline std::string errno_text(int error) {
    return std::generic_category().message(error);
}

}  // namespace muster
