#include "swim/endpoint.h"

#include <catch2/catch.hpp>

#include "tests/unit/swim/vectors.h"

using namespace muster;
using muster::swim::test::from_hex;
using muster::swim::test::to_hex;

namespace {

Endpoint at(const char* text) {
    const auto endpoint = Endpoint::parse(text, 0);
    INFO(text);
    REQUIRE(endpoint);
    return *endpoint;
}

}  // namespace

TEST_CASE("addresses are read with and without a port, and written so that they can be read") {
    const auto [text, written, ip] = GENERATE(table<std::string, std::string, std::string>({
        {"10.0.0.1:8301", "10.0.0.1:8301", "0a000001"},
        {"10.0.0.1", "10.0.0.1:7946", "0a000001"},
        {"0.0.0.0:0", "0.0.0.0:0", "00000000"},
        {"255.255.255.255:65535", "255.255.255.255:65535", "ffffffff"},
        {"::1", "[::1]:7946", "00000000000000000000000000000001"},
        {"[::1]", "[::1]:7946", "00000000000000000000000000000001"},
        {"[::1]:8301", "[::1]:8301", "00000000000000000000000000000001"},
        {"::", "[::]:7946", "00000000000000000000000000000000"},
        {"2001:DB8:0:0::1", "[2001:db8::1]:7946", "20010db8000000000000000000000001"},
        {"::ffff:10.0.0.1", "10.0.0.1:7946", "00000000000000000000ffff0a000001"},
        {"[::ffff:10.0.0.1]:1", "10.0.0.1:1", "00000000000000000000ffff0a000001"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:7946", "ffffffffffffffffffffffffffffffff"},
    }));
    const auto endpoint = Endpoint::parse(text, 7946);
    INFO(text);
    REQUIRE(endpoint);
    CHECK(endpoint->to_string() == written);
    CHECK(to_hex(endpoint->ip()) == ip);
    CHECK(Endpoint::parse(written, 1)->plain() == endpoint->plain());
}

TEST_CASE("what is no address is refused with what was expected") {
    const std::string text = GENERATE(values<std::string>({
        "",
        ":",
        ":7946",
        "host",
        "host:7946",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.1.2",
        "010.0.0.1",
        " 10.0.0.1",
        "10.0.0.1 ",
        "10.0.0.1/8",
        "1:2:3",
        "::1::",
        ":::",
        "[",
        "[]",
        "[]:1",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]7946",
        "[10.0.0.1]:7946",
        "[[::1]]:1",
        "fe80::1%eth0",
        "12345678901234567890123456789012345678901234567890",
    }));
    INFO(text);
    const auto endpoint = Endpoint::parse(text, 7946);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().text ==
          "'" + text +
              "' is not an address (an IP address with or without a port is expected, such as "
              "10.0.0.1, 10.0.0.1:7946, ::1 or [::1]:7946)");
}

TEST_CASE("a zero byte hides nothing") {
    CHECK_FALSE(Endpoint::parse(std::string_view("10.0.0.1\0x", 10), 1));
    CHECK_FALSE(Endpoint::parse(std::string_view("10.0.0.1\0:5", 11), 1));
    CHECK_FALSE(Endpoint::parse(std::string_view("10.0.0.1:5\0", 11), 1));
}

TEST_CASE("what is no port is refused with what was expected") {
    const auto [text, port] = GENERATE(table<std::string, std::string>({
        {"10.0.0.1:", ""},
        {"10.0.0.1:65536", "65536"},
        {"10.0.0.1:99999999999999999999", "99999999999999999999"},
        {"10.0.0.1:-1", "-1"},
        {"10.0.0.1:+1", "+1"},
        {"10.0.0.1: 1", " 1"},
        {"10.0.0.1:1x", "1x"},
        {"[::1]:", ""},
        {"[::1]:http", "http"},
    }));
    const auto endpoint = Endpoint::parse(text, 7946);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().text ==
          "'" + port + "' in '" + text + "' is not a port (a number from 0 to 65535 is expected)");
}

TEST_CASE("an address from the wire has 4 or 16 bytes, and keeps them") {
    for (std::size_t size = 0; size <= 20; ++size) {
        const Bytes ip(size, '\x0A');
        const auto endpoint = Endpoint::from_bytes(ip, 7946);
        CHECK(endpoint.has_value() == (size == 4 || size == 16));
        if (endpoint) {
            CHECK(endpoint->ip() == ip);
            CHECK(endpoint->port() == 7946);
        }
    }
}

TEST_CASE("the two forms of an IPv4 address are one host, but not equal") {
    const Endpoint narrow = at("10.0.0.1:7946");
    const Endpoint wide = *Endpoint::from_bytes(from_hex("00000000000000000000ffff0a000001"), 7946);
    CHECK(narrow != wide);
    CHECK(narrow.same_host(wide));
    CHECK(narrow.mapped() == wide);
    CHECK(wide.plain() == narrow);
    CHECK(wide.mapped() == wide);
    CHECK(narrow.plain() == narrow);
    CHECK(wide.is_ipv4());
    CHECK(wide.to_string() == "10.0.0.1:7946");
    CHECK(wide.ip_text() == "10.0.0.1");

    const Endpoint six = at("[2001:db8::1]:7946");
    CHECK(six.plain() == six);
    CHECK(six.mapped() == six);
    CHECK_FALSE(six.is_ipv4());
    CHECK_FALSE(six.same_host(narrow));
    CHECK(six.ip_text() == "2001:db8::1");
}

TEST_CASE("a port changes what an endpoint is, but not its host") {
    const Endpoint endpoint = at("10.0.0.1:7946");
    CHECK(endpoint.with_port(1) != endpoint);
    CHECK(endpoint.with_port(1).port() == 1);
    CHECK(endpoint.with_port(1).same_host(endpoint));
    CHECK(endpoint.with_port(7946) == endpoint);
}

TEST_CASE("loopback and wildcard addresses are known in either form") {
    const auto [text, loopback, wildcard] = GENERATE(table<std::string, bool, bool>({
        {"127.0.0.1", true, false},
        {"127.255.0.9", true, false},
        {"128.0.0.1", false, false},
        {"::1", true, false},
        {"::2", false, false},
        {"::ffff:127.0.0.1", true, false},
        {"::127.0.0.1", false, false},
        {"0.0.0.0", false, true},
        {"::", false, true},
        {"::ffff:0.0.0.0", false, true},
        {"0.0.0.1", false, false},
        {"10.0.0.1", false, false},
    }));
    INFO(text);
    CHECK(at(text.c_str()).is_loopback() == loopback);
    CHECK(at(text.c_str()).is_wildcard() == wildcard);
}

TEST_CASE("the unspecified endpoint is nowhere") {
    const Endpoint nowhere;
    CHECK(nowhere.is_unspecified());
    CHECK_FALSE(at("0.0.0.0:0").is_unspecified());
    CHECK_FALSE(nowhere.is_wildcard());
    CHECK_FALSE(nowhere.is_loopback());
    CHECK_FALSE(nowhere.is_ipv4());
    CHECK(nowhere.plain() == nowhere);
    CHECK(nowhere.mapped() == nowhere);
    CHECK(nowhere.to_string().empty());
    CHECK(nowhere.ip_text().empty());
}
