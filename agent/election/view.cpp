#include "agent/election/view.h"

#include <algorithm>
#include <charconv>

namespace muster::election {

namespace {

constexpr std::size_t id_digits = 16;

void append_hex(std::uint64_t value, Bytes& out) {
    static constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < id_digits; ++i) {
        out.push_back(digits[(value >> (4 * (id_digits - 1 - i))) & 15U]);
    }
}

template <class T>
bool read_number(BytesView& text, char letter, std::size_t most, int base, T& value) {
    if (text.empty() || text.front() != letter) {
        return false;
    }
    const char* begin = text.data() + 1;
    const char* end = begin + std::min(most, text.size() - 1);
    const auto [stopped, error] = std::from_chars(begin, end, value, base);
    if (error != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    return true;
}

}  // namespace

Bytes encode(const Mark& mark) {
    Bytes text = "1";
    if (mark.candidate) {
        text.push_back('v');
        append_hex(static_cast<std::uint64_t>(mark.id), text);
        text.push_back('c');
        append_hex(static_cast<std::uint64_t>(mark.cluster), text);
        text += "n" + std::to_string(mark.expect) + "p" + std::to_string(mark.priority);
    }
    return text;
}

std::optional<Mark> decode_mark(BytesView text) {
    if (text.empty() || text.front() != '1') {
        return std::nullopt;
    }
    Mark mark;
    text.remove_prefix(1);
    if (text.empty() || text == "d") {  // drained (agent/cluster/mark.h)
        return mark;
    }
    std::uint64_t id = 0;
    std::uint64_t cluster = 0;
    mark.candidate = read_number(text, 'v', id_digits, 16, id) &&
                     read_number(text, 'c', id_digits, 16, cluster) &&
                     read_number(text, 'n', 3, 10, mark.expect) &&
                     read_number(text, 'p', 3, 10, mark.priority) && id != 0;
    mark.id = VoterId{id};
    mark.cluster = ClusterId{cluster};
    // What a newer version appends is its own.
    return mark.candidate ? std::optional(mark) : std::nullopt;
}

bool View::saw(const Seen& member) {
    const auto [known, first] = members_.try_emplace(member.name, member);
    if (first) {
        count(member);
        return true;
    }
    const bool changed = !(known->second == member);
    discount(known->second);
    known->second = member;
    count(member);
    return changed;
}

bool View::gone(BytesView name) {
    const auto known = members_.find(name);
    if (known == members_.end()) {
        return false;
    }
    discount(known->second);
    members_.erase(known);
    return true;
}

void View::count(const Seen& member) {
    if (member.alive && member.mark.candidate && member.mark.cluster != no_cluster) {
        ++clusters_[member.mark.cluster];
    }
}

void View::discount(const Seen& member) {
    if (member.alive && member.mark.candidate && member.mark.cluster != no_cluster) {
        const auto counted = clusters_.find(member.mark.cluster);
        if (--counted->second == 0) {
            clusters_.erase(counted);
        }
    }
}

const Seen* View::find(BytesView name) const {
    const auto known = members_.find(name);
    return known == members_.end() ? nullptr : &known->second;
}

bool View::any_voters() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto& each) { return each.second.mark.candidate; });
}

const Seen* View::bully() const {
    const Seen* best = nullptr;
    for (const auto& [name, member] : members_) {
        const bool stands =
            member.alive && !member.leaving && !member.held_out && member.mark.priority > 0;
        if (stands && (best == nullptr || member.mark.priority > best->mark.priority)) {
            best = &member;  // by name, ascending: the first of a priority is its lowest
        }
    }
    return best;
}

}  // namespace muster::election
