#include "swim/seal.h"

#include <algorithm>

#include "swim/assert.h"

namespace muster::swim {

namespace {

constexpr std::size_t label_header_size = 2;  // 0xF4, and the label's length

// The first byte of what is encrypted (section 5.1). It chooses the padding, and nothing else.
constexpr std::uint8_t padded = 0;  // to whole blocks, as PKCS#7 has it
constexpr std::uint8_t unpadded = 1;
constexpr std::size_t block_size = 16;

// An odd peer's large packet shall not cost memory for ever.
constexpr std::size_t kept_plain = std::size_t{16} * 1024;

bool begins_label(BytesView bytes) {
    return !bytes.empty() && octet(bytes[0]) == static_cast<std::uint8_t>(MessageType::Label);
}

}  // namespace

Opened open_label(BytesView datagram, BytesView label) {
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

// ---- encryption ----

Seal::Seal(Bytes label, Verify verify) : label_(std::move(label)), verify_(verify) {
    MUSTER_ASSERT(label_.size() <= max_label);
}

void Seal::set_keys(const Keyring& ring) {
    std::vector<Cipher> ciphers;
    ciphers.reserve(ring.keys().size());
    for (const Key& key : ring.keys()) {
        ciphers.emplace_back(key);
    }
    ciphers_ = std::move(ciphers);
}

std::size_t Seal::packet_overhead() const {
    const std::size_t header = label_.empty() ? 0 : label_header_size + label_.size();
    return header + (has_keys() ? seal_overhead : 0);
}

void Seal::seal_packet(BytesView packet, const Nonce& nonce, Bytes& out) {
    out.clear();
    write_label(label_, out);
    if (encrypts()) {
        seal(packet, nonce, label_, out);
    } else {
        out.append(packet);
    }
}

Opened Seal::open_packet(BytesView datagram) {
    Opened opened = open_label(datagram, label_);
    if (opened.fault || !has_keys()) {
        return opened;
    }
    if (plain_.capacity() > kept_plain) {
        Bytes().swap(plain_);
    }
    if (open(opened.content, label_, plain_)) {
        return {plain_, std::nullopt};
    }
    // While a cluster changes over, what no key opens is taken for plaintext, and only then: a
    // plain ping begins as something encrypted does (section 12, item 23).
    if (requires_encryption()) {
        return {{}, Fault::Decrypt};
    }
    return opened;
}

void Seal::seal_stream(BytesView message, const Nonce& nonce, Bytes& out) {
    if (!encrypts()) {
        out.append(message);
        return;
    }
    const std::size_t length = seal_overhead + message.size();
    Bytes authenticated;
    authenticated.reserve(sealed_stream_header + label_.size());
    authenticated.push_back(static_cast<char>(MessageType::Encrypt));
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        authenticated.push_back(static_cast<char>(length >> (shift - 8)));
    }
    out.reserve(out.size() + sealed_stream_header + length);
    out.append(authenticated);
    authenticated.append(label_);
    seal(message, nonce, authenticated, out);
}

bool Seal::open_stream(BytesView header, BytesView payload, Bytes& out) {
    MUSTER_ASSERT(header.size() == sealed_stream_header);
    Bytes authenticated(header);
    authenticated.append(label_);
    return open(payload, authenticated, out);
}

void Seal::seal(BytesView plain, const Nonce& nonce, BytesView authenticated, Bytes& out) {
    out.push_back(static_cast<char>(unpadded));
    out.append(nonce.data(), nonce.size());
    const std::size_t text_at = out.size();
    out.append(plain);
    const auto tag = ciphers_.front().encrypt(nonce, authenticated,
                                              std::span(out.data() + text_at, plain.size()));
    out.append(tag.data(), tag.size());
}

bool Seal::open(BytesView payload, BytesView authenticated, Bytes& out) {
    if (payload.size() < seal_overhead || octet(payload[0]) > unpadded) {
        return false;
    }
    const BytesView nonce = payload.substr(1, nonce_size);
    const BytesView tag = payload.substr(payload.size() - tag_size);
    const BytesView ciphertext = payload.substr(1 + nonce_size, payload.size() - seal_overhead);
    const bool is_padded = octet(payload[0]) == padded;
    if (is_padded && ciphertext.size() < block_size) {
        return false;
    }
    out.resize(ciphertext.size());
    const auto fits = [&](Cipher& cipher) {
        return cipher.decrypt(nonce, authenticated, ciphertext, tag, std::span(out));
    };
    if (std::none_of(ciphers_.begin(), ciphers_.end(), fits)) {
        out.clear();
        return false;
    }
    if (is_padded) {
        // The last byte says how many there are. The others are not looked at: they are
        // authenticated, and the reference does not either.
        const std::size_t padding = octet(out.back());
        if (padding == 0 || padding > block_size) {
            out.clear();
            return false;
        }
        out.resize(out.size() - padding);
    }
    return true;
}

}  // namespace muster::swim
