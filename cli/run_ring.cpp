// Rings and drain.
#include <algorithm>

#include "agent/api/ring_messages.h"
#include "agent/api/ring_reader.h"
#include "cli/render_cluster.h"
#include "cli/render_ring.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

namespace {

constexpr std::size_t most_keys_input = std::size_t{256} << 20U;
// Keys in one request: the reply of each may be long, too.
constexpr std::size_t batch = 1000;
constexpr std::size_t batch_bytes = std::size_t{512} << 10U;
// A ring that changes all the time is exported in vain.
constexpr int export_attempts = 5;

std::vector<Bytes> lines_of(const std::string& text) {
    std::vector<Bytes> lines;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        lines.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

// Where the keys of the next request end.
std::size_t end_of_batch(const std::vector<Bytes>& keys, std::size_t start) {
    std::size_t bytes = 0;
    std::size_t end = start;
    while (end < keys.size() && end - start < batch && bytes < batch_bytes)
        bytes += keys[end++].size();
    return end;
}

Result<api::ReadRingExport> export_once(Client& client, const std::string& ring) {
    api::ReadRingExport whole;
    do {
        const auto part = client.ask<api::ReadRingExport>(
            Command::RingExport,
            api::RingExportRequest{.ring = ring, .from = whole.positions.size()},
            api::read_ring_export);
        if (!part)
            return part.error();
        if (whole.fingerprint.empty())
            whole = *part;
        else if (part->fingerprint != whole.fingerprint || part->positions.empty())
            return api::ReadRingExport{};  // it has changed meanwhile
        else {
            whole.positions.insert(whole.positions.end(), part->positions.begin(),
                                   part->positions.end());
            whole.owners.insert(whole.owners.end(), part->owners.begin(), part->owners.end());
        }
    } while (whole.positions.size() < whole.count);
    return whole;
}

}  // namespace

Result<std::string> ring_disagreement(Client& client, Clock::time_point deadline) {
    constexpr Duration patience = std::chrono::seconds(2);
    constexpr Duration least = std::chrono::milliseconds(100);
    const Duration left = deadline - Clock::now();
    const auto status = client.ask<api::ReadRingStatus>(
        Command::RingStatus,
        api::RingStatusRequest{.ring = {}, .timeout = std::clamp(left, least, patience)},
        api::read_ring_status);
    if (!status)
        return status.error();
    if (!status->differ.empty())
        return name_list(std::vector{status->differ.front().name}) + " uses another ring";
    if (!status->silent.empty())
        return name_list(status->silent) + " did not say which ring it uses";
    return status->pending ? std::string("the ring is about to change") : std::string();
}

Result<Client> Run::connect_to_musterd() const {
    Result<Client> client = connect();
    if (client && !client->extended())
        return Error{
            "this agent is no musterd: it has neither rings, nor a drain, nor a history, nor "
            "hooks"};
    return client;
}

ExitStatus Run::operator()(const RingOwnersOptions& asked) {
    std::vector<Bytes> keys(asked.keys.begin(), asked.keys.end());
    if (keys.size() == 1 && keys.front() == "-") {
        const Result<std::string> input = terminal_->in(most_keys_input);
        if (!input)
            return fail(input.error().text);
        keys = lines_of(*input);
    }
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    ExitStatus status = ExitStatus::Done;
    for (std::size_t start = 0; start < keys.size();) {
        const std::size_t end = end_of_batch(keys, start);
        const auto from = keys.begin() + static_cast<std::ptrdiff_t>(start);
        const auto to = keys.begin() + static_cast<std::ptrdiff_t>(end);
        const auto reply =
            client->ask<api::ReadRingOwners>(Command::RingOwners,
                                             api::RingOwnersRequest{
                                                 .ring = asked.ring,
                                                 .keys = {from, to},
                                                 .owners = asked.owners,
                                                 .distinct_zones = asked.distinct_zones,
                                             },
                                             api::read_ring_owners);
        if (!reply)
            return fail(reply.error().text);
        if (reply->owners.size() != end - start)
            return fail("the agent has answered for other keys than it was asked");
        std::string text;
        for (const std::vector<Bytes>& owners : reply->owners) {
            const Bytes& key = keys[start++];
            status = owners.empty() ? ExitStatus::No : status;
            text += options_->json ? ring_owners_json(*reply, key, owners)
                                   : ring_owners_text(key, owners);
        }
        if (print(text) != ExitStatus::Done)
            return ExitStatus::Error;
    }
    return status;
}

ExitStatus Run::operator()(const RingShowOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const auto ring = client->ask<api::ReadRing>(
        Command::Ring, api::RingRequest{.ring = asked.ring}, api::read_ring);
    if (!ring)
        return fail(ring.error().text);
    return print(options_->json ? ring_show_json(*ring) : ring_show_text(*ring));
}

ExitStatus Run::operator()(const RingDiffOptions& asked) {
    api::RingDiffRequest request = asked.request;
    if (!asked.at.empty()) {
        const Result<PastMoment> moment = moment_of(asked.at);
        if (!moment)
            return fail(moment.error().text);
        request.seq = moment->seq;
        if (!moment->seq)
            request.time_ns = moment->wall_ns;
    }
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const auto diff =
        client->ask<api::ReadRingDiff>(Command::RingDiff, request, api::read_ring_diff);
    if (!diff)
        return fail(diff.error().text);
    return print(options_->json ? ring_diff_json(*diff)
                                : ring_diff_text(*diff, /*has_happened=*/request.is_of_past()));
}

ExitStatus Run::operator()(const RingStatusOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const auto status = client->ask<api::ReadRingStatus>(
        Command::RingStatus, api::RingStatusRequest{.ring = asked.ring, .timeout = asked.timeout},
        api::read_ring_status);
    if (!status)
        return fail(status.error().text);
    const bool agreed = status->differ.empty() && status->silent.empty();
    return print(options_->json ? ring_status_json(*status) : ring_status_text(*status),
                 agreed ? ExitStatus::Done : ExitStatus::No);
}

ExitStatus Run::operator()(const RingExportOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    for (int attempt = 0; attempt < export_attempts; ++attempt) {
        const Result<api::ReadRingExport> whole = export_once(*client, asked.ring);
        if (!whole)
            return fail(whole.error().text);
        if (!whole->fingerprint.empty())
            return print(ring_export_json(*whole));
    }
    return fail(
        "the ring has changed each time before it was exported: try again when it is "
        "quiet");
}

ExitStatus Run::operator()(const DrainOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const bool asks = asked.action == DrainOptions::Action::Status;
    const auto drain = asks ? client->ask<api::ReadDrain>(Command::DrainStatus, api::read_drain)
                            : client->ask<api::ReadDrain>(
                                  Command::Drain,
                                  api::DrainRequest{.on = asked.action == DrainOptions::Action::On,
                                                    .time = asked.time.value_or(Duration::zero())},
                                  api::read_drain);
    if (!drain)
        return fail(drain.error().text);
    return print(options_->json ? drain_json(*drain) : drain_text(*drain),
                 asks && !drain->draining ? ExitStatus::No : ExitStatus::Done);
}

}  // namespace muster::cli
