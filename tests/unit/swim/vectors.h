// The golden vectors of memberlist (tests/vectors/README.md), as the tests of the wire use them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "swim/bytes.h"
#include "swim/codec.h"
#include "swim/message.h"

namespace muster::swim::test {

struct Vector {
    std::string name;
    Bytes bytes;
    std::string means;  // JSON: what the bytes say
};

// All of tests/vectors/memberlist.json, read once. Fails the test when the file cannot be read.
const std::vector<Vector>& vectors();

// The bytes of one vector. Fails the test when there is none of that name.
Bytes vector_bytes(std::string_view name);

Bytes from_hex(std::string_view hex);
std::string to_hex(BytesView bytes);

// What a value in `means` stands for: "hex:..." bytes, null none, any other string itself.
Bytes bytes_of(const nlohmann::json& value);

// The fields of a message under their names on the wire, byte fields as "hex:...", every optional
// one included.
nlohmann::json fields_of(const Ping& ping);
nlohmann::json fields_of(const IndirectPing& ping);
nlohmann::json fields_of(const Ack& ack);
nlohmann::json fields_of(const Nack& nack);
nlohmann::json fields_of(const Suspect& suspect);
nlohmann::json fields_of(const Alive& alive);
nlohmann::json fields_of(const Dead& dead);
nlohmann::json fields_of(const User& user);
nlohmann::json fields_of(const RemoteError& error);
nlohmann::json fields_of(const NodeState& node);
nlohmann::json fields_of(const PushPullHeader& header);

}  // namespace muster::swim::test
