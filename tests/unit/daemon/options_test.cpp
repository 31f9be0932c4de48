#include "daemon/options.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace muster;

namespace {

std::size_t count(std::string_view section) {
    const std::vector<Option> options = all_options();
    return static_cast<std::size_t>(
        std::count_if(options.begin(), options.end(),
                      [&](const Option& option) { return option.section == section; }));
}

}  // namespace

// Whoever adds a field to one of the structs must name it here, and then meets the count.
TEST_CASE("every knob of the two layers, and of the seal, can be configured") {
    swim::Config swim;
    auto& [name, advertise, bind_port, former, versions, tcp_timeout, indirect_checks,
           retransmit_mult, suspicion_mult, suspicion_max_timeout_mult, push_pull_interval,
           probe_timeout, probe_interval, stream_pings, awareness_max, gossip_nodes,
           gossip_interval, gossip_to_the_dead_time, compression, packet_budget, packet_overhead,
           dead_node_reclaim_time, max_members, broadcast_at_once, accuse_first, notice_own_stall,
           correct_stale] = swim;
    constexpr std::size_t swim_fields = 27;
    // name, advertise, bind_port, former, versions and packet_overhead follow from other settings.
    const swim::Verify verify;
    auto& [incoming, outgoing] = verify;
    constexpr std::size_t verify_fields = 2;
    CHECK(count("swim") == swim_fields - 6 + verify_fields);
    CHECK(&name == &swim.name);
    CHECK((incoming && outgoing));

    cluster::Config cluster;
    auto& [broadcast_timeout, leave_propagate_delay, reap_interval, recent_intent_timeout,
           reconnect_timeout, tombstone_timeout, leaving_timeout, forget_after, rejoin_after_leave,
           retry_first, retry_max, seed_retry_max, event_buffer, query_buffer, queue_max,
           user_event_size_limit, user_coalesce_period, user_quiescent_period, query_size_limit,
           query_response_size_limit, query_timeout_mult, query_gossip_interval,
           name_conflict_resolution, cluster_max_members, max_remembered, max_intents_size,
           max_queries] = cluster;
    constexpr std::size_t cluster_fields = 27;
    constexpr std::size_t of_the_node = 1;  // query_gossip_interval is swim's
    CHECK(count("cluster") == cluster_fields - of_the_node);
    CHECK(&broadcast_timeout == &cluster.broadcast_timeout);
}

TEST_CASE("flag, variable and key say the same words") {
    const std::vector<Option> options = all_options();
    const Option* const rpc = find_option(options, "", "rpc_addr");
    REQUIRE(rpc != nullptr);
    CHECK(rpc->flag() == "--rpc-addr");
    CHECK(rpc->variable() == "MUSTER_RPC_ADDR");
    CHECK(rpc->full_key() == "rpc_addr");
    const Option* const interval = find_option(options, "swim", "probe_interval");
    REQUIRE(interval != nullptr);
    CHECK(interval->variable() == "MUSTER_SWIM_PROBE_INTERVAL");
    CHECK(interval->full_key() == "swim.probe_interval");
    CHECK(find_option(options, "", "probe_interval") == nullptr);
    CHECK(find_option(options, "", "tags") == find_option(options, "", "tag"));
}

TEST_CASE("no two options share a flag, a variable or a key") {
    std::set<std::string> words;
    for (const Option& option : all_options()) {
        CAPTURE(option.full_key());
        CHECK(words.insert(option.full_key()).second);
        CHECK(words.insert(option.variable()).second);
        if (option.has_flag)
            CHECK(words.insert(option.flag()).second);
        CHECK_FALSE(option.help.empty());
        CHECK(option.apply != nullptr);
    }
}
