// Streams: one request and at most one response on a TCP connection, decoded from bytes as they
// come (docs/protocol/memberlist.md section 4).
//
// Plain streams carry no length, so the decoder itself finds the end. Pure: bytes in; a message,
// "more", or an error out. Limits hold before anything is allocated. Encryption (section 4.2) is
// undone by the edge, which hands in the plaintext of the one sealed frame; label headers likewise
// are taken off before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "swim/bytes.h"
#include "swim/codec.h"
#include "swim/message.h"
#include "swim/packet.h"
#include "swim/result.h"

namespace muster::swim {

inline constexpr std::size_t max_push_pull_nodes = 1048576;       // section 4.3
inline constexpr std::size_t max_user_state = 20 * 1024 * 1024;   // section 4.3
inline constexpr std::size_t max_stream_user = 20 * 1024 * 1024;  // section 4.3
inline constexpr std::size_t max_stream_size = 64 * 1024 * 1024;  // ours: a whole plain stream

struct StreamFault {
    Fault fault;
    std::string detail;
    // The outer layers could not be read: the reference then answers with a RemoteError.
    bool outer = false;
};

// Decodes one message from one side of a stream. Feed it until it has an outcome.
class StreamDecoder {
public:
    StreamDecoder();
    ~StreamDecoder();
    StreamDecoder(StreamDecoder&&) noexcept;
    StreamDecoder& operator=(StreamDecoder&&) noexcept;

    enum class Progress : std::uint8_t { More, Done, Failed };

    // Takes the next bytes. After Done or Failed further bytes are ignored.
    Progress feed(BytesView bytes);

    // REQUIRES: the last feed() said Done. The message's views live as long as the decoder.
    const StreamMessage& message() const;
    // REQUIRES: the last feed() said Failed.
    const StreamFault& fault() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Wraps one complete encoded stream message in compression, as a sender with compression enabled
// always does on streams, also when it grows (section 4.1). Appends to out.
void compress_stream(BytesView message, Bytes& out);

}  // namespace muster::swim
