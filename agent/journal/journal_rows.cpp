#include "agent/journal/journal_rows.h"
#include "agent/journal/journal_schema.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace muster::journal {

using history::Change;
using history::Entry;
using history::View;
using store::Database;
using store::DbFault;
using store::Statement;

namespace {

#define CHANGE_COLUMNS                                                                 \
    "seq, wall, clock, kind, subject, before, after, incarnation, ip, port, versions," \
    " tags, cause, said_by, others, health, number, number_before, payload,"           \
    " tags_before IS NOT NULL, tags_before"

Endpoint endpoint_of(BytesView ip, std::int64_t port) {
    return Endpoint::from_bytes(ip, static_cast<std::uint16_t>(port)).value_or(Endpoint());
}

history::Standing standing_from(std::int64_t column) {
    const bool known = column >= 0 && column <= static_cast<std::int64_t>(history::last_standing);
    return known ? static_cast<history::Standing>(column) : history::Standing::None;
}

// None: of a kind that nobody here knows.
std::optional<Change> change_from(const Statement& row) {
    const std::int64_t kind = row.number(3);
    if (kind < 1 || kind > static_cast<std::int64_t>(history::last_kind))
        return std::nullopt;
    Change change;
    change.seq = from_column(row.number(0));
    change.wall_ns = row.number(1);
    change.clock_ns = row.number(2);
    change.kind = static_cast<history::Kind>(kind);
    change.subject = row.bytes(4);
    change.from = standing_from(row.number(5));
    change.to = standing_from(row.number(6));
    change.incarnation = static_cast<std::uint32_t>(row.number(7));
    change.endpoint = endpoint_of(row.bytes(8), row.number(9));
    change.versions = swim::Versions::from_bytes(row.bytes(10));
    change.tags = row.bytes(11);
    change.cause = row.bytes(12);
    change.by = row.bytes(13);
    change.others = history::decode_names(row.bytes(14));
    change.health = static_cast<unsigned>(row.number(15));
    change.number = from_column(row.number(16));
    change.number_before = from_column(row.number(17));
    change.payload = row.bytes(18);
    if (row.number(19) != 0)
        change.tags_before = row.bytes(20);
    return change;
}

Entry entry_from(const Statement& row) {
    Entry entry;
    entry.standing = standing_from(row.number(1));
    entry.endpoint = endpoint_of(row.bytes(2), row.number(3));
    entry.tags = row.bytes(4);
    entry.versions = swim::Versions::from_bytes(row.bytes(5));
    entry.incarnation = static_cast<std::uint32_t>(row.number(6));
    entry.since_ns = row.number(7);
    return entry;
}

// Prepared once for a batch.
class Writer {
public:
    Writer(Database& db, std::uint64_t& next, Offers& offers)
        : next_(next),
          offers_(offers),
          find_(db.get(),
                "SELECT name, standing, ip, port, tags, versions, incarnation, since FROM members"
                " WHERE name = ?1"),
          put_(db.get(),
               "INSERT OR REPLACE INTO members (name, standing, ip, port, tags, versions,"
               " incarnation, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
          remove_(db.get(), "DELETE FROM members WHERE name = ?1"),
          insert_(db.get(),
                  "INSERT INTO changes (seq, wall, clock, kind, subject, before, after,"
                  " incarnation, ip, port, versions, tags, cause, said_by, others, health, number,"
                  " number_before, payload, tags_before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                  " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)") {}

    bool take(Change change) {
        if (!history::is_of_member(change.kind))
            return insert(change) && offers_.offer(change);
        std::optional<Entry> before;
        if (find_.bind(1, change.subject).step())
            before = entry_from(find_);
        if (find_.failed())
            return false;
        find_.reset();
        const Entry* const known = before ? &*before : nullptr;
        const std::optional<Entry> now = history::after(known, change);
        if (!history::is_news(known, change))
            return put(change.subject, *now);
        if (known == nullptr && !now)
            return true;
        history::complete(known, change);
        return insert(change) &&
               (now ? put(change.subject, *now) : remove_.bind(1, change.subject).run()) &&
               offers_.offer(change);
    }

    // What this hook lost, told to it alone.
    bool tell_lost(const std::string& hook, const Batch& batch) {
        Change gap;
        gap.kind = history::Kind::Gap;
        gap.subject = hook;
        gap.wall_ns = batch.wall_ns;
        gap.clock_ns = batch.clock_ns;
        if (!offers_.take_lost(hook, gap.number))
            return false;
        return gap.number == 0 || (insert(gap) && offers_.address(gap, hook));
    }

private:
    bool put(const Bytes& name, const Entry& entry) {
        const std::array<char, 6> versions = entry.versions.to_bytes();
        put_.bind(1, name).bind(2, static_cast<std::int64_t>(entry.standing));
        put_.bind(3, entry.endpoint.ip()).bind(4, entry.endpoint.port()).bind(5, entry.tags);
        put_.bind(6, BytesView(versions.data(), versions.size()));
        return put_.bind(7, entry.incarnation).bind(8, entry.since_ns).run();
    }

    // Numbers it.
    bool insert(Change& change) {
        change.seq = next_;
        const std::array<char, 6> versions = change.versions.to_bytes();
        const Bytes others = history::encode_names(change.others);
        insert_.bind(1, to_column(next_)).bind(2, change.wall_ns).bind(3, change.clock_ns);
        insert_.bind(4, static_cast<std::int64_t>(change.kind)).bind(5, change.subject);
        insert_.bind(6, static_cast<std::int64_t>(change.from));
        insert_.bind(7, static_cast<std::int64_t>(change.to)).bind(8, change.incarnation);
        insert_.bind(9, change.endpoint.ip()).bind(10, change.endpoint.port());
        insert_.bind(11, BytesView(versions.data(), versions.size())).bind(12, change.tags);
        insert_.bind(13, change.cause).bind(14, change.by).bind(15, others);
        insert_.bind(16, change.health).bind(17, to_column(change.number));
        insert_.bind(18, to_column(change.number_before)).bind(19, change.payload);
        if (change.tags_before)
            insert_.bind(20, *change.tags_before);
        else
            insert_.bind_null(20);
        if (!insert_.run())
            return false;
        ++next_;
        return true;
    }

    std::uint64_t& next_;
    Offers& offers_;
    Statement find_;
    Statement put_;
    Statement remove_;
    Statement insert_;
};

bool read_members(Database& db, View& view) {
    Statement row(
        db.get(),
        "SELECT name, standing, ip, port, tags, versions, incarnation, since FROM members");
    while (row.step())
        view.emplace(row.bytes(0), entry_from(row));
    return !row.failed();
}

bool insert_checkpoint(Database& db, std::uint64_t seq, const View& view) {
    const Bytes encoded = history::encode(view);
    Statement row(db.get(), "INSERT OR REPLACE INTO checkpoints (seq, view) VALUES (?1, ?2)");
    return row.bind(1, to_column(seq)).bind(2, encoded).run();
}

std::int64_t pragma(Database& db, const char* sql) {
    Statement row(db.get(), sql);
    return row.step() ? row.number(0) : 0;
}

}  // namespace

std::optional<DbFault> read_counters(Database& db, Counters& counters) {
    Statement row(
        db.get(),
        "SELECT next, (SELECT max(seq) FROM checkpoints), name FROM journal WHERE id = 1");
    if (!row.step())
        return row.failed() ? db.fault() : DbFault{DbFault::Kind::Damaged, "a row is missing"};
    counters.next = from_column(row.number(0));
    counters.since_checkpoint = counters.next - 1 - from_column(row.number(1));
    counters.id = row.bytes(2);
    return read_loads(db, counters.loads) ? std::nullopt : std::optional(db.fault());
}

bool write_batch(Database& db, const Batch& batch, Counters& counters, Put& put) {
    if (batch.routes && batch.forgets_others && !forget_others(db, *batch.routes, counters.loads))
        return false;
    if (!conclude(db, batch.outcomes, counters.loads, put))
        return false;
    Offers offers(db, batch.routes.get(), counters.loads, put);
    Writer writer(db, counters.next, offers);
    for (const Change& change : batch.changes) {
        if (!writer.take(change))
            return false;
    }
    if (batch.whole) {
        View known;
        if (!read_members(db, known))
            return false;
        for (Change& change : history::differences(known, batch.whole->view, batch.whole->cause)) {
            change.wall_ns = batch.whole->wall_ns;
            change.clock_ns = batch.whole->clock_ns;
            if (!writer.take(std::move(change)))
                return false;
        }
    }
    // After the changes: what these cost a hook is told to it at once.
    for (const std::string& hook : batch.resync) {
        if (!writer.tell_lost(hook, batch))
            return false;
    }
    Statement row(db.get(), "UPDATE journal SET next = ?1 WHERE id = 1");
    return offers.count_lost() && row.bind(1, to_column(counters.next)).run();
}

bool begin_at(Database& db, std::uint64_t next) {
    store::Transaction transaction(db);
    Statement row(db.get(), "UPDATE journal SET next = ?1 WHERE id = 1");
    return transaction && row.bind(1, to_column(next)).run() && db.run("DELETE FROM checkpoints") &&
           insert_checkpoint(db, next - 1, {}) && transaction.commit();
}

std::uint64_t count_members(Database& db) {
    return from_column(pragma(db, "SELECT count(*) FROM members"));
}

bool write_checkpoint(Database& db, std::uint64_t seq) {
    View view;
    return read_members(db, view) && insert_checkpoint(db, seq, view);
}

bool forget_the_old(Database& db, std::uint64_t next, std::int64_t now,
                    const history::Retention& retention) {
    history::Extent extent;
    if (!read_extent(db, next, extent))
        return false;
    const std::uint64_t expired =
        now == 0 ? 0 : last_until(db, extent, now - retention.keep.count());
    const std::optional<std::uint64_t> last = history::cut(extent, expired, retention);
    if (!last)
        return true;
    View view;
    if (!read_view(db, *last, next - 1, view) || !insert_checkpoint(db, *last, view))
        return false;
    if (!hold(db, *last))
        return false;
    Statement changes(db.get(), "DELETE FROM changes WHERE seq <= ?1");
    Statement checkpoints(db.get(), "DELETE FROM checkpoints WHERE seq < ?1");
    return changes.bind(1, to_column(*last)).run() && checkpoints.bind(1, to_column(*last)).run();
}

bool read_extent(Database& db, std::uint64_t next, history::Extent& extent) {
    Statement row(db.get(), "SELECT coalesce((SELECT min(seq) FROM changes), ?1)");
    if (!row.bind(1, to_column(next)).step())
        return false;
    extent.oldest = from_column(row.number(0));
    extent.newest = next - 1;
    const std::int64_t pages =
        pragma(db, "PRAGMA page_count") - pragma(db, "PRAGMA freelist_count");
    extent.size = from_column(pages * pragma(db, "PRAGMA page_size"));
    return true;
}

bool read_changes(Database& db, const Wanted& wanted, std::vector<Change>& out) {
    const bool all = wanted.member.empty();
    std::string question = "SELECT " CHANGE_COLUMNS " FROM changes WHERE seq >= ?1";
    question += all ? "" : " AND subject = ?3";
    question += wanted.newest ? " ORDER BY seq DESC LIMIT ?2" : " ORDER BY seq LIMIT ?2";
    Statement row(db.get(), question.c_str());
    const std::size_t before = out.size();
    row.bind(1, to_column(wanted.from)).bind(2, to_column(wanted.limit));
    if (!all)
        row.bind(3, wanted.member);
    while (row.step()) {
        if (std::optional<Change> change = change_from(row))
            out.push_back(*std::move(change));
    }
    if (wanted.newest)
        std::reverse(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
    return !row.failed();
}

bool read_these(Database& db, const std::vector<std::uint64_t>& seqs, std::vector<Change>& out) {
    Statement row(db.get(), "SELECT " CHANGE_COLUMNS
                            " FROM changes WHERE seq = ?1"
                            " UNION ALL SELECT " CHANGE_COLUMNS " FROM held WHERE seq = ?1");
    for (const std::uint64_t seq : seqs) {
        if (row.bind(1, to_column(seq)).step()) {
            if (std::optional<Change> change = change_from(row))
                out.push_back(*std::move(change));
        }
        if (row.failed())
            return false;
        row.reset();
    }
    return true;
}

std::uint64_t last_until(Database& db, const history::Extent& kept, std::int64_t wall_ns) {
    Statement row(db.get(), "SELECT wall FROM changes WHERE seq >= ?1 ORDER BY seq LIMIT 1");
    std::uint64_t low = kept.oldest - 1;  // not after it
    std::uint64_t high = kept.newest + 1;
    while (low + 1 < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const bool is_there = row.bind(1, to_column(middle)).step();
        const bool is_after = !is_there || row.number(0) > wall_ns;
        row.reset();
        (is_after ? high : low) = middle;
    }
    return low;
}

bool read_view(Database& db, std::uint64_t seq, std::uint64_t newest, View& view) {
    if (seq == newest)
        return read_members(db, view);
    std::uint64_t at = 0;
    {
        Statement row(
            db.get(),
            "SELECT seq, view FROM checkpoints WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1");
        if (!row.bind(1, to_column(seq)).step())
            return false;
        std::optional<View> decoded = history::decode(row.bytes(1));
        if (!decoded)
            return false;
        at = from_column(row.number(0));
        view = *std::move(decoded);
    }
    Statement row(db.get(), "SELECT " CHANGE_COLUMNS
                            " FROM changes WHERE seq > ?1 AND seq <= ?2 ORDER BY seq");
    row.bind(1, to_column(at)).bind(2, to_column(seq));
    while (row.step()) {
        if (const std::optional<Change> change = change_from(row))
            history::apply(*change, view);
    }
    return !row.failed();
}

}  // namespace muster::journal
