#include "agent/sim/transcript.h"

#include <cstring>
#include <type_traits>

#include "swim/packet.h"

namespace muster::sim {

namespace {

std::string stamp(TimePoint at) {
    const auto ns = at.time_since_epoch().count();
    std::string fraction = std::to_string(ns % 1'000'000'000);
    fraction.insert(0, 9 - fraction.size(), '0');
    return std::to_string(ns / 1'000'000'000) + "." + fraction;
}

std::string host_text(HostId host) {
    return "#" + std::to_string(host);
}

std::string about(BytesView node, std::uint32_t incarnation) {
    return Bytes(node) + "@" + std::to_string(incarnation);
}

std::string describe(const swim::Message& message) {
    return std::visit(
        [](const auto& m) -> std::string {
            using M = std::decay_t<decltype(m)>;
            if constexpr (std::is_same_v<M, swim::Ping>) {
                return "ping " + std::to_string(m.sequence) + "(" + Bytes(m.node) + ")";
            } else if constexpr (std::is_same_v<M, swim::IndirectPing>) {
                return "indirect-ping " + std::to_string(m.sequence) + "(" + Bytes(m.node) + ")";
            } else if constexpr (std::is_same_v<M, swim::Ack>) {
                return "ack " + std::to_string(m.sequence);
            } else if constexpr (std::is_same_v<M, swim::Nack>) {
                return "nack " + std::to_string(m.sequence);
            } else if constexpr (std::is_same_v<M, swim::Suspect>) {
                return "suspect(" + about(m.node, m.incarnation) + " by " + Bytes(m.from) + ")";
            } else if constexpr (std::is_same_v<M, swim::Alive>) {
                return "alive(" + about(m.node, m.incarnation) + ")";
            } else if constexpr (std::is_same_v<M, swim::Dead>) {
                return "dead(" + about(m.node, m.incarnation) + " by " + Bytes(m.from) + ")";
            } else {
                return "user(" + std::to_string(m.payload.size()) + ")";
            }
        },
        message);
}

}  // namespace

std::string describe_packet(BytesView packet) {
    swim::PacketReader reader;
    reader.open(packet);
    std::string text;
    for (const swim::Message& message : reader.messages()) {
        text += (text.empty() ? "" : " ") + describe(message);
    }
    for (const swim::PacketFault& fault : reader.faults()) {
        text += (text.empty() ? "" : " ") + std::string("fault(") + fault.detail + ")";
    }
    return text;
}

void Transcript::mix(std::uint64_t number) {
    hash_ = (hash_ ^ number) * 0x9E3779B97F4A7C15U;
    hash_ ^= hash_ >> 32U;
}

void Transcript::mix(BytesView bytes) {
    mix(bytes.size());
    const auto word_of = [&](std::size_t size) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < size; ++i) {
            word |= std::uint64_t{octet(bytes[i])} << (8 * i);
        }
        return word;
    };
    constexpr std::size_t whole = sizeof(std::uint64_t);
    for (; bytes.size() >= whole; bytes.remove_prefix(whole)) {
        mix(word_of(whole));  // a constant: one load
    }
    if (!bytes.empty()) {
        mix(word_of(bytes.size()));
    }
}

void Transcript::begin(TimePoint at, HostId host) {
    mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    mix(host);
    if (keep_text_) {
        text_ += stamp(at) + " " + host_text(host) + " ";
    }
}

void Transcript::datagram(TimePoint at, std::string_view word, HostId from, HostId to,
                          BytesView content) {
    begin(at, from);
    mix(to);
    mix(word);
    mix(content);
    if (keep_text_) {
        text_ += "-> " + host_text(to) + " " + std::string(word) + ": " + describe_packet(content) +
                 "\n";
    }
}

void Transcript::stream(TimePoint at, std::string_view word, HostId from, HostId to,
                        BytesView content) {
    begin(at, from);
    mix(to);
    mix(word);
    mix(content);
    if (keep_text_) {
        text_ += "=> " + host_text(to) + " " + std::string(word) + ": " +
                 std::to_string(content.size()) + " bytes\n";
    }
}

void Transcript::event(TimePoint at, HostId host, const MemberEvent& event) {
    begin(at, host);
    mix(event.name);
    mix(static_cast<std::uint64_t>(event.kind));
    mix(static_cast<std::uint64_t>(event.to));
    mix(event.incarnation);
    if (keep_text_) {
        text_ += std::string("** ") + to_string(event.kind) + " " +
                 about(event.name, event.incarnation) + " " + cluster::to_string(event.from) +
                 " -> " + cluster::to_string(event.to) + " (" + swim::to_string(event.cause.kind) +
                 (event.cause.by.empty() ? "" : " by " + event.cause.by) + ")\n";
    }
}

void Transcript::line(TimePoint at, HostId host, std::string_view text) {
    begin(at, host);
    mix(text);
    if (keep_text_) {
        text_ += std::string(text) + "\n";
    }
}

}  // namespace muster::sim
