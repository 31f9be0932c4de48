#include <msgpack.hpp>

#include "agent/api/value.h"
#include "agent/api/value_builder.h"

namespace muster::api {

namespace {

// msgpack-c's events. A false answer stops its parser at once, so that a header's count is never
// trusted with memory.
class Visitor : public msgpack::null_visitor {
public:
    explicit Visitor(const ValueLimits& limits) : builder(limits) {}

    bool visit_nil() { return put(Value()); }
    bool visit_boolean(bool v) { return put(Value(v)); }
    bool visit_positive_integer(std::uint64_t v) { return put(Value(v)); }
    bool visit_negative_integer(std::int64_t v) { return put(Value(v)); }
    bool visit_float32(float v) { return put(Value(static_cast<double>(v))); }
    bool visit_float64(double v) { return put(Value(v)); }
    bool visit_str(const char* v, std::uint32_t size) { return text({v, size}); }
    bool visit_bin(const char* v, std::uint32_t size) { return text({v, size}); }
    bool visit_ext(const char*, std::uint32_t) { return false; }
    bool start_array(std::uint32_t) { return !in_key_ && builder.begin_list(); }
    bool end_array() { return builder.end(); }
    bool start_map(std::uint32_t) { return !in_key_ && builder.begin_map(); }
    bool end_map() { return builder.end(); }
    bool start_map_key() { return in_key_ = true; }
    bool end_map_key() {
        in_key_ = false;
        return true;
    }
    void parse_error(std::size_t, std::size_t) {}
    void insufficient_bytes(std::size_t, std::size_t) {}

    ValueBuilder builder;

private:
    bool put(Value value) { return !in_key_ && builder.put(std::move(value)); }
    bool text(BytesView bytes) {
        if (!in_key_)
            return builder.put(Value(Bytes(bytes)));
        builder.key(bytes);
        return true;
    }

    bool in_key_ = false;
};

}  // namespace

Result<Value> parse_msgpack(BytesView object, const ValueLimits& limits) {
    Visitor visitor(limits);
    std::size_t consumed = 0;
    const bool parsed = msgpack::parse(object.data(), object.size(), consumed, visitor);
    if (visitor.builder.exceeded())
        return Error{"a msgpack object that is nested too deep or has too many values"};
    if (!parsed || consumed != object.size())
        return Error{"not one whole msgpack object with text as keys"};
    return visitor.builder.take();
}

}  // namespace muster::api
