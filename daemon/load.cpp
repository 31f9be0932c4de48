#include "daemon/load.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <system_error>

#include "agent/api/address.h"
#include "agent/keyring_file.h"
#include "daemon/check.h"
#include "daemon/flags.h"
#include "daemon/hook_tables.h"
#include "daemon/place.h"
#include "daemon/ring_tables.h"
#include "daemon/toml_file.h"

namespace muster {

namespace {

constexpr char system_data_dir[] = "/var/lib/muster";
constexpr std::size_t max_file = 1 << 20;

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find(','), text.size());
        if (size > 0)
            parts.emplace_back(text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return parts;
}

Result<std::string> read_whole_file(const std::string& path) {
    const auto failed = [&] {
        const std::error_code error(errno, std::generic_category());
        return Error{"cannot read " + path + ": " + error.message() + " (see --config)"};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                               &std::fclose);
    if (!file)
        return failed();
    std::string text;
    char space[4096];
    while (const std::size_t size = std::fread(space, 1, sizeof space, file.get())) {
        text.append(space, size);
        if (text.size() > max_file)
            return Error{path + " is larger than 1 MiB: this is no configuration (see --config)"};
    }
    if (std::ferror(file.get()) != 0)
        return failed();
    return text;
}

std::size_t hash_of(const std::vector<std::vector<std::string>>& lists) {
    std::string all;
    for (const std::vector<std::string>& list : lists) {
        for (const std::string& each : list)
            all += std::to_string(each.size()) + ":" + each;
        all += ";";
    }
    const std::size_t hash = std::hash<std::string>()(all);
    swim::wipe(all);
    return hash;
}

class Loader {
public:
    Loader(const std::vector<std::string>& arguments, const Surroundings& surroundings)
        : surroundings_(surroundings), flags_(read_flags(arguments, options_)) {}

    Loaded run() {
        out_.errors = flags_.errors;
        out_.usage = !flags_.errors.empty();
        out_.help = flags_.help;
        out_.wish = !flags_.help.empty() ? Loaded::Wish::Help
                    : flags_.version     ? Loaded::Wish::Version
                    : flags_.validate    ? Loaded::Wish::Validate
                    : flags_.rehearsal   ? Loaded::Wish::Rehearse
                                         : Loaded::Wish::Run;
        out_.rehearsal = flags_.rehearsal.value_or(RehearsalWishes{});
        if (out_.usage || out_.wish == Loaded::Wish::Help || out_.wish == Loaded::Wish::Version)
            return std::move(out_);
        set_defaults();
        gather_file();
        gather_environment();
        given_.insert(given_.end(), flags_.values.begin(), flags_.values.end());
        apply();
        add_hooks();
        settle_storage();
        gather_keyring();
        if (out_.errors.empty()) {
            for (Complaint& complaint : contradictions(out_.settings, places_, options_))
                fail(std::move(complaint));
        }
        return std::move(out_);
    }

private:
    void fail(Complaint complaint) {
        out_.errors.push_back(std::move(complaint.text));
        out_.usage = out_.usage || complaint.usage;
    }

    void set_defaults() {
        Settings& s = out_.settings;
        s.node = surroundings_.host_name;
        s.bind = *Endpoint::from_bytes(BytesView("\0\0\0\0", 4), default_port);
        s.api =
            api::default_socket({surroundings_.variable("MUSTER_API"),
                                 surroundings_.variable("XDG_RUNTIME_DIR"), surroundings_.is_root});
        s.swim = swim::profile_config(s.profile);
    }

    void gather_file() {
        std::string path = flags_.config;
        if (const char* const variable = surroundings_.variable("MUSTER_CONFIG");
            path.empty() && variable != nullptr)
            path = variable;
        if (path.empty())
            return;
        Result<std::string> text = surroundings_.read_file(path);
        if (!text) {
            out_.errors.push_back(text.error().text);
            return;
        }
        FileValues file = read_toml(*text, path, options_);
        swim::wipe(*text);  // it may hold a key
        given_ = std::move(file.values);
        out_.errors.insert(out_.errors.end(), file.errors.begin(), file.errors.end());
        out_.settings.rings = rings_of_tables(file.rings, out_.errors);
        for (const ListedTable& table : file.rings) {
            for (const Given& given : table.values)
                out_.given["[[ring]]"] =
                    hash_of({{std::to_string(out_.given["[[ring]]"]), given.option->full_key()},
                             given.values});
        }
        hook_tables_ = std::move(file.hooks);
    }

