// The API's questions and requests, answered by the node.
#include <sched.h>

#include <algorithm>

#include "agent/agent_parts.h"
#include "agent/stats.h"

namespace muster {

namespace {

unsigned usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1;
}

std::function<void(const RequestDone&)> only_error(std::function<void(std::string)> done) {
    return [done = std::move(done)](const RequestDone& result) { done(result.error); };
}

}  // namespace

std::uint64_t Agent::Parts::index() const {
    return node->index();
}

void Agent::Parts::members(std::vector<MemberView>& out) const {
    node->members(out);
}

const Bytes& Agent::Parts::self() const {
    return node->name();
}

std::int64_t Agent::Parts::wall_time(TimePoint at) const {
    return clock.wall(at);
}

api::Stats Agent::Parts::stats() const {
    return describe(StatsSource{.node = node->stats(),
                                .udp = udp.counters(),
                                .streams = streams.counters(),
                                .api = server->stats(),
                                .advertise = advertised->choice(),
                                .bind = bound,
                                .rpc = server->rpc_endpoint(),
                                .api_path = config.api.path,
                                .data_dir = keeping.directory(),
                                .store_trouble = keeping.trouble(),
                                .store_writes = keeping.writes(),
                                .store_failures = keeping.failures(),
                                .journal_trouble = journaling.trouble(),
                                .journal_recorded = journaling.recorded(),
                                .journal_lost = journaling.lost(),
                                .journal_failures = journaling.failures(),
                                .log_dropped = log.dropped(),
                                .loop_lag = loop_lag,
                                .worst_lag = loop_lag.worst(clock.now()),
                                .uptime = clock.now() - started,
                                .name = node->name(),
                                .version = config.version,
                                .tags = node->tags(),
                                .cpus = usable_cpus(),
                                .encrypted = seal.has_keys()});
}

std::vector<std::string> Agent::Parts::warnings() const {
    std::vector<std::string> all;
    if (!advertised->choice().warning.empty())
        all.push_back(advertised->choice().warning);
    for (std::string& warning : key_warnings())
        all.push_back(std::move(warning));
    const NodeStats now = node->stats();
    if (now.health > 0) {
        all.push_back("this agent's health score is " + std::to_string(now.health) +
                      " (0 is healthy): it hears less from the others than it should, or is short "
                      "of CPU");
    }
    if (const std::optional<std::string> too_few = missing_since())
        all.push_back(*too_few);
    if (!keeping.trouble().empty()) {
        all.push_back(keeping.trouble() +
                      ": what this agent learns now would not survive its restart; it is tried "
                      "again");
    }
    if (!journaling.trouble().empty())
        all.push_back(journaling.trouble() +
                      ": the history is kept in memory until it can be "
                      "written; it is tried again");
    if (journaling.lost() > 0) {
        all.push_back(std::to_string(journaling.lost()) +
                      " changes are missing in the history, because it was written too slowly");
    }
    for (const hooks::HookStatus& hook : hooking.status()) {
        if (hook.breaker != hooks::Breaker::State::Closed)
            all.push_back("hook " + hook.name + " keeps failing (" + hook.last_why +
                          "): it is stopped, and what waits for it is kept (see `muster hooks "
                          "status`)");
        if (hook.dead > 0)
            all.push_back(std::to_string(hook.dead) + " events of hook " + hook.name +
                          " were set aside since the start (see `muster hooks list --dead`)");
    }
    if (const std::uint64_t lost = log.dropped(); lost > 0) {
        all.push_back(std::to_string(lost) +
                      " log lines were dropped, because whoever reads stderr was too slow");
    }
    return all;
}

RequestId Agent::Parts::expect(Completion completion) {
    requests.emplace(++last_request, std::move(completion));
    return last_request;
}

void Agent::Parts::join(std::vector<std::string> seeds, bool replay,
                        std::function<void(api::JoinOutcome)> done) {
    resolver->resolve(seeds, [this, replay,
                              done = std::move(done)](std::vector<net::Resolved> resolved) {
        const auto joining = std::make_shared<Joining>(
            std::move(resolved),
            [this](const Endpoint& endpoint) { return advertised->is_self(endpoint); });
        const RequestId request =
            expect([joining, done](const RequestDone& result) { done(joining->outcome(result)); });
        perform(node->join(clock.now(), request, joining->peers(), replay));
        arm();
    });
}

