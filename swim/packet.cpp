#include "swim/packet.h"

#include <algorithm>
#include <list>
#include <utility>

#include "swim/assert.h"
#include "swim/codec.h"
#include "swim/crc32.h"
#include "swim/lzw.h"

namespace muster::swim {

namespace {

constexpr std::size_t crc_header_size = 5;

// What is kept from one packet to the next for reuse. More than this is memory that some peer's
// odd packet took, and is given back.
constexpr std::size_t kept_messages = 256;
constexpr std::size_t kept_plaintext = std::size_t{64} * 1024;

// Below this LZW cannot pay: the wrapper and the codes for clear and end take 16 bytes, each byte
// seen for the first time costs 9 bits, and a pair must come back before it saves anything. Pings,
// acks and nacks, alone or with a short piggyback, lie below; real ones do not shrink there.
constexpr std::size_t smallest_compressible = 128;
constexpr std::size_t largest_compress_header = 32;

void append_big_endian32(std::uint32_t value, char* at) {
    for (unsigned i = 0; i < 4; ++i) {
        at[i] = static_cast<char>(value >> (24U - 8U * i));
    }
}

std::uint32_t read_big_endian(BytesView bytes) {
    std::uint32_t value = 0;
    for (const char c : bytes) {
        value = value << 8U | octet(c);
    }
    return value;
}

// Replaces the plaintext out[from, end) by its compressed form if that is strictly smaller.
void compress_tail(std::size_t from, Bytes& out) {
    const std::size_t plain_size = out.size() - from;
    if (plain_size < smallest_compressible) {
        return;
    }
    // For a moment the stream and its header stand behind the plaintext: that takes no buffer of
    // its own. The reservation keeps the view on the plaintext valid.
    const std::size_t stream_at = out.size();
    out.reserve(stream_at + lzw_bound(plain_size) + largest_compress_header);
    lzw_compress(BytesView(out).substr(from), out);
    const std::size_t header_at = out.size();
    const std::size_t stream_size = header_at - stream_at;
    encode_compress_header(stream_size, out);
    const std::size_t header_size = out.size() - header_at;
    if (header_size + stream_size >= plain_size) {
        out.resize(stream_at);
        return;
    }
    std::copy_n(out.data() + header_at, header_size, out.data() + from);
    std::copy_n(out.data() + stream_at, stream_size, out.data() + from + header_size);
    out.resize(from + header_size + stream_size);
}

}  // namespace

const char* to_string(Fault fault) {
    switch (fault) {
        case Fault::Empty:
            return "empty";
        case Fault::UnknownType:
            return "unknown-type";
        case Fault::Crc:
            return "crc";
        case Fault::Compression:
            return "compression";
        case Fault::Compound:
            return "compound";
        case Fault::Nesting:
            return "nesting";
        case Fault::Body:
            return "body";
        case Fault::Label:
            return "label";
        case Fault::Decrypt:
            return "decrypt";
    }
    return "unknown";
}

struct PacketReader::Space {
    Scratch scratch;
    // One buffer for each compression wrapper of the packet: the messages point into them. A list,
    // since they may not move; the first is kept for the next packet.
    std::list<Bytes> plaintexts;
    std::size_t plaintexts_used = 0;
    std::size_t decompressed_left = 0;
    std::size_t parts_left = 0;

    void clear() {
        scratch.clear();
        plaintexts.resize(1);
        plaintexts.front().clear();
        if (plaintexts.front().capacity() > kept_plaintext) {
            plaintexts.front().shrink_to_fit();
        }
        plaintexts_used = 0;
        decompressed_left = max_packet_decompressed;
        parts_left = max_packet_parts;
    }

