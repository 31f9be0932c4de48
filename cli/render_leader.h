// What is said about the leader and its voters: as cli/render.h. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/api/reply_reader_leader.h"

namespace muster::cli {

std::string leader_text(const api::ReadLeader& reply);
std::string leader_json(const api::ReadLeader& reply);

std::string voters_text(const api::ReadLeader& reply);
std::string voters_json(const api::ReadLeader& reply);

// Of a leadership that was given up: {"term":7}
std::string given_up_json(const api::ReadLed& reply);
std::string token_text(std::uint64_t token, const api::ReadLed& reply);
std::string token_json(const api::ReadLed& reply);
std::string reset_text(const api::ReadLed& reply);
std::string reset_json(const api::ReadLed& reply);

}  // namespace muster::cli
