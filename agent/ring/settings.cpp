#include "agent/ring/settings.h"

#include <algorithm>
#include <charconv>

namespace muster::ring {
namespace {

// What is wrong with a value; none if it was taken.
using Refusal = std::optional<std::string>;

Refusal take_number(const std::string& text, std::uint32_t most, std::uint32_t& out) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most) {
        return "'" + text + "' is not possible (a whole number from 1 to " + std::to_string(most) +
               ")";
    }
    out = number;
    return std::nullopt;
}

Refusal take_name(const std::string& text, Bytes& out) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (text.empty() || text.size() > max_ring_name_size ||
        !std::all_of(text.begin(), text.end(), allowed)) {
        return "'" + text + "' is not possible (1 to " + std::to_string(max_ring_name_size) +
               " of the letters a to z and A to Z, digits, '-', '_' and '.')";
    }
    out = text;
    return std::nullopt;
}

Refusal take_tag(const std::string& text, Bytes& out) {
    if (text.empty()) {
        return "a tag needs a name";
    }
    out = text;
    return std::nullopt;
}

Refusal take_filter(const std::vector<std::pair<std::string, std::string>>& filter,
                    cluster::Tags& out) {
    for (const auto& [tag, value] : filter) {
        if (tag.empty()) {
            return "a tag needs a name";
        }
        if (!out.emplace(tag, value).second) {
            return "the tag '" + tag + "' stands in it twice";
        }
    }
    return std::nullopt;
}

Refusal take_algorithm(const std::string& text, Function& out) {
    for (const Algorithm algorithm : {Algorithm::Vnodes, Algorithm::Rendezvous}) {
        if (text == to_string(algorithm)) {
            out.algorithm = algorithm;
            return std::nullopt;
        }
    }
    return "'" + text + "' is not an algorithm (vnodes or rendezvous)";
}

Refusal take_vnodes(const std::string& text, Function& out) {
    if (out.algorithm == Algorithm::Rendezvous) {
        return "rendezvous has no virtual nodes: leave it out, or use algorithm = \"vnodes\"";
    }
    return take_number(text, max_vnodes, out.vnodes);
}

Refusal take_settle(Duration settle, Duration& out) {
    if (settle < Duration::zero() || settle > max_settle) {
        return "must be from 0s to 1m: a ring that never follows its members helps nobody";
    }
    out = settle;
    return std::nullopt;
}

// Collects the first refusal, with its key.
class Taking {
public:
    template <class Value, class Take>
    void operator()(const char* key, const std::optional<Value>& value, Take take) {
        if (!refusal && value) {
            refusal = take(*value);
            if (refusal) {
                refusal = std::string(key) + ": " + *refusal;
            }
        }
    }

    Refusal refusal;
};

}  // namespace

bool RingSettings::passes(const cluster::Tags& member) const {
    return std::all_of(filter.begin(), filter.end(), [&member](const auto& wanted) {
        const auto found = member.find(wanted.first);
        return found == member.end() ? wanted.second.empty() : found->second == wanted.second;
    });
}

Result<RingSettings> settings_of(const RingText& text) {
    if (!text.name) {
        return Error{"a [[ring]] needs a name"};
    }
    RingSettings settings;
    Taking take;
    take("name", text.name, [&](const auto& value) { return take_name(value, settings.name); });
    take("filter", text.filter,
         [&](const auto& value) { return take_filter(value, settings.filter); });
    take("algorithm", text.algorithm,
         [&](const auto& value) { return take_algorithm(value, settings.function); });
    take("vnodes", text.vnodes,
         [&](const auto& value) { return take_vnodes(value, settings.function); });
    take("replicas", text.replicas,
         [&](const auto& value) { return take_number(value, max_replicas, settings.replicas); });
    take("zone_tag", text.zone_tag,
         [&](const auto& value) { return take_tag(value, settings.tags.zone); });
    take("weight_tag", text.weight_tag,
         [&](const auto& value) { return take_tag(value, settings.tags.weight); });
    take("settle", text.settle,
         [&](Duration value) { return take_settle(value, settings.settle); });
    if (!take.refusal && settings.tags.weight == settings.tags.zone) {
        take.refusal = "weight_tag: '" + settings.tags.weight + "' is its zone_tag as well";
    }
    if (take.refusal) {
        return Error{"ring '" + *text.name + "': " + *take.refusal};
    }
    if (settings.function.algorithm == Algorithm::Rendezvous) {
        settings.function.vnodes = 0;
    }
    return settings;
}

Result<std::vector<RingSettings>> rings_of(const std::vector<RingText>& texts) {
    std::vector<RingSettings> rings;
    for (const RingText& text : texts) {
        Result<RingSettings> ring = settings_of(text);
        if (!ring) {
            return ring.error();
        }
        const bool known = std::any_of(rings.begin(), rings.end(), [&ring](const auto& other) {
            return other.name == ring->name;
        });
        if (known) {
            return Error{"ring '" + ring->name + "': there are two of this name"};
        }
        rings.push_back(*std::move(ring));
    }
    if (rings.size() > max_rings) {
        return Error{std::to_string(rings.size()) + " rings are configured, more than " +
                     std::to_string(max_rings)};
    }
    if (rings.empty()) {
        rings.emplace_back();
    }
    return rings;
}

}  // namespace muster::ring
