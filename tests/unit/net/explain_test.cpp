#include "agent/net/explain.h"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

std::string bind_text(const char* address, std::errc error) {
    return net::explain_bind(*Endpoint::parse(address, 7946), std::make_error_code(error));
}

std::string dial_text(std::errc error) {
    return net::explain_dial(std::make_error_code(error));
}

}  // namespace

TEST_CASE("a refused bind says what to do") {
    CHECK(bind_text("0.0.0.0", std::errc::address_in_use) ==
          "cannot bind 0.0.0.0:7946: address already in use (is another musterd or serf running? "
          "see --bind)");
    CHECK(bind_text("10.9.9.9", std::errc::address_not_available) ==
          "cannot bind 10.9.9.9:7946: cannot assign requested address (10.9.9.9 is not an address "
          "of this host; see --bind)");
    CHECK(bind_text("10.0.0.1:80", std::errc::permission_denied) ==
          "cannot bind 10.0.0.1:80: permission denied (ports below 1024 need root or "
          "CAP_NET_BIND_SERVICE; see --bind)");
    CHECK(bind_text("::", std::errc::address_family_not_supported) ==
          "cannot bind [::]:7946: address family not supported by protocol (this host has no IPv6; "
          "see --bind)");
    CHECK(bind_text("10.0.0.1", std::errc::no_buffer_space) ==
          "cannot bind 10.0.0.1:7946: no buffer space available (see --bind)");
}

TEST_CASE("a stream that came to nothing says what to look at") {
    CHECK(dial_text(std::errc::connection_refused) ==
          "connection refused (is musterd or serf running there?)");
    CHECK(dial_text(std::errc::host_unreachable) ==
          "no route to host (is the address right, and is there a route to it?)");
    CHECK(dial_text(std::errc::network_unreachable) ==
          "network is unreachable (is the address right, and is there a route to it?)");
    CHECK(dial_text(std::errc::connection_reset) ==
          "the connection was closed without an answer (is its label or its key another?)");
    CHECK(dial_text(std::errc::address_not_available) ==
          "cannot assign requested address (the address that this agent is bound to has gone; see "
          "--bind)");
}
