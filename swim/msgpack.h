// msgpack in the old "raw" profile of the gossip wire: what go-msgpack writes, and all that it
// accepts (docs/protocol/memberlist.md section 2, docs/protocol/serf.md section 1).
//
// A pull reader over bytes and a writer that appends: no tree, no exception, and an allocation only
// for a form that nobody sends (see Scratch). The RPC, which speaks the new profile, uses msgpack-c
// instead (agent/api).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <string>

#include "swim/bytes.h"

namespace muster::swim {

// Owns what a decoded value cannot point at in its input: a byte field that was sent as an array of
// small integers (accepted, never sent by the reference). A list: empty it costs nothing, and its
// elements never move.
using Scratch = std::list<Bytes>;

// Arrays that one scratch takes: an array of a few bytes costs ten times its size in here.
inline constexpr std::size_t max_scratch = 65536;

// ---- writing: each appends the shortest form that the reference would write ----

void write_map(std::size_t entries, Bytes& out);
void write_array(std::size_t elements, Bytes& out);
void write_string(BytesView value, Bytes& out);  // fixraw, raw16, raw32; never str8, never bin
// Only the head of a string whose `size` bytes the caller appends.
void write_string_head(std::size_t size, Bytes& out);
void write_bytes_or_nil(BytesView value, Bytes& out);  // nil when empty
void write_uint(std::uint64_t value, Bytes& out);
void write_bool(bool value, Bytes& out);
void write_double(double value, Bytes& out);
void write_nil(Bytes& out);

// ---- reading ----

enum class MsgpackKind : std::uint8_t {
    Nil,
    False,
    True,
    Unsigned,
    Negative,
    Float32,
    Float64,
    String,
    Binary,
    Array,
    Map,
    Extension,
    Reserved,  // 0xC1: no msgpack at all
};

// The part of a value that says what it is and how long.
struct MsgpackHead {
    MsgpackKind kind = MsgpackKind::Nil;
    bool one_byte = false;  // the value stood in the lead byte itself (fixint, fixraw, ...)
    std::size_t size = 0;   // bytes of the head; those of a scalar are all in it
    // The integer (two's complement), the bits of the float, bytes of string, binary or extension
    // that follow, or elements (entries for a map).
    std::uint64_t number = 0;
};

// The head at the front of `bytes`; false if it is cut off.
bool read_head(BytesView bytes, MsgpackHead& head);

// Finds where one value ends in input that arrives in pieces. Every head is looked at once however
// the pieces fall (but for the last, once per piece), and depth costs nothing.
class MsgpackScanner {
public:
    enum class Progress : std::uint8_t { More, Done, Bad, TooLong };

    // A value of more than `limit` bytes is refused as soon as a length or count in it claims so.
    explicit MsgpackScanner(std::uint64_t limit = std::numeric_limits<std::uint64_t>::max())
        : limit_(limit) {}

    // `bytes` is the input from the value's first byte on, at least as long as in the call before.
    Progress scan(BytesView bytes);
    // Bytes passed over so far: all of the value after Done, all before the bad byte after Bad.
    std::size_t position() const { return position_; }

private:
    std::uint64_t limit_;
    std::size_t position_ = 0;
    std::uint64_t pending_ = 1;  // values still owed, by what was opened so far
};

// Reads one value after the other. Every read_* answers false and leaves the reader failed when the
// bytes are not what was asked for; once failed, it stays so. A nil reads as zero, empty or false
// everywhere.
class MsgpackReader {
public:
    explicit MsgpackReader(BytesView bytes, Scratch& scratch) : bytes_(bytes), scratch_(&scratch) {}

    bool failed() const { return failed_; }
    // The input ended inside a value: more bytes might mend it.
    bool truncated() const { return truncated_; }
    // What was expected and what was found, for a person. REQUIRES: failed()
    std::string reason() const;
    std::size_t consumed() const { return position_; }

    // The struct forms: a map of fields, an array of fields in declared order, or nil (zero
    // entries).
    struct Container {
        bool is_map = false;
        std::size_t entries = 0;
    };
    bool read_container(Container& container);
    bool read_map(std::size_t& entries);
    bool read_array(std::size_t& elements);
    bool read_string(BytesView& value);  // str family or bin
    bool read_bytes(BytesView& value);   // also an array of small integers, copied to the scratch
    bool read_uint(std::uint64_t& value, std::uint64_t max);
    bool read_int(std::int64_t& value);  // any width and signedness that fits
    bool read_bool(bool& value);         // true, false, nil, fixint 0 and 1
    bool read_double(double& value);     // float32, float64, integers
    bool next_is_nil() const;
    // Passes over one value of any kind, however nested; no recursion, no memory.
    bool skip();

private:
    using Kinds = unsigned;  // a bit for each kind
    bool peek(Kinds kinds, const char* expected, MsgpackHead& head);
    bool take_payload(const MsgpackHead& head, const char* expected, BytesView& value);
    bool fail(const char* expected);
    bool cut_off(const char* expected);

    BytesView bytes_;
    Scratch* scratch_;
    std::size_t position_ = 0;  // once failed: of the value that was refused
    bool failed_ = false;
    bool truncated_ = false;
    const char* expected_ = "";
};

}  // namespace muster::swim
