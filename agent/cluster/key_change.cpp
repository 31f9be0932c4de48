#include "agent/cluster/key_change.h"

namespace muster::cluster {

KeyAnswer change_keys(swim::Keyring& ring, const KeyRequest& request) {
    if (request.action == KeyAction::List) {
        if (ring.empty()) {
            return {false, "Keyring is empty (encryption not enabled)", {}};
        }
        return {true, {}, ring.base64()};
    }
    if (ring.empty()) {
        return {false, "No keyring to modify (encryption not enabled)", {}};
    }
    const Result<swim::Key> key = swim::Key::from_bytes(request.key);
    if (!key) {
        return {false, key.error().text, {}};
    }
    std::optional<Error> error;
    switch (request.action) {
        case KeyAction::Install:
            error = ring.install(*key);
            break;
        case KeyAction::Use:
            error = ring.use(*key);
            break;
        default:
            error = ring.remove(*key);
    }
    return {!error, error ? error->text : std::string(), {}};
}

}  // namespace muster::cluster
