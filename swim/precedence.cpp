#include "swim/precedence.h"

namespace muster::swim {

Verdict judge(Held held, Claim claim, std::uint32_t incarnation) {
    const bool gone = held.state == State::Dead || held.state == State::Left;
    switch (claim) {
        case Claim::Alive:
            return incarnation > held.incarnation ? Verdict::Apply : Verdict::Ignore;
        case Claim::Suspect:
            if (incarnation < held.incarnation || gone) {
                return Verdict::Ignore;
            }
            return held.state == State::Suspect ? Verdict::Confirm : Verdict::Apply;
        case Claim::Dead:
            return incarnation < held.incarnation || gone ? Verdict::Ignore : Verdict::Apply;
    }
    return Verdict::Ignore;
}

Verdict judge_about_self(Held held, Claim claim, std::uint32_t incarnation, bool same,
                         bool leaving) {
    if (incarnation < held.incarnation) {
        return Verdict::Ignore;
    }
    switch (claim) {
        case Claim::Alive:
            if (leaving || (same && incarnation == held.incarnation)) {
                return Verdict::Ignore;
            }
            return Verdict::Refute;
        case Claim::Suspect:
            // Having left, we are dead or left in our own table, which hears no suspicion.
            return held.state == State::Alive ? Verdict::Refute : Verdict::Ignore;
        case Claim::Dead:
            if (held.state == State::Dead || held.state == State::Left) {
                return Verdict::Ignore;
            }
            return leaving ? Verdict::Apply : Verdict::Refute;
    }
    return Verdict::Ignore;
}

}  // namespace muster::swim
