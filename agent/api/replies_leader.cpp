// Replies and records about who leads (docs/election.md, "The API").
#include "agent/api/replies.h"
#include "agent/election/leader_view.h"

namespace muster::api {

namespace {

std::string id_text(std::uint64_t id) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned shift = 64; shift > 0; shift -= 4)
        text.push_back(digits[(id >> (shift - 4)) & 15U]);
    return text;
}

// 16 hex digits, or nothing.
template <class Id>
void id_field(Encoder& encoder, std::string_view name, Id id) {
    const auto number = static_cast<std::uint64_t>(id);
    encoder.key(name);
    number == 0 ? encoder.nil() : encoder.text(id_text(number));
}

const char* to_string(election::Mode mode) {
    switch (mode) {
        case election::Mode::View:
            return "view";
        case election::Mode::Off:
            return "off";
        default:
            return "quorum";
    }
}

const char* to_string(election::TokenVerdict verdict) {
    switch (verdict) {
        case election::TokenVerdict::Newest:
            return "newest";
        case election::TokenVerdict::Old:
            return "old";
        case election::TokenVerdict::Unknown:
            break;
    }
    return "unknown";
}

void write_conflict(Encoder& encoder, const std::vector<election::Knowledge::Known>& conflict) {
    encoder.key("Conflict");
    encoder.begin_list(conflict.size());
    for (const election::Knowledge::Known& other : conflict) {
        encoder.begin_map(3);
        id_field(encoder, "ClusterID", other.cluster);
        encoder.text_field("Leader", other.leader);
        encoder.natural_field("Term", other.term);
        encoder.end_map();
    }
    encoder.end_list();
}

void write_voters(Encoder& encoder, const std::vector<election::LeaderView::VoterSeen>& voters) {
    encoder.key("Voters");
    encoder.begin_list(voters.size());
    for (const election::LeaderView::VoterSeen& voter : voters) {
        encoder.begin_map(3);
        id_field(encoder, "ID", voter.id);
        encoder.text_field("Name", voter.name);
        encoder.boolean_field("Reachable", voter.reachable);
        encoder.end_map();
    }
    encoder.end_list();
}

}  // namespace

void write_leader(Encoder& encoder, const election::LeaderView& view) {
    encoder.begin_body(16);
    encoder.text_field("Addr", view.address ? view.address->plain().to_string() : "");
    encoder.natural_field("AgeMs", view.age_ms);
    id_field(encoder, "ClusterID", view.cluster);
    write_conflict(encoder, view.conflict);
    encoder.boolean_field("Fenced", view.fenced);
    encoder.key("Leader");
    view.leader ? encoder.text(*view.leader) : encoder.nil();
    encoder.natural_field("LeaseMs", view.lease_ms);
    encoder.text_field("Mode", to_string(view.mode));
    encoder.natural_field("Needed", view.needed);
    encoder.natural_field("Reachable", view.reachable);
    encoder.text_field("Reason", view.reason);
    encoder.boolean_field("Self", view.self);
    encoder.natural_field("Target", view.target);
    encoder.key("Term");
    view.term ? encoder.natural(*view.term) : encoder.nil();
    encoder.natural_field("Version", view.version);
    write_voters(encoder, view.voters);
    encoder.end_body();
}

void write_leader_answer(Encoder& encoder, const election::Answer& answer) {
    encoder.begin_body(10);
    id_field(encoder, "ClusterID", answer.cluster);
    encoder.natural_field("FullMs", answer.full_ms);
    encoder.boolean_field("GivesUp", answer.gives_up);
    encoder.boolean_field("Held", answer.held);
    id_field(encoder, "ID", answer.id);
    encoder.natural_field("LeaseMs", answer.lease_ms);
    encoder.boolean_field("NotLeader", answer.not_leader);
    encoder.natural_field("Term", answer.term);
    encoder.text_field("Verdict", to_string(answer.verdict));
    encoder.natural_field("WaitsMs", answer.waits_ms);
    encoder.end_body();
}

void write_leadership(Encoder& encoder, const election::Event& event, std::int64_t wall_ns) {
    encoder.begin_body(5);
    id_field(encoder, "ClusterID", event.cluster);
    encoder.text_field("Event", election::to_string(event.kind));
    encoder.text_field("Leader", event.leader);
    encoder.natural_field("Term", event.term);
    encoder.integer_field("Time", wall_ns);
    encoder.end_body();
}

}  // namespace muster::api
