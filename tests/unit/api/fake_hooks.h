// Hooks that a test arranges, and what it was asked to do with them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/api/hook_questions.h"

namespace muster::api {

class FakeHooks final : public HookQuestions {
public:
    // ---- what a test arranges ----
    std::vector<hooks::Spec> specs;
    std::vector<hooks::HookStatus> statuses;
    Result<std::vector<journal::DeadLetter>> letters = std::vector<journal::DeadLetter>{};
    Result<HookTest> tested = HookTest{};
    Result<Reloaded> reloaded = Reloaded{};

    // ---- what a test looks at ----
    std::vector<std::string> calls;  // "replay HOOK SEQ", ...

    const std::vector<hooks::Spec>& hook_specs() const override { return specs; }
    std::vector<hooks::HookStatus> hook_status() const override { return statuses; }
    void dead_letters(
        const std::string& hook,
        std::function<void(const Result<std::vector<journal::DeadLetter>>&)> done) override {
        calls.push_back("dead " + hook);
        done(letters);
    }
    void replay_delivery(const std::string& hook, std::uint64_t seq) override {
        calls.push_back("replay " + hook + " " + std::to_string(seq));
    }
    void drop_delivery(const std::string& hook, std::uint64_t seq) override {
        calls.push_back("drop " + hook + " " + std::to_string(seq));
    }
    void test_hook(const std::string& hook,
                   std::function<void(const Result<HookTest>&)> done) override {
        calls.push_back("test " + hook);
        done(tested);
    }
    Result<Reloaded> reload() override {
        calls.emplace_back("reload");
        return reloaded;
    }
};

}  // namespace muster::api
