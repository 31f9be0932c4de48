// Members of the backend, as bodies of replies. The whole list is encoded once for each index and
// encoding, and then shared by all who ask.
//
// Loop thread only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/api/backend.h"
#include "agent/api/encoder.h"
#include "agent/api/link.h"
#include "agent/api/member_filter.h"
#include "agent/api/replies.h"

namespace muster::api {

class MemberSource {
public:
    // REQUIRES: the backend outlives this.
    explicit MemberSource(const Backend& backend) : backend_(&backend) {}

    // The body of the reply to `members`, as of now.
    SharedBytes all(Encoding encoding);
    // The body of the reply to `members-filtered`.
    SharedBytes matching(const MemberFilter& filter, Encoding encoding);

private:
    void collect(const MemberFilter* filter, bool extended);
    SharedBytes encode(Encoding encoding) const;

    const Backend* backend_;
    std::uint64_t index_ = 0;  // that bodies_ are of
    std::array<SharedBytes, encoding_count> bodies_;
    std::vector<MemberView> views_;  // scratch
    std::vector<MemberRecord> records_;
};

}  // namespace muster::api
