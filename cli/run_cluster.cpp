// Tags, events, queries, and how far it is from one member to another.
#include <algorithm>

#include "agent/api/text.h"
#include "agent/cluster/coordinate.h"
#include "cli/render_cluster.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

namespace {

// More than any event or query may carry; the agent says what its limit is.
constexpr std::size_t most_input = std::size_t{64} * 1024;
// What an agent may take beyond the time of the query itself; and that time, where it chooses it.
constexpr auto end_grace = std::chrono::seconds(10);
constexpr auto longest_default = std::chrono::minutes(1);

Deadline end_of(const cluster::QueryRequest& wanted) {
    const Duration own = wanted.timeout > Duration::zero() ? wanted.timeout : longest_default;
    return Clock::now() + std::chrono::ceil<Clock::duration>(own) + end_grace;
}

// The next answer to the query that runs. At its end a serf may send acks and responses of nobody
// (it reads channels that were just closed): those are skipped.
Result<api::ReadAnswer> next_answer(Client& client, Deadline deadline) {
    for (;;) {
        const Result<std::optional<api::Value>> record = client.next_record(deadline);
        if (!record)
            return record.error();
        if (!*record)
            return Error{"the agent does not end the query (is it stopped, or very busy?)"};
        Result<api::ReadAnswer> answer = api::read_answer(**record);
        if (!answer || answer->type == "done" || !answer->from.empty())
            return answer;
    }
}

}  // namespace

Result<std::string> Run::payload(const Payload& given) {
    if (!given.from_input())
        return given.text;
    return terminal_->in(most_input);
}

ExitStatus Run::operator()(const TagsOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    encode_body(api::TagsRequest{.set = asked.set, .remove = asked.remove}, body);
    const Result<Client::Reply> reply = client->call(Command::Tags, body);
    if (!reply || !reply->error.empty())
        return fail(reply ? BytesView(reply->error) : BytesView(reply.error().text));
    const Result<api::ReadTags> tags = api::read_tags(reply->body);
    if (!tags)
        return fail(tags.error().text);
    return print(options_->json ? tags_json(*tags) : tags_text(*tags));
}

ExitStatus Run::operator()(const EventOptions& asked) {
    const Result<std::string> bytes = payload(asked.payload);
    if (!bytes)
        return fail(bytes.error().text);
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    encode_body(
        api::EventRequest{.name = asked.name, .payload = *bytes, .coalesce = asked.coalesce}, body);
    const Result<Client::Reply> reply = client->call(Command::Event, body);
    if (!reply || !reply->error.empty())
        return fail(reply ? BytesView(reply->error) : BytesView(reply.error().text));
    const Result<api::ReadLtime> ltime = api::read_ltime(reply->body);
    if (!ltime)
        return fail(ltime.error().text);
    return print(options_->json ? event_json(*ltime) : event_text(asked.name, *ltime));
}

ExitStatus Run::operator()(const QueryOptions& asked) {
    Result<std::string> bytes = payload(asked.payload);
    if (!bytes)
        return fail(bytes.error().text);
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    cluster::QueryRequest wanted;
    wanted.name = asked.name;
    wanted.payload = *std::move(bytes);
    wanted.filter_nodes = asked.filter_nodes;
    wanted.filter_tags.assign(asked.filter_tags.begin(), asked.filter_tags.end());
    wanted.relay_factor = asked.relay_factor;
    wanted.wants_acks = !asked.no_ack;
    wanted.timeout = asked.timeout;
    if (const auto ltime = client->query(wanted); !ltime)
        return fail(ltime.error().text);
    const Deadline deadline = end_of(wanted);
    HeardAnswers heard;
    for (;;) {
        const Result<api::ReadAnswer> answer = next_answer(*client, deadline);
        if (!answer)
            return fail(answer.error().text);
        heard.acks += answer->type == "ack" ? 1U : 0U;
        heard.responses += answer->type == "response" ? 1U : 0U;
        const ExitStatus status =
            print(options_->json ? answer_json(*answer, heard)
                                 : answer_text(*answer, heard, wanted.wants_acks));
        if (status != ExitStatus::Done || answer->type == "done")
            return status;
    }
}

ExitStatus Run::operator()(const RttOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    Bytes other = asked.b;
    if (other.empty()) {
        const Result<api::ReadStats> stats = client->stats();
        if (!stats)
            return fail(stats.error().text);
        const auto agent = stats->sections.find("agent");
        if (agent == stats->sections.end() || !agent->second.contains("name"))
            return fail("the agent does not tell its name: give two members");
        other = agent->second.at("name");
    }
    std::vector<cluster::Coordinate> both;
    for (const Bytes& name : {Bytes(asked.a), other}) {
        const auto coordinate = client->coordinate(name);
        if (!coordinate)
            return fail(coordinate.error().text);
        if (!*coordinate)
            return fail("the agent does not know where " + name +
                        " stands (is it a member, and has it been probed by now?)");
        both.push_back(**coordinate);
    }
    const Duration rtt = cluster::distance(both[0], both[1]);
    return print(options_->json ? rtt_json(asked.a, other, rtt) : rtt_text(asked.a, other, rtt));
}

// Over as soon as all have answered: only the silence of one takes the query's whole time.
ExitStatus Run::operator()(const ReachabilityOptions&) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<api::ReadMembers> members = client->members({});
    if (!members)
        return fail(members.error().text);
    Reachability found;
    found.total = members->members.size();
    for (const api::ReadMember& member : members->members) {
        if (member.status == "alive")
            found.live.push_back(member.name);
    }
    cluster::QueryRequest ping;
    ping.name = "_serf_ping";
    ping.wants_acks = true;
    if (const auto ltime = client->query(ping); !ltime)
        return fail(ltime.error().text);
    const Deadline deadline = end_of(ping);
    bool has_ended = false;
    while (!has_ended && !found.missing().empty()) {
        const Result<api::ReadAnswer> answer = next_answer(*client, deadline);
        if (!answer)
            return fail(answer.error().text);
        has_ended = answer->type == "done";
        if (answer->type == "ack")
            found.acks.push_back(answer->from);
    }
    return print(options_->json ? reachability_json(found) : reachability_text(found),
                 found.missing().empty() ? ExitStatus::Done : ExitStatus::No);
}

}  // namespace muster::cli
