// What this node says when asked who leads.
#include <algorithm>

#include "agent/election/election.h"

namespace muster::election {

using std::chrono::milliseconds;

namespace {

std::uint32_t age_in_ms(TimePoint now, TimePoint then) {
    const auto age = std::chrono::floor<milliseconds>(now - then).count();
    return static_cast<std::uint32_t>(std::clamp<milliseconds::rep>(age, 0, 1U << 31U));
}

// How long what a non-voter was told may be used: 2 P of any record.
constexpr Duration knowledge_lasts = 2 * milliseconds(promise_ms(800, 10000));

}  // namespace

Mode Election::mode() const {
    if (config_.mode != Mode::Auto) {
        return config_.mode;
    }
    // A cluster that has voters anywhere has its leader by their vote, for all of its members
    // (F20).
    return config_.candidate || state().record || view_.any_voters() ? Mode::Quorum : Mode::View;
}

bool Election::voter() const {
    return state().record && state().record->voter(state().id) != nullptr;
}

Mark Election::mark() const {
    Mark mark;
    mark.candidate = config_.candidate && ledger_.stored().id == state().id;
    mark.id = state().id;
    mark.cluster = state().record ? state().record->cluster : no_cluster;
    mark.expect = config_.expect;
    mark.priority = config_.priority;
    return mark;
}

LeaderView Election::leader(TimePoint now) const {
    LeaderView answer;
    answer.mode = mode();
    if (answer.mode == Mode::View) {
        const Seen* bully = view_.bully();
        if (bully != nullptr) {
            answer.leader = bully->name;
            answer.self = bully->name == config_.name;
        }
        return answer;
    }
    if (answer.mode == Mode::Off) {
        return answer;
    }
    answer.fenced = true;
    const ClusterId ours = state().record ? state().record->cluster : no_cluster;
    answer.conflict = knowledge_.others(ours, now);
    if (voter()) {
        voters_answer(now, answer);
    } else {
        others_answer(now, answer);
    }
    return answer;
}

void Election::voters_answer(TimePoint now, LeaderView& answer) const {
    const Record& record = *state().record;
    answer.cluster = record.cluster;
    answer.version = record.key.index;
    answer.target = record.target;
    answer.needed = static_cast<std::uint8_t>(record.voters.size() / 2 + 1);
    // What a leader has said of the others is worth something while it is one.
    const bool led = now < ballot_.promise().until && heard_.term == ballot_.promise().term;
    const auto& answering = heard_.answering;
    for (const Voter& voter : record.voters) {
        const bool reachable =
            voter.id == state().id ||
            (tenure_ ? tenure_->hears(voter.id, now, 2 * renewal(record.counted_lease_ms()))
             : led   ? std::find(answering.begin(), answering.end(), voter.id) != answering.end()
                     : campaign_.reached(voter.id));
        answer.voters.push_back({voter.name, reachable, voter.id});
        answer.reachable = static_cast<std::uint8_t>(answer.reachable + (reachable ? 1 : 0));
    }
    if (is_leader(now)) {
        answer.leader = config_.name;
        answer.self = true;
        answer.term = tenure_->term();
        answer.lease_ms =
            static_cast<std::uint32_t>(std::chrono::floor<milliseconds>(lease_end() - now).count());
    } else if (!tenure_ && now < ballot_.promise().until && heard_.term != 0 &&
               heard_.leader != state().id && heard_.term == ballot_.promise().term) {
        answer.leader = heard_.name;
        answer.term = heard_.term;
        answer.age_ms = age_in_ms(now, heard_.at);
        answer.lease_ms = std::min(ballot_.promise_left_ms(now), record.counted_lease_ms());
    } else {
        answer.reason = std::to_string(answer.reachable) + " of " +
                        std::to_string(record.voters.size()) + " voters reachable";
    }
}

void Election::others_answer(TimePoint now, LeaderView& answer) const {
    std::optional<ClusterId> wanted = config_.cluster;
    if (!wanted && state().record) {
        wanted = state().record->cluster;
    }
    const Knowledge::Known* known = knowledge_.of(wanted);
    if (known == nullptr) {
        answer.reason =
            answer.conflict.size() > 1 ? "two clusters of voters are seen" : "no voter answers";
        return;
    }
    answer.cluster = known->cluster;
    for (const Bytes& name : known->voters) {
        const bool reachable = std::find(known->answering.begin(), known->answering.end(), name) !=
                               known->answering.end();
        const Seen* seen = view_.find(name);
        answer.voters.push_back({name, reachable, seen != nullptr ? seen->mark.id : no_voter});
        answer.reachable = static_cast<std::uint8_t>(answer.reachable + (reachable ? 1 : 0));
    }
    answer.needed = static_cast<std::uint8_t>(known->voters.size() / 2 + 1);
    const bool fresh =
        known->answered != TimePoint::min() && now - known->answered <= knowledge_lasts;
    const bool heard = known->at != TimePoint::min() && now - known->at <= knowledge_lasts;
    if (fresh && heard) {
        answer.leader = known->leader;
        answer.term = known->term;
        answer.age_ms = age_in_ms(now, known->at);
    } else if (known->leader.empty() || fresh) {
        answer.reason = fresh ? "the voters know of no leader" : "no voter answers";
    } else {
        answer.reason = "no voter answers; last known " + known->leader + ", term " +
                        std::to_string(known->term) + ", " +
                        std::to_string(age_in_ms(now, known->at) / 1000) + " s ago";
    }
}

Bytes Election::digest(TimePoint now) const {
    Digest digest(now);
    digest.add(state());
    digest.add_deadline(ballot_.promise().until);
    digest.add_deadline(ballot_.wait_until());
    digest.add(ballot_.promise().term);
    digest.add(ballot_.promise().leader);
    digest.add(ballot_.released_term());
    ledger_.digest(digest);
    campaign_.digest(ballot_, digest);
    digest.add(std::uint64_t{handover_.giving_up()});
    if (tenure_) {
        const std::uint32_t lease = state().record->asked_lease_ms();
        tenure_->digest(2 * milliseconds(lease), digest);
    }
    for (const Waiting& waiting : waiting_) {
        digest.add(encode(waiting.message));
    }
    digest.add(gated_.size());
    return digest.bytes();
}

// ---- questions to voters ----

std::vector<std::pair<VoterId, Bytes>> Election::marked_voters(ClusterId but) const {
    std::vector<std::pair<VoterId, Bytes>> voters;
    for (const auto& [name, seen] : view_.members()) {
        const Mark& mark = seen.mark;
        if (mark.candidate && mark.cluster != no_cluster && mark.cluster != but &&
            mark.id != state().id) {
            voters.emplace_back(mark.id, name);
        }
    }
    return voters;
}

void Election::ask_strangers(Output& out) {
    if (!state().record) {
        return;
    }
    for (const auto& [id, name] : marked_voters(state().record->cluster)) {
        send({id, name, LeaderAsk{++questions_}}, out);
    }
}

std::uint64_t Election::ask_leader(TimePoint /*now*/, Asked asked, Output& out) {
    std::vector<std::pair<VoterId, Bytes>> voters;
    if (state().record) {
        for (const Voter& voter : state().record->voters) {
            if (voter.id != state().id) {
                voters.emplace_back(voter.id, voter.name);
            }
        }
    } else {
        voters = marked_voters(no_cluster);
    }
    constexpr std::size_t three = 3;
    if (asked == Asked::Three && voters.size() > three) {
        random_.shuffle(voters);
        voters.resize(three);
    }
    ++questions_;
    for (const auto& [id, name] : voters) {
        send({id, name, LeaderAsk{questions_}}, out);
    }
    return questions_;
}

void Election::handle(TimePoint now, const Message& from, const LeaderAsk& body, Output& out) {
    if (!voter()) {
        return;
    }
    const LeaderView view = leader(now);
    LeaderAnswer answer;
    answer.seq = body.seq;
    if (view.leader && view.term) {
        answer.leader = view.self ? state().id : heard_.leader;
        answer.leader_term = *view.term;
        answer.leader_name = *view.leader;
        answer.self = view.self;
        answer.age_ms = view.age_ms;
    }
    for (const LeaderView::VoterSeen& voter : view.voters) {
        answer.voters.push_back(voter.name);
        if (voter.reachable) {
            answer.answering.push_back(voter.name);
        }
    }
    send({from.head.from, from.head.from_name, std::move(answer)}, out);
}

void Election::handle(TimePoint now, const Message& from, const LeaderAnswer& body,
                      Output& /*out*/) {
    const Seen* seen = view_.find(from.head.from_name);
    const bool known = (seen != nullptr && seen->mark.id == from.head.from) ||
                       (state().record && state().record->counts(from.head.from));
    if (!known) {
        return;
    }
    knowledge_.answered(now, from.head.cluster, body);
    const Knowledge::Known* ours =
        knowledge_.of(state().record ? state().record->cluster : config_.cluster);
    const bool of_ours = ours != nullptr && ours->cluster == from.head.cluster;
    if (body.self && of_ours && body.seq <= questions_ && body.seq > confirmed_.question) {
        confirmed_ = {body.seq, body.leader_term};
    }
}

// Only a leader whose lease holds at this moment can say yes. A raised term without a leader proves
// nothing, and old knowledge says nothing about now (F18).
TokenVerdict Election::check_token(TimePoint now, Term token) const {
    if (is_leader(now)) {
        if (token == tenure_->term()) {
            return TokenVerdict::Newest;
        }
        return token < tenure_->term() ? TokenVerdict::Old : TokenVerdict::Unknown;
    }
    Term led = heard_.acquired ? heard_.term : 0;
    if (state().record) {
        if (const Knowledge::Known* known = knowledge_.of(state().record->cluster)) {
            led = std::max(led, known->term);
        }
    } else if (const Knowledge::Known* known = knowledge_.of(config_.cluster)) {
        led = std::max(led, known->term);
    }
    return led > token ? TokenVerdict::Old : TokenVerdict::Unknown;
}

}  // namespace muster::election
