// What is wrong with this agent: docs/api.md, "What is wrong". Answered at once.
#include "agent/api/conversation.h"

namespace muster::api {

void Conversation::doctor(const Request& request) {
    auto body = std::make_shared<std::string>();
    const std::unique_ptr<Encoder> encoder = make_encoder(encoding_, *body);
    const std::vector<Finding> findings = premises_.backend.findings();
    encoder->begin_body(1);
    encoder->key("Findings");
    encoder->begin_list(findings.size());
    for (const Finding& each : findings) {
        encoder->begin_map(3);
        encoder->text_field("Evidence", each.evidence);
        encoder->text_field("Finding", each.finding);
        encoder->text_field("Remedy", each.remedy);
        encoder->end_map();
    }
    encoder->end_list();
    encoder->end_body();
    reply_shared(request, body);
}

}  // namespace muster::api
