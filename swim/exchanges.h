// Push/pull: two members exchange everything that they know, on a stream
// (docs/protocol/memberlist.md sections 4.3, 4.5, 9.4).
//
// Periodically with a random member; as a join with an address that somebody gave; and when the
// layer above asks. Versions are checked over both tables before anything is merged.
#pragma once

#include <cstdint>
#include <map>

#include "swim/config.h"
#include "swim/local_state.h"
#include "swim/membership.h"
#include "swim/output.h"
#include "swim/prober.h"
#include "swim/random.h"

namespace muster::swim {

class Exchanges {
public:
    Exchanges(const Config& config, MemberTable& table, Membership& membership,
              const LocalState& local, Random& random, Counters& counters);

    void start(TimePoint now);

    // Opens an exchange. Its end is an ExchangeResult with this id.
    StreamId open(TimePoint now, const Endpoint& peer, bool join, Output& out);
    // A peer's request: answered with our state as it was before, then merged.
    void request(TimePoint now, StreamId id, const Endpoint& from, const PushPull& remote,
                 Output& out);
    // The answer to ours, or its end without one. False if the stream is not ours.
    bool answer(TimePoint now, StreamId id, const PushPull& remote, Output& out);
    bool failed(TimePoint now, StreamId id, const std::string& error, Output& out);

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const { return next_tick_; }

private:
    struct Exchange {
        Endpoint peer;
        bool join = false;
        bool periodic = false;
    };

    void encode_state(bool join, Bytes& out) const;
    // An error if the tables do not fit together; then nothing was merged.
    std::string merge(TimePoint now, StreamId id, const PushPull& remote, const Endpoint& peer,
                      bool ours, Output& out);
    BytesView name_at(const Endpoint& peer) const;
    void schedule(TimePoint now);

    const Config& config_;
    MemberTable& table_;
    Membership& membership_;
    const LocalState& local_;
    Random& random_;
    Counters& counters_;
    TimePoint next_tick_ = never;
    std::map<StreamId, Exchange> running_;
    std::vector<Member*> chosen_;
};

}  // namespace muster::swim
