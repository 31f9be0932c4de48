#include "cli/render_history.h"

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "agent/api/time_text.h"

namespace muster::cli {

namespace {

using api::printable;
using api::ReadChange;

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
    if (change.event == "gap" && !change.subject.empty())
        return "hook " + subject + " was not given " + std::to_string(change.number) +
               " events: too many waited for it";
    if (change.event == "gap")
        return std::to_string(change.number) + " changes were not written down in time";
    return subject + " " + printable(change.payload);
}

}  // namespace

std::string change_text(const ReadChange& change) {
    return std::to_string(change.seq) + " " + api::to_rfc3339(change.wall_ns) + " " +
           printable(change.event) + " " + what(change) + "\n";
}

std::string change_json(const ReadChange& change) {
    return api::to_json(change) + '\n';
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
    json.text_field("since", api::to_rfc3339(story.since_ns));
    json.texts_field("sentences", story.sentences);
    json.key("evidence");
    json.begin_list(story.evidence.size());
    for (const ReadChange& change : story.evidence)
        api::write(json, change);
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
