// One conversation over a link that only remembers: what a client would have received.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/conversation.h"
#include "agent/api/splitter.h"
#include "tests/unit/api/fake_backend.h"

namespace muster::api {

class RecordingLink final : public Link {
public:
    void send(BytesView bytes) override {
        if (!finished)
            sent += bytes;
    }
    void send(BytesView header, const SharedBytes& body) override {
        send(header);
        send(*body);
    }
    bool congested() const override { return full; }
    void finish() override { finished = true; }
    void call_again() override { ++calls; }
    void wake_after(Duration delay) override { wake = delay; }
    void cancel_wake() override { wake.reset(); }

    std::string sent;
    bool full = false;
    bool finished = false;
    unsigned calls = 0;
    std::optional<Duration> wake;
};

struct Talk {
    explicit Talk(FakeBackend& backend, Access access = full_access(), ServerConfig its_config = {})
        : config(std::move(its_config)),
          members(backend),
          conversation(std::make_shared<Conversation>(Premises{backend, members, stats, config},
                                                      link, std::move(access))) {}

    static Access full_access() {
        Access access;
        access.may_change = true;
        access.json = true;
        return access;
    }

    // What the server says to these bytes.
    std::string say(BytesView bytes) {
        const std::size_t before = link.sent.size();
        conversation->receive(bytes);
        return link.sent.substr(before);
    }
    // What it has said since the last call of this.
    std::string heard() { return std::exchange(link.sent, {}); }

    ServerConfig config;
    MemberSource members;
    ServerStats stats;
    RecordingLink link;
    std::shared_ptr<Conversation> conversation;
};

// The msgpack objects in `bytes`.
inline std::vector<Value> objects_in(BytesView bytes) {
    std::vector<Value> objects;
    Splitter splitter(Framing::Msgpack, bytes.size(), {});
    while (!bytes.empty()) {
        REQUIRE(splitter.look(bytes) == Splitter::Outcome::Whole);
        Result<Value> value = parse_msgpack(bytes.substr(0, splitter.size()), {});
        REQUIRE(value);
        objects.push_back(*std::move(value));
        bytes.remove_prefix(splitter.size());
    }
    return objects;
}

// A change of the member "x".
inline MemberEvent event_of(MemberEvent::Kind kind) {
    MemberEvent event{};
    event.kind = kind;
    event.name = "x";
    event.tags = *cluster::encode_tags({});
    return event;
}

// A request in msgpack.
template <class Body>
std::string request(std::string_view command, std::uint64_t seq, const Body& body) {
    std::string bytes;
    encode_header({.command = Bytes(command), .seq = seq}, bytes);
    encode_body(body, bytes);
    return bytes;
}
inline std::string request(std::string_view command, std::uint64_t seq) {
    std::string bytes;
    encode_header({.command = Bytes(command), .seq = seq}, bytes);
    return bytes;
}
inline std::string handshake(bool extended = false) {
    return request("handshake", 1, HandshakeRequest{.version = 1, .extended = extended});
}

}  // namespace muster::api
