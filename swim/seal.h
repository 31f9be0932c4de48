// The edge of the wire: what stands outside the packets and streams that the core reads and writes.
//
//     label( encrypt( packet ))        label, then 0A length encrypt( message )
//
// Label header (docs/protocol/memberlist.md section 1.5) and encryption (sections 4.2 and 5), by
// the rules of the reference's GossipVerifyIncoming and GossipVerifyOutgoing. Everything is sealed
// under the ring's primary key; what comes in is tried with every key, the primary first.
//
// Pure: a function of keys, nonce and bytes. The agent calls it between its sockets and the node,
// and takes the nonces from the operating system; the simulator calls it between its links and its
// nodes. Steady state: no allocation. What comes in on a stream is swim/stream_reader.h.
#pragma once

#include <optional>
#include <vector>

#include "swim/bytes.h"
#include "swim/cipher.h"
#include "swim/keyring.h"
#include "swim/packet.h"
#include "swim/result.h"

namespace muster::swim {

// ---- the label header ----

inline constexpr std::size_t max_label = 255;

struct Opened {
    BytesView content;  // what the label and the encryption held
    std::optional<Fault> fault;
};

// Takes the label header off a datagram. The label found (empty: none) must equal `label`.
Opened open_label(BytesView datagram, BytesView label);

// Appends the header for `label`; nothing when it is empty.
// REQUIRES: label.size() <= max_label
void write_label(BytesView label, Bytes& out);

// The dialing side's stream begins with a label header exactly when a label is configured. Answers
// how many bytes of `first` the header takes (0 for none), "more" when first is too short to tell,
// or a fault.
struct StreamLabel {
    bool more = false;
    std::size_t size = 0;
    std::optional<Fault> fault;
};
StreamLabel read_stream_label(BytesView first, BytesView label);

// ---- encryption ----

inline constexpr std::size_t seal_overhead = 1 + nonce_size + tag_size;  // of version 1
inline constexpr std::size_t sealed_stream_header = 5;                   // 0A, length
inline constexpr std::size_t max_sealed_stream = 20 * 1024 * 1024;       // section 4.2

// How strict an agent with keys is. Both true is the end of the way from a plain cluster to an
// encrypted one: keys with both false everywhere, then outgoing true everywhere, then incoming.
// Without keys they mean nothing.
struct Verify {
    bool incoming = true;  // refuse what is not encrypted
    bool outgoing = true;  // encrypt what is sent
};

class Seal {
public:
    // REQUIRES: label.size() <= max_label
    explicit Seal(Bytes label = {}, Verify verify = {});

    // From now on with these; none: no encryption.
    void set_keys(const Keyring& ring);

    BytesView label() const { return label_; }
    bool has_keys() const { return !ciphers_.empty(); }
    // Whether what is sent is encrypted: whether seal_packet() and seal_stream() use their nonce.
    bool encrypts() const { return has_keys() && verify_.outgoing; }
    bool requires_encryption() const { return has_keys() && verify_.incoming; }
    // What label and encryption take off the budget of a packet (section 1.7).
    std::size_t packet_overhead() const;

    // Puts the datagram for `packet` into `out`, in the place of what was there.
    void seal_packet(BytesView packet, const Nonce& nonce, Bytes& out);
    // The packet in a datagram. Valid until the next call, and as long as datagram lives.
    Opened open_packet(BytesView datagram);

    // Appends the frame for one encoded stream message; the message itself when not encrypting. The
    // label's header, which only the dialing side sends, is the caller's.
    void seal_stream(BytesView message, const Nonce& nonce, Bytes& out);
    // The message in a frame: `header` is its sealed_stream_header, `payload` all that follows.
    // Replaces `out`. False: it is under none of the keys.
    bool open_stream(BytesView header, BytesView payload, Bytes& out);

private:
    void seal(BytesView plain, const Nonce& nonce, BytesView authenticated, Bytes& out);
    bool open(BytesView payload, BytesView authenticated, Bytes& out);

    Bytes label_;
    Verify verify_;
    std::vector<Cipher> ciphers_;  // the primary's first
    Bytes plain_;                  // of the packet that was opened last
};

}  // namespace muster::swim
