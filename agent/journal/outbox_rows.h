// The outbox's rows in journal.db: deliveries, dead letters and what full queues cost. Each answers
// false after a failure, which the database's fault() tells. For agent/journal's sources.
//
// How many wait is counted here and not in the file, so that a burst costs one insert for each
// delivery; the counts of a transaction that is undone are thrown away with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/journal/outbox.h"
#include "agent/store/sqlite.h"

namespace muster::journal {

// What there is of a hook.
struct Load {
    std::size_t waiting = 0;
    std::size_t dead = 0;
    std::uint64_t lost = 0;  // since it was last told
};
using Loads = std::map<std::string, Load, std::less<>>;  // every hook of which there is something

bool read_loads(store::Database& db, Loads& loads);

// Takes away what there is of hooks that no route has.
bool forget_others(store::Database& db, const Routes& routes, Loads& loads);

// What is revived is put.
bool conclude(store::Database& db, const std::vector<Outcome>& outcomes, Loads& loads, Put& put);

// The deliveries of one batch's changes; prepared once for it.
class Offers {
public:
    // REQUIRES: `routes`, if there are any, and `loads` and `put` outlive it, and nothing else
    // changes `loads` meanwhile.
    Offers(store::Database& db, const Routes* routes, Loads& loads, Put& put);

    // To every hook that wants it. REQUIRES: `change` is numbered.
    bool offer(const history::Change& change);
    // To this one, whatever it wants and has waiting.
    bool address(const history::Change& change, const std::string& hook);
    // How many were lost to this hook until now; from here on none is.
    bool take_lost(const std::string& hook, std::uint64_t& lost);
    // Writes down what did not fit. Last of all.
    bool count_lost();

private:
    struct Slot {
        const Route* route = nullptr;
        Load* load = nullptr;
        bool lost = false;  // some of this batch
    };

    store::Database& db_;
    Loads& loads_;
    Put& put_;
    std::vector<Slot> slots_;
    std::optional<store::Statement> insert_;  // none: no hooks
};

// Of the changes up to `last`, puts aside those that a delivery or a dead letter is of.
bool hold(store::Database& db, std::uint64_t last);

// In order of their numbers. Of a kind that nobody here knows: left out.
bool read_waiting(store::Database& db, std::vector<Delivery>& out);
bool read_dead(store::Database& db, const std::string& hook, std::vector<DeadLetter>& out);

}  // namespace muster::journal
