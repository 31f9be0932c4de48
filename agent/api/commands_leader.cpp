// The commands about the leader and its voters (docs/election.md, "The API"). Each becomes one
// request of the node; what ends later is answered then.
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/messages_leader.h"

namespace muster::api {

namespace {

// Names that one client may hold at once.
constexpr std::size_t most_holds = 16;

std::optional<election::ChangeVoters> change_of(const ChangeVotersRequest& wanted) {
    using Action = election::ChangeVoters::Action;
    for (const auto& [word, action] :
         {std::pair("add", Action::Add), std::pair("remove", Action::Remove),
          std::pair("replace", Action::Replace), std::pair("target", Action::Target)}) {
        if (wanted.action == word)
            return election::ChangeVoters{action, wanted.node, wanted.old,
                                          static_cast<std::uint8_t>(wanted.target)};
    }
    return std::nullopt;
}

}  // namespace

void Conversation::leader(const Request& request) {
    const auto done = [this, request](const election::Answer& /*answer*/) {
        reply_leader(request, {});
    };
    premises_.backend.lead(election::AskLeader{}, completion<election::Answer>(done));
}

void Conversation::reply_leader(const Request& request, std::string_view error) {
    const Backend& backend = premises_.backend;
    const election::LeaderView view = error.empty() ? backend.leader() : election::LeaderView{};
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_leader(*encoder, view);
    link_->send(reply);
}

void Conversation::reply_led(const Request& request, const election::Answer& answer) {
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = answer.error}, /*body_follows=*/true);
    write_leader_answer(*encoder, answer);
    link_->send(reply);
}

void Conversation::lead(const Request& request, const election::Request& wanted) {
    const auto done = [this, request](const election::Answer& answer) {
        reply_led(request, answer);
    };
    premises_.backend.lead(wanted, completion<election::Answer>(done));
}

// A holder is a connection and a name: who connects again is another one, since nobody knows what
// the first one still does.
std::optional<election::HolderId> Conversation::holder(const Bytes& name) {
    const auto known = holders_.find(name);
    if (known != holders_.end())
        return known->second;
    if (holders_.size() >= most_holds)
        return std::nullopt;
    return holders_.emplace(name, ++premises_.stats.holders).first->second;
}

void Conversation::hold(const Request& request) {
    const Result<HoldRequest> wanted = decode_hold(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const std::optional<election::HolderId> by = holder(wanted->name);
    if (!by)
        return refuse(request, "this client holds too many names");
    lead(request, election::Hold{*by, wanted->name, wanted->wants, wanted->unfenced});
}

void Conversation::release(const Request& request) {
    const Result<ReleaseRequest> wanted = decode_release(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const auto known = holders_.find(wanted->name);
    if (known == holders_.end())
        return refuse(request, "this client does not hold that name");
    const election::HolderId by = known->second;
    holders_.erase(known);
    lead(request, election::Released{by, wanted->resign, wanted->hold_off});
}

void Conversation::change_leader(const Request& request) {
    if (request.command == Command::LeaderResign) {
        const Result<ResignRequest> wanted = decode_resign(request.body);
        return wanted ? lead(request, election::GiveUp{{}, wanted->hold_off})
                      : malformed(request, wanted.error());
    }
    if (request.command == Command::LeaderTransfer) {
        const Result<TransferRequest> wanted = decode_transfer(request.body);
        if (wanted && wanted->node.empty())
            return refuse(request, "say to whom: field Node is empty");
        return wanted ? lead(request, election::GiveUp{wanted->node, {}})
                      : malformed(request, wanted.error());
    }
    const Result<ResetRequest> wanted = decode_reset(request.body);
    return wanted ? lead(request, election::Reset{wanted->force})
                  : malformed(request, wanted.error());
}

void Conversation::check_token(const Request& request) {
    const Result<CheckTokenRequest> wanted = decode_check_token(request.body);
    return wanted ? lead(request, election::CheckToken{wanted->term})
                  : malformed(request, wanted.error());
}

void Conversation::use_once(const Request& request) {
    const Result<OnceRequest> wanted = decode_once(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    lead(request, election::UseOnce{wanted->key, wanted->expiry});
}

void Conversation::change_voters(const Request& request) {
    if (request.command == Command::VotersRecover) {
        const Result<RecoverRequest> wanted = decode_recover(request.body);
        return wanted ? lead(request, election::Recover{wanted->nodes})
                      : malformed(request, wanted.error());
    }
    const Result<ChangeVotersRequest> wanted = decode_change_voters(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const std::optional<election::ChangeVoters> change = change_of(*wanted);
    if (!change)
        return refuse(request, "Action is add, remove, replace or target");
    if (change->action == election::ChangeVoters::Action::Target &&
        (wanted->target < 1 || wanted->target > election::max_voters))
        return refuse(request, "Target is a number from 1 to 9");
    lead(request, *change);
}

}  // namespace muster::api
