#include "agent/api/messages.h"

#include <algorithm>
#include <array>

#include "agent/api/encoder.h"

namespace muster::api {

namespace {

// In the order of the enumerators.
constexpr std::array<CommandTraits, 47> commands{{
    {Command::Handshake, "handshake", /*has_body=*/true, /*changes=*/false},
    {Command::Auth, "auth", true, false},
    {Command::Members, "members", false, false},
    {Command::MembersFiltered, "members-filtered", true, false},
    {Command::Join, "join", true, true},
    {Command::Leave, "leave", false, true},
    {Command::ForceLeave, "force-leave", true, true},
    {Command::Tags, "tags", true, true},
    {Command::Statistics, "stats", false, false},
    {Command::Stream, "stream", true, false},
    {Command::Monitor, "monitor", true, false},
    {Command::Stop, "stop", true, false},
    {Command::Event, "event", true, true},
    {Command::Query, "query", true, true},
    {Command::Respond, "respond", true, true},
    {Command::InstallKey, "install-key", true, true},
    {Command::UseKey, "use-key", true, true},
    {Command::RemoveKey, "remove-key", true, true},
    {Command::ListKeys, "list-keys", false, true},
    {Command::GetCoordinate, "get-coordinate", true, false},
    {Command::Ring, "ring", true, false},
    {Command::RingOwners, "ring-owners", true, false},
    {Command::RingDiff, "ring-diff", true, false},
    {Command::RingExport, "ring-export", true, false},
    {Command::RingStatus, "ring-status", true, false},
    {Command::Drain, "drain", true, true},
    {Command::DrainStatus, "drain-status", false, false},
    {Command::Leader, "leader", false, false},
    {Command::LeaderHold, "leader-hold", true, true},
    {Command::LeaderRelease, "leader-release", true, true},
    {Command::LeaderResign, "leader-resign", true, true},
    {Command::LeaderTransfer, "leader-transfer", true, true},
    {Command::LeaderCheckToken, "leader-check-token", true, false},
    {Command::LeaderOnce, "leader-once", true, true},
    {Command::LeaderReset, "leader-reset", true, true},
    {Command::VotersChange, "voters-change", true, true},
    {Command::VotersRecover, "voters-recover", true, true},
    {Command::History, "history", true, false},
    {Command::MembersAt, "members-at", true, false},
    {Command::Explain, "explain", true, false},
    {Command::Doctor, "doctor", false, false},
    {Command::Hooks, "hooks", false, false},
    {Command::HooksDead, "hooks-dead", true, false},
    {Command::HooksReplay, "hooks-replay", true, true},
    {Command::HooksDrop, "hooks-drop", true, true},
    {Command::HooksTest, "hooks-test", true, true},
    {Command::Reload, "reload", false, true},
}};

void encode_texts(MsgpackEncoder& encoder, std::string_view name, const std::vector<Bytes>& texts,
                  bool nil_if_empty) {
    encoder.key(name);
    if (texts.empty() && nil_if_empty)
        return encoder.nil();
    encoder.begin_list(texts.size());
    for (const Bytes& text : texts)
        encoder.text(text);
}

void encode_pairs(MsgpackEncoder& encoder, std::string_view name, const TextMap& pairs) {
    encoder.key(name);
    encoder.begin_map(pairs.size());
    for (const auto& [key, value] : pairs) {
        encoder.text(key);
        encoder.text(value);
    }
}

}  // namespace

const CommandTraits* find_command(std::string_view name) {
    const auto found = std::find_if(commands.begin(), commands.end(),
                                    [&](const CommandTraits& each) { return each.name == name; });
    return found != commands.end() ? &*found : nullptr;
}

const CommandTraits& traits(Command command) {
    return commands[static_cast<std::size_t>(command)];
}

Result<RequestHeader> decode_header(const Value& record, bool seq_required) {
    Fields fields(record, "request");
    RequestHeader header;
    header.command = fields.text("Command");
    header.seq = fields.natural("Seq");
    header.min_index = fields.natural("MinIndex");
    header.max_wait = Duration(fields.integer("MaxWait"));
    header.for_good = fields.boolean("ForGood");
    if (!fields.failed() && !fields.has("Command"))
        return Error{"request: field Command is missing"};
    if (!fields.failed() && seq_required && record.find("Seq") == nullptr)
        return Error{"request: field Seq is missing"};
    return finish(fields, std::move(header));
}

Result<HandshakeRequest> decode_handshake(const Value& body) {
    Fields fields(body, "handshake");
    return finish(fields, HandshakeRequest{.version = fields.integer("Version"),
                                           .extended = fields.boolean("Extended")});
}

Result<AuthRequest> decode_auth(const Value& body) {
    Fields fields(body, "auth");
    return finish(fields, AuthRequest{.key = fields.text("AuthKey")});
}

Result<FilterRequest> decode_filter(const Value& body) {
    Fields fields(body, "members-filtered");
    return finish(fields, FilterRequest{.name = fields.text("Name"),
                                        .status = fields.text("Status"),
                                        .tags = fields.text_map("Tags")});
}

Result<JoinRequest> decode_join(const Value& body) {
    Fields fields(body, "join");
    return finish(
        fields, JoinRequest{.seeds = fields.texts("Existing"), .replay = fields.boolean("Replay")});
}

Result<ForceLeaveRequest> decode_force_leave(const Value& body) {
    Fields fields(body, "force-leave");
    return finish(fields,
                  ForceLeaveRequest{.node = fields.text("Node"), .prune = fields.boolean("Prune")});
}

Result<TagsRequest> decode_tags_request(const Value& body) {
    Fields fields(body, "tags");
    return finish(
        fields, TagsRequest{.set = fields.text_map("Tags"), .remove = fields.texts("DeleteTags")});
}

Result<StreamRequest> decode_stream(const Value& body) {
    Fields fields(body, "stream");
    return finish(fields, StreamRequest{.type = fields.text("Type")});
}

Result<MonitorRequest> decode_monitor(const Value& body) {
    Fields fields(body, "monitor");
    return finish(fields, MonitorRequest{.level = fields.text("LogLevel")});
}

Result<StopRequest> decode_stop(const Value& body) {
    Fields fields(body, "stop");
    return finish(fields, StopRequest{.stop = fields.natural("Stop")});
}

Result<EventRequest> decode_event(const Value& body) {
    Fields fields(body, "event");
    return finish(fields, EventRequest{.name = fields.text("Name"),
                                       .payload = fields.text("Payload"),
                                       .coalesce = fields.boolean("Coalesce")});
}

Result<cluster::QueryRequest> decode_query(const Value& body) {
    Fields fields(body, "query");
    cluster::QueryRequest request;
    request.name = fields.text("Name");
    request.payload = fields.text("Payload");
    request.filter_nodes = fields.texts("FilterNodes");
    const TextMap tags = fields.text_map("FilterTags");
    request.filter_tags.assign(tags.begin(), tags.end());
    const std::uint64_t relay_factor = fields.natural("RelayFactor");
    request.relay_factor = static_cast<std::uint8_t>(relay_factor);
    request.wants_acks = fields.boolean("RequestAck");
    request.timeout = Duration(fields.integer("Timeout"));
    if (!fields.failed() && relay_factor > 255)
        return Error{"query: field RelayFactor: expected at most 255, found " +
                     std::to_string(relay_factor)};
    return finish(fields, std::move(request));
}

Result<RespondRequest> decode_respond(const Value& body) {
    Fields fields(body, "respond");
    return finish(fields,
                  RespondRequest{.id = fields.natural("ID"), .payload = fields.text("Payload")});
}

Result<KeyRequest> decode_key(const Value& body) {
    Fields fields(body, "key");
    return finish(fields, KeyRequest{.key = fields.text("Key")});
}

Result<CoordinateRequest> decode_coordinate(const Value& body) {
    Fields fields(body, "get-coordinate");
    return finish(fields, CoordinateRequest{.node = fields.text("Node")});
}

void encode_header(const RequestHeader& header, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    const bool has_index = header.min_index != 0;
    const bool has_wait = header.max_wait != Duration::zero();
    encoder.begin_map(std::size_t{2} + (has_index ? 1 : 0) + (has_wait ? 1 : 0) +
                      (header.for_good ? 1 : 0));
    encoder.text_field("Command", header.command);
    if (header.for_good)
        encoder.boolean_field("ForGood", true);
    if (has_wait) {
        encoder.key("MaxWait");
        encoder.integer(header.max_wait.count());
    }
    if (has_index)
        encoder.natural_field("MinIndex", header.min_index);
    encoder.natural_field("Seq", header.seq);
}

void encode_body(const HandshakeRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(request.extended ? 2 : 1);
    if (request.extended)
        encoder.boolean_field("Extended", true);
    encoder.key("Version");
    encoder.integer(request.version);
}

void encode_body(const AuthRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("AuthKey", request.key);
}

void encode_body(const FilterRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(3);
    encoder.text_field("Name", request.name);
    encoder.text_field("Status", request.status);
    encode_pairs(encoder, "Tags", request.tags);
}

void encode_body(const JoinRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(2);
    encode_texts(encoder, "Existing", request.seeds, /*nil_if_empty=*/false);
    encoder.boolean_field("Replay", request.replay);
}

void encode_body(const ForceLeaveRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(2);
    encoder.text_field("Node", request.node);
    encoder.boolean_field("Prune", request.prune);
}

void encode_body(const TagsRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(2);
    encode_texts(encoder, "DeleteTags", request.remove, /*nil_if_empty=*/true);
    encode_pairs(encoder, "Tags", request.set);
}

void encode_body(const StreamRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("Type", request.type);
}

void encode_body(const MonitorRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("LogLevel", request.level);
}

void encode_body(const StopRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.natural_field("Stop", request.stop);
}

void encode_body(const EventRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(3);
    encoder.boolean_field("Coalesce", request.coalesce);
    encoder.text_field("Name", request.name);
    encoder.payload_field("Payload", request.payload);
}

void encode_body(const cluster::QueryRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(7);
    encode_texts(encoder, "FilterNodes", request.filter_nodes, /*nil_if_empty=*/true);
    if (request.filter_tags.empty()) {
        encoder.key("FilterTags");
        encoder.nil();
    } else {
        encode_pairs(encoder, "FilterTags",
                     {request.filter_tags.begin(), request.filter_tags.end()});
    }
    encoder.text_field("Name", request.name);
    encoder.payload_field("Payload", request.payload);
    encoder.natural_field("RelayFactor", request.relay_factor);
    encoder.boolean_field("RequestAck", request.wants_acks);
    encoder.integer_field("Timeout", request.timeout.count());
}

void encode_body(const RespondRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(2);
    encoder.natural_field("ID", request.id);
    encoder.payload_field("Payload", request.payload);
}

void encode_body(const KeyRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("Key", request.key);
}

void encode_body(const CoordinateRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("Node", request.node);
}

}  // namespace muster::api
