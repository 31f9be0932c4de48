// What clients ask about the leader, as values: bodies of the `leader-` and `voters-` commands
// (docs/election.md, "The API"). Decoding is for the server, encoding for the cli. No socket here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::api {

struct HoldRequest {
    Bytes name = {};        // what for: held by one client at a time, once a term
    bool wants = false;     // it waits to lead
    bool unfenced = false;  // also where nothing is promised
};
struct ReleaseRequest {
    Bytes name = {};
    bool resign = false;
    Duration hold_off{};  // of this agent, before it stands again; at most a day
};
struct ResignRequest {
    Duration hold_off{};  // at most a day
};
struct TransferRequest {
    Bytes node = {};
};
struct CheckTokenRequest {
    std::uint64_t term = 0;
};
struct OnceRequest {
    Bytes key = {};
    std::uint64_t expiry = 0;  // seconds since 1970
};
struct ChangeVotersRequest {
    Bytes action = {};  // "add", "remove", "replace", "target"
    Bytes node = {};
    Bytes old = {};            // replace: who goes
    std::uint64_t target = 0;  // target: how many
};
struct RecoverRequest {
    std::vector<Bytes> nodes = {};
};
struct ResetRequest {
    bool force = false;
};

// Each: the error names the field.
Result<HoldRequest> decode_hold(const Value& body);
Result<ReleaseRequest> decode_release(const Value& body);
Result<ResignRequest> decode_resign(const Value& body);
Result<TransferRequest> decode_transfer(const Value& body);
Result<CheckTokenRequest> decode_check_token(const Value& body);
Result<OnceRequest> decode_once(const Value& body);
Result<ChangeVotersRequest> decode_change_voters(const Value& body);
Result<RecoverRequest> decode_recover(const Value& body);
Result<ResetRequest> decode_reset(const Value& body);

// Each appends a whole body in msgpack.
void encode_body(const HoldRequest& request, std::string& out);
void encode_body(const ReleaseRequest& request, std::string& out);
void encode_body(const ResignRequest& request, std::string& out);
void encode_body(const TransferRequest& request, std::string& out);
void encode_body(const CheckTokenRequest& request, std::string& out);
void encode_body(const OnceRequest& request, std::string& out);
void encode_body(const ChangeVotersRequest& request, std::string& out);
void encode_body(const RecoverRequest& request, std::string& out);
void encode_body(const ResetRequest& request, std::string& out);

}  // namespace muster::api
