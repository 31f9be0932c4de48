// The agent's inside: sockets, node and API on one loop. For agent.cpp, perform.cpp, backend.cpp
// and agent_rings.cpp alone, which are several only to stay small.
//
// Every input, wherever it comes from, takes the same way: the node is asked, its effects are
// performed, and the timer is armed for whatever is due next.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/advertised.h"
#include "agent/agent.h"
#include "agent/checkup.h"
#include "agent/findings.h"
#include "agent/hooking.h"
#include "agent/joining.h"
#include "agent/journaling.h"
#include "agent/keeping.h"
#include "agent/keys.h"
#include "agent/loop_lag.h"
#include "agent/missing.h"
#include "agent/net/asio_fwd.h"
#include "agent/net/clock.h"
#include "agent/net/resolver.h"
#include "agent/net/streams.h"
#include "agent/net/timer.h"
#include "agent/net/udp.h"
#include "agent/rate_limit.h"
#include "agent/ring_desk.h"
#include "agent/undeciphered.h"
#include "agent/voting.h"
#include "swim/seal.h"

namespace muster {

// How often the host's addresses are looked at.
inline constexpr Duration look_interval = std::chrono::seconds(10);
// After a start, who was there before it and has not come back is written down as gone.
inline constexpr Duration settling_time = std::chrono::seconds(10);

struct Agent::Parts final : api::Backend, api::HookQuestions, net::StreamUser {
    using Completion = std::function<void(const RequestDone&)>;
    using Answered = std::function<void(const cluster::QueryAnswer&)>;
    using Reported = std::function<void(const cluster::KeyReport&)>;
    using Led = std::function<void(const election::Answer&)>;
    // Somebody else's descriptor that the loop waits for.
    struct Watch;

    Parts(AgentConfig a_config, Log& a_log);
    ~Parts() override;

    // ---- start and end (agent.cpp) ----
    std::optional<Error> start();
    std::optional<Error> bind();
    void say_who_we_are();
    void say_how_we_are_sealed();
    void begin_leave(const char* why, bool for_good, Completion completion);
    void say_how_we_vote();
    void open_election();
    void left();
    void end_if_hooks_have(TimePoint now);
    void lose_name();
    void stop(int status);

    // ---- inputs (agent.cpp) ----
    void receive(TimePoint now, const Endpoint& from, BytesView datagram);
    void refuse(TimePoint now, const Endpoint& from, swim::Fault fault);
    void stream_message(TimePoint now, swim::StreamId id, const Endpoint& from,
                        const swim::StreamMessage& message) override;
    void stream_failed(TimePoint now, swim::StreamId id, const Endpoint& to,
                       const std::string& error) override;
    void stream_refused(TimePoint now, swim::StreamId id, const Endpoint& from,
                        const swim::StreamFault& fault) override;
    void stream_mislabelled(const Endpoint& from, swim::Fault fault) override;
    // The timer has fired, and everything that was readable then has had its turn.
    void turn();
    void arm();
    // In another turn of the loop.
    void later(std::function<void()> call);

    // ---- effects (perform.cpp) ----
    void perform(Effects effects);
    void send(const swim::Output& wire);
    void tell(const MemberEvent& event);
    void tell(const NameConflict& conflict);
    void tell(const cluster::HeardEvent& event);
    void tell(const cluster::HeardQuery& query);
    void tell(const Notice& notice);
    void tell(const ring::Adoption& adoption);
    void complete(const RequestDone& done);
    void hand_over(const cluster::QueryAnswer& answer);
    void hand_over(const cluster::KeyReport& report);
    // The file's writer has ended (backend_leader.cpp).
    void voted(std::uint64_t ticket, const std::optional<Error>& error);
    void tell(const election::Event& event);
    void tell(const api::Turnout& turnout);
    void hand_over(const election::Answer& answer);
    void tell_view();
    void change_keys(const std::vector<cluster::KeyRequest>& wanted);
    void resolve_seeds();
    void seeds_resolved(const std::vector<net::Resolved>& seeds);
    void look_at_address();
    void record(history::Change change);
    history::View view_for_history() const;
    // ---- hooks and configuration (backend_hooks.cpp) ----
    hooks::Caller caller() const;
    hooks::Conditions conditions() const;
    api::HookQuestions& hooks() override { return *this; }
    const std::vector<hooks::Spec>& hook_specs() const override;
    std::vector<hooks::HookStatus> hook_status() const override;
    void dead_letters(
        const std::string& hook,
        std::function<void(const Result<std::vector<journal::DeadLetter>>&)> done) override;
    void replay_delivery(const std::string& hook, std::uint64_t seq) override;
    void drop_delivery(const std::string& hook, std::uint64_t seq) override;
    void test_hook(const std::string& hook,
                   std::function<void(const Result<api::HookTest>&)> done) override;
    Result<api::Reloaded> reload() override;
    Hooking::Surroundings hook_surroundings();

