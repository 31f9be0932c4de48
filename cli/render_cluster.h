// What is said about tags, events, queries, keys and round-trip times: as cli/render.h. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/api/reply_reader.h"
#include "cli/rotation.h"
#include "swim/time.h"

namespace muster::cli {

std::string tags_text(const api::ReadTags& reply);
std::string tags_json(const api::ReadTags& reply);

std::string event_text(const Bytes& name, const api::ReadLtime& reply);
std::string event_json(const api::ReadLtime& reply);

// A line or more for each answer. Of the end, what the agent has not counted comes from `heard`.
struct HeardAnswers {
    std::uint64_t acks = 0;
    std::uint64_t responses = 0;
};
std::string answer_text(const api::ReadAnswer& answer, const HeardAnswers& heard, bool wants_acks);
std::string answer_json(const api::ReadAnswer& answer, const HeardAnswers& heard);

// The keys themselves are shown: whoever may ask for them may see them.
std::string keys_text(const api::ReadKeys& reply);
std::string keys_json(const api::ReadKeys& reply);

// A row a member, without any key.
std::string key_status_text(std::span<const Holding> holdings);
std::string key_status_json(std::span<const Holding> holdings);
// Whether all that count encrypt with one key; none: an agent of Serf does not tell.
std::optional<bool> keys_agree(std::span<const Holding> holdings);

std::string rtt_text(const Bytes& a, const Bytes& b, Duration rtt);
std::string rtt_json(const Bytes& a, const Bytes& b, Duration rtt);

struct Reachability {
    std::size_t total = 0;
    std::vector<Bytes> live;
    std::vector<Bytes> acks;

    std::vector<Bytes> missing() const;     // live, and without an ack
    std::vector<Bytes> unexpected() const;  // acks of those that are not live
};
std::string reachability_text(const Reachability& found);
std::string reachability_json(const Reachability& found);

// Names as a list for a person: "n1, n2".
std::string name_list(std::span<const Bytes> names);

}  // namespace muster::cli
