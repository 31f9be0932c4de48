#include "agent/net/route.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace muster;
using net::AdvertiseFacts;
using net::AdvertiseReason;

namespace {

Endpoint at(const char* text) {
    return *Endpoint::parse(text, 0);
}

AdvertiseFacts facts(const char* bind) {
    AdvertiseFacts facts;
    facts.bind = *Endpoint::parse(bind, 7946);
    return facts;
}

net::AdvertiseChoice choose(const AdvertiseFacts& facts) {
    const Result<net::AdvertiseChoice> choice = net::choose_advertise(facts);
    REQUIRE(choice);
    return *choice;
}

}  // namespace

TEST_CASE("what is configured is advertised, in the short form") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.configured = at("192.0.2.1");
    f.default_route_ipv4 = at("10.0.0.5");
    const auto choice = choose(f);
    CHECK(choice.reason == AdvertiseReason::Configured);
    CHECK(choice.endpoint == *Endpoint::parse("192.0.2.1:7946", 0));
    CHECK(choice.endpoint.ip().size() == 4);
    CHECK(choice.warning.empty());
}

TEST_CASE("a configured port differs from the bound one, for whoever forwards it") {
    AdvertiseFacts f = facts("10.0.0.5");
    f.configured = at("192.0.2.1:17946");
    CHECK(choose(f).endpoint.to_string() == "192.0.2.1:17946");
}

TEST_CASE("a wildcard is never advertised") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.configured = at(GENERATE("0.0.0.0", "::", "[::]:7946", "::ffff:0.0.0.0"));
    const Result<net::AdvertiseChoice> choice = net::choose_advertise(f);
    REQUIRE_FALSE(choice);
    CHECK(choice.error().text ==
          "cannot advertise " + f.configured->ip_text() +
              ": it is no address that others could send to (give one of this host, or leave "
              "--advertise out)");
}

TEST_CASE("a specific bind address is advertised, in the short form") {
    AdvertiseFacts f = facts("10.0.0.5:8000");
    f.toward_seeds = {at("10.1.0.5")};
    const auto choice = choose(f);
    CHECK(choice.reason == AdvertiseReason::Bound);
    CHECK(choice.endpoint.to_string() == "10.0.0.5:8000");
    CHECK(choice.endpoint.ip().size() == 4);
}

TEST_CASE("with a wildcard bind the route to the seeds decides, in the reference's long form") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.toward_seeds = {at("10.1.0.5"), at("10.2.0.5")};
    f.default_route_ipv4 = at("192.0.2.9");
    const auto choice = choose(f);
    CHECK(choice.reason == AdvertiseReason::SeedRoute);
    CHECK(choice.endpoint.plain().to_string() == "10.1.0.5:7946");
    CHECK(choice.endpoint.ip().size() == 16);
    CHECK(choice.endpoint == choice.endpoint.mapped());
}

TEST_CASE("without seeds the default route decides, then any interface, then nothing is left") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.own = {at("127.0.0.1"), at("::1"), at("10.3.0.5")};
    SECTION("default route") {
        f.default_route_ipv4 = at("192.0.2.9");
        const auto choice = choose(f);
        CHECK(choice.reason == AdvertiseReason::DefaultRoute);
        CHECK(choice.endpoint.plain().to_string() == "192.0.2.9:7946");
    }
    SECTION("interface") {
        const auto choice = choose(f);
        CHECK(choice.reason == AdvertiseReason::Interface);
        CHECK(choice.endpoint.plain().to_string() == "10.3.0.5:7946");
    }
    SECTION("only loopback") {
        f.own = {at("127.0.0.1"), at("::1")};
        const auto choice = choose(f);
        CHECK(choice.reason == AdvertiseReason::OnlyLoopback);
        CHECK(choice.endpoint.plain().to_string() == "127.0.0.1:7946");
        CHECK(choice.warning ==
              "no address but loopback was found: advertising 127.0.0.1:7946, which other hosts "
              "cannot reach (give --advertise)");
    }
}

