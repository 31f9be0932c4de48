#include "agent/api/history_reader.h"

namespace muster::api {

Result<ReadHistory> read_history(const Value& body) {
    Fields fields(body, "history reply");
    ReadHistory reply{.changes = {},
                      .oldest = fields.natural("Oldest"),
                      .newest = fields.natural("Newest"),
                      .next = fields.natural("Next"),
                      .more = fields.boolean("More")};
    const Value::List& list = fields.list("Changes");
    reply.changes.reserve(list.size());
    for (const Value& element : list) {
        Fields one(element, "history reply, Changes");
        ReadChange change{.seq = one.natural("Seq"),
                          .wall_ns = one.integer("Time"),
                          .event = one.text("Event"),
                          .subject = one.text("Subject"),
                          .from = one.text("From"),
                          .to = one.text("To"),
                          .incarnation = one.natural("Incarnation"),
                          .addr = one.text("Addr"),
                          .port = one.natural("Port"),
                          .cause = one.text("Cause"),
                          .by = one.text("By"),
                          .others = one.texts("Others"),
                          .health = one.natural("Health"),
                          .tags = one.text_map("Tags"),
                          .tags_before = {},
                          .number = one.natural("Number"),
                          .fingerprint = one.text("Fingerprint"),
                          .fingerprint_before = one.text("FingerprintBefore"),
                          .payload = one.text("Payload")};
        if (one.has("TagsBefore"))
            change.tags_before = one.text_map("TagsBefore");
        if (one.failed())
            return one.error();
        reply.changes.push_back(std::move(change));
    }
    if (fields.failed())
        return fields.error();
    return reply;
}

}  // namespace muster::api
