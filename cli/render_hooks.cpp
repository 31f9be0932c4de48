#include "cli/render_hooks.h"

#include <chrono>

#include "agent/api/duration.h"
#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "agent/api/time_text.h"
#include "cli/render.h"
#include "cli/table.h"

namespace muster::cli {

namespace {

using api::JsonEncoder;
using api::printable;
using api::ReadHook;
using api::ReadLetter;

// A table's last column is not longer than this, in bytes.
constexpr std::size_t most_of_a_line = 100;

std::string time_text(std::uint64_t ms) {
    return api::to_string(std::chrono::milliseconds(ms));
}

// A word as a shell would be given it, so that one with spaces is seen to be one.
std::string word(const Bytes& bytes) {
    const std::string text = printable(bytes);
    const bool is_plain = !text.empty() && text.find_first_of(" '\"") == std::string::npos;
    return is_plain ? text : "'" + text + "'";
}

std::string command(const ReadHook& hook) {
    if (hook.shell && !hook.run.empty())
        return printable(hook.run.back());
    std::string text;
    for (const Bytes& each : hook.run)
        text += (text.empty() ? "" : " ") + word(each);
    return text;
}

std::string state(const ReadHook& hook) {
    if (hook.breaker == "open")
        return "paused, for " + time_text(hook.opens_in_ms);
    return hook.breaker == "half-open" ? "trying again" : "ready";
}

std::string last_line(const Bytes& output) {
    const std::size_t end = output.find_last_not_of(" \t\r\n");
    if (end == Bytes::npos)
        return {};
    const std::size_t before = output.find_last_of('\n', end);
    const std::size_t start = before == Bytes::npos ? 0 : before + 1;
    std::size_t cut = std::min(end + 1, start + most_of_a_line);
    // Not within a character.
    while (cut <= end && cut > start && (static_cast<unsigned char>(output[cut]) & 0xC0U) == 0x80U)
        --cut;
    return printable(output.substr(start, cut - start)) + (cut <= end ? "..." : "");
}

void text_or_nil(JsonEncoder& json, std::string_view key, const Bytes& text) {
    json.key(key);
    if (text.empty())
        json.nil();
    else
        json.text(text);
}

void number_or_nil(JsonEncoder& json, std::string_view key, bool is_known, std::uint64_t number) {
    json.key(key);
    if (is_known)
        json.natural(number);
    else
        json.nil();
}

void numbers(JsonEncoder& json, std::string_view key, const std::vector<std::uint64_t>& all) {
    json.key(key);
    json.begin_list(all.size());
    for (const std::uint64_t each : all)
        json.natural(each);
    json.end_list();
}

// A line of JSON.
template <class Write>
std::string object(Write write) {
    std::string text;
    JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    write(json);
    json.end_map();
    return text += '\n';
}

}  // namespace

std::string hooks_text(const std::vector<ReadHook>& hooks) {
    if (hooks.empty())
        return "no hooks are configured\n";
    std::vector<Row> rows{{"NAME", "ON", "TIMEOUT", "RETRIES", "RUN"}};
    for (const ReadHook& hook : hooks)
        rows.push_back({printable(hook.name), printable(hook.on), time_text(hook.timeout_ms),
                        std::to_string(hook.retries), command(hook)});
    return render_table(rows);
}

std::string hooks_status_text(const std::vector<ReadHook>& hooks) {
    if (hooks.empty())
        return "no hooks are configured\n";
    std::vector<Row> rows{{"NAME", "STATE", "WAITING", "OLDEST", "RUNNING", "DONE", "FAILED",
                           "DEAD", "SKIPPED", "LOST", "LAST FAILURE"}};
    for (const ReadHook& hook : hooks) {
        rows.push_back({printable(hook.name), state(hook), std::to_string(hook.waiting),
                        hook.waiting == 0 ? "-" : time_text(hook.oldest_ms),
                        std::to_string(hook.running), std::to_string(hook.done),
                        std::to_string(hook.failed), std::to_string(hook.dead),
                        std::to_string(hook.skipped), std::to_string(hook.lost),
                        hook.last_why.empty() ? "none" : printable(hook.last_why)});
    }
    return render_table(rows);
}

std::string hooks_json(const std::vector<ReadHook>& hooks) {
    std::string text;
    for (const ReadHook& hook : hooks) {
        const bool has_failed = !hook.last_why.empty();
        text += object([&](JsonEncoder& json) {
            json.text_field("name", hook.name);
            json.text_field("on", hook.on);
            json.texts_field("run", hook.run);
            json.boolean_field("shell", hook.shell);
            json.boolean_field("serf", hook.serf);
            json.natural_field("timeout_ms", hook.timeout_ms);
            json.natural_field("retries", hook.retries);
            json.natural_field("concurrency", hook.concurrency);
            json.natural_field("queue", hook.queue);
            json.natural_field("waiting", hook.waiting);
            json.natural_field("running", hook.running);
            json.natural_field("done", hook.done);
            json.natural_field("failed", hook.failed);
            json.natural_field("dead", hook.dead);
            json.natural_field("skipped", hook.skipped);
            json.natural_field("lost", hook.lost);
            json.text_field("breaker", hook.breaker);
            number_or_nil(json, "opens_in_ms", hook.breaker == "open", hook.opens_in_ms);
            number_or_nil(json, "oldest_ms", hook.waiting != 0, hook.oldest_ms);
            json.key("last_status");
            if (has_failed)
                json.integer(hook.last_status);
            else
                json.nil();
            text_or_nil(json, "last_why", hook.last_why);
        });
    }
    return text;
}

std::string letters_text(const std::vector<ReadLetter>& letters) {
    if (letters.empty())
        return "nothing was given up\n";
    std::vector<Row> rows{
        {"HOOK", "SEQ", "EVENT", "SUBJECT", "GIVEN UP", "TRIES", "WHY", "OUTPUT"}};
    for (const ReadLetter& letter : letters) {
        rows.push_back({printable(letter.hook), std::to_string(letter.seq), printable(letter.event),
                        letter.subject.empty() ? "-" : printable(letter.subject),
                        api::to_rfc3339(letter.at_ns), std::to_string(letter.attempts),
                        printable(letter.why), last_line(letter.output)});
        if (rows.back().back().empty())
            rows.back().back() = "-";
    }
    return render_table(rows);
}

std::string letters_json(const std::vector<ReadLetter>& letters) {
    std::string text;
    for (const ReadLetter& letter : letters) {
        text += object([&](JsonEncoder& json) {
            json.text_field("hook", letter.hook);
            json.natural_field("seq", letter.seq);
            json.text_field("event", letter.event);
            json.text_field("subject", letter.subject);
            json.text_field("time", api::to_rfc3339(letter.event_ns));
            json.natural_field("attempts", letter.attempts);
            json.integer_field("status", letter.status);
            json.text_field("why", letter.why);
            json.text_field("output", letter.output);
            json.text_field("at", api::to_rfc3339(letter.at_ns));
        });
    }
    return text;
}

std::string changed_letters_text(const Bytes& hook, bool drops,
                                 const api::ReadChangedLetters& changed) {
    std::string text = std::to_string(changed.count) + " of " + printable(hook) +
                       (drops ? " dropped\n" : " to be run again\n");
    if (changed.not_dead.empty())
        return text;
    text += "not given up:";
    for (const std::uint64_t seq : changed.not_dead)
        text += " " + std::to_string(seq);
    return text + (drops ? " (if it waited to be run, it does not any more)\n"
                         : " (see `muster hooks list --dead " + printable(hook) + "`)\n");
}

std::string changed_letters_json(const Bytes& hook, bool drops,
                                 const api::ReadChangedLetters& changed) {
    return object([&](JsonEncoder& json) {
        json.text_field("hook", hook);
        json.natural_field(drops ? "dropped" : "replayed", changed.count);
        numbers(json, "not_dead", changed.not_dead);
    });
}

std::string hook_test_text(const api::ReadHookTest& test) {
    std::string text;
    for (std::size_t start = 0; start < test.output.size();) {
        const std::size_t end = std::min(test.output.find('\n', start), test.output.size());
        text += printable(BytesView(test.output).substr(start, end - start)) + "\n";
        start = end + 1;
    }
    return text;
}

std::string hook_test_json(const Bytes& hook, const api::ReadHookTest& test) {
    return object([&](JsonEncoder& json) {
        json.text_field("hook", hook);
        json.boolean_field("ok", test.why.empty());
        json.integer_field("status", test.status);
        text_or_nil(json, "why", test.why);
        json.text_field("output", test.output);
    });
}

std::string reloaded_text(const api::ReadReloaded& reloaded) {
    std::string text;
    if (reloaded.changed.empty())
        text += "nothing has changed that is in use\n";
    for (const Bytes& each : reloaded.changed)
        text += "in use: " + printable(each) + "\n";
    for (const Bytes& each : reloaded.needs_restart)
        text += "needs a restart: " + printable(each) + "\n";
    return text;
}

std::string reloaded_json(const api::ReadReloaded& reloaded) {
    return object([&](JsonEncoder& json) {
        json.texts_field("changed", reloaded.changed);
        json.texts_field("needs_restart", reloaded.needs_restart);
    });
}

}  // namespace muster::cli
