// The agent's part in elections: its file, its clients, and what it says about them.
#include "agent/agent_parts.h"

namespace muster {

namespace {

std::string describe(const election::Event& event) {
    using Kind = election::Event::Kind;
    const std::string term = ", term " + std::to_string(event.term);
    switch (event.kind) {
        case Kind::LeaderAcquired:
            return "this agent leads" + term;
        case Kind::LeaderLost:
            return "this agent leads no longer" + term;
        case Kind::NewLeader:
            return event.leader + " leads" + term;
        case Kind::QuorumLost:
            return "fewer than a majority of the voters answer: nobody can be elected";
        case Kind::QuorumRegained:
            return "a majority of the voters answers again";
    }
    return "";
}

}  // namespace

// Its data directory is locked and open by now.
void Agent::Parts::open_election() {
    if (!config.node.election)
        return;
    election::Config& wanted = config.node.election->config;
    if (wanted.mode == election::Mode::Off || wanted.mode == election::Mode::View)
        return;
    std::optional<election::Found> found =
        voting.open(keeping.directory(), config.node.swim.name, wanted.candidate);
    if (found)
        config.node.election->found = *std::move(found);
    else
        wanted.candidate = false;  // with nothing kept, it would vote twice
    election_config = wanted;
}

void Agent::Parts::say_how_we_vote() {
    if (!voting.trouble().empty()) {
        tell(Notice{Notice::Level::Error,
                    voting.trouble() + ": this agent does not vote until it is restarted with a "
                                       "disk that can be written"});
    }
    if (!election_config.candidate)
        return;
    if (!seal.has_keys()) {
        log.warn(
            "votes are not authenticated, since gossip is not encrypted: whoever is on this "
            "network "
            "can forge them (see --keyring)");
    }
    const std::size_t voters =
        election_config.list.empty() ? election_config.expect : election_config.list.size();
    if (voters == 2) {
        log.warn(
            "two voters tolerate the loss of neither: with a third one (a witness of priority 0 "
            "will do) either of them may be lost");
    } else if (voters != 0 && voters % 2 == 0) {
        log.warn(std::to_string(voters) + " voters tolerate no more losses than " +
                 std::to_string(voters - 1) + " do");
    }
}

void Agent::Parts::voted(std::uint64_t ticket, const std::optional<Error>& error) {
    if (!node)
        return;
    if (error)
        tell(Notice{Notice::Level::Error, error->text});
    const TimePoint now = clock.now();
    perform(error ? node->store_failed(now, ticket) : node->stored(now, ticket));
    arm();
}

void Agent::Parts::tell(const election::Event& event) {
    using Kind = election::Event::Kind;
    const bool bad = event.kind == Kind::LeaderLost || event.kind == Kind::QuorumLost;
    record(history::change_of(event));
    log.write(bad ? LogLevel::Warn : LogLevel::Info, describe(event));
    for_each_subscriber([&](api::Subscriber& subscriber) { subscriber.on_leadership(event); });
}

void Agent::Parts::hand_over(const election::Answer& answer) {
    const auto found = leader_askers.find(answer.request);
    if (found == leader_askers.end())
        return;
    const Led led = std::move(found->second);
    leader_askers.erase(found);
    led(answer);
}

election::LeaderView Agent::Parts::leader() const {
    return node->leader(clock.now());
}

void Agent::Parts::lead(const election::Request& wanted, Led done) {
    leader_askers.emplace(++last_request, std::move(done));
    const RequestId request = last_request;
    perform(node->lead(clock.now(), request, wanted));
    arm();
}

}  // namespace muster
