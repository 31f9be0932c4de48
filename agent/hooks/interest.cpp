#include "agent/hooks/interest.h"

#include <algorithm>
#include <string>

#include "agent/api/suggest.h"
#include "agent/api/text.h"

namespace muster::hooks {

namespace {

using history::Kind;

constexpr unsigned first_kind = static_cast<unsigned>(Kind::Start);
constexpr unsigned last_kind = static_cast<unsigned>(history::last_kind);
static_assert(last_kind < 32, "one bit for each");

constexpr std::uint32_t bit(Kind kind) {
    return 1U << static_cast<unsigned>(kind);
}

// What Serf's `*` is, beside user events and queries.
constexpr std::uint32_t kinds_of_serf = bit(Kind::MemberJoin) | bit(Kind::MemberLeave) |
                                        bit(Kind::MemberFailed) | bit(Kind::MemberUpdate) |
                                        bit(Kind::MemberReap);

constexpr std::uint32_t all_kinds() {
    std::uint32_t bits = 0;
    for (unsigned kind = first_kind; kind <= last_kind; ++kind)
        bits |= 1U << kind;
    return bits & ~bit(Kind::UserEvent);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Every word that is a filter by itself, the ones for many first.
std::vector<std::string> known_words() {
    std::vector<std::string> words{"*", "all"};
    for (unsigned kind = first_kind; kind <= last_kind; ++kind)
        words.emplace_back(history::to_string(static_cast<Kind>(kind)));
    words.emplace_back("query");
    return words;
}

Error unknown(std::string_view filter) {
    const std::vector<std::string> words = known_words();
    std::string text = "'" + api::printable(filter) + "' is not an event (";
    if (const std::string meant = api::nearest(filter, words); !meant.empty())
        text += "did you mean '" + meant + "'? ";
    text += "It may be ";
    for (const std::string& word : words)
        text += word + ", ";
    return Error{text + "user:NAME or query:NAME)"};
}

}  // namespace

void Interest::Names::add(std::string_view name) {
    if (name.empty()) {
        all = true;
        some.clear();
        return;
    }
    const auto place = std::lower_bound(some.begin(), some.end(), name);
    if (!all && (place == some.end() || *place != name))
        some.emplace(place, name);
}

bool Interest::Names::match(BytesView name) const {
    return all || std::binary_search(some.begin(), some.end(), name);
}

std::vector<std::string> Interest::split(std::string_view text) {
    std::vector<std::string> filters;
    for (;;) {
        const std::size_t comma = text.find(',');
        filters.emplace_back(trimmed(text.substr(0, comma)));
        if (comma == std::string_view::npos)
            return filters;
        text.remove_prefix(comma + 1);
    }
}

Result<Interest> Interest::parse(std::string_view text) {
    return parse(split(text));
}

Result<Interest> Interest::parse(const std::vector<std::string>& filters) {
    if (filters.empty())
        return Error{"no event is named (name some, or write * for Serf's and all for every one)"};
    if (filters.size() > max_filters)
        return Error{std::to_string(filters.size()) + " events are named, at most " +
                     std::to_string(max_filters) + " are possible (write all for every one)"};
    Interest interest;
    for (const std::string& filter : filters) {
        if (!interest.add(filter))
            return unknown(filter);
    }
    return interest;
}

bool Interest::add(std::string_view filter) {
    if (filter == "*" || filter == "all") {
        kinds_ |= filter == "*" ? kinds_of_serf : all_kinds();
        user_events_.add({});
        queries_.add({});
        return true;
    }
    for (auto& [word, names] : {std::pair(std::string_view("user"), &user_events_),
                                std::pair(std::string_view("query"), &queries_)}) {
        if (filter == word || (filter.starts_with(word) && filter[word.size()] == ':')) {
            names->add(filter.substr(std::min(word.size() + 1, filter.size())));
            return true;
        }
    }
    for (unsigned kind = first_kind; kind <= last_kind; ++kind) {
        if (filter == history::to_string(static_cast<Kind>(kind))) {
            kinds_ |= 1U << kind;
            return true;
        }
    }
    return false;
}

bool Interest::wants(history::Kind kind, BytesView subject) const {
    if (kind == Kind::UserEvent)
        return user_events_.match(subject);
    return (kinds_ & bit(kind)) != 0;
}

bool Interest::wants_query(BytesView name) const {
    return queries_.match(name);
}

bool Interest::wants_any_query() const {
    return queries_.all || !queries_.some.empty();
}

bool Interest::wants_any_user_event() const {
    return user_events_.all || !user_events_.some.empty();
}

}  // namespace muster::hooks