    void gather_environment() {
        for (const Option& option : options_) {
            const char* const value = surroundings_.variable(option.variable().c_str());
            if (value == nullptr || *value == '\0')
                continue;
            const Place place{Source::Environment, {}, 0};
            const bool many = (option.kind == ValueKind::List && !option.is_whole) ||
                              option.kind == ValueKind::Pairs;
            std::vector<std::string> values = many ? split(value) : std::vector<std::string>{value};
            if (option.kind == ValueKind::Switch && values[0] != "true" && values[0] != "false") {
                out_.errors.push_back(place.before(option) + ": '" + values[0] +
                                      "' is neither true nor false");
                continue;
            }
            given_.push_back({&option, std::move(values), place});
        }
    }

    // Option after option, and each one's values in the order of precedence: so the profile stands
    // before the knobs, and a flag over all.
    void apply() {
        for (const Option& option : options_) {
            for (Given& given : given_) {
                if (given.option != &option)
                    continue;
                places_[option.full_key()] = given.place;
                out_.given[option.full_key()] = hash_of({given.values});
                if (const auto refusal = option.apply(option, out_.settings, given.values))
                    fail({given.place.before(option) + ": " + *refusal,
                          given.place.source == Source::Flag});
                if (option.key == "encrypt_key")
                    std::for_each(given.values.begin(), given.values.end(),
                                  [](std::string& value) { swim::wipe(value); });
            }
        }
    }

    // After the options, of which one says how a leader is elected.
    void add_hooks() {
        Settings& s = out_.settings;
        std::vector<hooks::Spec> hooks =
            hooks_of_tables(hook_tables_, s.election.mode, out_.errors);
        std::move(hooks.begin(), hooks.end(), std::back_inserter(s.hooks));
    }

    // Of a place to keep state and the wish to keep none, the one of higher precedence counts; only
    // when they stand side by side is it a contradiction.
    void settle_storage() {
        Settings& s = out_.settings;
        const Source dir = places_["data_dir"].source;
        const Source none = places_["ephemeral"].source;
        if (s.ephemeral && !s.data_dir.empty() && dir != none) {
            if (dir > none)
                s.ephemeral = false;
            else
                s.data_dir.clear();
        }
        if (s.data_dir.empty() && !s.ephemeral) {
            // systemd names the directory that it has made for a service, whoever that runs as.
            const char* const given = surroundings_.variable("STATE_DIRECTORY");
            if (given != nullptr && *given != '\0')
                s.data_dir = std::string_view(given).substr(0, std::string_view(given).find(':'));
            else if (surroundings_.is_root)
                s.data_dir = system_data_dir;
            else
                s.ephemeral = true;
        }
    }

    // The file of the one that counts only, and not beside a key: that is a contradiction.
    void gather_keyring() {
        Settings& s = out_.settings;
        if (s.keyring_file.empty() || !s.keyring.empty())
            return;
        Result<swim::Keyring> ring = surroundings_.read_keyring(s.keyring_file);
        if (ring) {
            s.keyring = *ring;
        } else {
            out_.errors.push_back(ring.error().text);
        }
    }

    const std::vector<Option> options_ = all_options();
    const Surroundings& surroundings_;
    const FlagValues flags_;
    std::vector<Given> given_;
    std::vector<ListedTable> hook_tables_;
    Places places_;
    Loaded out_;
};

}  // namespace

std::string Place::name_of(const Option& option) const {
    switch (source) {
        case Source::Default:
        case Source::File:
            return option.full_key();
        case Source::Environment:
            return option.variable();
        case Source::Flag:
            break;
    }
    return option.flag();
}

std::string Place::before(const Option& option) const {
    const std::string name = name_of(option);
    return source == Source::File ? file + ":" + std::to_string(line) + ": " + name : name;
}

Surroundings real_surroundings() {
    char name[256] = {};
    // A name that does not fit may lack its end.
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    // Before any thread is started.
    return {[](const char* variable) -> const char* {
                return std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
            },
            read_whole_file, name, geteuid() == 0, load_keyring};
}

std::vector<std::string> differences(const Loaded& before, const Loaded& now) {
    std::map<std::string, std::size_t> all = before.given;
    all.insert(now.given.begin(), now.given.end());
    std::vector<std::string> names;
    for (const auto& [name, hash] : all) {
        const auto then = before.given.find(name);
        const auto next = now.given.find(name);
        const bool same =
            then != before.given.end() && next != now.given.end() && then->second == next->second;
        if (!same && name != "event_handler")
            names.push_back(name);
    }
    return names;
}

Loaded load(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
    return Loader(arguments, surroundings).run();
}

}  // namespace muster
