#include "agent/cluster/key_rounds.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "agent/cluster/internal_messages.h"
#include "swim/assert.h"

namespace muster::cluster {

namespace {

constexpr std::array<std::pair<KeyAction, const char*>, 4> query_names{{
    {KeyAction::Install, "_serf_install-key"},
    {KeyAction::Use, "_serf_use-key"},
    {KeyAction::Remove, "_serf_remove-key"},
    {KeyAction::List, "_serf_list-keys"},
}};

// The reference's guess of how many keys a response holds: one takes 44 bytes and more.
constexpr std::size_t bytes_per_key = 25;

Bytes encoded(const KeyAnswer& answer, bool list) {
    Bytes payload;
    encode_key_response(answer, list, payload);
    return payload;
}

void tally(const Bytes& from, const KeyResponse& response, KeyReport& report) {
    if (!response.result) {
        ++report.errors;
    }
    if (!response.result || !response.message.empty()) {
        report.messages[from] = response.message;
    }
    for (const std::string& key : response.keys) {
        ++report.keys[key];
    }
    if (!response.primary.empty()) {
        ++report.primary_keys[response.primary];
    }
    if (!response.keys.empty()) {
        report.key_lists[from] = response.keys;
    }
}

}  // namespace

const char* query_name(KeyAction action) {
    return query_names[static_cast<std::size_t>(action)].second;
}

std::optional<KeyAction> key_action(BytesView query_name) {
    const auto found = std::find_if(query_names.begin(), query_names.end(),
                                    [&](const auto& each) { return query_name == each.second; });
    return found != query_names.end() ? std::optional(found->first) : std::nullopt;
}

std::optional<Error> refuse_key(KeyAction action, BytesView key) {
    const bool good = action == KeyAction::List
                          ? key.empty()
                          : key.size() == 16 || key.size() == 24 || key.size() == 32;
    if (good) {
        return std::nullopt;
    }
    return Error{action == KeyAction::List ? "keys are listed without naming one"
                                           : "key size must be 16, 24 or 32 bytes"};
}

void KeyRounds::add(LamportTime ltime, RequestId request, const std::vector<Bytes>& alive) {
    Round round;
    round.report.request = request;
    round.report.members = alive.size();
    round.silent.insert(alive.begin(), alive.end());
    rounds_.emplace(ltime, std::move(round));
}

bool KeyRounds::take(LamportTime ltime, BytesView from, BytesView payload) {
    const auto found = rounds_.find(ltime);
    if (found == rounds_.end()) {
        return false;
    }
    auto& [report, silent] = found->second;
    const Bytes name(from);
    ++report.responses;
    silent.erase(name);
    if (const auto response = decode_key_response(payload)) {
        tally(name, *response, report);
    } else {
        ++report.errors;
        report.messages[name] = response.error().text;
    }
    return silent.empty();
}

KeyReport KeyRounds::finish(LamportTime ltime) {
    const auto found = rounds_.find(ltime);
    MUSTER_ASSERT(found != rounds_.end());
    KeyReport report = std::move(found->second.report);
    report.silent.assign(found->second.silent.begin(), found->second.silent.end());
    rounds_.erase(found);
    const auto of_all = [&](std::size_t count) {
        return std::to_string(count) + "/" + std::to_string(report.members) + " nodes reported ";
    };
    if (report.errors > 0) {
        report.error = of_all(report.errors) + "failure";
    } else if (!report.silent.empty()) {
        report.error = of_all(report.members - report.silent.size()) + "success";
    }
    return report;
}

Bytes fit_key_answer(KeyAnswer answer, bool list, std::size_t limit,
                     const std::function<bool(BytesView)>& fits) {
    Bytes payload = encoded(answer, list);
    if (fits(payload)) {
        return payload;
    }
    const std::size_t all = answer.keys.size();
    answer.keys.resize(std::min(limit / bytes_per_key, all));
    while (list && !answer.keys.empty()) {
        answer.message = "truncated key list response, showing first " +
                         std::to_string(answer.keys.size()) + " of " + std::to_string(all) +
                         " keys";
        payload = encoded(answer, list);
        if (fits(payload)) {
            return payload;
        }
        answer.keys.pop_back();
    }
    while (!fits(payload) && !answer.message.empty()) {
        answer.message.resize(answer.message.size() / 2);
        payload = encoded(answer, list);
    }
    return payload;
}

}  // namespace muster::cluster
