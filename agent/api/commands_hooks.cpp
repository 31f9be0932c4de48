// The commands about hooks, and the configuration read again: docs/api.md, "Hooks".
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/hook_messages.h"
#include "agent/api/text.h"

namespace muster::api {

namespace {

std::uint64_t milliseconds(Duration duration) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, duration / std::chrono::milliseconds(1)));
}

void write_hook(Encoder& encoder, const hooks::Spec& spec, const hooks::HookStatus& status) {
    const bool is_open = status.breaker == hooks::Breaker::State::Open;
    encoder.begin_map(21);
    encoder.text_field("Breaker", to_string(status.breaker));
    encoder.natural_field("Concurrency", spec.concurrency);
    encoder.natural_field("Dead", status.dead);
    encoder.natural_field("Done", status.done);
    encoder.natural_field("Failed", status.failed);
    encoder.integer_field("LastStatus", status.last_status);
    encoder.text_field("LastWhy", status.last_why);
    encoder.natural_field("Lost", status.lost);
    encoder.text_field("Name", spec.name);
    encoder.natural_field("OldestMs", milliseconds(status.oldest));
    encoder.text_field("On", spec.on_text);
    encoder.natural_field("OpensInMs", is_open ? milliseconds(status.opens_in) : 0);
    encoder.natural_field("Queue", spec.queue);
    encoder.natural_field("Retries", spec.retries);
    encoder.texts_field("Run", spec.arguments);
    encoder.natural_field("Running", status.running);
    encoder.boolean_field("Serf", spec.serf);
    encoder.boolean_field("Shell", spec.shell);
    encoder.natural_field("Skipped", status.skipped);
    encoder.natural_field("TimeoutMs", milliseconds(spec.timeout));
    encoder.natural_field("Waiting", status.waiting);
    encoder.end_map();
}

void write_letter(Encoder& encoder, const journal::DeadLetter& letter) {
    const journal::Delivery& delivery = letter.delivery;
    encoder.begin_map(10);
    encoder.integer_field("At", letter.at_ns);
    encoder.natural_field("Attempts", delivery.attempts);
    encoder.text_field("Event", to_string(delivery.kind));
    encoder.text_field("Hook", delivery.hook);
    encoder.payload_field("Output", letter.output);
    encoder.natural_field("Seq", delivery.seq);
    encoder.integer_field("Status", letter.status);
    encoder.text_field("Subject", delivery.subject);
    encoder.integer_field("Time", delivery.event_ns);
    encoder.text_field("Why", letter.why);
    encoder.end_map();
}

// Those of one page; they come in the order of their numbers. Of one number, which several hooks
// may have, all are on one page: the next begins with another.
void write_letters(Encoder& encoder, const std::vector<journal::DeadLetter>& letters,
                   const DeadLettersRequest& wanted) {
    const auto before = [](const journal::DeadLetter& letter, std::uint64_t seq) {
        return letter.delivery.seq < seq;
    };
    const auto from = std::lower_bound(letters.begin(), letters.end(), wanted.from, before);
    auto to = from;
    for (std::uint64_t count = 0; to != letters.end(); ++to, ++count) {
        if (count >= wanted.limit && to->delivery.seq != std::prev(to)->delivery.seq)
            break;
    }
    encoder.begin_body(3);
    encoder.key("Letters");
    encoder.begin_list(static_cast<std::size_t>(to - from));
    for (auto letter = from; letter != to; ++letter)
        write_letter(encoder, *letter);
    encoder.end_list();
    encoder.boolean_field("More", to != letters.end());
    encoder.natural_field("Next", to == from ? wanted.from : std::prev(to)->delivery.seq + 1);
    encoder.end_body();
}

}  // namespace

void Conversation::hooks(const Request& request) {
    const HookQuestions& hooks = premises_.backend.hooks();
    const std::vector<hooks::Spec>& specs = hooks.hook_specs();
    const std::vector<hooks::HookStatus> statuses = hooks.hook_status();
    const std::size_t count = std::min(specs.size(), statuses.size());
    auto body = std::make_shared<std::string>();
    const std::unique_ptr<Encoder> encoder = make_encoder(encoding_, *body);
    encoder->begin_body(1);
    encoder->key("Hooks");
    encoder->begin_list(count);
    for (std::size_t i = 0; i < count; ++i)
        write_hook(*encoder, specs[i], statuses[i]);
    encoder->end_list();
    encoder->end_body();
    reply_shared(request, body);
}

