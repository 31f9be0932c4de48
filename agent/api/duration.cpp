#include "agent/api/duration.h"

#include <cstdint>
#include <limits>

namespace muster::api {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};

// Longest first, as to_string() takes them.
constexpr Unit units[] = {
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
};

const Unit* find_unit(std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name)
            return &unit;
    }
    return nullptr;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// One NUMBER UNIT from the front of `text`, which is shortened by it. Exact: no floating point.
bool take_part(std::string_view& text, std::int64_t& nanoseconds) {
    constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    std::int64_t fraction_scale = 1;
    std::size_t digits = 0;
    std::size_t at = 0;
    for (; at < text.size() && is_digit(text[at]); ++at, ++digits) {
        const std::int64_t digit = text[at] - '0';
        if (whole > (max - digit) / 10)
            return false;
        whole = whole * 10 + digit;
    }
    if (at < text.size() && text[at] == '.') {
        for (++at; at < text.size() && is_digit(text[at]); ++at, ++digits) {
            if (fraction_scale > 100'000)
                return false;  // finer than any unit needs, and the product below must fit
            fraction = fraction * 10 + (text[at] - '0');
            fraction_scale *= 10;
        }
    }
    std::size_t end = at;
    while (end < text.size() && text[end] >= 'a' && text[end] <= 'z')
        ++end;
    const Unit* unit = find_unit(text.substr(at, end - at));
    if (digits == 0 || unit == nullptr || whole > max / unit->nanoseconds)
        return false;
    const std::int64_t scaled = fraction * (unit->nanoseconds / fraction_scale) +
                                fraction * (unit->nanoseconds % fraction_scale) / fraction_scale;
    nanoseconds = whole * unit->nanoseconds;
    if (nanoseconds > max - scaled)
        return false;
    nanoseconds += scaled;
    text.remove_prefix(end);
    return true;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    const Error malformed{"'" + std::string(text) +
                          "' is not a duration (write it like 500ms, 3s, 2m, 1h or 1h30m)"};
    if (text == "0")
        return Duration::zero();
    if (text.empty())
        return malformed;
    Duration total = Duration::zero();
    for (std::string_view rest = text; !rest.empty();) {
        std::int64_t part = 0;
        if (!take_part(rest, part) || Duration(part) > Duration::max() - total)
            return malformed;
        total += Duration(part);
    }
    return total;
}

std::string to_string(Duration duration) {
    std::int64_t rest = duration.count();
    std::string text;
    for (const Unit& unit : units) {
        if (unit.nanoseconds > rest || unit.name == "d")
            continue;
        text += std::to_string(rest / unit.nanoseconds);
        text += unit.name;
        rest %= unit.nanoseconds;
    }
    return text.empty() ? "0s" : text;
}

}  // namespace muster::api
