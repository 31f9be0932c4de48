// What the node wants done, done.
#include <algorithm>

#include "agent/agent_parts.h"
#include "agent/net/nonces.h"
#include "agent/words.h"

namespace muster {

namespace {

LogLevel level_of(Notice::Level level) {
    switch (level) {
        case Notice::Level::Debug:
            return LogLevel::Debug;
        case Notice::Level::Info:
            return LogLevel::Info;
        case Notice::Level::Warning:
            return LogLevel::Warn;
        case Notice::Level::Error:
            break;
    }
    return LogLevel::Err;
}

}  // namespace

void Agent::Parts::perform(Effects effects) {
    send(effects.wire);
    if (effects.election_write)
        voting.write(*std::exchange(effects.election_write, std::nullopt));
    for (const MemberEvent& event : effects.events)
        tell(event);
    for (const NameConflict& conflict : effects.conflicts)
        tell(conflict);
    for (const cluster::HeardEvent& event : effects.user_events)
        tell(event);
    for (const cluster::HeardQuery& query : effects.queries)
        tell(query);
    for (const election::Event& event : effects.leadership)
        tell(event);
    for (const Notice& notice : effects.notices)
        tell(notice);
    tell_view();
    for (const ring::Adoption& adoption : effects.adoptions)
        tell(adoption);
    journaling.flush(clock.now());
    for (const RequestDone& done : effects.done)
        complete(done);
    for (cluster::QueryAnswer& answer : effects.answers)
        later([this, own = std::move(answer)] { hand_over(own); });
    for (const cluster::KeyReport& report : effects.key_reports)
        hand_over(report);
    for (const election::Answer& answer : effects.leadership_answers)
        hand_over(answer);
    const std::vector<cluster::KeyRequest> wanted = std::move(effects.key_requests);
    if (effects.remember && keeping.next_deadline() == never)
        keeping.wanted(clock.now());
    const bool wants_seeds = effects.resolve_seeds;
    const bool has_left = effects.left;
    const bool lost_name = effects.name_lost;
    node->recycle(std::move(effects));
    change_keys(wanted);
    if (wants_seeds)
        resolve_seeds();
    if (has_left)
        left();
    if (lost_name)
        lose_name();
}

void Agent::Parts::send(const swim::Output& wire) {
    for (const swim::Datagram& datagram : wire.datagrams) {
        seal.seal_packet(wire.view(datagram), net::nonce_for(seal), sealed);
        udp.send(datagram.to, sealed);
    }
    for (const swim::StreamOpen& open : wire.opens)
        streams.open(open);
    for (const swim::StreamReply& reply : wire.replies)
        streams.reply(reply);
}

void Agent::Parts::tell(const MemberEvent& event) {
    log.write(event.kind == MemberEvent::Kind::Failed ? LogLevel::Warn : LogLevel::Info,
              describe(event, node->name()));
    record(history::change_of(event));
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_member_event(event); });
}

void Agent::Parts::tell(const NameConflict& conflict) {
    record(history::change_of(conflict));
    checkup.note(clock.now(), conflict);
    tell(Notice{Notice::Level::Error, describe(conflict, node->name())});
}

void Agent::Parts::tell(const cluster::HeardEvent& event) {
    tell(Notice{Notice::Level::Debug, "heard the user event " + event.name + " (" +
                                          std::to_string(event.payload.size()) + " bytes)"});
    record(history::change_of(event));
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_user_event(event); });
}

void Agent::Parts::tell(const cluster::HeardQuery& query) {
    tell(Notice{Notice::Level::Debug, "heard the query " + query.name + " of " +
                                          (query.source.empty() ? "an old agent" : query.source)});
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_query(query); });
    hooking.hear(query);
}

void Agent::Parts::tell(const Notice& notice) {
    const LogLevel level = level_of(notice.level);
    if (!log.wants(level))
        return;
    const std::optional<std::uint64_t> kept_back =
        said.say(clock.now(), RateLimit::kind_of(notice.text));
    if (!kept_back)
        return;
    if (*kept_back == 0)
        return log.write(level, notice.text);
    log.write(level, notice.text + " (and " + std::to_string(*kept_back) + " more of this kind)");
}

void Agent::Parts::complete(const RequestDone& done) {
    const auto found = requests.find(done.request);
    if (found == requests.end())
        return;
    const Completion completion = std::move(found->second);
    requests.erase(found);
    completion(done);
}

