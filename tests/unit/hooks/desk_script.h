// A desk in the words of its tests: runs are "HOOK: SEQ SEQ (try N)", outcomes "HOOK SEQ done".
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/hooks/desk.h"
#include "swim/random.h"

namespace muster::hooks {

inline Spec hook(const std::string& name) {
    Spec spec;
    spec.name = name;
    spec.on_text = "all";
    spec.arguments = {"/bin/true"};
    return spec;
}

class DeskScript {
public:
    explicit DeskScript(const std::vector<Spec>& specs) : desk_(1) { configure(specs); }

    Conditions conditions{.leads = true, .leader_known = true, .quorum = true, .majority = true};

    void configure(const std::vector<Spec>& specs) {
        desk_.configure(specs);
        for (const Spec& spec : specs)
            specs_[spec.name] = spec;
    }

    std::int64_t wall_ns() const { return now_.time_since_epoch().count() + wall_offset; }

    journal::Delivery delivery(const std::string& name, std::uint64_t seq, history::Kind kind,
                               const std::string& subject) const {
        journal::Delivery delivery;
        delivery.hook = name;
        delivery.seq = seq;
        delivery.kind = kind;
        delivery.subject = subject;
        delivery.event_ns = wall_ns();
        return delivery;
    }

    void add(const journal::Delivery& delivery) {
        Desk::Turn out;
        desk_.add(moment(), delivery, out);
        subjects_[{delivery.hook, delivery.seq}] = delivery.subject;
        ends_[{delivery.hook, delivery.seq}];
        take(out);
    }

    void add(const std::string& name, std::uint64_t seq, history::Kind kind,
             const std::string& subject) {
        add(delivery(name, seq, kind, subject));
    }

    std::vector<std::string> turn() {
        Desk::Turn out = desk_.turn(moment(), conditions);
        std::vector<std::string> started;
        for (const Desk::Start& start : out.starts) {
            std::string text = start.spec->name + ":";
            for (const std::uint64_t seq : start.seqs)
                text += " " + std::to_string(seq);
            running_[text] = start;
            started.push_back(
                start.attempt == 1 ? text : text + " (try " + std::to_string(start.attempt) + ")");
        }
        resyncs_.insert(resyncs_.end(), out.resync.begin(), out.resync.end());
        take(out);
        // Whatever is due has had its turn: a loop that armed its timer now would not spin.
        REQUIRE(desk_.next_deadline(now_) > now_);
        return started;
    }

    void succeeds(const std::string& run) { end(run, {.ok = true}); }
    void fails(const std::string& run, int status = 1) {
        end(run, {.ok = false,
                  .status = status,
                  .why = "exit status " + std::to_string(status),
                  .output = {}});
    }

    void cannot_run(const std::string& run) {
        end(run, {.ok = false, .ran = false, .why = "its event cannot be read", .output = {}});
    }

    void overflowed(const std::string& name, std::uint64_t lost) { desk_.overflowed(name, lost); }
    void drop(const std::string& name, std::uint64_t seq) { desk_.drop(name, seq); }

    std::vector<std::string> outcomes() { return std::exchange(outcomes_, {}); }
    std::vector<std::string> resyncs() { return std::exchange(resyncs_, {}); }
    HookStatus status(const std::string& name) const {
        for (const HookStatus& each : desk_.status(now_)) {
            if (each.name == name)
                return each;
        }
        FAIL("no hook " << name);
        return {};
    }

    void pass(Duration time) { now_ += time; }
    Duration wait_until_due() {
        const TimePoint next = desk_.next_deadline(now_);
        REQUIRE(next != never);
        const Duration wait = std::max(Duration::zero(), next - now_);
        now_ += wait;
        return wait;
    }
    Duration wait_until_breaker(const std::string& name) {
        const Duration wait = status(name).opens_in;
        now_ += wait;
        return wait;
    }

    std::string any_running(Random& chance) const {
        if (running_.empty())
            return {};
        auto run = running_.begin();
        std::advance(run, static_cast<std::ptrdiff_t>(chance.below(running_.size())));
        return run->first;
    }

    // The invariants of agent/hooks/desk.h that can be seen from here.
    void check_rules() const {
        std::map<std::string, unsigned> count;
        std::map<std::pair<std::string, Bytes>, Desk::RunId> at_once;
        for (const auto& [text, start] : running_) {
            ++count[start.spec->name];
            REQUIRE(std::is_sorted(start.seqs.begin(), start.seqs.end()));
            for (const std::uint64_t seq : start.seqs) {
                const Bytes& subject = subjects_.at({start.spec->name, seq});
                const std::pair key(start.spec->name, subject);
                REQUIRE(at_once.emplace(key, start.run).first->second == start.run);
                for (const auto& [other, ended] : ends_) {
                    const bool earlier = other.first == start.spec->name && other.second < seq &&
                                         subjects_.at(other) == subject;
                    const bool together =
                        std::binary_search(start.seqs.begin(), start.seqs.end(), other.second);
                    REQUIRE_FALSE((earlier && ended == 0 && !together));
                }
            }
        }
        for (const auto& [name, running] : count)
            REQUIRE(running <= specs_.at(name).concurrency);
    }

    bool is_anything_left() const {
        return std::any_of(ends_.begin(), ends_.end(),
                           [](const auto& each) { return each.second == 0; });
    }
    void check_ends() const {
        for (const auto& [delivery, ended] : ends_)
            REQUIRE(ended == 1);
        for (const auto& [name, spec] : specs_)
            REQUIRE(status(name).waiting == 0);
    }

private:
    static constexpr std::int64_t wall_offset = 1'800'000'000'000'000'000;

    Desk::Moment moment() const { return {now_, wall_ns()}; }

    void end(const std::string& run, const RunEnd& how) {
        const std::string text = run.substr(0, run.find(" (try"));
        const auto found = running_.find(text);
        REQUIRE(found != running_.end());
        const Desk::RunId id = found->second.run;
        running_.erase(found);
        take(desk_.ended(moment(), id, how));
    }

    void take(const Desk::Turn& out) {
        using What = journal::Outcome::What;
        for (const journal::Outcome& each : out.outcomes) {
            std::string text = each.hook + " " + std::to_string(each.seq);
            if (each.what == What::Again)
                text += " again " + std::to_string(each.attempts);
            else if (each.what == What::Dead)
                text += " dead " + std::to_string(each.attempts);
            else
                text += " done";
            outcomes_.push_back(text);
            if (each.what != What::Again)
                ++ends_[{each.hook, each.seq}];
        }
    }

    Desk desk_;
    TimePoint now_{Duration(1'000'000'000'000)};
    std::map<std::string, Spec> specs_;
    std::map<std::pair<std::string, std::uint64_t>, Bytes> subjects_;
    std::map<std::pair<std::string, std::uint64_t>, int> ends_;
    std::map<std::string, Desk::Start> running_;
    std::vector<std::string> outcomes_;
    std::vector<std::string> resyncs_;
};

}  // namespace muster::hooks
