#include "cli/render_ring.h"

#include <cstdio>

#include "agent/api/duration.h"
#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "agent/api/time_text.h"
#include "cli/render.h"
#include "cli/render_cluster.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::JsonEncoder;
using api::printable;
using api::ReadPending;

constexpr std::int64_t ns_in_ms = 1'000'000;

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
    return text;
}

std::string soon(std::int64_t in_ns) {
    return api::to_string(std::chrono::milliseconds(in_ns / ns_in_ms));
}

void text_or_nil(JsonEncoder& json, std::string_view key, const std::optional<Bytes>& text) {
    json.key(key);
    if (text)
        json.text(*text);
    else
        json.nil();
}

void pending_fields(JsonEncoder& json, const std::optional<ReadPending>& pending) {
    text_or_nil(json, "pending", pending ? std::optional(pending->fingerprint) : std::nullopt);
    json.key("pending_ms");
    if (pending)
        json.integer(pending->in_ns / ns_in_ms);
    else
        json.nil();
}

// A line of JSON.
template <class Write>
std::string object(Write write) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    write(json);
    json.end_map();
    return text += '\n';
}

std::string pending_text(const std::optional<ReadPending>& pending) {
    return pending ? ", and " + pending->fingerprint + " in " + soon(pending->in_ns)
                   : std::string();
}

std::string why_differs(const api::ReadRingStatus::Differing& other) {
    if (!other.error.empty())
        return "its answer cannot be read: " + printable(other.error);
    if (!other.fingerprint)
        return "it has no ring of this name";
    std::string text = "uses " + printable(*other.fingerprint) + pending_text(other.pending);
    if (!other.held.empty())
        text += "; holds out " + name_list(other.held) +
                (other.held_more > 0 ? " and " + std::to_string(other.held_more) + " more" : "");
    return text;
}

}  // namespace

std::string ring_owners_text(const Bytes& key, const std::vector<Bytes>& owners) {
    return printable(key) + ": " + (owners.empty() ? "no owner" : name_list(owners)) + "\n";
}

std::string ring_owners_json(const api::ReadRingOwners& reply, const Bytes& key,
                             const std::vector<Bytes>& owners) {
    return object([&](JsonEncoder& json) {
        json.text_field("ring", reply.ring);
        json.text_field("fingerprint", reply.fingerprint);
        json.text_field("key", key);
        json.texts_field("owners", owners);
    });
}

std::string ring_show_text(const api::ReadRing& ring) {
    std::string text = "ring " + printable(ring.ring) + ", " + printable(ring.algorithm) +
                       ", fingerprint " + printable(ring.fingerprint) + ", since " +
                       api::to_rfc3339(ring.since_ns) + "\n";
    if (ring.pending)
        text += "to be " + printable(ring.pending->fingerprint) + " in " +
                soon(ring.pending->in_ns) + ", if nothing changes\n";
    if (!ring.held.empty())
        text += "held out: " + name_list(ring.held) + "\n";
    std::vector<Row> rows{{"NAME", "WEIGHT", "SHARE", "ZONE"}};
    for (const api::ReadRing::Member& member : ring.members) {
        Row row{printable(member.name),
                std::to_string(member.weight) + (member.bad_weight ? " (bad tag)" : ""),
                percent(member.share), printable(member.zone)};
        if (row.back().empty())
            row.pop_back();
        rows.push_back(std::move(row));
    }
    return text + render_table(rows);
}

std::string ring_show_json(const api::ReadRing& ring) {
    return object([&](JsonEncoder& json) {
        json.text_field("ring", ring.ring);
        json.text_field("fingerprint", ring.fingerprint);
        json.text_field("since", api::to_rfc3339(ring.since_ns));
        json.text_field("algorithm", ring.algorithm);
        json.natural_field("vnodes", ring.vnodes);
        json.natural_field("replicas", ring.replicas);
        pending_fields(json, ring.pending);
        json.texts_field("held_out", ring.held);
        json.key("members");
        json.begin_list(ring.members.size());
        for (const api::ReadRing::Member& member : ring.members) {
            json.begin_map(0);
            json.text_field("name", member.name);
            json.natural_field("weight", member.weight);
            json.boolean_field("bad_weight", member.bad_weight);
            json.text_field("zone", member.zone);
            json.real_field("share", member.share);
            json.boolean_field("held_out", member.held_out);
            json.end_map();
        }
        json.end_list();
    });
}

