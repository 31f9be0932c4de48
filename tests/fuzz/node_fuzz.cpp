// Bytes as a script of everything that can happen to one whole node: packets, streams and their
// ends, requests, and time that passes, or jumps. Whatever comes, its invariants hold, its
// incarnation never goes back, and what it sends can be read by its own kind.
//
//     each step: an action byte, then what the action takes; the script ends where its bytes do
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "agent/cluster/query_messages.h"
#include "agent/node.h"
#include "swim/assert.h"
#include "swim/codec.h"
#include "swim/stream.h"

using namespace muster;

namespace {

class Script {
public:
    Script(const std::uint8_t* bytes, std::size_t size)
        : rest_(reinterpret_cast<const char*>(bytes), size) {}

    bool ended() const { return rest_.empty(); }
    std::uint8_t byte() { return rest_.empty() ? std::uint8_t{0} : octet(take(1)[0]); }
    BytesView text() { return take(byte()); }
    // One of few, so that they meet: n0 is the node itself.
    Bytes name() { return "n" + std::to_string(byte() % 5); }
    Endpoint endpoint() {
        const char ip[4] = {10, 0, 0, static_cast<char>(byte() % 5)};
        return *Endpoint::from_bytes({ip, 4}, 7946);
    }

private:
    BytesView take(std::size_t size) {
        const BytesView taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    BytesView rest_;
};

constexpr const char* internal_names[8] = {
    "_serf_ping",      "_serf_conflict",   "_serf_install-key", "_serf_use-key",
    "_serf_list-keys", "_serf_remove-key", "_serf_new",         "load",
};

const Bytes vsn{"\x01\x05\x02\x02\x05\x05", 6};

class Drive {
public:
    Drive() : node_(config()) { perform(node_.start(now_)); }

    void step(Script& script) {
        switch (script.byte() % 14) {
            case 0:
                return perform(node_.receive(now_, script.endpoint(), script.text()));
            case 1:
                return say(swim::Alive{script.byte(), keep(script.name()),
                                       keep(script.endpoint()).ip(), 7946, script.text(), vsn});
            case 2:
                return say(swim::Suspect{script.byte(), keep(script.name()), keep(script.name())});
            case 3:
                return say(swim::Dead{script.byte(), keep(script.name()), keep(script.name())});
            case 4:
                return say(swim::Ack{script.byte(), script.text()});
            case 5:
                return say(swim::User{script.text()});
            case 6:
                return exchange(script);
            case 7:
                if (!open_.empty()) {
                    const auto id = open_.back();
                    open_.pop_back();
                    perform(node_.stream_failed(now_, id, "it broke"));
                }
                return;
            case 8:
                return pass(std::chrono::milliseconds(script.byte() * 20));
            case 9:
                now_ += std::chrono::seconds(script.byte());
                return perform(node_.tick(now_));
            case 10: {
                const Endpoint peers[] = {script.endpoint(), script.endpoint()};
                return perform(node_.join(now_, ++request_, peers));
            }
            case 11:
                return perform(
                    node_.force_leave(now_, ++request_, script.name(), script.byte() % 2 == 0));
            case 12:
                return perform(node_.set_tags(now_, ++request_, {{Bytes(script.text()), "v"}}));
            default:
                return rare(script);
        }
    }

private:
    static NodeConfig config() {
        NodeConfig config;
        config.swim.name = "n0";
        config.swim.advertise = *Endpoint::from_bytes({"\x0a\0\0\0", 4}, 7946);
        config.swim.max_members = 64;
        config.has_seeds = true;
        return config;
    }

    void rare(Script& script) {
        switch (script.byte() % 11) {
            case 0:
                return perform(node_.leave(now_, ++request_));
            case 1:
                return perform(node_.set_advertise(now_, script.endpoint()));
            case 2: {
                const Endpoint seeds[] = {script.endpoint()};
                return perform(node_.seeds_resolved(now_, seeds));
            }
            case 3:
                return perform(node_.stream_refused(now_, {++inbound_, true},
                                                    {swim::Fault::Decrypt, "no key", true}));
            case 4:
                return perform(node_.user_event(now_, ++request_, script.text(), script.text(),
                                                script.byte() % 2 == 0));
            case 5:
                return ask(script);
            case 6:
                return perform(node_.respond(now_, script.byte(), script.text()));
            case 7:
                return perform(node_.keys(now_, ++request_,
                                          static_cast<cluster::KeyAction>(script.byte() % 4),
                                          script.text()));
            case 8:
                return perform(node_.key_answer(
                    now_, script.byte(),
                    {script.byte() % 2 == 0, Bytes(script.text()), {Bytes(script.text())}}));
            case 9:
                return say_of_a_query(script);
            default:
                return restart(script);
        }
    }

    void ask(Script& script) {
        cluster::QueryRequest wanted;
        wanted.name = script.text();
        wanted.payload = script.text();
        wanted.wants_acks = script.byte() % 2 == 0;
        wanted.relay_factor = script.byte();
        wanted.timeout = std::chrono::seconds(script.byte());
        if (script.byte() % 2 == 0) {
            wanted.filter_nodes = {script.name(), script.name()};
            wanted.filter_tags = {{Bytes(script.text()), Bytes(script.text())}};
        }
        perform(node_.query(now_, ++request_, wanted));
    }

