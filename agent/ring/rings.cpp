#include "agent/ring/rings.h"

#include <algorithm>
#include <utility>

#include "swim/assert.h"

namespace muster::ring {

Rings::Rings(std::vector<RingSettings> settings, TimePoint born) : born_(born) {
    if (settings.empty()) {
        settings.emplace_back();
    }
    for (RingSettings& each : settings) {
        views_.emplace_back(std::move(each), born);
    }
}

void Rings::put(TimePoint now, BytesView name, Standing standing, const cluster::Tags& tags,
                bool drained) {
    for (View& view : views_) {
        view.put(now, name, standing, tags, drained);
    }
}

void Rings::joined() {
    for (View& view : views_) {
        view.joined();
    }
}

void Rings::configure(TimePoint now, std::vector<RingSettings> settings) {
    MUSTER_ASSERT(!settings.empty());
    std::vector<View> views;
    for (RingSettings& each : settings) {
        const auto kept = std::find_if(views_.begin(), views_.end(), [&each](const View& view) {
            return view.settings().name == each.name;
        });
        if (kept == views_.end()) {
            views.emplace_back(std::move(each), born_);
        } else {
            views.push_back(std::move(*kept));
            views.back().configure(now, std::move(each));
            views_.erase(kept);
        }
    }
    views_ = std::move(views);
}

void Rings::tick(TimePoint now, std::vector<Adoption>& adoptions) {
    for (View& view : views_) {
        view.tick(now, adoptions);
    }
}

TimePoint Rings::next_deadline() const {
    TimePoint next = never;
    for (const View& view : views_) {
        next = std::min(next, view.next_deadline());
    }
    return next;
}

const View* Rings::find(BytesView name) const {
    const auto found = std::find_if(views_.begin(), views_.end(), [name](const View& view) {
        return view.settings().name == name;
    });
    return found == views_.end() ? nullptr : &*found;
}

void Rings::check(TimePoint now) const {
    for (const View& view : views_) {
        view.check(now);
    }
}

}  // namespace muster::ring
