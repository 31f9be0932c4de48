// The rows of state.db: its schema, and a Memory to and from it. For agent/store/state_db.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/memory.h"
#include "agent/store/sqlite.h"

namespace muster::store {

// Brings a schema of `version` (0: an empty file) to state_version, in one transaction.
std::optional<DbFault> migrate(Database& db, int version);

// Rows that make no sense are passed over: nothing in the file is trusted to be ours.
std::optional<DbFault> read_memory(Database& db, std::int64_t wall_offset, Memory& memory);

// In one transaction.
std::optional<DbFault> write_memory(Database& db, const MemoryChange& change);

}  // namespace muster::store
