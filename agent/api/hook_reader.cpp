#include "agent/api/hook_reader.h"

namespace muster::api {

Result<std::vector<ReadHook>> read_hooks(const Value& body) {
    Fields fields(body, "hooks reply");
    std::vector<ReadHook> hooks;
    for (const Value& element : fields.list("Hooks")) {
        Fields one(element, "hooks reply, Hooks");
        hooks.push_back({.name = one.text("Name"),
                         .on = one.text("On"),
                         .run = one.texts("Run"),
                         .shell = one.boolean("Shell"),
                         .serf = one.boolean("Serf"),
                         .timeout_ms = one.natural("TimeoutMs"),
                         .retries = one.natural("Retries"),
                         .concurrency = one.natural("Concurrency"),
                         .queue = one.natural("Queue"),
                         .waiting = one.natural("Waiting"),
                         .running = one.natural("Running"),
                         .done = one.natural("Done"),
                         .failed = one.natural("Failed"),
                         .dead = one.natural("Dead"),
                         .skipped = one.natural("Skipped"),
                         .lost = one.natural("Lost"),
                         .breaker = one.text("Breaker"),
                         .opens_in_ms = one.natural("OpensInMs"),
                         .oldest_ms = one.natural("OldestMs"),
                         .last_status = one.integer("LastStatus"),
                         .last_why = one.text("LastWhy")});
        if (one.failed())
            return one.error();
    }
    return finish(fields, std::move(hooks));
}

Result<ReadLetters> read_letters(const Value& body) {
    Fields fields(body, "hooks-dead reply");
    ReadLetters reply{
        .letters = {}, .next = fields.natural("Next"), .more = fields.boolean("More")};
    for (const Value& element : fields.list("Letters")) {
        Fields one(element, "hooks-dead reply, Letters");
        reply.letters.push_back({.hook = one.text("Hook"),
                                 .seq = one.natural("Seq"),
                                 .event = one.text("Event"),
                                 .subject = one.text("Subject"),
                                 .event_ns = one.integer("Time"),
                                 .attempts = one.natural("Attempts"),
                                 .status = one.integer("Status"),
                                 .why = one.text("Why"),
                                 .output = one.text("Output"),
                                 .at_ns = one.integer("At")});
        if (one.failed())
            return one.error();
    }
    return finish(fields, std::move(reply));
}

Result<ReadChangedLetters> read_changed_letters(const Value& body) {
    Fields fields(body, "hooks reply");
    ReadChangedLetters reply{.count = fields.natural("Count"), .not_dead = {}};
    for (const Value& element : fields.list("NotDead")) {
        const auto seq = element.natural();
        if (!seq)
            return Error{"hooks reply: field NotDead: expected a list of numbers"};
        reply.not_dead.push_back(*seq);
    }
    return finish(fields, std::move(reply));
}

Result<ReadHookTest> read_hook_test(const Value& body) {
    Fields fields(body, "hooks-test reply");
    return finish(fields, ReadHookTest{.status = fields.integer("Status"),
                                       .why = fields.text("Why"),
                                       .output = fields.text("Output")});
}

Result<ReadReloaded> read_reloaded(const Value& body) {
    Fields fields(body, "reload reply");
    return finish(fields, ReadReloaded{.changed = fields.texts("Changed"),
                                       .needs_restart = fields.texts("NeedsRestart")});
}

}  // namespace muster::api
