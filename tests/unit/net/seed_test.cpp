#include "agent/net/seed.h"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("a seed is a name or an address, with or without a port") {
    struct Row {
        const char* text;
        const char* host;     // "" for an address
        const char* literal;  // "" for a name
        std::uint16_t port;
    };
    const auto row = GENERATE(values<Row>({
        {"h1", "h1", "", 7946},
        {"h1:8000", "h1", "", 8000},
        {"db-1.example.com:1", "db-1.example.com", "", 1},
        {"under_score", "under_score", "", 7946},
        {"10.0.0.1", "", "10.0.0.1:7946", 7946},
        {"10.0.0.1:65535", "", "10.0.0.1:65535", 65535},
        {"::1", "", "[::1]:7946", 7946},
        {"[2001:db8::1]:8000", "", "[2001:db8::1]:8000", 8000},
        {"n2/10.0.0.2:7946", "", "10.0.0.2:7946", 7946},
        {"n2/h2", "h2", "", 7946},
    }));
    CAPTURE(row.text);
    const Result<net::Seed> seed = net::parse_seed(row.text, 7946);
    REQUIRE(seed);
    CHECK(seed->text == row.text);
    CHECK(seed->host == row.host);
    CHECK(seed->port == row.port);
    CHECK((seed->literal ? seed->literal->to_string() : "") == row.literal);
}

TEST_CASE("what is no seed is refused with what is expected") {
    struct Row {
        const char* text;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"", "'' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"},
        {"n2/", "'n2/' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"},
        {"h 1", "'h 1' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"},
        {"h1:0", "'h1:0' is not a seed: '0' is not a port (1 to 65535)"},
        {"h1:65536", "'h1:65536' is not a seed: '65536' is not a port (1 to 65535)"},
        {"h1:", "'h1:' is not a seed: '' is not a port (1 to 65535)"},
        {"h1:7946x", "'h1:7946x' is not a seed: '7946x' is not a port (1 to 65535)"},
        {"0.0.0.0", "'0.0.0.0' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"},
        {"10.0.0.1:0",
         "'10.0.0.1:0' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"},
    }));
    const Result<net::Seed> seed = net::parse_seed(row.text, 7946);
    REQUIRE_FALSE(seed);
    CHECK(seed.error().text == row.error);
}
