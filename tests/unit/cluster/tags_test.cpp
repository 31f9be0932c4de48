#include "agent/cluster/tags.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

Tags tags_of(const json& value) {
    return value.is_null() ? Tags{} : value.get<Tags>();
}

}  // namespace

TEST_CASE("every golden metadata decodes to its tags, and tags encode to it") {
    std::size_t checked = 0;
    for (const json& vector : vectors().at("messages")) {
        if (vector.at("group") != "meta") {
            continue;
        }
        INFO("vector " << vector.at("id"));
        const Bytes meta = from_hex(vector.at("hex"));
        const json& decoded = vector.at("decoded");
        CHECK(decode_tags(meta) == tags_of(decoded.at("decodes_to")));
        // Protocol 2, which carries the role only, is understood and not spoken.
        if (decoded.value("protocol", 2) >= 3 && vector.at("encode_exact")) {
            CHECK(*encode_tags(tags_of(decoded.at("tags"))) == meta);
        }
        ++checked;
    }
    for (const json& vector : vectors().at("live_messages")) {
        if (vector.at("type") == "tags") {
            CHECK(decode_tags(from_hex(vector.at("hex"))) ==
                  tags_of(vector.at("decoded").at("tags")));
            ++checked;
        }
    }
    CHECK(checked == 13);
}

TEST_CASE("tags are read in every form that a reference version accepts") {
    const auto tags = [](const std::string& hex) { return decode_tags(from_hex("ff" + hex)); };
    const Tags a_b = {{"a", "b"}};
    CHECK(tags("81a161a162") == a_b);
    CHECK(tags("de0001a161a162") == a_b);
    CHECK(tags("81c40161a162") == a_b);
    CHECK(tags("81a161c40162") == a_b);
    CHECK(tags("81a161c0") == Tags{{"a", ""}});
    CHECK(tags("82a161a162a161a163") == Tags{{"a", "c"}});
    CHECK(tags("c0").empty());
    CHECK(tags("").empty());
    CHECK(tags("92a161a162").empty());
    CHECK(tags("8105a162").empty());
}

TEST_CASE("tags that were cut off are kept as far as they can be read") {
    const Bytes meta = *encode_tags({{"dc", "east"}, {"role", "web"}, {"zone", "b"}});
    for (std::size_t size = 1; size <= meta.size(); ++size) {
        const std::vector<char> cut(meta.begin(), meta.begin() + static_cast<std::ptrdiff_t>(size));
        const Tags tags = decode_tags(BytesView(cut.data(), cut.size()));
        INFO("cut to " << size);
        CHECK(tags.size() == (size < 10 ? 0U : size < 19 ? 1U : size < 26 ? 2U : 3U));
    }
}

TEST_CASE("tags fit up to the limit, and an error says by how much they do not") {
    // 0xff, the map's byte, the key "k", and three bytes before the value.
    const auto value_of = [](std::size_t size) { return Tags{{"k", Bytes(size - 7, 'v')}}; };
    CHECK(encode_tags(value_of(512))->size() == 512);
    const auto over = encode_tags(value_of(513));
    REQUIRE_FALSE(over);
    CHECK(over.error().text ==
          "Encoded length of tags exceeds limit of 512 bytes by 1: shorten or delete some");
}

TEST_CASE("keys and values are bytes, not text") {
    const Tags tags = {{Bytes("k\0\xfe", 3), Bytes("\0\xff\x80", 3)}, {"", ""}};
    CHECK(decode_tags(*encode_tags(tags)) == tags);
}
