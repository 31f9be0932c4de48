#include "agent/api/member_source.h"

#include <string>
#include <vector>

#include "agent/api/member_search.h"
#include "agent/api/replies.h"

namespace muster::api {

SharedBytes MemberSource::all(Encoding encoding) {
    if (index_ != backend_->index()) {
        index_ = backend_->index();
        bodies_ = {};
    }
    SharedBytes& body = bodies_[static_cast<std::size_t>(encoding)];
    if (body)
        return body;
    std::vector<MemberView> views;
    std::vector<MemberRecord> records;
    backend_->members(views);
    records.reserve(views.size());
    for (const MemberView& view : views)
        records.push_back(record_of(view, *backend_));
    auto bytes = std::make_shared<std::string>();
    write_members(*make_encoder(encoding, *bytes), records, index_);
    bytes->shrink_to_fit();
    body = std::move(bytes);
    return body;
}

}  // namespace muster::api
