// The answers that this agent owes to `muster ring status` of others: each waits a random time, so
// that those of a thousand agents do not meet (docs/ring.md, "The question between agents"). Pure;
// part of the node.
#pragma once

#include <cstddef>
#include <vector>

#include "agent/cluster/application.h"
#include "swim/bytes.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster {

class RingAnswers {
public:
    explicit RingAnswers(Random random) : random_(random) {}

    // A query has been heard. `members` that are expected to answer it. Beyond `most` that wait, it
    // is left unanswered: a flood of questions costs nothing more.
    void add(TimePoint now, const cluster::HeardQuery& query, std::size_t members);

    struct Due {
        TimePoint at;
        cluster::QueryHandle handle = 0;
        Bytes payload;  // the query's
    };
    // Those whose time has come, in the order in which it came.
    std::vector<Due> take(TimePoint now);
    TimePoint next_deadline() const;

    static constexpr std::size_t most = 64;

private:
    Random random_;
    std::vector<Due> waiting_;
};

}  // namespace muster
