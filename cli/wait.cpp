#include "cli/wait.h"

#include <algorithm>

#include "agent/api/duration.h"
#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "cli/render.h"

namespace muster::cli {

namespace {

std::uint64_t whole_ms(Duration duration) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// "none" for a member that the agent does not know.
BytesView status_of(const std::string& name, const api::ReadMembers& found) {
    for (const api::ReadMember& member : found.members) {
        if (member.name == name)
            return member.shown_status();
    }
    return "none";
}

}  // namespace

std::string unmet(const WaitOptions& wanted, const api::ReadMembers& found) {
    std::string missing;
    const auto add = [&](const std::string& what) {
        missing += (missing.empty() ? "" : "; ") + what;
    };
    if (wanted.members) {
        const auto alive = static_cast<std::uint64_t>(
            std::count_if(found.members.begin(), found.members.end(),
                          [](const api::ReadMember& member) { return member.status == "alive"; }));
        if (alive < *wanted.members)
            add(std::to_string(alive) + " of " + std::to_string(*wanted.members) +
                " members are alive");
    }
    for (const auto& [name, status] : wanted.statuses) {
        const BytesView now = status_of(name, found);
        if (now != status)
            add(api::printable(name) + " is " +
                (now == "none" ? "not known" : api::printable(now)) + ", not " + status);
    }
    return missing;
}

std::string wait_text(bool reached, Duration after, const std::string& missing) {
    const std::string time = api::to_string(std::chrono::milliseconds(whole_ms(after)));
    return reached ? "reached after " + time + "\n"
                   : "not reached within " + time + ": " + missing + "\n";
}

std::string wait_json(bool reached, Duration after, const std::string& missing) {
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    json.begin_map(0);
    json.boolean_field("reached", reached);
    json.natural_field("after_ms", whole_ms(after));
    if (!reached)
        json.text_field("missing", missing);
    json.end_map();
    return text += '\n';
}

}  // namespace muster::cli
