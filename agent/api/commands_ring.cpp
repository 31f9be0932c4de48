// The commands about rings and drain: docs/api.md. What takes long is done off the loop's thread,
// by the backend; the client waits, and nobody else.
#include <algorithm>
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/duration.h"
#include "agent/api/ring_messages.h"
#include "agent/api/ring_replies.h"
#include "agent/api/text.h"
#include "agent/cluster/mark.h"

namespace muster::api {

namespace {

using ring::SharedRing;

// What is answered on the spot, in steps of a few nanoseconds.
constexpr std::uint64_t quick_steps = 4096;

std::string names_of(const ring::Rings& rings) {
    std::string text;
    for (const ring::View& view : rings.all())
        text += (text.empty() ? "" : ", ") + view.settings().name;
    return text;
}

// Whose answer is waited for: an agent of Serf knows no such question.
// Names that fit a query beside its frame, whatever their length (at most 128 bytes: four are 512).
constexpr std::size_t most_asked_by_name = 4;

std::vector<Bytes> expected_to_answer(const Backend& backend) {
    std::vector<MemberView> members;
    backend.members(members);
    std::vector<Bytes> names;
    for (const MemberView& member : members) {
        if (member.status == cluster::Status::Alive &&
            cluster::is_marked(cluster::decode_tags(member.tags)))
            names.emplace_back(member.name);
    }
    return names;
}

std::vector<Bytes> held_out(const Backend& backend) {
    std::vector<MemberView> members;
    backend.members(members);
    std::vector<Bytes> names;
    for (const MemberView& member : members) {
        if (member.held_until)
            names.emplace_back(member.name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

RingFacts facts_of(const ring::View& view, const Backend& backend) {
    RingFacts facts;
    facts.ring = view.settings().name;
    facts.in_use = view.in_use();
    facts.since_ns = backend.wall_time(view.since());
    facts.replicas = view.settings().replicas;
    return facts;
}

// Walks all members: for those who want to see it.
void add_pending(const ring::View& view, const Backend& backend, RingFacts& facts) {
    if (const ring::SharedMembers pending = view.pending()) {
        facts.pending = pending->fingerprint();
        facts.pending_in = std::max(view.next_deadline() - backend.now(), Duration::zero());
    }
}

// Who would be in this ring, had the members of then come to rest: eligible by its settings of now.
ring::SharedMembers set_of(const ring::RingSettings& settings, const history::View& past) {
    std::vector<ring::Member> members;
    for (const auto& [name, entry] : past) {
        const bool is_here = entry.standing == history::Standing::Alive ||
                             entry.standing == history::Standing::Suspect;
        const cluster::Tags tags = is_here ? cluster::decode_tags(entry.tags) : cluster::Tags();
        if (is_here && settings.passes(tags))
            members.push_back(
                ring::member_of(name, tags, settings.tags, cluster::is_drained(tags)));
    }
    return std::make_shared<const ring::MemberSet>(settings.function, std::move(members));
}

bool is_quick(const RingOwnersRequest& request, const RingFacts& facts) {
    const std::uint64_t wanted = request.owners == 0 ? facts.replicas : request.owners;
    const bool walks = facts.in_use->function().algorithm == ring::Algorithm::Vnodes;
    // More owners than one cost a little for each member.
    const std::uint64_t members = facts.in_use->members().size();
    const std::uint64_t steps = walks ? (wanted == 1 ? 1 : 16 * wanted + members / 64)
                                      : facts.in_use->total_weight() + members;
    return request.keys.size() * steps <= quick_steps;
}

}  // namespace

const ring::View* Conversation::find_ring(const Request& request, const Bytes& name) {
    const ring::Rings& rings = premises_.backend.rings();
    const ring::View* view = rings.find(name.empty() ? Bytes("default") : name);
    if (view == nullptr && name.empty())
        view = &rings.all().front();
    if (view == nullptr)
        refuse(request, "there is no ring '" + printable(name) +
                            "' in this agent's configuration (there is: " + names_of(rings) + ")");
    return view;
}

void Conversation::ask_ring(const Request& request, RingJob job, RingWrite write) {
    auto body = std::make_shared<std::string>();
    job.work = [body, encoding = encoding_,
                write = std::move(write)](const std::vector<SharedRing>& rings) {
        write(*make_encoder(encoding, *body), rings);
    };
    job.done = completion<std::string>([this, request, body](const std::string& error) {
        if (error.empty())
            return reply_shared(request, body);
        refuse(request, error);
    });
    premises_.backend.ask_ring(std::move(job));
}

template <class Wanted>
const ring::View* Conversation::asked_ring(const Request& request, const Result<Wanted>& wanted) {
    if (wanted)
        return find_ring(request, wanted->ring);
    malformed(request, wanted.error());
    return nullptr;
}

void Conversation::ring(const Request& request) {
    const Result<RingRequest> wanted = decode_ring(request.body);
    const ring::View* view = asked_ring(request, wanted);
    if (view == nullptr)
        return;
    RingFacts facts = facts_of(*view, premises_.backend);
    add_pending(*view, premises_.backend, facts);
    facts.held = held_out(premises_.backend);
    ask_ring(request, {.ring = facts.ring, .sets = {facts.in_use}},
             [facts](Encoder& encoder, const std::vector<SharedRing>& rings) {
                 write_ring(encoder, facts, *rings[0]);
             });
}

void Conversation::ring_owners(const Request& request) {
    Result<RingOwnersRequest> wanted = decode_ring_owners(request.body);
    const ring::View* view = asked_ring(request, wanted);
    if (view == nullptr)
        return;
    const RingFacts facts = facts_of(*view, premises_.backend);
    RingJob job{.ring = facts.ring, .sets = {facts.in_use}};
    job.is_quick = is_quick(*wanted, facts);
    ask_ring(
        request, std::move(job),
        [facts, keys = *std::move(wanted)](Encoder& encoder, const std::vector<SharedRing>& rings) {
            write_ring_owners(encoder, keys, facts, *rings[0]);
        });
}

void Conversation::ring_diff(const Request& request) {
    const Result<RingDiffRequest> wanted = decode_ring_diff(request.body);
    const ring::View* view = asked_ring(request, wanted);
    if (view == nullptr)
        return;
    if (wanted->is_of_past())
        return ring_diff_since(request, *wanted, view->settings().name);
    Result<ring::SharedMembers> changed = changed_set(*view->in_use(), *wanted);
    if (!changed)
        return refuse(request, changed.error().text);
    const Bytes name = view->settings().name;
    ask_ring(request, {.ring = name, .sets = {view->in_use(), *std::move(changed)}},
             [name](Encoder& encoder, const std::vector<SharedRing>& rings) {
                 write_ring_diff(encoder, name, *rings[0], *rings[1]);
             });
}

// From the ring of the members as they were to the one in use; two questions, and the first is the
// journal's.
void Conversation::ring_diff_since(const Request& request, const RingDiffRequest& wanted,
                                   const Bytes& name) {
    const auto done = [this, request, name](const Result<journal::PastView>& past) {
        if (!past)
            return refuse(request, past.error().text);
        // The configuration may have changed meanwhile.
        const ring::View* view = find_ring(request, name);
        if (view == nullptr)
            return;
        ask_ring(request,
                 {.ring = name,
                  .sets = {set_of(view->settings(), past->members), view->in_use()},
                  .keeps = 1},
                 [name](Encoder& encoder, const std::vector<SharedRing>& rings) {
                     write_ring_diff(encoder, name, *rings[0], *rings[1]);
                 });
    };
    premises_.backend.members_at({.seq = wanted.seq, .wall_ns = wanted.time_ns.value_or(0)},
                                 completion<const Result<journal::PastView>&>(done));
}

void Conversation::ring_export(const Request& request) {
    const Result<RingExportRequest> wanted = decode_ring_export(request.body);
    const ring::View* view = asked_ring(request, wanted);
    if (view == nullptr)
        return;
    const RingFacts facts = facts_of(*view, premises_.backend);
    ask_ring(request, {.ring = facts.ring, .sets = {facts.in_use}},
             [facts, part = *wanted](Encoder& encoder, const std::vector<SharedRing>& rings) {
                 write_ring_export(encoder, part, facts, *rings[0]);
             });
}

// One question of ring-status while it is under way.
struct Conversation::RingInquiry {
    Request request;
    Bytes ring;
    Duration timeout{};
    ring::Tally tally;
    std::size_t asked = 0;
    std::function<void(std::string)> done;  // empty once it was called
};

void Conversation::ring_status(const Request& request) {
    const Result<RingStatusRequest> wanted = decode_ring_status(request.body);
    const ring::View* view = asked_ring(request, wanted);
    if (view == nullptr)
        return;
    if (wanted->timeout < Duration::zero() || wanted->timeout > max_query_timeout)
        return refuse(request, "the timeout of a query is at most " + to_string(max_query_timeout));
    const Bytes name = view->settings().name;
    const auto inquiry = std::make_shared<RingInquiry>(
        RingInquiry{request, name, wanted->timeout,
                    ring::Tally(name, expected_to_answer(premises_.backend)), 0, nullptr});
    inquiry->done =
        completion<std::string>([this, weak = std::weak_ptr(inquiry)](const std::string& error) {
            if (const auto ended = weak.lock())
                reply_ring_status(ended->request, error, ended->ring, ended->tally);
        });
    ask_for_rings(inquiry);
}

// Over as soon as all have answered: only the silence of one takes the query's whole time. All
// copies of a query may pass one over: who is silent is asked once more.
void Conversation::ask_for_rings(const std::shared_ptr<RingInquiry>& inquiry) {
    cluster::QueryRequest query;
    query.name = ring::status_query;
    query.payload = inquiry->ring;
    query.timeout = inquiry->timeout;
    const std::set<Bytes, std::less<>>& silent = inquiry->tally.silent();
    if (inquiry->asked > 0 && silent.size() <= most_asked_by_name)
        query.filter_nodes.assign(silent.begin(), silent.end());
    ++inquiry->asked;
    const auto answered = [inquiry, weak = weak_from_this()](const cluster::QueryAnswer& answer) {
        const std::shared_ptr<Conversation> self = weak.lock();
        if (!self || !inquiry->done)
            return;
        if (answer.kind == cluster::QueryAnswer::Kind::Response)
            inquiry->tally.take(answer.from, answer.payload);
        const bool over = answer.kind == cluster::QueryAnswer::Kind::Done;
        if (inquiry->tally.complete() || (over && inquiry->asked == 2))
            std::exchange(inquiry->done, nullptr)({});
        else if (over)
            self->ask_for_rings(inquiry);
    };
    const Result<cluster::LamportTime> ltime = premises_.backend.query(query, answered);
    if (!ltime)
        std::exchange(inquiry->done, nullptr)(inquiry->asked == 1 ? ltime.error().text : Bytes());
}

void Conversation::reply_ring_status(const Request& request, const std::string& error,
                                     const Bytes& name, const ring::Tally& tally) {
    const ring::View* view = premises_.backend.rings().find(name);
    if (!error.empty() || view == nullptr)
        return refuse(request, error.empty() ? "the ring is gone from the configuration" : error);
    RingFacts facts = facts_of(*view, premises_.backend);
    add_pending(*view, premises_.backend, facts);
    auto body = std::make_shared<std::string>();
    write_ring_status(*make_encoder(encoding_, *body), facts,
                      tally.finish(facts.in_use->fingerprint()));
    reply_shared(request, body);
}

void Conversation::drain(const Request& request) {
    const Result<DrainRequest> wanted = decode_drain(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const auto time = wanted->time > Duration::zero() ? std::optional(wanted->time) : std::nullopt;
    premises_.backend.drain(wanted->on, time,
                            completion<std::string>([this, request](const std::string& error) {
                                reply_drain(request, error);
                            }));
}

void Conversation::reply_drain(const Request& request, std::string_view error) {
    const DrainState state = premises_.backend.drain_state();
    std::optional<std::int64_t> until_ns;
    if (state.until && *state.until != never)
        until_ns = premises_.backend.wall_time(*state.until);
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_drain(*encoder, state.active, until_ns);
    link_->send(reply);
}

void Conversation::reply_nothing(const Request& request, std::string_view error) {
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_nothing(*encoder);
    link_->send(reply);
}

void Conversation::on_ring_change(RingChangeRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

}  // namespace muster::api
