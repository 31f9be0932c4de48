// The words for what the network refused: what happened, to what, and what to do. Pure.
#pragma once

#include <string>
#include <system_error>

#include "swim/endpoint.h"

namespace muster::net {

// Why a listening address cannot be had.
std::string explain_bind(const Endpoint& address, const std::error_code& error);

// Why a stream to another agent came to nothing. Without the address: whoever reports it has it.
std::string explain_dial(const std::error_code& error);

}  // namespace muster::net
