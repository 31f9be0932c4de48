#include "agent/journal/outbox_rows.h"
#include "agent/journal/journal_schema.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace muster::journal {

using history::Change;
using store::Database;
using store::Statement;

namespace {

constexpr char insert_delivery[] =
    "INSERT OR REPLACE INTO deliveries (seq, hook, kind, subject, event, attempts, next)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
#define DELIVERY_COLUMNS "seq, hook, kind, subject, event, attempts"
// A change that was put aside and that nothing needs any more.
#define IS_NEEDED(seq)                                          \
    "(EXISTS (SELECT 1 FROM deliveries AS d WHERE d.seq = " seq \
    ") OR EXISTS (SELECT 1 FROM dead AS l WHERE l.seq = " seq "))"

bool insert(Statement& row, const Delivery& delivery) {
    row.bind(1, to_column(delivery.seq)).bind(2, delivery.hook);
    row.bind(3, static_cast<std::int64_t>(delivery.kind)).bind(4, delivery.subject);
    row.bind(5, delivery.event_ns).bind(6, delivery.attempts).bind(7, delivery.next_ns);
    return row.run();
}

// None: of a kind that nobody here knows. Of DELIVERY_COLUMNS.
std::optional<Delivery> delivery_from(const Statement& row) {
    const std::int64_t kind = row.number(2);
    if (kind < 1 || kind > static_cast<std::int64_t>(history::last_kind))
        return std::nullopt;
    Delivery delivery;
    delivery.seq = static_cast<std::uint64_t>(row.number(0));
    delivery.hook = row.bytes(1);
    delivery.kind = static_cast<history::Kind>(kind);
    delivery.subject = row.bytes(3);
    delivery.event_ns = row.number(4);
    delivery.attempts = static_cast<unsigned>(row.number(5));
    return delivery;
}

// What becomes of deliveries; prepared once for a batch that has outcomes.
class Conclusions {
public:
    Conclusions(Database& db, Loads& loads, Put& put)
        : db_(db),
          loads_(loads),
          put_(put),
          insert_(db.get(), insert_delivery),
          remove_(db.get(), "DELETE FROM deliveries WHERE seq = ?1 AND hook = ?2"),
          again_(db.get(),
                 "UPDATE deliveries SET attempts = ?3, next = ?4 WHERE seq = ?1 AND hook = ?2"),
          bury_(db.get(),
                "INSERT OR REPLACE INTO dead (seq, hook, kind, subject, event, attempts, at,"
                " status, why, output) SELECT seq, hook, kind, subject, event, ?3, ?4, ?5, ?6, ?7"
                " FROM deliveries WHERE seq = ?1 AND hook = ?2"),
          find_dead_(db.get(),
                     "SELECT " DELIVERY_COLUMNS " FROM dead WHERE seq = ?1 AND hook = ?2"),
          remove_dead_(db.get(), "DELETE FROM dead WHERE seq = ?1 AND hook = ?2"),
          oldest_dead_(db.get(), "SELECT seq FROM dead WHERE hook = ?1 ORDER BY at, seq LIMIT 1"),
          release_(db.get(), "DELETE FROM held WHERE seq = ?1 AND NOT " IS_NEEDED("?1")) {}

    bool take(const Outcome& outcome) {
        Load& load = loads_[outcome.hook];
        switch (outcome.what) {
            case Outcome::What::Done:
                return remove(outcome, load) && release(outcome.seq);
            case Outcome::What::Again:
                return of(again_, outcome).bind(3, outcome.attempts).bind(4, outcome.next_ns).run();
            case Outcome::What::Dead:
                return bury(outcome, load);
            case Outcome::What::Dropped:
                return remove(outcome, load) && remove_dead(outcome.hook, outcome.seq, load) &&
                       release(outcome.seq);
            case Outcome::What::Revived:
                return revive(outcome, load);
        }
        return true;
    }

private:
    static Statement& of(Statement& row, const Outcome& outcome) {
        return row.bind(1, to_column(outcome.seq)).bind(2, outcome.hook);
    }
    std::size_t changed() const { return static_cast<std::size_t>(sqlite3_changes64(db_.get())); }

