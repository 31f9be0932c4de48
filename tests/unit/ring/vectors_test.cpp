// Against the vectors that another implementation has made, in another language
// (tests/vectors/ring_vectors.py).
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/ring/difference.h"
#include "tests/unit/ring/naive.h"

using namespace muster;
using namespace muster::ring;
using namespace muster::ring::test;
using nlohmann::json;

namespace {

const json& vectors() {
    static const json all = [] {
        std::ifstream file(MUSTER_TEST_VECTORS "/ring.json");
        return json::parse(file);
    }();
    return all;
}

// Calls `check` for each vector of a group; fails if there is none.
template <class Check>
void for_each(const std::string& group, Check check) {
    std::size_t count = 0;
    for (const json& vector : vectors()) {
        const auto name = vector.at("name").get<std::string>();
        if (name.rfind(group + "/", 0) == 0) {
            INFO(name);
            check(vector);
            ++count;
        }
    }
    REQUIRE(count > 0);
}

Bytes bytes_of(const json& said) {
    auto text = said.get<std::string>();
    if (text.rfind("hex:", 0) != 0) {
        return text;
    }
    Bytes bytes;
    for (std::size_t i = 4; i < text.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::uint64_t hex(const json& said) {
    return std::stoull(said.get<std::string>(), nullptr, 16);
}

std::uint64_t decimal(const json& said) {
    return std::stoull(said.get<std::string>());
}

Function function_of(const json& vector) {
    return {static_cast<Algorithm>(vector.value("algorithm", 0)), vector.at("vnodes")};
}

// Members as their tags say them, or as they are.
std::vector<Member> members_of(const json& said) {
    std::vector<Member> members;
    for (const json& each : said) {
        cluster::Tags tags;
        if (!each.value("zone", "").empty()) {
            tags["zone"] = bytes_of(each.at("zone"));
        }
        if (each.contains("weight_tag")) {
            if (!each.at("weight_tag").is_null()) {
                tags["weight"] = bytes_of(each.at("weight_tag"));
            }
        } else {
            tags["weight"] = std::to_string(each.at("weight").get<unsigned>());
        }
        Member member = member_of(bytes_of(each.at("name")), tags, {}, /*drained=*/false);
        CHECK(member.weight == each.at("weight"));
        CHECK(member.bad_weight == each.value("bad_weight", false));
        members.push_back(std::move(member));
    }
    return members;
}

}  // namespace

TEST_CASE("the hash is XXH3 of 64 bits with seed 0") {
    for_each("hash", [](const json& vector) {
        const auto size = vector.at("size").get<unsigned>();
        Bytes bytes;
        for (unsigned i = 0; i < size; ++i) {
            bytes.push_back(static_cast<char>(i * vector.at("multiplier").get<unsigned>() + size));
        }
        CHECK(xxh3_64(bytes) == hex(vector.at("hash")));
    });
}

TEST_CASE("a weight is one to three digits, and at most 100") {
    for_each("weight", [](const json& vector) {
        cluster::Tags tags;
        if (!vector.at("tag").is_null()) {
            tags["weight"] = bytes_of(vector.at("tag"));
        }
        const Member member = member_of("n", tags, {}, /*drained=*/false);
        CHECK(member.weight == vector.at("weight"));
        CHECK(member.bad_weight == vector.at("bad"));
    });
}

TEST_CASE("fingerprint, points, shares and owners are those of the specification") {
    for_each("ring", [](const json& vector) {
        const SharedRing ring = ring_of(function_of(vector), members_of(vector.at("members")));
        CHECK(ring->fingerprint() == hex(vector.at("fingerprint")));
        CHECK(fingerprint_text(ring->fingerprint()) == vector.at("fingerprint"));
        std::vector<std::uint64_t> shares;
        for (const json& share : vector.at("shares")) {
            shares.push_back(decimal(share));
        }
        CHECK(ring->shares() == shares);
        if (vector.contains("points")) {
            const json& points = vector.at("points");
            REQUIRE(ring->points().size() == points.size());
            for (std::size_t i = 0; i < points.size(); ++i) {
                CHECK(ring->points().position(i) == hex(points[i].at("position")));
                CHECK(ring->set().members()[ring->points().rank(i)].name ==
                      bytes_of(points[i].at("name")));
            }
        }
        for (const json& question : vector.at("owners")) {
            const Bytes key = bytes_of(question.at("key"));
            const Wanted wanted{question.at("n"), question.at("distinct_zones")};
            CAPTURE(key, wanted.owners, wanted.distinct_zones);
            std::vector<Bytes> expected;
            for (const json& name : question.at("owners")) {
                expected.push_back(bytes_of(name));
            }
            CHECK(owners(*ring, key, wanted) == expected);
            const std::uint32_t first = ring->owner(key);
            CHECK((first == nobody) == expected.empty());
            if (first != nobody) {
                CHECK(ring->set().members()[first].name == expected.front());
            }
        }
    });
}

TEST_CASE("what moves is what the specification says") {
    for_each("difference", [](const json& vector) {
        const SharedRing before = ring_of(function_of(vector), members_of(vector.at("before")));
        const SharedRing after = ring_of(function_of(vector), members_of(vector.at("after")));
        const Difference found = difference(*before, *after);
        CHECK(found.exact);
        CHECK(found.listed);
        CHECK(found.moved == decimal(vector.at("moved")));
        CHECK(moved_share(*before, *after) == found.moved);
        const auto rank = [](const Ring& ring, const json& name) {
            return name.is_null() ? nobody : ring.set().find(bytes_of(name));
        };
        std::vector<Move> expected;
        for (const json& move : vector.at("moves")) {
            expected.push_back({rank(*before, move.at("from")), rank(*after, move.at("to")),
                                decimal(move.at("share"))});
        }
        CHECK(found.moves == expected);
    });
}
