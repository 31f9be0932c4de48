#include "swim/seal.h"

#include <algorithm>

#include "swim/assert.h"

namespace muster::swim {

namespace {

constexpr std::size_t label_header_size = 2;  // 0xF4, and the label's length

bool begins_label(BytesView bytes) {
    return !bytes.empty() && octet(bytes[0]) == static_cast<std::uint8_t>(MessageType::Label);
}

}  // namespace

Opened open_packet(BytesView datagram, BytesView label) {
    BytesView found;
    if (begins_label(datagram)) {
        if (datagram.size() < label_header_size) {
            return {{}, Fault::Label};
        }
        const std::size_t size = octet(datagram[1]);
        if (size == 0 || datagram.size() - label_header_size < size) {
            return {{}, Fault::Label};
        }
        found = datagram.substr(label_header_size, size);
        datagram.remove_prefix(label_header_size + size);
    }
    // Any difference counts, in both directions: two clusters on one network must not mix.
    if (found != label) {
        return {{}, Fault::Label};
    }
    // Decryption goes here: its input is `datagram`, its authenticated data the label
    // (section 5.2).
    return {datagram, std::nullopt};
}

void write_label(BytesView label, Bytes& out) {
    MUSTER_ASSERT(label.size() <= max_label);
    if (label.empty()) {
        return;
    }
    out.push_back(static_cast<char>(MessageType::Label));
    out.push_back(static_cast<char>(label.size()));
    out.append(label);
}

StreamLabel read_stream_label(BytesView first, BytesView label) {
    constexpr StreamLabel more{true, 0, std::nullopt};
    constexpr StreamLabel refused{false, 0, Fault::Label};
    if (first.empty()) {
        return more;
    }
    if (!begins_label(first)) {
        return label.empty() ? StreamLabel{} : refused;
    }
    if (label.empty()) {
        return refused;
    }
    if (first.size() < label_header_size) {
        return more;
    }
    // Refused at the first byte that differs: a stranger need not be listened to.
    const BytesView found = first.substr(label_header_size, label.size());
    if (octet(first[1]) != label.size() || found != label.substr(0, found.size())) {
        return refused;
    }
    if (found.size() < label.size()) {
        return more;
    }
    return {false, label_header_size + label.size(), std::nullopt};
}

}  // namespace muster::swim
