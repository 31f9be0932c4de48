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

// SQLite's integers are signed: the same 64 bits.
constexpr std::int64_t to_column(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}
constexpr std::uint64_t from_column(std::int64_t column) {
    return static_cast<std::uint64_t>(column);
}

// 128 bits of the operating system's chance, in hex: no two journals have the same.
std::string new_journal_id();

}  // namespace muster::journal
