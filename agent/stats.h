// What `muster info` and Serf's `stats` show about this agent: numbers into sections of text. Pure.
#pragma once

#include "agent/advertised.h"
#include "agent/api/backend.h"
#include "agent/api/server.h"
#include "agent/loop_lag.h"
#include "agent/net/streams.h"
#include "agent/net/udp.h"
#include "agent/node.h"

namespace muster {

struct StatsSource {
    NodeStats node;
    net::UdpCounters udp;
    net::StreamCounters streams;
    api::ServerStats api;
    net::AdvertiseChoice advertise;
    Endpoint bind;
    Endpoint rpc;  // unspecified: not served
    std::string api_path;
    std::string data_dir;       // empty: nothing is kept
    std::string store_trouble;  // empty: it can be written
    std::uint64_t store_writes = 0;
    std::uint64_t store_failures = 0;
    std::string journal_trouble;  // empty: it can be written
    std::uint64_t journal_recorded = 0;
    std::uint64_t journal_lost = 0;
    std::uint64_t journal_failures = 0;
    std::uint64_t log_dropped = 0;
    LoopLag loop_lag;
    Duration worst_lag{};
    Duration uptime{};
    BytesView name;
    std::string version;
    cluster::Tags tags;
    unsigned cpus = 1;
    bool encrypted = false;
};

api::Stats describe(const StatsSource& source);

}  // namespace muster
