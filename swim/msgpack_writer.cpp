#include <bit>

#include "swim/assert.h"
#include "swim/msgpack.h"

namespace muster::swim {

namespace {

void append_big_endian(std::uint64_t value, std::size_t width, Bytes& out) {
    for (std::size_t i = width; i-- > 0;) {
        out.push_back(static_cast<char>(value >> (8U * i)));
    }
}

void append_lead(unsigned lead, Bytes& out) {
    out.push_back(static_cast<char>(lead));
}

void write_collection(std::size_t count, unsigned fix, unsigned lead16, Bytes& out) {
    MUSTER_ASSERT(count <= UINT32_MAX);
    if (count < 16) {
        append_lead(fix + static_cast<unsigned>(count), out);
    } else if (count <= UINT16_MAX) {
        append_lead(lead16, out);
        append_big_endian(count, 2, out);
    } else {
        append_lead(lead16 + 1, out);
        append_big_endian(count, 4, out);
    }
}

}  // namespace

void write_map(std::size_t entries, Bytes& out) {
    write_collection(entries, 0x80, 0xDE, out);
}

void write_array(std::size_t elements, Bytes& out) {
    write_collection(elements, 0x90, 0xDC, out);
}

void write_string(BytesView value, Bytes& out) {
    write_string_head(value.size(), out);
    out.append(value);
}

void write_string_head(std::size_t size, Bytes& out) {
    MUSTER_ASSERT(size <= UINT32_MAX);
    if (size < 32) {
        append_lead(0xA0 + static_cast<unsigned>(size), out);
    } else if (size <= UINT16_MAX) {
        append_lead(0xDA, out);
        append_big_endian(size, 2, out);
    } else {
        append_lead(0xDB, out);
        append_big_endian(size, 4, out);
    }
}

void write_bytes_or_nil(BytesView value, Bytes& out) {
    if (value.empty()) {
        write_nil(out);
    } else {
        write_string(value, out);
    }
}

void write_uint(std::uint64_t value, Bytes& out) {
    if (value <= 0x7F) {
        append_lead(static_cast<unsigned>(value), out);
    } else if (value <= 0xFF) {
        append_lead(0xCC, out);
        append_big_endian(value, 1, out);
    } else if (value <= UINT16_MAX) {
        append_lead(0xCD, out);
        append_big_endian(value, 2, out);
    } else if (value <= UINT32_MAX) {
        append_lead(0xCE, out);
        append_big_endian(value, 4, out);
    } else {
        append_lead(0xCF, out);
        append_big_endian(value, 8, out);
    }
}

void write_bool(bool value, Bytes& out) {
    append_lead(value ? 0xC3 : 0xC2, out);
}

void write_double(double value, Bytes& out) {
    append_lead(0xCB, out);
    append_big_endian(std::bit_cast<std::uint64_t>(value), 8, out);
}

void write_nil(Bytes& out) {
    append_lead(0xC0, out);
}

}  // namespace muster::swim
