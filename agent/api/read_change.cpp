#include "agent/api/read_change.h"

#include "agent/api/encoder.h"
#include "agent/api/time_text.h"

namespace muster::api {

namespace {

void write_tags(JsonEncoder& json, std::string_view key, const TextMap& tags) {
    const std::vector<Pair> pairs(tags.begin(), tags.end());
    json.key(key);
    json.text_map(pairs);
}

void write_member(JsonEncoder& json, const ReadChange& change) {
    json.text_field("member", change.subject);
    json.text_field("from", change.from);
    json.text_field("to", change.to);
    json.natural_field("incarnation", change.incarnation);
    json.text_field("addr", change.addr);
    json.natural_field("port", change.port);
    write_tags(json, "tags", change.tags);
    if (change.tags_before)
        write_tags(json, "tags_before", *change.tags_before);
    json.key("cause");
    json.begin_map(0);
    json.text_field("kind", change.cause);
    if (!change.by.empty())
        json.text_field("by", change.by);
    json.texts_field("others", change.others);
    json.end_map();
}

}  // namespace

bool is_of_member(const ReadChange& change) {
    return change.event.starts_with("member-");
}

bool is_of_leader(const ReadChange& change) {
    return change.event == "leader-acquired" || change.event == "leader-lost" ||
           change.event == "new-leader" || change.event.starts_with("quorum-");
}

bool is_of_turnout(const ReadChange& change) {
    return change.event == "members-missing" || change.event == "members-back";
}

std::string claimant(const ReadChange& change) {
    const bool is_ipv4 = change.addr.find(':') == Bytes::npos;
    return (is_ipv4 ? change.addr : "[" + change.addr + "]") + ":" + std::to_string(change.port);
}

void write(JsonEncoder& json, const ReadChange& change) {
    json.begin_map(0);
    json.natural_field("seq", change.seq);
    json.text_field("time", to_rfc3339(change.wall_ns));
    json.text_field("event", change.event);
    if (is_of_member(change)) {
        write_member(json, change);
    } else if (is_of_leader(change)) {
        json.text_field("leader", change.subject);
        json.natural_field("term", change.number);
    } else if (change.event == "ring-changed") {
        json.text_field("ring", change.subject);
        json.text_field("before", change.fingerprint_before);
        json.text_field("after", change.fingerprint);
    } else if (change.event == "user") {
        json.text_field("name", change.subject);
        json.payload_field("payload", change.payload);
        json.natural_field("ltime", change.number);
    } else if (is_of_turnout(change)) {
        json.natural_field("alive", change.number);
        json.natural_field("known", change.number_before);
    } else if (change.event == "gap") {
        if (!change.subject.empty())  // lost to that hook alone: the history has them
            json.text_field("hook", change.subject);
        json.natural_field("lost", change.number);
    } else {
        json.text_field("member", change.subject);
        const bool is_conflict = change.event == "conflict";
        json.text_field(is_conflict ? "other" : "version",
                        is_conflict ? claimant(change) : change.payload);
    }
    json.natural_field("health", change.health);
    json.end_map();
}

std::string to_json(const ReadChange& change) {
    std::string text;
    JsonEncoder json(text, "_base64");
    write(json, change);
    return text;
}

}  // namespace muster::api
