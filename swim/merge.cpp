// Membership's second half: another member's whole table (docs/protocol/memberlist.md sections 3.13
// and 9.4).
#include <algorithm>

#include "swim/assert.h"
#include "swim/membership.h"

namespace muster::swim {

namespace {

// What all alive members of both tables understand, and must therefore speak.
struct Common {
    std::uint8_t protocol_min = 0;
    std::uint8_t protocol_max = 255;
    std::uint8_t delegate_min = 0;
    std::uint8_t delegate_max = 255;

    void narrow(const Versions& versions) {
        protocol_min = std::max(protocol_min, versions.protocol_min);
        protocol_max = std::min(protocol_max, versions.protocol_max);
        delegate_min = std::max(delegate_min, versions.delegate_min);
        delegate_max = std::min(delegate_max, versions.delegate_max);
    }

    std::optional<std::string> refuses(BytesView name, const Versions& versions) const {
        const auto outside = [&](const char* what, unsigned current, unsigned min, unsigned max) {
            return std::string(what) + " version " + std::to_string(current) + " of member " +
                   std::string(name) + " is outside what all understand: [" + std::to_string(min) +
                   ", " + std::to_string(max) + "]";
        };
        if (versions.protocol_current < protocol_min || versions.protocol_current > protocol_max) {
            return outside("protocol", versions.protocol_current, protocol_min, protocol_max);
        }
        if (versions.delegate_current < delegate_min || versions.delegate_current > delegate_max) {
            return outside("Serf protocol", versions.delegate_current, delegate_min, delegate_max);
        }
        return std::nullopt;
    }
};

// Fewer than six bytes count as speaking version 0 (section 3.13 step 2).
Versions spoken(BytesView vsn) {
    return vsn.size() < 6 ? Versions{} : Versions::from_bytes(vsn);
}

}  // namespace

std::optional<std::string> Membership::incompatible(const PushPull& remote) const {
    Common common;
    for (const NodeState& node : remote.nodes) {
        if (node.state == static_cast<std::int64_t>(State::Alive) && node.vsn.size() >= 5) {
            common.narrow(Versions::from_bytes(node.vsn));
        }
    }
    for (const auto& member : table_.entries()) {
        if (member->state == State::Alive) {
            common.narrow(member->versions);
        }
    }
    for (const NodeState& node : remote.nodes) {
        if (auto refusal = common.refuses(node.name, spoken(node.vsn))) {
            return refusal;
        }
    }
    for (const auto& member : table_.entries()) {
        if (auto refusal = common.refuses(member->name, member->versions)) {
            return refusal;
        }
    }
    return std::nullopt;
}

void Membership::merge(TimePoint now, const PushPull& remote, BytesView peer, Output& out) {
    hear_about_self(remote, peer);
    const Origin origin{Origin::Kind::Exchange, peer};
    for (const NodeState& node : remote.nodes) {
        switch (node.state) {
            case static_cast<std::int64_t>(State::Alive):
                alive(now, {node.incarnation, node.name, node.ip, node.port, node.meta, node.vsn},
                      origin, out);
                break;
            case static_cast<std::int64_t>(State::Left):
                dead(now, {node.incarnation, node.name, node.name}, origin, out);
                break;
            // A remote opinion that a member is dead is only a suspicion here, and it is ours.
            case static_cast<std::int64_t>(State::Suspect):
            case static_cast<std::int64_t>(State::Dead):
                suspect(now, {node.incarnation, node.name, config_.name}, origin, out);
                break;
            default:
                break;
        }
    }
}

}  // namespace muster::swim
