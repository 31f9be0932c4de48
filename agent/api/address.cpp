#include "agent/api/address.h"

namespace muster::api {

namespace {

bool is_set(const char* variable) {
    return variable != nullptr && *variable != '\0';
}

}  // namespace

std::string default_socket(const SocketEnvironment& environment) {
    if (is_set(environment.muster_api))
        return environment.muster_api;
    if (!environment.is_root && is_set(environment.xdg_runtime_dir))
        return std::string(environment.xdg_runtime_dir) + "/muster.sock";
    return system_socket;
}

std::vector<std::string> sockets_to_try(const SocketEnvironment& environment) {
    std::vector<std::string> paths{default_socket(environment)};
    if (!is_set(environment.muster_api) && paths.front() != system_socket)
        paths.emplace_back(system_socket);
    return paths;
}

}  // namespace muster::api
