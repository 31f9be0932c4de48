#include "agent/api/ring_messages.h"

#include <algorithm>

#include "agent/api/encoder.h"
#include "agent/api/fields.h"
#include "agent/api/text.h"

namespace muster::api {

namespace {

// Keys are bytes, and JSON has none.
Result<std::vector<Bytes>> decode_keys(Fields& fields) {
    if (!fields.has("KeysBase64"))
        return fields.texts("Keys");
    std::vector<Bytes> keys;
    for (const Bytes& encoded : fields.texts("KeysBase64")) {
        std::optional<Bytes> key = decode_base64(encoded);
        if (!key)
            return Error{"ring-owners: field KeysBase64: '" + printable(encoded) +
                         "' is not base64"};
        keys.push_back(*std::move(key));
    }
    return keys;
}

}  // namespace

Result<RingRequest> decode_ring(const Value& body) {
    Fields fields(body, "ring");
    return finish(fields, RingRequest{.ring = fields.text("Ring")});
}

Result<RingOwnersRequest> decode_ring_owners(const Value& body) {
    Fields fields(body, "ring-owners");
    Result<std::vector<Bytes>> keys = decode_keys(fields);
    if (!keys)
        return keys.error();
    RingOwnersRequest request{.ring = fields.text("Ring"),
                              .keys = *std::move(keys),
                              .owners = fields.natural("N"),
                              .distinct_zones = fields.boolean("DistinctZones")};
    if (request.owners > max_owners)
        return Error{"ring-owners: field N: at most " + std::to_string(max_owners) +
                     " owners can be asked for, not " + std::to_string(request.owners)};
    return finish(fields, std::move(request));
}

Result<RingDiffRequest> decode_ring_diff(const Value& body) {
    Fields fields(body, "ring-diff");
    RingDiffRequest request{.ring = fields.text("Ring")};
    if (fields.has("Without"))
        request.without = fields.text("Without");
    if (fields.has("With"))
        request.with = {.name = fields.text("With"),
                        .weight = fields.has("Weight") ? fields.natural("Weight") : 1};
    if (fields.has("At"))
        request.seq = fields.natural("At");
    if (fields.has("Time"))
        request.time_ns = fields.integer("Time");
    const int given = int{request.without.has_value()} + int{request.with.has_value()} +
                      int{request.seq.has_value()} + int{request.time_ns.has_value()};
    if (!fields.failed() && given != 1)
        return Error{
            "ring-diff: give one of the fields Without and With, with a member's name, At, with a "
            "change's number, and Time, in nanoseconds since 1970"};
    if (request.with && request.with->weight > 100)
        return Error{"ring-diff: field Weight: a weight is from 0 to 100, not " +
                     std::to_string(request.with->weight)};
    return finish(fields, std::move(request));
}

Result<RingStatusRequest> decode_ring_status(const Value& body) {
    Fields fields(body, "ring-status");
    return finish(fields, RingStatusRequest{.ring = fields.text("Ring"),
                                            .timeout = Duration(fields.integer("Timeout"))});
}

Result<RingExportRequest> decode_ring_export(const Value& body) {
    Fields fields(body, "ring-export");
    RingExportRequest request{.ring = fields.text("Ring"),
                              .from = fields.natural("From"),
                              .count = fields.natural("Count")};
    request.count = request.count == 0 ? max_export : std::min(request.count, max_export);
    return finish(fields, std::move(request));
}

Result<DrainRequest> decode_drain(const Value& body) {
    Fields fields(body, "drain");
    DrainRequest request{.on = fields.boolean("On"), .time = Duration(fields.integer("For"))};
    if (!fields.failed() && !fields.has("On"))
        return Error{"drain: field On is missing (true or false)"};
    if (request.time < Duration::zero() || request.time > max_drain)
        return Error{"drain: field For: a time in nanoseconds of at most a year is expected"};
    return finish(fields, request);
}

void encode_body(const RingRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(1);
    encoder.text_field("Ring", request.ring);
}

void encode_body(const RingOwnersRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(4);
    encoder.boolean_field("DistinctZones", request.distinct_zones);
    encoder.key("Keys");
    encoder.begin_list(request.keys.size());
    for (const Bytes& key : request.keys)
        encoder.bytes(key);
    encoder.natural_field("N", request.owners);
    encoder.text_field("Ring", request.ring);
}

void encode_body(const RingDiffRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(request.with ? 3 : 2);
    encoder.text_field("Ring", request.ring);
    if (request.with) {
        encoder.natural_field("Weight", request.with->weight);
        encoder.text_field("With", request.with->name);
    } else if (request.seq) {
        encoder.natural_field("At", *request.seq);
    } else if (request.time_ns) {
        encoder.integer_field("Time", *request.time_ns);
    } else {
        encoder.text_field("Without", request.without.value_or(Bytes()));
    }
}

void encode_body(const RingStatusRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(2);
    encoder.text_field("Ring", request.ring);
    encoder.integer_field("Timeout", request.timeout.count());
}

void encode_body(const RingExportRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(3);
    encoder.natural_field("Count", request.count);
    encoder.natural_field("From", request.from);
    encoder.text_field("Ring", request.ring);
}

void encode_body(const DrainRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(2);
    encoder.integer_field("For", request.time.count());
    encoder.boolean_field("On", request.on);
}

}  // namespace muster::api
