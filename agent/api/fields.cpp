#include "agent/api/fields.h"

#include "agent/api/text.h"

namespace muster::api {

namespace {

std::string base64_name(std::string_view field) {
    return std::string(field).append("Base64");
}

}  // namespace

Fields::Fields(const Value& record, std::string_view record_name)
    : record_(&record), record_name_(record_name) {
    if (record.map() == nullptr && !record.is_nil())
        error_ = Error{std::string(record_name) + ": expected a map, found " + record.kind_name()};
}

const Value* Fields::present(std::string_view field) const {
    const Value* value = record_->find(field);
    return value != nullptr && !value->is_nil() ? value : nullptr;
}

bool Fields::has(std::string_view field) const {
    return present(field) != nullptr;
}

void Fields::expected(std::string_view field, const char* what, const Value& found) {
    if (!error_)
        error_ = Error{std::string(record_name_) + ": field " + std::string(field) + ": expected " +
                       what + ", found " + found.kind_name()};
}

Bytes Fields::text(std::string_view field) {
    const std::string base64_field = base64_name(field);
    if (const Value* value = present(base64_field)) {
        if (const Bytes* encoded = value->text()) {
            if (auto bytes = decode_base64(*encoded))
                return *std::move(bytes);
        }
        expected(base64_field, "base64", *value);
        return {};
    }
    const Value* value = present(field);
    if (value == nullptr)
        return {};
    if (const Bytes* bytes = value->text())
        return *bytes;
    expected(field, "text", *value);
    return {};
}

std::uint64_t Fields::natural(std::string_view field) {
    const Value* value = present(field);
    if (value == nullptr)
        return 0;
    if (const auto number = value->natural())
        return *number;
    expected(field, "a number that is not negative", *value);
    return 0;
}

std::int64_t Fields::integer(std::string_view field) {
    const Value* value = present(field);
    if (value == nullptr)
        return 0;
    if (const auto number = value->integer())
        return *number;
    expected(field, "a whole number", *value);
    return 0;
}

double Fields::real(std::string_view field) {
    const Value* value = present(field);
    if (value == nullptr)
        return 0;
    if (const auto number = value->number())
        return *number;
    expected(field, "a number", *value);
    return 0;
}

bool Fields::boolean(std::string_view field) {
    const Value* value = present(field);
    if (value == nullptr)
        return false;
    if (const bool* flag = value->boolean())
        return *flag;
    expected(field, "true or false", *value);
    return false;
}

const Value::List& Fields::list(std::string_view field) {
    static const Value::List none;
    const Value* value = present(field);
    if (value == nullptr)
        return none;
    if (const Value::List* elements = value->list())
        return *elements;
    expected(field, "a list", *value);
    return none;
}

std::vector<Bytes> Fields::texts(std::string_view field) {
    std::vector<Bytes> texts;
    for (const Value& element : list(field)) {
        if (const Bytes* bytes = element.text())
            texts.push_back(*bytes);
        else
            expected(field, "a list of texts", element);
    }
    return texts;
}

TextMap Fields::text_map(std::string_view field) {
    TextMap pairs;
    const Value* value = present(field);
    if (value != nullptr && value->map() == nullptr) {
        expected(field, "a map of texts", *value);
    } else if (value != nullptr) {
        for (const Value::Field& entry : *value->map()) {
            if (const Bytes* bytes = entry.value.text())
                pairs[entry.key] = *bytes;
            else
                expected(field, "a map of texts", entry.value);
        }
    }
    add_true_pairs(field, pairs);
    return pairs;
}

std::map<Bytes, std::uint64_t, std::less<>> Fields::natural_map(std::string_view field) {
    std::map<Bytes, std::uint64_t, std::less<>> numbers;
    const Value* value = present(field);
    if (value != nullptr && value->map() == nullptr) {
        expected(field, "a map of numbers", *value);
    } else if (value != nullptr) {
        for (const Value::Field& entry : *value->map()) {
            if (const auto number = entry.value.natural())
                numbers[entry.key] = *number;
            else
                expected(field, "a map of numbers", entry.value);
        }
    }
    return numbers;
}

// The pairs of the map in base64 stand also in the map itself, garbled: those are dropped.
void Fields::add_true_pairs(std::string_view field, TextMap& pairs) {
    const std::string base64_field = base64_name(field);
    const Value* value = present(base64_field);
    if (value == nullptr)
        return;
    if (value->map() == nullptr)
        return expected(base64_field, "a map of base64", *value);
    for (const Value::Field& entry : *value->map()) {
        auto key = decode_base64(entry.key);
        const Bytes* encoded = entry.value.text();
        auto bytes = encoded != nullptr ? decode_base64(*encoded) : std::nullopt;
        if (!key || !bytes)
            return expected(base64_field, "a map of base64", entry.value);
        Bytes garbled;
        append_utf8(*key, garbled);
        pairs.erase(garbled);
        pairs[*std::move(key)] = *std::move(bytes);
    }
}

}  // namespace muster::api
