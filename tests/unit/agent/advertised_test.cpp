#include "agent/advertised.h"

#include <catch2/catch.hpp>

using namespace muster;
using net::AdvertiseReason;

namespace {

Endpoint at(const char* text) {
    return *Endpoint::parse(text, 7946);
}

}  // namespace

TEST_CASE("ourselves are met at every address of this host where we listen, and at no other") {
    struct Row {
        const char* bind;
        const char* advertise;  // "": none
        const char* endpoint;
        bool is_self;
    };
    const auto row = GENERATE(values<Row>({
        {"0.0.0.0", "", "127.0.0.1", true},
        {"0.0.0.0", "", "127.3.4.5", true},
        {"0.0.0.0", "", "::ffff:127.0.0.1", true},
        {"0.0.0.0", "", "127.0.0.1:7947", false},
        {"0.0.0.0", "", "192.0.2.1", false},
        {"127.0.0.1", "", "127.0.0.1", true},
        {"127.0.0.1", "", "127.0.0.2", false},
        {"127.0.0.1", "192.0.2.1:17946", "192.0.2.1:17946", true},
        {"127.0.0.1", "192.0.2.1:17946", "192.0.2.1", false},
    }));
    CAPTURE(row.bind, row.advertise, row.endpoint);
    std::optional<Endpoint> configured;
    if (*row.advertise != '\0')
        configured = at(row.advertise);
    Advertised advertised(at(row.bind), configured);
    REQUIRE(advertised.choose());
    CHECK(advertised.is_self(at(row.endpoint)) == row.is_self);
}

TEST_CASE("a seed that is this very agent does not decide what is advertised") {
    Advertised advertised(at("0.0.0.0"), std::nullopt);
    advertised.set_seeds({at("127.0.0.1")});
    REQUIRE(advertised.choose());
    CHECK(advertised.choice().reason != AdvertiseReason::SeedRoute);
    // Another agent on this host does: that is where it is.
    advertised.set_seeds({at("127.0.0.1:7947")});
    advertised.look_again();
    CHECK(advertised.choice().reason == AdvertiseReason::SeedRoute);
    CHECK(advertised.choice().endpoint == at("127.0.0.1").mapped());
}

TEST_CASE("looking again tells only of a change") {
    Advertised advertised(at("0.0.0.0"), std::nullopt);
    advertised.set_seeds({at("127.0.0.1:7947")});
    REQUIRE(advertised.choose());
    CHECK_FALSE(advertised.look_again());
    advertised.set_seeds({at("127.0.0.2:7947")});
    // The same source address, so the same answer.
    CHECK_FALSE(advertised.look_again());
}

TEST_CASE("the first seed that answers counts, once; who is no seed does not") {
    Advertised advertised(at("0.0.0.0"), std::nullopt);
    advertised.set_seeds({at("127.0.0.1:7947"), at("127.0.0.1:7948")});
    REQUIRE(advertised.choose());
    CHECK_FALSE(advertised.answered(at("127.0.0.1:7949")));
    CHECK(advertised.answered(at("127.0.0.1:7948").mapped()));
    CHECK_FALSE(advertised.answered(at("127.0.0.1:7947")));
}

TEST_CASE("what is configured or bound is not followed") {
    CHECK_FALSE(Advertised(at("127.0.0.1"), std::nullopt).follows());
    CHECK_FALSE(Advertised(at("0.0.0.0"), at("192.0.2.1")).follows());
    CHECK(Advertised(at("0.0.0.0"), std::nullopt).follows());
    Advertised specific(at("127.0.0.1"), std::nullopt);
    specific.set_seeds({at("127.0.0.1:7947")});
    REQUIRE(specific.choose());
    CHECK_FALSE(specific.answered(at("127.0.0.1:7947")));
}
