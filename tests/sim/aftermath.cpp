#include "tests/sim/aftermath.h"

#include "swim/codec.h"
#include "swim/formulas.h"

namespace muster::sim {

using cluster::Status;
using namespace std::chrono_literals;

namespace {

// A storm of three minutes leaves retry intervals of some minutes behind; each then needs an
// exchange or two; and who flapped is held out for ten minutes at the longest.
constexpr Duration agreement_bound = 20min;
// Who still held a member for left says so in its next exchange, and others take it for leaving
// until they have waited for it in vain.
constexpr Duration echo = 2min;
// Gossip misses somebody now and then. Push/pull with one other, every 30 s, has told all by then.
constexpr Duration repair = 5min;
// Who has returned often, or refuted much, is reported failed for so long at most.
constexpr Duration longest_hold = 10min;
// Twice the broadcast timeout, and the delay in which the news spreads.
constexpr Duration leave_bound = 11s;

std::string seconds(Duration time) {
    return std::to_string(std::chrono::duration<double>(time).count()) + " s";
}

}  // namespace

Duration completeness_bound(std::size_t n, const swim::Config& config) {
    const Duration probing = static_cast<Duration::rep>(2 * n - 1) * config.probe_interval;
    const Duration failing = config.probe_interval;
    const Duration suspecting =
        swim::suspicion_timeout(config.suspicion_mult, n, config.probe_interval) *
        static_cast<Duration::rep>(config.suspicion_max_timeout_mult);
    return probing + failing + suspecting + 5s;
}

Aftermath::Aftermath(World& world) : world_(world), random_(world.seed() ^ 0xAF7E12A7U) {
    world_.watch([this](HostId observer, const Effects& effects) { observe(observer, effects); });
}

void Aftermath::judge() {
    using Step = void (Aftermath::*)();
    const Step steps[] = {&Aftermath::agree,
                          &Aftermath::quiet,
                          &Aftermath::slander,
                          &Aftermath::news,
                          &Aftermath::death_and_return,
                          &Aftermath::leave};
    for (const Step step : steps) {
        reports_ = {};
        expected_.reset();
        (this->*step)();
        if (!broken_.empty()) {
            return;
        }
    }
}

void Aftermath::agree() {
    const TimePoint begin = world_.now();
    if (settle("the storm", agreement_bound)) {
        agreement_ = world_.now() - begin;
        world_.run_for(echo);
        settle("the storm's echo", 1min);
    }
}

void Aftermath::quiet() {
    world_.run_for(1min);
    expect(reports_.suspicions == 0,
           "on a calm network " + std::to_string(reports_.suspicions) + " suspicions were raised");
    nobody_departed("a quiet minute");
    // Who is alone has nobody to tell its news, and nobody to try its health on.
    const Hosts members = running().size() > 1 ? running() : Hosts{};
    for (const HostId host : members) {
        const NodeStats stats = world_.node(host).stats();
        const std::size_t queued =
            stats.intent_queue + stats.event_queue + stats.query_queue + stats.member_queue;
        expect(queued == 0, world_.name(host) + " still has " + std::to_string(queued) +
                                " messages queued, though nothing happens");
        expect(stats.health == 0,
               world_.name(host) + " holds itself for sick, at " + std::to_string(stats.health));
    }
    expect(world_.converged(), "a quiet minute ended with: " + world_.divergence());
}

void Aftermath::slander() {
    if (running().size() < 2) {
        return;
    }
    const HostId accused = pick();
    HostId observer = pick();
    while (observer == accused) {
        observer = pick();
    }
    const std::uint32_t before = world_.sees(observer, accused).incarnation;
    Bytes packet;
    swim::encode(swim::Suspect{before, world_.name(accused), world_.name(observer)}, packet);
    world_.inject(observer, world_.endpoint(observer), packet);
    expect(world_.sees(observer, accused).suspect, "an accusation did not make suspect");
    settle("a false accusation", repair);
    nobody_departed("a false accusation");
    expect(world_.node(accused).incarnation() > before,
           world_.name(accused) + " refuted without a higher incarnation");
}

void Aftermath::news() {
    const HostId host = pick();
    world_.set_tags(host, {{"after", "the storm"}});
    settle("a change of tags", repair);
    nobody_departed("a change of tags");
}

void Aftermath::death_and_return() {
    const std::size_t n = running().size();
    if (n < 2) {
        return;
    }
    const HostId victim = pick();
    expected_ = victim;
    const swim::Config& config = world_.config(victim).swim;
    const Duration least = swim::suspicion_timeout(config.suspicion_mult, n, config.probe_interval);
    world_.kill(victim);
    world_.run_for(least - 1ms);
    expect(reports_.expected == 0, world_.name(victim) + " was given up within " + seconds(least) +
                                       ", the shortest suspicion");
    const Duration bound = completeness_bound(world_.size(), config);
    expect(world_.run_until([&] { return world_.all_see(victim, Status::Failed); }, bound - least),
           world_.name(victim) + " was killed, and not reported failed by all within " +
               seconds(bound));
    nobody_departed("a death");
    world_.boot(victim);
    world_.join(victim, {running().front() == victim ? running().back() : running().front()});
    settle("a return", longest_hold + repair);
    nobody_departed("a return");
}

void Aftermath::leave() {
    if (running().size() < 2) {
        return;
    }
    const HostId leaver = pick();
    expected_ = leaver;
    world_.leave(leaver);
    expect(world_.run_until([&] { return world_.process(leaver) == Process::Left; }, leave_bound),
           world_.name(leaver) + " did not leave within " + seconds(leave_bound));
    expect(world_.run_until([&] { return world_.all_see(leaver, Status::Left); }, repair),
           world_.name(leaver) + " left, and is not reported so by all");
    settle("a leave", repair);
    nobody_departed("a leave");
}

bool Aftermath::settle(const char* after, Duration bound) {
    const bool agreed = world_.run_until([&] { return world_.converged(); }, bound);
    expect(agreed, std::string("no agreement within ") + seconds(bound) + " after " + after + ": " +
                       world_.divergence());
    return agreed;
}

Hosts Aftermath::running() const {
    Hosts found;
    for (HostId host = 0; host < world_.size(); ++host) {
        if (world_.running(host)) {
            found.push_back(host);
        }
    }
    return found;
}

HostId Aftermath::pick() {
    const Hosts candidates = running();
    return candidates[random_.below(candidates.size())];
}

void Aftermath::observe(HostId observer, const Effects& effects) {
    for (const MemberEvent& event : effects.events) {
        reports_.suspicions += event.kind == MemberEvent::Kind::Suspect ? 1U : 0U;
        const bool gone = event.to == Status::Failed || event.to == Status::Left;
        const bool here = event.from == Status::Alive || event.from == Status::Leaving;
        if (!gone || !here) {
            continue;
        }
        if (expected_ && event.name == world_.name(*expected_)) {
            ++reports_.expected;
        } else {
            reports_.surprises.push_back(world_.name(observer) + " about " + event.name + ": " +
                                         cluster::to_string(event.to));
        }
    }
}

void Aftermath::nobody_departed(const char* during) {
    for (const std::string& surprise : reports_.surprises) {
        expect(false,
               std::string("after ") + during + " a healthy member was given up: " + surprise);
    }
}

void Aftermath::expect(bool holds, const std::string& sentence) {
    constexpr std::size_t sentences_max = 5;
    if (!holds && broken_.size() < sentences_max) {
        const double at = std::chrono::duration<double>(world_.elapsed()).count();
        broken_.push_back(std::to_string(at) + " s: " + sentence);
    }
}

}  // namespace muster::sim
