// Asserts that stay on in release builds: a broken invariant of our own ends the process at once,
// before it can tell other members anything wrong. Never for input from outside.
#pragma once

namespace muster {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace muster

#define MUSTER_ASSERT(condition)        \
    ((condition) ? static_cast<void>(0) \
                 : ::muster::assertion_failed(#condition, __FILE__, __LINE__))