void Agent::Parts::leave(bool for_good, std::function<void(std::string error)> done) {
    begin_leave("a client has asked for it", for_good, only_error(std::move(done)));
}

void Agent::Parts::force_leave(const Bytes& name, bool prune,
                               std::function<void(std::string error)> done) {
    perform(node->force_leave(clock.now(), expect(only_error(std::move(done))), name, prune));
    arm();
}

void Agent::Parts::set_tags(const cluster::Tags& tags,
                            std::function<void(std::string error)> done) {
    const RequestId request = expect(only_error(std::move(done)));
    Result<Effects> effects = node->set_tags(clock.now(), request, tags);
    if (effects) {
        perform(*std::move(effects));
    } else {
        RequestDone refused;
        refused.request = request;
        refused.error = effects.error().text;
        complete(refused);
    }
    arm();
}

const cluster::Tags& Agent::Parts::tags() const {
    return node->tags();
}

// The node stamps at once, or refuses.
Result<cluster::LamportTime> Agent::Parts::stamped(RequestId request, Result<Effects> effects) {
    if (!effects) {
        requests.erase(request);
        return effects.error();
    }
    cluster::LamportTime ltime = 0;
    requests[request] = [&ltime](const RequestDone& done) { ltime = done.ltime; };
    perform(*std::move(effects));
    requests.erase(request);
    arm();
    return ltime;
}

Result<cluster::LamportTime> Agent::Parts::user_event(const Bytes& name, const Bytes& payload,
                                                      bool coalesce) {
    if (const std::optional<Duration> wait = events.take(clock.now())) {
        return Error{"too many user events: " + std::to_string(events.limits().rate) +
                     " a second may be fired here; wait " +
                     std::to_string(std::chrono::ceil<std::chrono::milliseconds>(*wait).count()) +
                     " ms, or raise event_rate"};
    }
    const RequestId request = expect({});
    return stamped(request, node->user_event(clock.now(), request, name, payload, coalesce));
}

Result<cluster::LamportTime> Agent::Parts::query(const cluster::QueryRequest& wanted,
                                                 Answered answered) {
    const RequestId request = expect({});
    Result<Effects> effects = node->query(clock.now(), request, wanted);
    if (effects)
        askers.emplace(request, std::move(answered));
    return stamped(request, std::move(effects));
}

std::optional<Error> Agent::Parts::respond(cluster::QueryHandle handle, const Bytes& payload) {
    Result<Effects> effects = node->respond(clock.now(), handle, payload);
    if (!effects)
        return effects.error();
    perform(*std::move(effects));
    arm();
    return std::nullopt;
}

void Agent::Parts::keys(cluster::KeyAction action, const Bytes& key, Reported done) {
    const RequestId request = expect({});
    requests.erase(request);  // its end is the report
    Result<Effects> effects = node->keys(clock.now(), request, action, key);
    if (!effects) {
        cluster::KeyReport refused;
        refused.request = request;
        refused.error = effects.error().text;
        return done(refused);
    }
    key_askers.emplace(request, std::move(done));
    perform(*std::move(effects));
    arm();
}

std::optional<cluster::Coordinate> Agent::Parts::coordinate(const Bytes& name) const {
    return node->coordinate(name);
}

void Agent::Parts::subscribe(api::Subscriber& subscriber) {
    subscribers.push_back(&subscriber);
}

void Agent::Parts::unsubscribe(api::Subscriber& subscriber) {
    std::replace(subscribers.begin(), subscribers.end(), &subscriber,
                 static_cast<api::Subscriber*>(nullptr));
    if (telling == 0)
        std::erase(subscribers, nullptr);
}

void Agent::Parts::replay_log(api::Subscriber& subscriber) const {
    log.recent([&](LogLevel level, std::int64_t wall_ns, std::string_view text) {
        subscriber.on_log(level, wall_ns, text);
    });
}

}  // namespace muster
