#include <string_view>

#include "agent/api/encoder.h"
#include "agent/api/text.h"
#include "agent/api/time_text.h"
#include "cli/render.h"

namespace muster::cli {

namespace {

struct SerfLine {
    std::optional<std::string> level;
    std::string_view text;
};

// "2006/01/02 15:04:05 [LEVEL] text", as a serf agent logs. Its time has no zone: unknown.
SerfLine split_serf_line(std::string_view line) {
    constexpr std::size_t time_size = 20;
    const std::size_t close = line.find("] ");
    if (line.size() < time_size || line[time_size] != '[' || close == std::string_view::npos)
        return {std::nullopt, line};
    std::string level;
    for (const char c : line.substr(time_size + 1, close - time_size - 1))
        level += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return {level, line.substr(close + 2)};
}

std::string lost_text(std::uint64_t count) {
    return std::to_string(count) + " log records were lost: they came faster than they were read";
}

}  // namespace

std::string log_text(const api::ReadLog& record) {
    if (record.lost)
        return "(" + lost_text(*record.lost) + ")\n";
    std::string text;
    if (record.wall_ns)
        text += api::to_rfc3339(*record.wall_ns) + " ";
    if (record.level)
        text += api::printable(*record.level) + " ";
    return text + api::printable(record.text) + "\n";
}

std::string log_json(const api::ReadLog& record) {
    std::string text;
    api::JsonEncoder json(text, true_bytes);
    SerfLine line{record.level, record.text};
    if (!record.level && !record.lost)
        line = split_serf_line(record.text);
    const std::string lost = record.lost ? lost_text(*record.lost) : "";
    json.begin_map(0);
    json.key("time");
    if (record.wall_ns)
        json.text(api::to_rfc3339(*record.wall_ns));
    else
        json.nil();
    json.key("level");
    if (line.level)
        json.text(*line.level);
    else
        json.nil();
    json.text_field("text", record.lost ? std::string_view(lost) : line.text);
    if (record.lost)
        json.natural_field("lost", *record.lost);
    json.end_map();
    return text += '\n';
}

std::string left_json() {
    return "{\"left\":true}\n";
}

std::string version_text() {
    return "muster " MUSTER_VERSION "\n";
}

std::string version_json() {
    return "{\"version\":\"" MUSTER_VERSION "\"}\n";
}

}  // namespace muster::cli
