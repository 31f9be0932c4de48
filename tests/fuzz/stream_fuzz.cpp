// Any bytes as a stream: the first says in what pieces the rest arrives. The pieces make no
// difference, and what was said can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "swim/assert.h"
#include "swim/seal.h"
#include "swim/stream.h"
#include "tests/support/rewritten.h"

using namespace muster;
using namespace muster::swim;
using muster::swim::test::rewritten;

namespace {

struct Outcome {
    StreamDecoder::Progress progress = StreamDecoder::Progress::More;
    Bytes said;  // the message, or the fault's words
    bool operator==(const Outcome&) const = default;
};

Outcome decode(BytesView stream, std::size_t piece) {
    StreamDecoder decoder;
    Outcome outcome;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        outcome.progress = decoder.feed(stream.substr(at, piece));
    }
    if (outcome.progress == StreamDecoder::Progress::Done) {
        outcome.said = rewritten(decoder.message());
    } else if (outcome.progress == StreamDecoder::Progress::Failed) {
        outcome.said = to_string(decoder.fault().fault) + decoder.fault().detail;
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::size_t piece = bytes[0] + std::size_t{1};
    BytesView stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const StreamLabel label = read_stream_label(stream, "prod");
    if (!label.fault && !label.more) {
        stream.remove_prefix(label.size);
    }
    if (stream.empty()) {
        return 0;
    }

    const Outcome whole = decode(stream, stream.size());
    MUSTER_ASSERT(decode(stream, piece) == whole);
    if (whole.progress == StreamDecoder::Progress::Done) {
        MUSTER_ASSERT(decode(whole.said, whole.said.size()) == whole);
        Bytes compressed;
        compress_stream(whole.said, compressed);
        MUSTER_ASSERT(decode(compressed, piece) == whole);
    }
    return 0;
}
