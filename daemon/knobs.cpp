// The knobs of the two deciding layers and of the seal around them, as options: [swim] and
// [cluster] in the file. What each one means stands beside it in swim/config.h, swim/seal.h and
// agent/cluster/config.h.
#include <charconv>
#include <limits>
#include <type_traits>

#include "agent/api/duration.h"
#include "daemon/options.h"

namespace muster {

namespace {

using Values = std::vector<std::string>;
using Refusal = std::optional<std::string>;

template <class T>
struct MemberOf;
template <class Class, class Type>
struct MemberOf<Type Class::*> {
    using Owner = Class;
    using Value = Type;
};

template <auto Member>
auto& field(Settings& settings) {
    using Owner = typename MemberOf<decltype(Member)>::Owner;
    if constexpr (std::is_same_v<Owner, swim::Config>) {
        return settings.swim.*Member;
    } else if constexpr (std::is_same_v<Owner, swim::Verify>) {
        return settings.verify.*Member;
    } else {
        return settings.cluster.*Member;
    }
}

template <auto Member>
Refusal take_duration(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Duration> duration = api::parse_duration(values.front());
    if (!duration)
        return duration.error().text;
    field<Member>(settings) = *duration;
    return std::nullopt;
}

template <auto Member>
Refusal take_number(const Option& option, Settings& settings, const Values& values) {
    const std::string& text = values.front();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < option.least ||
        number > option.most) {
        return "'" + text + "' is not possible (a whole number from " +
               std::to_string(option.least) + " to " + std::to_string(option.most) + ")";
    }
    using Value = typename MemberOf<decltype(Member)>::Value;
    field<Member>(settings) = static_cast<Value>(number);
    return std::nullopt;
}

template <auto Member>
Refusal take_switch(const Option& /*option*/, Settings& settings, const Values& values) {
    field<Member>(settings) = values.front() == "true";
    return std::nullopt;
}

struct Range {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
};

template <auto Member>
Option knob(std::string_view key, std::string_view help, Range range = {}) {
    using Pointee = MemberOf<decltype(Member)>;
    using Value = typename Pointee::Value;
    Option option;
    option.section = std::is_same_v<typename Pointee::Owner, cluster::Config> ? "cluster" : "swim";
    option.key = key;
    option.help = help;
    option.least = range.least;
    option.most = range.most;
    if constexpr (std::is_same_v<Value, Duration>) {
        option.kind = ValueKind::Time;
        option.apply = take_duration<Member>;
    } else if constexpr (std::is_same_v<Value, bool>) {
        option.kind = ValueKind::Switch;
        option.apply = take_switch<Member>;
    } else {
        option.kind = ValueKind::Number;
        option.apply = take_number<Member>;
    }
    return option;
}

std::vector<Option> swim_knobs() {
    using C = swim::Config;
    using V = swim::Verify;
    return {
        knob<&C::tcp_timeout>("tcp_timeout", "for a whole exchange over TCP"),
        knob<&C::indirect_checks>("indirect_checks", "members asked when a probe fails", {0, 64}),
        knob<&C::retransmit_mult>("retransmit_mult", "how often an update is sent on", {1, 64}),
        knob<&C::suspicion_mult>("suspicion_mult", "the least time that a suspect has", {1, 64}),
        knob<&C::suspicion_max_timeout_mult>("suspicion_max_timeout_mult",
                                             "the most, as a multiple of the least", {1, 64}),
        knob<&C::push_pull_interval>("push_pull_interval",
                                     "between exchanges of everything; 0: off"),
        knob<&C::probe_timeout>("probe_timeout", "until others are asked to probe"),
        knob<&C::probe_interval>("probe_interval", "between probes; 0: off"),
        knob<&C::stream_pings>("stream_pings", "probe over TCP when UDP is silent"),
        knob<&C::awareness_max>("awareness_max", "the health score stays below it", {1, 64}),
        knob<&C::gossip_nodes>("gossip_nodes", "members gossiped to at a time", {1, 64}),
        knob<&C::gossip_interval>("gossip_interval", "between rounds of gossip; 0: off"),
        knob<&C::gossip_to_the_dead_time>("gossip_to_the_dead_time",
                                          "how long a dead member is still gossiped to"),
        knob<&C::compression>("compression", "compress what grows smaller by it"),
        // The lower end holds a member with the largest tags and a long name; the upper one is
        // UDP's.
        knob<&C::packet_budget>("packet_budget", "bytes that a packet is filled up to",
                                {1024, 65000}),
        knob<&C::dead_node_reclaim_time>("dead_node_reclaim_time",
                                         "until a dead member's name may move; 0: never"),
        knob<&C::max_members>("max_members", "members beyond are refused", {2, 1048576}),
        knob<&C::broadcast_at_once>("broadcast_at_once", "send news without waiting for a round"),
        knob<&C::accuse_first>("accuse_first", "tell a suspect before the others"),
        knob<&C::notice_own_stall>("notice_own_stall", "accuse nobody after a pause of our own"),
        knob<&C::correct_stale>("correct_stale",
                                "tell who is behind: of a refutation, of an earlier life"),
        knob<&V::incoming>("verify_incoming", "with keys: refuse what is not encrypted"),
        knob<&V::outgoing>("verify_outgoing", "with keys: encrypt what is sent"),
    };
}

std::vector<Option> cluster_knobs() {
    using C = cluster::Config;
    return {
        knob<&C::broadcast_timeout>("broadcast_timeout", "how long a leave waits to be heard"),
        knob<&C::leave_propagate_delay>("leave_propagate_delay",
                                        "and how long it stays after that"),
        knob<&C::reap_interval>("reap_interval", "between looks for members to forget"),
        knob<&C::recent_intent_timeout>("recent_intent_timeout",
                                        "how long news of unknown members are kept"),
        knob<&C::reconnect_timeout>("reconnect_timeout", "how long failed members are reported"),
        knob<&C::tombstone_timeout>("tombstone_timeout", "how long members that left are reported"),
        knob<&C::leaving_timeout>("leaving_timeout",
                                  "after which a member that was said to leave has stayed"),
        knob<&C::forget_after>("forget_after", "how long failed members are tried again"),
        knob<&C::rejoin_after_leave>("rejoin_after_leave",
                                     "look for the members of before after a leave too"),
        knob<&C::retry_first>("retry_first", "before the first try; doubles"),
        knob<&C::retry_max>("retry_max", "the longest wait between two tries"),
        knob<&C::seed_retry_max>("seed_retry_max",
                                 "the longest wait between two looks at the seeds"),
        knob<&C::event_buffer>("event_buffer", "times of user events remembered", {1, 65536}),
        knob<&C::query_buffer>("query_buffer", "times of queries remembered", {1, 65536}),
        knob<&C::queue_max>("queue_max", "messages waiting to be sent on", {16, 1048576}),
        knob<&C::user_event_size_limit>("user_event_size_limit", "bytes of a user event of ours",
                                        {64, cluster::user_event_size_ceiling}),
        knob<&C::user_coalesce_period>("user_coalesce_period",
                                       "how long events are held back to be coalesced; 0: not"),
        knob<&C::user_quiescent_period>("user_quiescent_period",
                                        "without another, they are told after so long; 0: at once"),
        knob<&C::query_size_limit>("query_size_limit", "bytes of a query of ours", {128, 65000}),
        knob<&C::query_response_size_limit>("query_response_size_limit",
                                            "bytes of our answer to a query", {128, 65000}),
        knob<&C::query_timeout_mult>("query_timeout_mult",
                                     "how long a query takes, in rounds of gossip", {1, 1024}),
        knob<&C::name_conflict_resolution>("name_conflict_resolution",
                                           "end if the others hold our name to be another's"),
        knob<&C::max_queries>("max_queries", "queries open at most, ours and heard ones",
                              {1, 1048576}),
        knob<&C::max_members>("max_members", "members reported at most", {2, 1048576}),
        knob<&C::max_remembered>("max_remembered", "failed members tried again at most",
                                 {0, 1048576}),
        knob<&C::max_intents_size>("max_intents_size", "bytes of news of unknown members kept",
                                   {1024, 1073741824}),
    };
}

}  // namespace

std::vector<Option> knob_options() {
    std::vector<Option> options = swim_knobs();
    const std::vector<Option> more = cluster_knobs();
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

}  // namespace muster
