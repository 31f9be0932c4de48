#include <algorithm>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "cli/render.h"
#include "cli/render_cluster.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::JsonEncoder;
using api::printable;
using Counts = std::map<Bytes, std::uint64_t, std::less<>>;

void counts_map(JsonEncoder& json, std::string_view name, const std::optional<Counts>& counts) {
    json.key(name);
    if (!counts)
        return json.nil();
    json.begin_map(counts->size());
    for (const auto& [key, count] : *counts)
        json.natural_field(key, count);
    json.end_map();
}

void message_map(JsonEncoder& json, std::string_view name, const api::TextMap& messages) {
    const std::vector<api::Pair> pairs(messages.begin(), messages.end());
    json.key(name);
    json.text_map(pairs);
}

std::vector<const Holding*> sorted(std::span<const Holding> holdings) {
    std::vector<const Holding*> order;
    for (const Holding& holding : holdings) {
        if (holding.counts() || holding.keys)
            order.push_back(&holding);
    }
    std::sort(order.begin(), order.end(),
              [](const Holding* a, const Holding* b) { return a->name < b->name; });
    return order;
}

// None: it is not known with which key the member encrypts.
std::optional<std::string> primary(const Holding& holding) {
    if (!holding.keys || holding.keys->empty() || holding.keys->front().empty())
        return std::nullopt;
    return fingerprint(holding.keys->front());
}

std::size_t key_count(const std::vector<Bytes>& keys) {
    return static_cast<std::size_t>(
        std::count_if(keys.begin(), keys.end(), [](const Bytes& key) { return !key.empty(); }));
}

std::string remark(const Holding& holding) {
    if (holding.keys)
        return "";
    return holding.status == "alive" ? "did not answer" : "was not asked";
}

}  // namespace

std::string keys_text(const api::ReadKeys& reply) {
    std::string text;
    if (reply.keys) {
        std::vector<Row> rows{{"KEY", "MEMBERS", "ENCRYPT WITH IT"}};
        if (!reply.primary_keys)
            rows.front().pop_back();
        for (const auto& [key, count] : *reply.keys) {
            Row& row = rows.emplace_back(Row{
                printable(key), std::to_string(count) + " of " + std::to_string(reply.members)});
            if (!reply.primary_keys)
                continue;
            const auto users = reply.primary_keys->find(key);
            row.push_back(users != reply.primary_keys->end() ? std::to_string(users->second) : "0");
        }
        text += render_table(rows);
    } else {
        text += std::to_string(reply.responses - std::min(reply.errors, reply.responses)) + " of " +
                std::to_string(reply.members) + " members have done it\n";
    }
    for (const auto& [name, message] : reply.messages)
        text += printable(name) + ": " + printable(message) + "\n";
    if (reply.silent && !reply.silent->empty())
        text += "no answer from " + name_list(*reply.silent) + "\n";
    return text;
}

std::string keys_json(const api::ReadKeys& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.natural_field("ok", reply.responses - std::min(reply.errors, reply.responses));
    json.natural_field("total", reply.members);
    counts_map(json, "keys", reply.keys);
    counts_map(json, "primary_keys", reply.primary_keys);
    // Serf puts errors and remarks into one map: without an error, none of it is one.
    message_map(json, "errors", reply.errors > 0 ? reply.messages : api::TextMap());
    message_map(json, "messages", reply.messages);
    json.key("silent");
    if (reply.silent) {
        json.begin_list(reply.silent->size());
        for (const Bytes& name : *reply.silent)
            json.text(name);
        json.end_list();
    } else {
        json.nil();
    }
    json.end_map();
    return text += '\n';
}

std::optional<bool> keys_agree(std::span<const Holding> holdings) {
    std::optional<std::string> first;
    for (const Holding& holding : holdings) {
        if (!holding.counts())
            continue;
        const std::optional<std::string> its = primary(holding);
        if (!its && holding.keys && !holding.keys->empty())
            return std::nullopt;
        if (!its || (first && *first != *its))
            return false;
        first = its;
    }
    return first.has_value();
}

std::string key_status_text(std::span<const Holding> holdings) {
    std::vector<Row> rows{{"NAME", "STATUS", "ENCRYPTS WITH", "KEYS", "REMARK"}};
    for (const Holding* holding : sorted(holdings)) {
        Row& row = rows.emplace_back(Row{
            printable(holding->name), printable(holding->status), primary(*holding).value_or("-"),
            holding->keys ? std::to_string(key_count(*holding->keys)) : "-"});
        if (const std::string text = remark(*holding); !text.empty())
            row.push_back(text);
    }
    return render_table(rows);
}

std::string key_status_json(std::span<const Holding> holdings) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.key("agree");
    if (const auto agree = keys_agree(holdings))
        json.boolean(*agree);
    else
        json.nil();
    json.key("members");
    json.begin_list(0);
    for (const Holding* holding : sorted(holdings)) {
        json.begin_map(0);
        json.text_field("name", holding->name);
        json.text_field("status", holding->status);
        json.key("primary");
        if (const auto its = primary(*holding))
            json.text(*its);
        else
            json.nil();
        json.key("keys");
        if (holding->keys)
            json.natural(key_count(*holding->keys));
        else
            json.nil();
        json.boolean_field("asked", holding->status == "alive");
        json.boolean_field("answered", holding->keys.has_value());
        json.end_map();
    }
    json.end_list();
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
