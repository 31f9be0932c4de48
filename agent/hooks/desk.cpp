#include "agent/hooks/desk.h"

#include <algorithm>
#include <utility>

#include "agent/hooks/lane.h"
#include "swim/assert.h"

namespace muster::hooks {

namespace {

enum class Verdict : std::uint8_t { Run, Wait, Skip };

Verdict judge(Spec::Only only, const Conditions& conditions, bool waited_long) {
    switch (only) {
        case Spec::Only::Always:
            return Verdict::Run;
        case Spec::Only::Leader:
            if (conditions.leads)
                return Verdict::Run;
            return conditions.leader_known || waited_long ? Verdict::Skip : Verdict::Wait;
        case Spec::Only::Quorum:
            return conditions.quorum ? Verdict::Run : Verdict::Skip;
        case Spec::Only::Majority:
            break;
    }
    return conditions.majority ? Verdict::Run : Verdict::Skip;
}

std::string seconds_text(Duration duration) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

Duration retry_delay(unsigned attempts, Random& random) {
    constexpr Duration longest = std::chrono::seconds(300);
    Duration delay = std::chrono::seconds(1);
    for (unsigned i = 1; i < attempts && delay < longest; ++i)
        delay *= 4;
    delay = std::min(delay, longest);
    return delay * 3 / 4 + random.below(delay / 2);
}

struct Desk::Desked {
    explicit Desked(const Spec& spec) : lane(spec) { counts.name = spec.name; }

