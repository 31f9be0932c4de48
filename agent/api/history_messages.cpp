#include "agent/api/history_messages.h"

#include "agent/api/encoder.h"
#include "agent/api/fields.h"

namespace muster::api {

Result<HistoryRequest> decode_history(const Value& body) {
    Fields fields(body, "history");
    HistoryRequest request{.member = fields.text("Member"),
                           .from = fields.natural("From"),
                           .since_ns = {},
                           .limit = fields.natural("Limit")};
    if (fields.has("Since"))
        request.since_ns = fields.integer("Since");
    if (fields.failed())
        return fields.error();
    return request;
}

Result<MembersAtRequest> decode_members_at(const Value& body) {
    Fields fields(body, "members-at");
    MembersAtRequest request;
    if (fields.has("At"))
        request.seq = fields.natural("At");
    if (fields.has("Time"))
        request.time_ns = fields.integer("Time");
    if (fields.failed())
        return fields.error();
    if (request.seq.has_value() == request.time_ns.has_value())
        return Error{
            "members-at: give one of the fields At, with a change's number, and Time, in "
            "nanoseconds since 1970"};
    return request;
}

Result<ExplainRequest> decode_explain(const Value& body) {
    Fields fields(body, "explain");
    ExplainRequest request{.member = fields.text("Member")};
    if (!fields.failed() && request.member.empty())
        return Error{"explain: field Member is missing: the name of a member"};
    return finish(fields, std::move(request));
}

void encode_body(const HistoryRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(request.since_ns ? 4 : 3);
    encoder.natural_field("From", request.from);
    encoder.natural_field("Limit", request.limit);
    encoder.text_field("Member", request.member);
    if (request.since_ns)
        encoder.integer_field("Since", *request.since_ns);
}

void encode_body(const MembersAtRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(1);
    if (request.seq)
        encoder.natural_field("At", *request.seq);
    else
        encoder.integer_field("Time", request.time_ns.value_or(0));
}

void encode_body(const ExplainRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(1);
    encoder.text_field("Member", request.member);
}

}  // namespace muster::api
