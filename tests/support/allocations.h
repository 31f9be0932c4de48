// Counts this program's allocations: allocations.cpp replaces operator new, so it is linked only
// where a test asks. Counted on every thread; not for tests that start any.
#pragma once

#include <cstddef>

namespace muster::test {

// Calls of operator new since the program started.
std::size_t allocations();

}  // namespace muster::test
