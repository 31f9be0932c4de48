#include "agent/api/hook_messages.h"

#include <algorithm>

#include "agent/api/encoder.h"
#include "agent/api/fields.h"

namespace muster::api {

namespace {

Error missing_hook(std::string_view command) {
    return Error{std::string(command) +
                 ": field Hook is missing: the name of a hook (see `muster hooks list`)"};
}

}  // namespace

Result<DeadLettersRequest> decode_dead_letters(const Value& body) {
    Fields fields(body, "hooks-dead");
    DeadLettersRequest request{.hook = fields.text("Hook"),
                               .from = fields.natural("From"),
                               .limit = fields.natural("Limit")};
    request.limit = request.limit == 0 ? most_letters : std::min(request.limit, most_letters);
    return finish(fields, std::move(request));
}

Result<ChangeLettersRequest> decode_change_letters(const Value& body, std::string_view command) {
    Fields fields(body, command);
    ChangeLettersRequest request{
        .hook = fields.text("Hook"), .seqs = {}, .all = fields.boolean("All")};
    const std::string field(command);
    const Value::List& seqs = fields.list("Seqs");
    if (fields.failed())
        return fields.error();
    if (request.hook.empty())
        return missing_hook(command);
    if (seqs.size() > most_seqs)
        return Error{field + ": field Seqs: at most " + std::to_string(most_seqs) +
                     " numbers can be given at once, not " + std::to_string(seqs.size())};
    for (const Value& element : seqs) {
        const auto seq = element.natural();
        if (!seq)
            return Error{field + ": field Seqs: expected a list of numbers, found " +
                         element.kind_name()};
        request.seqs.push_back(*seq);
    }
    std::sort(request.seqs.begin(), request.seqs.end());
    request.seqs.erase(std::unique(request.seqs.begin(), request.seqs.end()), request.seqs.end());
    if (request.all == !request.seqs.empty())
        return Error{field +
                     ": give one of the fields Seqs, with numbers of changes, and All, with true"};
    return request;
}

Result<HookTestRequest> decode_hook_test(const Value& body) {
    Fields fields(body, "hooks-test");
    HookTestRequest request{.hook = fields.text("Hook")};
    if (!fields.failed() && request.hook.empty())
        return missing_hook("hooks-test");
    return finish(fields, std::move(request));
}

void encode_body(const DeadLettersRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(3);
    encoder.natural_field("From", request.from);
    encoder.text_field("Hook", request.hook);
    encoder.natural_field("Limit", request.limit);
}

void encode_body(const ChangeLettersRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(3);
    encoder.boolean_field("All", request.all);
    encoder.text_field("Hook", request.hook);
    encoder.key("Seqs");
    encoder.begin_list(request.seqs.size());
    for (const std::uint64_t seq : request.seqs)
        encoder.natural(seq);
}

void encode_body(const HookTestRequest& request, std::string& out) {
    MsgpackEncoder encoder(out, /*extended=*/true);
    encoder.begin_map(1);
    encoder.text_field("Hook", request.hook);
}

}  // namespace muster::api
