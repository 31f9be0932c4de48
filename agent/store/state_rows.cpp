#include "agent/store/state_rows.h"

#include <array>
#include <limits>

#include "agent/cluster/coordinate.h"
#include "agent/cluster/status.h"
#include "agent/store/state_db.h"

namespace muster::store {

namespace {

using cluster::Remembered;
using cluster::Status;

// Beyond what an agent keeps: only a file that is not ours has more.
constexpr std::int64_t max_members = 200000;
constexpr std::size_t max_name = 65536;
constexpr std::size_t max_meta = 512;

// Names and tags are bytes, so they are BLOBs: read them with CAST(name AS TEXT).
constexpr char schema_1[] =
    "CREATE TABLE self ("
    " id INTEGER PRIMARY KEY CHECK (id = 1),"
    " name BLOB NOT NULL, ip BLOB NOT NULL, port INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " has_left INTEGER NOT NULL,"
    " member_time INTEGER NOT NULL, event_time INTEGER NOT NULL, query_time INTEGER NOT NULL,"
    " coordinate BLOB NOT NULL);"
    "CREATE TABLE live_tags (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE members ("
    " name BLOB PRIMARY KEY, ip BLOB NOT NULL, port INTEGER NOT NULL, meta BLOB NOT NULL,"
    " versions BLOB NOT NULL, status BLOB NOT NULL, status_time INTEGER NOT NULL,"
    " incarnation INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";
// Whether the agent is drained, and until when: null, a wall time, or the end of time.
constexpr char schema_2[] =
    "ALTER TABLE self ADD COLUMN drained_until INTEGER;"
    "PRAGMA user_version = 2;";
constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();

// SQLite's integers are signed: the same 64 bits.
std::int64_t to_column(std::uint64_t time) {
    return static_cast<std::int64_t>(time);
}

cluster::LamportTime time_of(std::int64_t column) {
    return static_cast<cluster::LamportTime>(column);
}

std::optional<Endpoint> endpoint_of(BytesView ip, std::int64_t port) {
    if (port < 0 || port > std::numeric_limits<std::uint16_t>::max())
        return std::nullopt;
    return Endpoint::from_bytes(ip, static_cast<std::uint16_t>(port));
}

std::optional<std::uint32_t> incarnation_of(std::int64_t column) {
    if (column < 0 || column > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(column);
}

Status status_of(BytesView text) {
    for (const Status status : {Status::Alive, Status::Leaving, Status::Left, Status::Failed}) {
        if (text == cluster::to_string(status))
            return status;
    }
    return Status::None;
}

bool read_self(Database& db, std::int64_t wall_offset, Memory& memory) {
    Statement row(db.get(),
                  "SELECT name, ip, port, incarnation, has_left, member_time, event_time,"
                  " query_time, coordinate, drained_until IS NOT NULL, drained_until"
                  " FROM self WHERE id = 1");
    if (!row.step())
        return !row.failed();
    const auto endpoint = endpoint_of(row.bytes(1), row.number(2));
    const auto incarnation = incarnation_of(row.number(3));
    const BytesView name = row.bytes(0);
    if (endpoint && incarnation && !name.empty() && name.size() <= max_name) {
        memory.name = name;
        memory.advertise = *endpoint;
        memory.incarnation = *incarnation;
        memory.left = row.number(4) != 0;
        memory.clocks = {time_of(row.number(5)), time_of(row.number(6)), time_of(row.number(7))};
        memory.coordinate = cluster::decode_ack_payload(row.bytes(8));
        std::int64_t until = 0;
        if (row.number(9) != 0 && row.number(10) == end_of_time)
            memory.drained_until = never;
        else if (row.number(9) != 0 && !__builtin_sub_overflow(row.number(10), wall_offset, &until))
            memory.drained_until = TimePoint(Duration(until));
    }
    return true;
}

bool read_live_tags(Database& db, Memory& memory) {
    Statement row(db.get(), "SELECT key, value FROM live_tags");
    while (row.step() && memory.live_tags.size() < max_meta)
        memory.live_tags.emplace(row.bytes(0), row.bytes(1));
    return !row.failed();
}

bool read_members(Database& db, std::int64_t wall_offset, Memory& memory) {
    Statement row(db.get(),
                  "SELECT name, ip, port, meta, versions, status, status_time, incarnation, since"
                  " FROM members LIMIT ?1");
    row.bind(1, max_members);
    while (row.step()) {
        const auto endpoint = endpoint_of(row.bytes(1), row.number(2));
        const auto incarnation = incarnation_of(row.number(7));
        const Status status = status_of(row.bytes(5));
        const BytesView name = row.bytes(0);
        const BytesView meta = row.bytes(3);
        if (!endpoint || !incarnation || status == Status::None || name.empty() ||
            name.size() > max_name || meta.size() > max_meta)
            continue;
        Remembered member;
        member.name = name;
        member.endpoint = *endpoint;
        member.meta = meta;
        member.versions = swim::Versions::from_bytes(row.bytes(4));
        member.status = status;
        member.status_ltime = time_of(row.number(6));
        member.incarnation = *incarnation;
        std::int64_t since = 0;
        if (!__builtin_sub_overflow(row.number(8), wall_offset, &since))
            member.since = TimePoint(Duration(since));
        memory.members.push_back(std::move(member));
    }
    return !row.failed();
}

bool write_self(Database& db, const MemoryChange& change) {
    const Memory& memory = change.now;
    Bytes coordinate;
    if (memory.coordinate)
        cluster::encode_ack_payload(*memory.coordinate, coordinate);
    Statement row(db.get(),
                  "INSERT OR REPLACE INTO self (id, name, ip, port, incarnation, has_left,"
                  " member_time, event_time, query_time, coordinate, drained_until)"
                  " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    row.bind(1, memory.name).bind(2, memory.advertise.ip()).bind(3, memory.advertise.port());
    row.bind(4, memory.incarnation).bind(5, memory.left ? 1 : 0);
    row.bind(6, to_column(memory.clocks.member)).bind(7, to_column(memory.clocks.event));
    row.bind(8, to_column(memory.clocks.query)).bind(9, coordinate);
    std::int64_t until = end_of_time;
    if (memory.drained_until && *memory.drained_until != never &&
        !__builtin_add_overflow(memory.drained_until->time_since_epoch().count(),
                                change.wall_offset, &until))
        row.bind(10, until);
    else if (memory.drained_until)
        row.bind(10, end_of_time);
    return row.run();
}

bool write_live_tags(Database& db, const cluster::Tags& tags) {
    if (!db.run("DELETE FROM live_tags"))
        return false;
    Statement row(db.get(), "INSERT INTO live_tags (key, value) VALUES (?1, ?2)");
    for (const auto& [key, value] : tags) {
        if (!row.bind(1, key).bind(2, value).run())
            return false;
    }
    return true;
}

bool write_members(Database& db, const MemoryChange& change) {
    if (change.whole && !db.run("DELETE FROM members"))
        return false;
    Statement remove(db.get(), "DELETE FROM members WHERE name = ?1");
    for (const Bytes& name : change.forgotten) {
        if (!remove.bind(1, name).run())
            return false;
    }
    Statement row(db.get(),
                  "INSERT OR REPLACE INTO members (name, ip, port, meta, versions, status,"
                  " status_time, incarnation, since)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    for (const Remembered& member : change.now.members) {
        const std::array<char, 6> versions = member.versions.to_bytes();
        row.bind(1, member.name).bind(2, member.endpoint.ip()).bind(3, member.endpoint.port());
        row.bind(4, member.meta).bind(5, BytesView(versions.data(), versions.size()));
        row.bind(6, BytesView(cluster::to_string(member.status)));
        row.bind(7, to_column(member.status_ltime)).bind(8, member.incarnation);
        std::int64_t since = 0;
        if (__builtin_add_overflow(member.since.time_since_epoch().count(), change.wall_offset,
                                   &since))
            since = 0;
        row.bind(9, since);
        if (!row.run())
            return false;
    }
    return true;
}

}  // namespace

std::optional<DbFault> migrate(Database& db, int version) {
    if (version == state_version)
        return std::nullopt;
    Transaction transaction(db);
    if (!transaction || (version < 1 && !db.run(schema_1)) || !db.run(schema_2))
        return db.fault();
    if (!transaction.commit())
        return db.fault();
    return std::nullopt;
}

std::optional<DbFault> read_memory(Database& db, std::int64_t wall_offset, Memory& memory) {
    if (read_self(db, wall_offset, memory) && read_live_tags(db, memory) &&
        read_members(db, wall_offset, memory))
        return std::nullopt;
    return db.fault();
}

std::optional<DbFault> write_memory(Database& db, const MemoryChange& change) {
    Transaction transaction(db);
    if (transaction && write_self(db, change) && write_live_tags(db, change.now.live_tags) &&
        write_members(db, change) && transaction.commit())
        return std::nullopt;
    return db.fault();
}

}  // namespace muster::store
