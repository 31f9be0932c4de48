// Replies and records about what programs tell each other through the cluster: user events,
// queries, keys, coordinates.
#include "agent/api/replies.h"

namespace muster::api {

namespace {

void write_counts(Encoder& encoder, std::string_view name,
                  const std::map<std::string, std::size_t>& counts) {
    encoder.key(name);
    encoder.begin_map(counts.size());
    for (const auto& [key, count] : counts)
        encoder.natural_field(key, count);
    encoder.end_map();
}

void write_names(Encoder& encoder, const std::vector<std::string>& names) {
    encoder.begin_list(names.size());
    for (const std::string& name : names)
        encoder.text(name);
    encoder.end_list();
}

const char* to_string(cluster::QueryAnswer::Kind kind) {
    switch (kind) {
        case cluster::QueryAnswer::Kind::Ack:
            return "ack";
        case cluster::QueryAnswer::Kind::Response:
            return "response";
        case cluster::QueryAnswer::Kind::Done:
            break;
    }
    return "done";
}

}  // namespace

void write_user_event(Encoder& encoder, const cluster::HeardEvent& event, std::int64_t wall_ns) {
    encoder.begin_body(encoder.extended() ? 6 : 5);
    encoder.boolean_field("Coalesce", event.coalesce);
    encoder.text_field("Event", "user");
    encoder.natural_field("LTime", event.ltime);
    encoder.text_field("Name", event.name);
    encoder.payload_field("Payload", event.payload);
    if (encoder.extended())
        encoder.integer_field("Time", wall_ns);
    encoder.end_body();
}

void write_query(Encoder& encoder, const cluster::HeardQuery& query, std::uint64_t id,
                 std::int64_t deadline_ns, std::int64_t wall_ns) {
    const bool extended = encoder.extended();
    encoder.begin_body(extended ? 8 : 5);
    if (extended)
        encoder.integer_field("Deadline", deadline_ns);
    encoder.text_field("Event", "query");
    encoder.natural_field("ID", id);
    encoder.natural_field("LTime", query.ltime);
    encoder.text_field("Name", query.name);
    encoder.payload_field("Payload", query.payload);
    if (extended) {
        encoder.text_field("Source", query.source);
        encoder.integer_field("Time", wall_ns);
    }
    encoder.end_body();
}

void write_answer(Encoder& encoder, const cluster::QueryAnswer& answer,
                  const AnswerCounts& counts) {
    const bool is_end = answer.kind == cluster::QueryAnswer::Kind::Done;
    const bool tells_counts = is_end && encoder.extended();
    encoder.begin_body(tells_counts ? 6 : 3);
    if (tells_counts)
        encoder.natural_field("Acks", counts.acks);
    encoder.text_field("From", answer.from);
    if (tells_counts)
        encoder.natural_field("Lost", counts.lost);
    encoder.payload_field("Payload", answer.payload);
    if (tells_counts)
        encoder.natural_field("Responses", counts.responses);
    encoder.text_field("Type", to_string(answer.kind));
    encoder.end_body();
}

void write_ltime(Encoder& encoder, cluster::LamportTime ltime) {
    encoder.begin_body(1);
    encoder.natural_field("LTime", ltime);
    encoder.end_body();
}

void write_key_report(Encoder& encoder, const cluster::KeyReport& report, bool is_list) {
    const bool extended = encoder.extended();
    encoder.begin_body(extended ? 8 : 5);
    if (extended) {
        encoder.key("KeyLists");
        encoder.begin_list(report.key_lists.size());
        for (const auto& [name, keys] : report.key_lists) {
            encoder.begin_map(2);
            encoder.key("Keys");
            write_names(encoder, keys);
            encoder.text_field("Name", name);
            encoder.end_map();
        }
        encoder.end_list();
    }
    if (is_list) {
        write_counts(encoder, "Keys", report.keys);
    } else {
        encoder.key("Keys");
        encoder.nil();
    }
    const std::vector<Pair> messages(report.messages.begin(), report.messages.end());
    encoder.key("Messages");
    encoder.text_map(messages);
    encoder.natural_field("NumErr", report.errors);
    encoder.natural_field("NumNodes", report.members);
    encoder.natural_field("NumResp", report.responses);
    if (extended) {
        write_counts(encoder, "PrimaryKeys", report.primary_keys);
        encoder.key("Silent");
        write_names(encoder, report.silent);
    }
    encoder.end_body();
}

void write_coordinate(Encoder& encoder, const std::optional<cluster::Coordinate>& coordinate) {
    encoder.begin_body(2);
    encoder.key("Coord");
    encoder.begin_map(4);
    encoder.real_field("Adjustment", coordinate ? coordinate->adjustment : 0);
    encoder.real_field("Error", coordinate ? coordinate->error : 0);
    encoder.real_field("Height", coordinate ? coordinate->height : 0);
    encoder.key("Vec");
    if (coordinate) {
        encoder.begin_list(coordinate->vec.size());
        for (const double part : coordinate->vec)
            encoder.real(part);
        encoder.end_list();
    } else {
        encoder.nil();
    }
    encoder.end_map();
    encoder.boolean_field("Ok", coordinate.has_value());
    encoder.end_body();
}

void write_turnout(Encoder& encoder, const Turnout& turnout, std::int64_t wall_ns) {
    encoder.begin_body(4);
    encoder.natural_field("Alive", turnout.alive);
    encoder.text_field("Event", event_name(turnout));
    encoder.natural_field("Known", turnout.known);
    encoder.integer_field("Time", wall_ns);
    encoder.end_body();
}

}  // namespace muster::api
