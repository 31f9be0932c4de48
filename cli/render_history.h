// What has happened, as people and programs are shown it: as cli/render.h. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/api/history_reader.h"

namespace muster::cli {

// A line with its end.
std::string change_text(const api::ReadChange& change);
std::string change_json(const api::ReadChange& change);

// Changes that were asked for and are not kept any more.
std::string gap_text(std::uint64_t from, std::uint64_t to);
std::string gap_json(std::uint64_t from, std::uint64_t to);

}  // namespace muster::cli
