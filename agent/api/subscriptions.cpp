#include "agent/api/subscriptions.h"

#include <algorithm>
#include <utility>

#include "agent/api/messages.h"
#include "agent/api/ring_replies.h"

namespace muster::api {

namespace {

void send_record(std::uint64_t seq, const SharedBytes& body, Encoding encoding, Link& link) {
    std::string header;
    make_encoder(encoding, header)->header({.seq = seq}, /*body_follows=*/true);
    link.send(header, body);
}

// A query as one stream is told of it.
class QueryRecord final : public SharedRecord {
public:
    QueryRecord(const QueryNews& news, std::uint64_t id) : news_(news), id_(id) {}

private:
    void write(Encoder& encoder) const override {
        write_query(encoder, news_.query, id_, news_.deadline_ns, news_.wall_ns);
    }

    QueryNews news_;
    std::uint64_t id_;
};

}  // namespace

const SharedBytes& SharedRecord::in(Encoding encoding) {
    SharedBytes& body = bodies_[static_cast<std::size_t>(encoding)];
    if (!body) {
        auto bytes = std::make_shared<std::string>();
        write(*make_encoder(encoding, *bytes));
        body = std::move(bytes);
    }
    return body;
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
    const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    for (const LogLevel level :
         {LogLevel::Trace, LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Err}) {
        const std::string_view known = to_string(level);
        if (std::equal(name.begin(), name.end(), known.begin(), known.end(), equal))
            return level;
    }
    return std::nullopt;
}

std::optional<std::string_view> Subscriptions::add_stream(std::uint64_t seq,
                                                          const EventFilter& filter) {
    if (streams_.size() >= max_streams)
        return "Too many streams on this connection";
    if (!streams_.try_emplace(seq, Subscription{.filter = filter}).second)
        return errors::duplicate_stream;
    return std::nullopt;
}

std::optional<std::string_view> Subscriptions::add_monitor(std::uint64_t seq, LogLevel level) {
    if (monitor_)
        return errors::duplicate_monitor;
    monitor_.emplace(seq, Subscription{.level = level});
    return std::nullopt;
}

void Subscriptions::stop(std::uint64_t seq) {
    streams_.erase(seq);
    if (monitor_ && monitor_->first == seq)
        monitor_.reset();
}

std::uint64_t Subscriptions::deliver(EventRecord& record, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (stream.filter.matches(record.kind()))
            dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

std::uint64_t Subscriptions::deliver(UserEventRecord& record, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (stream.filter.matches_user_event(record.name()))
            dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

std::uint64_t Subscriptions::deliver(const QueryNews& news, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (!stream.filter.matches_query(news.query.name))
            continue;
        // One that is lost needs no number: nobody can answer it.
        QueryRecord record(news, link.congested() ? 0 : pending_.add(news.query.handle));
        dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

std::uint64_t Subscriptions::deliver(LeadershipRecord& record, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (stream.filter.matches(record.kind()))
            dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

std::uint64_t Subscriptions::deliver(TurnoutRecord& record, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (stream.filter.matches(record.turnout()))
            dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

std::uint64_t Subscriptions::deliver(MonitorRecord& record, Encoding encoding, Link& link) {
    if (!monitor_ || record.level() < monitor_->second.level)
        return 0;
    return deliver_to(monitor_->first, monitor_->second, record, encoding, link);
}

void RingChangeRecord::write(Encoder& encoder) const {
    write_ring_change(encoder, *change_, wall_ns_);
}

std::uint64_t Subscriptions::deliver(RingChangeRecord& record, Encoding encoding, Link& link) {
    std::uint64_t dropped = 0;
    for (auto& [seq, stream] : streams_) {
        if (stream.filter.matches_ring_change())
            dropped += deliver_to(seq, stream, record, encoding, link);
    }
    return dropped;
}

bool Subscriptions::wants_ring_changes() const {
    return std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
        return stream.second.filter.matches_ring_change();
    });
}

std::uint64_t Subscriptions::deliver_to(std::uint64_t seq, Subscription& to, SharedRecord& record,
                                        Encoding encoding, Link& link) {
    if (link.congested()) {
        ++to.lost;
        return 1;
    }
    report_loss(seq, to, encoding, link);
    send_record(seq, record.in(encoding), encoding, link);
    return 0;
}

void Subscriptions::report_losses(Encoding encoding, Link& link) {
    for (auto& [seq, stream] : streams_)
        report_loss(seq, stream, encoding, link);
    if (monitor_)
        report_loss(monitor_->first, monitor_->second, encoding, link);
}

void Subscriptions::report_loss(std::uint64_t seq, Subscription& to, Encoding encoding,
                                Link& link) {
    const std::uint64_t lost = std::exchange(to.lost, 0);
    if (lost == 0 || encoding == Encoding::Serf)
        return;
    auto body = std::make_shared<std::string>();
    write_lost(*make_encoder(encoding, *body), lost);
    send_record(seq, body, encoding, link);
}

}  // namespace muster::api