    bool remove(const Outcome& outcome, Load& load) {
        if (!of(remove_, outcome).run())
            return false;
        load.waiting -= changed();
        return true;
    }

    bool remove_dead(const std::string& hook, std::uint64_t seq, Load& load) {
        if (!remove_dead_.bind(1, to_column(seq)).bind(2, hook).run())
            return false;
        load.dead -= changed();
        return true;
    }

    bool bury(const Outcome& outcome, Load& load) {
        of(bury_, outcome).bind(3, outcome.attempts).bind(4, outcome.at_ns);
        bury_.bind(5, outcome.status).bind(6, outcome.why).bind(7, outcome.output);
        if (!bury_.run())
            return false;
        load.dead += changed();
        return remove(outcome, load) && forget_oldest(outcome.hook, load);
    }

    bool forget_oldest(const std::string& hook, Load& load) {
        while (load.dead > most_dead_letters) {
            if (!oldest_dead_.bind(1, hook).step())
                return false;
            const auto seq = static_cast<std::uint64_t>(oldest_dead_.number(0));
            oldest_dead_.reset();
            if (!remove_dead(hook, seq, load) || !release(seq))
                return false;
        }
        return true;
    }

    bool revive(const Outcome& outcome, Load& load) {
        std::optional<Delivery> delivery;
        if (of(find_dead_, outcome).step())
            delivery = delivery_from(find_dead_);
        if (find_dead_.failed())
            return false;
        find_dead_.reset();
        if (!delivery)
            return true;
        delivery->attempts = 0;
        if (!remove_dead(outcome.hook, outcome.seq, load) || !insert(insert_, *delivery))
            return false;
        ++load.waiting;
        put_.deliveries.push_back(*std::move(delivery));
        return true;
    }

    bool release(std::uint64_t seq) { return release_.bind(1, to_column(seq)).run(); }

    Database& db_;
    Loads& loads_;
    Put& put_;
    Statement insert_;
    Statement remove_;
    Statement again_;
    Statement bury_;
    Statement find_dead_;
    Statement remove_dead_;
    Statement oldest_dead_;
    Statement release_;
};

template <class Set>
bool read_numbers(Database& db, const char* sql, Set set) {
    Statement row(db.get(), sql);
    while (row.step())
        set(std::string(row.bytes(0)), static_cast<std::uint64_t>(row.number(1)));
    return !row.failed();
}

}  // namespace

bool read_loads(Database& db, Loads& loads) {
    loads.clear();
    return read_numbers(
               db, "SELECT hook, count(*) FROM deliveries GROUP BY hook",
               [&](const std::string& hook, auto count) { loads[hook].waiting = count; }) &&
           read_numbers(db, "SELECT hook, count(*) FROM dead GROUP BY hook",
                        [&](const std::string& hook, auto count) { loads[hook].dead = count; }) &&
           read_numbers(db, "SELECT hook, lost FROM overflows",
                        [&](const std::string& hook, auto lost) { loads[hook].lost = lost; });
}

bool forget_others(Database& db, const Routes& routes, Loads& loads) {
    bool some = false;
    for (auto each = loads.begin(); each != loads.end();) {
        const std::string& hook = each->first;
        if (std::any_of(routes.begin(), routes.end(),
                        [&](const Route& route) { return route.hook == hook; })) {
            ++each;
            continue;
        }
        for (const char* const sql :
             {"DELETE FROM deliveries WHERE hook = ?1", "DELETE FROM dead WHERE hook = ?1",
              "DELETE FROM overflows WHERE hook = ?1"}) {
            Statement row(db.get(), sql);
            if (!row.bind(1, hook).run())
                return false;
        }
        some = true;
        each = loads.erase(each);
    }
    return !some || db.run("DELETE FROM held WHERE NOT " IS_NEEDED("held.seq"));
}

