#include "cli/rotation.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/fingerprint.h"

namespace muster::cli {

namespace {

using Keys = std::vector<Bytes>;

bool holds(const Keys& keys, const Bytes& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool encrypts_with(const Keys& keys, const Bytes& key) {
    return !keys.empty() && keys.front() == key;
}

// Every key that a member has told, and of how many it is the primary.
std::map<Bytes, std::size_t> primaries(std::span<const Holding> holdings) {
    std::map<Bytes, std::size_t> counts;
    for (const Holding& holding : holdings) {
        if (!holding.keys)
            continue;
        for (const Bytes& key : *holding.keys)
            counts[key] += encrypts_with(*holding.keys, key) ? 1U : 0U;
    }
    return counts;
}

std::string describe(const std::map<Bytes, std::size_t>& primaries) {
    std::string text;
    for (const auto& [key, users] : primaries)
        text += (text.empty() ? "" : ", ") + fingerprint(key) + " (" + std::to_string(users) +
                (users == 1 ? " encrypts with it)" : " encrypt with it)");
    return text;
}

std::vector<Rotation> made_rotations(const std::map<Bytes, std::size_t>& keys) {
    std::vector<Rotation> found;
    for (const auto& [from, unused] : keys) {
        for (const auto& [to, unused_too] : keys) {
            if (from != to && follows(to, from))
                found.push_back({from, to});
        }
    }
    return found;
}

// The names of those that are to be waited for and of which `is_missing` holds.
template <class Predicate>
std::vector<Bytes> names(std::span<const Holding> holdings, Predicate is_missing) {
    std::vector<Bytes> names;
    for (const Holding& holding : holdings) {
        if (is_missing(holding))
            names.push_back(holding.name);
    }
    return names;
}

// One member's keys, as far as an agent of Serf tells: if all that were asked have answered, each
// of them holds what all hold. What only some hold counts for `to` as missing, by not being there,
// and for a key to be removed as still there, by being last.
Keys common_keys(const api::ReadKeys& keys, const Bytes& used) {
    Keys all, some;
    for (const auto& [key, count] : *keys.keys)
        (count >= keys.members ? all : some).push_back(key);
    if (const auto primary = std::find(all.begin(), all.end(), used); primary != all.end())
        std::rotate(all.begin(), primary, primary + 1);
    else if (all.size() > 1)
        all.insert(all.begin(), Bytes());  // which of them is the primary is not known
    if (!used.empty())
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

}  // namespace

std::vector<Holding> holdings(const api::ReadMembers& members, const api::ReadKeys& keys,
                              const Bytes& used) {
    std::vector<Holding> all;
    const bool all_answered = keys.responses >= keys.members && keys.errors == 0;
    for (const api::ReadMember& member : members.members) {
        Holding holding{.name = member.name, .status = member.status, .keys = std::nullopt};
        if (keys.key_lists) {
            const auto found = keys.key_lists->find(member.name);
            if (found != keys.key_lists->end())
                holding.keys = found->second;
        } else if (keys.keys && all_answered && member.status == "alive") {
            holding.keys = common_keys(keys, used);
        }
        all.push_back(std::move(holding));
    }
    return all;
}

Result<Bytes> begin_rotation(std::span<const Holding> holdings) {
    const auto keys = primaries(holdings);
    if (keys.empty())
        return Error{"no member has told its keys (is the cluster encrypted?)"};
    if (const auto under_way = made_rotations(keys); !under_way.empty())
        return Error{"a rotation is under way, from " + fingerprint(under_way.front().from) +
                     " to " + fingerprint(under_way.front().to) + ": complete it with --resume"};
    std::vector<Bytes> used;
    for (const auto& [key, users] : keys) {
        if (users > 0)
            used.push_back(key);
    }
    if (used.size() != 1)
        return Error{"the members do not encrypt with one key: there are " + describe(keys) +
                     " (see muster keys status; complete what was begun with --resume)"};
    if (used.front().empty())
        return Error{"an agent of Serf does not tell which of " + std::to_string(keys.size() - 1) +
                     " keys is in use: remove the others first (see muster keys list)"};
    return used.front();
}

Result<std::optional<Rotation>> find_rotation(std::span<const Holding> holdings,
                                              const std::string& to_fingerprint) {
    using Found = std::optional<Rotation>;
    auto keys = primaries(holdings);
    keys.erase(Bytes());
    if (keys.empty())
        return Error{"no member has told its keys (is the cluster encrypted?)"};
    if (keys.size() == 1)
        return Found();
    if (to_fingerprint.empty()) {
        const auto made = made_rotations(keys);
        if (made.size() == 1)
            return Found(made.front());
        return Error{"the keys do not tell which of them is new: there are " + describe(keys) +
                     (keys.size() == 2 ? "; say it with --to FINGERPRINT"
                                       : "; remove those that are not part of it first")};
    }
    const auto is_meant = [&](const auto& entry) {
        return fingerprint(entry.first) == to_fingerprint;
    };
    const auto to = std::find_if(keys.begin(), keys.end(), is_meant);
    if (to == keys.end())
        return Error{"no member has a key with the fingerprint '" + to_fingerprint +
                     "': there are " + describe(keys)};
    if (keys.size() > 2)
        return Error{"there are more than two keys, " + describe(keys) +
                     ": remove those that are not part of it first"};
    const auto from = to == keys.begin() ? std::next(to) : keys.begin();
    return Found(Rotation{from->first, to->first});
}

const char* to_string(NextStep::Kind kind) {
    static constexpr const char* words[] = {"install", "use", "remove", "done", "wait"};
    return words[static_cast<std::size_t>(kind)];
}

NextStep next_step(const Rotation& rotation, std::span<const Holding> holdings, bool force) {
    using Kind = NextStep::Kind;
    const auto lacks_new = [&](const Holding& holding) {
        return holding.keys && !holds(*holding.keys, rotation.to);
    };
    const auto uses_another = [&](const Holding& holding) {
        return holding.keys && !encrypts_with(*holding.keys, rotation.to);
    };
    const auto has_old = [&](const Holding& holding) {
        return holding.keys && holds(*holding.keys, rotation.from);
    };
    const auto is_silent = [](const Holding& holding) { return holding.counts() && !holding.keys; };
    if (auto missing = names(holdings, lacks_new); !missing.empty())
        return {Kind::Install, std::move(missing)};
    auto silent = names(holdings, is_silent);
    const bool all_silent =
        names(holdings, [](const Holding& holding) { return holding.keys.has_value(); }).empty();
    if (all_silent || (!silent.empty() && !force))
        return {Kind::Wait, std::move(silent)};
    if (auto others = names(holdings, uses_another); !others.empty())
        return {Kind::Use, std::move(others)};
    if (auto old = names(holdings, has_old); !old.empty())
        return {Kind::Remove, std::move(old)};
    return {Kind::Done, std::move(silent)};
}

}  // namespace muster::cli
