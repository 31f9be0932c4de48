// A seed as a person writes it: HOST, HOST:PORT, ADDRESS, [IPV6]:PORT, or any of these behind
// NAME/, which is Serf's form for a known member. The name is not used yet. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "swim/endpoint.h"
#include "swim/result.h"

namespace muster::net {

struct Seed {
    std::string text;  // as it was written
    std::string host;  // to be looked up; empty when `literal` says it all
    std::uint16_t port = 0;
    std::optional<Endpoint> literal;
};

// The error names the text and what is expected.
Result<Seed> parse_seed(std::string_view text, std::uint16_t default_port);

}  // namespace muster::net
