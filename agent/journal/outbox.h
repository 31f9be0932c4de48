// The outbox: which hooks are still to be run for which change. Its rows are written with the
// change, in one transaction, so that neither is ever there without the other. Values; pure.
//
// A delivery waits until it is done or, after its last try, dead. The dead are kept to be looked
// at and replayed. What a delivery is of outlives the retention of the history.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/history/change.h"
#include "swim/bytes.h"

namespace muster::journal {

// A hook as the outbox knows it.
struct Route {
    std::string hook;       // its name
    std::size_t queue = 0;  // deliveries that may wait; one more is counted, and not kept
    // Whether it is to be run for this change; called on the journal's thread.
    std::function<bool(const history::Change&)> wants;
};
using Routes = std::vector<Route>;

struct Delivery {
    std::string hook;
    std::uint64_t seq = 0;
    // Of the change, for the order: deliveries of one hook with one subject are run one by one.
    history::Kind kind = history::Kind::Start;
    Bytes subject;
    std::int64_t event_ns = 0;  // when the change was seen, since 1970
    unsigned attempts = 0;      // that have failed
    std::int64_t next_ns = 0;   // not to be tried before, since 1970; 0: at once
};

// What became of a delivery. Recording the same twice is harmless.
struct Outcome {
    enum class What : std::uint8_t {
        Done,     // it goes
        Again,    // it is to be tried again: attempts and next_ns
        Dead,     // it is set aside: attempts, status, why and output
        Dropped,  // a dead or waiting one that a person wants gone
        Revived,  // a dead one that a person wants tried again: attempts 0, at once
    };
    std::string hook;
    std::uint64_t seq = 0;
    What what = What::Done;
    unsigned attempts = 0;
    std::int64_t next_ns = 0;
    int status = 0;        // of the last try, as a shell says it
    std::string why = {};  // for a person: "exit status 3", "timed out after 60s"
    Bytes output = {};     // the end of it
    std::int64_t at_ns = 0;
};

// A delivery that was set aside.
struct DeadLetter {
    Delivery delivery;
    int status = 0;
    std::string why;
    Bytes output;
    std::int64_t at_ns = 0;  // when it was
};
inline constexpr std::size_t most_dead_letters = 1000;  // of one hook; the oldest go

// What a hook's full queue cost it, since it was last told.
struct Overflow {
    std::string hook;
    std::uint64_t lost = 0;
};

// What an append has put into the outbox.
struct Put {
    std::vector<Delivery> deliveries;
    std::vector<Overflow> overflows;  // of each hook that lost some by this append: its total
};

}  // namespace muster::journal
