#include "agent/cluster/mark.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cluster;

TEST_CASE("the mark says who is a musterd, and who of them is drained") {
    struct Given {
        const char* text;
        bool marked, drained;
    };
    const Given given = GENERATE(values<Given>({
        {"1", true, false},
        {"1d", true, true},
        {"1v01234567c89abcdefn3p100", true, false},
        {"1v01234567c89abcdefn3p100d", true, true},
        // A priority is decimal: the `d` of a hexadecimal digit is none of ours.
        {"1v01234567c89abcded", true, false},
        {"1v01234567c89abcdedn3pd", true, false},
        {"1x", true, false},
        {"1dd", true, false},
        {"2d", true, false},
        {"d", true, false},
        {"", false, false},
    }));
    CAPTURE(given.text);
    const Tags tags{{"muster", given.text}, {"role", "web"}};
    CHECK(is_marked(tags) == given.marked);
    CHECK(is_drained(tags) == given.drained);
}

TEST_CASE("an agent of Serf has no mark, and is never drained") {
    CHECK_FALSE(is_marked({{"role", "muster"}}));
    CHECK_FALSE(is_drained({{"role", "1d"}}));
}

TEST_CASE("a mark is read as it was written") {
    const Bytes mark = GENERATE(Bytes("1"), Bytes("1v01234567c89abcdefn3p0"));
    for (const bool drained : {false, true}) {
        const auto meta = encode_own({{"role", "web"}}, mark, drained);
        REQUIRE(meta);
        const Tags tags = decode_tags(*meta);
        CHECK(tags.at("role") == "web");
        CHECK(is_marked(tags));
        CHECK(is_drained(tags) == drained);
    }
}

TEST_CASE("tags that fit beside the mark fit beside that of a drained agent") {
    std::size_t most = 0;
    for (std::size_t size = 480; size < 512; ++size) {
        const Tags tags{{"t", Bytes(size, 'x')}};
        const auto plain = encode_own(tags, plain_mark, /*drained=*/false);
        CHECK(plain.has_value() == encode_own(tags, plain_mark, /*drained=*/true).has_value());
        most = plain ? size : most;
    }
    CHECK(most > 480);
    CHECK(most < 511);
}
