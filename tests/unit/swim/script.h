// A conversation with one Swim: what is said to it goes through the codec, and what it answers is
// decoded, so that a test reads like the protocol. Time is the test's.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "swim/codec.h"
#include "swim/packet.h"
#include "swim/stream.h"
#include "swim/swim.h"

namespace muster::swim::script {

using namespace std::chrono_literals;

inline const Bytes vsn{"\x01\x05\x02\x02\x05\x05", 6};

// 10.0.0.i:7946. A reference, since messages hold views of its bytes. REQUIRES: i < 256
inline const Endpoint& endpoint(unsigned i) {
    static const auto all = [] {
        std::vector<Endpoint> endpoints;
        for (unsigned n = 0; n < 256; ++n) {
            const char ip[4] = {10, 0, 0, static_cast<char>(n)};
            endpoints.push_back(*Endpoint::from_bytes({ip, 4}, 7946));
        }
        return endpoints;
    }();
    return all.at(i);
}

// Members are named n1, n2, ..., at endpoint(1), endpoint(2), ...
inline Bytes name(unsigned i) {
    return "n" + std::to_string(i);
}

struct NoState final : LocalState {
    void append_user_state(bool, Bytes& out) const override { out += "user state"; }
    void append_ack_payload(Bytes&) const override {}
};

// One message that was sent, with where to; its views live in `text`.
struct Sent {
    Endpoint to;
    Message message;
};

class Script {
public:
    explicit Script(Config config = {})
        : config_(named(std::move(config))), swim_(config_, state_, Random(7)) {
        swim_.start(now, "meta", out);
        swim_.check();
    }

    static Config named(Config config) {
        config.name = name(1);
        config.advertise = endpoint(1);
        return config;
    }

    // Says something to it, as member `from`.
    template <class M>
    void hear(const M& message, unsigned from = 2) {
        Bytes bytes;
        encode(message, bytes);
        swim_.receive(now, endpoint(from), bytes, out);
        swim_.check();
    }
    void alive(unsigned i, std::uint32_t incarnation = 1, BytesView meta = "meta") {
        const Bytes who = name(i);
        const Endpoint where = endpoint(i);
        hear(Alive{incarnation, who, where.ip(), where.port(), meta, vsn});
    }
    void suspect(unsigned i, std::uint32_t incarnation, unsigned from) {
        const Bytes who = name(i);
        const Bytes accuser = name(from);
        hear(Suspect{incarnation, who, accuser});
    }
    void dead(unsigned i, std::uint32_t incarnation, unsigned from) {
        const Bytes who = name(i);
        const Bytes accuser = name(from);
        hear(Dead{incarnation, who, accuser});
    }
    void meet(unsigned last) {
        for (unsigned i = 2; i <= last; ++i) {
            alive(i);
        }
    }

    // Lets time pass, ticking whenever a deadline has come.
    void pass(Duration time) {
        const TimePoint end = now + time;
        while (swim_.next_deadline() <= end) {
            now = std::max(now, swim_.next_deadline());
            swim_.tick(now, out);
            swim_.check();
        }
        now = end;
    }

    const Member* member(unsigned i) const { return swim_.table().find(name(i)); }
    State state(unsigned i) const {
        REQUIRE(member(i) != nullptr);
        return member(i)->state;
    }

    // What was sent since the last call, decoded.
    std::vector<Sent> sent() {
        std::vector<Sent> result;
        for (const Datagram& datagram : out.datagrams) {
            readers_.emplace_back(std::make_unique<PacketReader>());
            texts_.push_back(std::make_unique<Bytes>(out.view(datagram)));
            readers_.back()->open(*texts_.back());
            CHECK(readers_.back()->faults().empty());
            for (const Message& message : readers_.back()->messages()) {
                result.push_back({datagram.to, message});
            }
        }
        out.datagrams.clear();
        out.bytes.clear();
        return result;
    }
    // Those of one kind.
    template <class M>
    std::vector<std::pair<Endpoint, M>> sent_of() {
        std::vector<std::pair<Endpoint, M>> result;
        for (const Sent& one : sent()) {
            if (const auto* message = std::get_if<M>(&one.message)) {
                result.emplace_back(one.to, *message);
            }
        }
        return result;
    }
    std::vector<WireEvent> events() { return std::exchange(out.events, {}); }

    Swim& swim() { return swim_; }

    TimePoint now{1000s};
    Output out;

private:
    NoState state_;
    Config config_;
    Swim swim_;
    std::vector<std::unique_ptr<PacketReader>> readers_;
    std::vector<std::unique_ptr<Bytes>> texts_;
};

// A configuration whose timers are off, for what does not depend on them.
inline Config quiet() {
    Config config;
    config.probe_interval = 0s;
    config.push_pull_interval = 0s;
    config.gossip_interval = 0s;
    return config;
}

}  // namespace muster::swim::script
