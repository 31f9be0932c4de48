#include "daemon/event_handler.h"

#include "agent/api/text.h"

namespace muster {

Result<hooks::Spec> event_handler(const std::string& text, std::size_t number) {
    const std::size_t equals = text.find('=');
    const bool has_filter = equals != std::string::npos;
    hooks::Spec spec;
    spec.serf = true;
    spec.name = std::string(event_handler_name) + std::to_string(number);
    spec.on_text = has_filter && equals > 0 ? text.substr(0, equals) : "*";
    const std::string command = has_filter ? text.substr(equals + 1) : text;
    const std::string shown = "'" + api::printable(text) + "': ";
    if (command.find_first_not_of(" \t\n") == std::string::npos)
        return Error{shown + "there is no command in it (write EVENT=COMMAND, or COMMAND alone)"};
    if (command.find('\0') != std::string::npos)
        return Error{shown + "a command cannot hold a zero byte"};
    const Result<hooks::Interest> on = hooks::Interest::parse(spec.on_text);
    if (!on) {
        return Error{shown + on.error().text +
                     "; what stands before the first '=' are its events: a command with one is "
                     "written *=COMMAND"};
    }
    spec.on = *on;
    spec.shell = true;
    spec.arguments = {"/bin/sh", "-c", command};
    // Serf waits for ever, and tries once.
    spec.timeout = hooks::max_timeout;
    spec.retries = 0;
    return spec;
}

}  // namespace muster
