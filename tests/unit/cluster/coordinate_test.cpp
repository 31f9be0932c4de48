// Coordinates against what the reference computes: tests/vectors/serf.json, key coordinates. It was
// computed without fused multiply-add, so a relative tolerance of 1e-9 is allowed.
#include "agent/cluster/coordinate.h"

#include <bit>
#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "agent/cluster/vivaldi.h"

using namespace muster;
using namespace muster::cluster;

namespace {

const nlohmann::json& vectors() {
    static const auto parsed = [] {
        std::ifstream file(MUSTER_TEST_VECTORS "/serf.json");
        return nlohmann::json::parse(file);
    }();
    return parsed;
}

double number(const nlohmann::json& value) {
    return std::bit_cast<double>(
        static_cast<std::uint64_t>(std::stoull(value["bits"].get<std::string>(), nullptr, 16)));
}

Coordinate coordinate(const nlohmann::json& value) {
    Coordinate result;
    result.adjustment = number(value["Adjustment"]);
    result.error = number(value["Error"]);
    result.height = number(value["Height"]);
    for (std::size_t i = 0; i < result.vec.size(); ++i) {
        result.vec[i] = number(value["Vec"][i]);
    }
    return result;
}

bool close(double a, double b) {
    return std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

void check_close(const Coordinate& ours, const Coordinate& theirs) {
    CHECK(close(ours.adjustment, theirs.adjustment));
    CHECK(close(ours.error, theirs.error));
    CHECK(close(ours.height, theirs.height));
    for (std::size_t i = 0; i < ours.vec.size(); ++i) {
        CHECK(close(ours.vec[i], theirs.vec[i]));
    }
}

}  // namespace

TEST_CASE("the distance of two coordinates is the reference's") {
    const auto& cases = vectors()["coordinates"]["distance"];
    REQUIRE(cases.size() == 8);
    for (const auto& c : cases) {
        INFO(c["case"]);
        CHECK(distance(coordinate(c["a"]), coordinate(c["b"])).count() ==
              c["rtt_ns"].get<std::int64_t>());
    }
}

TEST_CASE("a push moves a coordinate as the reference's") {
    const auto& cases = vectors()["coordinates"]["apply_force"];
    REQUIRE(cases.size() == 4);
    for (const auto& c : cases) {
        INFO(c["case"]);
        Coordinate moved = coordinate(c["coord"]);
        push(moved, number(c["force"]), coordinate(c["other"]), {});
        check_close(moved, coordinate(c["result"]));
    }
}

TEST_CASE("a sequence of round trips moves our coordinate as the reference's") {
    const auto& sequence = vectors()["coordinates"]["update_sequence"];
    Vivaldi vivaldi(Random(1), coordinate(sequence["start"]));
    REQUIRE(sequence["steps"].size() > 5);
    for (const auto& step : sequence["steps"]) {
        const auto peer = step["node"].get<std::string>();
        REQUIRE(vivaldi.observe(peer, coordinate(sequence["peers"][peer]),
                                Duration(step["rtt_ns"].get<std::int64_t>())));
        check_close(vivaldi.own(), coordinate(step["coord_after"]));
    }
}

TEST_CASE("forty-five round trips end where the reference ends") {
    const auto& run = vectors()["coordinates"]["update_long"];
    Vivaldi vivaldi(Random(1), coordinate(run["start"]));
    for (int i = 0; i < 45; ++i) {
        const std::string peer = i % 3 == 2 ? "p2" : "p1";
        REQUIRE(vivaldi.observe(peer, coordinate(run["peers"][peer]),
                                std::chrono::microseconds(4000 + i * 37 % 11 * 250)));
    }
    check_close(vivaldi.own(), coordinate(run["coord_after"]));
}

TEST_CASE("unusable coordinates and times are refused and change nothing") {
    using namespace std::chrono_literals;
    Vivaldi vivaldi(Random(1));
    const Coordinate before = vivaldi.own();
    Coordinate not_a_number;
    not_a_number.vec[3] = std::numeric_limits<double>::quiet_NaN();
    Coordinate infinite;
    infinite.error = std::numeric_limits<double>::infinity();
    CHECK_FALSE(vivaldi.observe("p", not_a_number, 1ms));
    CHECK_FALSE(vivaldi.observe("p", infinite, 1ms));
    CHECK_FALSE(vivaldi.observe("p", {}, -1ns));
    CHECK_FALSE(vivaldi.observe("p", {}, 10s + 1ns));
    CHECK(vivaldi.own() == before);
    CHECK(vivaldi.observe("p", {}, 10s));
    CHECK(vivaldi.observe("p", {}, 0ns));
}

TEST_CASE("an ack's payload is the reference's, in both directions") {
    std::size_t seen = 0;
    for (const auto& message : vectors()["messages"]) {
        if (message.value("type", "") != "ack-payload") {
            continue;
        }
        INFO(message["id"]);
        ++seen;
        Bytes bytes;
        const auto hex = message["hex"].get<std::string>();
        for (std::size_t i = 0; i < hex.size(); i += 2) {
            bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
        }
        const auto decoded = decode_ack_payload(bytes);
        REQUIRE(decoded);
        const auto& said = message["decoded"];
        CHECK(decoded->adjustment == said["Adjustment"].get<double>());
        CHECK(decoded->error == said["Error"].get<double>());
        CHECK(decoded->height == said["Height"].get<double>());
        for (std::size_t i = 0; i < decoded->vec.size(); ++i) {
            CHECK(decoded->vec[i] == said["Vec"][i].get<double>());
        }
        if (message.value("encode_exact", false)) {
            Bytes again;
            encode_ack_payload(*decoded, again);
            CHECK(again == bytes);
        }
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            CHECK_FALSE(decode_ack_payload(BytesView(bytes).substr(0, cut)));
        }
    }
    CHECK(seen >= 2);
}

TEST_CASE("a payload of another version or of other dimensions is nothing") {
    Bytes payload;
    encode_ack_payload({}, payload);
    Bytes other_version = payload;
    other_version[0] = 2;
    CHECK_FALSE(decode_ack_payload(other_version));
    Bytes other_dimensions = payload;
    other_dimensions[payload.size() - 8 * 9 - 1] = static_cast<char>(0x97);
    CHECK_FALSE(decode_ack_payload(other_dimensions));
}
