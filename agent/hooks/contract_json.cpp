// The lines of JSON of agent/hooks/contract.h.
#include "agent/api/encoder.h"
#include "agent/api/read_change.h"
#include "agent/api/time_text.h"
#include "agent/hooks/contract.h"
#include "agent/ring/member_set.h"

namespace muster::hooks {

namespace {

cluster::Tags decoded(BytesView tags) {
    return tags.empty() ? cluster::Tags() : cluster::decode_tags(tags);
}

}  // namespace

std::string change_json(const history::Change& change) {
    api::ReadChange words;
    words.seq = change.seq;
    words.wall_ns = change.wall_ns;
    words.event = history::to_string(change.kind);
    words.subject = change.subject;
    words.from = history::to_string(change.from);
    words.to = history::to_string(change.to);
    words.incarnation = change.incarnation;
    words.addr = change.endpoint.plain().ip_text();
    words.port = change.endpoint.port();
    words.cause = change.cause;
    words.by = change.by;
    words.others = change.others;
    words.health = change.health;
    words.tags = decoded(change.tags);
    if (change.tags_before)
        words.tags_before = decoded(*change.tags_before);
    words.payload = change.payload;
    if (change.kind == history::Kind::Ring) {
        words.fingerprint = ring::fingerprint_text(change.number);
        words.fingerprint_before = ring::fingerprint_text(change.number_before);
    } else {
        words.number = change.number;
        words.number_before = change.number_before;
    }
    return api::to_json(words);
}

std::string member_json(BytesView name, const history::Entry& entry) {
    std::string text;
    api::JsonEncoder json(text, "_base64");
    json.begin_map(0);
    json.text_field("name", name);
    json.text_field("addr", entry.endpoint.plain().ip_text());
    json.natural_field("port", entry.endpoint.port());
    json.text_field("status", history::to_string(entry.standing));
    const cluster::Tags tags = decoded(entry.tags);
    const std::vector<api::Pair> pairs(tags.begin(), tags.end());
    json.key("tags");
    json.text_map(pairs);
    json.natural_field("incarnation", entry.incarnation);
    json.text_field("since", api::to_rfc3339(entry.since_ns));
    json.end_map();
    return text;
}

}  // namespace muster::hooks