    Lane lane;
    Breaker breaker;
    HookStatus counts;
    Lane::GroupId last_trial = 0;
    TimePoint waits_until = never;  // for a leader
    bool resyncing = false;
};

Desk::Desk(std::uint64_t seed) : random_(seed) {}
Desk::~Desk() = default;

Desk::Desked* Desk::find(const std::string& hook) const {
    const auto found = std::find_if(hooks_.begin(), hooks_.end(), [&](const auto& each) {
        return each->lane.spec().name == hook;
    });
    return found == hooks_.end() ? nullptr : found->get();
}

bool Desk::knows(const std::string& hook) const {
    return find(hook) != nullptr;
}

void Desk::configure(const std::vector<Spec>& specs) {
    std::vector<std::unique_ptr<Desked>> hooks;
    for (const Spec& spec : specs) {
        const auto found = std::find_if(hooks_.begin(), hooks_.end(), [&](const auto& each) {
            return each && each->lane.spec().name == spec.name;
        });
        if (found == hooks_.end()) {
            hooks.push_back(std::make_unique<Desked>(spec));
            continue;
        }
        hooks.push_back(std::move(*found));
        // A hook that was mended is not made to wait.
        if (!(hooks.back()->lane.spec() == spec))
            hooks.back()->breaker = Breaker();
        hooks.back()->lane.set_spec(spec);
    }
    hooks_ = std::move(hooks);
    std::erase_if(running_, [&](const auto& run) { return !knows(run.second.hook); });
}

void Desk::add(Moment moment, const journal::Delivery& delivery, Turn& out) {
    Desked* const hook = find(delivery.hook);
    if (hook == nullptr)
        return;
    if (delivery.kind == history::Kind::Gap) {
        hook->resyncing = false;
        hook->counts.lost = 0;
    }
    // The wall clock may have been set since: no wait is longer than the longest.
    constexpr Duration longest = std::chrono::seconds(375);
    const Duration delay =
        delivery.next_ns == 0
            ? Duration::zero()
            : std::clamp(Duration(delivery.next_ns - moment.wall_ns), Duration::zero(), longest);
    std::vector<std::uint64_t> replaced;
    hook->lane.add(moment.now, delivery, delay, replaced);
    skip(*hook, replaced, moment, out);
}

void Desk::skip(Desked& hook, const std::vector<std::uint64_t>& seqs, Moment moment, Turn& out) {
    hook.counts.skipped += seqs.size();
    for (const std::uint64_t seq : seqs) {
        out.outcomes.push_back({.hook = hook.counts.name,
                                .seq = seq,
                                .what = journal::Outcome::What::Done,
                                .at_ns = moment.wall_ns});
    }
}

void Desk::overflowed(const std::string& name, std::uint64_t lost) {
    if (Desked* const hook = find(name))
        hook->counts.lost = lost;
}

void Desk::drop(const std::string& name, std::uint64_t seq) {
    if (Desked* const hook = find(name))
        (void)hook->lane.drop(seq);
}

void Desk::turn_one(Moment moment, const Conditions& conditions, Desked& hook, Turn& out) {
    std::vector<std::uint64_t> left_out;
    hook.lane.gather(moment.now, left_out);
    skip(hook, left_out, moment, out);
    hook.lane.call_due(moment.now);
    if (hook.counts.lost > 0 && !hook.resyncing &&
        hook.lane.waiting() <= hook.lane.spec().queue / 2) {
        hook.resyncing = true;
        out.resync.push_back(hook.counts.name);
    }
    hook.waits_until = never;
    const Breaker::State state = hook.breaker.state(moment.now);
    const bool trial = state == Breaker::State::HalfOpen;
    const std::size_t most = trial ? 1 : hook.lane.spec().concurrency;
    while (state != Breaker::State::Open && hook.lane.running() < most) {
        // Each trial is of another delivery: one that always fails keeps no hook stopped.
        const auto id = hook.lane.next(trial ? hook.last_trial : 0);
        if (!id)
            break;
        const Lane::Group& group = hook.lane.group(*id);
        const TimePoint patience = group.added + max_wait_for_leader;
        const Verdict verdict = judge(hook.lane.spec().only, conditions, moment.now >= patience);
        if (verdict == Verdict::Wait) {
            hook.waits_until = patience;
            break;
        }
        if (verdict == Verdict::Skip) {
            skip(hook, group.seqs, moment, out);
            hook.lane.finish(*id);
            continue;
        }
        if (trial)
            hook.last_trial = *id;
        hook.lane.begin(*id);
        running_[++last_run_] = {hook.counts.name, *id};
        out.starts.push_back({.run = last_run_,
                              .spec = hook.lane.shared_spec(),
                              .kind = group.kind,
                              .seqs = group.seqs,
                              .attempt = group.attempts + 1});
    }
}

Desk::Turn Desk::turn(Moment moment, const Conditions& conditions) {
    Turn out;
    for (const auto& hook : hooks_)
        turn_one(moment, conditions, *hook, out);
    return out;
}

void Desk::failed(Moment moment, Desked& hook, std::uint64_t id, const RunEnd& end, Turn& out) {
    const Spec& spec = hook.lane.spec();
    const Lane::Group& group = hook.lane.group(id);
    const std::vector<std::uint64_t> seqs = group.seqs;
    const bool counts = end.ran && hook.breaker.state(moment.now) == Breaker::State::Closed;
    if (end.ran)
        hook.breaker.failed(moment.now, id);
    ++hook.counts.failed;
    hook.counts.last_status = end.status;
    hook.counts.last_why = end.why;
    std::string note = "hook " + spec.name + ": " + end.why;
    const bool stopped = hook.breaker.state(moment.now) == Breaker::State::Open;
    const unsigned attempts = group.attempts + (counts ? 1 : 0);
    journal::Outcome outcome{.hook = spec.name,
                             .what = journal::Outcome::What::Again,
                             .attempts = attempts,
                             .status = end.status,
                             .why = end.why,
                             .at_ns = moment.wall_ns};
    if (counts && attempts > spec.retries) {
        outcome.what = journal::Outcome::What::Dead;
        outcome.output = end.output;
        hook.counts.dead += seqs.size();
        note += "; change " + std::to_string(seqs.front()) + " is set aside after " +
                std::to_string(attempts) + (attempts == 1 ? " try" : " tries") +
                " (see `muster hooks list --dead`, then `muster hooks replay`)";
        hook.lane.finish(id);
    } else {
        const Duration delay = retry_delay(std::max(1U, attempts), random_);
        outcome.next_ns = moment.wall_ns + delay.count();
        note += "; change " + std::to_string(seqs.front()) + " is tried again in " +
                seconds_text(delay);
        hook.lane.postpone(id, moment.now + delay, attempts);
    }
    out.notes.push_back(std::move(note));
    if (stopped && counts) {
        out.notes.push_back("hook " + spec.name + " keeps failing: it is stopped for " +
                            seconds_text(hook.breaker.opens_until() - moment.now) +
                            ", and what waits for it is kept");
    }
    // Only what is new is written down.
    if (!counts)
        return;
    for (const std::uint64_t seq : seqs) {
        outcome.seq = seq;
        out.outcomes.push_back(outcome);
    }
}

Desk::Turn Desk::ended(Moment moment, RunId run, const RunEnd& end) {
    Turn out;
    const auto found = running_.find(run);
    if (found == running_.end())
        return out;
    const Running what = std::move(found->second);
    running_.erase(found);
    Desked* const hook = find(what.hook);
    MUSTER_ASSERT(hook != nullptr);
    if (!end.ok) {
        failed(moment, *hook, what.group, end, out);
        return out;
    }
    if (hook->breaker.state(moment.now) != Breaker::State::Closed)
        out.notes.push_back("hook " + what.hook + " works again");
    hook->breaker.succeeded();
    hook->last_trial = 0;
    ++hook->counts.done;
    for (const std::uint64_t seq : hook->lane.group(what.group).seqs) {
        out.outcomes.push_back({.hook = what.hook,
                                .seq = seq,
                                .what = journal::Outcome::What::Done,
                                .at_ns = moment.wall_ns});
    }
    hook->lane.finish(what.group);
    return out;
}

TimePoint Desk::next_deadline(TimePoint now) const {
    TimePoint next = never;
    for (const auto& hook : hooks_) {
        next = std::min({next, hook->waits_until, hook->lane.next_deadline()});
        if (hook->breaker.state(now) == Breaker::State::Open && hook->lane.waiting() > 0)
            next = std::min(next, hook->breaker.opens_until());
    }
    return next;
}

bool Desk::is_busy() const {
    return std::any_of(hooks_.begin(), hooks_.end(), [](const auto& hook) {
        const bool is_free = hook->waits_until == never &&
                             hook->breaker.state(TimePoint::min()) == Breaker::State::Closed;
        return hook->lane.running() > 0 || (is_free && hook->lane.next());
    });
}

bool Desk::has_work() const {
    return std::any_of(hooks_.begin(), hooks_.end(), [](const auto& hook) {
        return hook->lane.waiting() > 0 || (hook->counts.lost > 0 && !hook->resyncing);
    });
}

std::vector<HookStatus> Desk::status(TimePoint now) const {
    std::vector<HookStatus> all;
    for (const auto& hook : hooks_) {
        HookStatus one = hook->counts;
        one.on = hook->lane.spec().on_text;
        one.waiting = hook->lane.waiting();
        one.running = hook->lane.running();
        one.breaker = hook->breaker.state(now);
        if (one.breaker == Breaker::State::Open)
            one.opens_in = hook->breaker.opens_until() - now;
        if (const auto oldest = hook->lane.oldest())
            one.oldest = now - *oldest;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace muster::hooks
