#include "swim/stragglers.h"

#include <algorithm>
#include <limits>

namespace muster::swim {

namespace {

constexpr std::size_t most = 16;

}  // namespace

void Stragglers::add(TimePoint now, BytesView peer, HeldAs held, std::uint32_t incarnation) {
    const auto known = std::find_if(all_.begin(), all_.end(),
                                    [&](const Straggler& one) { return one.peer == peer; });
    if (peer.empty() || known != all_.end() || all_.size() >= most ||
        incarnation >= std::numeric_limits<std::uint32_t>::max() - 2) {
        return;
    }
    const Relocation::Action first = first_statement(held);
    // A dead one is revived one above what it was when it died.
    const bool dead = first == Relocation::Action::Revive;
    all_.push_back({Bytes(peer), first, dead ? incarnation + 1 : incarnation, now});
}

std::optional<Stragglers::Statement> Stragglers::next(TimePoint now) {
    const auto due = std::find_if(all_.begin(), all_.end(),
                                  [&](const Straggler& one) { return one.due <= now; });
    if (due == all_.end()) {
        return std::nullopt;
    }
    Statement statement{due->peer, due->action, due->incarnation};
    due->due = now + spacing_;
    if (due->action == Relocation::Action::Revive) {
        due->action = Relocation::Action::Depart;
    } else if (due->action == Relocation::Action::Depart) {
        due->action = Relocation::Action::Arrive;
    } else {
        all_.erase(due);
    }
    return statement;
}

TimePoint Stragglers::next_deadline() const {
    TimePoint next = never;
    for (const Straggler& one : all_) {
        next = std::min(next, one.due);
    }
    return next;
}

}  // namespace muster::swim
