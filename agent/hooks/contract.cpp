#include "agent/hooks/contract.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "agent/api/text.h"
#include "agent/api/time_text.h"
#include "agent/ring/member_set.h"
#include "swim/assert.h"

namespace muster::hooks {

namespace {

using history::Change;
using history::Kind;
using history::Standing;

// Its users never set one name twice: what that means differs from shell to shell.
class Environment {
public:
    void set(std::string_view name, BytesView value) {
        std::string& entry = entries_.emplace_back(name);
        entry += '=';
        for (const char c : value) {
            if (c == '\0')
                entry += "\\x00";
            else
                entry += c;
        }
    }
    void set(std::string_view name, std::uint64_t value) { set(name, std::to_string(value)); }

    std::vector<std::string> take() { return std::move(entries_); }

private:
    std::vector<std::string> entries_;
};

BytesView tag(const cluster::Tags& tags, std::string_view key) {
    const auto found = tags.find(key);
    return found != tags.end() ? BytesView(found->second) : BytesView();
}

// As Serf does it: in capitals, and each character that a name cannot have is one underscore.
std::string tag_variable(BytesView key) {
    std::string name = "SERF_TAG_";
    for (std::size_t at = 0; at < key.size();) {
        const char c = key[at];
        if (c >= 'a' && c <= 'z')
            name += static_cast<char>(c - 'a' + 'A');
        else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')
            name += c;
        else
            name += '_';
        at += std::max<std::size_t>(api::utf8_length(key, at), 1);
    }
    return name;
}

// What each call has.
void set_caller(Environment& environment, std::string_view event, const Spec& spec,
                const Caller& caller) {
    environment.set("SERF_EVENT", event);
    environment.set("SERF_SELF_NAME", caller.name);
    environment.set("SERF_SELF_ROLE", tag(caller.tags, "role"));
    std::map<std::string, BytesView> tags;  // two may have one name: the later one wins
    for (const auto& [key, value] : caller.tags)
        tags[tag_variable(key)] = value;
    for (const auto& [name, value] : tags)
        environment.set(name, value);
    environment.set("MUSTER_EVENT", event);
    environment.set("MUSTER_HOOK", spec.name);
    environment.set("MUSTER_SELF", caller.name);
    environment.set("MUSTER_API", caller.api);
    environment.set("MUSTER_QUORUM", !caller.quorum ? "none" : *caller.quorum ? "yes" : "no");
}

// Who leads, as far as is known.
void set_leader(Environment& environment, BytesView leader, std::optional<std::uint64_t> term) {
    environment.set("MUSTER_LEADER", leader);
    if (term)
        environment.set("MUSTER_TERM", *term);
}

void set_of_spec(Environment& environment, const Spec& spec) {
    for (const auto& [name, value] : spec.environment) {
        // The configuration refuses them, with words.
        if (!is_reserved(name))
            environment.set(name, value);
    }
}

bool is_of_leader(Kind kind) {
    return kind == Kind::LeaderAcquired || kind == Kind::LeaderLost || kind == Kind::NewLeader ||
           kind == Kind::QuorumLost || kind == Kind::QuorumRegained;
}

// What is of the one event that a call is for.
void set_change(Environment& environment, const Change& change) {
    if (history::is_of_member(change.kind)) {
        environment.set("MUSTER_MEMBER", change.subject);
        environment.set("MUSTER_ADDR", change.endpoint.to_string());
        environment.set("MUSTER_FROM", history::to_string(change.from));
        environment.set("MUSTER_TO", history::to_string(change.to));
        environment.set("MUSTER_INCARNATION", change.incarnation);
        environment.set("MUSTER_CAUSE", change.cause);
        environment.set("MUSTER_CAUSE_BY", change.by);
    } else if (change.kind == Kind::Conflict) {
        environment.set("MUSTER_MEMBER", change.subject);
        environment.set("MUSTER_OTHER", change.endpoint.to_string());
    } else if (change.kind == Kind::UserEvent) {
        environment.set("MUSTER_USER_EVENT", change.subject);
        environment.set("MUSTER_USER_LTIME", change.number);
    } else if (change.kind == Kind::Ring) {
        environment.set("MUSTER_RING", change.subject);
        environment.set("MUSTER_RING_BEFORE", ring::fingerprint_text(change.number_before));
        environment.set("MUSTER_RING_AFTER", ring::fingerprint_text(change.number));
    } else if (change.kind == Kind::MembersMissing || change.kind == Kind::MembersBack) {
        environment.set("MUSTER_ALIVE", change.number);
        environment.set("MUSTER_KNOWN", change.number_before);
    } else if (change.kind == Kind::Start) {
        environment.set("MUSTER_VERSION", change.payload);
    } else if (change.kind == Kind::Gap) {
        environment.set("MUSTER_LOST", change.number);
    }
}

// Serf's `eventClean`: one line stays one, and one column too.
void append_clean(BytesView text, Bytes& out) {
    for (const char c : text) {
        if (c == '\t')
            out += "\\t";
        else if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

void append_member(BytesView name, const Endpoint& endpoint, BytesView encoded, Bytes& out) {
    const cluster::Tags tags = encoded.empty() ? cluster::Tags() : cluster::decode_tags(encoded);
    append_clean(name, out);
    out += '\t';
    out += endpoint.ip_text();
    out += '\t';
    append_clean(tag(tags, "role"), out);
    out += '\t';
    bool is_first = true;
    for (const auto& [key, value] : tags) {
        if (!std::exchange(is_first, false))
            out += ',';
        append_clean(key, out);
        out += '=';
        append_clean(value, out);
    }
    out += '\n';
}

void append_payload(BytesView payload, Bytes& out) {
    out += payload;
    if (!payload.empty() && payload.back() != '\n')
        out += '\n';
}

Bytes lines_of_serf(const Call& call) {
    Bytes out;
    for (const Change& change : call.changes) {
        if (history::is_of_member(change.kind) || change.kind == Kind::Conflict)
            append_member(change.subject, change.endpoint, change.tags, out);
        else if (change.kind == Kind::UserEvent)
            append_payload(change.payload, out);
    }
    if (call.members) {
        for (const auto& [name, entry] : *call.members) {
            if (entry.standing == Standing::Alive || entry.standing == Standing::Suspect)
                append_member(name, entry.endpoint, entry.tags, out);
        }
    }
    return out;
}

Bytes lines_of_json(const Call& call) {
    Bytes out;
    for (const Change& change : call.changes)
        out += change_json(change) + '\n';
    if (call.members) {
        for (const auto& [name, entry] : *call.members)
            out += member_json(name, entry) + '\n';
    }
    return out;
}

}  // namespace

bool is_reserved(std::string_view variable) {
    return variable.starts_with("SERF_") || variable.starts_with("MUSTER_");
}

std::string idempotency_key(const Call& call, const std::string& hook) {
    MUSTER_ASSERT(!call.changes.empty());
    return call.journal + ":" + hook + ":" + std::to_string(call.changes.back().seq);
}

Given given_for(const Call& call, const Spec& spec, const Caller& caller) {
    MUSTER_ASSERT(!call.changes.empty());
    const Change& last = call.changes.back();
    const bool is_resync = last.kind == Kind::Gap && call.members;
    Environment environment;
    set_caller(environment, is_resync ? "resync" : history::to_string(last.kind), spec, caller);
    if (last.kind == Kind::UserEvent) {
        environment.set("SERF_USER_EVENT", last.subject);
        environment.set("SERF_USER_LTIME", last.number);
    }
    environment.set("MUSTER_SEQ", last.seq);
    environment.set("MUSTER_TIME", api::to_rfc3339(last.wall_ns));
    environment.set("MUSTER_KEY", idempotency_key(call, spec.name));
    environment.set("MUSTER_ATTEMPT", call.attempt);
    environment.set("MUSTER_COUNT", call.changes.size());
    // A token to fence with is the event's: another's, which is known by now, is not this one's to
    // use.
    if (is_of_leader(last.kind))
        set_leader(environment, last.subject, last.number);
    else
        set_leader(environment, caller.leader, caller.term);
    if (call.changes.size() == 1)
        set_change(environment, last);
    set_of_spec(environment, spec);

    Given given{.environment = environment.take(), .input = {}, .second_input = {}};
    given.input = spec.json == Json::Input ? lines_of_json(call) : lines_of_serf(call);
    if (spec.json == Json::Descriptor)
        given.second_input = lines_of_json(call);
    return given;
}

Given given_for(const QueryCall& call, const Spec& spec, const Caller& caller) {
    const auto left = std::chrono::floor<std::chrono::milliseconds>(call.left).count();
    Environment environment;
    set_caller(environment, "query", spec, caller);
    environment.set("SERF_QUERY_NAME", call.name);
    environment.set("SERF_QUERY_LTIME", call.ltime);
    environment.set("MUSTER_QUERY_NAME", call.name);
    environment.set("MUSTER_QUERY_LTIME", call.ltime);
    environment.set("MUSTER_QUERY_FROM", call.source);
    environment.set("MUSTER_QUERY_LEFT_MS",
                    static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
    set_leader(environment, caller.leader, caller.term);
    set_of_spec(environment, spec);

    Given given{.environment = environment.take(), .input = {}, .second_input = {}};
    append_payload(call.payload, given.input);
    return given;
}

}  // namespace muster::hooks