bool conclude(Database& db, const std::vector<Outcome>& outcomes, Loads& loads, Put& put) {
    if (outcomes.empty())
        return true;
    Conclusions conclusions(db, loads, put);
    return std::all_of(outcomes.begin(), outcomes.end(),
                       [&](const Outcome& outcome) { return conclusions.take(outcome); });
}

Offers::Offers(Database& db, const Routes* routes, Loads& loads, Put& put)
    : db_(db), loads_(loads), put_(put) {
    if (routes == nullptr)
        return;
    for (const Route& route : *routes)
        slots_.push_back({&route, &loads[route.hook]});
}

bool Offers::offer(const Change& change) {
    for (Slot& slot : slots_) {
        if (!slot.route->wants(change))
            continue;
        if (slot.load->waiting >= slot.route->queue) {
            ++slot.load->lost;
            slot.lost = true;
        } else if (!address(change, slot.route->hook)) {
            return false;
        }
    }
    return true;
}

bool Offers::address(const Change& change, const std::string& hook) {
    if (!insert_)
        insert_.emplace(db_.get(), insert_delivery);
    Delivery delivery;
    delivery.hook = hook;
    delivery.seq = change.seq;
    delivery.kind = change.kind;
    delivery.subject = change.subject;
    delivery.event_ns = change.wall_ns;
    if (!insert(*insert_, delivery))
        return false;
    ++loads_[hook].waiting;
    put_.deliveries.push_back(std::move(delivery));
    return true;
}

bool Offers::take_lost(const std::string& hook, std::uint64_t& lost) {
    lost = std::exchange(loads_[hook].lost, 0);
    for (Slot& slot : slots_)
        slot.lost = slot.lost && slot.route->hook != hook;
    if (lost == 0)
        return true;
    Statement row(db_.get(), "DELETE FROM overflows WHERE hook = ?1");
    return row.bind(1, hook).run();
}

bool Offers::count_lost() {
    for (const Slot& slot : slots_) {
        if (!slot.lost)
            continue;
        Statement row(db_.get(), "INSERT OR REPLACE INTO overflows (hook, lost) VALUES (?1, ?2)");
        if (!row.bind(1, slot.route->hook).bind(2, to_column(slot.load->lost)).run())
            return false;
        put_.overflows.push_back({slot.route->hook, slot.load->lost});
    }
    return true;
}

// Twice is harmless: a change that is held is as it was.
bool hold(Database& db, std::uint64_t last) {
    Statement row(db.get(),
                  "INSERT OR REPLACE INTO held SELECT * FROM changes WHERE seq IN"
                  " (SELECT seq FROM deliveries WHERE seq <= ?1"
                  "  UNION SELECT seq FROM dead WHERE seq <= ?1)");
    return row.bind(1, to_column(last)).run();
}

bool read_waiting(Database& db, std::vector<Delivery>& out) {
    Statement row(db.get(), "SELECT " DELIVERY_COLUMNS ", next FROM deliveries ORDER BY seq, hook");
    while (row.step()) {
        if (std::optional<Delivery> delivery = delivery_from(row)) {
            delivery->next_ns = row.number(6);
            out.push_back(*std::move(delivery));
        }
    }
    return !row.failed();
}

bool read_dead(Database& db, const std::string& hook, std::vector<DeadLetter>& out) {
    Statement row(db.get(), "SELECT " DELIVERY_COLUMNS
                            ", at, status, why, output FROM dead"
                            " WHERE ?1 = x'' OR hook = ?1 ORDER BY seq, hook");
    row.bind(1, hook);
    while (row.step()) {
        std::optional<Delivery> delivery = delivery_from(row);
        if (!delivery)
            continue;
        DeadLetter letter;
        letter.delivery = *std::move(delivery);
        letter.at_ns = row.number(6);
        letter.status = static_cast<int>(row.number(7));
        letter.why = row.bytes(8);
        letter.output = row.bytes(9);
        out.push_back(std::move(letter));
    }
    return !row.failed();
}

}  // namespace muster::journal
