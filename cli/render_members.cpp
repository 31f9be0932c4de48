#include <algorithm>
#include <functional>
#include <vector>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "agent/api/time_text.h"
#include "agent/cluster/mark.h"
#include "cli/render.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::printable;
using api::ReadMember;

std::vector<const ReadMember*> sorted(const std::vector<ReadMember>& members) {
    std::vector<const ReadMember*> order;
    order.reserve(members.size());
    for (const ReadMember& member : members)
        order.push_back(&member);
    std::sort(order.begin(), order.end(),
              [](const ReadMember* a, const ReadMember* b) { return a->name < b->name; });
    return order;
}

std::string tags_text(const api::TextMap& tags) {
    std::string text;
    for (const auto& [key, value] : tags) {
        // Every musterd has it, and what it says stands beside the status.
        if (key != cluster::mark_tag)
            text += (text.empty() ? "" : ",") + printable(key) + "=" + printable(value);
    }
    return text;
}

template <class Number>
std::string or_dash(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string status_text(const ReadMember& member) {
    std::string text = printable(member.shown_status());
    if (member.held_until_ns)
        text += *member.held_until_ns == 0
                    ? " (held out)"
                    : " (held out until " + api::to_rfc3339(*member.held_until_ns) + ")";
    if (cluster::is_drained(member.tags))
        text += " (drained)";
    return text;
}

Row row_of(const ReadMember& member, bool detailed) {
    Row row{printable(member.name), member.endpoint.plain().to_string(), status_text(member)};
    if (detailed) {
        const swim::Versions& versions = member.versions;
        row.push_back(member.since_ns ? api::to_rfc3339(*member.since_ns) : "-");
        row.push_back(or_dash(member.incarnation));
        row.push_back(std::to_string(versions.delegate_current) + " (" +
                      std::to_string(versions.delegate_min) + " to " +
                      std::to_string(versions.delegate_max) + ")");
    }
    row.push_back(tags_text(member.tags));
    return row;
}

// null: the agent did not say.
template <class Value, class Write>
void write_known(api::JsonEncoder& json, std::string_view key, const std::optional<Value>& value,
                 Write write) {
    json.key(key);
    if (value)
        write(*value);
    else
        json.nil();
}

void write_member(api::JsonEncoder& json, const ReadMember& member) {
    const swim::Versions& versions = member.versions;
    const std::vector<api::Pair> tags(member.tags.begin(), member.tags.end());
    json.begin_map(0);
    json.text_field("name", member.name);
    json.key("addr");
    json.address(member.endpoint);
    json.natural_field("port", member.endpoint.port());
    json.text_field("status", member.shown_status());
    json.key("tags");
    json.text_map(tags);
    write_known(json, "incarnation", member.incarnation,
                [&](std::uint32_t incarnation) { json.natural(incarnation); });
    write_known(json, "since", member.since_ns,
                [&](std::int64_t since) { json.text(api::to_rfc3339(since)); });
    write_known(json, "held_out", member.held_until_ns, [&](std::int64_t until) {
        json.begin_map(0);
        json.key("until");
        if (until != 0)
            json.text(api::to_rfc3339(until));
        else
            json.nil();
        json.end_map();
    });
    json.boolean_field("drained", cluster::is_drained(member.tags));
    json.key("protocol");
    json.begin_map(0);
    json.natural_field("min", versions.delegate_min);
    json.natural_field("max", versions.delegate_max);
    json.natural_field("version", versions.delegate_current);
    json.end_map();
    json.end_map();
}

}  // namespace

std::string members_text(const api::ReadMembers& reply, bool detailed) {
    std::vector<Row> rows;
    rows.push_back(
        detailed ? Row{"NAME", "ADDRESS", "STATUS", "SINCE", "INCARNATION", "PROTOCOL", "TAGS"}
                 : Row{"NAME", "ADDRESS", "STATUS", "TAGS"});
    for (const ReadMember* member : sorted(reply.members))
        rows.push_back(row_of(*member, detailed));
    // No white space at the end of a line without tags.
    for (Row& row : rows) {
        if (row.back().empty())
            row.pop_back();
    }
    return render_table(rows);
}

std::string members_json(const api::ReadMembers& reply) {
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    write_known(json, "index", reply.index, [&](std::uint64_t index) { json.natural(index); });
    json.key("members");
    json.begin_list(reply.members.size());
    for (const ReadMember* member : sorted(reply.members))
        write_member(json, *member);
    json.end_list();
    json.end_map();
    return text += '\n';
}

std::string joined_text(const api::ReadJoined& reply) {
    std::string text = "joined through " + std::to_string(reply.joined) +
                       (reply.joined == 1 ? " agent\n" : " agents\n");
    if (reply.failed) {
        for (const auto& failure : *reply.failed)
            text +=
                "not through " + printable(failure.seed) + ": " + printable(failure.error) + "\n";
    }
    return text;
}

std::string joined_json(const api::ReadJoined& reply) {
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.natural_field("joined", reply.joined);
    write_known(json, "failed", reply.failed, [&](const auto& failures) {
        json.begin_list(failures.size());
        for (const auto& failure : failures) {
            json.begin_map(0);
            json.text_field("seed", failure.seed);
            json.text_field("error", failure.error);
            json.end_map();
        }
        json.end_list();
    });
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
