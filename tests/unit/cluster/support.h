// The words that the tests of the Serf layer share: moments, members' events on the wire, messages.
#pragma once

#include <string>
#include <vector>

#include "agent/cluster/cluster.h"
#include "agent/cluster/members.h"
#include "agent/cluster/messages.h"
#include "swim/output.h"

namespace muster::cluster::test {

using namespace std::chrono_literals;

inline TimePoint at(Duration since_start) {
    return TimePoint{} + since_start;
}

inline Endpoint endpoint(std::uint8_t host) {
    const Bytes ip{10, 0, 0, static_cast<char>(host)};
    return *Endpoint::from_bytes(ip, 7946);
}

inline swim::WireEvent wire(swim::WireEvent::Kind kind, BytesView name) {
    using Kind = swim::WireEvent::Kind;
    swim::WireEvent event;
    event.kind = kind;
    event.name = name;
    event.incarnation = 1;
    event.to = kind == Kind::Leave     ? swim::State::Dead
               : kind == Kind::Suspect ? swim::State::Suspect
                                       : swim::State::Alive;
    return event;
}

inline WireRecord record(std::uint8_t host = 1, BytesView meta = "\xff\x80") {
    return {endpoint(host), meta, {1, 5, 2, 2, 5, 5}};
}

template <class Message>
Bytes encoded(const Message& message) {
    Bytes bytes;
    encode(message, bytes);
    return bytes;
}

// "member-join:n:alive": kind, name, and the status afterwards (before, for a reaped one), as the
// vectors write it.
inline std::string words(const MemberEvent& event) {
    static constexpr const char* kinds[] = {"member-join",   "member-leave", "member-failed",
                                            "member-update", "member-reap",  "member-suspect",
                                            "member-cleared"};
    const bool reaped = event.kind == MemberEvent::Kind::Reap;
    return std::string(kinds[static_cast<std::size_t>(event.kind)]) + ":" + event.name + ":" +
           to_string(reaped ? event.from : event.to);
}

inline std::vector<std::string> words(const std::vector<MemberEvent>& events) {
    std::vector<std::string> all;
    all.reserve(events.size());
    for (const MemberEvent& event : events) {
        all.push_back(words(event));
    }
    return all;
}

using Words = std::vector<std::string>;

// A cluster layer named "self", alive, with what it last answered in `out`.
struct Agent {
    explicit Agent(Config given = {}, bool has_seeds = false)
        : config(given), cluster(given, "self", has_seeds, Random(1)) {
        cluster.start(now, out);
        see(swim::WireEvent::Kind::Join, "self");
    }

    void see(swim::WireEvent::Kind kind, BytesView name, std::uint8_t host = 1) {
        see(wire(kind, name), host);
    }
    void see(const swim::WireEvent& event, std::uint8_t host = 1) {
        out.clear();
        cluster.wire_event(now, event, record(host), out);
    }
    template <class Message>
    void hear(const Message& message) {
        hear_bytes(encoded(message));
    }
    void hear_bytes(BytesView bytes) {
        out.clear();
        cluster.user_message(now, bytes, out);
    }
    void merge(const PushPull& state, bool join_of_ours = false) {
        out.clear();
        cluster.merge_user_state(now, encoded(state), join_of_ours, out);
    }
    void leave(RequestId request) {
        out.clear();
        cluster.leave(now, request, out);
    }
    void force_leave(RequestId request, BytesView name, bool prune = false) {
        out.clear();
        cluster.force_leave(now, request, name, prune, out);
    }
    // Lets time pass, ticking at each deadline, so that nothing comes late. Keeps all answers.
    void pass(Duration duration) {
        out.clear();
        const TimePoint end = now + duration;
        while (cluster.next_deadline() <= end) {
            now = std::max(now, cluster.next_deadline());
            cluster.tick(now, out);
        }
        now = end;
        cluster.tick(now, out);
    }
    Status status(BytesView name) const {
        const Member* member = cluster.members().find(name);
        return member != nullptr ? member->status : Status::None;
    }

    Config config;
    Cluster cluster;
    TimePoint now = at(1h);
    Output out;
};

}  // namespace muster::cluster::test
