// Writes replies, once for every encoding: a stream of calls, no tree. Three encodings of one set
// of replies: Serf's records exactly, the same with our fields added, and lines of JSON.
//
// An Encoder appends to a string that its caller owns and checks nothing: who writes a record gives
// its fields in bytewise order of their keys, and as many as announced (docs/protocol/rpc.md
// section 2.1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "swim/bytes.h"
#include "swim/endpoint.h"

namespace muster::api {

enum class Encoding : std::uint8_t {
    Serf,      // msgpack, records exactly as Serf's clients expect them
    Extended,  // msgpack, with our fields: for a client that asked for them in its handshake
    Json,      // one object a line, with our fields
};
inline constexpr std::size_t encoding_count = 3;

// What stands before every reply and every record of a stream.
struct ReplyHeader {
    std::uint64_t seq = 0;
    std::string_view error = {};  // empty: done
};

using Pair = std::pair<BytesView, BytesView>;

class Encoder {
public:
    virtual ~Encoder() = default;

    // Whether records carry our fields beside Serf's.
    virtual bool extended() const = 0;

    // A reply is header(h, false), or header(h, true) begin_body(n) ... end_body(). In JSON both
    // are one object on one line. The bytes of a body do not depend on its header.
    virtual void header(const ReplyHeader& header, bool body_follows) = 0;
    virtual void begin_body(std::size_t fields) = 0;
    virtual void end_body() = 0;

    virtual void begin_map(std::size_t fields) = 0;
    virtual void end_map() = 0;
    virtual void begin_list(std::size_t elements) = 0;
    virtual void end_list() = 0;
    // Must stay valid until the field's value was written.
    virtual void key(std::string_view key) = 0;

    // Text by its nature, bytes in truth. JSON replaces what is not UTF-8, and puts the true bytes
    // into a field of its own beside it: base64, under the key with `Base64` after it.
    virtual void text(BytesView value) = 0;
    // Bytes by nature; base64 in JSON.
    virtual void bytes(BytesView value) = 0;
    // Bytes that programs give each other, and that are often text: in JSON as text is. Nothing at
    // all is nil.
    virtual void payload(BytesView value) = 0;
    // An address: its raw bytes, or in JSON its text.
    virtual void address(const Endpoint& endpoint) = 0;
    // A map of text to text. In JSON, pairs that are not UTF-8 stand once more, both sides in
    // base64, in a map beside it.
    virtual void text_map(std::span<const Pair> pairs) = 0;
    virtual void natural(std::uint64_t value) = 0;
    virtual void integer(std::int64_t value) = 0;
    virtual void real(double value) = 0;
    virtual void boolean(bool value) = 0;
    virtual void nil() = 0;

    void text_field(std::string_view name, BytesView value) {
        key(name);
        text(value);
    }
    void texts_field(std::string_view name, std::span<const std::string> values) {
        key(name);
        begin_list(values.size());
        for (const std::string& value : values)
            text(value);
        end_list();
    }
    void natural_field(std::string_view name, std::uint64_t value) {
        key(name);
        natural(value);
    }
    void payload_field(std::string_view name, BytesView value) {
        key(name);
        payload(value);
    }
    void integer_field(std::string_view name, std::int64_t value) {
        key(name);
        integer(value);
    }
    void real_field(std::string_view name, double value) {
        key(name);
        real(value);
    }
    void boolean_field(std::string_view name, bool value) {
        key(name);
        boolean(value);
    }
};

// msgpack in its new profile: str8 and bin allowed, shortest forms.
class MsgpackEncoder final : public Encoder {
public:
    // REQUIRES: `out` outlives the encoder.
    MsgpackEncoder(std::string& out, bool extended) : out_(&out), extended_(extended) {}

    bool extended() const override { return extended_; }
    void header(const ReplyHeader& header, bool body_follows) override;
    void begin_body(std::size_t fields) override { begin_map(fields); }
    void end_body() override {}
    void begin_map(std::size_t fields) override;
    void end_map() override {}
    void begin_list(std::size_t elements) override;
    void end_list() override {}
    void key(std::string_view key) override { text(key); }
    void text(BytesView value) override;
    void bytes(BytesView value) override;
    void payload(BytesView value) override { value.empty() ? nil() : bytes(value); }
    void address(const Endpoint& endpoint) override { bytes(endpoint.ip()); }
    void text_map(std::span<const Pair> pairs) override;
    void natural(std::uint64_t value) override;
    void integer(std::int64_t value) override;
    void real(double value) override;
    void boolean(bool value) override;
    void nil() override;

private:
    std::string* out_;
    bool extended_;
};

// Compact JSON. Also what the cli prints with `--format json`: there without headers, and with
// another suffix for the keys of true bytes.
class JsonEncoder final : public Encoder {
public:
    // REQUIRES: `out` outlives the encoder.
    explicit JsonEncoder(std::string& out, std::string_view base64_suffix = "Base64")
        : out_(&out), base64_suffix_(base64_suffix) {}

    bool extended() const override { return true; }
    void header(const ReplyHeader& header, bool body_follows) override;
    void begin_body(std::size_t fields) override;
    void end_body() override;
    void begin_map(std::size_t fields) override;
    void end_map() override;
    void begin_list(std::size_t elements) override;
    void end_list() override;
    void key(std::string_view key) override;
    void text(BytesView value) override;
    void bytes(BytesView value) override;
    void payload(BytesView value) override { value.empty() ? nil() : text(value); }
    void address(const Endpoint& endpoint) override;
    void text_map(std::span<const Pair> pairs) override;
    void natural(std::uint64_t value) override;
    void integer(std::int64_t value) override;
    void real(double value) override;
    void boolean(bool value) override;
    void nil() override;

private:
    void open(char bracket, bool is_map);
    void close(char bracket);
    void separate();  // before each element of a list, and each key
    void before_value();
    void true_bytes_key();
    void true_pairs(std::span<const Pair> pairs);

    struct Level {
        bool is_map = false;
        bool has_elements = false;
    };
    std::string* out_;
    std::string_view base64_suffix_;
    std::string_view key_;  // of the innermost map, until its value was written
    std::array<Level, 16> levels_{};
    std::size_t depth_ = 0;
};

std::unique_ptr<Encoder> make_encoder(Encoding encoding, std::string& out);

}  // namespace muster::api
