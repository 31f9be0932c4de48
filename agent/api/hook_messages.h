// What clients ask about hooks, as values: agent/api/messages.h has the commands. Read by the
// server, written by the cli.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

struct DeadLettersRequest {
    Bytes hook = {};          // empty: of all
    std::uint64_t from = 0;   // the first change wanted
    std::uint64_t limit = 0;  // 0: as many as one reply has
};
// Dead letters of one hook: those of the numbers, or all.
struct ChangeLettersRequest {
    Bytes hook = {};
    std::vector<std::uint64_t> seqs = {};
    bool all = false;
};
struct HookTestRequest {
    Bytes hook = {};
};

inline constexpr std::uint64_t most_letters = 256;  // in one reply, but that of one change all are
inline constexpr std::size_t most_seqs = 1000;      // in one request

// Each: the error names the field.
Result<DeadLettersRequest> decode_dead_letters(const Value& body);
Result<ChangeLettersRequest> decode_change_letters(const Value& body, std::string_view command);
Result<HookTestRequest> decode_hook_test(const Value& body);

void encode_body(const DeadLettersRequest& request, std::string& out);
void encode_body(const ChangeLettersRequest& request, std::string& out);
void encode_body(const HookTestRequest& request, std::string& out);

}  // namespace muster::api
