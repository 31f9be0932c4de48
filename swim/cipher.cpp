#include "swim/cipher.h"

#include <nettle/gcm.h>
#include <nettle/memops.h>

#include <variant>

#include "swim/assert.h"

namespace muster::swim {

namespace {

// nettle's three contexts, with their functions under one name each.
struct Aes128 {
    gcm_aes128_ctx context;
    static constexpr auto set_key = gcm_aes128_set_key;
    static constexpr auto set_nonce = gcm_aes128_set_iv;
    static constexpr auto authenticate = gcm_aes128_update;
    static constexpr auto encrypt = gcm_aes128_encrypt;
    static constexpr auto decrypt = gcm_aes128_decrypt;
    static constexpr auto digest = gcm_aes128_digest;
};
struct Aes192 {
    gcm_aes192_ctx context;
    static constexpr auto set_key = gcm_aes192_set_key;
    static constexpr auto set_nonce = gcm_aes192_set_iv;
    static constexpr auto authenticate = gcm_aes192_update;
    static constexpr auto encrypt = gcm_aes192_encrypt;
    static constexpr auto decrypt = gcm_aes192_decrypt;
    static constexpr auto digest = gcm_aes192_digest;
};
struct Aes256 {
    gcm_aes256_ctx context;
    static constexpr auto set_key = gcm_aes256_set_key;
    static constexpr auto set_nonce = gcm_aes256_set_iv;
    static constexpr auto authenticate = gcm_aes256_update;
    static constexpr auto encrypt = gcm_aes256_encrypt;
    static constexpr auto decrypt = gcm_aes256_decrypt;
    static constexpr auto digest = gcm_aes256_digest;
};

const std::uint8_t* octets(BytesView bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

std::uint8_t* octets(std::span<char> bytes) {
    return reinterpret_cast<std::uint8_t*>(bytes.data());
}

template <class Aes>
void begin(Aes& aes, BytesView nonce, BytesView authenticated) {
    Aes::set_nonce(&aes.context, nonce.size(), octets(nonce));
    Aes::authenticate(&aes.context, authenticated.size(), octets(authenticated));
}

}  // namespace

struct Cipher::State {
    std::variant<Aes128, Aes192, Aes256> aes;
};

Cipher::Cipher(const Key& key) : key_(key), state_(std::make_unique<State>()) {
    if (key.bytes().size() == 24) {
        state_->aes.emplace<Aes192>();
    } else if (key.bytes().size() == 32) {
        state_->aes.emplace<Aes256>();
    }
    std::visit([&](auto& aes) { aes.set_key(&aes.context, octets(key.bytes())); }, state_->aes);
}

Cipher::~Cipher() {
    if (state_ != nullptr) {
        // The round keys are the key in another form, and the hash's table gives it away too.
        std::visit([](auto& aes) { wipe(std::span(reinterpret_cast<char*>(&aes), sizeof aes)); },
                   state_->aes);
    }
}

Cipher::Cipher(Cipher&&) noexcept = default;
Cipher& Cipher::operator=(Cipher&& other) noexcept {
    key_ = other.key_;
    std::swap(state_, other.state_);
    return *this;
}

std::array<char, tag_size> Cipher::encrypt(const Nonce& nonce, BytesView authenticated,
                                           std::span<char> text) {
    std::array<char, tag_size> tag{};
    std::visit(
        [&](auto& aes) {
            begin(aes, BytesView(nonce.data(), nonce.size()), authenticated);
            aes.encrypt(&aes.context, text.size(), octets(text), octets(text));
            aes.digest(&aes.context, tag.size(), octets(std::span(tag)));
        },
        state_->aes);
    return tag;
}

bool Cipher::decrypt(BytesView nonce, BytesView authenticated, BytesView ciphertext, BytesView tag,
                     std::span<char> text) {
    MUSTER_ASSERT(nonce.size() == nonce_size && tag.size() == tag_size &&
                  text.size() == ciphertext.size());
    std::array<char, tag_size> expected{};
    std::visit(
        [&](auto& aes) {
            begin(aes, nonce, authenticated);
            aes.decrypt(&aes.context, text.size(), octets(text), octets(ciphertext));
            aes.digest(&aes.context, expected.size(), octets(std::span(expected)));
        },
        state_->aes);
    // In a time that does not tell how much of it was right.
    return nettle_memeql_sec(expected.data(), tag.data(), tag.size()) != 0;
}

}  // namespace muster::swim
