// One client's conversation: the bytes that it sends in, replies and records out. All rules of
// docs/protocol/rpc.md sections 3 and 4 are here; no socket, no clock, no thread.
//
// Requests are carried out strictly one after the other; while one waits for the backend, or while
// the client does not read its replies, the next stays unread. What it receives costs at most the
// size of one request. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/access.h"
#include "agent/api/backend.h"
#include "agent/api/encoder.h"
#include "agent/api/link.h"
#include "agent/api/member_search.h"
#include "agent/api/member_source.h"
#include "agent/api/messages.h"
#include "agent/api/server.h"
#include "agent/api/splitter.h"
#include "agent/api/subscriptions.h"

namespace muster::ring {
class View;
class Tally;
}  // namespace muster::ring

namespace muster::api {

struct RingDiffRequest;

// What the conversations of one server share.
struct Premises {
    Backend& backend;
    MemberSource& members;
    ServerStats& stats;
    const ServerConfig& config;
};

// Queries that one client may have running at once.
inline constexpr std::size_t max_queries = 64;

class Conversation : public std::enable_shared_from_this<Conversation> {
public:
    // REQUIRES: premises and link outlive every call made here. Completions that come after the
    // last owner is gone are ignored.
    Conversation(Premises premises, Link& link, Access access);

    void receive(BytesView bytes);
    // There is room to send again, or it is our turn again.
    void resume();
    // The time asked for by Link::wake_after() has come.
    void woken();
    void on_event(EventRecord& record);
    void on_user_event(UserEventRecord& record);
    void on_query(const QueryNews& news);
    void on_leadership(LeadershipRecord& record);
    void on_turnout(TurnoutRecord& record);
    void on_log(MonitorRecord& record);
    void on_view(std::uint64_t index);
    void on_ring_change(RingChangeRecord& record);
    bool wants_ring_changes() const { return !ended_ && subscriptions_.wants_ring_changes(); }

    // Worth reading from the client now.
    bool wants_input() const;
    // The client owes the rest of a request, or its first one.
    bool owes_input() const;
    // A request is being carried out, waits, or could be carried out in another turn.
    bool works() const { return busy_ || waiting_ || searching_ || held_; }
    // Records may still come, of a stream, a monitor or a query.
    bool subscribed() const { return !subscriptions_.empty() || !queries_.empty(); }
    // Requests taken so far: who waits for input sees by it that a new wait has begun.
    std::uint64_t requests() const { return requests_; }

private:
    struct Request {
        RequestHeader header;
        Command command = Command::Handshake;
        Value body;
    };

    // Framing, in conversation.cpp.
    void work();
    bool choose_framing(char first);
    void take_object(BytesView object);
    void take_header(Value record);
    void take_request(Request request);
    void refuse_bytes(const char* reason, std::string_view error);
    void end();

    // The rules of the session, and the commands on members, in commands.cpp.
    bool admit(const Request& request);
    void perform(Request request);
    void shake_hands(const Request& request);
    void authenticate(const Request& request);
    void read(Request request);
    void read_now(const Request& request);
    void list_matching(const Request& request);
    void search_on();
    void join(const Request& request);
    void leave(const Request& request);
    void force_leave(const Request& request);
    void set_tags(const Request& request);
    void stream(const Request& request);
    void monitor(const Request& request);
    void stop(const Request& request);

    // The commands by which programs talk through the cluster, in commands_cluster.cpp.
    void user_event(const Request& request);
    void query(const Request& request);
    void on_answer(std::uint64_t query, const cluster::QueryAnswer& answer);
    void respond(const Request& request);
    void keys(const Request& request);
    void get_coordinate(const Request& request);
    void reply_ltime(const Request& request, const Result<cluster::LamportTime>& ltime);
    void reply_keys(const Request& request, const cluster::KeyReport& report);

