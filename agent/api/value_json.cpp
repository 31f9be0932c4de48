#include <nlohmann/json.hpp>

#include "agent/api/value.h"
#include "agent/api/value_builder.h"

namespace muster::api {

namespace {

using Json = nlohmann::json;

// nlohmann's events. Its parser keeps its own stack, so that depth costs no recursion.
class Sax {
public:
    explicit Sax(const ValueLimits& limits) : builder(limits) {}

    bool null() { return builder.put(Value()); }
    bool boolean(bool v) { return builder.put(Value(v)); }
    bool number_integer(std::int64_t v) { return builder.put(Value(v)); }
    bool number_unsigned(std::uint64_t v) { return builder.put(Value(v)); }
    bool number_float(double v, const std::string&) { return builder.put(Value(v)); }
    bool string(std::string& v) { return builder.put(Value(std::move(v))); }
    bool binary(Json::binary_t&) { return false; }
    bool start_object(std::size_t) { return builder.begin_map(); }
    bool key(std::string& v) {
        builder.key(v);
        return true;
    }
    bool end_object() { return builder.end(); }
    bool start_array(std::size_t) { return builder.begin_list(); }
    bool end_array() { return builder.end(); }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
        error_position = position;
        return false;
    }

    ValueBuilder builder;
    std::size_t error_position = 0;
};

}  // namespace

Result<Value> parse_json(std::string_view text, const ValueLimits& limits) {
    Sax sax(limits);
    const bool parsed = Json::sax_parse(text.begin(), text.end(), &sax);
    if (sax.builder.exceeded())
        return Error{"a JSON line that is nested too deep or has too many values"};
    if (!parsed)
        return Error{"not JSON in UTF-8: see byte " + std::to_string(sax.error_position)};
    return sax.builder.take();
}

}  // namespace muster::api
