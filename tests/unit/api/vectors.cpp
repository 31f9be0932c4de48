#include "tests/unit/api/vectors.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace muster::api {

namespace {

using Json = nlohmann::json;

std::vector<Bytes> objects(const Json& list) {
    std::vector<Bytes> bytes;
    for (const Json& object : list)
        bytes.push_back(from_hex(object.at("hex").get<std::string>()));
    return bytes;
}

std::vector<CapturedConversation> load() {
    std::ifstream file(MUSTER_TEST_VECTORS "/rpc.json");
    REQUIRE(file.good());
    const Json vectors = Json::parse(file);
    std::vector<CapturedConversation> conversations;
    for (const char* group : {"exchanges", "protocol_cases"}) {
        for (const Json& entry : vectors.at(group)) {
            for (const char* version : {"v0.9.4", "head"}) {
                if (!entry.contains(version) || !entry[version].is_object())
                    continue;  // "identical"
                const Json& spoken = entry[version];
                conversations.push_back({entry.at("id"), version,
                                         objects(spoken.at("client_to_server")),
                                         objects(spoken.at("server_to_client")),
                                         spoken.value("server_closed_connection", false)});
            }
        }
    }
    return conversations;
}

}  // namespace

const std::vector<CapturedConversation>& captured_conversations() {
    static const std::vector<CapturedConversation> conversations = load();
    return conversations;
}

const CapturedConversation& captured(std::string_view id) {
    for (const CapturedConversation& conversation : captured_conversations()) {
        if (conversation.id == id)
            return conversation;
    }
    FAIL("no captured conversation " << id);
    throw std::logic_error("unreachable");
}

Bytes from_hex(std::string_view hex) {
    Bytes bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
    return bytes;
}

std::string to_hex(BytesView bytes) {
    std::string hex;
    for (const char c : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        hex += digits[octet(c) >> 4];
        hex += digits[octet(c) & 0xf];
    }
    return hex;
}

}  // namespace muster::api
