#include "swim/stream.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "swim/assert.h"
#include "swim/lzw.h"
#include "swim/msgpack.h"

namespace muster::swim {

namespace {

// Counts of a header are held against their limits before anything is made of them.
std::string over_limit(const char* field, std::int64_t value, std::size_t limit) {
    if (value >= 0 && static_cast<std::uint64_t>(value) <= limit) {
        return {};
    }
    return std::string(field) + ": expected 0 to " + std::to_string(limit) + ", found " +
           std::to_string(value);
}

}  // namespace

// A stream is a type byte, one msgpack body, and for some types more bodies and raw bytes, as the
// first body says. Bodies are scanned for their ends as bytes come, each byte once; nothing is
// decoded before it is complete, so that views into the buffer are taken only when it has stopped
// moving.
struct StreamDecoder::State {
    enum class Phase : std::uint8_t { Type, Body, Nodes, Raw, Done, Failed };

    Bytes buffer;
    Scratch scratch;
    bool inside_compression = false;

    Phase phase = Phase::Type;
    MessageType type = MessageType::Ping;
    std::size_t position = 0;  // of what is being scanned; all before it is complete
    MsgpackScanner scanner{max_stream_size};
    PushPullHeader header;
    std::size_t nodes_at = 0;
    std::size_t nodes_complete = 0;
    std::size_t raw_size = 0;

    StreamMessage message;
    StreamFault trouble{};

    void advance();
    void fail(Fault fault, std::string detail, bool outer = false);
    bool scan_body(const char* what);
    template <class T>
    std::optional<T> read(BytesView bytes, bool outer = false);

