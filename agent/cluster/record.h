// Reading a msgpack record leniently, with an error that names message and field: what the codecs
// of Serf's messages share (docs/protocol/serf.md section 1.3). Not for others.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "agent/cluster/messages.h"
#include "swim/bytes.h"
#include "swim/msgpack.h"
#include "swim/result.h"

namespace muster::cluster {

enum class MessageType : std::uint8_t;

inline constexpr std::uint64_t any_u64 = std::numeric_limits<std::uint64_t>::max();

// The first thing that went wrong while a message was read.
struct ReadFault {
    BytesView field;
    std::string reason;  // empty: the reader knows
};

// Reads a map as a record: `read_field(key)` reads the value of a key, or skips it. Field names are
// matched exactly, and the last of duplicates wins. A nil is a record without fields.
template <class ReadField>
bool read_record(swim::MsgpackReader& reader, ReadField read_field) {
    std::size_t fields = 0;
    if (!reader.read_map(fields)) {
        return false;
    }
    for (std::size_t i = 0; i < fields; ++i) {
        BytesView key;
        if (!reader.read_string(key) || !read_field(key)) {
            return false;
        }
    }
    return true;
}

// Notes which field is being read, so that an error can name it.
bool in_field(ReadFault& fault, const char* field, bool read);
// Whether a count is within its limit; notes it if not.
bool within(ReadFault& fault, const char* field, std::size_t count, std::size_t limit);

Error message_error(const char* message, const ReadFault& fault, const swim::MsgpackReader& reader);
bool has_type(BytesView message, MessageType type);
Error type_error(const char* message, BytesView bytes);

void write_type(MessageType type, Bytes& out);
void write_field(BytesView key, std::uint64_t value, Bytes& out);
void write_text_field(BytesView key, BytesView value, Bytes& out);

}  // namespace muster::cluster
