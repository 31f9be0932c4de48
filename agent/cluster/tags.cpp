#include "agent/cluster/tags.h"

#include <string>

#include "swim/msgpack.h"

namespace muster::cluster {
namespace {

constexpr char map_follows = '\xff';

}  // namespace

Result<Bytes> encode_tags(const Tags& tags) {
    Bytes meta(1, map_follows);
    swim::write_map(tags.size(), meta);
    for (const auto& [key, value] : tags) {
        swim::write_string(key, meta);
        swim::write_string(value, meta);
    }
    if (meta.size() > max_tags_size) {
        return Error{"Encoded length of tags exceeds limit of " + std::to_string(max_tags_size) +
                     " bytes by " + std::to_string(meta.size() - max_tags_size) +
                     ": shorten or delete some"};
    }
    return meta;
}

Tags decode_tags(BytesView meta) {
    if (meta.empty() || meta.front() != map_follows) {
        return {{"role", Bytes(meta)}};
    }
    Tags tags;
    swim::Scratch scratch;
    swim::MsgpackReader reader(meta.substr(1), scratch);
    std::size_t entries = 0;
    if (!reader.read_map(entries)) {
        return tags;
    }
    for (std::size_t i = 0; i < entries; ++i) {
        BytesView key;
        BytesView value;
        if (!reader.read_string(key) || !reader.read_string(value)) {
            break;
        }
        tags.insert_or_assign(Bytes(key), Bytes(value));
    }
    return tags;
}

}  // namespace muster::cluster
