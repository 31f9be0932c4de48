#include "agent/api/splitter.h"

#include <algorithm>
#include <utility>

namespace muster::api {

namespace {

// What a msgpack value begins with: its head (the type byte and what follows of fixed size),
// then either `payload` bytes or `values` more values.
struct Head {
    std::size_t size = 1;
    std::uint64_t payload = 0;
    std::uint64_t values = 0;
    bool is_container = false;
    bool is_legal = true;
};

std::uint64_t big_endian(BytesView bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes)
        value = (value << 8) | octet(c);
    return value;
}

// The number of bytes in the length field that follows type byte `type`; 0: it has none.
std::size_t length_bytes(std::uint8_t type) {
    switch (type) {
        case 0xc4:
        case 0xc7:
        case 0xd9:
            return 1;
        case 0xc5:
        case 0xc8:
        case 0xda:
        case 0xdc:
        case 0xde:
            return 2;
        case 0xc6:
        case 0xc9:
        case 0xdb:
        case 0xdd:
        case 0xdf:
            return 4;
        default:
            return 0;
    }
}

// The payload of the types whose type byte says it all.
std::uint64_t fixed_payload(std::uint8_t type) {
    switch (type) {
        case 0xcc:
        case 0xd0:
            return 1;
        case 0xcd:
        case 0xd1:
        case 0xd4:
            return 2;
        case 0xca:
        case 0xce:
        case 0xd2:
            return 4;
        case 0xd5:
            return 3;
        case 0xd6:
            return 5;
        case 0xcb:
        case 0xcf:
        case 0xd3:
            return 8;
        case 0xd7:
            return 9;
        case 0xd8:
            return 17;
        default:
            return 0;
    }
}

// The head of the value at the front of `bytes`; none if it is not all there.
std::optional<Head> read_head(BytesView bytes) {
    const std::uint8_t type = octet(bytes.front());
    Head head;
    if (type >= 0x80 && type <= 0x8f) {
        head.is_container = true;
        head.values = 2 * std::uint64_t{type & 0x0fU};
        return head;
    }
    if (type >= 0x90 && type <= 0x9f) {
        head.is_container = true;
        head.values = type & 0x0fU;
        return head;
    }
    if (type >= 0xa0 && type <= 0xbf) {
        head.payload = type & 0x1fU;
        return head;
    }
    head.is_legal = type != 0xc1;
    const std::size_t length_size = length_bytes(type);
    if (length_size == 0) {
        head.payload = fixed_payload(type);
        return head;
    }
    head.size = 1 + length_size;
    if (bytes.size() < head.size)
        return std::nullopt;
    const std::uint64_t length = big_endian(bytes.substr(1, length_size));
    if (type >= 0xdc) {
        head.is_container = true;
        head.values = type >= 0xde ? 2 * length : length;
    } else {
        head.payload =
            type >= 0xc7 && type <= 0xc9 ? length + 1 : length;  // extensions: their type
    }
    return head;
}

}  // namespace

std::optional<Framing> framing_of(char first) {
    const std::uint8_t byte = octet(first);
    if (byte == '{')
        return Framing::JsonLines;
    if ((byte >= 0x80 && byte <= 0x8f) || byte == 0xde || byte == 0xdf)
        return Framing::Msgpack;
    return std::nullopt;
}

Splitter::Splitter(Framing framing, std::size_t max_bytes, ValueLimits limits)
    : framing_(framing), max_bytes_(max_bytes), limits_(limits) {}

Splitter::Outcome Splitter::look(BytesView bytes) {
    const Outcome outcome = framing_ == Framing::JsonLines ? look_line(bytes) : look_msgpack(bytes);
    if (outcome == Outcome::Whole) {
        size_ = std::exchange(position_, 0);
        claimed_ = 0;
    }
    return outcome;
}

Splitter::Outcome Splitter::look_line(BytesView bytes) {
    const std::size_t end = bytes.find('\n', position_);
    position_ = end == BytesView::npos ? bytes.size() : end + 1;
    if (position_ > max_bytes_)
        return Outcome::TooLarge;
    return end == BytesView::npos ? Outcome::More : Outcome::Whole;
}

Splitter::Outcome Splitter::look_msgpack(BytesView bytes) {
    while (position_ < bytes.size()) {
        const std::optional<Head> head = read_head(bytes.substr(position_));
        if (!head)
            return Outcome::More;
        if (!head->is_legal)
            return Outcome::Malformed;
        // Every value to come takes a byte at least.
        const std::uint64_t room = max_bytes_ - std::min(max_bytes_, position_ + head->size);
        if (head->payload > room || head->values > room ||
            claimed_ + head->values > 2 * limits_.values || position_ + head->size > max_bytes_)
            return Outcome::TooLarge;
        if (bytes.size() - position_ < head->size + head->payload)
            return Outcome::More;
        position_ += head->size + static_cast<std::size_t>(head->payload);
        claimed_ += static_cast<std::size_t>(head->values);
        if (head->is_container && head->values > 0) {
            if (open_.size() >= limits_.depth)
                return Outcome::TooLarge;
            open_.push_back(head->values);
        } else if (value_ended()) {
            return Outcome::Whole;
        }
    }
    return Outcome::More;
}

bool Splitter::value_ended() {
    while (!open_.empty() && --open_.back() == 0)
        open_.pop_back();
    return open_.empty();
}

}  // namespace muster::api
