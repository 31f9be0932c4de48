#include "agent/remembering.h"

#include <utility>

namespace muster {

void Remembering::note(BytesView member) {
    if (members_.find(member) == members_.end()) {
        members_.emplace(member);
    }
}

std::set<Bytes, std::less<>> Remembering::take(const Own& own) {
    noted_own_ = false;
    taken_ = own;
    return std::exchange(members_, {});
}

}  // namespace muster