    // The commands about rings and drain, in commands_ring.cpp.
    using RingWrite =
        std::function<void(Encoder& encoder, const std::vector<ring::SharedRing>& rings)>;
    void ring(const Request& request);
    void ring_owners(const Request& request);
    void ring_diff(const Request& request);
    void ring_diff_since(const Request& request, const RingDiffRequest& wanted, const Bytes& name);
    void ring_export(const Request& request);
    struct RingInquiry;
    void ring_status(const Request& request);
    void ask_for_rings(const std::shared_ptr<RingInquiry>& inquiry);
    void drain(const Request& request);
    // The ring of this name; null, and the request is refused, if there is none.
    const ring::View* find_ring(const Request& request, const Bytes& name);
    // The ring of a request about one; null, and the request is refused, if there is no such ring,
    // or no such request.
    template <class Wanted>
    const ring::View* asked_ring(const Request& request, const Result<Wanted>& wanted);
    // `write` makes the reply's body, off the loop's thread.
    void ask_ring(const Request& request, RingJob job, RingWrite write);
    void reply_ring_status(const Request& request, const std::string& error, const Bytes& name,
                           const ring::Tally& tally);
    void reply_drain(const Request& request, std::string_view error);
    // An empty body.
    void reply_nothing(const Request& request, std::string_view error);
    // The commands about the leader, in commands_leader.cpp.
    void leader(const Request& request);
    void hold(const Request& request);
    void release(const Request& request);
    void change_leader(const Request& request);
    void check_token(const Request& request);
    void use_once(const Request& request);
    void change_voters(const Request& request);
    void lead(const Request& request, const election::Request& wanted);
    std::optional<election::HolderId> holder(const Bytes& name);
    void reply_leader(const Request& request, std::string_view error);
    void reply_led(const Request& request, const election::Answer& answer);

    // The commands about the past, in commands_history.cpp.
    void history(const Request& request);
    void members_at(const Request& request);
    void explain(const Request& request);
    void reply_story(const Request& request, const Bytes& member,
                     const Result<journal::Page>& page);
    // What this agent finds wrong about itself, in commands_doctor.cpp.
    void doctor(const Request& request);
    // The commands about hooks and the configuration, in commands_hooks.cpp.
    void hooks(const Request& request);
    void dead_letters(const Request& request);
    void change_letters(const Request& request);
    void test_hook(const Request& request);
    void reload(const Request& request);
    bool has_hook(const Request& request, const Bytes& name);

    // The request's body is not as it should be.
    void malformed(const Request& request, const Error& error);
    // A reply without a body.
    void acknowledge(const Request& request, std::string_view error = {});
    // An error, with the empty body that the command's reply has even then.
    void refuse(const Request& request, std::string_view error);
    void reply_joined(const Request& request, const JoinOutcome& outcome, std::string_view error);
    void reply_tags(const Request& request, std::string_view error);
    void reply_shared(const Request& request, const SharedBytes& body);
    // For the backend: calls `then` with its result, unless the client has gone by then, and goes
    // on with the next request. Until then none is taken.
    template <class Outcome, class Then>
    std::function<void(Outcome)> completion(Then then);

    void count(const char* reason) { ++premises_.stats.refused[reason]; }
    bool extended() const { return encoding_ != Encoding::Serf; }

    Premises premises_;
    Link* link_;
    Access access_;

    Bytes received_;
    std::size_t taken_ = 0;  // of received_
    std::optional<Splitter> splitter_;
    Encoding encoding_ = Encoding::Serf;
    std::optional<Request> awaits_body_;

    bool shook_hands_ = false;
    bool authenticated_ = false;
    std::uint64_t requests_ = 0;
    std::uint64_t turn_ends_at_ = 0;  // as a count of requests
    bool busy_ = false;               // the backend works for us
    bool held_ = false;               // there is more in received_, for another turn
    bool ended_ = false;
    bool working_ = false;  // work() is on the stack
    // A filtered list that takes more than one turn.
    struct Search {
        Request request;
        MemberSearch members;
    };
    std::optional<Search> searching_;
    std::optional<Request> waiting_;  // for its MinIndex
    Subscriptions subscriptions_;
    // Queries that the client asked and that still run.
    struct Asked {
        std::uint64_t seq = 0;
        AnswerCounts counts;
    };
    std::map<std::uint64_t, Asked> queries_;
    std::uint64_t last_query_ = 0;
    std::map<Bytes, election::HolderId> holders_;  // by what they hold
};

template <class Outcome, class Then>
std::function<void(Outcome)> Conversation::completion(Then then) {
    busy_ = true;
    return [weak = weak_from_this(), then = std::move(then)](Outcome outcome) {
        const std::shared_ptr<Conversation> self = weak.lock();
        if (!self || self->ended_)
            return;
        self->busy_ = false;
        then(outcome);
        self->work();
    };
}

}  // namespace muster::api
