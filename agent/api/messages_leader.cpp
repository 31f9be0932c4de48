#include "agent/api/messages_leader.h"

#include <utility>

#include "agent/api/encoder.h"
#include "agent/api/fields.h"

namespace muster::api {

namespace {

constexpr Duration longest_hold_off = std::chrono::hours(24);

template <class Request>
Result<Request> finish_hold_off(const Fields& fields, std::string_view name, Request request) {
    if (!fields.failed() &&
        (request.hold_off < Duration::zero() || request.hold_off > longest_hold_off))
        return Error{std::string(name) + ": field HoldOff: expected at most a day"};
    return finish(fields, std::move(request));
}

}  // namespace

Result<HoldRequest> decode_hold(const Value& body) {
    Fields fields(body, "leader-hold");
    HoldRequest request{.name = fields.text("Name"),
                        .wants = fields.boolean("Wants"),
                        .unfenced = fields.boolean("Unfenced")};
    constexpr std::size_t longest_name = 255;
    if (!fields.failed() && (request.name.empty() || request.name.size() > longest_name))
        return Error{"leader-hold: field Name: expected 1 to 255 bytes"};
    return finish(fields, std::move(request));
}

Result<ReleaseRequest> decode_release(const Value& body) {
    Fields fields(body, "leader-release");
    return finish_hold_off(fields, "leader-release",
                           ReleaseRequest{.name = fields.text("Name"),
                                          .resign = fields.boolean("Resign"),
                                          .hold_off = Duration(fields.integer("HoldOff"))});
}

Result<ResignRequest> decode_resign(const Value& body) {
    Fields fields(body, "leader-resign");
    return finish_hold_off(fields, "leader-resign",
                           ResignRequest{.hold_off = Duration(fields.integer("HoldOff"))});
}

Result<TransferRequest> decode_transfer(const Value& body) {
    Fields fields(body, "leader-transfer");
    return finish(fields, TransferRequest{.node = fields.text("Node")});
}

Result<CheckTokenRequest> decode_check_token(const Value& body) {
    Fields fields(body, "leader-check-token");
    return finish(fields, CheckTokenRequest{.term = fields.natural("Term")});
}

Result<OnceRequest> decode_once(const Value& body) {
    Fields fields(body, "leader-once");
    OnceRequest request{.key = fields.text("Key"), .expiry = fields.natural("Expiry")};
    if (!fields.failed() && request.key.empty())
        return Error{"leader-once: field Key: expected some bytes"};
    return finish(fields, std::move(request));
}

Result<ChangeVotersRequest> decode_change_voters(const Value& body) {
    Fields fields(body, "voters-change");
    return finish(fields, ChangeVotersRequest{.action = fields.text("Action"),
                                              .node = fields.text("Node"),
                                              .old = fields.text("Old"),
                                              .target = fields.natural("Target")});
}

Result<RecoverRequest> decode_recover(const Value& body) {
    Fields fields(body, "voters-recover");
    return finish(fields, RecoverRequest{.nodes = fields.texts("Nodes")});
}

Result<ResetRequest> decode_reset(const Value& body) {
    Fields fields(body, "leader-reset");
    return finish(fields, ResetRequest{.force = fields.boolean("Force")});
}

void encode_body(const HoldRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(3);
    encoder.text_field("Name", request.name);
    encoder.boolean_field("Unfenced", request.unfenced);
    encoder.boolean_field("Wants", request.wants);
}

void encode_body(const ReleaseRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(3);
    encoder.integer_field("HoldOff", request.hold_off.count());
    encoder.text_field("Name", request.name);
    encoder.boolean_field("Resign", request.resign);
}

void encode_body(const ResignRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.integer_field("HoldOff", request.hold_off.count());
}

void encode_body(const TransferRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.text_field("Node", request.node);
}

void encode_body(const CheckTokenRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.natural_field("Term", request.term);
}

void encode_body(const OnceRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(2);
    encoder.natural_field("Expiry", request.expiry);
    encoder.text_field("Key", request.key);
}

void encode_body(const ChangeVotersRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(4);
    encoder.text_field("Action", request.action);
    encoder.text_field("Node", request.node);
    encoder.text_field("Old", request.old);
    encoder.natural_field("Target", request.target);
}

void encode_body(const RecoverRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.key("Nodes");
    encoder.begin_list(request.nodes.size());
    for (const Bytes& node : request.nodes)
        encoder.text(node);
}

void encode_body(const ResetRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/false);
    encoder.begin_map(1);
    encoder.boolean_field("Force", request.force);
}

}  // namespace muster::api
