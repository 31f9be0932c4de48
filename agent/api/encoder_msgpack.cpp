#include <bit>
#include <msgpack.hpp>

#include "agent/api/encoder.h"

namespace muster::api {

namespace {

// The sink that msgpack-c packs into.
struct Appender {
    std::string* out;
    // msgpack-c asks for one that is not const:
    // NOLINTNEXTLINE(readability-make-member-function-const)
    void write(const char* bytes, std::size_t size) { out->append(bytes, size); }
};

template <class Pack>
void pack(std::string& out, Pack&& with) {
    Appender appender{&out};
    msgpack::packer<Appender> packer(appender);
    with(packer);
}

std::uint32_t size32(std::size_t size) {
    return static_cast<std::uint32_t>(size);
}

}  // namespace

void MsgpackEncoder::header(const ReplyHeader& header, bool /*body_follows*/) {
    begin_map(2);
    text_field("Error", header.error);
    natural_field("Seq", header.seq);
}

void MsgpackEncoder::begin_map(std::size_t fields) {
    pack(*out_, [&](auto& packer) { packer.pack_map(size32(fields)); });
}

void MsgpackEncoder::begin_list(std::size_t elements) {
    pack(*out_, [&](auto& packer) { packer.pack_array(size32(elements)); });
}

void MsgpackEncoder::text(BytesView value) {
    pack(*out_, [&](auto& packer) {
        packer.pack_str(size32(value.size()));
        packer.pack_str_body(value.data(), size32(value.size()));
    });
}

void MsgpackEncoder::bytes(BytesView value) {
    pack(*out_, [&](auto& packer) {
        packer.pack_bin(size32(value.size()));
        packer.pack_bin_body(value.data(), size32(value.size()));
    });
}

void MsgpackEncoder::text_map(std::span<const Pair> pairs) {
    begin_map(pairs.size());
    for (const auto& [name, value] : pairs) {
        text(name);
        text(value);
    }
}

void MsgpackEncoder::natural(std::uint64_t value) {
    pack(*out_, [&](auto& packer) { packer.pack_uint64(value); });
}

void MsgpackEncoder::integer(std::int64_t value) {
    pack(*out_, [&](auto& packer) { packer.pack_int64(value); });
}

void MsgpackEncoder::real(double value) {
    // By hand: msgpack-c writes a whole number as an integer, and a client's type would change.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    *out_ += '\xcb';
    for (unsigned shift = 64; shift > 0; shift -= 8)
        *out_ += static_cast<char>((bits >> (shift - 8)) & 0xff);
}

void MsgpackEncoder::boolean(bool value) {
    pack(*out_, [&](auto& packer) { value ? packer.pack_true() : packer.pack_false(); });
}

void MsgpackEncoder::nil() {
    pack(*out_, [&](auto& packer) { packer.pack_nil(); });
}

}  // namespace muster::api
