#include "daemon/ring_tables.h"

#include <algorithm>
#include <optional>

#include "agent/api/duration.h"

namespace muster {

namespace {

std::string at(const Place& place) {
    return place.file + ":" + std::to_string(place.line) + ": ";
}

// The error of a value; of the kinds the file has seen to.
std::optional<std::string> take(const Given& given, ring::RingText& text) {
    const std::string& value = given.values.empty() ? std::string() : given.values.front();
    const std::string_view key = given.option->key;
    if (key == "filter") {
        text.filter.emplace();
        for (const std::string& pair : given.values) {
            const std::size_t equals = pair.find('=');
            if (equals == std::string::npos)
                return "filter: '" + pair +
                       "' is not a tag and its value (write { role = \"web\" })";
            text.filter->emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
        }
    } else if (key == "settle") {
        const Result<Duration> duration = api::parse_duration(value);
        if (!duration)
            return "settle: " + duration.error().text;
        text.settle = *duration;
    } else {
        const std::pair<std::string_view, std::optional<std::string> ring::RingText::*> texts[] = {
            {"name", &ring::RingText::name},         {"algorithm", &ring::RingText::algorithm},
            {"vnodes", &ring::RingText::vnodes},     {"replicas", &ring::RingText::replicas},
            {"zone_tag", &ring::RingText::zone_tag}, {"weight_tag", &ring::RingText::weight_tag},
        };
        for (const auto& [its_key, member] : texts) {
            if (its_key == key)
                text.*member = value;
        }
    }
    return std::nullopt;
}

// Where the value stands that an error is about; it names the key.
const Place& place_of(const std::string& error, const ListedTable& table) {
    const auto found =
        std::find_if(table.values.begin(), table.values.end(), [&](const Given& given) {
            return error.find("': " + std::string(given.option->key) + ": ") != std::string::npos;
        });
    return found == table.values.end() ? table.place : found->place;
}

}  // namespace

const std::vector<Option>& ring_options() {
    using enum ValueKind;
    static const std::vector<Option> options{
        {"ring", "name", Text, false, "", "its name", nullptr},
        {"ring", "filter", Pairs, false, "", "tags and their exact values", nullptr},
        {"ring", "algorithm", Text, false, "", "vnodes or rendezvous", nullptr},
        {"ring", "vnodes", Number, false, "", "virtual nodes of a member", nullptr},
        {"ring", "replicas", Number, false, "", "owners of a key", nullptr},
        {"ring", "zone_tag", Text, false, "", "the tag that says a member's zone", nullptr},
        {"ring", "weight_tag", Text, false, "", "the tag that says a member's weight", nullptr},
        {"ring", "settle", Time, false, "", "how long it waits for quiet", nullptr},
    };
    return options;
}

std::vector<ring::RingSettings> rings_of_tables(const std::vector<ListedTable>& tables,
                                                std::vector<std::string>& errors) {
    std::vector<ring::RingSettings> rings;
    std::vector<const ListedTable*> accepted;
    for (const ListedTable& table : tables) {
        ring::RingText text;
        const std::size_t before = errors.size();
        for (const Given& given : table.values) {
            if (const auto error = take(given, text))
                errors.push_back(at(given.place) + "ring." + *error);
        }
        if (errors.size() > before)
            continue;
        const Result<ring::RingSettings> ring = ring::settings_of(text);
        if (!ring) {
            errors.push_back(at(place_of(ring.error().text, table)) + ring.error().text);
            continue;
        }
        const auto other = std::find_if(rings.begin(), rings.end(),
                                        [&](const auto& each) { return each.name == ring->name; });
        if (other != rings.end()) {
            const ListedTable& first = *accepted[static_cast<std::size_t>(other - rings.begin())];
            errors.push_back(at(table.place) + "ring '" + ring->name +
                             "': there are two of this name (the first stands at line " +
                             std::to_string(first.place.line) + ")");
            continue;
        }
        rings.push_back(*ring);
        accepted.push_back(&table);
    }
    if (rings.size() > ring::max_rings)
        errors.push_back(at(accepted[ring::max_rings]->place) + "there are " +
                         std::to_string(rings.size()) + " rings, at most " +
                         std::to_string(ring::max_rings) + " are possible");
    return rings;
}

}  // namespace muster
