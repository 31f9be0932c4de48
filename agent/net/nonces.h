// Nonces from the operating system, the one thing about sealing that is not a function of bytes.
//
// One call of the kernel for each, and none kept in store: the copy of a machine that was saved and
// resumed twice would spend the same ones again, which gives the key away. The call is a small part
// of what sending the packet costs.
#pragma once

#include "swim/seal.h"

namespace muster::net {

// A new one if `seal` will use it; zeros if it does not encrypt.
swim::Nonce nonce_for(const swim::Seal& seal);

}  // namespace muster::net
