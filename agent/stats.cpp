#include "agent/stats.h"

#include "agent/api/duration.h"

namespace muster {

namespace {

using Section = std::map<std::string, std::string>;

// Serf's section, with its names (docs/protocol/rpc.md section 4.13).
Section serf(const NodeStats& node, bool encrypted) {
    return {{"members", std::to_string(node.members)},
            {"failed", std::to_string(node.failed)},
            {"left", std::to_string(node.left)},
            {"health_score", std::to_string(node.health)},
            {"member_time", std::to_string(node.member_time)},
            {"event_time", std::to_string(node.event_time)},
            {"query_time", std::to_string(node.query_time)},
            {"intent_queue", std::to_string(node.intent_queue)},
            {"event_queue", std::to_string(node.event_queue)},
            {"query_queue", std::to_string(node.query_queue)},
            {"encrypted", encrypted ? "true" : "false"},
            {"coordinate_resets", std::to_string(node.coordinate_resets)}};
}

Section rejected(const NodeStats& node) {
    Section section;
    for (std::size_t i = 0; i < swim::fault_count; ++i)
        section[swim::to_string(static_cast<swim::Fault>(i))] = std::to_string(node.faults[i]);
    return section;
}

Section packets(const NodeStats& node, const net::UdpCounters& udp) {
    return {{"received", std::to_string(udp.received)},
            {"received_bytes", std::to_string(udp.received_bytes)},
            {"sent", std::to_string(udp.sent)},
            {"sent_bytes", std::to_string(udp.sent_bytes)},
            {"send_buffer_full", std::to_string(udp.send_full)},
            {"send_failed", std::to_string(udp.send_failed)},
            {"queued", std::to_string(node.member_queue)}};
}

Section streams(const net::StreamCounters& streams) {
    return {{"accepted", std::to_string(streams.accepted)},
            {"opened", std::to_string(streams.opened)},
            {"failed", std::to_string(streams.failed)},
            {"timed_out", std::to_string(streams.timed_out)},
            {"evicted", std::to_string(streams.evicted)},
            {"cut_short", std::to_string(streams.cut_short)}};
}

Section api_section(const StatsSource& source) {
    Section section{{"connections", std::to_string(source.api.connections)},
                    {"accepted", std::to_string(source.api.accepted)},
                    {"requests", std::to_string(source.api.requests)},
                    {"records_dropped", std::to_string(source.api.records_dropped)},
                    {"path", source.api_path}};
    if (!source.rpc.is_unspecified())
        section["rpc_addr"] = source.rpc.to_string();
    for (const auto& [reason, count] : source.api.refused)
        section["refused_" + reason] = std::to_string(count);
    return section;
}

Section store_section(const StatsSource& source) {
    if (source.data_dir.empty())
        return {{"state", "ephemeral"}};
    return {{"state", source.store_trouble.empty() ? "ok" : source.store_trouble},
            {"path", source.data_dir},
            {"writes", std::to_string(source.store_writes)},
            {"failures", std::to_string(source.store_failures)}};
}

}  // namespace

api::Stats describe(const StatsSource& source) {
    const NodeStats& node = source.node;
    api::Stats stats;
    stats["agent"] = {
        {"name", std::string(source.name)},
        {"uptime", api::to_string(std::chrono::floor<std::chrono::seconds>(source.uptime))},
        {"log_lines_dropped", std::to_string(source.log_dropped)}};
    // Serf's clients expect Go's words here; we have one thread that works, and no goroutines.
    stats["runtime"] = {{"os", "linux"},
                        {"arch",
#if defined(__x86_64__)
                         "amd64"
#elif defined(__aarch64__)
                         "arm64"
#else
                         "other"
#endif
                        },
                        {"version", "muster " + source.version},
                        {"max_procs", "1"},
                        {"goroutines", "0"},
                        {"cpu_count", std::to_string(source.cpus)}};
    stats["serf"] = serf(node, source.encrypted);
    Section& tags = stats["tags"];
    for (const auto& [key, value] : source.tags)
        tags[key] = value;
    stats["event_handlers"];
    stats["members"] = {{"alive", std::to_string(node.alive)},
                        {"suspect", std::to_string(node.suspect)},
                        {"leaving", std::to_string(node.leaving)},
                        {"left", std::to_string(node.left)},
                        {"failed", std::to_string(node.failed)}};
    stats["rejected"] = rejected(node);
    stats["address"] = {{"bind", source.bind.to_string()},
                        {"advertise", source.advertise.endpoint.plain().to_string()},
                        {"advertise_is", net::to_string(source.advertise.reason)}};
    stats["probing"] = {{"score", std::to_string(node.health)},
                        {"stalls", std::to_string(node.stalls)},
                        {"probes", std::to_string(node.probes)},
                        {"probes_failed", std::to_string(node.probes_failed)},
                        {"refutations", std::to_string(node.refutations)}};
    stats["packets"] = packets(node, source.udp);
    stats["streams"] = streams(source.streams);
    stats["api"] = api_section(source);
    stats["store"] = store_section(source);
    stats["loop"] = {{"turns", std::to_string(source.loop_lag.turns())},
                     {"worst_ms", std::to_string(source.worst_lag / std::chrono::milliseconds(1))}};
    stats["journal"] = {{"state", source.journal_trouble.empty() ? "ok" : source.journal_trouble},
                        {"recorded", std::to_string(source.journal_recorded)},
                        {"lost", std::to_string(source.journal_lost)},
                        {"failures", std::to_string(source.journal_failures)}};
    return stats;
}

}  // namespace muster
