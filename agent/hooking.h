// Runs hooks: the agent's hand in agent/hooks/. The journal says what is to be delivered, the desk
// decides what is run now, children are started here, and what became of them goes back into the
// journal. Queries are answered on the way, without it.
//
// Nothing here waits: a hook that hangs, floods or forks holds a place of its own and nothing else.
// Lives on the agent's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/hook_questions.h"
#include "agent/effects.h"
#include "agent/history/view.h"
#include "agent/hooks/contract.h"
#include "agent/hooks/desk.h"
#include "agent/hooks/filter.h"
#include "agent/hooks/runs.h"
#include "agent/hooks/spec.h"
#include "agent/journal/outbox.h"
#include "agent/net/clock.h"
#include "swim/result.h"

namespace muster {

class Journaling;

class Hooking {
public:
    // What it asks of the agent, and tells it.
    struct Surroundings {
        std::function<hooks::Caller()> caller;
        std::function<hooks::Conditions()> conditions;
        std::function<history::View()> members;
        std::function<std::optional<Error>(cluster::QueryHandle, const Bytes&)> respond;
        std::function<void(Notice::Level level, const std::string& text)> say;
        std::function<void()> changed;  // next_deadline() may have
    };
    Hooking(net::Clock& clock, Journaling& journaling, Surroundings surroundings,
            std::uint64_t seed);
    ~Hooking();

    // The error is for a person: the agent cannot start. Once, with the journal open.
    std::optional<Error> open(const std::vector<hooks::Spec>& specs);
    // Other hooks from now on. Nothing is run again for it; what waits for a name that is gone is
    // gone. The error is of an expression, and changes nothing.
    std::optional<Error> configure(const std::vector<hooks::Spec>& specs);
    // What configure() would change, a phrase each for a person.
    std::vector<std::string> changes(const std::vector<hooks::Spec>& specs) const;
    // For the loop: when it is readable, serve().
    int descriptor() const { return runs_.descriptor(); }
    void serve();
    void turn(TimePoint now);
    TimePoint next_deadline() const;
    // Something runs, or is about to.
    bool is_busy() const;
    // At the end. What runs is ended, and runs again at the next start.
    void finish();

    // A query that hooks may answer.
    void hear(const cluster::HeardQuery& query);

    // ---- for people ----
    std::vector<hooks::HookStatus> status() const;
    const std::vector<hooks::Spec>& specs() const { return specs_; }
    // Runs it once, now, with an event that is made up, whatever its filters and limits say.
    void test(const std::string& name,
              const std::function<void(const Result<api::HookTest>&)>& done);
    // Of a delivery that is set aside: it is tried again, or forgotten. Of one that waits: it is
    // forgotten.
    void replay(const std::string& hook, std::uint64_t seq);
    void drop(const std::string& hook, std::uint64_t seq);

private:
    struct Hook {
        std::shared_ptr<const hooks::Spec> spec;
        hooks::Filter filter;
        std::size_t answering = 0;  // queries that run
    };
    void load();
    void loaded(const std::vector<journal::Delivery>& waiting);
    void put(const journal::Put& what);
    void take(hooks::Desk::Turn turn);
    void begin(const hooks::Desk::Start& start);
    void call(const hooks::Desk::Start& start, std::vector<history::Change> changes);
    void ended(hooks::Desk::RunId run, const hooks::RunEnd& end);
    std::optional<Error> run(const hooks::Spec& spec, hooks::Given given, Duration timeout,
                             hooks::Runs::Done done);
    hooks::Desk::Moment moment() const;

    net::Clock& clock_;
    Journaling& journaling_;
    const Surroundings surroundings_;
    hooks::Desk desk_;
    hooks::Runs runs_;
    std::vector<hooks::Spec> specs_;
    std::map<std::string, Hook> hooks_;
    enum class Loading : std::uint8_t { Wanted, Asked, Done } loading_ = Loading::Wanted;
    std::vector<journal::Delivery> early_;  // put while what waits was being asked for
    std::string journal_id_;
    bool finished_ = false;
};

}  // namespace muster
