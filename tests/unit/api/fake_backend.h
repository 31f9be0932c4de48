// A backend with members that a test writes down, and completions that it calls when it likes.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/backend.h"
#include "agent/ring/ring.h"
#include "agent/ring/rings.h"
#include "tests/unit/api/fake_hooks.h"

namespace muster::api {

struct FakeMember {
    Bytes name;
    Endpoint endpoint;
    cluster::Tags tags;
    cluster::Status status = cluster::Status::Alive;
    bool suspect = false;
    std::uint32_t incarnation = 1;
};

class FakeBackend final : public Backend {
public:
    // ---- what a test arranges ----

    std::vector<FakeMember> table;
    std::uint64_t view_index = 1;
    Stats sections;
    std::vector<std::string> loud;
    Bytes name = "node-a";
    cluster::Tags own_tags;
    struct LogLine {
        LogLevel level;
        std::int64_t wall_ns;
        std::string text;
    };
    std::vector<LogLine> kept_log;
    std::function<void()> when_listed;  // called whenever the members are asked for
    bool answers_at_once = true;        // else the completions wait in `pending`
    JoinOutcome join_outcome;
    std::string error;               // of the other requests
    cluster::LamportTime ltime = 1;  // of the next event or query
    std::optional<Error> refusal;    // of the next answer
    cluster::KeyReport key_report;
    // Of a whole cluster's keyrings, in place of key_report.
    std::function<cluster::KeyReport(cluster::KeyAction, const Bytes& key)> keyrings;
    std::function<void(std::size_t query)> when_asked;  // called when a query was taken
    std::map<Bytes, cluster::Coordinate> coordinates;
    election::LeaderView leader_view;
    election::Answer led;  // of the next requests about the leader
    // In place of `led`.
    std::function<election::Answer(const election::Request&)> when_led;

    ring::Rings ring_views{{}, TimePoint{}};
    DrainState drain_is;
    Result<journal::Page> past = journal::Page{};
    Result<journal::PastView> past_view = journal::PastView{};
    std::map<Bytes, history::Live> lives;  // others are no members
    std::vector<Finding> found_wrong;
    // In place of the two.
    std::function<Result<journal::Page>(const journal::Question&)> when_past;
    std::function<Result<journal::PastView>(const journal::Moment&)> when_past_view;

    FakeHooks fake_hooks;

    // ---- what a test looks at ----

    std::deque<std::function<void()>> pending;
    std::vector<std::string> calls;
    std::vector<Subscriber*> subscribers;
    struct AskedQuery {
        cluster::QueryRequest wanted;
        std::function<void(const cluster::QueryAnswer&)> answered;
    };
    std::vector<AskedQuery> queries;
    std::vector<election::Request> leads;

