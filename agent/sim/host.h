// One machine of the simulated world: its clock, its process if there is one, what waits in its
// sockets, and what was observed of it. A plain record; the world moves it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "agent/node.h"
#include "agent/sim/clock.h"
#include "agent/sim/disk.h"
#include "agent/sim/event_queue.h"
#include "agent/sim/streams.h"
#include "swim/keyring.h"
#include "swim/seal.h"

namespace muster::sim {

enum class Process : std::uint8_t {
    None,     // not booted yet
    Running,  //
    Paused,   // stopped, while its clock and its kernel go on (while asleep: its clock alone)
    Killed,   // ended without a word
    Left,     // ended after a graceful leave
};

// A datagram on its way.
struct Parcel {
    HostId from = 0;
    std::uint32_t to = 0;  // an address of the world's network
    Endpoint source;
    Bytes bytes;
};

struct Traffics {
    std::uint64_t datagrams_sent = 0, bytes_sent = 0;
    std::uint64_t datagrams_received = 0, bytes_received = 0;
    std::uint64_t streams_opened = 0, stream_bytes_sent = 0;
    std::uint64_t dropped_by_network =
        0;  // lost, blocked, filtered, too big: on their way from here
    std::uint64_t dropped_by_socket = 0;  // at the full buffer here
};

struct Observed {
    TimePoint at;
    MemberEvent event;
};

struct Host {
    // Its election's file, two records on its disk: for the next process, and what the writer of
    // the file says to an answer of the disk; none: nothing.
    void find_election();
    std::optional<bool> election_outcome(const Disk::Answer& answer);

    HostId id = 0;
    std::uint32_t address = 0;
    NodeConfig config;
    Clock clock;
    swim::Keyring keys;
    swim::Verify verify;
    swim::Seal seal;                 // with these keys, by this rule
    std::uint64_t undeciphered = 0;  // datagrams that its keys did not open
    Disk disk;

    Process process = Process::None;
    Life life = 0;             // of the process, now or last
    std::optional<Node> node;  // kept after its end, for what it saw
    std::uint64_t index = 0;   // of the view that it last answered
    TimePoint wake = never;    // in world time: the one wake event that counts

    Duration work{};  // how long one datagram takes; 0: nothing waits
    bool working = false;
    bool asleep = false;  // the machine is suspended: its kernel takes nothing
    std::size_t socket_buffer = 0;
    std::size_t waiting_bytes = 0;
    std::deque<std::uint64_t> waiting;  // parcels in the socket
    std::vector<Event> stopped;         // steps of streams that a stopped process has not seen
    std::vector<Disk::Answer> answers;  // of the disk, likewise
    TimePoint disk_due = never;         // the one event of the disk that counts

    Memory memory;                // what its process keeps, if the world has disks
    std::vector<Endpoint> seeds;  // what the resolver answers
    std::uint64_t resolved = 0;   // how often it was asked
    Traffics traffic;
    std::vector<Observed> events;
    std::vector<NameConflict> conflicts;
    std::vector<Notice> notices;
    std::vector<cluster::HeardEvent> user_events;
    std::vector<cluster::QueryAnswer> query_answers;  // to its queries
    std::vector<cluster::KeyReport> key_reports;
    std::vector<election::Event> leadership;
    bool slot_failed = false;  // of the election's file: nothing is answered as stored any more
};

}  // namespace muster::sim
