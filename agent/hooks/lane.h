// What waits for one hook, and in which order it may run: part of the desk (agent/hooks/desk.h).
// Pure.
//
// A group is what one run is given: one delivery, or several that are batched. It may run once it
// is the first that waits for each of its subjects.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/hooks/batch.h"
#include "agent/hooks/breaker.h"
#include "agent/hooks/spec.h"
#include "agent/journal/outbox.h"
#include "swim/time.h"

namespace muster::hooks {

class Lane {
public:
    using GroupId = std::uint64_t;  // the number of its first delivery
    struct Group {
        std::vector<std::uint64_t> seqs = {};
        history::Kind kind{};
        std::vector<Bytes> subjects = {};
        unsigned attempts = 0;  // that have failed
        TimePoint added{};
        TimePoint due{};
        bool running = false;
    };

    explicit Lane(const Spec& spec) : spec_(std::make_shared<Spec>(spec)) {}

    const Spec& spec() const { return *spec_; }
    std::shared_ptr<const Spec> shared_spec() const { return spec_; }
    void set_spec(const Spec& spec) { spec_ = std::make_shared<Spec>(spec); }

    // `delay`: until its next try. What it replaces (Spec::debounce) goes to `replaced`.
    void add(TimePoint now, const journal::Delivery& delivery, Duration delay,
             std::vector<std::uint64_t>& replaced);
    // Gathered long enough: they become groups. What is left out goes to `left_out`.
    void gather(TimePoint now, std::vector<std::uint64_t>& left_out);

    // Those whose time has come may run from now on.
    void call_due(TimePoint now);
    // The group with the lowest number that may run, `after` the given one if there is such a one.
    // It is not taken: begin() does that.
    std::optional<GroupId> next(GroupId after = 0) const;
    const Group& group(GroupId id) const { return groups_.at(id); }
    void begin(GroupId id);
    // It is not to be run (again): whoever waits for its subjects is next.
    void finish(GroupId id);
    // It failed, or was not to begin yet: again at `due`.
    void postpone(GroupId id, TimePoint due, unsigned attempts);
    // The delivery is not wanted any more. One that runs goes on. Whether it was there.
    bool drop(std::uint64_t seq);

    // When a group becomes due, or a batch is full; nothing of those that were called and wait for
    // something else.
    TimePoint next_deadline() const;
    std::size_t waiting() const { return deliveries_; }  // with those that run
    std::size_t running() const { return running_; }
    std::optional<TimePoint> oldest() const;

private:
    void enqueue(Group group);
    void look_at_fronts(const std::vector<Bytes>& subjects);
    bool is_first(const Group& group, GroupId id) const;
    TimePoint gathers_until() const;

    std::shared_ptr<const Spec> spec_;
    std::map<GroupId, Group> groups_;
    std::map<Bytes, std::deque<GroupId>> lines_;         // by subject, in their order
    std::set<std::pair<TimePoint, GroupId>> startable_;  // first for all their subjects
    std::vector<Gathered> gathered_;
    TimePoint gathered_first_{};
    TimePoint gathered_last_{};
    std::map<Bytes, history::Kind> told_;  // in Serf's form: of each member
    std::size_t deliveries_ = 0;
    std::size_t running_ = 0;
};

// Serf's agent: docs/protocol/serf.md section 7.4.
inline constexpr Duration serf_coalesce_period = std::chrono::seconds(3);
inline constexpr Duration serf_quiescent_period = std::chrono::seconds(1);

}  // namespace muster::hooks
