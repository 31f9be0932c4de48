// The members as the history knows them: what a change leads to, what two views differ in, and a
// view as bytes, which is a checkpoint. Values and rules; nothing is kept here. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/history/change.h"

namespace muster::history {

struct Entry {
    Standing standing = Standing::Alive;  // never None
    Endpoint endpoint;
    Bytes tags;  // encoded
    swim::Versions versions;
    std::uint32_t incarnation = 0;
    std::int64_t since_ns = 0;  // since 1970: when it came to stand so

    bool operator==(const Entry&) const = default;
};

using View = std::map<Bytes, Entry, std::less<>>;

// The member after `change`, which is of one; none: it is forgotten. `before` may be null.
// REQUIRES: is_of_member(change.kind)
std::optional<Entry> after(const Entry* before, const Change& change);

// Whether the change says anything that the history does not know. A member that comes back to an
// agent which was restarted, and is as it was before, does not.
bool is_news(const Entry* before, const Change& change);

// Puts what the view knows into a change: how the member was, and its tags if they were others.
void complete(const Entry* before, Change& change);

// REQUIRES: `change` is complete.
void apply(const Change& change, View& view);

// What leads from one view to the other, in the order of names, without times.
std::vector<Change> differences(const View& before, const View& now, std::string_view cause);

// As bytes, and back; none if they are not a view. Versioned.
Bytes encode(const View& view);
std::optional<View> decode(BytesView bytes);

// A list of names as bytes, and back; what cannot be read is left out.
Bytes encode_names(const std::vector<Bytes>& names);
std::vector<Bytes> decode_names(BytesView bytes);

}  // namespace muster::history
