#include "cli/render_history.h"

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/time_text.h"

namespace muster::cli {

namespace {

using api::printable;
using api::ReadChange;

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

std::string why(const ReadChange& change) {
    std::string text = printable(change.cause);
    if (!change.by.empty())
        text += " by " + printable(change.by);
    for (const Bytes& other : change.others)
        text += (&other == &change.others.front() ? ", confirmed by " : ", ") + printable(other);
    return text;
}

std::string all_tags_text(const api::TextMap& tags) {
    std::string text;
    for (const auto& [key, value] : tags)
        text += (text.empty() ? "" : ",") + printable(key) + "=" + printable(value);
    return text;
}

// Who claims the name, in a conflict.
std::string claimant(const ReadChange& change) {
    const bool is_ipv4 = change.addr.find(':') == Bytes::npos;
    return (is_ipv4 ? change.addr : "[" + change.addr + "]") + ":" + std::to_string(change.port);
}

std::string what(const ReadChange& change) {
    const std::string subject = printable(change.subject);
    if (is_of_member(change)) {
        std::string text = subject + " " + printable(change.from) + " -> " + printable(change.to) +
                           " (" + why(change) + ")";
        if (change.tags_before)
            text += ", tags " + all_tags_text(*change.tags_before) + " -> " +
                    all_tags_text(change.tags);
        return text;
    }
    if (is_of_leader(change))
        return subject + (subject.empty() ? "" : ", ") + "term " + std::to_string(change.number);
    if (change.event == "ring-changed")
        return subject + " " + printable(change.fingerprint_before) + " -> " +
               printable(change.fingerprint);
    if (change.event == "user")
        return subject + " (" + std::to_string(change.payload.size()) + " bytes)";
    if (change.event == "conflict")
        return subject + " is also claimed by " + printable(claimant(change));
    if (is_of_turnout(change))
        return std::to_string(change.number) + " of " + std::to_string(change.number_before) +
               " known members alive";
    if (change.event == "gap")
        return std::to_string(change.number) + " changes were not written down in time";
    return subject + " " + printable(change.payload);
}

void write_tags(api::JsonEncoder& json, std::string_view key, const api::TextMap& tags) {
    const std::vector<api::Pair> pairs(tags.begin(), tags.end());
    json.key(key);
    json.text_map(pairs);
}

void write_member(api::JsonEncoder& json, const ReadChange& change) {
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
    json.key("others");
    json.begin_list(change.others.size());
    for (const Bytes& other : change.others)
        json.text(other);
    json.end_list();
    json.end_map();
}

void write_change(api::JsonEncoder& json, const ReadChange& change) {
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

}  // namespace

std::string change_text(const ReadChange& change) {
    return std::to_string(change.seq) + " " + to_rfc3339(change.wall_ns) + " " +
           printable(change.event) + " " + what(change) + "\n";
}

std::string change_json(const ReadChange& change) {
    std::string text;
    api::JsonEncoder json(text, "_base64");
    write_change(json, change);
    return text += '\n';
}

std::string story_text(const api::ReadStory& story) {
    std::string text;
    for (const Bytes& sentence : story.sentences)
        text += printable(sentence) + "\n";
    return text;
}

std::string story_json(const api::ReadStory& story) {
    std::string text;
    api::JsonEncoder json(text, "_base64");
    json.begin_map(0);
    json.text_field("member", story.member);
    json.text_field("status", story.status);
    json.text_field("since", to_rfc3339(story.since_ns));
    json.texts_field("sentences", story.sentences);
    json.key("evidence");
    json.begin_list(story.evidence.size());
    for (const ReadChange& change : story.evidence)
        write_change(json, change);
    json.end_list();
    json.end_map();
    return text += '\n';
}

std::string findings_text(const std::vector<api::Finding>& findings) {
    if (findings.empty())
        return "nothing found\n";
    std::string text;
    for (const api::Finding& each : findings)
        text += printable(each.finding) + "\n  seen by: " + printable(each.evidence) +
                "\n  to do: " + printable(each.remedy) + "\n";
    return text;
}

std::string findings_json(const std::vector<api::Finding>& findings) {
    std::string text;
    api::JsonEncoder json(text, "_base64");
    json.begin_map(0);
    json.key("findings");
    json.begin_list(findings.size());
    for (const api::Finding& each : findings) {
        json.begin_map(0);
        json.text_field("finding", each.finding);
        json.text_field("evidence", each.evidence);
        json.text_field("remedy", each.remedy);
        json.end_map();
    }
    json.end_list();
    json.end_map();
    return text += '\n';
}

std::string gap_text(std::uint64_t from, std::uint64_t to) {
    return "(changes " + std::to_string(from) + " to " + std::to_string(to) +
           " are not kept any more)\n";
}

std::string gap_json(std::uint64_t from, std::uint64_t to) {
    std::string text;
    api::JsonEncoder json(text);
    json.begin_map(0);
    json.key("gap");
    json.begin_map(0);
    json.natural_field("from", from);
    json.natural_field("to", to);
    json.end_map();
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
