// The schema of journal.db: how an older file becomes one of now. docs/state.md has the tables. For
// agent/journal's sources; a step, once released, is never edited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/store/sqlite.h"

namespace muster::journal {

// Brings a schema of `version` (0: an empty file) to journal_version, in one transaction: after a
// crash it is the one or the other.
std::optional<store::DbFault> migrate(store::Database& db, std::int64_t version);

// 128 bits of the operating system's chance, in hex: no two journals have the same.
std::string new_journal_id();

}  // namespace muster::journal
