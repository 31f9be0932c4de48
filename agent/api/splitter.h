// Finds the end of the next object in a stream of bytes that has no framing: one msgpack object
// after the other, or one line of JSON after the other.
//
// Not a parser: it only counts. Incremental: each byte is looked at once, however slowly it comes.
// Nothing is allocated for what a header claims, and what cannot fit its limits is refused at the
// header.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"

namespace muster::api {

enum class Framing : std::uint8_t { Msgpack, JsonLines };

// What the first byte that a client sends chooses: `{` or a msgpack map; none for all others.
std::optional<Framing> framing_of(char first);

class Splitter {
public:
    enum class Outcome : std::uint8_t { Whole, More, TooLarge, Malformed };

    Splitter(Framing framing, std::size_t max_bytes, ValueLimits limits);

    // `bytes` begins where the last object ended, and has at least what it had in the last call.
    // After Whole, size() bytes of it are the object; the next call begins the next one. After
    // TooLarge and Malformed the stream cannot be used any more.
    Outcome look(BytesView bytes);
    // REQUIRES: the last call answered Whole.
    std::size_t size() const { return size_; }

private:
    Outcome look_line(BytesView bytes);
    Outcome look_msgpack(BytesView bytes);
    bool value_ended();  // true: it was the outermost one

    Framing framing_;
    std::size_t max_bytes_;
    ValueLimits limits_;
    std::size_t position_ = 0;  // everything before it was looked at
    std::size_t size_ = 0;
    std::size_t claimed_ = 0;          // values seen, and still to come in the open containers
    std::vector<std::uint64_t> open_;  // values still to come in each open container
};

}  // namespace muster::api
