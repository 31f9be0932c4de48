// The captured conversations of tests/vectors/rpc.json, as bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "swim/bytes.h"

namespace muster::api {

struct CapturedConversation {
    std::string id;
    std::string version;        // of the reference that spoke
    std::vector<Bytes> client;  // one msgpack object each
    std::vector<Bytes> server;
    bool server_closed = false;
};

// All of them, of both reference versions where these differ.
const std::vector<CapturedConversation>& captured_conversations();
// Fails the test if there is none.
const CapturedConversation& captured(std::string_view id);

Bytes from_hex(std::string_view hex);
std::string to_hex(BytesView bytes);

}  // namespace muster::api
