#include "agent/api/member_source.h"

#include "agent/cluster/tags.h"

namespace muster::api {

SharedBytes MemberSource::all(Encoding encoding) {
    if (index_ != backend_->index()) {
        index_ = backend_->index();
        bodies_ = {};
    }
    SharedBytes& body = bodies_[static_cast<std::size_t>(encoding)];
    if (!body) {
        collect(nullptr, encoding != Encoding::Serf);
        body = encode(encoding);
    }
    return body;
}

SharedBytes MemberSource::matching(const MemberFilter& filter, Encoding encoding) {
    collect(&filter, encoding != Encoding::Serf);
    return encode(encoding);
}

void MemberSource::collect(const MemberFilter* filter, bool extended) {
    views_.clear();
    records_.clear();
    backend_->members(views_);
    for (const MemberView& view : views_) {
        const BytesView shown =
            extended && view.suspect ? "suspect" : cluster::to_string(view.status);
        if (filter != nullptr &&
            !filter->matches(view.name, shown, cluster::decode_tags(view.tags)))
            continue;
        records_.push_back({.name = view.name,
                            .endpoint = view.endpoint,
                            .tags = view.tags,
                            .versions = view.versions,
                            .status = view.status,
                            .suspect = view.suspect,
                            .incarnation = view.incarnation,
                            .since_ns = backend_->wall_time(view.since),
                            .self = view.self});
    }
}

SharedBytes MemberSource::encode(Encoding encoding) const {
    auto body = std::make_shared<std::string>();
    const auto encoder = make_encoder(encoding, *body);
    write_members(*encoder, records_, backend_->index());
    body->shrink_to_fit();
    return body;
}

}  // namespace muster::api