    void add(Bytes member, const char* endpoint, cluster::Tags tags = {}) {
        table.push_back({.name = std::move(member),
                         .endpoint = *Endpoint::parse(endpoint, 7946),
                         .tags = std::move(tags)});
        ++view_index;
    }
    // Tells that a member has changed, and how it is now.
    void tell(MemberEvent::Kind kind, const FakeMember& member) {
        const Bytes tags = *cluster::encode_tags(member.tags);
        MemberEvent event{
            .kind = kind,
            .index = ++view_index,
            .name = member.name,
            .endpoint = member.endpoint,
            .tags = tags,
            .versions = versions,
            .from = cluster::Status::Alive,
            .to = member.status,
            .incarnation = member.incarnation,
            .cause = {.kind = swim::CauseKind::Accused, .by = "node-z", .others = {}}};
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_member_event(event);
        raise(view_index);
    }
    void raise(std::uint64_t index) {
        view_index = index;
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_view(index);
    }
    void log(LogLevel level, std::int64_t wall_ns, const std::string& text) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_log(level, wall_ns, text);
    }
    void hear(const cluster::HeardEvent& event) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_user_event(event);
    }
    void hear(const cluster::HeardQuery& query) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_query(query);
    }
    void hear(const election::Event& event) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_leadership(event);
    }
    void hear(const Turnout& turnout) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_turnout(turnout);
    }
    void answer(std::size_t query, cluster::QueryAnswer::Kind kind, Bytes from = {},
                Bytes payload = {}) {
        queries.at(query).answered({query, kind, std::move(from), std::move(payload)});
    }
    void complete_one() {
        const auto completion = std::move(pending.front());
        pending.pop_front();
        completion();
    }

    // ---- Backend ----

    std::uint64_t index() const override { return view_index; }
    void members(std::vector<MemberView>& out) const override {
        if (when_listed)
            when_listed();
        encoded_.clear();
        for (const FakeMember& member : table)
            encoded_.push_back(*cluster::encode_tags(member.tags));
        for (std::size_t i = 0; i < table.size(); ++i) {
            out.push_back({.name = table[i].name,
                           .endpoint = table[i].endpoint,
                           .tags = encoded_[i],
                           .versions = versions,
                           .status = table[i].status,
                           .suspect = table[i].suspect,
                           .incarnation = table[i].incarnation,
                           .since = TimePoint(std::chrono::seconds(5)),
                           .self = table[i].name == name});
        }
    }
    election::LeaderView leader() const override { return leader_view; }
    void lead(const election::Request& wanted,
              std::function<void(const election::Answer&)> done) override {
        calls.emplace_back("lead");
        leads.push_back(wanted);
        finish([this, done = std::move(done), wanted] { done(when_led ? when_led(wanted) : led); });
    }
    const Bytes& self() const override { return name; }
    std::int64_t wall_time(TimePoint at) const override { return at.time_since_epoch().count(); }
    Stats stats() const override { return sections; }
    std::vector<std::string> warnings() const override { return loud; }
    void join(std::vector<std::string> seeds, bool replay,
              std::function<void(JoinOutcome)> done) override {
        calls.emplace_back(replay ? "join, replay" : "join");
        for (const std::string& seed : seeds)
            calls.back() += " " + seed;
        finish([this, done = std::move(done)] { done(join_outcome); });
    }
    void leave(bool for_good, std::function<void(std::string)> done) override {
        calls.emplace_back(for_good ? "leave, for good" : "leave");
        finish([this, done = std::move(done)] { done(error); });
    }
    void force_leave(const Bytes& member, bool prune,
                     std::function<void(std::string)> done) override {
        calls.push_back("force-leave " + member + (prune ? " prune" : ""));
        finish([this, done = std::move(done)] { done(error); });
    }
    void set_tags(const cluster::Tags& tags, std::function<void(std::string)> done) override {
        calls.emplace_back("tags");
        if (error.empty())
            own_tags = tags;
        finish([this, done = std::move(done)] { done(error); });
    }
    const cluster::Tags& tags() const override { return own_tags; }
    Result<cluster::LamportTime> user_event(const Bytes& event, const Bytes& payload,
                                            bool coalesce) override {
        calls.push_back("event " + event + " " + payload + (coalesce ? " coalesce" : ""));
        if (!error.empty())
            return Error{error};
        return ltime;
    }
    Result<cluster::LamportTime> query(
        const cluster::QueryRequest& wanted,
        std::function<void(const cluster::QueryAnswer&)> answered) override {
        calls.push_back("query " + wanted.name + " " + wanted.payload);
        if (!error.empty())
            return Error{error};
        queries.push_back({wanted, std::move(answered)});
        if (when_asked)
            when_asked(queries.size() - 1);
        return ltime;
    }
    std::optional<Error> respond(cluster::QueryHandle handle, const Bytes& payload) override {
        calls.push_back("respond " + std::to_string(handle) + " " + payload);
        return refusal;
    }
    void keys(cluster::KeyAction action, const Bytes& key,
              std::function<void(const cluster::KeyReport&)> done) override {
        constexpr const char* names[] = {"install", "use", "remove", "list"};
        calls.push_back(std::string("keys ") + names[static_cast<int>(action)] + " " + key);
        if (keyrings)
            key_report = keyrings(action, key);
        finish([this, done = std::move(done)] { done(key_report); });
    }
    std::optional<cluster::Coordinate> coordinate(const Bytes& member) const override {
        const auto found = coordinates.find(member);
        return found != coordinates.end() ? std::optional(found->second) : std::nullopt;
    }
    void history(const journal::Question& question,
                 std::function<void(const Result<journal::Page>&)> done) override {
        calls.push_back("history " + question.member + " " + std::to_string(question.from));
        finish([this, question, done = std::move(done)] {
            done(when_past ? when_past(question) : past);
        });
    }
    void members_at(const journal::Moment& moment,
                    std::function<void(const Result<journal::PastView>&)> done) override {
        calls.push_back("members-at " + std::to_string(moment.seq.value_or(0)));
        finish([this, moment, done = std::move(done)] {
            done(when_past_view ? when_past_view(moment) : past_view);
        });
    }
    history::Live live(const Bytes& member) const override {
        const auto known = lives.find(member);
        return known != lives.end() ? known->second : history::Live{};
    }
    std::vector<Finding> findings() const override { return found_wrong; }
    const ring::Rings& rings() const override { return ring_views; }
    // On the spot, or when the test likes.
    void ask_ring(RingJob job) override {
        calls.push_back("ask-ring " + job.ring + (job.is_quick ? " quick" : ""));
        const auto answer = [job = std::move(job)] {
            std::vector<ring::SharedRing> built;
            for (const ring::SharedMembers& set : job.sets) {
                const auto ring = ring::Ring::build(set);
                if (!ring)
                    return job.done(ring.error().text);
                built.push_back(*ring);
            }
            job.work(built);
            job.done({});
        };
        if (answers_at_once)
            return answer();
        pending.emplace_back(answer);
    }
    TimePoint now() const override { return TimePoint(std::chrono::seconds(100)); }
    void drain(bool on, std::optional<Duration> time,
               std::function<void(std::string error)> done) override {
        calls.emplace_back(on ? "drain on" : "drain off");
        drain_is = {.active = on, .until = std::nullopt};
        if (on)
            drain_is.until = time ? now() + *time : never;
        done(error);
    }
    DrainState drain_state() const override { return drain_is; }
    void change_ring(const RingChange& change) const {
        for (Subscriber* subscriber : std::vector(subscribers))
            subscriber->on_ring_change(change);
    }

    HookQuestions& hooks() override { return fake_hooks; }

    void subscribe(Subscriber& subscriber) override { subscribers.push_back(&subscriber); }
    void unsubscribe(Subscriber& subscriber) override { std::erase(subscribers, &subscriber); }
    void replay_log(Subscriber& subscriber) const override {
        for (const LogLine& line : kept_log)
            subscriber.on_log(line.level, line.wall_ns, line.text);
    }

private:
    void finish(std::function<void()> completion) {
        if (answers_at_once)
            completion();
        else
            pending.push_back(std::move(completion));
    }

    static constexpr swim::Versions versions{1, 5, 2, 2, 5, 5};
    mutable std::deque<Bytes> encoded_;
};

}  // namespace muster::api
