#include "cli/moment.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

#include "agent/api/duration.h"

namespace muster::cli {

namespace {

constexpr std::int64_t second = 1'000'000'000;

// Takes fixed pieces from the front of a text.
class Pieces {
public:
    explicit Pieces(std::string_view text) : rest_(text) {}

    // `digits` of them.
    bool number(std::size_t digits, int& out) {
        const std::string_view part = rest_.substr(0, digits);
        const bool all = part.size() == digits && std::all_of(part.begin(), part.end(), [](char c) {
                             return c >= '0' && c <= '9';
                         });
        if (all)
            std::from_chars(part.data(), part.data() + digits, out);
        rest_.remove_prefix(part.size());
        return all;
    }
    bool one_of(std::string_view any) {
        if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos)
            return false;
        taken_ = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }
    char taken() const { return taken_; }
    bool done() const { return rest_.empty(); }
    // Of a second, in nanoseconds.
    bool fraction(std::int64_t& out) {
        std::int64_t unit = second;
        bool any = false;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            unit /= 10;
            out += unit * (rest_.front() - '0');
            rest_.remove_prefix(1);
            any = true;
        }
        return any;
    }

private:
    std::string_view rest_;
    char taken_ = 0;
};

bool read_zone(Pieces& pieces, int& minutes_east) {
    if (pieces.done() || pieces.one_of("Zz"))
        return pieces.done();
    int hours = 0;
    int minutes = 0;
    if (!pieces.one_of("+-"))
        return false;
    const int sign = pieces.taken() == '-' ? -1 : 1;
    if (!pieces.number(2, hours) || !pieces.one_of(":") || !pieces.number(2, minutes))
        return false;
    minutes_east = sign * (60 * hours + minutes);
    return pieces.done() && hours < 24 && minutes < 60;
}

std::optional<std::int64_t> calendar_time(std::string_view text) {
    Pieces pieces(text);
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int seconds = 0;
    std::int64_t fraction = 0;
    int zone = 0;
    if (!pieces.number(4, year) || !pieces.one_of("-") || !pieces.number(2, month) ||
        !pieces.one_of("-") || !pieces.number(2, day) || !pieces.one_of("Tt ") ||
        !pieces.number(2, hour) || !pieces.one_of(":") || !pieces.number(2, minute))
        return std::nullopt;
    if (pieces.one_of(":") &&
        (!pieces.number(2, seconds) || (pieces.one_of(".") && !pieces.fraction(fraction))))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!read_zone(pieces, zone) || !date.ok() || hour > 23 || minute > 59 || seconds > 60 ||
        year < 1970 || year > 2200)
        return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return (((days * 24 + hour) * 60 + minute - zone) * 60 + seconds) * second + fraction;
}

}  // namespace

Result<PastMoment> parse_moment(std::string_view text, std::int64_t now_ns) {
    std::uint64_t seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (!text.empty() && error == std::errc{} && end == text.data() + text.size())
        return PastMoment{.seq = seq, .wall_ns = 0};
    if (const std::optional<std::int64_t> time = calendar_time(text))
        return PastMoment{.seq = std::nullopt, .wall_ns = *time};
    if (const Result<Duration> ago = api::parse_duration(text))
        return PastMoment{.seq = std::nullopt, .wall_ns = now_ns - ago->count()};
    return Error{"'" + std::string(text) +
                 "' is no moment (a change's number; so long ago, as 10m; or a time, as "
                 "2026-01-31T03:12:07Z)"};
}

}  // namespace muster::cli
