#include "cli/fingerprint.h"

#include <nettle/sha2.h>

#include <array>

#include "agent/api/text.h"

namespace muster::cli {

namespace {

constexpr BytesView purpose = "muster key rotation";

class Sha256 {
public:
    Sha256() { sha256_init(&state_); }
    Sha256& add(BytesView bytes) {
        sha256_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
        return *this;
    }
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest() {
        std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
        sha256_digest(&state_, digest.size(), digest.data());
        return digest;
    }

private:
    sha256_ctx state_{};
};

bool raw_follows(BytesView next, BytesView previous) {
    const auto digest = Sha256().add(purpose).add(previous).add(next).digest();
    return digest[0] == 0 && digest[1] == 0;
}

}  // namespace

std::string fingerprint(BytesView base64_key) {
    const auto key = api::decode_base64(base64_key);
    if (!key || key->empty())
        return "?";
    const auto digest = Sha256().add(*key).digest();
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 0xf];
    }
    return text;
}

bool follows(BytesView next_base64, BytesView previous_base64) {
    const auto next = api::decode_base64(next_base64);
    const auto previous = api::decode_base64(previous_base64);
    return next && previous && raw_follows(*next, *previous);
}

std::string make_successor(BytesView previous_base64, const std::function<Bytes()>& random_key) {
    const Bytes previous = api::decode_base64(previous_base64).value_or(Bytes());
    Bytes next;
    do
        next = random_key();
    while (!raw_follows(next, previous));
    std::string text;
    api::append_base64(next, text);
    return text;
}

}  // namespace muster::cli
