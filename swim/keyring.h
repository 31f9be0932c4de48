// The keys of the gossip: an ordered list whose first is the primary, with which everything is
// sealed; all are tried when something is opened (docs/protocol/memberlist.md section 5.4,
// docs/protocol/serf.md section 9.4). Here too: their text, as people and the keyring file have it.
//
// Pure values. Who keeps the file is agent/keyring_file.h; who ciphers is swim/seal.h.
//
// A key's bytes lie in a Key and nowhere on the heap but in a ring's vector, and each Key wipes
// itself when it goes. No error text here ever contains one.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::swim {

inline constexpr std::size_t max_key_size = 32;
inline constexpr std::size_t max_keys = 32;  // ours: a stranger can make us try all of them
inline constexpr std::size_t max_keyring_text = std::size_t{16} * 1024;  // of the file

// Overwrites memory that held a key, where the compiler would see no reason to.
void wipe(std::span<char> memory);
// Wipes all that the string has reserved, and empties it.
void wipe(Bytes& bytes);

// One AES key, of 16, 24 or 32 bytes.
class Key {
public:
    // The error: "key size must be 16, 24 or 32 bytes".
    static Result<Key> from_bytes(BytesView raw);
    // Standard alphabet, padded; nothing else in the text, not even white space. Bits that the
    // padding leaves over are ignored, as the reference does.
    static Result<Key> from_base64(std::string_view text);

    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key() { wipe(std::span(bytes_)); }

    BytesView bytes() const { return {bytes_.data(), size_}; }
    std::string base64() const;
    bool operator==(const Key& other) const { return bytes() == other.bytes(); }

private:
    explicit Key(BytesView raw);

    std::array<char, max_key_size> bytes_{};
    std::size_t size_ = 0;
};

// Empty: encryption is off. A refused change changes nothing; its error is what the reference tells
// the operator.
class Keyring {
public:
    bool empty() const { return keys_.empty(); }
    // The primary first.
    std::span<const Key> keys() const { return keys_; }
    std::vector<std::string> base64() const;
    bool operator==(const Keyring&) const = default;

    // Adds the key at the end; one that is there stays where it is. The first becomes the primary.
    std::optional<Error> install(const Key& key);
    // Makes it the primary.
    std::optional<Error> use(const Key& key);
    // One that is not there is no error.
    std::optional<Error> remove(const Key& key);

private:
    std::vector<Key> keys_;
};

// The keyring file: a JSON array of base64 strings, the primary first.
//
// Reads what any JSON writer makes of that. The error says what was expected and where, after the
// words "the keyring"; an empty array is one too, since a file without a key protects nothing.
Result<Keyring> read_keyring(std::string_view text);
// Two spaces of indentation, no final newline: the reference's bytes. To be wiped by the caller.
std::string write_keyring(const Keyring& ring);

}  // namespace muster::swim
