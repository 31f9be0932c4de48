// The node's inside: its parts, and the glue between them. For the node's own sources alone:
// node.cpp (inputs), node_glue.cpp (what one part answers goes to the other), node_ring.cpp (rings
// and drain), node_memory.cpp, node_view.cpp (questions).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/cluster/cluster.h"
#include "agent/cluster/coordinates.h"
#include "agent/cluster/mark.h"
#include "agent/joins.h"
#include "agent/node.h"
#include "agent/node_draining.h"
#include "agent/node_election.h"
#include "agent/node_ring_answers.h"
#include "agent/rejoin.h"
#include "agent/remembering.h"
#include "agent/renamed.h"
#include "agent/retries.h"
#include "agent/ring/rings.h"
#include "swim/swim.h"

namespace muster {

// Tickets of broadcasts: the Serf layer counts up from 1, swim has the top bit, the node the next
// ones.
inline constexpr std::uint64_t leave_ticket = std::uint64_t{1} << 62U;
inline constexpr std::uint64_t update_ticket_base = std::uint64_t{1} << 61U;
// The delays of the rings' answers take nothing from the chance of the rest.
inline constexpr std::uint64_t ring_salt = 0x72696E67;

// Glue, and no rule: hands what one part answers to the other until both are quiet.
struct Node::Parts final : swim::LocalState {
    explicit Parts(NodeConfig given)
        : config(std::move(given)),
          random(config.seed),
          swim(with_former_life(config), *this, random.split()),
          cluster(cluster_config(config), config.swim.name, config.has_seeds, random.split()),
          coordinates(config.swim.name, random.split()),
          election(config.election, config.swim.name, swim, cluster, election_random()),
          tags(tags_at_start(config.tags, config.memory.live_tags, election.longest_mark())),
          draining(config.memory.drained_until),
          ring_answers(Random(config.seed ^ ring_salt)),
          joins(swim, cluster),
          rejoin(swim),
          renamed(swim, cluster),
          retries(swim, cluster) {}

    void append_user_state(bool join, Bytes& out) const override {
        cluster.user_state(out, join ? std::optional(last_input) : std::nullopt);
    }
    void append_ack_payload(Bytes& out) const override { coordinates.append_payload(out); }

    // An update of our tags whose sending is waited for.
    struct Update {
        std::uint64_t ticket = 0;
        RequestId request = 0;
        TimePoint deadline{};
    };

    static cluster::Config cluster_config(const NodeConfig& config);
    // Chance is left alone where there is no election.
    Random election_random() { return config.election ? random.split() : Random(config.seed); }
    bool refresh_mark(TimePoint now, Effects& effects);
    void leave_when_free(TimePoint now);
    Effects take();
    // The end of an input that the Serf layer may have refused.
    Result<Effects> finish(TimePoint now, std::optional<Error> refused);
    void settle(TimePoint now, Effects& effects);
    void hand_up(TimePoint now, Effects& effects);
    void hand_down(TimePoint now, Effects& effects);
    void report_again(TimePoint now, BytesView name);
    void finished(TimePoint now, std::uint64_t ticket, Effects& effects);
    void measure(Effects& effects);
    void exchanged(TimePoint now, const swim::ExchangeResult& result, Effects& effects);
    void expire_updates(TimePoint now, Effects& effects);
    // Tells the others our tags, with the mark; `request` is done when they were.
    void announce(TimePoint now, std::optional<RequestId> request, const Bytes& meta,
                  Effects& effects);
    // node_ring.cpp
    // What the others are told of us, if our own tags are these.
    Result<Bytes> meta_of(const cluster::Tags& own) const;
    void put_into_rings(TimePoint now, BytesView name);
    void turn_rings(TimePoint now, Effects& effects);
    void keep_ring_queries(TimePoint now);
    void answer_ring_queries(TimePoint now);
    void tick_drain(TimePoint now, Effects& effects);
    // node_memory.cpp
    static swim::Config with_former_life(const NodeConfig& config);
    void recall_life(TimePoint now, Effects& effects);
    Remembering::Own own_memory() const;
    MemoryChange take_memory(bool whole);

    NodeConfig config;
    Random random;
    swim::Swim swim;
    cluster::Cluster cluster;
    cluster::Coordinates coordinates;
    NodeElection election;
    cluster::Tags tags;
    Bytes mark{cluster::plain_mark};  // of us as a candidate, as announced
    Draining draining;
    std::optional<ring::Rings> rings;  // from the start on
    RingAnswers ring_answers;
    cluster::Output up;  // what the Serf layer wants done
    Joins joins;
    Rejoin rejoin;
    Renamed renamed;
    Retries retries;
    Remembering remembering;
    bool left = false;  // or about to leave
    bool first_join_over = false;
    bool told_rings_of_join = false;
    TimePoint last_input;
    std::optional<RequestId> leave_request;  // waits until nobody acts by our leadership
    std::vector<Update> updates;
    std::uint64_t last_update = update_ticket_base;
    std::vector<Effects> spare;
    std::uint64_t message_faults[swim::fault_count] = {};
};

}  // namespace muster
