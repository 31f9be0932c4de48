#include "cli/table.h"

#include <catch2/catch.hpp>

using namespace muster::cli;

TEST_CASE("columns are as wide as their widest cell, the last one is not padded") {
    CHECK(render_table({{"NAME", "STATUS"}, {"a", "alive"}, {"longer-name", "x"}}) ==
          "NAME         STATUS\n"
          "a            alive\n"
          "longer-name  x\n");
}

TEST_CASE("width is counted in characters") {
    CHECK(render_table({{"n\xc3\xb6"
                         "de",
                         "1"},
                        {"abcd", "2"}}) ==
          "n\xc3\xb6"
          "de  1\nabcd  2\n");
}

TEST_CASE("rows may be short, and there may be none") {
    CHECK(render_table({{"a", "b"}, {"long"}}) == "a     b\nlong\n");
    CHECK(render_table({}).empty());
}