// False, and the request is refused: there is none.
bool Conversation::has_hook(const Request& request, const Bytes& name) {
    const std::vector<hooks::Spec>& specs = premises_.backend.hooks().hook_specs();
    const bool has = std::any_of(specs.begin(), specs.end(),
                                 [&](const hooks::Spec& spec) { return spec.name == name; });
    if (!has)
        refuse(request, "there is no hook '" + printable(name) + "' (see `muster hooks list`)");
    return has;
}

void Conversation::dead_letters(const Request& request) {
    const Result<DeadLettersRequest> wanted = decode_dead_letters(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    if (!wanted->hook.empty() && !has_hook(request, wanted->hook))
        return;
    const auto done = [this, request,
                       wanted = *wanted](const Result<std::vector<journal::DeadLetter>>& letters) {
        if (!letters)
            return refuse(request, letters.error().text);
        auto body = std::make_shared<std::string>();
        write_letters(*make_encoder(encoding_, *body), *letters, wanted);
        reply_shared(request, body);
    };
    premises_.backend.hooks().dead_letters(
        wanted->hook, completion<const Result<std::vector<journal::DeadLetter>>&>(done));
}

// What is dead is looked up first: whoever asks is told how many of the numbers it was.
void Conversation::change_letters(const Request& request) {
    const Result<ChangeLettersRequest> wanted =
        decode_change_letters(request.body, traits(request.command).name);
    if (!wanted)
        return malformed(request, wanted.error());
    if (!has_hook(request, wanted->hook))
        return;
    const auto done = [this, request,
                       wanted = *wanted](const Result<std::vector<journal::DeadLetter>>& letters) {
        if (!letters)
            return refuse(request, letters.error().text);
        std::set<std::uint64_t> dead;
        for (const journal::DeadLetter& letter : *letters)
            dead.insert(letter.delivery.seq);
        const std::vector<std::uint64_t> seqs =
            wanted.all ? std::vector(dead.begin(), dead.end()) : wanted.seqs;
        HookQuestions& hooks = premises_.backend.hooks();
        std::vector<std::uint64_t> not_dead;
        for (const std::uint64_t seq : seqs) {
            if (!dead.contains(seq))
                not_dead.push_back(seq);
            if (request.command == Command::HooksDrop)
                hooks.drop_delivery(wanted.hook, seq);  // it may wait
            else if (dead.contains(seq))
                hooks.replay_delivery(wanted.hook, seq);
        }
        auto body = std::make_shared<std::string>();
        const std::unique_ptr<Encoder> encoder = make_encoder(encoding_, *body);
        encoder->begin_body(2);
        encoder->natural_field("Count", seqs.size() - not_dead.size());
        encoder->key("NotDead");
        encoder->begin_list(not_dead.size());
        for (const std::uint64_t seq : not_dead)
            encoder->natural(seq);
        encoder->end_list();
        encoder->end_body();
        reply_shared(request, body);
    };
    premises_.backend.hooks().dead_letters(
        wanted->hook, completion<const Result<std::vector<journal::DeadLetter>>&>(done));
}

void Conversation::test_hook(const Request& request) {
    const Result<HookTestRequest> wanted = decode_hook_test(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    if (!has_hook(request, wanted->hook))
        return;
    const auto done = [this, request](const Result<HookTest>& test) {
        if (!test)
            return refuse(request, test.error().text);
        auto body = std::make_shared<std::string>();
        const std::unique_ptr<Encoder> encoder = make_encoder(encoding_, *body);
        encoder->begin_body(3);
        encoder->payload_field("Output", test->output);
        encoder->integer_field("Status", test->status);
        encoder->text_field("Why", test->why);
        encoder->end_body();
        reply_shared(request, body);
    };
    premises_.backend.hooks().test_hook(wanted->hook, completion<const Result<HookTest>&>(done));
}

void Conversation::reload(const Request& request) {
    const Result<Reloaded> reloaded = premises_.backend.hooks().reload();
    if (!reloaded)
        return refuse(request, reloaded.error().text);
    auto body = std::make_shared<std::string>();
    const std::unique_ptr<Encoder> encoder = make_encoder(encoding_, *body);
    encoder->begin_body(2);
    encoder->texts_field("Changed", reloaded->changed);
    encoder->texts_field("NeedsRestart", reloaded->needs_restart);
    encoder->end_body();
    reply_shared(request, body);
}

}  // namespace muster::api
