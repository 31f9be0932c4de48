#include "agent/api/value.h"

#include <algorithm>
#include <limits>

namespace muster::api {

Value::Value(std::int64_t value) {
    if (value < 0)
        state_ = value;
    else
        state_ = static_cast<std::uint64_t>(value);
}

std::optional<std::uint64_t> Value::natural() const {
    if (const auto* value = std::get_if<std::uint64_t>(&state_))
        return *value;
    return std::nullopt;
}

std::optional<std::int64_t> Value::integer() const {
    if (const auto* value = std::get_if<std::int64_t>(&state_))
        return *value;
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (const auto value = natural(); value && *value <= max)
        return static_cast<std::int64_t>(*value);
    return std::nullopt;
}

std::optional<double> Value::number() const {
    if (const auto* value = std::get_if<double>(&state_))
        return *value;
    if (const auto* value = std::get_if<std::int64_t>(&state_))
        return static_cast<double>(*value);
    if (const auto value = natural())
        return static_cast<double>(*value);
    return std::nullopt;
}

const Value* Value::find(std::string_view key) const {
    const Map* fields = map();
    if (fields == nullptr)
        return nullptr;
    const auto last = std::find_if(fields->rbegin(), fields->rend(),
                                   [&](const Field& field) { return field.key == key; });
    return last != fields->rend() ? &last->value : nullptr;
}

const char* Value::kind_name() const {
    static constexpr const char* names[] = {"nothing",    "true or false", "a number", "a number",
                                            "a fraction", "text",          "a list",   "a map"};
    return names[state_.index()];
}

}  // namespace muster::api
