#include "agent/cluster/user_event.h"

#include <catch2/catch.hpp>

#include "agent/cluster/config.h"

using namespace muster;
using namespace muster::cluster;

namespace {

// Composed of a name and a payload of so many bytes; the error, or "".
std::string refusal(std::size_t name, std::size_t payload, std::size_t limit,
                    LamportTime ltime = 1) {
    const Bytes name_bytes(name, 'n');
    const Bytes payload_bytes(payload, 'p');
    const auto message = compose({true, ltime, name_bytes, payload_bytes}, limit);
    return message ? "" : message.error().text;
}

}  // namespace

TEST_CASE("an event is held to its limits before and after encoding, in the reference's words") {
    using Row = std::tuple<std::size_t, std::size_t, std::size_t, const char*>;
    const auto [name, payload, limit,
                said] = GENERATE(table<std::size_t, std::size_t, std::size_t, const char*>({
        Row{4, 478, 512, ""},
        Row{4, 479, 512, "encoded user event exceeds configured limit of 512 bytes after encoding"},
        Row{4, 508, 512, "encoded user event exceeds configured limit of 512 bytes after encoding"},
        Row{4, 509, 512, "user event exceeds configured limit of 512 bytes before encoding"},
        Row{0, 0, 10, "encoded user event exceeds configured limit of 10 bytes after encoding"},
        Row{4, 9182, 9216, ""},
        Row{4, 9183, 9216,
            "encoded user event exceeds configured limit of 9216 bytes after encoding"},
        Row{4, 9213, 20000, "user event exceeds sane limit of 9216 bytes before encoding"},
        Row{4, 9200, 20000,
            "encoded user event exceeds reasonable limit of 9216 bytes after encoding"},
    }));
    CAPTURE(name, payload, limit);
    CHECK(refusal(name, payload, limit) == said);
}

TEST_CASE("the practical maximum shrinks as the time grows") {
    CHECK(refusal(4, 478, 512, 127).empty());
    CHECK_FALSE(refusal(4, 478, 512, 128).empty());
    CHECK(refusal(4, 470, 512, lamport_end).empty());
    CHECK_FALSE(refusal(4, 471, 512, lamport_end).empty());
}
