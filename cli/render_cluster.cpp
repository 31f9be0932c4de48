#include "cli/render_cluster.h"

#include <algorithm>
#include <cstdio>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/render.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::JsonEncoder;
using api::printable;

void known_number(JsonEncoder& json, std::string_view key,
                  const std::optional<std::uint64_t>& number) {
    json.key(key);
    if (number)
        json.natural(*number);
    else
        json.nil();
}

std::string count_of(std::uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

// What one member said. Lines of its own are indented, so that none can be taken for one of ours.
std::string response_text(BytesView payload) {
    if (payload.ends_with('\n'))
        payload.remove_suffix(1);
    if (payload.find('\n') == BytesView::npos)
        return " " + printable(payload) + "\n";
    std::string text = "\n";
    for (;;) {
        const std::size_t end = payload.find('\n');
        text += "  " + printable(payload.substr(0, end)) + "\n";
        if (end == BytesView::npos)
            return text;
        payload.remove_prefix(end + 1);
    }
}

std::vector<Bytes> without(const std::vector<Bytes>& names, const std::vector<Bytes>& others) {
    std::vector<Bytes> rest;
    for (const Bytes& name : names) {
        if (std::find(others.begin(), others.end(), name) == others.end())
            rest.push_back(name);
    }
    return rest;
}

}  // namespace

std::string name_list(std::span<const Bytes> names) {
    std::string text;
    for (const Bytes& name : names)
        text += (text.empty() ? "" : ", ") + printable(name);
    return text;
}

std::string tags_text(const api::ReadTags& reply) {
    if (!reply.tags)
        return "the tags are changed\n";
    std::string text;
    for (const auto& [key, value] : *reply.tags)
        text += (text.empty() ? "" : ",") + printable(key) + "=" + printable(value);
    return "the tags are now: " + (text.empty() ? "none" : text) + "\n";
}

std::string tags_json(const api::ReadTags& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.key("tags");
    if (reply.tags) {
        const std::vector<api::Pair> pairs(reply.tags->begin(), reply.tags->end());
        json.text_map(pairs);
    } else {
        json.nil();
    }
    known_number(json, "index", reply.index);
    json.end_map();
    return text += '\n';
}

std::string event_text(const Bytes& name, const api::ReadLtime& reply) {
    std::string text = "the event " + printable(name) + " is on its way";
    if (reply.ltime)
        text += " (LTime " + std::to_string(*reply.ltime) + ")";
    return text + "\n";
}

std::string event_json(const api::ReadLtime& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    known_number(json, "ltime", reply.ltime);
    json.end_map();
    return text += '\n';
}

std::string answer_text(const api::ReadAnswer& answer, const HeardAnswers& heard, bool wants_acks) {
    if (answer.type == "ack")
        return "ack from " + printable(answer.from) + "\n";
    if (answer.type == "response")
        return "response from " + printable(answer.from) + ":" + response_text(answer.payload);
    std::string text;
    if (wants_acks)
        text += count_of(heard.acks, "ack, ", "acks, ");
    text += count_of(heard.responses, "response", "responses") + "\n";
    if (answer.lost.value_or(0) > 0)
        text += "(" + count_of(*answer.lost, "answer was", "answers were") +
                " lost: they came faster than they were read)\n";
    return text;
}

std::string answer_json(const api::ReadAnswer& answer, const HeardAnswers& heard) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.text_field("type", answer.type);
    if (answer.type == "done") {
        json.natural_field("acks", heard.acks);
        json.natural_field("responses", heard.responses);
        known_number(json, "lost", answer.lost);
    } else {
        json.text_field("from", answer.from);
    }
    if (answer.type == "response") {
        json.key("payload");
        json.bytes(answer.payload);
    }
    json.end_map();
    return text += '\n';
}

std::string rtt_text(const Bytes& a, const Bytes& b, Duration rtt) {
    char number[32];
    std::snprintf(number, sizeof number, "%.3f",
                  std::chrono::duration<double, std::milli>(rtt).count());
    return printable(a) + " to " + printable(b) + " and back: about " + number + " ms\n";
}

std::string rtt_json(const Bytes& a, const Bytes& b, Duration rtt) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.text_field("a", a);
    json.text_field("b", b);
    json.real_field("rtt_ms", std::chrono::duration<double, std::milli>(rtt).count());
    json.end_map();
    return text += '\n';
}

std::vector<Bytes> Reachability::missing() const {
    return without(live, acks);
}

std::vector<Bytes> Reachability::unexpected() const {
    return without(acks, live);
}

std::string reachability_text(const Reachability& found) {
    const std::vector<Bytes> missing = found.missing(), unexpected = found.unexpected();
    std::string text = count_of(found.live.size(), "member is", "members are") + " alive of " +
                       std::to_string(found.total) + ", " +
                       std::to_string(found.live.size() - missing.size()) + " answered\n";
    if (!missing.empty())
        text += "no answer from " + name_list(missing) +
                " (do packets pass both ways between them and the others?)\n";
    if (!unexpected.empty())
        text += "an answer, though not alive here: " + name_list(unexpected) +
                " (can this host reach them?)\n";
    return text;
}

std::string reachability_json(const Reachability& found) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.natural_field("total", found.total);
    json.natural_field("live", found.live.size());
    json.natural_field("acks", found.acks.size());
    json.texts_field("missing", found.missing());
    json.texts_field("unexpected", found.unexpected());
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
