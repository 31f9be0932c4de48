// All members of the backend, as the body of a reply: encoded once for each index and encoding, and
// then shared by all who ask. Loop thread only.
#pragma once

#include <array>
#include <cstdint>

#include "agent/api/backend.h"
#include "agent/api/encoder.h"
#include "agent/api/link.h"

namespace muster::api {

class MemberSource {
public:
    // REQUIRES: the backend outlives this.
    explicit MemberSource(const Backend& backend) : backend_(&backend) {}

    // The body of the reply to `members`, as of now.
    SharedBytes all(Encoding encoding);

private:
    const Backend* backend_;
    std::uint64_t index_ = 0;  // that bodies_ are of
    std::array<SharedBytes, encoding_count> bodies_;
};

}  // namespace muster::api
