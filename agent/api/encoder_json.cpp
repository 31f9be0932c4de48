#include <charconv>
#include <cmath>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "swim/assert.h"

namespace muster::api {

namespace {

template <class Number>
void append_number(Number value, std::string& out) {
    char digits[32];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, result.ptr);
}

}  // namespace

void JsonEncoder::header(const ReplyHeader& header, bool body_follows) {
    *out_ += "{\"Seq\":";
    append_number(header.seq, *out_);
    *out_ += ",\"Error\":";
    append_json_string(header.error, *out_);
    if (!body_follows)
        *out_ += "}\n";
}

// The header has opened the object, so the first field of the body is not its first.
void JsonEncoder::begin_body(std::size_t /*fields*/) {
    depth_ = 1;
    levels_[0] = {.is_map = true, .has_elements = true};
}

void JsonEncoder::end_body() {
    close('}');
    *out_ += '\n';
}

void JsonEncoder::open(char bracket, bool is_map) {
    before_value();
    MUSTER_ASSERT(depth_ < levels_.size());
    *out_ += bracket;
    levels_[depth_++] = {.is_map = is_map, .has_elements = false};
}

void JsonEncoder::close(char bracket) {
    MUSTER_ASSERT(depth_ > 0);
    --depth_;
    *out_ += bracket;
}

void JsonEncoder::separate() {
    if (depth_ == 0)
        return;
    if (levels_[depth_ - 1].has_elements)
        *out_ += ',';
    levels_[depth_ - 1].has_elements = true;
}

void JsonEncoder::before_value() {
    if (depth_ > 0 && !levels_[depth_ - 1].is_map)
        separate();
}

void JsonEncoder::begin_map(std::size_t /*fields*/) {
    open('{', /*is_map=*/true);
}

void JsonEncoder::end_map() {
    close('}');
}

void JsonEncoder::begin_list(std::size_t /*elements*/) {
    open('[', /*is_map=*/false);
}

void JsonEncoder::end_list() {
    close(']');
}

void JsonEncoder::key(std::string_view key) {
    separate();
    append_json_string(key, *out_);
    *out_ += ':';
    key_ = key;
}

// In a list there is no key to put the true bytes under: an element is then only replaced.
void JsonEncoder::text(BytesView value) {
    before_value();
    const bool intact = append_json_string(value, *out_);
    if (intact || depth_ == 0 || !levels_[depth_ - 1].is_map)
        return;
    true_bytes_key();
    *out_ += '"';
    append_base64(value, *out_);
    *out_ += '"';
}

void JsonEncoder::true_bytes_key() {
    separate();
    append_json_string(std::string(key_).append(base64_suffix_), *out_);
    *out_ += ':';
}

void JsonEncoder::bytes(BytesView value) {
    before_value();
    *out_ += '"';
    append_base64(value, *out_);
    *out_ += '"';
}

// Readers of JSON want an address to connect to, not the form in which it was announced.
void JsonEncoder::address(const Endpoint& endpoint) {
    text(endpoint.plain().ip_text());
}

void JsonEncoder::text_map(std::span<const Pair> pairs) {
    bool intact = true;
    before_value();
    *out_ += '{';
    for (const Pair& pair : pairs) {
        if (&pair != &pairs.front())
            *out_ += ',';
        intact = append_json_string(pair.first, *out_) && intact;
        *out_ += ':';
        intact = append_json_string(pair.second, *out_) && intact;
    }
    *out_ += '}';
    if (!intact && depth_ > 0 && levels_[depth_ - 1].is_map)
        true_pairs(pairs);
}

void JsonEncoder::true_pairs(std::span<const Pair> pairs) {
    true_bytes_key();
    bool first = true;
    *out_ += '{';
    for (const auto& [name, value] : pairs) {
        if (is_utf8(name) && is_utf8(value))
            continue;
        *out_ += first ? "\"" : ",\"";
        append_base64(name, *out_);
        *out_ += "\":\"";
        append_base64(value, *out_);
        *out_ += '"';
        first = false;
    }
    *out_ += '}';
}

void JsonEncoder::natural(std::uint64_t value) {
    before_value();
    append_number(value, *out_);
}

void JsonEncoder::integer(std::int64_t value) {
    before_value();
    append_number(value, *out_);
}

void JsonEncoder::real(double value) {
    before_value();
    if (std::isfinite(value))
        append_number(value, *out_);
    else
        *out_ += "null";
}

void JsonEncoder::boolean(bool value) {
    before_value();
    *out_ += value ? "true" : "false";
}

void JsonEncoder::nil() {
    before_value();
    *out_ += "null";
}

}  // namespace muster::api
