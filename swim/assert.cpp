#include "swim/assert.h"

#include <cstdio>
#include <cstdlib>

namespace muster {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr,
                 "muster: internal error: %s does not hold (%s:%d); stopping before other members "
                 "are told anything wrong. Please report this line.\n",
                 condition, file, line);
    std::abort();
}

}  // namespace muster
