// The cluster's keys: listed, changed, made.
#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "cli/keygen.h"
#include "cli/render.h"
#include "cli/render_cluster.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

namespace {

constexpr std::size_t longest_key_text = 256;

Command command_of(KeysOptions::Action action) {
    switch (action) {
        case KeysOptions::Action::Install:
            return Command::InstallKey;
        case KeysOptions::Action::Use:
            return Command::UseKey;
        case KeysOptions::Action::Remove:
            return Command::RemoveKey;
        default:
            return Command::ListKeys;
    }
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return "";
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

Result<std::vector<Holding>> look_at_keys(Client& client, const Bytes& used) {
    const Result<api::ReadMembers> members = client.members({});
    if (!members)
        return members.error();
    const Result<Client::KeysReply> listed = client.keys(Command::ListKeys);
    if (!listed)
        return listed.error();
    // That some do not answer is not an error here: they are seen to hold nothing.
    if (!listed->error.empty() && listed->keys.members == 0)
        return Error{listed->error};
    return holdings(*members, listed->keys, used);
}

ExitStatus Run::key_status() {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<std::vector<Holding>> held = look_at_keys(*client, {});
    if (!held)
        return fail(held.error().text);
    return print(options_->json ? key_status_json(*held) : key_status_text(*held),
                 keys_agree(*held).value_or(true) ? ExitStatus::Done : ExitStatus::No);
}

ExitStatus Run::operator()(const KeysOptions& asked) {
    if (asked.action == KeysOptions::Action::Status)
        return key_status();
    Result<std::string> key = asked.key;
    if (asked.key == "-")
        key = terminal_->in(longest_key_text);
    if (!key)
        return fail(key.error().text);
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<Client::KeysReply> reply = client->keys(command_of(asked.action), trimmed(*key));
    if (!reply)
        return fail(reply.error().text);
    const api::ReadKeys& keys = reply->keys;
    if (keys.members == 0 && !reply->error.empty())
        return fail(reply->error);
    if (!terminal_->out(options_->json ? keys_json(keys) : keys_text(keys)))
        return ExitStatus::Error;
    if (reply->error.empty())
        return ExitStatus::Done;
    fail(reply->error);
    return keys.errors == 0 ? ExitStatus::NotReached : ExitStatus::Error;
}

ExitStatus Run::operator()(const RotateOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<ExitStatus> status = RotationRun(*client, *terminal_, asked, options_->json)();
    return status ? *status : fail(status.error().text);
}

ExitStatus Run::operator()(const KeygenOptions& asked) {
    std::string key;
    api::append_base64(random_key(), key);
    if (asked.keyring.empty())
        return print(options_->json ? R"({"key":")" + key + "\"}\n" : key + "\n");
    if (const auto error = write_new_keyring(asked.keyring, key))
        return fail(error->text);
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.text_field("keyring", asked.keyring);
    json.text_field("fingerprint", fingerprint(key));
    json.end_map();
    return print(options_->json ? text + "\n"
                                : asked.keyring + " holds the new key " + fingerprint(key) + "\n");
}

}  // namespace muster::cli
