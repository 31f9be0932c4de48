// Maps of named fields in msgpack, described once for both directions: the description calls a
// FieldWriter or a FieldReader with each key and value in turn, so what is written and what is read
// cannot drift apart. For the election's own bytes (record, durable state, messages); Serf's, which
// others write, are in agent/cluster.
//
// Reading is strict: every field must be there once, of its type, in its range, and nothing may
// follow. Entries that no description names are passed over, or kept by who asks for them.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "agent/election/record.h"
#include "swim/msgpack.h"

namespace muster::election {

inline constexpr std::size_t max_text = 255;
inline constexpr std::size_t max_fields = 32;

// ---- values ----

template <class T>
using IfNumber =
    std::enable_if_t<(std::is_unsigned_v<T> && !std::is_same_v<T, bool>) || std::is_enum_v<T>, int>;

template <class T, IfNumber<T> = 0>
void encode_value(const T& value, Bytes& out) {
    swim::write_uint(static_cast<std::uint64_t>(value), out);
}
template <class T, IfNumber<T> = 0>
bool decode_value(swim::MsgpackReader& reader, T& value) {
    std::uint64_t wide = 0;
    if constexpr (std::is_enum_v<T>) {
        using Base = std::underlying_type_t<T>;
        if (!reader.read_uint(wide, std::numeric_limits<Base>::max())) {
            return false;
        }
    } else if (!reader.read_uint(wide, std::numeric_limits<T>::max())) {
        return false;
    }
    value = static_cast<T>(wide);
    return true;
}

void encode_value(const bool& value, Bytes& out);
bool decode_value(swim::MsgpackReader& reader, bool& value);
void encode_value(const Bytes& value, Bytes& out);
bool decode_value(swim::MsgpackReader& reader, Bytes& value);
void encode_value(const Key& value, Bytes& out);
bool decode_value(swim::MsgpackReader& reader, Key& value);
void encode_value(const Voter& value, Bytes& out);
bool decode_value(swim::MsgpackReader& reader, Voter& value);
void encode_value(const OnceKey& value, Bytes& out);
bool decode_value(swim::MsgpackReader& reader, OnceKey& value);

// At most max_once elements: no list of ours is longer.
template <class T>
void encode_value(const std::vector<T>& values, Bytes& out) {
    swim::write_array(values.size(), out);
    for (const T& value : values) {
        encode_value(value, out);
    }
}
template <class T>
bool decode_value(swim::MsgpackReader& reader, std::vector<T>& values) {
    std::size_t count = 0;
    if (!reader.read_array(count) || count > max_once) {
        return false;
    }
    values.assign(count, T{});
    for (T& value : values) {
        if (!decode_value(reader, value)) {
            return false;
        }
    }
    return true;
}

// ---- maps ----

class FieldWriter {
public:
    template <class T>
    void operator()(const char* key, const T& value) {
        swim::write_string(key, body_);
        encode_value(value, body_);
        ++entries_;
    }
    template <class T>
    void operator()(const char* key, const std::optional<T>& value) {
        if (value) {
            (*this)(key, *value);
        }
    }
    // A value that has been encoded.
    void raw(const char* key, BytesView value);
    // Entries that have been encoded, keys too.
    void rest(BytesView entries, std::uint8_t count);

    void finish(Bytes& out) const;

private:
    Bytes body_;
    std::size_t entries_ = 0;
};

class FieldReader {
public:
    // Keeps views into `map`.
    explicit FieldReader(BytesView map);

    template <class T>
    void operator()(const char* key, T& value) {
        const BytesView bytes = take(key);
        if (bytes.empty()) {
            return fail(key, "missing");
        }
        swim::Scratch scratch;
        swim::MsgpackReader reader(bytes, scratch);
        if (!decode_value(reader, value) || reader.consumed() != bytes.size()) {
            fail(key, "not of its type, or out of range");
        }
    }
    template <class T>
    void operator()(const char* key, std::optional<T>& value) {
        value.reset();
        if (has(key)) {
            (*this)(key, value.emplace());
        }
    }
    // The value as it came; empty when it is not there.
    BytesView take(const char* key);
    bool has(const char* key) const;
    // Entries that were not asked for, as they came.
    void rest(Bytes& entries, std::uint8_t& count) const;
    void fail(const char* key, const char* reason);

    // Empty: all is well.
    const std::string& error() const { return error_; }

private:
    struct Entry {
        BytesView key;
        BytesView value;
        BytesView both;
        bool taken = false;
    };
    void read(BytesView map);

    std::array<Entry, max_fields> entries_{};
    std::size_t size_ = 0;
    std::string error_;
};

}  // namespace muster::election
