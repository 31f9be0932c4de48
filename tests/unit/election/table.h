// Voters around a table: real elections, whose every message, write and moment is in the hands of
// the test. Messages pass through the codec; a state is only what its two slots say after a
// restart.
//
//     Table table;
//     table.found({"A", "B", "C"});
//     table.run({"A"}, 2s);            // only A's timers run: it is elected
//     table.cut("A", "B");
//     CHECK(table.leads("A"));
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/election/election.h"

namespace muster::election::test {

using namespace std::chrono_literals;

inline Seen seen_of(const std::string& name, const Mark& mark) {
    Seen seen;
    seen.name = name;
    seen.mark = mark;
    return seen;
}

struct Mail {
    std::string from;
    std::string to;
    Bytes bytes;
    Message message() const { return *decode_message(bytes); }
};

struct Seat {
    Config config;
    std::optional<Election> election;
    Bytes slots[2] = {Bytes(slot_size, '\0'), Bytes(slot_size, '\0')};
    std::optional<Write> write;
    bool slow_disk = false;  // writes wait until the test ends them
    std::int64_t ppm = 0;    // how wrong its clock runs
    std::vector<Event> events;
    std::vector<RequestDone> done;
    std::vector<Notice> notices;
    std::vector<HolderId> to_release;
    std::uint64_t refused = 0;
};

class Table {
public:
    explicit Table(Timing timing = standard_timing) : timing_(timing) {}

    Seat& seat(const std::string& name, std::uint8_t expect = 0) {
        Seat& seat = seats_[name];
        if (seat.config.name.empty()) {
            seat.config.name = name;
            seat.config.candidate = true;
            seat.config.timing = timing_;
            seat.config.expect = expect;
        }
        return seat;
    }

    // A cluster as if founded, everybody up, with the same record.
    void found(const std::vector<std::string>& names) {
        Record record;
        record.key = {1, 1};
        record.cluster = ClusterId{77};
        record.target = static_cast<std::uint8_t>(names.size());
        record.lease_ms = timing_.lease_ms;
        record.drift_ppm = timing_.drift_ppm;
        for (const std::string& name : names) {
            record.voters.push_back({name, VoterId{100 + names_++}, seat(name).config.priority});
        }
        for (const Voter& voter : record.voters) {
            State state;
            state.name = voter.name;
            state.id = voter.id;
            state.term = 1;
            state.record = record;
            put(voter.name, state);
            start(voter.name);
        }
    }
    void put(const std::string& name, const State& state) {
        Seat& at = seat(name);
        at.slots[0] = at.slots[1] = encode_slot(state, 1);
    }
    void start(const std::string& name) {
        Seat& at = seat(name);
        at.write.reset();
        at.election.emplace(at.config, choose(at.slots[0], at.slots[1], name), local(name),
                            Random(++seed_));
        Output out;
        at.election->start(local(name), out);
        take(name, out);
    }
    void crash(const std::string& name) { seat(name).election.reset(); }
    void wipe(const std::string& name) {
        crash(name);
        seat(name).slots[0] = seat(name).slots[1] = Bytes(slot_size, '\0');
        start(name);
    }
    // Everybody who is up has heard everybody's mark.
    void meet() {
        for (auto& [observer, unused] : seats_) {
            for (auto& [name, at] : seats_) {
                if (at.election) {
                    see(observer, seen_of(name, at.election->mark()));
                }
            }
        }
    }
    void see(const std::string& observer, const Seen& seen) {
        give(observer, [&](Election& election, TimePoint now, Output& out) {
            election.saw(now, seen, out);
            election.joined(now, out);
        });
    }

    // ---- the network ----

