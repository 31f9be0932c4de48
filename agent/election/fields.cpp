#include "agent/election/fields.h"

namespace muster::election {

using swim::MsgpackReader;

void encode_value(const bool& value, Bytes& out) {
    swim::write_bool(value, out);
}

bool decode_value(MsgpackReader& reader, bool& value) {
    return reader.read_bool(value);
}

void encode_value(const Bytes& value, Bytes& out) {
    swim::write_string(value, out);
}

bool decode_value(MsgpackReader& reader, Bytes& value) {
    BytesView view;
    if (!reader.read_string(view) || view.size() > max_text) {
        return false;
    }
    value = view;
    return true;
}

namespace {

bool read_tuple(MsgpackReader& reader, std::size_t elements) {
    std::size_t count = 0;
    return reader.read_array(count) && count == elements;
}

}  // namespace

void encode_value(const Key& value, Bytes& out) {
    swim::write_array(2, out);
    encode_value(value.term, out);
    encode_value(value.index, out);
}

bool decode_value(MsgpackReader& reader, Key& value) {
    return read_tuple(reader, 2) && decode_value(reader, value.term) &&
           decode_value(reader, value.index);
}

void encode_value(const Voter& value, Bytes& out) {
    swim::write_array(3, out);
    encode_value(value.name, out);
    encode_value(value.id, out);
    encode_value(value.priority, out);
}

bool decode_value(MsgpackReader& reader, Voter& value) {
    return read_tuple(reader, 3) && decode_value(reader, value.name) &&
           decode_value(reader, value.id) && decode_value(reader, value.priority) &&
           !value.name.empty() && value.name.size() <= max_name && value.id != no_voter;
}

void encode_value(const OnceKey& value, Bytes& out) {
    swim::write_array(2, out);
    encode_value(value.hash, out);
    encode_value(value.expiry, out);
}

bool decode_value(MsgpackReader& reader, OnceKey& value) {
    return read_tuple(reader, 2) && decode_value(reader, value.hash) &&
           decode_value(reader, value.expiry);
}

void FieldWriter::raw(const char* key, BytesView value) {
    swim::write_string(key, body_);
    body_ += value;
    ++entries_;
}

void FieldWriter::rest(BytesView entries, std::uint8_t count) {
    body_ += entries;
    entries_ += count;
}

void FieldWriter::finish(Bytes& out) const {
    swim::write_map(entries_, out);
    out += body_;
}

FieldReader::FieldReader(BytesView map) {
    read(map);
}

void FieldReader::read(BytesView map) {
    swim::Scratch scratch;
    MsgpackReader reader(map, scratch);
    std::size_t fields = 0;
    if (!reader.read_map(fields) || fields > max_fields) {
        return fail("", "not a map of few fields");
    }
    for (std::size_t i = 0; i < fields; ++i) {
        Entry entry;
        const std::size_t begin = reader.consumed();
        if (!reader.read_string(entry.key)) {
            return fail("", "a key is no string");
        }
        const std::size_t middle = reader.consumed();
        if (!reader.skip()) {
            return fail("", "cut off");
        }
        entry.value = map.substr(middle, reader.consumed() - middle);
        entry.both = map.substr(begin, reader.consumed() - begin);
        for (std::size_t other = 0; other < size_; ++other) {
            if (entries_[other].key == entry.key) {
                return fail("", "a key stands twice");
            }
        }
        entries_[size_++] = entry;
    }
    if (reader.consumed() != map.size()) {
        fail("", "bytes after the end");
    }
}

BytesView FieldReader::take(const char* key) {
    for (std::size_t i = 0; i < size_; ++i) {
        if (entries_[i].key == key) {
            entries_[i].taken = true;
            return entries_[i].value;
        }
    }
    return {};
}

bool FieldReader::has(const char* key) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (entries_[i].key == key) {
            return true;
        }
    }
    return false;
}

void FieldReader::rest(Bytes& entries, std::uint8_t& count) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (!entries_[i].taken) {
            entries += entries_[i].both;
            ++count;
        }
    }
}

void FieldReader::fail(const char* key, const char* reason) {
    if (error_.empty()) {
        error_ = *key == '\0' ? reason : std::string("field ") + key + ": " + reason;
    }
}

}  // namespace muster::election
