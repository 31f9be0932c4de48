// The world's part between a node's effects and another's input: what is sent, what arrives.
#include <algorithm>

#include "agent/sim/nonces.h"
#include "agent/sim/world.h"
#include "swim/assert.h"

namespace muster::sim {

namespace {

constexpr std::uint16_t port = 7946;
constexpr std::uint32_t network_prefix = 10U << 24U;
constexpr std::size_t datagram_overhead = 768;  // what Linux counts for one, beside its bytes

}  // namespace

// ---- addresses: 10.0.0.1 is the first, and every further one follows ----

Endpoint World::endpoint_of(std::uint32_t address) {
    const std::uint32_t number = network_prefix + address + 1;
    const std::array<char, 4> ip{static_cast<char>(number >> 24U), static_cast<char>(number >> 16U),
                                 static_cast<char>(number >> 8U), static_cast<char>(number)};
    return *Endpoint::from_bytes(BytesView(ip.data(), ip.size()), port);
}

std::optional<HostId> World::owner_of(const Endpoint& endpoint) const {
    const BytesView ip = endpoint.ip();
    if (endpoint.port() != port || !endpoint.is_ipv4()) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    for (const char c : ip.substr(ip.size() - 4)) {
        number = number << 8U | octet(c);
    }
    const std::uint32_t address = number - network_prefix - 1;
    return address < owners_.size() ? owners_[address] : std::nullopt;
}

std::uint32_t World::new_address(HostId owner) {
    owners_.emplace_back(owner);
    return static_cast<std::uint32_t>(owners_.size() - 1);
}

// ---- arriving ----

void World::deliver(std::uint64_t number) {
    const Parcel& parcel = parcels_[number];
    const std::optional<HostId> owner = owners_[parcel.to];
    Host* host = owner ? &at(*owner) : nullptr;
    if (host == nullptr || lives_[host->id] == 0) {
        drop_parcel(number);
        return;
    }
    if (host->process == Process::Running && host->work == Duration::zero() &&
        host->waiting.empty()) {
        handle_parcel(*host, number);
        return;
    }
    const std::size_t cost = parcel.bytes.size() + datagram_overhead;
    if (host->asleep || host->waiting_bytes + cost > host->socket_buffer) {
        ++host->traffic.dropped_by_socket;
        drop_parcel(number);
        return;
    }
    host->waiting.push_back(number);
    host->waiting_bytes += cost;
    if (host->process == Process::Running && !host->working) {
        host->working = true;
        queue_.push({.at = now_ + host->work,
                     .item = host->life,
                     .host = host->id,
                     .kind = Event::Kind::Work});
    }
}

void World::work(Host& host) {
    if (host.waiting.empty() || host.process != Process::Running) {
        return;
    }
    const std::uint64_t parcel = host.waiting.front();
    host.waiting.pop_front();
    host.waiting_bytes -= parcels_[parcel].bytes.size() + datagram_overhead;
    handle_parcel(host, parcel);
    if (!host.waiting.empty() && host.process == Process::Running) {
        host.working = true;
        queue_.push({.at = now_ + host.work,
                     .item = host.life,
                     .host = host.id,
                     .kind = Event::Kind::Work});
    }
}

void World::handle_parcel(Host& host, std::uint64_t number) {
    // Out of the pool while it is handled: what the node answers may need a parcel, and move them.
    Parcel parcel = std::move(parcels_[number]);
    ++host.traffic.datagrams_received;
    host.traffic.bytes_received += parcel.bytes.size();
    if (const std::optional<BytesView> packet = open_datagram(host, parcel.bytes)) {
        transcript_.datagram(now_, "received", parcel.from, host.id, *packet);
        input(host,
              [&](Node& node, TimePoint now) { return node.receive(now, parcel.source, *packet); });
    }
    parcels_[number] = std::move(parcel);
    drop_parcel(number);
}

void World::arrive(HostId id, const Endpoint& source, BytesView datagram) {
    Host& host = at(id);
    if (const std::optional<BytesView> packet = open_datagram(host, datagram)) {
        inject(id, source, *packet);
    }
}

std::optional<BytesView> World::open_datagram(Host& host, BytesView datagram) {
    const swim::Opened opened = host.seal.open_packet(datagram);
    if (!opened.fault) {
        return opened.content;
    }
    host.undeciphered += *opened.fault == swim::Fault::Decrypt ? 1U : 0U;
    host.node->refused(*opened.fault);
    return std::nullopt;
}

void World::advance_stream(const Event& event) {
    const StreamInput stream = streams_.advance(now_, event, lives_);
    if (stream.kind == StreamInput::Kind::Nothing) {
        return;
    }
    Host& host = at(stream.host);
    transcript_.line(now_, host.id, stream.error.empty() ? "reads a stream" : stream.error);
    input(host, [&](Node& node, TimePoint now) {
        switch (stream.kind) {
            case StreamInput::Kind::Message:
                return node.receive_stream(now, stream.id, stream.peer, *stream.message);
            case StreamInput::Kind::Refused:
                return node.stream_refused(now, stream.id, *stream.fault);
            default:
                return node.stream_failed(now, stream.id, stream.error);
        }
    });
}

// ---- leaving ----

void World::perform(Host& host, Effects& effects) {
    for (const swim::Datagram& datagram : effects.wire.datagrams) {
        send(host, datagram, effects.wire.view(datagram));
    }
    for (swim::StreamOpen& request : effects.wire.opens) {
        dial(host, std::move(request));
    }
    for (swim::StreamReply& reply : effects.wire.replies) {
        transcript_.stream(now_, "answers", host.id, host.id, reply.bytes);
        host.traffic.stream_bytes_sent += reply.bytes.size();
        streams_.reply(now_, host.id, std::move(reply));
    }
    if (effects.resolve_seeds) {
        ++host.resolved;
        queue_.push({.at = now_ + options_.resolver_delay,
                     .item = host.life,
                     .host = host.id,
                     .kind = Event::Kind::Seeds});
    }
    if (effects.election_write) {
        write_election(host, *effects.election_write);
    }
    observe(host, effects);
}

void World::send(Host& host, const swim::Datagram& datagram, BytesView packet) {
    const std::optional<HostId> to = owner_of(datagram.to);
    host.seal.seal_packet(packet, nonce_for(host.seal, nonces_), sealed_);
    const Passage passage{
        .at = now_, .from = host.id, .to = to, .packet = packet, .datagram = sealed_};
    ++host.traffic.datagrams_sent;
    host.traffic.bytes_sent += sealed_.size();
    for (const Tap& tap : taps_) {
        tap(passage);
    }
    if (!to || (filter_ && filter_(passage))) {
        ++host.traffic.dropped_by_network;
        transcript_.datagram(now_, to ? "filtered" : "to nobody", host.id, to.value_or(host.id),
                             packet);
        return;
    }
    const Fate fate = network_.datagram(host.id, *to, sealed_.size());
    if (fate.verdict != Fate::Verdict::Arrives) {
        ++host.traffic.dropped_by_network;
        transcript_.datagram(now_, "lost", host.id, *to, packet);
        return;
    }
    transcript_.datagram(now_, "sent", host.id, *to, packet);
    for (unsigned i = 0; i < fate.copies; ++i) {
        const std::uint64_t number = take_parcel();
        Parcel& parcel = parcels_[number];
        parcel.from = host.id;
        parcel.to = at(*to).address;
        parcel.source = endpoint_of(host.address);
        parcel.bytes = sealed_;
        queue_.push({.at = now_ + fate.delay[i],
                     .item = number,
                     .host = *to,
                     .kind = Event::Kind::Datagram});
    }
}

void World::dial(Host& host, swim::StreamOpen&& request) {
    const std::optional<HostId> to = owner_of(request.to);
    std::optional<Party> target;
    if (to) {
        target = Party{.host = *to, .life = 0, .endpoint = request.to};
    }
    ++host.traffic.streams_opened;
    host.traffic.stream_bytes_sent += request.bytes.size();
    transcript_.stream(now_, "dials", host.id, to.value_or(host.id), request.bytes);
    const TimePoint deadline = host.clock.world(request.deadline);
    streams_.open(now_, {.host = host.id, .life = host.life, .endpoint = endpoint_of(host.address)},
                  std::move(request), target, deadline);
}

void World::observe(Host& host, Effects& effects) {
    for (MemberEvent& event : effects.events) {
        transcript_.event(now_, host.id, event);
    }
    for (const cluster::HeardEvent& event : effects.user_events) {
        transcript_.line(now_, host.id, "is told of event " + event.name);
    }
    for (RequestDone& done : effects.done) {
        const auto found = requests_.find(done.request);
        MUSTER_ASSERT(found != requests_.end() && !found->second);
        found->second = done;
    }
    observe_election(host, effects);
    for (const Watch& watch : watches_) {
        watch(host.id, effects);
    }
    if (options_.keep_events) {
        for (MemberEvent& event : effects.events) {
            host.events.push_back({now_, std::move(event)});
        }
        const auto keep = [](auto& from, auto& to) {
            std::move(from.begin(), from.end(), std::back_inserter(to));
        };
        keep(effects.conflicts, host.conflicts);
        keep(effects.notices, host.notices);
        keep(effects.user_events, host.user_events);
        keep(effects.answers, host.query_answers);
        keep(effects.key_reports, host.key_reports);
    }
}

// ---- parcels: a pool, so that their buffers are used again ----

std::uint64_t World::take_parcel() {
    if (free_parcels_.empty()) {
        parcels_.emplace_back();
        return parcels_.size() - 1;
    }
    const std::uint64_t number = free_parcels_.back();
    free_parcels_.pop_back();
    return number;
}

void World::drop_parcel(std::uint64_t parcel) {
    free_parcels_.push_back(parcel);
}

}  // namespace muster::sim
