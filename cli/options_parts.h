// What the sources that read the command line share. For them alone: they include CLI11.
#pragma once

#include <string>
#include <utility>

namespace muster::cli {

// `--option` takes a value of `form`. App is CLI11's.
template <class App, class Target>
auto* add(App& app, const std::string& option, Target& target, const char* form, const char* help) {
    return app.add_option(option, target, help)->type_name(form);
}

// One that may be given more than once, each time with one value.
template <class App, class Target>
auto* add_each(App& app, const std::string& option, Target& target, const char* form,
               const char* help) {
    return add(app, option, target, form, help)->take_all()->allow_extra_args(false);
}

// `text` at its first equals sign. Throws CLI11's error, about `option`, if it is not of `form`.
std::pair<std::string, std::string> split_pair(const std::string& option, const std::string& text,
                                               const char* form);

}  // namespace muster::cli
