#include "agent/cluster/user_event.h"

#include <string>

#include "agent/cluster/config.h"

namespace muster::cluster {

Result<Bytes> compose(const UserEvent& event, std::size_t limit) {
    const auto bytes = [](std::size_t size) { return std::to_string(size) + " bytes "; };
    const std::size_t size = event.name.size() + event.payload.value_or(BytesView()).size();
    if (size > limit) {
        return Error{"user event exceeds configured limit of " + bytes(limit) + "before encoding"};
    }
    if (size > user_event_size_ceiling) {
        return Error{"user event exceeds sane limit of " + bytes(user_event_size_ceiling) +
                     "before encoding"};
    }
    Bytes message;
    encode(event, message);
    if (message.size() > limit) {
        return Error{"encoded user event exceeds configured limit of " + bytes(limit) +
                     "after encoding"};
    }
    if (message.size() > user_event_size_ceiling) {
        return Error{"encoded user event exceeds reasonable limit of " +
                     bytes(user_event_size_ceiling) + "after encoding"};
    }
    return message;
}

}  // namespace muster::cluster
