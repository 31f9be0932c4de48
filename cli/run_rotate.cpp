#include <algorithm>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "cli/keygen.h"
#include "cli/render.h"
#include "cli/render_cluster.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;
using Kind = NextStep::Kind;

namespace {

// Packets get lost: a step that not all have taken is tried again, so often in all.
constexpr int most_tries = 3;

const char* description(Kind step) {
    switch (step) {
        case Kind::Install:
            return "giving every member the new key";
        case Kind::Use:
            return "making every member encrypt with the new key";
        case Kind::Remove:
            return "taking the old key away";
        default:
            return "waiting";
    }
}

// How a host that has missed it comes back. The key is for its operator, and not for every
// scrollback.
std::string late_host_text(std::span<const Bytes> late, const std::string& name,
                           const std::string& shown) {
    std::string text =
        name_list(late) + (late.size() == 1 ? " has" : " have") + " not confirmed the new key " +
        name +
        " and cannot talk with the others without it.\nOn that host, before its agent starts, "
        "put the new key into the keyring file by hand:\n    printf '[\"" +
        shown + "\"]' | install -m 600 /dev/stdin KEYRING_FILE\n";
    if (shown == "KEY")
        text += "where KEY is what `muster keys list` shows on a member (or see --show).\n";
    return text;
}

}  // namespace

void RotationRun::say(const std::string& text, const std::string& step,
                      std::span<const Bytes> waiting) {
    if (!json_) {
        terminal_->out(text);
        return;
    }
    std::string line;
    api::JsonEncoder json(line, true_bytes);
    json.begin_map(0);
    json.text_field("step", step);
    for (const auto& [field, key] :
         {std::pair("from", &rotation_.from), std::pair("to", &rotation_.to)}) {
        json.key(field);
        if (key->empty())
            json.nil();
        else
            json.text(fingerprint(*key));
    }
    json.key("waiting");
    json.begin_list(waiting.size());
    for (const Bytes& name : waiting)
        json.text(name);
    json.end_list();
    if (asked_->show && !rotation_.to.empty())
        json.text_field("key", rotation_.to);
    json.end_map();
    terminal_->out(line + "\n");
}

// From which key to which.
std::optional<Error> RotationRun::choose() {
    const Result<std::vector<Holding>> held = look_at_keys(*client_, used_);
    if (!held)
        return held.error();
    if (!asked_->resume) {
        Result<Bytes> from = begin_rotation(*held);
        if (!from)
            return from.error();
        const Bytes to = make_successor(*from, random_key);
        rotation_ = {*std::move(from), to};
        return std::nullopt;
    }
    Result<std::optional<Rotation>> found = find_rotation(*held, asked_->to);
    if (!found)
        return found.error();
    nothing_to_do_ = !*found;
    if (*found)
        rotation_ = **std::move(found);
    return std::nullopt;
}

std::optional<Error> RotationRun::take(Kind step) {
    const Command command = step == Kind::Install ? Command::InstallKey
                            : step == Kind::Use   ? Command::UseKey
                                                  : Command::RemoveKey;
    const Bytes& key = step == Kind::Remove ? rotation_.from : rotation_.to;
    const Result<Client::KeysReply> reply = client_->keys(command, key);
    if (!reply)
        return reply.error();
    const api::ReadKeys& went = reply->keys;
    if (!reply->error.empty() && went.members == 0)
        return Error{reply->error};
    if (step == Kind::Use && reply->error.empty())
        used_ = rotation_.to;
    std::string text = std::string(description(step)) + ": " +
                       std::to_string(went.responses - std::min(went.errors, went.responses)) +
                       " of " + std::to_string(went.members) + "\n";
    if (went.errors > 0) {
        for (const auto& [name, message] : went.messages)
            text += "  " + api::printable(name) + ": " + api::printable(message) + "\n";
    }
    say(text, to_string(step), went.silent.value_or(std::vector<Bytes>()));
    return std::nullopt;
}

ExitStatus RotationRun::done(std::span<const Bytes> late) {
    const std::string name = fingerprint(rotation_.to);
    std::string text = "done: the cluster's key is " + name + ", and " +
                       fingerprint(rotation_.from) + " is gone\n";
    if (!late.empty())
        text += late_host_text(late, name, asked_->show ? rotation_.to : "KEY");
    say(text, "done", late);
    return ExitStatus::Done;
}

ExitStatus RotationRun::wait(const NextStep& step) {
    const bool says_nothing = step.kind == Kind::Wait;
    const std::string why = says_nothing ? "has not said which keys it holds"
                                         : std::string("failed at ") + description(step.kind);
    say("stopped: " + name_list(step.members) + " " + why +
            "\nAll members still understand each other: no key is gone that somebody needs. When " +
            (step.members.size() == 1 ? "it is back, or has" : "they are back, or have") +
            " left for good (muster force-leave), go on with\n    muster keys rotate "
            "--resume\n",
        "stopped", step.members);
    return ExitStatus::NotReached;
}

Result<ExitStatus> RotationRun::operator()() {
    if (const auto error = choose())
        return *error;
    if (nothing_to_do_) {
        say("no rotation is under way: there is only one key\n", "none", {});
        return ExitStatus::Done;
    }
    say("from the key " + fingerprint(rotation_.from) + " to the key " + fingerprint(rotation_.to) +
            "\n",
        "begin", {});
    Kind last = Kind::Done;
    for (int tries = 1;; ++tries) {
        const Result<std::vector<Holding>> held = look_at_keys(*client_, used_);
        if (!held)
            return held.error();
        const NextStep step = next_step(rotation_, *held, asked_->force);
        if (step.kind == Kind::Done)
            return done(step.members);
        if (step.kind != std::exchange(last, step.kind))
            tries = 1;
        // One that has failed is not asked: asking again tells nothing new.
        const bool may_change = step.kind != Kind::Wait ||
                                std::any_of(held->begin(), held->end(), [](const Holding& holding) {
                                    return holding.status == "alive" && !holding.keys;
                                });
        if (tries > most_tries || !may_change)
            return wait(step);
        if (step.kind == Kind::Wait)
            continue;
        if (const auto error = take(step.kind))
            return *error;
    }
}

}  // namespace muster::cli
