#include "agent/api/ring_reader.h"

#include <utility>

#include "agent/api/fields.h"

namespace muster::api {

namespace {

std::optional<ReadPending> pending_of(Fields& fields) {
    if (!fields.has("Pending"))
        return std::nullopt;
    return ReadPending{.fingerprint = fields.text("Pending"), .in_ns = fields.integer("PendingIn")};
}

std::optional<Bytes> text_if_there(Fields& fields, std::string_view field) {
    if (!fields.has(field))
        return std::nullopt;
    return fields.text(field);
}

// Reads each element of a list as a record; the first error is kept.
template <class Read>
std::optional<Error> each(const Value::List& list, std::string_view name, Read read) {
    for (const Value& element : list) {
        Fields fields(element, name);
        read(fields);
        if (fields.failed())
            return fields.error();
    }
    return std::nullopt;
}

std::optional<Error> numbers(const Value::List& list, std::string_view name,
                             std::vector<std::uint64_t>& out) {
    out.reserve(list.size());
    for (const Value& element : list) {
        const std::optional<std::uint64_t> number = element.natural();
        if (!number)
            return Error{"ring-export reply, field " + std::string(name) +
                         ": expected numbers, found " + element.kind_name()};
        out.push_back(*number);
    }
    return std::nullopt;
}

}  // namespace

Result<ReadRing> read_ring(const Value& body) {
    Fields fields(body, "ring reply");
    ReadRing ring{.ring = fields.text("Ring"),
                  .fingerprint = fields.text("Fingerprint"),
                  .algorithm = fields.text("Algorithm"),
                  .vnodes = fields.natural("Vnodes"),
                  .replicas = fields.natural("Replicas"),
                  .since_ns = fields.integer("Since"),
                  .pending = pending_of(fields),
                  .held = fields.texts("HeldOut"),
                  .members = {}};
    const auto error = each(fields.list("Members"), "ring reply, Members", [&](Fields& member) {
        ring.members.push_back({.name = member.text("Name"),
                                .weight = member.natural("Weight"),
                                .zone = member.text("Zone"),
                                .share = member.real("Share"),
                                .held_out = member.boolean("HeldOut"),
                                .bad_weight = member.boolean("BadWeight")});
    });
    if (error)
        return *error;
    return finish(fields, std::move(ring));
}

Result<ReadRingOwners> read_ring_owners(const Value& body) {
    Fields fields(body, "ring-owners reply");
    ReadRingOwners reply{
        .ring = fields.text("Ring"), .fingerprint = fields.text("Fingerprint"), .owners = {}};
    for (const Value& element : fields.list("Owners")) {
        std::vector<Bytes>& owners = reply.owners.emplace_back();
        const Value::List* names = element.list();
        if (names == nullptr)
            return Error{std::string("ring-owners reply, field Owners: expected lists, found ") +
                         element.kind_name()};
        for (const Value& name : *names) {
            if (name.text() == nullptr)
                return Error{
                    std::string("ring-owners reply, field Owners: expected names, found ") +
                    name.kind_name()};
            owners.push_back(*name.text());
        }
    }
    return finish(fields, std::move(reply));
}

Result<ReadRingDiff> read_ring_diff(const Value& body) {
    Fields fields(body, "ring-diff reply");
    ReadRingDiff diff{.ring = fields.text("Ring"),
                      .fingerprint = fields.text("Fingerprint"),
                      .fingerprint_after = fields.text("FingerprintAfter"),
                      .moved = fields.real("Moved"),
                      .exact = fields.boolean("Exact"),
                      .listed = fields.boolean("Listed"),
                      .moves = {}};
    const auto error = each(fields.list("Moves"), "ring-diff reply, Moves", [&](Fields& move) {
        diff.moves.push_back({.from = text_if_there(move, "From"),
                              .to = text_if_there(move, "To"),
                              .share = move.real("Share")});
    });
    if (error)
        return *error;
    return finish(fields, std::move(diff));
}

Result<ReadRingExport> read_ring_export(const Value& body) {
    Fields fields(body, "ring-export reply");
    ReadRingExport part{.ring = fields.text("Ring"),
                        .fingerprint = fields.text("Fingerprint"),
                        .algorithm = fields.text("Algorithm"),
                        .vnodes = fields.natural("Vnodes"),
                        .count = fields.natural("Count"),
                        .from = fields.natural("From"),
                        .members = {},
                        .positions = {},
                        .owners = {}};
    auto error = each(fields.list("Members"), "ring-export reply, Members", [&](Fields& member) {
        part.members.push_back({.name = member.text("Name"),
                                .weight = member.natural("Weight"),
                                .zone = member.text("Zone")});
    });
    if (!error)
        error = numbers(fields.list("Positions"), "Positions", part.positions);
    if (!error)
        error = numbers(fields.list("Owners"), "Owners", part.owners);
    if (!error && part.owners.size() != part.positions.size())
        error = Error{"ring-export reply: it has other Owners than Positions"};
    if (error)
        return *error;
    return finish(fields, std::move(part));
}

Result<ReadRingStatus> read_ring_status(const Value& body) {
    Fields fields(body, "ring-status reply");
    ReadRingStatus status{.ring = fields.text("Ring"),
                          .fingerprint = fields.text("Fingerprint"),
                          .pending = pending_of(fields),
                          .agree = fields.texts("Agree"),
                          .differ = {},
                          .silent = fields.texts("Silent")};
    const auto error = each(fields.list("Differ"), "ring-status reply, Differ", [&](Fields& other) {
        status.differ.push_back({.name = other.text("Name"),
                                 .fingerprint = text_if_there(other, "Fingerprint"),
                                 .pending = pending_of(other),
                                 .held = other.texts("Held"),
                                 .held_more = other.natural("HeldMore"),
                                 .error = other.text("Error")});
    });
    if (error)
        return *error;
    return finish(fields, std::move(status));
}

Result<ReadDrain> read_drain(const Value& body) {
    Fields fields(body, "drain reply");
    ReadDrain drain{.draining = fields.boolean("Draining"), .until_ns = std::nullopt};
    if (fields.has("Until"))
        drain.until_ns = fields.integer("Until");
    return finish(fields, drain);
}

}  // namespace muster::api
