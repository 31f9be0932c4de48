#include "tests/sim/election/invariants.h"

#include <algorithm>

namespace muster::election::sim {

std::string words(Key key) {
    return "(" + std::to_string(key.term) + "," + std::to_string(key.index) + ")";
}

Invariants::Invariants(World& world) : world_(world) {
    world_.observe = [this](HostId host) { look(host); };
    world_.sending = [this](HostId host, const Message& message) {
        look_at_message(host, message);
    };
    world_.delivering = [this](HostId host, const Message& message) {
        if (const auto* append = std::get_if<Append>(&message.body)) {
            asked_[{host, message.head.from, message.head.term, append->seq}] = append->promise_ms;
        }
    };
    world_.holding = [this](HostId host, const Runner& runner) { look_at_holder(host, runner); };
}

void Invariants::complain(const char* number, const std::string& what) {
    const auto said = std::any_of(broken_.begin(), broken_.end(), [&](const std::string& each) {
        return each.rfind(number, 0) == 0;
    });
    if (!said) {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(world_.now()).count();
        broken_.push_back(std::string(number) + " at " + std::to_string(us) + " us: " + what);
    }
}

void Invariants::look(HostId host) {
    ++steps_;
    if (world_.up(host)) {
        const Election& election = *world_[host].election;
        look_at_state(host, election);
        look_at_leader(host, election);
    }
    look_for_overlap();
}

// I3
void Invariants::look_at_state(HostId host, const Election& election) {
    const State& state = election.state();
    Known& known = known_[state.id];
    const State& floor = known.life == world_[host].life ? known.memory : known.acknowledged;
    if (state.term < floor.term || state.key() < floor.key() ||
        state.longest_promise_ms < floor.longest_promise_ms ||
        (state.term == floor.term && floor.voted_for != no_voter &&
         state.voted_for != floor.voted_for)) {
        complain("I3", world_[host].name + " went back: term " + std::to_string(state.term) +
                           " after " + std::to_string(floor.term) + ", record " +
                           words(state.key()) + " after " + words(floor.key()));
    }
    known.memory = state;
    known.acknowledged = election.stored_state();
    known.life = world_[host].life;
    keys_.resize(std::max(keys_.size(), host + 1));
    if (state.record && election.tenure_term() != 0 && state.key().term == state.term &&
        state.key() != keys_[host]) {
        clusters_[state.record->cluster].parents[state.key()] = keys_[host];
    }
    keys_[host] = state.key();
}

// I1, and what leaders report as committed
void Invariants::look_at_leader(HostId host, const Election& election) {
    if (election.tenure_term() == 0) {
        return;
    }
    const State& state = election.state();
    History& history = clusters_[state.record->cluster];
    const auto [leader, first] = history.leaders.emplace(election.tenure_term(), state.id);
    tenures_ += first ? 1 : 0;
    if (leader->second != state.id) {
        complain("I1", "two leaders of term " + std::to_string(election.tenure_term()) + ", " +
                           world_[host].name + " is one");
    }
    const Key committed = election.tenure()->committed;
    if (committed != Key{} && committed == state.key() && history.committed.count(committed) == 0) {
        look_at_commit(history, *state.record);
    }
}

// I2
void Invariants::look_at_commit(History& history, const Record& record) {
    ++commits_;
    history.committed[record.key] = record;
    const auto descends = [&history](Key later, Key earlier) {
        while (later > earlier) {
            const auto parent = history.parents.find(later);
            if (parent == history.parents.end()) {
                return true;  // from before we watched
            }
            later = parent->second;
        }
        return later == earlier;
    };
    const auto here = history.committed.find(record.key);
    if (here != history.committed.begin() && !descends(record.key, std::prev(here)->first)) {
        complain("I2", words(record.key) + " undoes " + words(std::prev(here)->first));
    }
    if (std::next(here) != history.committed.end() &&
        !descends(std::next(here)->first, record.key)) {
        complain("I2", words(std::next(here)->first) + " undoes " + words(record.key));
    }
}

// I4
void Invariants::look_for_overlap() {
    if (overlap_allowed_) {
        return;
    }
    std::string acting;
    HostId first = 0;
    Term term = 0;
    ClusterId cluster = no_cluster;
    const auto act = [&](HostId host, ClusterId in, Term of, const char* how) {
        if (term != 0 && in == cluster && (first != host || of != term)) {
            complain("I4", acting + " and " + world_[host].name + " by term " + std::to_string(of) +
                               " (" + how + ") at once");
        }
        acting = world_[host].name + " acts by term " + std::to_string(of) + " (" + how + ")";
        first = host;
        term = of;
        cluster = in;
    };
    for (HostId id = 0; id < world_.hosts().size(); ++id) {
        const Host& host = world_[id];
        const TimePoint now = host.clock.at(world_.now());
        if (host.election && host.election->is_leader(now)) {
            act(id, host.election->state().record->cluster, host.election->tenure_term(), "lease");
        }
        if (host.runner && host.runner->term != 0 && now < host.runner->end) {
            act(id, host.runner->cluster, host.runner->term, "holder");
        }
        for (const Runner& orphan : host.orphans) {
            if (orphan.term != 0 && now < orphan.end) {
                act(id, orphan.cluster, orphan.term, "orphaned holder");
            }
        }
    }
}

// I5
void Invariants::look_at_holder(HostId host, const Runner& runner) {
    History& history = clusters_[runner.cluster];
    if (runner.term < history.greatest_token ||
        (runner.term == history.greatest_token && host != history.token_host)) {
        complain("I5", world_[host].name + " was given token " + std::to_string(runner.term) +
                           " after " + std::to_string(history.greatest_token));
    }
    history.greatest_token = runner.term;
    history.token_host = host;
    look_for_overlap();
}

// I7
void Invariants::look_at_message(HostId host, const Message& message) {
    const State& disk = world_.on_disk(host);
    const auto late = [&](const char* what) {
        complain("I7", world_[host].name + " sent " + what + " that is not on its disk");
    };
    if (const auto* vote = std::get_if<VoteAnswer>(&message.body);
        vote != nullptr && vote->granted) {
        if (disk.term != message.head.term || disk.voted_for != message.head.to) {
            late("a vote");
        }
    } else if (std::get_if<Vote>(&message.body) != nullptr) {
        if (disk.term != message.head.term || disk.voted_for != message.head.from) {
            late("a candidacy");
        }
    } else if (const auto* answer = std::get_if<AppendAnswer>(&message.body); answer != nullptr) {
        const auto asked = asked_.find({host, message.head.to, message.head.term, answer->seq});
        const std::uint32_t promised =
            answer->promised && asked != asked_.end() ? asked->second : 0;
        if (disk.term != message.head.term || disk.key() < answer->key ||
            disk.longest_promise_ms < promised) {
            late("an acceptance");
        }
    }
}

}  // namespace muster::election::sim
