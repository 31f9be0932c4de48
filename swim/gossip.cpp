#include "swim/gossip.h"

#include <algorithm>

namespace muster::swim {

namespace {

// An extra round waits so long for more news to come: it leaves within 1 ms.
constexpr Duration extra_delay = std::chrono::microseconds(500);
constexpr Duration first_spacing = std::chrono::milliseconds(20);
// A broadcast remembers four of whom it went to. Whoever needs nothing after so many who need
// nothing shares an endpoint with them.
constexpr unsigned most_in_vain = 8;

}  // namespace

Gossip::Gossip(const Config& config, MemberTable& table, Sender& sender, Random& random)
    : config_(config), table_(table), sender_(sender), random_(random), spacing_(first_spacing) {}

void Gossip::start(TimePoint now) {
    started_ = config_.gossip_interval > Duration::zero();
    if (started_) {
        cursor_ = random_.next() >> 32U;
        phase_ = now + random_.below(config_.gossip_interval);
        last_extra_ = now - config_.gossip_interval * 2;
    }
}

TimePoint Gossip::next_phase(TimePoint after) const {
    if (after < phase_) {
        return phase_;
    }
    return phase_ + ((after - phase_) / config_.gossip_interval + 1) * config_.gossip_interval;
}

void Gossip::notice(TimePoint now) {
    if (!started_ || sender_.idle()) {
        next_tick_ = never;
        next_extra_ = never;
        return;
    }
    if (next_tick_ == never) {
        next_tick_ = next_phase(now);
    }
    if (config_.broadcast_at_once && next_extra_ == never && sender_.has_news()) {
        if (now - last_extra_ > config_.gossip_interval) {
            spacing_ = first_spacing;
        }
        next_extra_ = std::max(now + extra_delay, last_extra_ + spacing_);
    }
}

void Gossip::tick(TimePoint now, Output& out) {
    if (now >= next_extra_) {
        next_extra_ = never;
        // More than a packet's worth is no single piece of news: the ticks spread it.
        if (sender_.fits_one_packet()) {
            round(now, BroadcastQueue::Round::Extra, out);
            last_extra_ = now;
            spacing_ = std::min(spacing_ * 2, config_.gossip_interval);
        }
        sender_.end_extra_round();
    }
    if (now >= next_tick_) {
        round(now, BroadcastQueue::Round::Regular, out);
        next_tick_ = next_phase(now);
    }
}

// Alive and suspect members, and dead ones for a while: it gives them a chance to refute. Not with
// what leaves at once: a copy for the dead is one less for those who listen.
//
// Round after round goes on in the list where the last one stopped, which the prober shuffles: so
// the few copies of one piece of news go to different members. Drawn anew each time (section 9.3),
// twice as many changes miss somebody (58 against 29 of 2,000, with 5 to 50 members).
void Gossip::round(TimePoint now, BroadcastQueue::Round round, Output& out) {
    const auto hears = [&](const Member& member) {
        if (member.name == config_.name) {
            return false;
        }
        return member.is_live() ||
               (round == BroadcastQueue::Round::Regular && member.state == State::Dead &&
                now - member.state_change <= config_.gossip_to_the_dead_time);
    };
    const std::size_t n = table_.size();
    unsigned sent = 0;
    unsigned in_vain = 0;
    const Member* hearer = nullptr;
    for (std::size_t looked = 0; looked < n && sent < config_.gossip_nodes; ++looked) {
        const Member& member = *table_.entries()[cursor_ % n];
        if (hears(member)) {
            if (sender_.gossip(member.endpoint, member.understands_crc(), round, out)) {
                ++sent;
            } else if (round == BroadcastQueue::Round::Extra || sender_.idle()) {
                // Whose turn it was is the next one's first: what is left of the copies is theirs.
                return;
            } else if (++in_vain == most_in_vain) {
                break;
            }
            hearer = &member;
        }
        ++cursor_;
    }
    // All of it waits for somebody who is nowhere.
    if (round == BroadcastQueue::Round::Regular && sent == 0 && hearer != nullptr) {
        sender_.gossip_again(hearer->endpoint, hearer->understands_crc(), out);
    }
}

TimePoint Gossip::next_deadline() const {
    return std::min(next_tick_, next_extra_);
}

}  // namespace muster::swim
