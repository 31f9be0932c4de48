// Hooks, and the configuration read again.
#include <algorithm>

#include "agent/api/hook_messages.h"
#include "agent/api/hook_reader.h"
#include "agent/api/text.h"
#include "cli/render_hooks.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

ExitStatus Run::operator()(const HooksOptions& asked) {
    if (asked.show == HooksOptions::Show::Dead)
        return show_letters(asked.hook);
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    Result<std::vector<api::ReadHook>> hooks = client->ask(Command::Hooks, api::read_hooks);
    if (!hooks)
        return fail(hooks.error().text);
    if (!asked.hook.empty())
        std::erase_if(*hooks, [&](const api::ReadHook& hook) { return hook.name != asked.hook; });
    if (!asked.hook.empty() && hooks->empty())
        return fail("there is no hook '" + api::printable(asked.hook) +
                    "' (see `muster hooks list`)");
    if (options_->json)
        return print(hooks_json(*hooks));
    return print(asked.show == HooksOptions::Show::List ? hooks_text(*hooks)
                                                        : hooks_status_text(*hooks));
}

// Page by page: outputs are long. All in one table.
ExitStatus Run::show_letters(const std::string& hook) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    std::vector<api::ReadLetter> letters;
    api::DeadLettersRequest request{.hook = hook};
    for (bool more = true; more;) {
        const Result<api::ReadLetters> page =
            client->ask(Command::HooksDead, request, api::read_letters);
        if (!page)
            return fail(page.error().text);
        letters.insert(letters.end(), page->letters.begin(), page->letters.end());
        more = page->more && page->next > request.from;
        request.from = page->next;
    }
    return print(options_->json ? letters_json(letters) : letters_text(letters));
}

ExitStatus Run::operator()(const HookLettersOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const Result<api::ReadChangedLetters> changed = client->ask(
        asked.drop ? Command::HooksDrop : Command::HooksReplay,
        api::ChangeLettersRequest{.hook = asked.hook, .seqs = asked.seqs, .all = asked.all},
        api::read_changed_letters);
    if (!changed)
        return fail(changed.error().text);
    const auto text = options_->json ? changed_letters_json : changed_letters_text;
    // What is dropped may also have waited, and nobody knows.
    return print(text(asked.hook, asked.drop, *changed),
                 asked.drop || changed->not_dead.empty() ? ExitStatus::Done : ExitStatus::No);
}

ExitStatus Run::operator()(const HookTestOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const Result<api::ReadHookTest> test = client->ask(
        Command::HooksTest, api::HookTestRequest{.hook = asked.hook}, api::read_hook_test);
    if (!test)
        return fail(test.error().text);
    const bool succeeded = test->why.empty();
    const ExitStatus status =
        print(options_->json ? hook_test_json(asked.hook, *test) : hook_test_text(*test),
              succeeded ? ExitStatus::Done : ExitStatus::No);
    if (!succeeded && !options_->json)
        (void)fail("hook " + asked.hook + " failed: " + test->why);
    return status;
}

ExitStatus Run::operator()(const ReloadOptions& /*asked*/) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const Result<api::ReadReloaded> reloaded = client->ask(Command::Reload, api::read_reloaded);
    if (!reloaded)
        return fail(reloaded.error().text);
    return print(options_->json ? reloaded_json(*reloaded) : reloaded_text(*reloaded));
}

}  // namespace muster::cli
