#include "agent/cluster/leave.h"

#include <algorithm>
#include <utility>

#include "swim/assert.h"

namespace muster::cluster {

void GracefulLeave::enter(Phase phase, TimePoint deadline) {
    phase_ = phase;
    deadline_ = deadline;
}

void GracefulLeave::start(TimePoint now, std::optional<BroadcastId> told) {
    MUSTER_ASSERT(phase_ == Phase::Running);
    told_ = told;
    enter(told ? Phase::Telling : Phase::LeavingWire, now + config_.broadcast_timeout);
}

void GracefulLeave::transmitted(TimePoint now, BroadcastId id) {
    if (phase_ == Phase::Telling && id == told_) {
        enter(Phase::LeavingWire, now + config_.broadcast_timeout);
    }
}

void GracefulLeave::wire_left(TimePoint now) {
    if (phase_ == Phase::LeavingWire) {
        linger(now);
    }
}

void GracefulLeave::linger(TimePoint now) {
    if (told_) {
        enter(Phase::Lingering, now + config_.leave_propagate_delay);
    } else {
        enter(Phase::Left, never);
    }
}

void GracefulLeave::tick(TimePoint now) {
    if (now < deadline_) {
        return;
    }
    switch (phase_) {
        case Phase::Telling:
            return enter(Phase::LeavingWire, now + config_.broadcast_timeout);
        case Phase::LeavingWire:
            return linger(now);
        case Phase::Lingering:
            return enter(Phase::Left, never);
        case Phase::Running:
        case Phase::Left:
            return;
    }
}

void finish(RequestId request, std::string error, std::vector<RequestDone>& done) {
    RequestDone end;
    end.request = request;
    end.error = std::move(error);
    done.push_back(std::move(end));
}

void ForcedLeaves::add(RequestId request, BroadcastId id, TimePoint deadline) {
    waiting_.push_back({request, id, deadline});
}

void ForcedLeaves::transmitted(BroadcastId id, std::vector<RequestDone>& done) {
    const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
                                      [id](const Waiting& each) { return each.id == id; });
    if (waiting != waiting_.end()) {
        finish(waiting->request, "", done);
        waiting_.erase(waiting);
    }
}

void ForcedLeaves::tick(TimePoint now, std::vector<RequestDone>& done) {
    const auto late = std::find_if(waiting_.begin(), waiting_.end(),
                                   [now](const Waiting& each) { return now < each.deadline; });
    std::for_each(waiting_.begin(), late, [&done](const Waiting& each) {
        finish(each.request, "timed out broadcasting node removal", done);
    });
    waiting_.erase(waiting_.begin(), late);
}

TimePoint ForcedLeaves::next_deadline() const {
    return waiting_.empty() ? never : waiting_.front().deadline;
}

}  // namespace muster::cluster
