#include "agent/api/reply_reader_leader.h"

#include <utility>

#include "agent/api/fields.h"

namespace muster::api {

Result<ReadLeader> read_leader(const Value& body) {
    Fields fields(body, "leader");
    ReadLeader reply;
    reply.mode = fields.text("Mode");
    reply.fenced = fields.boolean("Fenced");
    if (fields.has("Leader"))
        reply.leader = fields.text("Leader");
    reply.address = fields.text("Addr");
    reply.self = fields.boolean("Self");
    if (fields.has("Term"))
        reply.term = fields.natural("Term");
    reply.lease_ms = fields.natural("LeaseMs");
    reply.age_ms = fields.natural("AgeMs");
    reply.needed = fields.natural("Needed");
    reply.reachable = fields.natural("Reachable");
    reply.version = fields.natural("Version");
    reply.target = fields.natural("Target");
    reply.cluster = fields.text("ClusterID");
    reply.reason = fields.text("Reason");
    for (const Value& record : fields.list("Voters")) {
        Fields voter(record, "voter");
        reply.voters.push_back({voter.text("Name"), voter.text("ID"), voter.boolean("Reachable")});
        if (voter.failed())
            return voter.error();
    }
    for (const Value& record : fields.list("Conflict")) {
        Fields other(record, "conflict");
        reply.conflict.push_back(
            {other.text("ClusterID"), other.text("Leader"), other.natural("Term")});
        if (other.failed())
            return other.error();
    }
    if (fields.failed())
        return fields.error();
    return reply;
}

Result<ReadLed> read_led(const Value& body) {
    Fields fields(body, "leader");
    ReadLed reply;
    reply.term = fields.natural("Term");
    reply.lease_ms = fields.natural("LeaseMs");
    reply.full_ms = fields.natural("FullMs");
    reply.cluster = fields.text("ClusterID");
    reply.not_leader = fields.boolean("NotLeader");
    reply.gives_up = fields.boolean("GivesUp");
    reply.held = fields.boolean("Held");
    reply.verdict = fields.text("Verdict");
    reply.id = fields.text("ID");
    reply.waits_ms = fields.natural("WaitsMs");
    if (fields.failed())
        return fields.error();
    return reply;
}

}  // namespace muster::api
