// What the local API asks of the daemon about its hooks (docs/hooks.md), and its configuration.
// Part of Backend. Everything happens on the one loop thread; completions are called exactly once,
// later or during the call.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/hooks/desk.h"
#include "agent/hooks/spec.h"
#include "agent/journal/outbox.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

// How a hook that was run for a test ended.
struct HookTest {
    int status = 0;
    std::string why;  // empty: it succeeded
    Bytes output;     // the end of it
};

// What reading the configuration again has led to, a phrase each for a person.
struct Reloaded {
    std::vector<std::string> changed;        // in use from now on
    std::vector<std::string> needs_restart;  // read, and not in use before a restart
};

class HookQuestions {
public:
    virtual ~HookQuestions() = default;

    // Of each configured hook, in their order; both lists go together.
    virtual const std::vector<hooks::Spec>& hook_specs() const = 0;
    virtual std::vector<hooks::HookStatus> hook_status() const = 0;
    // Of one hook, or of all if it is empty; answered by the journal's thread.
    virtual void dead_letters(
        const std::string& hook,
        std::function<void(const Result<std::vector<journal::DeadLetter>>&)> done) = 0;
    // A dead letter is delivered again, or forgotten; a waiting delivery is forgotten. Numbers that
    // are neither are no error: the answer is in the next dead_letters().
    virtual void replay_delivery(const std::string& hook, std::uint64_t seq) = 0;
    virtual void drop_delivery(const std::string& hook, std::uint64_t seq) = 0;
    // Runs it once, now, with an event that is made up.
    virtual void test_hook(const std::string& hook,
                           std::function<void(const Result<HookTest>&)> done) = 0;
    // Reads the configuration again. The error is of the configuration, and changes nothing.
    virtual Result<Reloaded> reload() = 0;
};

}  // namespace muster::api
