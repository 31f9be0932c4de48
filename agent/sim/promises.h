// What a cluster promises, checked as it runs. Completeness always; the others only while a
// scenario says that their conditions hold:
//
//   - completeness: a member whose process has ended is held for alive by no running member longer
//     than completeness_bound() after the last news of it, whatever the network does
//   - accuracy: nobody reports a running member failed
//   - convergence: from now, all agree within a bound
//
// Watches a world and changes nothing, as Invariants do, which hold whatever happens. Looks about
// once in a second of the world's time, so what it complains of is late by as much.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/sim/world.h"

namespace muster::sim {

class Promises {
public:
    // `config`: what the bounds are reckoned with; that of all members, in truth.
    // REQUIRES: the world outlives no call of this.
    Promises(World& world, swim::Config config);
    Promises(const Promises&) = delete;
    Promises& operator=(const Promises&) = delete;

    // Accuracy from now on, until relax(). A member that was down, stopped or cut off before has to
    // have recovered: what was thought of it then counts, too.
    void expect_accuracy() { accurate_ = true; }
    // But not about this one.
    void excuse(HostId host) { excused_.insert(host); }
    void relax() { accurate_ = false; }

    // Once, within `bound` from now.
    void expect_agreement(Duration bound);
    // How long it took them, since the last call of that; none: they have not, so far.
    std::optional<Duration> agreed_after() const { return agreed_after_; }

    // At most a few sentences, the first ones. Empty: all held.
    const std::vector<std::string>& broken() const { return broken_; }

private:
    // Someone holds a dead member for alive.
    struct Belief {
        Life observer = 0, subject = 0;
        std::uint32_t incarnation = 0;
        TimePoint since;
        bool told = false;
    };

    void see(HostId host, const Effects& effects);
    void look();
    void look_at(HostId observer, HostId subject);
    void look_for_agreement();
    void complain(HostId host, const std::string& what);

    World& world_;
    const swim::Config config_;
    bool accurate_ = false;
    std::set<HostId> excused_;
    std::map<std::pair<HostId, HostId>, Belief> beliefs_;
    std::optional<TimePoint> agreement_due_;
    TimePoint agreement_from_;
    std::optional<Duration> agreed_after_;
    TimePoint next_look_{};
    std::vector<std::string> broken_;
};

}  // namespace muster::sim