std::string ring_diff_text(const api::ReadRingDiff& diff, bool has_happened) {
    std::string text = percent(diff.moved) +
                       (has_happened ? " of the keys have moved" : " of the keys would move") +
                       (diff.exact ? "\n" : ", as is to be expected\n");
    if (!diff.listed)
        return text + "(too many pairs of members to list)\n";
    std::vector<Row> rows{{"SHARE", "FROM", "TO"}};
    for (const api::ReadRingDiff::Move& move : diff.moves)
        rows.push_back({percent(move.share), move.from ? printable(*move.from) : "nobody",
                        move.to ? printable(*move.to) : "nobody"});
    return rows.size() > 1 ? text + render_table(rows) : text;
}

std::string ring_diff_json(const api::ReadRingDiff& diff) {
    return object([&](JsonEncoder& json) {
        json.text_field("ring", diff.ring);
        json.text_field("fingerprint", diff.fingerprint);
        json.text_field("fingerprint_after", diff.fingerprint_after);
        json.real_field("moved", diff.moved);
        json.boolean_field("exact", diff.exact);
        json.boolean_field("listed", diff.listed);
        json.key("moves");
        json.begin_list(diff.moves.size());
        for (const api::ReadRingDiff::Move& move : diff.moves) {
            json.begin_map(0);
            text_or_nil(json, "from", move.from);
            text_or_nil(json, "to", move.to);
            json.real_field("share", move.share);
            json.end_map();
        }
        json.end_list();
    });
}

std::string ring_status_text(const api::ReadRingStatus& status) {
    std::string text = "ring " + printable(status.ring) + ": this agent uses " +
                       printable(status.fingerprint) + pending_text(status.pending) + "\n";
    text += "the same: " + (status.agree.empty() ? "nobody" : name_list(status.agree)) + "\n";
    for (const api::ReadRingStatus::Differing& other : status.differ)
        text += "another: " + printable(other.name) + ": " + why_differs(other) + "\n";
    if (!status.silent.empty())
        text += "no answer: " + name_list(status.silent) + "\n";
    return text;
}

std::string ring_status_json(const api::ReadRingStatus& status) {
    return object([&](JsonEncoder& json) {
        json.text_field("ring", status.ring);
        json.text_field("fingerprint", status.fingerprint);
        pending_fields(json, status.pending);
        json.texts_field("agree", status.agree);
        json.key("differ");
        json.begin_list(status.differ.size());
        for (const api::ReadRingStatus::Differing& other : status.differ) {
            json.begin_map(0);
            json.text_field("name", other.name);
            text_or_nil(json, "fingerprint", other.fingerprint);
            pending_fields(json, other.pending);
            json.texts_field("held", other.held);
            json.natural_field("held_more", other.held_more);
            text_or_nil(json, "error",
                        other.error.empty() ? std::nullopt : std::optional(other.error));
            json.end_map();
        }
        json.end_list();
        json.texts_field("silent", status.silent);
    });
}

std::string ring_export_json(const api::ReadRingExport& whole) {
    return object([&](JsonEncoder& json) {
        json.text_field("ring", whole.ring);
        json.text_field("fingerprint", whole.fingerprint);
        json.text_field("algorithm", whole.algorithm);
        json.natural_field("vnodes", whole.vnodes);
        json.key("members");
        json.begin_list(whole.members.size());
        for (const api::ReadRingExport::Member& member : whole.members) {
            json.begin_map(0);
            json.text_field("name", member.name);
            json.natural_field("weight", member.weight);
            json.text_field("zone", member.zone);
            json.end_map();
        }
        json.end_list();
        json.key("points");
        json.begin_list(whole.positions.size());
        for (std::size_t i = 0; i < whole.positions.size(); ++i) {
            json.begin_list(2);
            json.natural(whole.positions[i]);
            json.natural(whole.owners[i]);
            json.end_list();
        }
        json.end_list();
    });
}

std::string drain_text(const api::ReadDrain& drain) {
    if (!drain.draining)
        return "this host is not drained\n";
    return "this host is drained " +
           (drain.until_ns ? "until " + api::to_rfc3339(*drain.until_ns)
                           : std::string("until `muster drain off`")) +
           "\n";
}

std::string drain_json(const api::ReadDrain& drain) {
    return object([&](JsonEncoder& json) {
        json.boolean_field("draining", drain.draining);
        text_or_nil(
            json, "until",
            drain.until_ns ? std::optional<Bytes>(api::to_rfc3339(*drain.until_ns)) : std::nullopt);
    });
}

}  // namespace muster::cli
