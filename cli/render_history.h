// What has happened, as people and programs are shown it: as cli/render.h. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/api/history_reader.h"

namespace muster::cli {

// A line with its end.
std::string change_text(const api::ReadChange& change);
std::string change_json(const api::ReadChange& change);

// Why a member stands as it does: a sentence a line; and as one object.
std::string story_text(const api::ReadStory& story);
std::string story_json(const api::ReadStory& story);

// What is wrong, with its evidence and its remedy; and as one object.
std::string findings_text(const std::vector<api::Finding>& findings);
std::string findings_json(const std::vector<api::Finding>& findings);

// Changes that were asked for and are not kept any more.
std::string gap_text(std::uint64_t from, std::uint64_t to);
std::string gap_json(std::uint64_t from, std::uint64_t to);

}  // namespace muster::cli
