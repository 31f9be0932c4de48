#include "agent/renamed.h"

#include <utility>

namespace muster {

namespace {

// One lost packet must not make a copy believe that it is alone.
constexpr unsigned asks = 3;

}  // namespace

void Renamed::start(TimePoint now, Bytes name, const Endpoint& endpoint, std::uint32_t incarnation,
                    swim::Output& wire) {
    name_ = std::move(name);
    endpoint_ = endpoint;
    incarnation_ = incarnation;
    swim_.ping_by_name(now, name_, endpoint_, wire);
}

bool Renamed::pinged(TimePoint now, const swim::PingResult& ping, Effects& effects) {
    if (name_.empty() || ping.name != name_ || unanswered_ == asks) {
        return false;
    }
    if (ping.answered) {
        effects.notices.push_back(
            {Notice::Level::Error,
             "the agent " + name_ + " of this data directory answers at " + ping.peer.to_string() +
                 ": the directory is a copy of that one's, and nothing is said in its name (give "
                 "this agent an empty --data-dir)"});
        name_.clear();
    } else if (++unanswered_ < asks) {
        swim_.ping_by_name(now, name_, endpoint_, effects.wire);
    }
    return true;
}

void Renamed::turn(TimePoint now, cluster::Output& up, swim::Output& wire) {
    if (name_.empty() || unanswered_ < asks || swim_.table().live() <= 1) {
        return;
    }
    const Bytes name = std::exchange(name_, {});
    cluster_.say_left(now, name, up);
    swim_.say_left(now, name, incarnation_, wire);
}

}  // namespace muster
