// Replies as people and programs are shown them: text that may change, JSON that is a contract
// (docs/interface). Pure. Names, tags and log lines are peers' bytes: text shows what could drive a
// terminal as \xNN, JSON replaces what is not UTF-8 and has the true bytes beside it, under the key
// with `_base64` after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/reply_reader.h"

namespace muster::cli {

// After the key of what JSON can only show in part: there are its true bytes.
inline constexpr std::string_view true_bytes = "_base64";

// Sorted by name.
std::string members_text(const api::ReadMembers& reply, bool detailed);
// One line. What a serf agent does not know is null.
std::string members_json(const api::ReadMembers& reply);

std::string joined_text(const api::ReadJoined& reply);
std::string joined_json(const api::ReadJoined& reply);

std::string info_text(const api::ReadStats& reply);
std::string info_json(const api::ReadStats& reply);

// A line with its end.
std::string log_text(const api::ReadLog& record);
std::string log_json(const api::ReadLog& record);

// {"left":true}
std::string left_json();
std::string version_text();
std::string version_json();

}  // namespace muster::cli
