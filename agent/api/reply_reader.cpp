#include "agent/api/reply_reader.h"

#include <algorithm>
#include <limits>

namespace muster::api {

namespace {

// Versions and ports are small: what is too large for its field is the peer's nonsense, cut off.
template <class Narrow>
Narrow narrow(std::uint64_t value) {
    return static_cast<Narrow>(std::min<std::uint64_t>(value, std::numeric_limits<Narrow>::max()));
}

Result<ReadMember> read_member(const Value& record) {
    Fields fields(record, "member");
    ReadMember member;
    member.name = fields.text("Name");
    member.status = fields.text("Status");
    member.tags = fields.text_map("Tags");
    const auto port = narrow<std::uint16_t>(fields.natural("Port"));
    const auto version = [&](std::string_view field) {
        return narrow<std::uint8_t>(fields.natural(field));
    };
    member.versions = {.protocol_min = version("ProtocolMin"),
                       .protocol_max = version("ProtocolMax"),
                       .protocol_current = version("ProtocolCur"),
                       .delegate_min = version("DelegateMin"),
                       .delegate_max = version("DelegateMax"),
                       .delegate_current = version("DelegateCur")};
    if (fields.has("Incarnation"))
        member.incarnation = narrow<std::uint32_t>(fields.natural("Incarnation"));
    if (fields.has("Since"))
        member.since_ns = fields.integer("Since");
    if (fields.has("Suspect"))
        member.suspect = fields.boolean("Suspect");
    if (fields.has("Self"))
        member.self = fields.boolean("Self");
    if (fields.has("HeldOut"))
        member.held_until_ns = fields.integer("HeldOut");
    const Bytes ip = fields.text("Addr");
    if (fields.failed())
        return fields.error();
    if (const auto endpoint = Endpoint::from_bytes(ip, port))
        member.endpoint = *endpoint;
    return member;
}

Result<std::vector<ReadMember>> read_member_list(Fields& fields) {
    std::vector<ReadMember> members;
    for (const Value& record : fields.list("Members")) {
        Result<ReadMember> member = read_member(record);
        if (!member)
            return member.error();
        members.push_back(*std::move(member));
    }
    return members;
}

std::optional<std::uint64_t> optional_natural(Fields& fields, std::string_view field) {
    if (!fields.has(field))
        return std::nullopt;
    return fields.natural(field);
}

}  // namespace

BytesView ReadMember::shown_status() const {
    return status == "alive" && suspect.value_or(false) ? BytesView("suspect") : BytesView(status);
}

Result<ReadHeader> read_header(const Value& record) {
    Fields fields(record, "reply");
    return finish(fields, ReadHeader{.seq = fields.natural("Seq"),
                                     .error = fields.text("Error"),
                                     .extended = fields.boolean("Extended")});
}

Result<ReadMembers> read_members(const Value& body) {
    Fields fields(body, "members");
    ReadMembers reply;
    reply.index = optional_natural(fields, "Index");
    Result<std::vector<ReadMember>> members = read_member_list(fields);
    if (!members)
        return members.error();
    reply.members = *std::move(members);
    return finish(fields, std::move(reply));
}

Result<ReadJoined> read_joined(const Value& body) {
    Fields fields(body, "join");
    ReadJoined reply;
    reply.joined = fields.natural("Num");
    if (fields.has("Failed")) {
        reply.failed.emplace();
        for (const Value& record : fields.list("Failed")) {
            Fields failure(record, "failed seed");
            reply.failed->push_back({failure.text("Seed"), failure.text("Error")});
            if (failure.failed())
                return failure.error();
        }
    }
    return finish(fields, std::move(reply));
}

Result<ReadStats> read_stats(const Value& body) {
    Fields fields(body, "stats");
    ReadStats reply;
    reply.index = optional_natural(fields, "Index");
    if (fields.has("Warnings"))
        reply.warnings = fields.texts("Warnings");
    if (body.map() != nullptr) {
        for (const Value::Field& entry : *body.map()) {
            if (entry.value.map() != nullptr)
                reply.sections[entry.key] = fields.text_map(entry.key);
        }
    }
    return finish(fields, std::move(reply));
}

Result<ReadEvent> read_event(const Value& body) {
    Fields fields(body, "event");
    ReadEvent reply;
    reply.kind = fields.text("Event");
    reply.lost = optional_natural(fields, "Lost");
    Result<std::vector<ReadMember>> members = read_member_list(fields);
    if (!members)
        return members.error();
    reply.members = *std::move(members);
    return finish(fields, std::move(reply));
}

Result<ReadLog> read_log(const Value& body) {
    Fields fields(body, "log record");
    ReadLog reply;
    reply.text = fields.text("Log");
    if (fields.has("Level"))
        reply.level = fields.text("Level");
    if (fields.has("Time"))
        reply.wall_ns = fields.integer("Time");
    reply.lost = optional_natural(fields, "Lost");
    return finish(fields, std::move(reply));
}

Result<ReadTags> read_tags(const Value& body) {
    Fields fields(body, "tags");
    ReadTags reply;
    reply.index = optional_natural(fields, "Index");
    if (fields.has("Tags"))
        reply.tags = fields.text_map("Tags");
    return finish(fields, std::move(reply));
}

Result<ReadLtime> read_ltime(const Value& body) {
    Fields fields(body, "reply");
    return finish(fields, ReadLtime{.ltime = optional_natural(fields, "LTime")});
}

Result<ReadAnswer> read_answer(const Value& body) {
    Fields fields(body, "answer");
    ReadAnswer answer;
    answer.type = fields.text("Type");
    answer.from = fields.text("From");
    answer.payload = fields.text("Payload");
    answer.acks = optional_natural(fields, "Acks");
    answer.responses = optional_natural(fields, "Responses");
    answer.lost = optional_natural(fields, "Lost");
    return finish(fields, std::move(answer));
}

Result<ReadKeys> read_keys(const Value& body) {
    Fields fields(body, "keys");
    ReadKeys reply;
    reply.members = fields.natural("NumNodes");
    reply.responses = fields.natural("NumResp");
    reply.errors = fields.natural("NumErr");
    reply.messages = fields.text_map("Messages");
    if (fields.has("Keys"))
        reply.keys = fields.natural_map("Keys");
    if (fields.has("PrimaryKeys"))
        reply.primary_keys = fields.natural_map("PrimaryKeys");
    if (fields.has("Silent"))
        reply.silent = fields.texts("Silent");
    if (fields.has("KeyLists")) {
        reply.key_lists.emplace();
        for (const Value& record : fields.list("KeyLists")) {
            Fields list(record, "list of keys");
            reply.key_lists->insert_or_assign(list.text("Name"), list.texts("Keys"));
            if (list.failed())
                return list.error();
        }
    }
    return finish(fields, std::move(reply));
}

Result<std::optional<cluster::Coordinate>> read_coordinate(const Value& body) {
    using Answer = std::optional<cluster::Coordinate>;
    Fields fields(body, "get-coordinate");
    if (!fields.boolean("Ok"))
        return finish(fields, Answer());
    static const Value nothing;
    const Value* record = body.find("Coord");
    Fields parts(record != nullptr ? *record : nothing, "coordinate");
    cluster::Coordinate coordinate;
    coordinate.adjustment = parts.real("Adjustment");
    coordinate.error = parts.real("Error");
    coordinate.height = parts.real("Height");
    const Value::List& vec = parts.list("Vec");
    if (parts.failed())
        return parts.error();
    if (vec.size() != coordinate.vec.size())
        return Error{"coordinate: field Vec: expected " + std::to_string(coordinate.vec.size()) +
                     " numbers, found " + std::to_string(vec.size())};
    for (std::size_t i = 0; i < vec.size(); ++i) {
        const std::optional<double> part = vec[i].number();
        if (!part)
            return Error{"coordinate: field Vec: expected numbers, found " +
                         std::string(vec[i].kind_name())};
        coordinate.vec[i] = *part;
    }
    if (!coordinate.is_valid())
        return Error{"coordinate: expected finite numbers"};
    return Answer(coordinate);
}

}  // namespace muster::api
