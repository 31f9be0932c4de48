// Any bytes at the edge, of agents with and without keys, strict and not: as a datagram, as both
// sides of a stream in pieces of any size, as a keyring's file. And what was sealed comes out
// again; whatever is changed of it does not.
//
// The first byte chooses the agent, the second the pieces and what is changed.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "swim/assert.h"
#include "swim/seal.h"
#include "swim/stream_reader.h"
#include "tests/support/keys.h"

using namespace muster;
using namespace muster::swim;
using muster::test::ring_of;

namespace {

// The key of the golden vectors' packets, so that the corpus holds what can be opened.
Keyring ring_for(unsigned choice) {
    Keyring ring = ring_of(choice % 2 == 0 ? "" : "xy");
    if (choice % 4 == 3) {
        MUSTER_ASSERT(!ring.install(*Key::from_bytes("0123456789abcdef")));
        MUSTER_ASSERT(!ring.install(*Key::from_bytes("0123456789abcdef0123456789ABCDEF")));
    }
    return ring;
}

Seal seal_for(unsigned choice) {
    Seal seal(choice & 4U ? "prod" : "", {.incoming = (choice & 8U) == 0, .outgoing = true});
    seal.set_keys(ring_for(choice));
    return seal;
}

StreamReader::Progress read(Seal& seal, StreamReader& reader, BytesView stream, std::size_t piece) {
    auto progress = StreamReader::Progress::More;
    for (std::size_t at = 0; at < stream.size() && progress == StreamReader::Progress::More;
         at += piece) {
        progress = reader.feed(seal, stream.substr(at, piece));
    }
    return progress;
}

// However the stream is cut, it is read alike.
void check_stream(Seal& seal, StreamReader::From side, BytesView stream, std::size_t piece) {
    StreamReader whole(side);
    StreamReader cut(side);
    const auto at_once = read(seal, whole, stream, std::max<std::size_t>(stream.size(), 1));
    const auto in_pieces = read(seal, cut, stream, piece);
    MUSTER_ASSERT(at_once == in_pieces);
    if (at_once == StreamReader::Progress::Done) {
        MUSTER_ASSERT(whole.message().index() == cut.message().index());
    } else if (at_once == StreamReader::Progress::Failed) {
        MUSTER_ASSERT(whole.fault().fault == cut.fault().fault &&
                      whole.fault().outer == cut.fault().outer &&
                      whole.fault().detail == cut.fault().detail);
    }
}

void check_packet(Seal& seal, BytesView bytes) {
    const Opened opened = seal.open_packet(bytes);
    MUSTER_ASSERT(!opened.fault || opened.content.empty());
    MUSTER_ASSERT(opened.content.size() <= bytes.size());
}

void check_there_and_back(Seal& seal, BytesView content, std::size_t changed) {
    const Nonce nonce{'n'};
    Bytes out;
    seal.seal_packet(content, nonce, out);
    if (!seal.has_keys()) {
        return;
    }
    const Opened opened = seal.open_packet(out);
    MUSTER_ASSERT(!opened.fault && opened.content == content);
    // All but the label, which has its own fault, and the version, which nobody vouches for.
    const std::size_t from = out.size() - content.size() - seal_overhead + 1;
    const std::size_t at = from + changed % (out.size() - from);
    out[at] = static_cast<char>(~out[at]);
    const Opened forged = seal.open_packet(out);
    MUSTER_ASSERT(forged.fault || forged.content != content);

    Bytes frame;
    seal.seal_stream(content, nonce, frame);
    Bytes plain;
    MUSTER_ASSERT(seal.open_stream(BytesView(frame).substr(0, sealed_stream_header),
                                   BytesView(frame).substr(sealed_stream_header), plain));
    MUSTER_ASSERT(plain == content);
}

void check_keyring(BytesView text) {
    const Result<Keyring> ring = read_keyring(text);
    if (ring) {
        MUSTER_ASSERT(!ring->empty() && ring->keys().size() <= max_keys);
        const Result<Keyring> again = read_keyring(write_keyring(*ring));
        MUSTER_ASSERT(again && *again == *ring);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const BytesView content(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    Seal seal = seal_for(bytes[0]);
    check_packet(seal, content);
    check_there_and_back(seal, content, bytes[1]);
    const std::size_t piece = 1 + bytes[1];
    check_stream(seal, StreamReader::From::Dialer, content, piece);
    check_stream(seal, StreamReader::From::Listener, content, piece);
    check_keyring(content);
    return 0;
}
