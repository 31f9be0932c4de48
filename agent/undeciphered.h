// Who sends packets that none of our keys opens: a member whose key is another is silent to us, and
// this is the only trace that it leaves. Pure; bounded, since any address can be written on a
// packet.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/node.h"
#include "swim/endpoint.h"
#include "swim/time.h"

namespace muster {

inline constexpr std::size_t max_undeciphered_senders = 64;
// A sender that has been quiet for so long has ceased, or has its key.
inline constexpr Duration undeciphered_memory = std::chrono::minutes(5);

class Undeciphered {
public:
    struct Sender {
        Endpoint from;
        std::uint64_t packets = 0;  // since the last one that could be opened
        TimePoint last;
    };

    // A packet of this sender's could not be opened. A new sender takes the place of the one that
    // was heard least recently.
    void count(TimePoint now, const Endpoint& from);
    // One could: it is forgotten.
    void opened(const Endpoint& from);
    bool empty() const { return senders_.empty(); }
    // Those that are remembered, in no particular order.
    std::span<const Sender> senders() const { return senders_; }

private:
    std::vector<Sender> senders_;
};

// Who a stream from this host is of: its port tells nothing. None if no member is there, or
// several.
std::optional<Endpoint> only_member_at(const Endpoint& host, std::span<const MemberView> members);

// What to tell a person, for each sender that has the address of a member: "5 packets from
// 10.0.0.7 (n3) could not be decrypted: is its key current?".
std::vector<std::string> warn_of(const Undeciphered& undeciphered, TimePoint now,
                                 std::span<const MemberView> members);

}  // namespace muster
