#include "agent/api/time_text.h"

#include <catch2/catch.hpp>

using namespace muster::api;

TEST_CASE("moments are RFC 3339 in UTC, with milliseconds") {
    CHECK(to_rfc3339(0) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(1769829127120000000) == "2026-01-31T03:12:07.120Z");
    CHECK(to_rfc3339(1769829127999999999) == "2026-01-31T03:12:07.999Z");
    CHECK(to_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(951782400000000000) == "2000-02-29T00:00:00.000Z");
}
