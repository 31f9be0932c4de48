#include "agent/api/history_reader.h"

namespace muster::api {

namespace {

Result<std::vector<ReadChange>> read_changes(const Value::List& list, std::string_view record) {
    std::vector<ReadChange> changes;
    changes.reserve(list.size());
    for (const Value& element : list) {
        Fields one(element, record);
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
                          .number_before = one.natural("NumberBefore"),
                          .fingerprint = one.text("Fingerprint"),
                          .fingerprint_before = one.text("FingerprintBefore"),
                          .payload = one.text("Payload")};
        if (one.has("TagsBefore"))
            change.tags_before = one.text_map("TagsBefore");
        if (one.failed())
            return one.error();
        changes.push_back(std::move(change));
    }
    return changes;
}

}  // namespace

Result<ReadHistory> read_history(const Value& body) {
    Fields fields(body, "history reply");
    ReadHistory reply{.changes = {},
                      .oldest = fields.natural("Oldest"),
                      .newest = fields.natural("Newest"),
                      .next = fields.natural("Next"),
                      .more = fields.boolean("More")};
    Result<std::vector<ReadChange>> changes =
        read_changes(fields.list("Changes"), "history reply, Changes");
    if (!changes)
        return changes.error();
    reply.changes = *std::move(changes);
    return finish(fields, std::move(reply));
}

Result<ReadStory> read_story(const Value& body) {
    Fields fields(body, "explain reply");
    ReadStory reply{.member = fields.text("Member"),
                    .status = fields.text("Status"),
                    .since_ns = fields.integer("Since"),
                    .sentences = fields.texts("Sentences"),
                    .evidence = {}};
    Result<std::vector<ReadChange>> evidence =
        read_changes(fields.list("Evidence"), "explain reply, Evidence");
    if (!evidence)
        return evidence.error();
    reply.evidence = *std::move(evidence);
    return finish(fields, std::move(reply));
}

Result<std::vector<Finding>> read_findings(const Value& body) {
    Fields fields(body, "doctor reply");
    std::vector<Finding> findings;
    for (const Value& element : fields.list("Findings")) {
        Fields one(element, "doctor reply, Findings");
        Finding finding{.finding = one.text("Finding"),
                        .evidence = one.text("Evidence"),
                        .remedy = one.text("Remedy")};
        if (one.failed())
            return one.error();
        findings.push_back(std::move(finding));
    }
    return finish(fields, std::move(findings));
}

}  // namespace muster::api
