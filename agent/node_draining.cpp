#include "agent/node_draining.h"

#include <utility>

namespace muster {

bool Draining::set(std::optional<TimePoint> until) {
    return std::exchange(until_, until).has_value() != until.has_value();
}

bool Draining::tick(TimePoint now) {
    if (!until_ || *until_ == never || now < *until_) {
        return false;
    }
    until_.reset();
    return true;
}

}  // namespace muster
