#include "agent/history/view.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "swim/assert.h"
#include "swim/msgpack.h"

namespace muster::history {

namespace {

constexpr std::uint64_t format = 1;
constexpr std::size_t fields = 8;

Change change_to(const Bytes& name, const Entry& now, Standing from, std::string_view cause) {
    Change change;
    switch (now.standing) {
        case Standing::Alive:
            change.kind = from == Standing::Alive     ? Kind::MemberUpdate
                          : from == Standing::Suspect ? Kind::MemberCleared
                                                      : Kind::MemberJoin;
            break;
        case Standing::Suspect:
            change.kind = Kind::MemberSuspect;
            break;
        case Standing::Left:
            change.kind = Kind::MemberLeave;
            break;
        case Standing::None:
        case Standing::Failed:
            change.kind = Kind::MemberFailed;
            break;
    }
    change.subject = name;
    change.from = from;
    change.to = now.standing;
    change.incarnation = now.incarnation;
    change.endpoint = now.endpoint;
    change.versions = now.versions;
    change.tags = now.tags;
    change.cause = cause;
    return change;
}

bool looks_the_same(const Entry& before, const Entry& now) {
    return before.standing == now.standing && before.endpoint == now.endpoint &&
           before.tags == now.tags;
}

bool read_entry(swim::MsgpackReader& reader, View& view) {
    std::size_t count = 0;
    BytesView name;
    std::uint64_t standing = 0;
    BytesView ip;
    std::uint64_t port = 0;
    BytesView tags;
    BytesView versions;
    std::uint64_t incarnation = 0;
    std::int64_t since = 0;
    if (!reader.read_array(count) || count != fields || !reader.read_string(name) ||
        !reader.read_uint(standing, static_cast<std::uint64_t>(last_standing)) ||
        !reader.read_string(ip) ||
        !reader.read_uint(port, std::numeric_limits<std::uint16_t>::max()) ||
        !reader.read_string(tags) || !reader.read_string(versions) ||
        !reader.read_uint(incarnation, std::numeric_limits<std::uint32_t>::max()) ||
        !reader.read_int(since))
        return false;
    Entry entry;
    entry.standing = static_cast<Standing>(standing);
    entry.endpoint =
        Endpoint::from_bytes(ip, static_cast<std::uint16_t>(port)).value_or(Endpoint());
    entry.tags = tags;
    entry.versions = swim::Versions::from_bytes(versions);
    entry.incarnation = static_cast<std::uint32_t>(incarnation);
    entry.since_ns = since;
    view.emplace(name, std::move(entry));
    return true;
}

}  // namespace

std::optional<Entry> after(const Entry* before, const Change& change) {
    MUSTER_ASSERT(is_of_member(change.kind));
    if (change.to == Standing::None)
        return std::nullopt;
    Entry entry;
    entry.standing = change.to;
    entry.endpoint = change.endpoint;
    entry.tags = change.tags;
    entry.versions = change.versions;
    entry.incarnation = change.incarnation;
    const bool stands_as_before = before != nullptr && before->standing == change.to;
    entry.since_ns = stands_as_before ? before->since_ns : change.wall_ns;
    return entry;
}

bool is_news(const Entry* before, const Change& change) {
    if (change.kind != Kind::MemberJoin || before == nullptr)
        return true;
    return before->standing != change.to || before->endpoint != change.endpoint ||
           before->tags != change.tags;
}

void complete(const Entry* before, Change& change) {
    change.from = before != nullptr ? before->standing : Standing::None;
    if (before != nullptr && before->tags != change.tags)
        change.tags_before = before->tags;
}

void apply(const Change& change, View& view) {
    if (!is_of_member(change.kind))
        return;
    const auto found = view.find(change.subject);
    std::optional<Entry> entry = after(found != view.end() ? &found->second : nullptr, change);
    if (entry)
        view.insert_or_assign(change.subject, *std::move(entry));
    else if (found != view.end())
        view.erase(found);
}

std::vector<Change> differences(const View& before, const View& now, std::string_view cause) {
    std::vector<Change> changes;
    for (const auto& [name, entry] : before) {
        if (!now.contains(name)) {
            Change change = change_to(name, entry, entry.standing, cause);
            change.kind = Kind::MemberReap;
            change.to = Standing::None;
            changes.push_back(std::move(change));
        }
    }
    for (const auto& [name, entry] : now) {
        const auto found = before.find(name);
        if (found == before.end()) {
            changes.push_back(change_to(name, entry, Standing::None, cause));
        } else if (!looks_the_same(found->second, entry)) {
            changes.push_back(change_to(name, entry, found->second.standing, cause));
            if (found->second.tags != entry.tags)
                changes.back().tags_before = found->second.tags;
        }
    }
    return changes;
}

Bytes encode(const View& view) {
    Bytes out;
    swim::write_array(2, out);
    swim::write_uint(format, out);
    swim::write_array(view.size(), out);
    for (const auto& [name, entry] : view) {
        const std::array<char, 6> versions = entry.versions.to_bytes();
        swim::write_array(fields, out);
        swim::write_string(name, out);
        swim::write_uint(static_cast<std::uint64_t>(entry.standing), out);
        swim::write_string(entry.endpoint.ip(), out);
        swim::write_uint(entry.endpoint.port(), out);
        swim::write_string(entry.tags, out);
        swim::write_string({versions.data(), versions.size()}, out);
        swim::write_uint(entry.incarnation, out);
        swim::write_uint(static_cast<std::uint64_t>(std::max<std::int64_t>(entry.since_ns, 0)),
                         out);
    }
    return out;
}

std::optional<View> decode(BytesView bytes) {
    swim::Scratch scratch;
    swim::MsgpackReader reader(bytes, scratch);
    std::size_t count = 0;
    std::uint64_t version = 0;
    std::size_t members = 0;
    if (!reader.read_array(count) || count != 2 || !reader.read_uint(version, format) ||
        version != format || !reader.read_array(members))
        return std::nullopt;
    View view;
    for (std::size_t i = 0; i < members; ++i) {
        if (!read_entry(reader, view))
            return std::nullopt;
    }
    if (reader.consumed() != bytes.size())
        return std::nullopt;
    return view;
}

Bytes encode_names(const std::vector<Bytes>& names) {
    Bytes out;
    for (const Bytes& name : names)
        swim::write_string(name, out);
    return out;
}

std::vector<Bytes> decode_names(BytesView bytes) {
    swim::Scratch scratch;
    swim::MsgpackReader reader(bytes, scratch);
    std::vector<Bytes> names;
    BytesView name;
    while (reader.consumed() < bytes.size() && reader.read_string(name))
        names.emplace_back(name);
    return names;
}

}  // namespace muster::history
