#include "agent/net/resolver.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/net/loop.h"

using namespace muster;

namespace {

std::vector<net::Resolved> resolve(net::Reach reach, const std::vector<std::string>& seeds) {
    test::Loop loop;
    net::Resolver resolver(loop.io, reach, 7946);
    std::vector<net::Resolved> all;
    bool done = false;
    resolver.resolve(seeds, [&](std::vector<net::Resolved> answers) {
        all = std::move(answers);
        done = true;
    });
    REQUIRE_FALSE(done);
    REQUIRE(loop.run_until([&] { return done; }));
    return all;
}

}  // namespace

TEST_CASE("addresses need no name server, and every seed has its answer in order") {
    const auto all = resolve({}, {"10.0.0.1", "n2/[2001:db8::2]:8000", "not a seed"});
    REQUIRE(all.size() == 3);
    CHECK(all[0].seed == "10.0.0.1");
    CHECK(all[0].endpoints == std::vector{*Endpoint::parse("10.0.0.1:7946", 0)});
    CHECK(all[1].endpoints == std::vector{*Endpoint::parse("[2001:db8::2]:8000", 0)});
    CHECK(all[2].endpoints.empty());
    CHECK(all[2].error ==
          "'not a seed' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)");
}

TEST_CASE("a name is looked up, and each of its addresses has the port") {
    const auto all = resolve({}, {"localhost:8000"});
    REQUIRE(all.size() == 1);
    CHECK(all[0].error.empty());
    const Endpoint v4 = *Endpoint::parse("127.0.0.1:8000", 0);
    const Endpoint v6 = *Endpoint::parse("[::1]:8000", 0);
    REQUIRE_FALSE(all[0].endpoints.empty());
    for (const Endpoint& endpoint : all[0].endpoints)
        CHECK((endpoint == v4 || endpoint == v6));
    CHECK(std::count(all[0].endpoints.begin(), all[0].endpoints.end(), v4) <= 1);
}

TEST_CASE("addresses that the agent's sockets cannot reach are no answer") {
    const auto only_ipv4 = resolve({true, false}, {"2001:db8::1"});
    CHECK(only_ipv4[0].endpoints.empty());
    CHECK(only_ipv4[0].error ==
          "it has only IPv6 addresses, and this agent is bound to an IPv4 address (see --bind)");
    const auto only_ipv6 = resolve({false, true}, {"10.0.0.1"});
    CHECK(only_ipv6[0].error ==
          "it has only IPv4 addresses, and this agent is bound to an IPv6 address (see --bind)");
}

TEST_CASE("a name that cannot be looked up has an error, and the others their answers") {
    // A label has at most 63 letters (RFC 1035 section 2.3.4): no name server is asked for this
    // one.
    const auto all = resolve({}, {std::string(64, 'a'), "10.0.0.1"});
    CHECK(all[0].endpoints.empty());
    CHECK_FALSE(all[0].error.empty());
    CHECK(all[1].endpoints.size() == 1);
}

TEST_CASE("a resolver that has gone tells nobody") {
    test::Loop loop;
    bool done = false;
    {
        net::Resolver resolver(loop.io, {}, 7946);
        resolver.resolve({"10.0.0.1"}, [&](const auto&) { done = true; });
    }
    loop.poll();
    CHECK_FALSE(done);
}
