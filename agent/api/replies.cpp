#include "agent/api/replies.h"

#include <ctime>

#include "agent/api/text.h"

namespace muster::api {

namespace {

std::vector<Pair> pairs_of(const std::map<std::string, std::string>& map) {
    return {map.begin(), map.end()};
}

void write_tag_pairs(Encoder& encoder, const cluster::Tags& tags) {
    const std::vector<Pair> pairs(tags.begin(), tags.end());
    encoder.key("Tags");
    encoder.text_map(pairs);
}

void integer_or_nil(Encoder& encoder, std::string_view key,
                    const std::optional<std::int64_t>& number) {
    encoder.key(key);
    if (number)
        encoder.integer(*number);
    else
        encoder.nil();
}

void write_member(Encoder& encoder, const MemberRecord& member) {
    const swim::Versions& versions = member.versions;
    const bool extended = encoder.extended();
    encoder.begin_map(extended ? 16 : 11);
    encoder.key("Addr");
    encoder.address(member.endpoint);
    encoder.natural_field("DelegateCur", versions.delegate_current);
    encoder.natural_field("DelegateMax", versions.delegate_max);
    encoder.natural_field("DelegateMin", versions.delegate_min);
    if (extended) {
        integer_or_nil(encoder, "HeldOut", member.held_until_ns);
        encoder.natural_field("Incarnation", member.incarnation);
    }
    encoder.text_field("Name", member.name);
    encoder.natural_field("Port", member.endpoint.port());
    encoder.natural_field("ProtocolCur", versions.protocol_current);
    encoder.natural_field("ProtocolMax", versions.protocol_max);
    encoder.natural_field("ProtocolMin", versions.protocol_min);
    if (extended) {
        encoder.boolean_field("Self", member.self);
        integer_or_nil(encoder, "Since", member.since_ns);
    }
    encoder.text_field("Status", cluster::to_string(member.status));
    if (extended)
        encoder.boolean_field("Suspect", member.suspect);
    write_tag_pairs(encoder, cluster::decode_tags(member.tags));
    encoder.end_map();
}

void write_cause(Encoder& encoder, const swim::Cause& cause) {
    encoder.key("Cause");
    encoder.begin_map(3);
    encoder.text_field("By", cause.by);
    encoder.text_field("Kind", swim::to_string(cause.kind));
    encoder.key("Others");
    encoder.begin_list(cause.others.size());
    for (const Bytes& other : cause.others)
        encoder.text(other);
    encoder.end_list();
    encoder.end_map();
}

// A line as Serf's agent logs it: local time, level, text.
std::string serf_log_line(const LogRecord& record) {
    static constexpr const char* marks[] = {"[TRACE]", "[DEBUG]", "[INFO]", "[WARN]", "[ERR]"};
    const auto seconds = static_cast<std::time_t>(record.wall_ns / 1'000'000'000);
    std::tm local{};
    localtime_r(&seconds, &local);
    char time[32];
    const std::size_t size = std::strftime(time, sizeof time, "%Y/%m/%d %H:%M:%S ", &local);
    std::string line(time, size);
    line += marks[static_cast<int>(record.level)];
    line += ' ';
    return line += printable(record.text);
}

}  // namespace

void write_members(Encoder& encoder, std::span<const MemberRecord> members, std::uint64_t index) {
    encoder.begin_body(encoder.extended() ? 2 : 1);
    if (encoder.extended())
        encoder.natural_field("Index", index);
    encoder.key("Members");
    encoder.begin_list(members.size());
    for (const MemberRecord& member : members)
        write_member(encoder, member);
    encoder.end_list();
    encoder.end_body();
}

void write_handshake(Encoder& encoder, std::uint64_t seq, bool grants_extended) {
    if (!grants_extended)
        return encoder.header({.seq = seq}, /*body_follows=*/false);
    encoder.begin_map(3);
    encoder.text_field("Error", "");
    encoder.boolean_field("Extended", true);
    encoder.natural_field("Seq", seq);
    encoder.end_map();
}

void write_joined(Encoder& encoder, const JoinOutcome& outcome) {
    encoder.begin_body(encoder.extended() ? 2 : 1);
    if (encoder.extended()) {
        encoder.key("Failed");
        encoder.begin_list(outcome.failed.size());
        for (const JoinFailure& failure : outcome.failed) {
            encoder.begin_map(2);
            encoder.text_field("Error", failure.error);
            encoder.text_field("Seed", failure.seed);
            encoder.end_map();
        }
        encoder.end_list();
    }
    encoder.natural_field("Num", outcome.joined);
    encoder.end_body();
}

std::string join_error(const JoinOutcome& outcome, bool extended) {
    if (outcome.joined > 0 || outcome.failed.empty())
        return {};
    const std::string count = std::to_string(outcome.failed.size());
    if (extended) {
        std::string text = "no member was reached: ";
        for (const JoinFailure& failure : outcome.failed)
            text += (&failure == &outcome.failed.front() ? "" : "; ") + failure.seed + ": " +
                    failure.error;
        return text;
    }
    std::string text =
        outcome.failed.size() == 1 ? "1 error occurred:\n" : count + " errors occurred:\n";
    for (const JoinFailure& failure : outcome.failed)
        text += "\t* Failed to join " + failure.seed + ": " + failure.error + "\n";
    return text += "\n";
}

void write_stats(Encoder& encoder, const Stats& stats, std::span<const std::string> warnings,
                 std::uint64_t index) {
    const bool extended = encoder.extended();
    encoder.begin_body(stats.size() + (extended ? 2 : 0));
    if (extended) {
        encoder.natural_field("Index", index);
        encoder.key("Warnings");
        encoder.begin_list(warnings.size());
        for (const std::string& warning : warnings)
            encoder.text(warning);
        encoder.end_list();
    }
    for (const auto& [section, values] : stats) {
        encoder.key(section);
        encoder.text_map(pairs_of(values));
    }
    encoder.end_body();
}

void write_tags(Encoder& encoder, const cluster::Tags& tags, std::uint64_t index) {
    encoder.begin_body(2);
    encoder.natural_field("Index", index);
    write_tag_pairs(encoder, tags);
    encoder.end_body();
}

void write_event(Encoder& encoder, const MemberEvent& event, std::int64_t wall_ns, bool self) {
    const bool extended = encoder.extended();
    encoder.begin_body(extended ? 6 : 2);
    if (extended)
        write_cause(encoder, event.cause);
    encoder.text_field("Event", to_string(event.kind));
    if (extended) {
        encoder.text_field("From", cluster::to_string(event.from));
        encoder.natural_field("Index", event.index);
    }
    encoder.key("Members");
    encoder.begin_list(1);
    write_member(encoder, {.name = event.name,
                           .endpoint = event.endpoint,
                           .tags = event.tags,
                           .versions = event.versions,
                           // A member that is forgotten is shown as it last was, as Serf does.
                           .status = event.kind == MemberEvent::Kind::Reap ? event.from : event.to,
                           .suspect = event.kind == MemberEvent::Kind::Suspect,
                           .incarnation = event.incarnation,
                           .since_ns = std::nullopt,
                           .self = self,
                           .held_until_ns = std::nullopt});
    encoder.end_list();
    if (extended) {
        encoder.key("Time");
        encoder.integer(wall_ns);
    }
    encoder.end_body();
}

void write_log(Encoder& encoder, const LogRecord& record) {
    if (!encoder.extended()) {
        encoder.begin_body(1);
        encoder.text_field("Log", serf_log_line(record));
        return encoder.end_body();
    }
    encoder.begin_body(3);
    encoder.text_field("Level", to_string(record.level));
    encoder.text_field("Log", record.text);
    encoder.key("Time");
    encoder.integer(record.wall_ns);
    encoder.end_body();
}

const char* to_string(LogLevel level) {
    static constexpr const char* names[] = {"trace", "debug", "info", "warn", "err"};
    return names[static_cast<int>(level)];
}

void write_lost(Encoder& encoder, std::uint64_t count) {
    encoder.begin_body(2);
    encoder.text_field("Event", "lost");
    encoder.natural_field("Lost", count);
    encoder.end_body();
}

}  // namespace muster::api
