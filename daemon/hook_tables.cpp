#include "daemon/hook_tables.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include "agent/api/duration.h"
#include "agent/api/text.h"
#include "agent/hooks/contract.h"
#include "agent/hooks/filter.h"
#include "daemon/event_handler.h"

namespace muster {

namespace {

using history::Kind;
using hooks::Json;
using hooks::Spec;
using Values = std::vector<std::string>;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= hooks::max_name_size && text.front() != '-' &&
           text.front() != '.' && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

bool is_variable(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool has_zero(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

bool wants_any(const hooks::Interest& on, bool (*is_one)(Kind)) {
    for (auto kind = static_cast<unsigned>(Kind::Start);
         kind <= static_cast<unsigned>(history::last_kind); ++kind) {
        if (is_one(static_cast<Kind>(kind)) && on.wants(static_cast<Kind>(kind), {}))
            return true;
    }
    return false;
}

bool has_member(Kind kind) {
    return history::is_of_member(kind) || kind == Kind::Conflict;
}

// One table into one hook.
class TableReader {
public:
    explicit TableReader(const ListedTable& table) : table_(table) {
        if (const Values* const name = find("name"))
            spec_.name = name->front();
    }

    // Each of its errors with its line, by which they are sorted; none: it is a hook.
    std::optional<Spec> read() {
        take_name();
        take_events();
        take_command();
        take_filters();
        take_numbers();
        take_times();
        take_surroundings();
        if (errors_.empty())
            check();
        if (errors_.empty())
            return spec_;
        return std::nullopt;
    }

    void check(election::Mode mode) {
        const bool needs_voters = spec_.only == Spec::Only::Quorum;
        const bool has_none =
            mode == election::Mode::Off || (mode == election::Mode::View && needs_voters);
        if (has_none && (needs_voters || spec_.only == Spec::Only::Leader)) {
            fail("only", std::string("it would never run, as there is no ") +
                             (needs_voters ? "quorum" : "leader") + " with election.mode = \"" +
                             (mode == election::Mode::Off ? "off" : "view") +
                             "\" (leave one of them out)");
        }
    }

    void fail(std::string_view key, const std::string& text) {
        const auto given = std::find_if(table_.values.begin(), table_.values.end(),
                                        [&](const Given& each) { return each.option->key == key; });
        const Place& place = given == table_.values.end() ? table_.place : given->place;
        errors_.emplace_back(place.line, place.file + ":" + std::to_string(place.line) +
                                             ": hook '" + api::printable(spec_.name) +
                                             "': " + std::string(key) + ": " + text);
    }

    void give_errors(std::vector<std::string>& out) {
        std::stable_sort(errors_.begin(), errors_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (auto& [line, text] : errors_)
            out.push_back(std::move(text));
    }

private:
    // Null: not given. Of a text always one value.
    const Values* find(std::string_view key) const {
        for (const Given& given : table_.values) {
            if (given.option->key == key)
                return &given.values;
        }
        return nullptr;
    }

    void take_name() {
        const std::string& name = spec_.name;
        if (find("name") == nullptr) {
            fail("name",
                 "a [[hook]] needs one (what waits to be run is kept under it, also while "
                 "the file changes)");
        } else if (!is_name(name)) {
            fail("name",
                 "'" + api::printable(name) + "' is not possible (1 to " +
                     std::to_string(hooks::max_name_size) +
                     " of the letters a to z and A to Z, digits, '-', '_' and '.', of which "
                     "'-' and '.' do not come first)");
        } else if (name.starts_with(event_handler_name)) {
            fail("name", "names that begin with '" + std::string(event_handler_name) +
                             "' are those of event_handler (choose another one)");
        }
    }

    void take_events() {
        const Values* const on = find("on");
        if (on == nullptr)
            return fail("on", "for which events? (such as on = \"member-join, member-failed\")");
        const Result<hooks::Interest> interest = hooks::Interest::parse(*on);
        if (!interest)
            return fail("on", interest.error().text);
        spec_.on = *interest;
        for (const std::string& event : *on)
            spec_.on_text += (spec_.on_text.empty() ? "" : ",") + event;
    }

    void take_command() {
        const Values* const run = find("run");
        const Values* const shell = find("shell");
        if (run != nullptr && shell != nullptr)
            return fail("shell", "it stands beside run: one hook has one command (leave one out)");
        if (run == nullptr && shell == nullptr)
            return fail("run",
                        "what is to be run? (run = [\"PROGRAM\", \"ARGUMENT\"], or shell = "
                        "\"COMMAND\")");
        const char* const key = run != nullptr ? "run" : "shell";
        spec_.shell = shell != nullptr;
        spec_.arguments = spec_.shell ? Values{"/bin/sh", "-c", shell->front()} : *run;
        const std::string_view first = spec_.shell    ? BytesView(shell->front())
                                       : run->empty() ? BytesView()
                                                      : BytesView(run->front());
        if (first.find_first_not_of(" \t\n") == std::string_view::npos)
            return fail(key, "it names no program");
        if (std::any_of(spec_.arguments.begin(), spec_.arguments.end(), has_zero))
            fail(key, "a command cannot hold a zero byte");
    }

    // Whatever stands before the first '=', and after it.
    std::map<std::string, std::string> pairs(std::string_view key, const char* example) {
        std::map<std::string, std::string> out;
        const Values* const values = find(key);
        for (const std::string& pair : values != nullptr ? *values : Values()) {
            const std::size_t equals = pair.find('=');
            if (equals == std::string::npos || equals == 0)
                fail(key, "'" + api::printable(pair) + "' is not one (write " + example + ")");
            else
                out[pair.substr(0, equals)] = pair.substr(equals + 1);
        }
        return out;
    }

    template <class T>
    void take_word(std::string_view key, T& target,
                   std::initializer_list<std::pair<std::string_view, T>> words) {
        const Values* const values = find(key);
        if (values == nullptr)
            return;
        std::string all;
        for (const auto& [word, value] : words) {
            if (word == values->front()) {
                target = value;
                return;
            }
            all += (all.empty() ? "" : ", ") + std::string(word);
        }
        fail(key,
             "'" + api::printable(values->front()) + "' is not one of its words (" + all + ")");
    }

    void take_filters() {
        if (const Values* const member = find("member"))
            spec_.member = member->front();
        spec_.tags = pairs("tags", "{ role = \"web|db\" }");
        take_word("whose", spec_.whose,
                  {{"anybody", Spec::Whose::Anybody},
                   {"self", Spec::Whose::Self},
                   {"others", Spec::Whose::Others}});
        take_word("only", spec_.only,
                  {{"always", Spec::Only::Always},
                   {"leader", Spec::Only::Leader},
                   {"quorum", Spec::Only::Quorum},
                   {"majority", Spec::Only::Majority}});
        if (const auto filter = hooks::Filter::compile(spec_, {}); !filter) {
            const std::string& text = filter.error().text;
            const std::size_t colon = text.find(": ");
            fail(text.substr(0, colon), text.substr(colon + 2));
        }
    }

    template <class T>
    void take_number(std::string_view key, T& target, std::uint64_t least, std::uint64_t most) {
        const Values* const values = find(key);
        if (values == nullptr)
            return;
        const std::string& text = values->front();
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || number < least ||
            number > most)
            return fail(key, "'" + text + "' is not possible (a whole number from " +
                                 std::to_string(least) + " to " + std::to_string(most) + ")");
        target = static_cast<T>(number);
    }

    void take_numbers() {
        take_number("retries", spec_.retries, 0, hooks::max_retries);
        take_number("concurrency", spec_.concurrency, 1, hooks::max_concurrency);
        take_number("queue", spec_.queue, 1, hooks::max_queue);
    }

    void take_time(std::string_view key, Duration& target, Duration least, Duration most) {
        const Values* const values = find(key);
        if (values == nullptr)
            return;
        const Result<Duration> duration = api::parse_duration(values->front());
        if (!duration)
            return fail(key, duration.error().text);
        if (*duration < least || *duration > most)
            return fail(key, "'" + values->front() + "' is not possible (from " +
                                 api::to_string(least) + " to " + api::to_string(most) + ")");
        target = *duration;
    }

    void take_times() {
        take_time("timeout", spec_.timeout, std::chrono::milliseconds(1), hooks::max_timeout);
        take_time("batch", spec_.batch, Duration::zero(), hooks::max_pause);
        take_time("debounce", spec_.debounce, Duration::zero(), hooks::max_pause);
    }

    void take_surroundings() {
        take_word("json", spec_.json, {{"stdin", Json::Input}, {"fd3", Json::Descriptor}});
        spec_.environment = pairs("environment", "{ NAME = \"VALUE\" }");
        for (const auto& [name, value] : spec_.environment) {
            const std::string shown = "'" + api::printable(name) + "' ";
            if (!is_variable(name))
                fail("environment", shown +
                                        "is not the name of a variable (letters, digits and "
                                        "'_', of which no digit comes first)");
            else if (hooks::is_reserved(name))
                fail("environment", shown +
                                        "is for musterd to set: choose a name that does not "
                                        "begin with SERF_ or MUSTER_");
            else if (has_zero(value))
                fail("environment", shown + "has a zero byte in its value, which no variable can");
        }
        const Values* const directory = find("directory");
        if (directory == nullptr)
            return;
        spec_.directory = directory->front();
        if (!spec_.directory.starts_with('/') || has_zero(spec_.directory))
            fail("directory", "'" + api::printable(spec_.directory) +
                                  "' is not a path from the root (write it with a / first)");
    }

    // What only shows when all keys are together.
    void check() {
        const hooks::Interest& on = spec_.on;
        if (on.wants_any_query()) {
            for (const auto& [key, is_used] :
                 {std::pair("batch", spec_.batch > Duration::zero()),
                  std::pair("debounce", spec_.debounce > Duration::zero()),
                  std::pair("json", spec_.json != Json::None)}) {
                if (is_used)
                    fail(key,
                         "its events hold queries, which are given one by one and at once, as "
                         "Serf gives them (leave it out, or name the events of on without "
                         "query)");
            }
        }
        if (!wants_any(on, has_member)) {
            for (const auto& [key, is_used] :
                 {std::pair("member", !spec_.member.empty()),
                  std::pair("whose", spec_.whose != Spec::Whose::Anybody)}) {
                if (is_used)
                    fail(key, no_member);
            }
        }
        if (!wants_any(on, history::is_of_member)) {
            if (!spec_.tags.empty())
                fail("tags", no_member);
            if (spec_.debounce > Duration::zero())
                fail("debounce", no_member);
        }
        check_pauses();
    }

    void check_pauses() {
        if (spec_.only != Spec::Only::Leader)
            return;
        for (const auto& [key, pause] :
             {std::pair("batch", spec_.batch), std::pair("debounce", spec_.debounce)}) {
            if (pause >= hooks::max_wait_for_leader)
                fail(key, api::to_string(pause) +
                              " is too long with only = \"leader\", where an "
                              "event is done with after " +
                              api::to_string(hooks::max_wait_for_leader));
        }
    }

    static constexpr char no_member[] =
        "it is about members, and none of the hook's events is (leave it out, or see on)";

    const ListedTable& table_;
    Spec spec_;
    std::vector<std::pair<unsigned, std::string>> errors_;
};

}  // namespace

const std::vector<Option>& hook_options() {
    using enum ValueKind;
    static const std::vector<Option> options{
        {"hook", "name", Text, false, "", "its name", nullptr},
        {"hook", "on", Words, false, "", "its events", nullptr},
        {"hook", "run", List, false, "", "program and arguments", nullptr},
        {"hook", "shell", Text, false, "", "a command for /bin/sh", nullptr},
        {"hook", "member", Text, false, "", "an expression for the member's name", nullptr},
        {"hook", "tags", Pairs, false, "", "expressions for the member's tags", nullptr},
        {"hook", "whose", Text, false, "", "anybody, self or others", nullptr},
        {"hook", "only", Text, false, "", "where it is run", nullptr},
        {"hook", "timeout", Time, false, "", "after which it is ended", nullptr},
        {"hook", "retries", Number, false, "", "after the first try", nullptr},
        {"hook", "concurrency", Number, false, "", "how many run at once", nullptr},
        {"hook", "queue", Number, false, "", "how many may wait", nullptr},
        {"hook", "batch", Time, false, "", "what comes within it is given in one call", nullptr},
        {"hook", "debounce", Time, false, "", "a member must be quiet for so long", nullptr},
        {"hook", "json", Text, false, "", "where JSON goes", nullptr},
        {"hook", "environment", Pairs, false, "", "more variables", nullptr},
        {"hook", "directory", Text, false, "", "where it is run", nullptr},
    };
    return options;
}

std::vector<hooks::Spec> hooks_of_tables(const std::vector<ListedTable>& tables,
                                         election::Mode mode, std::vector<std::string>& errors) {
    std::vector<Spec> specs;
    std::vector<const ListedTable*> accepted;
    for (const ListedTable& table : tables) {
        TableReader reader(table);
        const std::optional<Spec> spec = reader.read();
        if (spec) {
            reader.check(mode);
            const auto other = std::find_if(specs.begin(), specs.end(), [&](const Spec& each) {
                return each.name == spec->name;
            });
            if (other != specs.end()) {
                const ListedTable& first =
                    *accepted[static_cast<std::size_t>(other - specs.begin())];
                reader.fail("name", "there are two of this name (the first stands at line " +
                                        std::to_string(first.place.line) + ")");
            }
            specs.push_back(*spec);
            accepted.push_back(&table);
        }
        reader.give_errors(errors);
    }
    if (specs.size() > hooks::max_hooks) {
        const Place& place = accepted[hooks::max_hooks]->place;
        errors.push_back(place.file + ":" + std::to_string(place.line) + ": there are " +
                         std::to_string(specs.size()) + " hooks, at most " +
                         std::to_string(hooks::max_hooks) + " are possible");
    }
    return specs;
}

}  // namespace muster
