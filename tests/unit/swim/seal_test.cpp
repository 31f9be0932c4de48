#include "swim/seal.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::swim;

namespace {

Bytes labelled(BytesView label, BytesView content) {
    Bytes out;
    write_label(label, out);
    return out.append(content);
}

std::string opened(BytesView datagram, BytesView label) {
    const Opened result = open_packet(datagram, label);
    return result.fault ? to_string(*result.fault) : "[" + Bytes(result.content) + "]";
}

std::string stream_label(BytesView first, BytesView label) {
    const StreamLabel result = read_stream_label(first, label);
    if (result.fault) {
        return to_string(*result.fault);
    }
    return result.more ? "more" : std::to_string(result.size);
}

}  // namespace

TEST_CASE("a packet is let in by its own cluster's label only") {
    CHECK(opened("content", "") == "[content]");
    CHECK(opened("", "") == "[]");
    CHECK(opened(labelled("prod", "content"), "prod") == "[content]");
    CHECK(opened(labelled("prod", ""), "prod") == "[]");
    CHECK(opened(labelled(Bytes(255, 'L'), "content"), Bytes(255, 'L')) == "[content]");

    CHECK(opened("content", "prod") == "label");
    CHECK(opened("", "prod") == "label");
    CHECK(opened(labelled("prod", "content"), "") == "label");
    CHECK(opened(labelled("test", "content"), "prod") == "label");
    CHECK(opened(labelled("pro", "content"), "prod") == "label");
    CHECK(opened(labelled("prod2", "content"), "prod") == "label");
}

TEST_CASE("a label header that is broken is refused, with a label and without") {
    const BytesView label = GENERATE(values<BytesView>({"", "prod"}));
    CHECK(opened("\xF4", label) == "label");
    CHECK(opened(BytesView("\xF4\0content", 9), label) == "label");
    CHECK(opened("\xF4\x05prod", label) == "label");
}

TEST_CASE("a header stands before a stream exactly when a label is configured") {
    CHECK(stream_label("", "") == "more");
    CHECK(stream_label("\x06", "") == "0");
    CHECK(stream_label("\xF4", "") == "label");
    CHECK(stream_label("\x06", "prod") == "label");

    const Bytes header = labelled("prod", "");
    CHECK(header == "\xF4\x04prod");
    for (std::size_t size = 0; size < header.size(); ++size) {
        CHECK(stream_label(BytesView(header).substr(0, size), "prod") == "more");
    }
    CHECK(stream_label(header, "prod") == "6");
    CHECK(stream_label(header + "content", "prod") == "6");
}

TEST_CASE("a stranger's stream is refused at the first byte that tells") {
    CHECK(stream_label("\xF4\x05", "prod") == "label");
    CHECK(stream_label(BytesView("\xF4\0", 2), "prod") == "label");
    CHECK(stream_label("\xF4\x04pa", "prod") == "label");
}

TEST_CASE("no label, no header") {
    CHECK(labelled("", "content") == "content");
}
