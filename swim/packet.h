// Packets: the wrappers around messages in one datagram, undone and put on
// (docs/protocol/memberlist.md sections 1.2 to 1.6).
//
//     label( encrypt( crc( compress( compound( messages )))))
//
// Label and encryption belong to the edge (swim/seal.h); what is read and written here lies inside
// them. The reader decodes a whole packet before anything is applied: what was good comes out as
// messages, what was bad as faults, and neither ends anything.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "swim/bytes.h"
#include "swim/message.h"

namespace muster::swim {

// Why a packet, or a part of one, was refused: the reasons that are counted.
enum class Fault : std::uint8_t {
    Empty,        // no bytes where a message should stand
    UnknownType,  // a type that does not exist, or not there
    Crc,          // checksum does not match
    Compression,  // bad LZW, unknown algorithm, or larger than its limit
    Compound,     // truncated: parts were cut off
    Nesting,      // wrappers deeper than max_nesting, or more than max_packet_parts
    Body,         // a message that does not decode
    Label,        // label missing, unexpected or different (reported by the edge)
    Decrypt,      // no key fits, or plaintext where encryption is required (reported by the edge)
};
inline constexpr std::size_t fault_count = 9;
const char* to_string(Fault fault);  // "crc", "compression", ...: the words of `muster info`

struct PacketFault {
    Fault fault;
    std::string detail;  // which field, what was expected, what was found
};

inline constexpr std::size_t max_nesting = 4;  // compress and compound around a message
inline constexpr std::size_t max_decompressed = 40 * 1024 * 1024;  // of a stream: section 4.3
// Ours, and of a packet all together: it is read between two probes, and 40 MiB, which the
// reference allows here too, would hold those up. Serf's own packets hold a few KiB.
inline constexpr std::size_t max_packet_decompressed = 1024 * 1024;
inline constexpr std::size_t max_packet_parts = 1024;   // ours: messages and wrappers of one packet
inline constexpr std::size_t max_compound_parts = 127;  // towards release 0.2.2 (section 1.2)
inline constexpr std::size_t compound_header_size = 2;
inline constexpr std::size_t compound_part_overhead = 2;

class PacketReader {
public:
    PacketReader();
    ~PacketReader();

    // Undoes crc, compression and compound of one datagram whose label and encryption are gone, and
    // decodes every message in it. The answer, messages() and faults() are valid until the next
    // call, and only as long as packet lives. Steady state: no allocation for plain and compound
    // packets without faults.
    void open(BytesView packet);

    std::span<const Message> messages() const { return messages_; }
    std::span<const PacketFault> faults() const { return faults_; }

private:
    void dispatch(BytesView message, std::size_t depth);
    void open_compound(BytesView body, std::size_t depth);
    void open_compressed(BytesView body, std::size_t depth);
    void fault(Fault fault, std::string detail);

    std::vector<Message> messages_;
    std::vector<PacketFault> faults_;
    struct Space;  // decompressed buffers, decoder scratch
    std::unique_ptr<Space> space_;
};

struct Framing {
    bool compress = false;  // try, and keep the result if it is strictly smaller
    bool crc = false;       // the recipient understands version_with_crc
};

// Appends to `out` one packet that holds `parts`, each a complete encoded message (never empty).
// REQUIRES: 1 <= parts.size() <= max_compound_parts, each part at most 65535 bytes.
void frame_packet(std::span<const BytesView> parts, Framing framing, Bytes& out);

}  // namespace muster::swim
