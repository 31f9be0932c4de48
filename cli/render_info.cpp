#include <charconv>
#include <vector>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/render.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::printable;
using api::TextMap;

const TextMap& section(const api::ReadStats& reply, std::string_view name) {
    static const TextMap none;
    const auto found = reply.sections.find(name);
    return found != reply.sections.end() ? found->second : none;
}

std::string value_of(const TextMap& section, std::string_view key) {
    const auto found = section.find(key);
    return found != section.end() ? found->second : "";
}

std::optional<std::uint64_t> as_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
    const bool shortest = text.size() == 1 || !text.starts_with('0');
    return whole && shortest ? std::optional(number) : std::nullopt;
}

// Sections whose values are text, even where they look like numbers.
bool holds_text(std::string_view name) {
    return name == "agent" || name == "tags" || name == "event_handlers";
}

void write_section(api::JsonEncoder& json, std::string_view name, const TextMap& section) {
    json.begin_map(0);
    for (const auto& [key, value] : section) {
        const auto number = holds_text(name) ? std::nullopt : as_number(value);
        if (number)
            json.natural_field(key, *number);
        else
            json.text_field(key, value);
    }
    json.end_map();
}

// Members by status; from what a serf agent says, as far as it says it.
TextMap member_counts(const api::ReadStats& reply) {
    if (const TextMap& ours = section(reply, "members"); !ours.empty())
        return ours;
    const TextMap& serf = section(reply, "serf");
    const auto all = as_number(value_of(serf, "members"));
    const auto failed = as_number(value_of(serf, "failed"));
    const auto left = as_number(value_of(serf, "left"));
    if (!all || !failed || !left || *failed + *left > *all)
        return {};
    return {{"alive", std::to_string(*all - *failed - *left)},
            {"failed", std::to_string(*failed)},
            {"left", std::to_string(*left)}};
}

std::string counts_text(const TextMap& counts) {
    std::string text;
    for (const char* status : {"alive", "suspect", "leaving", "left", "failed"}) {
        const std::string count = value_of(counts, status);
        if (count.empty() || (count == "0" && std::string_view(status) != "alive"))
            continue;
        text += (text.empty() ? "" : ", ") + count + " " + status;
    }
    return text;
}

void write_text(api::JsonEncoder& json, std::string_view key, const std::string& value) {
    json.key(key);
    if (value.empty())
        json.nil();
    else
        json.text(value);
}

}  // namespace

std::string info_text(const api::ReadStats& reply) {
    std::string text;
    for (const Bytes& warning : reply.warnings.value_or(std::vector<Bytes>()))
        text += "warning: " + printable(warning) + "\n";
    std::vector<Row> summary{
        {"node", printable(value_of(section(reply, "agent"), "name"))},
        {"version", printable(value_of(section(reply, "runtime"), "version"))},
        {"members", counts_text(member_counts(reply))},
        {"health", printable(value_of(section(reply, "serf"), "health_score"))},
    };
    text += render_table(summary);
    for (const auto& [name, values] : reply.sections) {
        if (values.empty())
            continue;
        text += "\n" + printable(name) + ":\n";
        std::vector<Row> rows;
        for (const auto& [key, value] : values)
            rows.push_back({"  " + printable(key), printable(value)});
        text += render_table(rows);
    }
    return text;
}

std::string info_json(const api::ReadStats& reply) {
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    write_text(json, "node", value_of(section(reply, "agent"), "name"));
    write_text(json, "version", value_of(section(reply, "runtime"), "version"));
    json.key("index");
    if (reply.index)
        json.natural(*reply.index);
    else
        json.nil();
    json.key("members");
    write_section(json, "members", member_counts(reply));
    json.key("rejected");
    if (reply.sections.contains("rejected"))
        write_section(json, "rejected", section(reply, "rejected"));
    else
        json.nil();
    json.key("health");
    if (const auto health = as_number(value_of(section(reply, "serf"), "health_score")))
        json.natural(*health);
    else
        json.nil();
    json.key("warnings");
    json.begin_list(0);
    for (const Bytes& warning : reply.warnings.value_or(std::vector<Bytes>()))
        json.text(warning);
    json.end_list();
    for (const auto& [name, values] : reply.sections) {
        if (name == "members" || name == "rejected")
            continue;
        json.key(name);
        write_section(json, name, values);
    }
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
