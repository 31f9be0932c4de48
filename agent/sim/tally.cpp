#include "agent/sim/tally.h"

#include <algorithm>

namespace muster::sim {

namespace {

using cluster::Status;

// The smallest of which at least `share` of all are no larger. REQUIRES: some, sorted.
Duration quantile(const std::vector<Duration>& sorted, std::size_t percent) {
    const std::size_t rank = (sorted.size() * percent + 99) / 100;
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

Spread spread_of(std::vector<Duration> durations) {
    if (durations.empty()) {
        return {};
    }
    std::sort(durations.begin(), durations.end());
    return {.count = durations.size(),
            .first = durations.front(),
            .median = quantile(durations, 50),
            .p99 = quantile(durations, 99),
            .last = durations.back()};
}

Tally::Tally(World& world, Duration grace)
    : world_(world),
      grace_(grace),
      subjects_(world.size()),
      reported_(world.size() * world.size()) {
    for (HostId host = 0; host < world.size(); ++host) {
        ids_.emplace(world.name(host), host);
    }
    begin();
    world_.watch([this](HostId host, const Effects& effects) { see(host, effects); });
}

void Tally::begin() {
    begin_ = world_.now();
    before_.clear();
    for (HostId host = 0; host < world_.size(); ++host) {
        before_.push_back(world_.traffic(host));
    }
    first_.clear();
    detections_.clear();
    false_positives_ = late_ = of_impaired_ = missed_ = 0;
}

// ---- what the scenario does ----

void Tally::gone(HostId subject) {
    subjects_[subject].absence = ++last_absence_;
    subjects_[subject].since = world_.now();
}

void Tally::back(HostId subject) {
    missed_ += unreported(subject);
    subjects_[subject].absence = 0;
    subjects_[subject].back = world_.now();
    subjects_[subject].was_back = true;
}

void Tally::part(const Hosts& a, const Hosts& b) {
    partition_ = ++last_absence_;
    parted_since_ = world_.now();
    for (const HostId host : a) {
        subjects_[host].side = 1;
    }
    for (const HostId host : b) {
        subjects_[host].side = 2;
    }
}

void Tally::heal() {
    for (HostId host = 0; host < subjects_.size(); ++host) {
        missed_ += subjects_[host].absence == 0 ? unreported(host) : 0;
    }
    partition_ = 0;
    for (Subject& subject : subjects_) {
        if (subject.side != 0) {
            subject.back = world_.now();
            subject.was_back = true;
        }
        subject.side = 0;
    }
}

void Tally::impaired(HostId subject, bool is) {
    subjects_[subject].impaired = is;
    if (!is) {
        subjects_[subject].back = world_.now();
        subjects_[subject].was_back = true;
    }
}

// ---- what the members report ----

void Tally::see(HostId observer, const Effects& effects) {
    for (const MemberEvent& event : effects.events) {
        const bool goes = event.to == Status::Failed || event.to == Status::Left;
        if (is_here(event.from) && goes) {
            const auto subject = ids_.find(event.name);
            if (subject != ids_.end() && subject->second != observer) {
                count(observer, subject->second);
            }
        }
    }
}

void Tally::count(HostId observer, HostId subject) {
    const Subject& about = subjects_[subject];
    if (about.absence != 0) {
        detected(observer, subject, about.absence, about.since);
    } else if (parted(observer, subject)) {
        detected(observer, subject, partition_, parted_since_);
    } else if (about.impaired) {
        ++of_impaired_;
    } else if (about.was_back && world_.now() - about.back <= grace_) {
        ++late_;
    } else {
        ++false_positives_;
    }
}

void Tally::detected(HostId observer, HostId subject, std::uint32_t absence, TimePoint since) {
    std::uint32_t& reported = reported_[observer * subjects_.size() + subject];
    if (reported == absence) {
        return;
    }
    reported = absence;
    detections_.push_back(world_.now() - since);
    first_.try_emplace({absence, subject}, detections_.back());
}

bool Tally::parted(HostId observer, HostId subject) const {
    const std::uint8_t ours = subjects_[observer].side;
    const std::uint8_t theirs = subjects_[subject].side;
    return ours != 0 && theirs != 0 && ours != theirs;
}

bool Tally::gone_for(HostId observer, HostId subject) const {
    return subjects_[subject].absence != 0 || parted(observer, subject);
}

// ---- questions ----

std::uint64_t Tally::unreported(HostId subject) const {
    std::uint64_t total = 0;
    for (HostId observer = 0; observer < subjects_.size(); ++observer) {
        if (observer != subject && world_.running(observer) && gone_for(observer, subject) &&
            is_here(world_.sees(observer, subject).status)) {
            ++total;
        }
    }
    return total;
}

std::uint64_t Tally::unreported() const {
    std::uint64_t total = missed_;
    for (HostId subject = 0; subject < subjects_.size(); ++subject) {
        total += unreported(subject);
    }
    return total;
}

Spread Tally::first_detections() const {
    std::vector<Duration> durations;
    durations.reserve(first_.size());
    for (const auto& [absence, duration] : first_) {
        durations.push_back(duration);
    }
    return spread_of(std::move(durations));
}

TrafficRates Tally::traffic() const {
    TrafficRates rates;
    const double seconds = std::chrono::duration<double>(world_.now() - begin_).count();
    if (seconds <= 0) {
        return rates;
    }
    const auto add = [&](Rate& rate, std::uint64_t amount) {
        const double of_this = static_cast<double>(amount) / seconds;
        rate.mean += of_this / static_cast<double>(before_.size());
        rate.max = std::max(rate.max, of_this);
    };
    for (HostId host = 0; host < before_.size(); ++host) {
        const Traffics& now = world_.traffic(host);
        const Traffics& then = before_[host];
        add(rates.packets, now.datagrams_sent - then.datagrams_sent);
        add(rates.bytes, now.bytes_sent - then.bytes_sent);
        add(rates.stream_bytes, now.stream_bytes_sent - then.stream_bytes_sent);
    }
    return rates;
}

}  // namespace muster::sim
