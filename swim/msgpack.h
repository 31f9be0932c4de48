// msgpack in the old "raw" profile of the gossip wire: what go-msgpack writes, and all that it
// accepts (docs/protocol/memberlist.md section 2, docs/protocol/serf.md section 1).
//
// A pull reader over bytes and a writer that appends: no tree, no allocation, no exception. The
// RPC, which speaks the new profile, uses msgpack-c instead (agent/api).
#pragma once

#include <cstdint>
#include <optional>

#include "swim/bytes.h"
#include "swim/codec.h"

namespace muster::swim {

// ---- writing: each appends the shortest form that the reference would write ----

void write_map(std::size_t entries, Bytes& out);
void write_array(std::size_t elements, Bytes& out);
void write_string(BytesView value, Bytes& out);  // fixraw, raw16, raw32; never str8, never bin
void write_bytes_or_nil(BytesView value, Bytes& out);  // nil when empty
void write_uint(std::uint64_t value, Bytes& out);
void write_bool(bool value, Bytes& out);
void write_double(double value, Bytes& out);
void write_nil(Bytes& out);

// ---- reading ----

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
    const char* reason() const { return reason_; }
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
    // Passes over one value of any kind, however nested, iteratively and within a depth limit.
    bool skip();

private:
    bool fail(const char* reason);
    bool need(std::size_t count);

    BytesView bytes_;
    Scratch* scratch_;
    std::size_t position_ = 0;
    bool failed_ = false;
    bool truncated_ = false;
    const char* reason_ = "";
};

}  // namespace muster::swim
