// The mark of muster: the reserved tag `muster` of every musterd, by which the others tell it from
// an agent of Serf.
//
//     1                   a musterd
//     1v... c... n... p.. one that stands for election (agent/election/view.h), without spaces
//     ...d                one that is drained: `d` at its end
//
// Pure.
#pragma once

#include "agent/cluster/tags.h"
#include "swim/bytes.h"

namespace muster::cluster {

inline constexpr BytesView mark_tag = "muster";
// What an agent that does not stand for election is marked with.
inline constexpr BytesView plain_mark = "1";

// The value of the tag. `mark`: plain_mark, or election::encode().
Bytes mark_text(BytesView mark, bool drained);

// The metadata of an agent with these tags and this mark. The error of encode_tags(), which leaves
// room for the drain: whoever fits can be drained.
Result<Bytes> encode_own(const Tags& tags, BytesView mark, bool drained);

// Whether a member with these tags is a musterd. Of a version that we do not know, too.
bool is_marked(const Tags& tags);
// Whether it says that it is drained (`muster drain`). An agent of Serf never does.
bool is_drained(const Tags& tags);

}  // namespace muster::cluster
