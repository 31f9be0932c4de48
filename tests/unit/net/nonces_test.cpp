#include "agent/net/nonces.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/keys.h"

using namespace muster;

TEST_CASE("every nonce is another one, and none is taken where nothing is encrypted") {
    swim::Seal seal;
    CHECK(net::nonce_for(seal) == swim::Nonce{});
    seal.set_keys(test::ring_of("a"));
    std::set<swim::Nonce> all;
    for (int i = 0; i < 10000; ++i)
        all.insert(net::nonce_for(seal));
    CHECK(all.size() == 10000);
    CHECK(all.count(swim::Nonce{}) == 0);

    swim::Seal lax({}, {.outgoing = false});
    lax.set_keys(test::ring_of("a"));
    CHECK(net::nonce_for(lax) == swim::Nonce{});
}
