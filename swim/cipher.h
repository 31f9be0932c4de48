// AES in GCM mode under one key, with a nonce of 12 bytes and a tag of 16
// (docs/protocol/memberlist.md section 5). The library's tables are made once, and used for every
// message: nothing is allocated after the constructor. Pure; the nonce is handed in.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "swim/bytes.h"
#include "swim/keyring.h"

namespace muster::swim {

inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t tag_size = 16;

// Never twice with one key: whoever sees two messages under one nonce can forge others.
using Nonce = std::array<char, nonce_size>;

class Cipher {
public:
    explicit Cipher(const Key& key);
    ~Cipher();
    Cipher(Cipher&&) noexcept;
    Cipher& operator=(Cipher&&) noexcept;

    const Key& key() const { return key_; }

    // Enciphers `text` where it stands, and answers its tag over it and `authenticated`.
    std::array<char, tag_size> encrypt(const Nonce& nonce, BytesView authenticated,
                                       std::span<char> text);
    // Deciphers into `text`, which is as long and does not overlap. False, and nothing said about
    // what is in `text`: the tag is not this key's for these bytes.
    bool decrypt(BytesView nonce, BytesView authenticated, BytesView ciphertext, BytesView tag,
                 std::span<char> text);

private:
    Key key_;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace muster::swim
