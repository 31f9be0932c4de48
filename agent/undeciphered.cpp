#include "agent/undeciphered.h"

#include <algorithm>

#include "agent/words.h"

namespace muster {

void Undeciphered::count(TimePoint now, const Endpoint& from) {
    const auto found = std::find_if(senders_.begin(), senders_.end(),
                                    [&](const Sender& sender) { return sender.from == from; });
    if (found != senders_.end()) {
        // One that comes back after a long time is counted afresh.
        found->packets = now - found->last > undeciphered_memory ? 1 : found->packets + 1;
        found->last = now;
        return;
    }
    if (senders_.size() < max_undeciphered_senders) {
        senders_.push_back({from, 1, now});
        return;
    }
    *std::min_element(senders_.begin(), senders_.end(), [](const Sender& a, const Sender& b) {
        return a.last < b.last;
    }) = {from, 1, now};
}

void Undeciphered::opened(const Endpoint& from) {
    std::erase_if(senders_, [&](const Sender& sender) { return sender.from == from; });
}

std::optional<Endpoint> only_member_at(const Endpoint& host, std::span<const MemberView> members) {
    std::optional<Endpoint> found;
    for (const MemberView& member : members) {
        if (!member.endpoint.same_host(host))
            continue;
        if (found)
            return std::nullopt;
        found = member.endpoint.plain();
    }
    return found;
}

std::vector<std::string> warn_of(const Undeciphered& undeciphered, TimePoint now,
                                 std::span<const MemberView> members) {
    std::vector<std::string> all;
    for (const Undeciphered::Sender& sender : undeciphered.senders()) {
        if (now - sender.last > undeciphered_memory)
            continue;
        const auto member = std::find_if(
            members.begin(), members.end(),
            [&](const MemberView& view) { return view.endpoint.plain() == sender.from.plain(); });
        if (member == members.end())
            continue;
        all.push_back(std::to_string(sender.packets) +
                      (sender.packets == 1 ? " packet from " : " packets from ") +
                      sender.from.ip_text() + " (" + in_words(member->name) +
                      ") could not be decrypted: is its key current?");
    }
    return all;
}

}  // namespace muster
