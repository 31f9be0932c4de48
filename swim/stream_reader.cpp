#include "swim/stream_reader.h"

#include "swim/assert.h"

namespace muster::swim {

namespace {

constexpr std::size_t smallest_frame = seal_overhead;

bool is_sealed(char type) {
    return octet(type) == static_cast<std::uint8_t>(MessageType::Encrypt);
}

std::size_t frame_length(BytesView header) {
    std::size_t length = 0;
    for (const char c : header.substr(1)) {
        length = length << 8U | octet(c);
    }
    return length;
}

}  // namespace

StreamReader::Progress StreamReader::feed(Seal& seal, BytesView bytes) {
    if (layer_ == Layer::Failed) {
        return Progress::Failed;
    }
    if (layer_ == Layer::Content) {
        return decoder_.feed(bytes);
    }
    held_ += bytes;
    switch (layer_) {
        case Layer::Label:
            return take_label(seal);
        case Layer::Type:
            return take_type(seal);
        default:
            return take_frame(seal);
    }
}

StreamReader::Progress StreamReader::take_label(Seal& seal) {
    const StreamLabel label = read_stream_label(held_, seal.label());
    if (label.more) {
        return Progress::More;
    }
    if (label.fault) {
        return fail(*label.fault, "the stream carries another label", /*outer=*/false);
    }
    held_.erase(0, label.size);
    layer_ = Layer::Type;
    return take_type(seal);
}

StreamReader::Progress StreamReader::take_type(Seal& seal) {
    if (held_.empty()) {
        return Progress::More;
    }
    if (is_sealed(held_.front()) && seal.has_keys()) {
        layer_ = Layer::Frame;
        return take_frame(seal);
    }
    if (seal.requires_encryption()) {
        return fail(Fault::Decrypt,
                    "the stream is not encrypted, and this agent takes only what is (give the "
                    "other the cluster's keyring)",
                    /*outer=*/true);
    }
    layer_ = Layer::Content;
    const Bytes message = std::move(held_);
    return decoder_.feed(message);
}

StreamReader::Progress StreamReader::take_frame(Seal& seal) {
    if (held_.size() < sealed_stream_header) {
        return Progress::More;
    }
    const BytesView header = BytesView(held_).substr(0, sealed_stream_header);
    const std::size_t length = frame_length(header);
    if (length < smallest_frame || length > max_sealed_stream) {
        return fail(Fault::Decrypt,
                    "the encrypted stream: expected a length of " + std::to_string(smallest_frame) +
                        " to " + std::to_string(max_sealed_stream) + ", found " +
                        std::to_string(length),
                    /*outer=*/true);
    }
    if (held_.size() - sealed_stream_header < length) {
        return Progress::More;
    }
    Bytes message;
    if (!seal.open_stream(header, BytesView(held_).substr(sealed_stream_header, length), message)) {
        return fail(Fault::Decrypt,
                    "the stream is encrypted, with a key that this agent does not have (is the "
                    "keyring of both current?)",
                    /*outer=*/true);
    }
    if (message.empty()) {
        return fail(Fault::Empty, "the encrypted stream: expected a message, found no bytes",
                    /*outer=*/true);
    }
    if (is_sealed(message.front())) {
        return fail(Fault::UnknownType,
                    "the encrypted stream: expected a message, found another encrypted stream",
                    /*outer=*/false);
    }
    Bytes().swap(held_);
    layer_ = Layer::Content;
    const Progress progress = decoder_.feed(message);
    if (progress != Progress::More) {
        return progress;
    }
    return fail(Fault::Body, "the encrypted stream: its message is cut off", /*outer=*/false);
}

StreamReader::Progress StreamReader::fail(Fault fault, std::string detail, bool outer) {
    trouble_ = {fault, std::move(detail), outer};
    Bytes().swap(held_);
    layer_ = Layer::Failed;
    return Progress::Failed;
}

const StreamFault& StreamReader::fault() const {
    return layer_ == Layer::Failed ? trouble_ : decoder_.fault();
}

}  // namespace muster::swim
