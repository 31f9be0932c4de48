// One decoded request or reply: a small tree, made from msgpack or from a line of JSON.
//
// Not for what is hot: replies are written without a tree (agent/api/encoder.h). Text and byte
// strings are one kind here, since clients send either for both (docs/protocol/rpc.md section 2.2).
// The parsers take hostile bytes: nothing is allocated for what a header merely claims.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

class Value {
public:
    struct Field;
    using List = std::vector<Value>;
    using Map = std::vector<Field>;  // in the order received; of equal keys the last one counts

    Value() = default;
    explicit Value(bool value);
    explicit Value(std::uint64_t value);
    explicit Value(std::int64_t value);  // one that is not negative becomes the unsigned kind
    explicit Value(double value);
    explicit Value(Bytes value);
    explicit Value(List value);
    explicit Value(Map value);

    bool is_nil() const { return std::holds_alternative<std::monostate>(state_); }
    // Each: null or none if the value is of another kind.
    const bool* boolean() const { return std::get_if<bool>(&state_); }
    const Bytes* text() const { return std::get_if<Bytes>(&state_); }
    const List* list() const { return std::get_if<List>(&state_); }
    const Map* map() const { return std::get_if<Map>(&state_); }
    List* list() { return std::get_if<List>(&state_); }
    Map* map() { return std::get_if<Map>(&state_); }
    std::optional<std::uint64_t> natural() const;  // an integer of any form that is not negative
    std::optional<std::int64_t> integer() const;   // an integer of any form that fits
    std::optional<double> number() const;          // any number

    // The field of a map; null if absent, or if this is no map.
    const Value* find(std::string_view key) const;
    // "text", "a list", ...: for error texts.
    const char* kind_name() const;

private:
    std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, Bytes, List, Map>
        state_;
};

struct Value::Field {
    Bytes key;
    Value value;
};

// Here, since a constructor may have to destroy what it has made: a Field is to be complete.
inline Value::Value(bool value) : state_(value) {}
inline Value::Value(std::uint64_t value) : state_(value) {}
inline Value::Value(double value) : state_(value) {}
inline Value::Value(Bytes value) : state_(std::move(value)) {}
inline Value::Value(List value) : state_(std::move(value)) {}
inline Value::Value(Map value) : state_(std::move(value)) {}

struct ValueLimits {
    std::size_t values = 65536;  // in all, containers included, keys not
    unsigned depth = 16;
};

// Exactly one object and nothing after it. Map keys are text or bytes; extension types are refused.
Result<Value> parse_msgpack(BytesView object, const ValueLimits& limits);
// Exactly one JSON text. Strings are valid UTF-8.
Result<Value> parse_json(std::string_view text, const ValueLimits& limits);

}  // namespace muster::api
