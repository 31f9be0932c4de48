// What one connection listens to: any number of event streams, and one monitor of the log.
//
// A client that does not read loses records, never delays one: what did not fit is counted, and
// told as soon as there is room again (to our own clients; Serf's have no word for it).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "agent/api/backend.h"
#include "agent/api/encoder.h"
#include "agent/api/event_filter.h"
#include "agent/api/link.h"
#include "agent/api/pending_queries.h"
#include "agent/api/replies.h"
#include "agent/api/ring_questions.h"

namespace muster::api {

// A record on its way to many connections: encoded at most once for each encoding.
class SharedRecord {
public:
    virtual ~SharedRecord() = default;
    const SharedBytes& in(Encoding encoding);

protected:
    virtual void write(Encoder& encoder) const = 0;

private:
    std::array<SharedBytes, encoding_count> bodies_;
};

class EventRecord final : public SharedRecord {
public:
    // REQUIRES: `event` outlives this.
    EventRecord(const MemberEvent& event, std::int64_t wall_ns, bool self)
        : event_(&event), wall_ns_(wall_ns), self_(self) {}
    MemberEvent::Kind kind() const { return event_->kind; }

private:
    void write(Encoder& encoder) const override { write_event(encoder, *event_, wall_ns_, self_); }

    const MemberEvent* event_;
    std::int64_t wall_ns_;
    bool self_;
};

class UserEventRecord final : public SharedRecord {
public:
    // REQUIRES: `event` outlives this.
    UserEventRecord(const cluster::HeardEvent& event, std::int64_t wall_ns)
        : event_(&event), wall_ns_(wall_ns) {}
    const Bytes& name() const { return event_->name; }

private:
    void write(Encoder& encoder) const override { write_user_event(encoder, *event_, wall_ns_); }

    const cluster::HeardEvent* event_;
    std::int64_t wall_ns_;
};

class LeadershipRecord final : public SharedRecord {
public:
    // REQUIRES: `event` outlives this.
    LeadershipRecord(const election::Event& event, std::int64_t wall_ns)
        : event_(&event), wall_ns_(wall_ns) {}
    election::Event::Kind kind() const { return event_->kind; }

private:
    void write(Encoder& encoder) const override { write_leadership(encoder, *event_, wall_ns_); }

    const election::Event* event_;
    std::int64_t wall_ns_;
};

// A query, before it has the number that each of its records gets.
struct QueryNews {
    const cluster::HeardQuery& query;
    std::int64_t deadline_ns = 0;
    std::int64_t wall_ns = 0;
};

class RingChangeRecord final : public SharedRecord {
public:
    // REQUIRES: `change` outlives this.
    RingChangeRecord(const RingChange& change, std::int64_t wall_ns)
        : change_(&change), wall_ns_(wall_ns) {}

private:
    void write(Encoder& encoder) const override;

    const RingChange* change_;
    std::int64_t wall_ns_;
};

class TurnoutRecord final : public SharedRecord {
public:
    TurnoutRecord(const Turnout& turnout, std::int64_t wall_ns)
        : turnout_(turnout), wall_ns_(wall_ns) {}
    const Turnout& turnout() const { return turnout_; }

private:
    void write(Encoder& encoder) const override { write_turnout(encoder, turnout_, wall_ns_); }

    Turnout turnout_;
    std::int64_t wall_ns_;
};

class MonitorRecord final : public SharedRecord {
public:
    // REQUIRES: the record's text outlives this.
    explicit MonitorRecord(const LogRecord& record) : record_(record) {}
    LogLevel level() const { return record_.level; }

private:
    void write(Encoder& encoder) const override { write_log(encoder, record_); }

    LogRecord record_;
};

// "trace", "debug", "info", "warn" or "err", in any case; none for all others.
std::optional<LogLevel> parse_log_level(std::string_view name);

class Subscriptions {
public:
    static constexpr std::size_t max_streams = 64;

    // Why it cannot be added; none: it was.
    std::optional<std::string_view> add_stream(std::uint64_t seq, const EventFilter& filter);
    std::optional<std::string_view> add_monitor(std::uint64_t seq, LogLevel level);
    // Ends the stream and the monitor with this Seq, if there are such.
    void stop(std::uint64_t seq);
    bool empty() const { return streams_.empty() && !monitor_; }

    // Each gives the number of records that were dropped.
    std::uint64_t deliver(EventRecord& record, Encoding encoding, Link& link);
    std::uint64_t deliver(UserEventRecord& record, Encoding encoding, Link& link);
    std::uint64_t deliver(const QueryNews& news, Encoding encoding, Link& link);
    std::uint64_t deliver(LeadershipRecord& record, Encoding encoding, Link& link);
    std::uint64_t deliver(TurnoutRecord& record, Encoding encoding, Link& link);
    std::uint64_t deliver(MonitorRecord& record, Encoding encoding, Link& link);
    std::uint64_t deliver(RingChangeRecord& record, Encoding encoding, Link& link);
    bool wants_ring_changes() const;
    // The queries of the records delivered here.
    PendingQueries& pending() { return pending_; }
    // There is room again: tells each subscriber what it lost.
    void report_losses(Encoding encoding, Link& link);

private:
    struct Subscription {
        EventFilter filter{};
        LogLevel level = LogLevel::Info;
        std::uint64_t lost = 0;
    };
    std::uint64_t deliver_to(std::uint64_t seq, Subscription& to, SharedRecord& record,
                             Encoding encoding, Link& link);
    void report_loss(std::uint64_t seq, Subscription& to, Encoding encoding, Link& link);

    std::map<std::uint64_t, Subscription> streams_;
    PendingQueries pending_;
    std::optional<std::pair<std::uint64_t, Subscription>> monitor_;
};

}  // namespace muster::api
