// What is said about hooks and the configuration: as cli/render.h. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/api/hook_reader.h"

namespace muster::cli {

// What each is for; and how each fares. The same line of JSON a hook for both.
std::string hooks_text(const std::vector<api::ReadHook>& hooks);
std::string hooks_status_text(const std::vector<api::ReadHook>& hooks);
std::string hooks_json(const std::vector<api::ReadHook>& hooks);

// The text has the last line of each one's output; the JSON, a line a letter, all that is kept.
std::string letters_text(const std::vector<api::ReadLetter>& letters);
std::string letters_json(const std::vector<api::ReadLetter>& letters);

// Dropped, or to be run again.
std::string changed_letters_text(const Bytes& hook, bool drops,
                                 const api::ReadChangedLetters& changed);
std::string changed_letters_json(const Bytes& hook, bool drops,
                                 const api::ReadChangedLetters& changed);

// What the hook wrote, safe for a terminal. Whether and why it failed is not in the text.
std::string hook_test_text(const api::ReadHookTest& test);
std::string hook_test_json(const Bytes& hook, const api::ReadHookTest& test);

std::string reloaded_text(const api::ReadReloaded& reloaded);
std::string reloaded_json(const api::ReadReloaded& reloaded);

}  // namespace muster::cli
