// Three voters and everything that can happen to them, one thing at a time, to a stated depth: the
// real code, every order of deliveries, copies, clock steps, timers, ends of writes, crashes with
// and without the write, and restarts. A message that is never delivered is lost. States are
// remembered by their hash, without absolute time.
//
// A clock step is half a lease: L = 2, P = 3, and a restart waits 3. MUSTER_EXPLORE_DEPTH=N goes
// deeper.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <unordered_set>

#include "agent/election/election.h"

namespace muster::election {
namespace {

using namespace std::chrono_literals;

constexpr Duration clock_step = 4ms;
constexpr std::uint32_t lease_ms = 8;

struct Letterbox {
    std::size_t to = 0;
    Bytes bytes;
    bool operator<(const Letterbox& other) const {
        return std::tie(to, bytes) < std::tie(other.to, other.bytes);
    }
};

struct Voting {
    std::optional<Election> election;
    Bytes slots[2];
    std::optional<Write> write;
};

struct Scene {
    std::vector<Voting> voters;
    std::set<Letterbox> mail;
    std::map<Term, VoterId> leaders;
    Duration now{};
    unsigned crashes = 0;
    unsigned copies = 0;
    unsigned campaigns = 0;
};

struct Limits {
    unsigned depth = 0;
    unsigned crashes = 1;
    unsigned copies = 1;
    unsigned campaigns = 3;
    std::size_t mail = 8;
};

class Explorer {
public:
    explicit Explorer(Limits limits) : limits_(limits) {}

    static Scene beginning() {
        Scene scene;
        scene.now = 1h;
        Record record;
        record.key = {1, 1};
        record.cluster = ClusterId{7};
        record.target = 3;
        record.lease_ms = lease_ms;
        record.drift_ppm = 0;
        for (std::uint64_t i = 0; i < 3; ++i) {
            record.voters.push_back({std::string(1, static_cast<char>('a' + i)), VoterId{i + 1}});
        }
        for (const Voter& voter : record.voters) {
            State state;
            state.name = voter.name;
            state.id = voter.id;
            state.term = 1;
            state.record = record;
            Voting& seat = scene.voters.emplace_back();
            seat.slots[0] = seat.slots[1] = encode_slot(state, 1);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            restart(scene, i);
        }
        return scene;
    }

    // Breadth first. Answers what was broken, if anything.
    std::string explore(const Scene& first) {
        std::deque<std::pair<Scene, unsigned>> open;
        visit(first, 0, open);
        while (!open.empty() && broken_.empty()) {
            const auto [scene, depth] = std::move(open.front());
            open.pop_front();
            if (depth < limits_.depth) {
                expand(scene, depth, open);
            }
        }
        return broken_;
    }
    std::size_t states() const { return seen_.size(); }
    std::size_t tenures() const { return tenures_; }

    static TimePoint clock(const Scene& scene) { return TimePoint{} + scene.now; }

    template <class Input>
    static void give(Scene& scene, std::size_t who, Input input) {
        Output out;
        input(*scene.voters[who].election, clock(scene), out);
        take(scene, who, out);
    }
    static void end_write(Scene& scene, std::size_t who) {
        Voting& seat = scene.voters[who];
        const Write write = *std::exchange(seat.write, std::nullopt);
        seat.slots[0] = seat.slots[1] = write.slot;
        give(scene, who, [&](Election& election, TimePoint now, Output& out) {
            election.stored(now, write.ticket, out);
        });
    }

private:
    static void restart(Scene& scene, std::size_t who) {
        Voting& seat = scene.voters[who];
        Config config;
        config.name = std::string(1, static_cast<char>('a' + who));
        config.candidate = true;
        config.timing = {lease_ms, 0, 0};
        const Found found = choose(seat.slots[0], seat.slots[1], config.name);
        seat.election.emplace(config, found, clock(scene), Random(1));
        give(scene, who,
             [](Election& election, TimePoint now, Output& out) { election.start(now, out); });
    }

    static void take(Scene& scene, std::size_t who, Output& out) {
        for (Outgoing& message : out.messages) {
            scene.mail.insert({static_cast<std::size_t>(message.to) - 1, std::move(message.bytes)});
        }
        if (out.write) {
            scene.voters[who].write = std::move(out.write);
        }
    }

    static std::uint64_t hash(const Scene& scene) {
        Digest digest(clock(scene));
        for (const Voting& seat : scene.voters) {
            digest.add(std::uint64_t{seat.election.has_value()});
            if (seat.election) {
                digest.add(seat.election->digest(clock(scene)));
            } else {
                digest.add(choose(seat.slots[0], seat.slots[1], "").complaint);
                digest.add(decode_slot(seat.slots[0])->state);
            }
        }
        for (const Letterbox& letter : scene.mail) {
            digest.add(letter.to);
            digest.add(letter.bytes);
        }
        digest.add(scene.crashes);
        digest.add(scene.copies);
        digest.add(scene.campaigns);
        std::uint64_t value = 0xCBF29CE484222325U;
        for (const char each : digest.bytes()) {
            value = (value ^ octet(each)) * 0x100000001B3U;
        }
        return value;
    }

    using Open = std::deque<std::pair<Scene, unsigned>>;

    void visit(Scene scene, unsigned depth, Open& open) {
        check(scene);
        if (broken_.empty() && seen_.insert(hash(scene)).second) {
            open.emplace_back(std::move(scene), depth);
        }
    }

