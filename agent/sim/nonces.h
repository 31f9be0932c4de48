// Nonces of the simulated world: by chance, as the real ones, and the same for one seed.
#pragma once

#include "swim/random.h"
#include "swim/seal.h"

namespace muster::sim {

// Zeros, and nothing taken from `random`, if `seal` does not encrypt.
inline swim::Nonce nonce_for(const swim::Seal& seal, Random& random) {
    swim::Nonce nonce{};
    if (seal.encrypts()) {
        for (char& byte : nonce) {
            byte = static_cast<char>(random.below(256));
        }
    }
    return nonce;
}

}  // namespace muster::sim
