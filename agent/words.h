// What happened to a member, in words: one line for the log, with the reason. Pure.
//
// Names are bytes that a peer has chosen. Here they are put between quotes when they could be
// mistaken for the words around them; that no control character survives is the log's care.
#pragma once

#include <string>

#include "agent/effects.h"

namespace muster {

// "member n2 failed: no answer to probes from n1, confirmed by n3". `self` is our own name.
std::string describe(const MemberEvent& event, BytesView self);

// What to do about two hosts with one name.
std::string describe(const NameConflict& conflict, BytesView self);

// `name` as it stands in a sentence.
std::string in_words(BytesView name);

}  // namespace muster