    // I1, I3 and I4; what a leader reports as committed is of its own term (I2, for a fixed set).
    void check(Scene& scene) {
        unsigned acting = 0;
        for (const Voting& seat : scene.voters) {
            if (!seat.election) {
                continue;
            }
            const Election& election = *seat.election;
            acting += election.is_leader(clock(scene)) ? 1U : 0U;
            if (const Term term = election.tenure_term(); term != 0) {
                const auto [leader, first] = scene.leaders.emplace(term, election.state().id);
                tenures_ += first ? 1U : 0U;
                if (leader->second != election.state().id) {
                    broken_ = "I1: two leaders of term " + std::to_string(term);
                }
                const Key committed = election.tenure()->committed;
                if (committed != Key{} && committed.term != term) {
                    broken_ = "I2: a record of an older term was committed by counting";
                }
            }
            const State& disk = election.stored_state();
            if (election.state().term < disk.term || election.state().key() < disk.key()) {
                broken_ = "I3: a voter went back";
            }
        }
        if (acting > 1) {
            broken_ = "I4: two act at once";
        }
    }

    void expand(const Scene& scene, unsigned depth, Open& open) {
        for (const Letterbox& letter : scene.mail) {
            deliver(scene, letter, depth, open);
        }
        Scene later = scene;
        later.now += clock_step;
        visit(std::move(later), depth + 1, open);
        for (std::size_t who = 0; who < scene.voters.size(); ++who) {
            act(scene, who, depth, open);
        }
    }

    void deliver(const Scene& scene, const Letterbox& letter, unsigned depth, Open& open) {
        if (!scene.voters[letter.to].election) {
            return;
        }
        for (const bool copy : {false, true}) {
            if (copy && scene.copies >= limits_.copies) {
                continue;
            }
            Scene next = scene;
            if (copy) {
                ++next.copies;
            } else {
                next.mail.erase(letter);
            }
            give(next, letter.to, [&](Election& election, TimePoint now, Output& out) {
                election.receive(now, Endpoint(), letter.bytes, out);
            });
            if (next.mail.size() <= limits_.mail) {
                visit(std::move(next), depth + 1, open);
            }
        }
    }

    void act(const Scene& scene, std::size_t who, unsigned depth, Open& open) {
        const Voting& seat = scene.voters[who];
        if (!seat.election) {
            Scene next = scene;
            restart(next, who);
            return visit(std::move(next), depth + 1, open);
        }
        if (seat.election->next_deadline() <= clock(scene)) {
            Scene next = scene;
            const bool stands = seat.election->tenure_term() == 0;
            next.campaigns += stands ? 1U : 0U;
            give(next, who,
                 [](Election& election, TimePoint now, Output& out) { election.tick(now, out); });
            if (next.campaigns <= limits_.campaigns && next.mail.size() <= limits_.mail) {
                visit(std::move(next), depth + 1, open);
            }
        }
        if (seat.write) {
            Scene next = scene;
            end_write(next, who);
            visit(std::move(next), depth + 1, open);
        }
        if (scene.crashes < limits_.crashes) {
            crash(scene, who, depth, open);
        }
    }

    void crash(const Scene& scene, std::size_t who, unsigned depth, Open& open) {
        for (const bool written : {false, true}) {
            if (written && !scene.voters[who].write) {
                continue;
            }
            Scene next = scene;
            ++next.crashes;
            Voting& seat = next.voters[who];
            if (written) {
                seat.slots[0] = seat.slots[1] = seat.write->slot;
            }
            seat.write.reset();
            seat.election.reset();
            visit(std::move(next), depth + 1, open);
        }
    }

    Limits limits_;
    std::unordered_set<std::uint64_t> seen_;
    std::size_t tenures_ = 0;
    std::string broken_;
};

unsigned depth_or(unsigned ordinarily) {
    const char* text = std::getenv("MUSTER_EXPLORE_DEPTH");  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? ordinarily : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// The voter `who` is elected by whom its messages reach first, and `others` hear of it.
Scene led(std::size_t who) {
    Scene scene = Explorer::beginning();
    Explorer::give(scene, who,
                   [](Election& election, TimePoint now, Output& out) { election.tick(now, out); });
    for (unsigned i = 0; i < 40; ++i) {
        for (std::size_t seat = 0; seat < 3; ++seat) {
            if (scene.voters[seat].write) {
                Explorer::end_write(scene, seat);
            }
        }
        if (!scene.mail.empty()) {
            const Letterbox letter = *scene.mail.begin();
            scene.mail.erase(scene.mail.begin());
            Explorer::give(scene, letter.to, [&](Election& election, TimePoint now, Output& out) {
                election.receive(now, Endpoint(), letter.bytes, out);
            });
        }
    }
    return scene;
}

TEST_CASE("I1 to I4 hold in every state that three voters reach from their start") {
    Limits limits;
    limits.depth = depth_or(7);
    Explorer explorer(limits);
    CHECK_THAT(explorer.explore(Explorer::beginning()), Catch::Equals(""));
    CHECK(explorer.tenures() > 0);
    WARN(explorer.states() << " states to depth " << limits.depth << ", " << explorer.tenures()
                           << " elections seen");
}

// Asks again, late: the requests are on their way when half of the lease is over.
Scene renewing() {
    Scene scene = led(0);
    scene.now += clock_step;
    Explorer::give(scene, 0,
                   [](Election& election, TimePoint now, Output& out) { election.tick(now, out); });
    return scene;
}

TEST_CASE("I1 to I4 hold in every state that three voters reach from a leader's tenure") {
    const Scene scene = GENERATE(as<Scene>(), led(0), renewing());
    REQUIRE(scene.voters[0].election->is_leader(Explorer::clock(scene)));
    Limits limits;
    limits.depth = depth_or(7);
    Explorer explorer(limits);
    CHECK_THAT(explorer.explore(scene), Catch::Equals(""));
    WARN(explorer.states() << " states to depth " << limits.depth << ", " << explorer.tenures()
                           << " elections seen");
}

}  // namespace
}  // namespace muster::election
