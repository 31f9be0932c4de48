// Which hook is to be run for what, now: order, concurrency, batches, retries, and when to give up.
// Pure: it knows deliveries by their numbers, and is told how each run ended.
//
// Invariants, of each hook:
//   - two deliveries with one subject never run at the same time, unless one call has both, and run
//     in the order of their numbers, also within a call; while one waits for another try, only
//     those with its subject wait
//   - at most Spec::concurrency run
//   - every delivery that was added ends in exactly one outcome that is final
//     (Done, or Dead), or still waits here
//   - what is decided here is only taken back by a crash: then it is run again
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/hooks/breaker.h"
#include "agent/hooks/spec.h"
#include "agent/journal/outbox.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::hooks {

// What Spec::only asks for.
struct Conditions {
    bool leads = false;         // this agent does
    bool leader_known = false;  // somebody does
    bool quorum = false;
    bool majority = false;  // at least half of the known members are alive

    bool operator==(const Conditions&) const = default;
};

// How a run ended.
struct RunEnd {
    bool ok = false;
    bool ran = true;  // false: it could not even be tried, which is not the hook's fault
    int status = 0;
    std::string why = {};  // for a person; empty if ok
    Bytes output = {};
};

struct HookStatus {
    std::string name;
    std::string on;
    std::size_t waiting = 0;  // with those that run
    std::size_t running = 0;
    std::uint64_t done = 0;     // since the start: runs that succeeded
    std::uint64_t failed = 0;   // runs that failed
    std::uint64_t dead = 0;     // deliveries set aside
    std::uint64_t skipped = 0;  // Spec::only said no, or a later event of the member replaced it
    std::uint64_t lost = 0;     // that its full queue did not take
    Breaker::State breaker = Breaker::State::Closed;
    Duration opens_in{};   // until the next try, of an open breaker
    Duration oldest{};     // how long the oldest delivery has been waiting here
    int last_status = 0;   // of the last run that failed
    std::string last_why;  // empty: none has failed
};

class Desk {
public:
    using RunId = std::uint64_t;
    struct Moment {
        TimePoint now;
        std::int64_t wall_ns = 0;  // since 1970
    };
    // Run this: with the changes of these numbers, all of one kind.
    struct Start {
        RunId run = 0;
        std::shared_ptr<const Spec> spec;
        history::Kind kind{};
        std::vector<std::uint64_t> seqs;  // never empty
        unsigned attempt = 1;
    };
    struct Turn {
        std::vector<Start> starts;
        std::vector<journal::Outcome> outcomes;  // for the journal
        std::vector<std::string> resync;         // hooks that are to be told what they lost
        std::vector<std::string> notes;          // for the log
    };

    // `seed`: of chance, for the jitter of retries.
    explicit Desk(std::uint64_t seed);
    ~Desk();

    // The hooks from now on. One that had the same name keeps what waits for it; what waits for
    // others is gone. Runs go on.
    void configure(const std::vector<Spec>& specs);

    // In the order of their numbers; of a hook that nobody knows, nothing. What it replaces goes to
    // `out`, as an outcome.
    void add(Moment moment, const journal::Delivery& delivery, Turn& out);
    // A hook's full queue has lost some since it was last told.
    void overflowed(const std::string& name, std::uint64_t lost);
    // A person wants it gone.
    void drop(const std::string& name, std::uint64_t seq);

    [[nodiscard]] Turn turn(Moment moment, const Conditions& conditions);
    [[nodiscard]] Turn ended(Moment moment, RunId run, const RunEnd& end);
    TimePoint next_deadline(TimePoint now) const;
    bool is_busy() const;   // something runs, or could run now
    bool has_work() const;  // anything waits, or a hook is to be told what it lost

    std::vector<HookStatus> status(TimePoint now) const;
    bool knows(const std::string& hook) const;

private:
    struct Desked;  // one hook
    Desked* find(const std::string& hook) const;
    static void skip(Desked& hook, const std::vector<std::uint64_t>& seqs, Moment moment,
                     Turn& out);
    void failed(Moment moment, Desked& hook, std::uint64_t id, const RunEnd& end, Turn& out);
    void turn_one(Moment moment, const Conditions& conditions, Desked& hook, Turn& out);

    std::vector<std::unique_ptr<Desked>> hooks_;
    struct Running {
        std::string hook;
        std::uint64_t group;
    };
    std::map<RunId, Running> running_;
    RunId last_run_ = 0;
    Random random_;
};

// How long a delivery waits after its `attempts`-th failed try: 1 s, 4 s, 16 s, 64 s, 256 s, then
// 300 s, each give or take a quarter.
Duration retry_delay(unsigned attempts, Random& random);

}  // namespace muster::hooks
