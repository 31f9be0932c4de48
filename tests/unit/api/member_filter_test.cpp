#include "agent/api/member_filter.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::api;
using Matching = MemberFilter::Matching;
using Catch::Matchers::Contains;

namespace {

bool name_matches(const Bytes& expression, BytesView name, Matching matching) {
    const auto filter = MemberFilter::compile({.name = expression}, matching);
    REQUIRE(filter);
    return filter->matches(name, "alive", {});
}

}  // namespace

TEST_CASE("Serf anchors without grouping, ours matches as a whole") {
    const auto [expression, name, serf, whole] =
        GENERATE(table<const char*, const char*, bool, bool>({
            {"node-.*", "node-a", true, true},
            {"node", "node-a", false, false},
            {"alive|left", "alive-not", true, false},
            {"alive|left", "not-left", true, false},
            {"alive|left", "left", true, true},
            {"a|b", "c", false, false},
            {"(?i)NODE-A", "node-a", true, true},
            {"", "anything", true, true},
        }));
    CAPTURE(expression, name);
    CHECK(name_matches(expression, name, Matching::Serf) == serf);
    CHECK(name_matches(expression, name, Matching::Whole) == whole);
}

TEST_CASE("a tag's expression always filters, an absent tag is an empty one") {
    const auto matches = [](const cluster::Tags& wanted, const cluster::Tags& tags) {
        return MemberFilter::compile({.tags = wanted}, Matching::Whole)
            ->matches("n", "alive", tags);
    };
    CHECK(matches({{"role", "web|db"}}, {{"role", "db"}}));
    CHECK_FALSE(matches({{"role", "web|db"}}, {{"role", "cache"}}));
    CHECK_FALSE(matches({{"role", "web"}}, {}));
    CHECK(matches({{"role", ""}}, {}));
    CHECK(matches({{"role", ".*"}}, {}));
    CHECK_FALSE(matches({{"role", "web"}, {"dc", "east"}}, {{"role", "web"}}));
}

TEST_CASE("names that are not UTF-8 can be matched, one character a byte") {
    CHECK(name_matches("a.b",
                       "a\xff"
                       "b",
                       Matching::Whole));
    CHECK(name_matches("a..b",
                       "a\xff\xfe"
                       "b",
                       Matching::Whole));
    CHECK_FALSE(name_matches("a.b",
                             "a\xff\xfe"
                             "b",
                             Matching::Whole));
}

TEST_CASE("a wrong expression is an error that names it") {
    const auto error = [](const FilterRequest& request, Matching matching) {
        const auto filter = MemberFilter::compile(request, matching);
        REQUIRE_FALSE(filter);
        return filter.error().text;
    };
    CHECK(error({.status = "("}, Matching::Whole) ==
          "the expression for the status, '(', is not valid: missing ): (");
    CHECK_THAT(error({.tags = {{"ro\x1b"
                                "le",
                                "*"}}},
                     Matching::Whole),
               Contains("tag 'ro\\x1ble', '*', is not valid"));
    CHECK_THAT(error({.name = "a)(b"}, Matching::Whole), Contains("is not valid"));
    CHECK_THAT(error({.name = "[[:bogus:]]"}, Matching::Serf), Contains("is not valid"));
}

TEST_CASE("expressions are limited in length, number and complexity") {
    CHECK(MemberFilter::compile({.name = Bytes(1024, 'a')}, Matching::Serf));
    CHECK(MemberFilter::compile({.name = Bytes(1025, 'a')}, Matching::Serf).error().text ==
          "the expression for the name has 1025 bytes, the limit is 1024");
    CHECK_FALSE(MemberFilter::compile({.name = "((a{100}){100}){100}"}, Matching::Serf));
    CHECK(MemberFilter::compile({.name = "(\\pL{50}){20}"}, Matching::Whole).error().text ==
          "the expression for the name, '(\\pL{50}){20}', is too complex (are there large "
          "repetitions in it?)");
    CHECK(MemberFilter::compile({.name = ".{0,100}\\pL+"}, Matching::Whole));
    FilterRequest many;
    for (int i = 0; i < 17; ++i)
        many.tags["tag" + std::to_string(i)] = "x";
    CHECK(MemberFilter::compile(many, Matching::Serf).error().text ==
          "expressions for 17 tags, the limit is 16");
}

TEST_CASE("an expression that takes others for ever is done at once") {
    CHECK_FALSE(name_matches("(a*)*b", Bytes(10'000, 'a'), Matching::Whole));
    CHECK_FALSE(name_matches("(a|a)*b", Bytes(10'000, 'a'), Matching::Whole));
}
