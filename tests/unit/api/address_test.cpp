#include "agent/api/address.h"

#include <catch2/catch.hpp>

using namespace muster::api;

TEST_CASE("MUSTER_API names the socket for everybody") {
    const SocketEnvironment environment{
        .muster_api = "/tmp/a.sock", .xdg_runtime_dir = "/run/user/7", .is_root = false};
    CHECK(default_socket(environment) == "/tmp/a.sock");
    CHECK(sockets_to_try(environment) == std::vector<std::string>{"/tmp/a.sock"});
}

TEST_CASE("an ordinary user's daemon listens in the user's own directory") {
    CHECK(default_socket({.xdg_runtime_dir = "/run/user/7"}) == "/run/user/7/muster.sock");
    CHECK(default_socket({.muster_api = "", .xdg_runtime_dir = "/run/user/7"}) ==
          "/run/user/7/muster.sock");
}

TEST_CASE("root's daemon, and one without a directory of its own, listens in the system's") {
    CHECK(default_socket({.xdg_runtime_dir = "/run/user/0", .is_root = true}) == system_socket);
    CHECK(default_socket({}) == system_socket);
    CHECK(default_socket({.xdg_runtime_dir = ""}) == system_socket);
}

TEST_CASE("a client of an ordinary user looks for the user's daemon, then for the system's") {
    CHECK(sockets_to_try({.xdg_runtime_dir = "/run/user/7"}) ==
          std::vector<std::string>{"/run/user/7/muster.sock", system_socket});
    CHECK(sockets_to_try({.is_root = true}) == std::vector<std::string>{system_socket});
}