    void for_each_subscriber(const std::function<void(api::Subscriber&)>& tell);

    // ---- the API's questions and requests (backend.cpp) ----
    std::uint64_t index() const override;
    void members(std::vector<MemberView>& out) const override;
    const Bytes& self() const override;
    std::int64_t wall_time(TimePoint at) const override;
    api::Stats stats() const override;
    std::vector<std::string> warnings() const override;
    void join(std::vector<std::string> seeds, bool replay,
              std::function<void(api::JoinOutcome)> done) override;
    void leave(bool for_good, std::function<void(std::string error)> done) override;
    void force_leave(const Bytes& name, bool prune,
                     std::function<void(std::string error)> done) override;
    void set_tags(const cluster::Tags& tags, std::function<void(std::string error)> done) override;
    const cluster::Tags& tags() const override;
    Result<cluster::LamportTime> user_event(const Bytes& name, const Bytes& payload,
                                            bool coalesce) override;
    Result<cluster::LamportTime> query(const cluster::QueryRequest& wanted,
                                       Answered answered) override;
    std::optional<Error> respond(cluster::QueryHandle handle, const Bytes& payload) override;
    void keys(cluster::KeyAction action, const Bytes& key, Reported done) override;
    std::optional<cluster::Coordinate> coordinate(const Bytes& name) const override;
    election::LeaderView leader() const override;
    void lead(const election::Request& wanted, Led done) override;
    void subscribe(api::Subscriber& subscriber) override;
    void unsubscribe(api::Subscriber& subscriber) override;
    void replay_log(api::Subscriber& subscriber) const override;

    void history(const journal::Question& question,
                 std::function<void(const Result<journal::Page>&)> done) override;
    void members_at(const journal::Moment& moment,
                    std::function<void(const Result<journal::PastView>&)> done) override;

    // backend_story.cpp
    history::Live live(const Bytes& member) const override;
    std::vector<api::Finding> findings() const override;
    // What is looked at now and then, beside all that is asked.
    void check_up(TimePoint now);
    api::Turnout turnout() const;
    Counters counters() const;
    std::vector<FindingFacts::Sender> undeciphered_senders() const;
    // "3 of 10 known members reachable since 03:12"; none: at least half are.
    std::optional<std::string> missing_since() const;

    const ring::Rings& rings() const override;
    void ask_ring(api::RingJob job) override;
    TimePoint now() const override;
    void drain(bool on, std::optional<Duration> time,
               std::function<void(std::string error)> done) override;
    api::DrainState drain_state() const override;

    std::vector<std::string> key_warnings() const;

    RequestId expect(Completion completion);
    Result<cluster::LamportTime> stamped(RequestId request, Result<Effects> effects);

    AgentConfig config;
    Log& log;
    const std::unique_ptr<asio::io_context> loop_owner;
    asio::io_context& loop;
    mutable net::Clock clock;
    net::Timer timer;
    swim::Seal seal;
    Keys keyring;
    Undeciphered undeciphered;
    net::Udp udp;
    net::Streams streams;
    std::optional<net::Resolver> resolver;
    std::optional<Advertised> advertised;
    std::optional<Node> node;
    Keeping keeping;
    Journaling journaling;
    Hooking hooking;
    RingDesk ring_desk;
    Voting voting;
    election::Config election_config;
    std::optional<api::Server> server;

    Endpoint bound;
    TimePoint started{};
    TimePoint next_look = never;  // at the advertised address
    TimePoint armed = never;      // the timer
    LoopLag loop_lag;
    Checkup checkup;
    Missing missing;
    TimePoint next_census{};           // how many members are there
    std::uint64_t census_index = 0;    // of the view, at the last one
    TimePoint leave_deadline = never;  // a leave that nobody hears ends here
    TimePoint end_deadline = never;    // after a leave: of the hooks that still run
    RequestId last_request = 0;
    std::map<RequestId, Completion> requests;
    std::map<RequestId, Answered> askers;  // of queries that still run
    std::map<RequestId, Reported> key_askers;
    std::map<RequestId, Led> leader_askers;
    std::vector<api::Subscriber*> subscribers;  // null: gone while they were being told
    std::size_t telling = 0;
    RateLimit said;
    TokenBucket events;
    std::uint64_t told_index = 0;
    bool resolving = false;
    bool leaving = false;
    int status = 0;
    Bytes sealed;  // a datagram, while it is sent
    std::vector<std::shared_ptr<Watch>> watches;
    std::shared_ptr<Watch> hook_watch;
};

}  // namespace muster
