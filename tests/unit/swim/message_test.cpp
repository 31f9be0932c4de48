#include "swim/message.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::swim;

TEST_CASE("versions are six bytes on the wire, in the reference's order") {
    const Versions versions = Versions::from_bytes("\x01\x05\x02\x02\x05\x04");
    CHECK(versions.protocol_min == 1);
    CHECK(versions.protocol_max == 5);
    CHECK(versions.protocol_current == 2);
    CHECK(versions.delegate_min == 2);
    CHECK(versions.delegate_max == 5);
    CHECK(versions.delegate_current == 4);
    const auto bytes = versions.to_bytes();
    CHECK(BytesView(bytes.data(), bytes.size()) == "\x01\x05\x02\x02\x05\x04");
}

TEST_CASE("missing versions are 0, and more than six are not looked at") {
    CHECK(Versions::from_bytes("") == Versions{});
    CHECK(Versions::from_bytes("\x01\x05\x02") == Versions{1, 5, 2, 0, 0, 0});
    CHECK(Versions::from_bytes("\x01\x05\x02\x02\x05\xFF\x09\x09") == Versions{1, 5, 2, 2, 5, 255});
}