    void cut(const std::string& a, const std::string& b) {
        cut_.insert({a, b});
        cut_.insert({b, a});
    }
    void cut_one_way(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
    void isolate(const std::string& name) {
        for (const auto& [other, unused] : seats_) {
            cut(name, other);
        }
    }
    void heal() { cut_.clear(); }
    // Messages of this kind are kept aside from now on, to be delivered by hand.
    void keep(const char* kind) { kept_kinds_.insert(kind); }
    void keep_no_more() { kept_kinds_.clear(); }
    std::vector<Mail> kept;
    void deliver(const Mail& mail) {
        give(mail.to, [&](Election& election, TimePoint now, Output& out) {
            election.receive(now, Endpoint(), mail.bytes, out);
        });
        settle();
    }
    void settle() {
        while (!mail_.empty()) {
            const Mail next = mail_.front();
            mail_.pop_front();
            give(next.to, [&](Election& election, TimePoint now, Output& out) {
                election.receive(now, Endpoint(), next.bytes, out);
            });
        }
    }

    // ---- time and disks ----

    // Lets time pass in small steps; only these have timers that run.
    void run(const std::set<std::string>& timers, Duration span) {
        const Duration end = now_ + span;
        while (now_ < end) {
            now_ += std::min(Duration(1ms), end - now_);
            for (const std::string& name : timers) {
                if (up(name) && at(name).next_deadline() <= local(name)) {
                    give(name, [](Election& election, TimePoint now, Output& out) {
                        election.tick(now, out);
                    });
                    settle();
                }
            }
        }
    }
    void pass(Duration span) { now_ += span; }  // nobody's timers run
    void end_write(const std::string& name, bool works = true) {
        const Write write = *std::exchange(seat(name).write, std::nullopt);
        if (works) {
            seat(name).slots[0] = seat(name).slots[1] = write.slot;
        }
        give(name, [&](Election& election, TimePoint now, Output& out) {
            works ? election.stored(now, write.ticket, out)
                  : election.store_failed(now, write.ticket, out);
        });
        settle();
    }

    template <class Input>
    void give(const std::string& name, Input input) {
        if (!up(name)) {
            return;
        }
        Output out;
        input(at(name), local(name), out);
        take(name, out);
    }

    // ---- questions ----

    bool up(const std::string& name) { return seat(name).election.has_value(); }
    Election& at(const std::string& name) { return *seat(name).election; }
    bool leads(const std::string& name) { return up(name) && at(name).is_leader(local(name)); }
    Term term(const std::string& name) { return at(name).state().term; }
    TimePoint local(const std::string& name) {
        return TimePoint{} + 1h + now_ + now_ * seat(name).ppm / 1000000;
    }
    Duration now() const { return now_; }
    State on_disk(const std::string& name) {
        Found found = choose(seat(name).slots[0], seat(name).slots[1], name);
        return found.slot ? found.slot->state : State{};
    }
    std::map<std::string, Seat>& seats() { return seats_; }

private:
    void take(const std::string& name, Output& out) {
        Seat& from = seat(name);
        from.refused += out.refused;
        from.events.insert(from.events.end(), out.events.begin(), out.events.end());
        from.done.insert(from.done.end(), out.done.begin(), out.done.end());
        from.notices.insert(from.notices.end(), out.notices.begin(), out.notices.end());
        from.to_release.insert(from.to_release.end(), out.release.begin(), out.release.end());
        for (const Outgoing& message : out.messages) {
            const Mail mail{name, message.to_name, message.bytes};
            if (kept_kinds_.count(to_string(mail.message().body)) != 0) {
                kept.push_back(mail);
            } else if (cut_.count({mail.from, mail.to}) == 0 && mail.from != mail.to) {
                mail_.push_back(mail);
            }
        }
        if (out.write) {
            REQUIRE(!from.write);
            from.write = std::move(out.write);
            if (!from.slow_disk) {
                end_write(name);
            }
        }
    }

    Timing timing_;
    std::map<std::string, Seat> seats_;
    std::deque<Mail> mail_;
    std::set<std::pair<std::string, std::string>> cut_;
    std::set<std::string> kept_kinds_;
    Duration now_{};
    std::uint64_t names_ = 0;
    std::uint64_t seed_ = 0;
};

}  // namespace muster::election::test
