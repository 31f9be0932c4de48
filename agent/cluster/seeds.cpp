#include "agent/cluster/seeds.h"

#include "agent/cluster/retry.h"

namespace muster::cluster {

void SeedSchedule::start(TimePoint now) {
    started_ = true;
    last_ = now;
}

bool SeedSchedule::wanted() const {
    return joined_ ? missing_ > 0 : alive_ < 2;
}

// What made the seeds wanted is news to all agents at about the same time: the interval counts from
// it, so that they do not all ask at once.
void SeedSchedule::update(TimePoint now, bool was_wanted) {
    if (wanted() && !was_wanted) {
        last_ = now;
        tries_ = 0;
        early_ = draw_early(random_);
    }
}

void SeedSchedule::joined(TimePoint now) {
    const bool was_wanted = wanted();
    joined_ = true;
    update(now, was_wanted);
}

void SeedSchedule::count(TimePoint now, std::size_t alive, std::size_t missing) {
    const bool was_wanted = wanted();
    alive_ = alive;
    missing_ = missing;
    update(now, was_wanted);
}

TimePoint SeedSchedule::next_deadline() const {
    if (!started_ || !wanted()) {
        return never;
    }
    if (!joined_ && tries_ == 0) {
        return last_;
    }
    const Duration alone =
        retry_interval({.first = config_.retry_first, .max = config_.seed_retry_max}, tries_, 1);
    const Duration interval =
        retry_interval({.first = alone, .max = config_.retry_max}, /*tries=*/0, alive_);
    return last_ + spread(interval, early_);
}

bool SeedSchedule::tick(TimePoint now) {
    if (now < next_deadline()) {
        return false;
    }
    last_ = now;
    ++tries_;
    early_ = draw_early(random_);
    return true;
}

}  // namespace muster::cluster
