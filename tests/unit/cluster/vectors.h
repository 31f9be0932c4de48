// The golden vectors of Serf's gossip layer, tests/vectors/serf.json.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "swim/bytes.h"

namespace muster::cluster::test {

inline const nlohmann::json& vectors() {
    static const nlohmann::json all = [] {
        std::ifstream file(MUSTER_TEST_VECTORS "/serf.json");
        return nlohmann::json::parse(file);
    }();
    return all;
}

inline Bytes from_hex(const std::string& hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

// Integers above 2^53 are decimal strings there.
inline std::uint64_t number(const nlohmann::json& value) {
    return value.is_string() ? std::stoull(value.get<std::string>()) : value.get<std::uint64_t>();
}

// null and {"hex": "..."}.
inline Bytes byte_string(const nlohmann::json& value) {
    return value.is_null() ? Bytes() : from_hex(value.at("hex").get<std::string>());
}

}  // namespace muster::cluster::test