// Our own answer comes while the query is being asked; who asks is to know of the query first.
// Whoever asked may be gone: the callback knows.
void Agent::Parts::hand_over(const cluster::QueryAnswer& answer) {
    const auto found = askers.find(answer.request);
    if (found == askers.end())
        return;
    const Answered answered = found->second;
    if (answer.kind == cluster::QueryAnswer::Kind::Done)
        askers.erase(found);
    answered(answer);
}

void Agent::Parts::hand_over(const cluster::KeyReport& report) {
    const auto found = key_askers.find(report.request);
    if (found == key_askers.end())
        return;
    const Reported reported = std::move(found->second);
    key_askers.erase(found);
    reported(report);
}

void Agent::Parts::tell_view() {
    const std::uint64_t index = node->index();
    if (index == told_index)
        return;
    told_index = index;
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_view(index); });
}

void Agent::Parts::change_keys(const std::vector<cluster::KeyRequest>& wanted) {
    for (const cluster::KeyRequest& request : wanted) {
        keyring.perform(request, [this, handle = request.handle](const cluster::KeyAnswer& answer) {
            perform(node->key_answer(clock.now(), handle, answer));
            arm();
        });
    }
}

// A subscriber may subscribe others or go while it is told.
void Agent::Parts::for_each_subscriber(const std::function<void(api::Subscriber&)>& tell_it) {
    ++telling;
    // By number, since the list may grow meanwhile: NOLINTNEXTLINE(modernize-loop-convert)
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
        if (subscribers[i] != nullptr)
            tell_it(*subscribers[i]);
    }
    if (--telling == 0)
        std::erase(subscribers, nullptr);
}

// ---- the history ----

void Agent::Parts::record(history::Change change) {
    change.health = node->health();
    journaling.record(std::move(change));
}

history::View Agent::Parts::view_for_history() const {
    std::vector<MemberView> views;
    node->members(views);
    history::View view;
    for (const MemberView& each : views) {
        history::Entry entry;
        entry.standing = history::standing_of(each.status, each.suspect);
        entry.endpoint = each.endpoint;
        entry.tags = each.tags;
        entry.versions = each.versions;
        entry.incarnation = each.incarnation;
        view.emplace(each.name, std::move(entry));
    }
    return view;
}

void Agent::Parts::history(const journal::Question& question,
                           std::function<void(const Result<journal::Page>&)> done) {
    journaling.ask(question, std::move(done));
}

void Agent::Parts::members_at(const journal::Moment& moment,
                              std::function<void(const Result<journal::PastView>&)> done) {
    journaling.ask(moment, std::move(done));
}

// ---- seeds, and our own address ----

void Agent::Parts::resolve_seeds() {
    if (resolving)
        return;
    resolving = true;
    resolver->resolve(config.seeds, [this](const std::vector<net::Resolved>& seeds) {
        resolving = false;
        seeds_resolved(seeds);
    });
}

void Agent::Parts::seeds_resolved(const std::vector<net::Resolved>& seeds) {
    std::vector<Endpoint> endpoints;
    for (const net::Resolved& seed : seeds) {
        if (!seed.error.empty())
            tell(Notice{Notice::Level::Warning, "seed " + seed.seed + ": " + seed.error});
        endpoints.insert(endpoints.end(), seed.endpoints.begin(), seed.endpoints.end());
    }
    advertised->set_seeds(endpoints);
    look_at_address();
    std::erase_if(endpoints,
                  [this](const Endpoint& endpoint) { return advertised->is_self(endpoint); });
    perform(node->seeds_resolved(clock.now(), endpoints));
    arm();
}

void Agent::Parts::look_at_address() {
    if (!advertised->follows())
        return;
    next_look = clock.now() + look_interval;
    const Endpoint before = advertised->choice().endpoint;
    const std::optional<net::AdvertiseChoice> choice = advertised->look_again();
    if (!choice)
        return;
    log.warn("advertising " + choice->endpoint.plain().to_string() + " from now on (" +
             net::to_string(choice->reason) + "), no longer " + before.plain().to_string());
    if (!choice->warning.empty())
        log.warn(choice->warning);
    perform(node->set_advertise(clock.now(), choice->endpoint));
}

}  // namespace muster