    // What others ask, and answer: an id and a time out of few, so that they meet our own.
    void say_of_a_query(Script& script) {
        Bytes payload;
        if (script.byte() % 2 == 0) {
            cluster::Query query;
            query.ip = keep(script.endpoint()).ip();
            query.port = 7946;
            query.name = names_.emplace_back(internal_names[script.byte() % 8]);
            query.payload = script.text();
            query.flags = script.byte();
            query.id = script.byte();
            query.ltime = script.byte();
            query.relay_factor = script.byte();
            query.source = keep(script.name());
            if (script.byte() % 2 == 0) {
                query.filters = {script.text()};
            }
            query.timeout = std::chrono::milliseconds(script.byte());
            encode(query, payload);
        } else {
            const std::uint32_t id = script.byte() % 2 == 0 ? asked_ : script.byte();
            cluster::QueryResponse response{script.byte() % 2U, keep(script.name()), id,
                                            script.byte(), script.text()};
            encode(response, payload);
        }
        say(swim::User{payload});
    }

    // The id of a query of ours, as it was sent.
    void note_asked(BytesView message) {
        if (!message.empty() && message[0] == static_cast<char>(cluster::MessageType::Query)) {
            swim::Scratch scratch;
            const auto query = cluster::decode_query(message, scratch);
            if (query && query->source == node_.name()) {
                asked_ = query->id;
            }
        }
    }

    // Another life, that remembers this one, perhaps elsewhere or under another name.
    void restart(Script& script) {
        NodeConfig next = config();
        next.memory = memory_;
        apply(node_.remember(now_, /*whole=*/true), next.memory);
        memory_ = next.memory;
        next.swim.advertise = script.endpoint();
        if (script.byte() % 8 == 0) {
            next.swim.name = "n9";
        }
        if (next.swim.name != memory_.name) {
            incarnation_ = 0;
        }
        open_.clear();
        node_ = Node(std::move(next));
        perform(node_.start(now_));
    }

    template <class Message>
    void say(const Message& message) {
        Bytes packet;
        encode(message, packet);
        perform(node_.receive(now_, from_, packet));
    }

    void exchange(Script& script) {
        swim::PushPull remote;
        remote.join = script.byte() % 2 == 0;
        for (int i = script.byte() % 5; i > 0; --i) {
            remote.nodes.push_back({keep(script.name()), keep(script.endpoint()).ip(), 7946,
                                    script.text(), script.byte(), script.byte() % 5, vsn});
        }
        remote.user_state = script.text();
        const bool answer = !open_.empty() && script.byte() % 2 == 0;
        const swim::StreamId id = answer ? open_.back() : swim::StreamId{++inbound_, true};
        if (answer) {
            open_.pop_back();
        }
        perform(node_.receive_stream(now_, id, from_, remote));
    }

    void pass(Duration time) {
        const TimePoint end = now_ + time;
        // Bounded: a node that asked to be woken without end would be a bug of its own.
        for (int i = 0; node_.next_deadline() <= end; ++i) {
            MUSTER_ASSERT(i < 100000);
            now_ = std::max(now_, node_.next_deadline());
            perform(node_.tick(now_));
        }
        now_ = end;
    }

    void perform(Result<Effects> effects) {
        if (effects) {
            perform(*std::move(effects));
        }
    }

    void perform(Effects effects) {
        for (const swim::Datagram& datagram : effects.wire.datagrams) {
            reader_.open(effects.wire.view(datagram));
            MUSTER_ASSERT(reader_.faults().empty());
            for (const swim::Message& message : reader_.messages()) {
                if (const auto* user = std::get_if<swim::User>(&message)) {
                    note_asked(user->payload);
                }
            }
        }
        for (const swim::StreamOpen& open : effects.wire.opens) {
            check_stream(open.bytes);
            open_.push_back(open.id);
        }
        for (const swim::StreamReply& reply : effects.wire.replies) {
            if (!reply.bytes.empty()) {
                check_stream(reply.bytes);
            }
        }
        // One life is told of a user event once.
        for (const cluster::HeardEvent& event : effects.user_events) {
            MUSTER_ASSERT(told_.emplace(event.ltime, event.name, event.payload).second);
        }
        MUSTER_ASSERT(node_.incarnation() >= incarnation_);
        incarnation_ = node_.incarnation();
        node_.recycle(std::move(effects));
        node_.check();
    }

    static void check_stream(BytesView bytes) {
        swim::StreamDecoder decoder;
        MUSTER_ASSERT(decoder.feed(bytes) == swim::StreamDecoder::Progress::Done);
    }

    // Messages hold views: what they view lives as long as the script runs.
    const Bytes& keep(Bytes name) { return names_.emplace_back(std::move(name)); }
    const Endpoint& keep(Endpoint endpoint) { return endpoints_.emplace_back(endpoint); }

    TimePoint now_{std::chrono::seconds(1000)};
    Memory memory_;
    Node node_;
    const Endpoint from_ = *Endpoint::from_bytes({"\x0a\0\0\x01", 4}, 7946);
    std::uint32_t incarnation_ = 0;
    std::uint32_t asked_ = 0;
    std::set<std::tuple<cluster::LamportTime, Bytes, Bytes>> told_;
    RequestId request_ = 0;
    std::uint64_t inbound_ = 0;
    std::vector<swim::StreamId> open_;
    swim::PacketReader reader_;
    std::list<Bytes> names_;
    std::list<Endpoint> endpoints_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::size_t longest = 4096;
    Script script(bytes, std::min(size, longest));
    Drive drive;
    while (!script.ended()) {
        drive.step(script);
    }
    return 0;
}
