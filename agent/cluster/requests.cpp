// The requests that a person or a program makes: joining, leaving, forcing others to leave. Each
// stamps its intent with the clock's time, and uses that time up by hearing the intent itself.
#include <optional>
#include <string>
#include <utility>

#include "agent/cluster/cluster.h"

namespace muster::cluster {

using Phase = GracefulLeave::Phase;

std::string Cluster::join_refusal() const {
    return running() ? "" : "Serf can't Join after Leave or Shutdown";
}

void Cluster::joined(TimePoint now, bool announce, Output& out) {
    seeds_.joined(now);
    if (announce && running()) {
        announce_join(now, out);
    }
}

// Also the answer to an intent that says that we leave while we do not: by now the clock is above
// that intent's time.
void Cluster::announce_join(TimePoint now, Output& out) {
    const Join join{clock_.time(), name_};
    hear(now, name_, {Intent::Kind::Join, join.ltime, /*prune=*/false}, out);
    Broadcast broadcast;
    encode(join, broadcast.message);
    out.broadcasts.push_back(std::move(broadcast));
}

BroadcastId Cluster::broadcast_leave(const Leave& leave, Output& out) {
    Broadcast broadcast;
    broadcast.id = ++last_broadcast_;
    encode(leave, broadcast.message);
    out.broadcasts.push_back(std::move(broadcast));
    return last_broadcast_;
}

bool Cluster::anyone_else_alive() const {
    const Member* self = members_.find(name_);
    const bool self_alive = self != nullptr && self->status == Status::Alive;
    return members_.count(Status::Alive) > (self_alive ? 1U : 0U);
}

void Cluster::leave(TimePoint now, RequestId request, Output& out) {
    if (!running()) {
        const bool left = leave_.phase() == Phase::Left;
        finish(request, left ? "" : "Leave already in progress", out.done);
        return;
    }
    leave_request_ = request;
    const Leave intent{clock_.time(), name_, /*prune=*/false};
    std::optional<BroadcastId> told;
    if (anyone_else_alive()) {
        told = broadcast_leave(intent, out);
    }
    leave_.start(now, told);
    hear(now, name_, {Intent::Kind::Leave, intent.ltime, /*prune=*/false}, out);
    tell_phase(Phase::Running, out);
}

void Cluster::tell_phase(Phase before, Output& out) {
    if (leave_.phase() == before) {
        return;
    }
    if (leave_.phase() == Phase::LeavingWire) {
        out.leave_wire = true;
    }
    if (leave_.phase() == Phase::Left) {
        out.left = true;
        finish(*std::exchange(leave_request_, std::nullopt), "", out.done);
    }
}

// Whoever is alive is told even if it is only the member itself, so that it can object.
void Cluster::force_leave(TimePoint now, RequestId request, BytesView name, bool prune,
                          Output& out) {
    if (name.empty()) {
        return finish(request, "cannot force a member without a name to leave: name one", out.done);
    }
    if (name == name_) {
        return finish(request,
                      "cannot force " + name_ +
                          " to leave: it is this agent itself (to leave, use `muster leave`)",
                      out.done);
    }
    // In the reference each exchange may advance the time of who has left, past what this agent has
    // heard so far; a prune that is not later than that is ignored, and never sent again.
    constexpr LamportTime exchanges_unheard = 64;
    if (prune && clock_.time() < lamport_end - 2 * exchanges_unheard)
        clock_.witness(clock_.time() + exchanges_unheard);
    const Leave intent{clock_.time(), name, prune};
    const bool told = anyone_else_alive();
    hear(now, name, {Intent::Kind::Leave, intent.ltime, prune}, out);
    count_members(now);
    if (!told) {
        finish(request, "", out.done);
        return;
    }
    forced_.add(request, broadcast_leave(intent, out), now + config_.broadcast_timeout);
}

}  // namespace muster::cluster
