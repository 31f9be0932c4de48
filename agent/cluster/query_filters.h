// Whom a query is for (docs/protocol/serf.md section 8.3): its filters, written by who asks and
// judged by who hears. Pure.
#pragma once

#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/tags.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cluster {

// Each costs a compilation: a query with more is for nobody.
inline constexpr std::size_t max_tag_filters = 16;

// At most one node filter, first, then one for each tag. The error names the expression that nobody
// could match, and says why; or says that there are too many.
Result<std::vector<Bytes>> encode_filters(const QueryRequest& wanted);

// Whether all filters match a member of this name with these tags. A filter that does not decode,
// is of an unknown kind, or has an invalid expression does not. An absent tag counts as empty.
bool filters_match(const std::vector<BytesView>& filters, BytesView name, const Tags& tags);

}  // namespace muster::cluster