    void take_type();
    void take_body();
    template <class T>
    void take_message(BytesView body);
    void take_push_pull_header(BytesView body);
    void take_user_header(BytesView body);
    void take_nodes();
    void take_raw();
    void take_compressed(BytesView body);
};

void StreamDecoder::State::fail(Fault fault, std::string detail, bool outer) {
    trouble = {fault, std::move(detail), outer};
    phase = Phase::Failed;
}

// Runs the phases for as long as the bytes suffice.
void StreamDecoder::State::advance() {
    Phase before = phase;
    do {
        before = phase;
        switch (phase) {
            case Phase::Type:
                take_type();
                break;
            case Phase::Body:
                take_body();
                break;
            case Phase::Nodes:
                take_nodes();
                break;
            case Phase::Raw:
                take_raw();
                break;
            case Phase::Done:
            case Phase::Failed:
                break;
        }
    } while (phase != before);
}

void StreamDecoder::State::take_type() {
    if (buffer.empty()) {
        return;
    }
    type = static_cast<MessageType>(octet(buffer[0]));
    position = 1;
    switch (type) {
        case MessageType::Ping:
        case MessageType::Ack:
        case MessageType::PushPull:
        case MessageType::User:
        case MessageType::Error:
            phase = Phase::Body;
            return;
        case MessageType::Compress:
            if (!inside_compression) {
                phase = Phase::Body;
                return;
            }
            fail(Fault::Nesting, "compress: expected one level of compression, found two");
            return;
        case MessageType::Encrypt:
            if (!inside_compression) {
                fail(Fault::Decrypt,
                     "the peer encrypts its streams, and this agent has no key (give it the "
                     "cluster's keyring)",
                     /*outer=*/true);
                return;
            }
            break;
        default:
            break;
    }
    fail(Fault::UnknownType,
         "expected the type of a stream message, found " + std::to_string(octet(buffer[0])));
}

// True once the body at `position` is complete.
bool StreamDecoder::State::scan_body(const char* what) {
    switch (scanner.scan(BytesView(buffer).substr(position))) {
        case MsgpackScanner::Progress::Done:
            return true;
        case MsgpackScanner::Progress::More:
            return false;
        case MsgpackScanner::Progress::Bad:
            fail(Fault::Body,
                 std::string(what) + ": expected msgpack, found the reserved byte 0xC1");
            return false;
        case MsgpackScanner::Progress::TooLong:
            fail(Fault::Body, std::string(what) + ": expected a stream of at most " +
                                  std::to_string(max_stream_size) +
                                  " bytes, found a claim of more");
            return false;
    }
    return false;
}

template <class T>
std::optional<T> StreamDecoder::State::read(BytesView bytes, bool outer) {
    MsgpackReader in(bytes, scratch);
    auto body = read_body<T>(in);
    if (!body) {
        fail(Fault::Body, body.error().text, outer);
        return std::nullopt;
    }
    return *std::move(body);
}

void StreamDecoder::State::take_body() {
    if (!scan_body("stream")) {
        return;
    }
    const BytesView body = BytesView(buffer).substr(position, scanner.position());
    position += body.size();
    switch (type) {
        case MessageType::Ping:
            take_message<Ping>(body);
            return;
        case MessageType::Ack:
            take_message<Ack>(body);
            return;
        case MessageType::Error:
            take_message<RemoteError>(body);
            return;
        case MessageType::PushPull:
            take_push_pull_header(body);
            return;
        case MessageType::User:
            take_user_header(body);
            return;
        default:
            MUSTER_ASSERT(type == MessageType::Compress);
            take_compressed(body);
    }
}

template <class T>
void StreamDecoder::State::take_message(BytesView body) {
    if (auto decoded = read<T>(body)) {
        message = *decoded;
        phase = Phase::Done;
    }
}

void StreamDecoder::State::take_push_pull_header(BytesView body) {
    const auto read_header = read<PushPullHeader>(body);
    if (!read_header) {
        return;
    }
    header = *read_header;
    std::string over = over_limit("pushPull Nodes", header.nodes, max_push_pull_nodes);
    if (over.empty()) {
        over = over_limit("pushPull UserStateLen", header.user_state_size, max_user_state);
    }
    if (!over.empty()) {
        fail(Fault::Body, std::move(over));
        return;
    }
    raw_size = static_cast<std::size_t>(header.user_state_size);
    nodes_at = position;
    scanner = MsgpackScanner(max_stream_size);
    phase = Phase::Nodes;
}

void StreamDecoder::State::take_user_header(BytesView body) {
    const auto read_header = read<StreamUserHeader>(body);
    if (!read_header) {
        return;
    }
    std::string over = over_limit("user UserMsgLen", read_header->size, max_stream_user);
    if (!over.empty()) {
        fail(Fault::Body, std::move(over));
        return;
    }
    raw_size = static_cast<std::size_t>(read_header->size);
    phase = Phase::Raw;
}

void StreamDecoder::State::take_nodes() {
    while (nodes_complete < static_cast<std::size_t>(header.nodes)) {
        if (!scan_body("node state")) {
            return;
        }
        position += scanner.position();
        scanner = MsgpackScanner(max_stream_size);
        ++nodes_complete;
    }
    phase = Phase::Raw;
}

void StreamDecoder::State::take_raw() {
    if (buffer.size() - position < raw_size) {
        return;
    }
    const BytesView raw = BytesView(buffer).substr(position, raw_size);
    if (type == MessageType::User) {
        message = User{raw};
        phase = Phase::Done;
        return;
    }
    // All states have been seen to be there: their number is no longer just a claim.
    PushPull exchange{header.join, {}, raw};
    exchange.nodes.reserve(nodes_complete);
    MsgpackReader in(BytesView(buffer).substr(nodes_at, position - nodes_at), scratch);
    for (std::size_t i = 0; i < nodes_complete; ++i) {
        auto node = read_body<NodeState>(in);
        if (!node) {
            fail(Fault::Body, "pushPull: of " + std::to_string(nodes_complete) + " nodes number " +
                                  std::to_string(i + 1) + ": " + node.error().text);
            return;
        }
        exchange.nodes.push_back(*node);
    }
    message = std::move(exchange);
    phase = Phase::Done;
}

void StreamDecoder::State::take_compressed(BytesView body) {
    const auto compressed = read<CompressBody>(body, /*outer=*/true);
    if (!compressed) {
        return;
    }
    if (compressed->algorithm != lzw_algorithm) {
        fail(Fault::Compression,
             "compress Algo: expected 0, found " + std::to_string(compressed->algorithm),
             /*outer=*/true);
        return;
    }
    Bytes plaintext;
    const auto size = lzw_decompress(compressed->buffer, max_decompressed, plaintext);
    if (!size) {
        fail(Fault::Compression, "compress Buf: " + size.error().text, /*outer=*/true);
        return;
    }
    if (*size == 0) {
        fail(Fault::Empty, "compress Buf: expected a message, found no bytes", /*outer=*/true);
        return;
    }
    // From here on the plaintext is the stream, and no more of it will come.
    buffer = std::move(plaintext);
    scratch.clear();
    scanner = MsgpackScanner(max_stream_size);
    position = 0;
    inside_compression = true;
    phase = Phase::Type;
    advance();
    if (phase != Phase::Done && phase != Phase::Failed) {
        fail(Fault::Body, "stream: the compressed message is cut off");
    }
}

StreamDecoder::StreamDecoder() : state_(std::make_unique<State>()) {}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

StreamDecoder::Progress StreamDecoder::feed(BytesView bytes) {
    State& state = *state_;
    if (state.phase != State::Phase::Done && state.phase != State::Phase::Failed) {
        state.buffer.append(bytes);
        state.advance();
        if (state.phase != State::Phase::Done && state.phase != State::Phase::Failed &&
            state.buffer.size() > max_stream_size) {
            state.fail(Fault::Body, "stream: expected at most " + std::to_string(max_stream_size) +
                                        " bytes, found more");
        }
    }
    if (state.phase == State::Phase::Done) {
        return Progress::Done;
    }
    return state.phase == State::Phase::Failed ? Progress::Failed : Progress::More;
}

const StreamMessage& StreamDecoder::message() const {
    MUSTER_ASSERT(state_->phase == State::Phase::Done);
    return state_->message;
}

const StreamFault& StreamDecoder::fault() const {
    MUSTER_ASSERT(state_->phase == State::Phase::Failed);
    return state_->trouble;
}

void compress_stream(BytesView message, Bytes& out) {
    // The header says how long the stream is, and stands before it: so it is moved there.
    const std::size_t start = out.size();
    lzw_compress(message, out);
    Bytes header;
    encode_compress_header(out.size() - start, header);
    out.insert(start, header);
}

}  // namespace muster::swim
