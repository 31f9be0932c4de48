#include "daemon/toml_file.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>

#include "daemon/suggest.h"

namespace muster {

namespace {

const char* wanted(ValueKind kind) {
    switch (kind) {
        case ValueKind::Text:
            return "a string";
        case ValueKind::Time:
            return "a duration in quotes, such as \"500ms\"";
        case ValueKind::Number:
            return "a whole number";
        case ValueKind::Switch:
            return "true or false";
        case ValueKind::List:
            return "a list of strings";
        case ValueKind::Pairs:
            return "a table of strings, such as { role = \"web\" }";
    }
    return "?";
}

const char* found(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number with a fraction";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or time";
    }
}

std::optional<std::vector<std::string>> as_list(const toml::node& node) {
    if (node.as_array() == nullptr)
        return std::nullopt;
    std::vector<std::string> all;
    for (const toml::node& element : *node.as_array()) {
        if (element.as_string() == nullptr)
            return std::nullopt;
        all.push_back(element.as_string()->get());
    }
    return all;
}

// The values of `node` as text, if it has the type that `kind` has in a file.
std::optional<std::vector<std::string>> as_text(const toml::node& node, ValueKind kind) {
    const auto one = [](auto* value) -> std::optional<std::vector<std::string>> {
        if (value == nullptr)
            return std::nullopt;
        if constexpr (std::is_same_v<decltype(value), const toml::value<std::string>*>) {
            return std::vector<std::string>{value->get()};
        } else if constexpr (std::is_same_v<decltype(value), const toml::value<bool>*>) {
            return std::vector<std::string>{value->get() ? "true" : "false"};
        } else {
            return std::vector<std::string>{std::to_string(value->get())};
        }
    };
    std::vector<std::string> all;
    switch (kind) {
        case ValueKind::Text:
        case ValueKind::Time:
            return one(node.as_string());
        case ValueKind::Number:
            return one(node.as_integer());
        case ValueKind::Switch:
            return one(node.as_boolean());
        case ValueKind::List:
            return as_list(node);
        case ValueKind::Pairs:
            if (node.as_table() == nullptr)
                return as_list(node);
            for (const auto& [key, value] : *node.as_table()) {
                if (value.as_string() == nullptr)
                    return std::nullopt;
                all.push_back(std::string(key.str()) + "=" + value.as_string()->get());
            }
            return all;
    }
    return std::nullopt;
}

class Reader {
public:
    Reader(const std::string& name, const std::vector<Option>& options)
        : name_(name), options_(options) {}

    void read(const toml::table& table, std::string_view section) {
        for (const auto& [key, node] : table) {
            const unsigned line = static_cast<unsigned>(key.source().begin.line);
            if (const Option* option = find_option(options_, section, key.str())) {
                take(*option, node, line);
            } else if (section.empty() && is_section(key.str())) {
                if (node.as_table() != nullptr)
                    read(*node.as_table(), key.str());
                else
                    fail(line, std::string(key.str()) + " must be a table, not " + found(node));
            } else {
                fail(line, unknown(section, key.str()));
            }
        }
    }

    // In the file's order: that of a table's keys is another.
    FileValues take() {
        const auto by_line = [](const auto& a, const auto& b) { return a.first < b.first; };
        std::stable_sort(errors_.begin(), errors_.end(), by_line);
        FileValues out{std::move(values_), {}};
        for (auto& [line, text] : errors_)
            out.errors.push_back(name_ + ":" + std::to_string(line) + ": " + text);
        return out;
    }

    void fail(unsigned line, const std::string& text) { errors_.emplace_back(line, text); }

private:
    void take(const Option& option, const toml::node& node, unsigned line) {
        std::optional<std::vector<std::string>> values = as_text(node, option.kind);
        if (!values) {
            return fail(line, option.full_key() + " must be " + wanted(option.kind) + ", not " +
                                  found(node));
        }
        values_.push_back({&option, *std::move(values), {Source::File, name_, line}});
    }

    bool is_section(std::string_view key) const {
        return std::any_of(options_.begin(), options_.end(),
                           [&](const Option& option) { return option.section == key; });
    }

    // What is wrong with a key that does not exist, and what was probably meant.
    std::string unknown(std::string_view section, std::string_view key) const {
        const std::string where = section.empty() ? "" : " in [" + std::string(section) + "]";
        const std::string text = "unknown key '" + std::string(key) + "'" + where;
        std::vector<std::string> here;
        for (const Option& option : options_) {
            if (option.section == section)
                here.emplace_back(option.key);
            if (option.key == key && option.section != section) {
                return text + (option.section.empty()
                                   ? " (it belongs at the top of the file, before any [table])"
                                   : " (it belongs in [" + std::string(option.section) + "])");
            }
        }
        if (section.empty()) {
            for (const Option& option : options_)
                here.emplace_back(option.section);
        }
        const std::string meant = nearest(key, here);
        return meant.empty() ? text : text + " (did you mean '" + meant + "'?)";
    }

    const std::string& name_;
    const std::vector<Option>& options_;
    std::vector<Given> values_;
    std::vector<std::pair<unsigned, std::string>> errors_;
};

}  // namespace

FileValues read_toml(std::string_view text, const std::string& name,
                     const std::vector<Option>& options) {
    Reader reader(name, options);
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        reader.fail(static_cast<unsigned>(parsed.error().source().begin.line),
                    "this is not TOML: " + std::string(parsed.error().description()));
        return reader.take();
    }
    reader.read(parsed.table(), "");
    return reader.take();
}

}  // namespace muster
