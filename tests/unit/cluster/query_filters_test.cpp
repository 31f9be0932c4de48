#include "agent/cluster/query_filters.h"

#include <catch2/catch.hpp>

#include "agent/cluster/expression.h"
#include "agent/cluster/query_messages.h"
#include "tests/unit/cluster/support.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

const Tags web{{"role", "web"}, {"dc", "east"}};

bool matches(const std::vector<Bytes>& filters, BytesView name, const Tags& tags) {
    return filters_match({filters.begin(), filters.end()}, name, tags);
}

bool matches(const QueryRequest& wanted, BytesView name, const Tags& tags) {
    return matches(*encode_filters(wanted), name, tags);
}

}  // namespace

TEST_CASE("filters are judged as by the reference") {
    const json& vector = vectors().at("queries");
    const Bytes name = vector.at("local_node");
    Tags tags;
    for (const auto& [tag, value] : vector.at("local_tags").items()) {
        tags[tag] = value.get<std::string>();
    }
    std::size_t checked = 0;
    for (const json& step : vector.at("steps")) {
        if (step.at("filters").is_null()) {
            continue;
        }
        INFO(step.at("case"));
        std::vector<Bytes> filters;
        for (const json& filter : step.at("filters")) {
            filters.push_back(byte_string(filter));
        }
        CHECK(matches(filters, name, tags) == !step.at("delivered").empty());
        ++checked;
    }
    CHECK(checked == 10);
}

TEST_CASE("what is asked for is met by those who are meant, and by no other") {
    const auto wanted = [](std::vector<Bytes> nodes, std::vector<std::pair<Bytes, Bytes>> tags) {
        QueryRequest request;
        request.filter_nodes = std::move(nodes);
        request.filter_tags = std::move(tags);
        return request;
    };
    CHECK(matches(wanted({}, {}), "a", {}));
    CHECK(matches(wanted({"b", "a"}, {}), "a", {}));
    CHECK_FALSE(matches(wanted({"b", "A"}, {}), "a", {}));
    CHECK(matches(wanted({"a"}, {{"role", "^we"}, {"dc", "st$"}}), "a", web));
    CHECK_FALSE(matches(wanted({"a"}, {{"role", "^we"}, {"dc", "we"}}), "a", web));
    CHECK_FALSE(matches(wanted({"b"}, {{"role", "^we"}}), "a", web));
    CHECK(matches(wanted({}, {{"absent", "^$"}}), "a", web));
}

TEST_CASE("filters are written as by the reference: nodes first, then tags") {
    QueryRequest request;
    request.filter_nodes = {"self"};
    request.filter_tags = {{"role", "w.b"}};
    const auto filters = encode_filters(request);
    REQUIRE(filters);
    CHECK(*filters == std::vector<Bytes>{from_hex("0091a473656c66"),
                                         from_hex("0182a445787072a3772e62a3546167a4726f6c65")});
}

TEST_CASE("an expression that nobody could match is refused before it is asked") {
    using Row = std::tuple<Bytes, const char*>;
    const auto [expression, why] = GENERATE(table<Bytes, const char*>({
        Row{"(", "the expression for tag 'role', '(', is not valid: missing ): ("},
        Row{"(\\w)\\1", "invalid escape sequence"},
        Row{Bytes(1025, 'x'), "has 1025 bytes, the limit is 1024"},
        Row{"((x{100}){100}){100}", "is"},
    }));
    QueryRequest request;
    request.filter_tags = {{"role", expression}};
    const auto filters = encode_filters(request);
    REQUIRE_FALSE(filters);
    CHECK(filters.error().text.find(why) != std::string::npos);
}

TEST_CASE("more expressions than a query may cost are for nobody") {
    QueryRequest request;
    request.filter_tags.assign(17, {"role", "web"});
    CHECK(encode_filters(request).error().text ==
          "a query's filters are for at most 16 tags, and these are for 17");
    std::vector<Bytes> filters(16);
    for (Bytes& filter : filters) {
        encode(TagFilter{"role", "web"}, filter);
    }
    CHECK(matches(filters, "a", web));
    filters.push_back(filters.front());
    CHECK_FALSE(matches(filters, "a", web));
}

TEST_CASE("an expression that is slow elsewhere takes no time here") {
    const auto expression = Expression::compile("(a*)*b");
    REQUIRE(expression);
    CHECK_FALSE(expression->matches(Bytes(100000, 'a')));
    CHECK(expression->matches(Bytes(1000, 'a') + "b"));
}
