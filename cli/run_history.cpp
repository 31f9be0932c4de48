// What has happened, how it was, and why it is so.
#include <chrono>

#include "agent/api/history_messages.h"
#include "agent/api/history_reader.h"
#include "cli/render.h"
#include "cli/render_history.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

namespace {

// A change is told of before it is written down.
constexpr auto follow_looks_again = std::chrono::milliseconds(500);

std::int64_t wall_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Result<PastMoment> moment_of(std::string_view text) {
    return parse_moment(text, wall_now());
}

ExitStatus Run::show_past(const MembersOptions& asked) {
    const Result<PastMoment> moment = moment_of(asked.at);
    if (!moment)
        return fail(moment.error().text);
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    api::MembersAtRequest request;
    request.seq = moment->seq;
    if (!moment->seq)
        request.time_ns = moment->wall_ns;
    const auto members = client->ask(Command::MembersAt, request, api::read_members);
    if (!members)
        return fail(members.error().text);
    return print(options_->json ? members_json(*members) : members_text(*members, asked.detailed));
}

ExitStatus Run::operator()(const HistoryOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    if (asked.follow) {
        if (const auto error = client->stream("*"))
            return fail(error->text);
    }
    api::HistoryRequest request;
    request.member = asked.member;
    request.from = asked.from;
    if (asked.since)
        request.since_ns = wall_now() - asked.since->count();
    for (;;) {
        const auto page = client->ask(Command::History, request, api::read_history);
        if (!page)
            return fail(page.error().text);
        std::string text;
        if (request.from != 0 && request.from < page->oldest)
            text += (options_->json ? gap_json : gap_text)(request.from, page->oldest - 1);
        for (const api::ReadChange& change : page->changes)
            text += options_->json ? change_json(change) : change_text(change);
        if (const ExitStatus status = print(text); status != ExitStatus::Done)
            return status;
        request.from = page->next;
        request.since_ns.reset();
        if (page->more)
            continue;
        if (!asked.follow)
            return ExitStatus::Done;
        // Whatever came is in the next page, and that it came is all that is of interest.
        Deadline next = Clock::now() + follow_looks_again;
        do {
            const auto record = client->next_record(next);
            if (!record)
                return fail(record.error().text);
        } while (Clock::now() < *next && client->has_record());
    }
}

ExitStatus Run::operator()(const ExplainOptions& asked) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const auto story =
        client->ask(Command::Explain, api::ExplainRequest{.member = asked.member}, api::read_story);
    if (!story)
        return fail(story.error().text);
    return print(options_->json ? story_json(*story) : story_text(*story));
}

ExitStatus Run::operator()(const DoctorOptions& /*asked*/) {
    Result<Client> client = connect_to_musterd();
    if (!client)
        return fail(client.error().text);
    const auto findings = client->ask(Command::Doctor, api::read_findings);
    if (!findings)
        return fail(findings.error().text);
    return print(options_->json ? findings_json(*findings) : findings_text(*findings),
                 findings->empty() ? ExitStatus::Done : ExitStatus::No);
}

}  // namespace muster::cli
