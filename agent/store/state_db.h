// state.db: what an agent remembers (agent/memory.h), in SQLite. One file, one connection, one
// thread at a time.
//
//     self         one row: name, address, incarnation, whether we left, the clocks, coordinate
//     live_tags    key, value
//     members      one row each, with its last state
//
// The schema's version is PRAGMA user_version; an older one is migrated in one transaction, a newer
// one is refused with nothing changed. A file that is no database, or damaged, is set aside under
// another name, loudly: never a crash loop. A disk that is full, or may not be written, costs the
// memory and nothing else.
//
// Commits are not synced one by one (write-ahead log, synchronous=NORMAL): a killed process loses
// none, a host without power the last ones. What must survive that is not kept here. SQLite stays
// in the source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/memory.h"
#include "swim/result.h"

namespace muster::store {

inline constexpr int state_version = 2;

class StateDb {
public:
    struct Opened;

    // Opens `path`, or makes it, and reads what is in it; times become TimePoints by `wall_offset`
    // (wall time in ns = TimePoint + offset). The error is of a file that a newer musterd has
    // written.
    static Result<Opened> open(const std::string& path, std::int64_t wall_offset);
    ~StateDb();

    // Applies it in one transaction, after opening the file if that had failed. Of an error nothing
    // was applied; once one has happened, only a whole change makes the file complete again.
    std::optional<Error> save(const MemoryChange& change);

    const std::string& path() const { return path_; }

private:
    struct Connection;

    explicit StateDb(std::string path);

    const std::string path_;
    std::unique_ptr<Connection> connection_;  // null: not open, save() tries again
};

struct StateDb::Opened {
    std::unique_ptr<StateDb> db;
    Memory memory;                   // empty: nothing is remembered
    std::vector<std::string> notes;  // what was set aside, or could not be read, and why
    std::optional<Error> failure;    // it cannot be written now
};

}  // namespace muster::store
