#include "agent/net/nonces.h"

#include <sys/random.h>

#include "swim/assert.h"

namespace muster::net {

swim::Nonce nonce_for(const swim::Seal& seal) {
    swim::Nonce nonce{};
    if (seal.encrypts()) {
        // Never fails nor falls short for so few bytes once the kernel is seeded, and waits until
        // it is. Zeros must never leave this host.
        const ssize_t size = getrandom(nonce.data(), nonce.size(), 0);
        MUSTER_ASSERT(size == static_cast<ssize_t>(nonce.size()));
    }
    return nonce;
}

}  // namespace muster::net
