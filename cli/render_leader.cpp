#include "cli/render_leader.h"

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/render.h"

namespace muster::cli {

namespace {

using api::JsonEncoder;
using api::printable;

void text_or_null(JsonEncoder& json, std::string_view key, BytesView text) {
    json.key(key);
    text.empty() ? json.nil() : json.text(text);
}

std::string names(const api::ReadLeader& reply, bool reachable) {
    std::string text;
    for (const api::ReadVoter& voter : reply.voters) {
        if (voter.reachable == reachable)
            text += (text.empty() ? "" : ", ") + printable(voter.name);
    }
    return text;
}

std::string ms_text(std::uint64_t ms) {
    return std::to_string(ms) + " ms";
}

std::string conflict_text(const api::ReadLeader& reply) {
    std::string text;
    for (const api::ReadConflict& other : reply.conflict) {
        text += "another cluster of voters is seen: " + printable(other.cluster);
        if (!other.leader.empty())
            text +=
                ", led by " + printable(other.leader) + " in term " + std::to_string(other.term);
        text += " (muster leader reset, on the voters of one of the two)\n";
    }
    return text;
}

std::string voters_line(const api::ReadLeader& reply) {
    if (reply.voters.empty())
        return "";
    const std::string silent = names(reply, false);
    const std::string here = names(reply, true);
    return "  voters   " + (here.empty() ? "none" : here) + " reachable" +
           (silent.empty() ? "" : "; not " + silent) + " (" + std::to_string(reply.needed) +
           " needed)\n";
}

}  // namespace

std::string leader_text(const api::ReadLeader& reply) {
    if (!reply.leader)
        return "none: " + printable(reply.reason) + "\n" + voters_line(reply) +
               conflict_text(reply);
    std::string text = printable(*reply.leader) + " leads";
    text += reply.self ? " (this host)\n" : "\n";
    if (!reply.address.empty())
        text += "  address  " + printable(reply.address) + "\n";
    if (!reply.fenced)
        return text + "  mode     " + printable(reply.mode) +
               ": by this agent's own view alone; another one may name another\n" +
               conflict_text(reply);
    text += "  mode     quorum, term " + std::to_string(reply.term.value_or(0)) + "\n";
    text += reply.self ? "  lease    " + ms_text(reply.lease_ms) + " left\n"
                       : "  heard    " + ms_text(reply.age_ms) + " ago\n";
    text += voters_line(reply);
    if (!reply.cluster.empty())
        text += "  cluster  " + printable(reply.cluster) + "\n";
    return text + conflict_text(reply);
}

std::string leader_json(const api::ReadLeader& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.text_field("mode", reply.mode);
    json.boolean_field("fenced", reply.fenced);
    json.key("leader");
    reply.leader ? json.text(*reply.leader) : json.nil();
    if (!reply.leader)
        json.text_field("reason", reply.reason);
    text_or_null(json, "addr", reply.address);
    json.boolean_field("self", reply.self);
    json.key("term");
    reply.term ? json.natural(*reply.term) : json.nil();
    json.natural_field("lease_ms", reply.lease_ms);
    json.natural_field("needed", reply.needed);
    json.natural_field("reachable", reply.reachable);
    json.key("voters");
    json.begin_list(reply.voters.size());
    for (const api::ReadVoter& voter : reply.voters) {
        json.begin_map(2);
        json.text_field("name", voter.name);
        json.boolean_field("reachable", voter.reachable);
        json.end_map();
    }
    json.end_list();
    text_or_null(json, "cluster_id", reply.cluster);
    json.natural_field("age_ms", reply.age_ms);
    if (!reply.conflict.empty()) {
        json.key("conflict");
        json.begin_list(reply.conflict.size());
        for (const api::ReadConflict& other : reply.conflict) {
            json.begin_map(3);
            json.text_field("cluster_id", other.cluster);
            text_or_null(json, "leader", other.leader);
            json.natural_field("term", other.term);
            json.end_map();
        }
        json.end_list();
    }
    json.end_map();
    return text += '\n';
}

std::string voters_text(const api::ReadLeader& reply) {
    if (reply.voters.empty())
        return "no voters are known" +
               (reply.reason.empty() ? "" : ": " + printable(reply.reason)) + "\n";
    std::string text;
    for (const api::ReadVoter& voter : reply.voters) {
        text += printable(voter.name) + "  " + (voter.id.empty() ? "?" : printable(voter.id)) +
                (voter.reachable ? "  reachable" : "  not reachable") +
                (reply.leader && voter.name == *reply.leader ? "  leads\n" : "\n");
    }
    if (reply.target != 0 && reply.target != reply.voters.size())
        text += std::to_string(reply.target) + " are wanted\n";
    return text;
}

std::string voters_json(const api::ReadLeader& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    const auto known = [&](std::string_view key, std::uint64_t number) {
        json.key(key);
        number == 0 ? json.nil() : json.natural(number);
    };
    known("version", reply.version);
    known("target", reply.target);
    json.key("voters");
    json.begin_list(reply.voters.size());
    for (const api::ReadVoter& voter : reply.voters) {
        json.begin_map(3);
        json.text_field("name", voter.name);
        text_or_null(json, "id", voter.id);
        json.boolean_field("reachable", voter.reachable);
        json.end_map();
    }
    json.end_list();
    json.end_map();
    return text += '\n';
}

std::string given_up_json(const api::ReadLed& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.natural_field("term", reply.term);
    json.end_map();
    return text += '\n';
}

std::string token_text(std::uint64_t token, const api::ReadLed& reply) {
    const std::string what = "token " + std::to_string(token);
    if (reply.verdict == "newest")
        return what + " is the newest\n";
    if (reply.verdict == "old")
        return what + " is old\n";
    return what + ": no leader can be asked, so nobody can say\n";
}

std::string token_json(const api::ReadLed& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.key("newest");
    reply.verdict == "unknown" ? json.nil() : json.boolean(reply.verdict == "newest");
    json.key("term");
    reply.term == 0 ? json.nil() : json.natural(reply.term);
    json.end_map();
    return text += '\n';
}

std::string reset_text(const api::ReadLed& reply) {
    return "this host is another voter now, of no cluster: " + printable(reply.id) + "; it waits " +
           ms_text(reply.waits_ms) + " for what it had promised\n";
}

std::string reset_json(const api::ReadLed& reply) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.text_field("id", reply.id);
    json.natural_field("waits_ms", reply.waits_ms);
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
