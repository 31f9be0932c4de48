// Any bytes as a datagram. What comes out of them can be written and read again, and gives the
// same; a reader that has seen them reads on as a fresh one does.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "swim/assert.h"
#include "swim/packet.h"
#include "swim/seal.h"
#include "tests/support/rewritten.h"

using namespace muster;
using namespace muster::swim;
using muster::swim::test::rewritten;

namespace {

std::vector<Bytes> messages_of(const PacketReader& reader) {
    std::vector<Bytes> messages;
    for (const Message& message : reader.messages()) {
        messages.push_back(rewritten(message));
    }
    return messages;
}

void check(BytesView packet) {
    PacketReader reader;
    reader.open(packet);
    MUSTER_ASSERT(reader.messages().size() + reader.faults().size() <= max_packet_parts + 1);
    const std::vector<Bytes> messages = messages_of(reader);
    const std::size_t faults = reader.faults().size();
    reader.open(packet);
    MUSTER_ASSERT(messages_of(reader) == messages && reader.faults().size() == faults);

    std::vector<BytesView> parts(messages.begin(), messages.end());
    if (parts.empty() || parts.size() > max_compound_parts) {
        return;
    }
    for (const BytesView part : parts) {
        if (part.size() > 0xFFFF) {
            return;
        }
    }
    for (const Framing framing : {Framing{}, Framing{.compress = true, .crc = true}}) {
        Bytes framed;
        frame_packet(parts, framing, framed);
        reader.open(framed);
        MUSTER_ASSERT(messages_of(reader) == messages && reader.faults().empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const BytesView datagram(reinterpret_cast<const char*>(bytes), size);
    check(datagram);
    const Opened opened = open_label(datagram, "prod");
    if (!opened.fault) {
        check(opened.content);
    }
    return 0;
}
