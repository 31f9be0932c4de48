#include "tests/unit/swim/vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace muster::swim::test {

using nlohmann::json;

namespace {

json hex(BytesView bytes) {
    return "hex:" + to_hex(bytes);
}

json text(BytesView bytes) {
    return std::string(bytes);
}

void add_source(const Source& source, json& fields) {
    fields["SourceAddr"] = hex(source.ip);
    fields["SourcePort"] = source.port;
    fields["SourceNode"] = text(source.node);
}

}  // namespace

const std::vector<Vector>& vectors() {
    static const std::vector<Vector> all = [] {
        const std::string path = MUSTER_TEST_VECTORS "/memberlist.json";
        std::ifstream file(path);
        INFO(path);
        REQUIRE(file);
        std::vector<Vector> read;
        for (const json& vector : json::parse(file)) {
            read.push_back({vector.at("name"), from_hex(vector.at("hex").get<std::string>()),
                            vector.at("means").dump()});
        }
        return read;
    }();
    return all;
}

Bytes vector_bytes(std::string_view name) {
    const auto found = std::find_if(vectors().begin(), vectors().end(),
                                    [name](const Vector& vector) { return vector.name == name; });
    INFO(name);
    REQUIRE(found != vectors().end());
    return found->bytes;
}

Bytes from_hex(std::string_view hex_text) {
    REQUIRE(hex_text.size() % 2 == 0);
    Bytes bytes;
    for (std::size_t i = 0; i < hex_text.size(); i += 2) {
        bytes.push_back(
            static_cast<char>(std::stoi(std::string(hex_text.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

std::string to_hex(BytesView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex_text;
    for (const char c : bytes) {
        hex_text.push_back(digits[octet(c) >> 4U]);
        hex_text.push_back(digits[octet(c) & 15U]);
    }
    return hex_text;
}

Bytes bytes_of(const json& value) {
    if (value.is_null()) {
        return {};
    }
    const auto said = value.get<std::string>();
    return said.starts_with("hex:") ? from_hex(std::string_view(said).substr(4)) : said;
}

json fields_of(const Ping& ping) {
    json fields{{"SeqNo", ping.sequence}, {"Node", text(ping.node)}};
    add_source(ping.source, fields);
    return fields;
}

json fields_of(const IndirectPing& ping) {
    json fields{{"SeqNo", ping.sequence},
                {"Target", hex(ping.target_ip)},
                {"Port", ping.target_port},
                {"Node", text(ping.node)},
                {"Nack", ping.nack}};
    add_source(ping.source, fields);
    return fields;
}

json fields_of(const Ack& ack) {
    return {{"SeqNo", ack.sequence}, {"Payload", hex(ack.payload)}};
}

json fields_of(const Nack& nack) {
    return {{"SeqNo", nack.sequence}};
}

json fields_of(const Suspect& suspect) {
    return {{"Incarnation", suspect.incarnation},
            {"Node", text(suspect.node)},
            {"From", text(suspect.from)}};
}

json fields_of(const Alive& alive) {
    return {{"Incarnation", alive.incarnation},
            {"Node", text(alive.node)},
            {"Addr", hex(alive.ip)},
            {"Port", alive.port},
            {"Meta", hex(alive.meta)},
            {"Vsn", hex(alive.vsn)}};
}

json fields_of(const Dead& dead) {
    return {
        {"Incarnation", dead.incarnation}, {"Node", text(dead.node)}, {"From", text(dead.from)}};
}

json fields_of(const User& user) {
    return {{"payload", hex(user.payload)}};
}

json fields_of(const RemoteError& error) {
    return {{"Error", text(error.text)}};
}

json fields_of(const NodeState& node) {
    return {{"Name", text(node.name)}, {"Addr", hex(node.ip)}, {"Port", node.port},
            {"Meta", hex(node.meta)},  {"State", node.state},  {"Incarnation", node.incarnation},
            {"Vsn", hex(node.vsn)}};
}

json fields_of(const PushPullHeader& header) {
    return {
        {"Join", header.join}, {"Nodes", header.nodes}, {"UserStateLen", header.user_state_size}};
}

}  // namespace muster::swim::test
