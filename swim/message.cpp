#include "swim/message.h"

#include <algorithm>

namespace muster::swim {

Versions Versions::from_bytes(BytesView vsn) {
    std::array<std::uint8_t, 6> six{};
    std::transform(vsn.begin(),
                   vsn.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(vsn.size(), 6)),
                   six.begin(), octet);
    return {six[0], six[1], six[2], six[3], six[4], six[5]};
}

std::array<char, 6> Versions::to_bytes() const {
    return {static_cast<char>(protocol_min),     static_cast<char>(protocol_max),
            static_cast<char>(protocol_current), static_cast<char>(delegate_min),
            static_cast<char>(delegate_max),     static_cast<char>(delegate_current)};
}

}  // namespace muster::swim