TEST_CASE("loopback is not advertised while a seed is elsewhere") {
    AdvertiseFacts f = facts("0.0.0.0");
    // The first seed is this host itself, by its loopback name; the second is another.
    f.toward_seeds = {at("127.0.0.1"), at("10.1.0.5")};
    f.seeds_elsewhere = true;
    CHECK(choose(f).endpoint.plain().to_string() == "10.1.0.5:7946");
    // The other has no route at the moment.
    f.toward_seeds = {at("127.0.0.1")};
    f.default_route_ipv4 = at("192.0.2.9");
    CHECK(choose(f).endpoint.plain().to_string() == "192.0.2.9:7946");
}

TEST_CASE("loopback is advertised when every seed is on this host") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.toward_seeds = {at("127.0.0.1")};
    f.default_route_ipv4 = at("192.0.2.9");
    const auto choice = choose(f);
    CHECK(choice.endpoint.plain().to_string() == "127.0.0.1:7946");
    CHECK(choice.reason == AdvertiseReason::SeedRoute);
    CHECK(choice.warning.empty());
}

TEST_CASE("advertising loopback to other hosts is warned of") {
    AdvertiseFacts f = facts("127.0.0.1");
    f.seeds_elsewhere = true;
    CHECK(choose(f).warning ==
          "advertising the loopback address 127.0.0.1:7946 to other hosts, which cannot reach it "
          "(see --bind and --advertise)");
    f.seeds_elsewhere = false;
    CHECK(choose(f).warning.empty());
}

TEST_CASE("an IPv4 socket advertises no IPv6 address, a dual-stack one does") {
    AdvertiseFacts f = facts("0.0.0.0");
    f.toward_seeds = {at("2001:db8::5")};
    f.default_route_ipv6 = at("2001:db8::5");
    f.default_route_ipv4 = at("192.0.2.9");
    f.seeds_elsewhere = true;
    CHECK(choose(f).endpoint.plain().to_string() == "192.0.2.9:7946");
    f.bind = *Endpoint::parse("::", 7946);
    CHECK(choose(f).endpoint.to_string() == "[2001:db8::5]:7946");
    f.toward_seeds.clear();
    CHECK(choose(f).reason == AdvertiseReason::DefaultRoute);
    CHECK(choose(f).endpoint.to_string() == "[2001:db8::5]:7946");
    f.default_route_ipv6.reset();
    CHECK(choose(f).endpoint.plain().to_string() == "192.0.2.9:7946");
}

TEST_CASE("a running agent moves only for a better reason, or when it must") {
    struct Row {
        AdvertiseReason reason;
        const char* now;
        AdvertiseReason next_reason;
        const char* next;
        bool moves;
    };
    using enum AdvertiseReason;
    // This host has 10.0.0.5 and 10.0.0.6; 10.0.0.4 is gone.
    const std::vector<Endpoint> own{at("127.0.0.1"), at("10.0.0.5"), at("10.0.0.6")};
    const auto row = GENERATE(values<Row>({
        {SeedRoute, "10.0.0.5", SeedRoute, "10.0.0.5", false},
        {SeedRoute, "10.0.0.5", SeedRoute, "10.0.0.6", false},
        {SeedRoute, "10.0.0.5", DefaultRoute, "10.0.0.6", false},
        {DefaultRoute, "10.0.0.5", SeedRoute, "10.0.0.6", true},
        {Interface, "10.0.0.5", DefaultRoute, "10.0.0.6", true},
        {OnlyLoopback, "127.0.0.1", Interface, "10.0.0.6", true},
        {SeedRoute, "10.0.0.4", SeedRoute, "10.0.0.6", true},
        {SeedRoute, "10.0.0.4", Interface, "10.0.0.6", true},
        {SeedRoute, "10.0.0.4", OnlyLoopback, "127.0.0.1", false},
    }));
    CAPTURE(row.now, row.next);
    CHECK(net::worth_moving({at(row.now).mapped(), row.reason, {}},
                            {at(row.next).mapped(), row.next_reason, {}}, own) == row.moves);
}

TEST_CASE("towards loopback this host sends from loopback") {
    const auto source = net::source_toward(at("127.0.0.1:7946"));
    REQUIRE(source);
    CHECK(source->ip_text() == "127.0.0.1");
    CHECK_FALSE(net::source_toward(Endpoint{}));
}

TEST_CASE("this host's own addresses hold loopback") {
    const auto own = net::own_addresses();
    CHECK(std::find(own.begin(), own.end(), at("127.0.0.1")) != own.end());
}