    Bytes& next_plaintext() {
        return plaintexts_used++ == 0 ? plaintexts.front() : plaintexts.emplace_back();
    }
};

PacketReader::PacketReader() : space_(std::make_unique<Space>()) {}
PacketReader::~PacketReader() = default;

void PacketReader::open(BytesView packet) {
    messages_.clear();
    if (messages_.capacity() > kept_messages) {
        messages_.shrink_to_fit();
    }
    faults_.clear();
    space_->clear();

    // The only place where a checksum may stand (section 1.3): deeper, type 12 does not exist.
    if (packet.size() >= crc_header_size &&
        octet(packet[0]) == static_cast<std::uint8_t>(MessageType::Crc)) {
        const std::uint32_t claimed = read_big_endian(packet.substr(1, 4));
        packet.remove_prefix(crc_header_size);
        if (crc32(packet) != claimed) {
            fault(Fault::Crc, "crc: the checksum does not match the " +
                                  std::to_string(packet.size()) + " bytes after it");
            return;
        }
    }
    dispatch(packet, 0);
}

void PacketReader::dispatch(BytesView message, std::size_t depth) {
    if (space_->parts_left == 0) {
        return;
    }
    if (--space_->parts_left == 0) {
        fault(Fault::Nesting, "packet: expected at most " + std::to_string(max_packet_parts) +
                                  " messages and wrappers, found more");
        return;
    }
    if (message.empty()) {
        fault(Fault::Empty, "expected a message, found no bytes");
        return;
    }
    switch (static_cast<MessageType>(octet(message[0]))) {
        case MessageType::Compound:
            open_compound(message.substr(1), depth + 1);
            return;
        case MessageType::Compress:
            open_compressed(message.substr(1), depth + 1);
            return;
        case MessageType::Ping:
        case MessageType::IndirectPing:
        case MessageType::Ack:
        case MessageType::Suspect:
        case MessageType::Alive:
        case MessageType::Dead:
        case MessageType::User:
        case MessageType::Nack:
            break;
        default:
            fault(Fault::UnknownType, "expected the type of a packet message, found " +
                                          std::to_string(octet(message[0])));
            return;
    }
    auto decoded = decode_message(message, space_->scratch);
    if (decoded) {
        messages_.push_back(*std::move(decoded));
    } else {
        fault(Fault::Body, decoded.error().text);
    }
}

void PacketReader::open_compound(BytesView body, std::size_t depth) {
    if (depth > max_nesting) {
        fault(Fault::Nesting, "compound: expected at most " + std::to_string(max_nesting) +
                                  " wrappers around a message");
        return;
    }
    if (body.empty() || body.size() - 1 < 2 * std::size_t{octet(body[0])}) {
        fault(Fault::Compound, "compound: the count or the lengths are cut off");
        return;
    }
    const std::size_t count = octet(body[0]);
    BytesView sizes = body.substr(1, 2 * count);
    BytesView parts = body.substr(1 + 2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = read_big_endian(sizes.substr(2 * i, 2));
        if (size > parts.size()) {
            fault(Fault::Compound, "compound: " + std::to_string(count - i) + " of " +
                                       std::to_string(count) + " parts are cut off");
            return;
        }
        dispatch(parts.substr(0, size), depth);
        parts.remove_prefix(size);
    }
}

void PacketReader::open_compressed(BytesView body, std::size_t depth) {
    if (depth > max_nesting) {
        fault(Fault::Nesting, "compress: expected at most " + std::to_string(max_nesting) +
                                  " wrappers around a message");
        return;
    }
    MsgpackReader in(body, space_->scratch);
    const auto compressed = read_body<CompressBody>(in);
    if (!compressed) {
        fault(Fault::Body, compressed.error().text);
        return;
    }
    if (compressed->algorithm != lzw_algorithm) {
        fault(Fault::Compression,
              "compress Algo: expected 0, found " + std::to_string(compressed->algorithm));
        return;
    }
    Bytes& plaintext = space_->next_plaintext();
    const auto size = lzw_decompress(compressed->buffer, space_->decompressed_left, plaintext);
    // A stream that fails is charged with all that was left, as it may have cost that much; nobody
    // but an attacker sends a second one with it.
    space_->decompressed_left -= size ? *size : space_->decompressed_left;
    if (!size) {
        fault(Fault::Compression, "compress Buf: " + size.error().text);
        return;
    }
    dispatch(plaintext, depth);
}

void PacketReader::fault(Fault fault, std::string detail) {
    faults_.push_back({fault, std::move(detail)});
}

void frame_packet(std::span<const BytesView> parts, Framing framing, Bytes& out) {
    MUSTER_ASSERT(!parts.empty() && parts.size() <= max_compound_parts);
    const std::size_t start = out.size();
    if (framing.crc) {
        out.push_back(static_cast<char>(MessageType::Crc));
        out.append(crc_header_size - 1, '\0');
    }
    const std::size_t content = out.size();
    if (parts.size() > 1) {
        out.push_back(static_cast<char>(MessageType::Compound));
        out.push_back(static_cast<char>(parts.size()));
        for (const BytesView part : parts) {
            MUSTER_ASSERT(part.size() <= 0xFFFF);
            out.push_back(static_cast<char>(part.size() >> 8U));
            out.push_back(static_cast<char>(part.size()));
        }
    }
    for (const BytesView part : parts) {
        MUSTER_ASSERT(!part.empty());
        out.append(part);
    }
    if (framing.compress) {
        compress_tail(content, out);
    }
    if (framing.crc) {
        append_big_endian32(crc32(BytesView(out).substr(content)), out.data() + start + 1);
    }
}

}  // namespace muster::swim
