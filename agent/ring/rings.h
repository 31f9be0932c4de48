// All rings of an agent, and the one answer to what changes for any of them (agent/ring/view.h).
// Pure, single-threaded.
#pragma once

#include <vector>

#include "agent/ring/view.h"

namespace muster::ring {

class Rings {
public:
    // REQUIRES: settings as rings_of() gives them. None: the default ring.
    Rings(std::vector<RingSettings> settings, TimePoint born);

    // What a member is now, to every ring. Tags are read only for one that is here.
    void put(TimePoint now, BytesView name, Standing standing, const cluster::Tags& tags,
             bool drained);
    void joined();
    // From a reload. A ring keeps what it uses, by its name, until what is eligible under the new
    // settings has settled. All members are to be put again, before the next tick().
    void configure(TimePoint now, std::vector<RingSettings> settings);

    void tick(TimePoint now, std::vector<Adoption>& adoptions);
    TimePoint next_deadline() const;

    // In the order of the configuration; never empty.
    const std::vector<View>& all() const { return views_; }
    const View* find(BytesView name) const;
    void check(TimePoint now) const;

private:
    std::vector<View> views_;
    TimePoint born_;
};

}  // namespace muster::ring
