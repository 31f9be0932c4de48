#include "agent/api/ring_replies.h"

#include <algorithm>

#include "agent/ring/difference.h"

namespace muster::api {

namespace {

using ring::fingerprint_text;

double part_of_all(std::uint64_t share) {
    return static_cast<double>(share) / static_cast<double>(ring::circle);
}

void text_or_nil(Encoder& encoder, std::string_view key, const std::optional<std::string>& text) {
    encoder.key(key);
    if (text)
        encoder.text(*text);
    else
        encoder.nil();
}

void write_names(Encoder& encoder, std::string_view key, std::span<const Bytes> names) {
    encoder.key(key);
    encoder.begin_list(names.size());
    for (const Bytes& name : names)
        encoder.text(name);
    encoder.end_list();
}

void write_pending(Encoder& encoder, const std::optional<std::uint64_t>& pending, Duration in) {
    text_or_nil(encoder, "Pending",
                pending ? std::optional(fingerprint_text(*pending)) : std::nullopt);
    encoder.key("PendingIn");
    if (pending)
        encoder.integer(in.count());
    else
        encoder.nil();
}

void write_rank(Encoder& encoder, std::string_view key, std::uint32_t rank,
                const ring::MemberSet& set) {
    encoder.key(key);
    if (rank == ring::nobody)
        encoder.nil();
    else
        encoder.text(set.members()[rank].name);
}

}  // namespace

void write_ring(Encoder& encoder, const RingFacts& facts, const ring::Ring& ring) {
    const std::vector<std::uint64_t> shares = ring.shares();
    const std::vector<ring::Member>& members = ring.set().members();
    encoder.begin_body(10);
    encoder.text_field("Algorithm", to_string(ring.set().function().algorithm));
    encoder.text_field("Fingerprint", fingerprint_text(ring.fingerprint()));
    write_names(encoder, "HeldOut", facts.held);
    encoder.key("Members");
    encoder.begin_list(members.size());
    for (std::size_t rank = 0; rank < members.size(); ++rank) {
        const ring::Member& member = members[rank];
        encoder.begin_map(6);
        encoder.boolean_field("BadWeight", member.bad_weight);
        encoder.boolean_field(
            "HeldOut", std::binary_search(facts.held.begin(), facts.held.end(), member.name));
        encoder.text_field("Name", member.name);
        encoder.real_field("Share", part_of_all(shares[rank]));
        encoder.natural_field("Weight", member.weight);
        encoder.text_field("Zone", member.zone);
        encoder.end_map();
    }
    encoder.end_list();
    write_pending(encoder, facts.pending, facts.pending_in);
    encoder.natural_field("Replicas", facts.replicas);
    encoder.text_field("Ring", facts.ring);
    encoder.integer_field("Since", facts.since_ns);
    encoder.natural_field("Vnodes", ring.set().function().vnodes);
    encoder.end_body();
}

void write_ring_owners(Encoder& encoder, const RingOwnersRequest& request, const RingFacts& facts,
                       const ring::Ring& ring) {
    const std::vector<ring::Member>& members = ring.set().members();
    const std::uint64_t wanted = request.owners == 0 ? facts.replicas : request.owners;
    std::vector<std::uint32_t> owners;
    encoder.begin_body(3);
    encoder.text_field("Fingerprint", fingerprint_text(ring.fingerprint()));
    encoder.key("Owners");
    encoder.begin_list(request.keys.size());
    for (const Bytes& key : request.keys) {
        ring.owners(key, {wanted, request.distinct_zones}, owners);
        encoder.begin_list(owners.size());
        for (const std::uint32_t rank : owners)
            encoder.text(members[rank].name);
        encoder.end_list();
    }
    encoder.end_list();
    encoder.text_field("Ring", facts.ring);
    encoder.end_body();
}

Result<ring::SharedMembers> changed_set(const ring::MemberSet& now,
                                        const RingDiffRequest& request) {
    std::vector<ring::Member> members = now.members();
    const Bytes& name = request.without ? *request.without : request.with->name;
    const std::uint32_t rank = now.find(name);
    if (request.without && rank == ring::nobody)
        return Error{"the ring has no member " + name + " (see `muster ring show`)"};
    if (request.without) {
        members.erase(members.begin() + rank);
    } else if (rank != ring::nobody) {
        members[rank].weight = static_cast<std::uint32_t>(request.with->weight);
    } else {
        members.push_back({.name = name,
                           .weight = static_cast<std::uint32_t>(request.with->weight),
                           .zone = {},
                           .bad_weight = false});
    }
    return std::make_shared<const ring::MemberSet>(now.function(), std::move(members));
}

void write_ring_diff(Encoder& encoder, const Bytes& name, const ring::Ring& before,
                     const ring::Ring& after) {
    const ring::Difference difference = ring::difference(before, after, max_told_moves);
    encoder.begin_body(7);
    encoder.boolean_field("Exact", difference.exact);
    encoder.text_field("Fingerprint", fingerprint_text(before.fingerprint()));
    encoder.text_field("FingerprintAfter", fingerprint_text(after.fingerprint()));
    encoder.boolean_field("Listed", difference.listed);
    encoder.real_field("Moved", part_of_all(difference.moved));
    encoder.key("Moves");
    encoder.begin_list(difference.moves.size());
    for (const ring::Move& move : difference.moves) {
        encoder.begin_map(3);
        write_rank(encoder, "From", move.from, before.set());
        encoder.real_field("Share", part_of_all(move.share));
        write_rank(encoder, "To", move.to, after.set());
        encoder.end_map();
    }
    encoder.end_list();
    encoder.text_field("Ring", name);
    encoder.end_body();
}

void write_ring_export(Encoder& encoder, const RingExportRequest& request, const RingFacts& facts,
                       const ring::Ring& ring) {
    const ring::Points& points = ring.points();
    const std::uint64_t first = std::min<std::uint64_t>(request.from, points.size());
    const std::uint64_t last = std::min<std::uint64_t>(first + request.count, points.size());
    encoder.begin_body(9);
    encoder.text_field("Algorithm", to_string(ring.set().function().algorithm));
    encoder.natural_field("Count", points.size());
    encoder.text_field("Fingerprint", fingerprint_text(ring.fingerprint()));
    encoder.natural_field("From", first);
    // They are the same in each part.
    encoder.key("Members");
    const std::span<const ring::Member> members = ring.set().members();
    const auto told = first == 0 ? members : members.first(0);
    encoder.begin_list(told.size());
    for (const ring::Member& member : told) {
        encoder.begin_map(3);
        encoder.text_field("Name", member.name);
        encoder.natural_field("Weight", member.weight);
        encoder.text_field("Zone", member.zone);
        encoder.end_map();
    }
    encoder.end_list();
    encoder.key("Owners");
    encoder.begin_list(last - first);
    for (std::uint64_t i = first; i < last; ++i)
        encoder.natural(points.rank(i));
    encoder.end_list();
    encoder.key("Positions");
    encoder.begin_list(last - first);
    for (std::uint64_t i = first; i < last; ++i)
        encoder.natural(points.position(i));
    encoder.end_list();
    encoder.text_field("Ring", facts.ring);
    encoder.natural_field("Vnodes", ring.set().function().vnodes);
    encoder.end_body();
}

void write_ring_status(Encoder& encoder, const RingFacts& facts, const ring::Agreement& agreement) {
    encoder.begin_body(7);
    write_names(encoder, "Agree", agreement.agree);
    encoder.key("Differ");
    encoder.begin_list(agreement.differ.size());
    for (const ring::Agreement::Differing& each : agreement.differ) {
        encoder.begin_map(7);
        encoder.text_field("Error", each.error);
        text_or_nil(
            encoder, "Fingerprint",
            each.state ? std::optional(fingerprint_text(each.state->in_use)) : std::nullopt);
        write_names(encoder, "Held", each.held);
        encoder.natural_field("HeldMore", each.held_more);
        encoder.text_field("Name", each.name);
        write_pending(encoder, each.state ? each.state->pending : std::nullopt,
                      each.state ? each.state->until : Duration::zero());
        encoder.end_map();
    }
    encoder.end_list();
    encoder.text_field("Fingerprint", fingerprint_text(facts.in_use->fingerprint()));
    write_pending(encoder, facts.pending, facts.pending_in);
    encoder.text_field("Ring", facts.ring);
    write_names(encoder, "Silent", agreement.silent);
    encoder.end_body();
}

void write_ring_change(Encoder& encoder, const RingChange& change, std::int64_t wall_ns) {
    encoder.begin_body(7);
    encoder.text_field("After", fingerprint_text(change.after));
    encoder.text_field("Before", fingerprint_text(change.before));
    encoder.text_field("Event", "ring-changed");
    encoder.natural_field("Members", change.members);
    encoder.key("Moved");
    if (change.moved)
        encoder.real(*change.moved);
    else
        encoder.nil();
    encoder.text_field("Ring", change.ring);
    encoder.integer_field("Time", wall_ns);
    encoder.end_body();
}

void write_drain(Encoder& encoder, bool active, std::optional<std::int64_t> until_ns) {
    encoder.begin_body(2);
    encoder.boolean_field("Draining", active);
    encoder.key("Until");
    if (until_ns)
        encoder.integer(*until_ns);
    else
        encoder.nil();
    encoder.end_body();
}

void write_nothing(Encoder& encoder) {
    encoder.begin_body(0);
    encoder.end_body();
}

}  // namespace muster::api
