#include "swim/relocation.h"

#include <algorithm>

namespace muster::swim {

namespace {

// One lost packet must not make a copy of a disk believe that it is alone.
constexpr unsigned asks = 3;

}  // namespace

Relocation::Action first_statement(HeldAs held) {
    switch (held) {
        case HeldAs::Left:
            return Relocation::Action::Arrive;
        case HeldAs::Alive:
            return Relocation::Action::Depart;
        case HeldAs::Unknown:
        case HeldAs::Dead:
            break;
    }
    return Relocation::Action::Revive;
}

Duration spread_time(Duration gossip_interval, std::size_t n) {
    Duration::rep rounds = 1;
    for (std::size_t reached = 1; reached < n; reached *= 2) {
        ++rounds;
    }
    return gossip_interval * rounds;
}

void Relocation::ask(TimePoint now) {
    phase_ = Phase::Asking;
    asked_ = 0;
    due_ = now;
    latest_ = now + timing_.patience;
}

void Relocation::depart(TimePoint now) {
    phase_ = Phase::Asking;
    asked_ = asks;
    due_ = now;
    latest_ = now;
    held_ = HeldAs::Alive;
}

void Relocation::answered() {
    copy_ = true;
}

bool Relocation::heard(TimePoint now, HeldAs held) {
    if (copy_) {
        return false;
    }
    if (phase_ == Phase::Asking) {
        held_ = std::max(held, held_.value_or(held));
        return false;
    }
    if (!settled() || (held != HeldAs::Alive && held != HeldAs::Dead)) {
        return false;
    }
    if (departed_) {
        return true;
    }
    // Nobody was there to hear us before, and now somebody remembers.
    held_ = held;
    ask(now);
    return false;
}

void Relocation::sent(TimePoint now, Duration spread) {
    if (phase_ == Phase::Reviving || phase_ == Phase::Departing || phase_ == Phase::Arriving) {
        due_ = std::min(due_, now + spread);
    }
}

Relocation::Action Relocation::next(TimePoint now, bool alone) {
    switch (phase_) {
        case Phase::Settled:
            return Action::None;
        case Phase::Asking:
            return copy_ ? arrive(now) : ask_on(now, alone);
        case Phase::Reviving:
        case Phase::Departing:
            break;
        case Phase::Arriving:
            if (now < due_) {
                return Action::None;
            }
            stop();
            return Action::Repeat;
    }
    // Also when an answer came late: what was said cannot be taken back, but nothing is added.
    if (copy_) {
        return arrive(now);
    }
    if (now < due_) {
        return Action::None;
    }
    return phase_ == Phase::Reviving ? begin(now, Phase::Departing, Action::Depart) : arrive(now);
}

Relocation::Action Relocation::ask_on(TimePoint now, bool alone) {
    if (asked_ < asks && now >= due_) {
        ++asked_;
        due_ = now + (asked_ < asks ? timing_.spacing : timing_.spacing * 2);
        return Action::Ask;
    }
    if (asked_ < asks || (now < due_ && due_ != latest_)) {
        return Action::None;
    }
    if (!held_ && alone && now < latest_) {
        // Whoever is found meanwhile says how we are held.
        due_ = latest_;
        return Action::None;
    }
    switch (first_statement(held_.value_or(alone ? HeldAs::Left : HeldAs::Unknown))) {
        case Action::Revive:
            return begin(now, Phase::Reviving, Action::Revive);
        case Action::Depart:
            return begin(now, Phase::Departing, Action::Depart);
        default:
            return arrive(now);
    }
}

Relocation::Action Relocation::begin(TimePoint now, Phase phase, Action action) {
    phase_ = phase;
    due_ = now + timing_.patience;
    spoken_ = true;
    departed_ = departed_ || action == Action::Depart;
    return action;
}

Relocation::Action Relocation::arrive(TimePoint now) {
    held_.reset();
    spoken_ = true;
    if (departed_ && !copy_) {
        return begin(now, Phase::Arriving, Action::Arrive);
    }
    stop();
    return Action::Arrive;
}

TimePoint Relocation::next_deadline() const {
    return phase_ == Phase::Settled ? never : due_;
}

}  // namespace muster::swim
