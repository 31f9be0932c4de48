// The commands about the past: docs/api.md, "The history". Answered by the journal's thread; the
// client waits, and nobody else.
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/history_messages.h"
#include "agent/api/text.h"
#include "agent/history/story.h"
#include "agent/ring/member_set.h"

namespace muster::api {

namespace {

void write_tags(Encoder& encoder, std::string_view key, BytesView encoded) {
    const cluster::Tags tags = encoded.empty() ? cluster::Tags() : cluster::decode_tags(encoded);
    const std::vector<Pair> pairs(tags.begin(), tags.end());
    encoder.key(key);
    encoder.text_map(pairs);
}

void write_fingerprint(Encoder& encoder, std::string_view key, const history::Change& change,
                       std::uint64_t fingerprint) {
    encoder.key(key);
    if (change.kind == history::Kind::Ring)
        encoder.text(ring::fingerprint_text(fingerprint));
    else
        encoder.nil();
}

void write_change(Encoder& encoder, const history::Change& change) {
    encoder.begin_map(21);
    encoder.text_field("Addr", change.endpoint.plain().ip_text());
    encoder.text_field("By", change.by);
    encoder.text_field("Cause", change.cause);
    encoder.integer_field("Clock", change.clock_ns);
    encoder.text_field("Event", to_string(change.kind));
    write_fingerprint(encoder, "Fingerprint", change, change.number);
    write_fingerprint(encoder, "FingerprintBefore", change, change.number_before);
    encoder.text_field("From", to_string(change.from));
    encoder.natural_field("Health", change.health);
    encoder.natural_field("Incarnation", change.incarnation);
    encoder.natural_field("Number", change.kind == history::Kind::Ring ? 0 : change.number);
    encoder.natural_field("NumberBefore",
                          change.kind == history::Kind::Ring ? 0 : change.number_before);
    encoder.texts_field("Others", change.others);
    encoder.payload_field("Payload", change.payload);
    encoder.natural_field("Port", change.endpoint.port());
    encoder.natural_field("Seq", change.seq);
    encoder.text_field("Subject", change.subject);
    write_tags(encoder, "Tags", change.tags);
    if (change.tags_before) {
        write_tags(encoder, "TagsBefore", *change.tags_before);
    } else {
        encoder.key("TagsBefore");
        encoder.nil();
    }
    encoder.integer_field("Time", change.wall_ns);
    encoder.text_field("To", to_string(change.to));
    encoder.end_map();
}

void write_page(Encoder& encoder, const journal::Page& page) {
    encoder.begin_body(5);
    encoder.key("Changes");
    encoder.begin_list(page.changes.size());
    for (const history::Change& change : page.changes)
        write_change(encoder, change);
    encoder.end_list();
    encoder.boolean_field("More", page.more);
    encoder.natural_field("Newest", page.newest);
    encoder.natural_field("Next", page.next);
    encoder.natural_field("Oldest", page.oldest);
    encoder.end_body();
}

void write_story(Encoder& encoder, const history::Story& story) {
    encoder.begin_body(5);
    encoder.key("Evidence");
    encoder.begin_list(story.evidence.size());
    for (const history::Change& change : story.evidence)
        write_change(encoder, change);
    encoder.end_list();
    encoder.text_field("Member", story.member);
    encoder.texts_field("Sentences", story.sentences);
    encoder.integer_field("Since", story.since_ns);
    encoder.text_field("Status", story.status);
    encoder.end_body();
}

cluster::Status status_of(history::Standing standing) {
    switch (standing) {
        case history::Standing::Alive:
        case history::Standing::Suspect:
            return cluster::Status::Alive;
        case history::Standing::Left:
            return cluster::Status::Left;
        case history::Standing::Failed:
            return cluster::Status::Failed;
        case history::Standing::None:
            break;
    }
    return cluster::Status::None;
}

}  // namespace

void Conversation::history(const Request& request) {
    const Result<HistoryRequest> wanted = decode_history(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    journal::Question question;
    question.from = wanted->from;
    question.since_ns = wanted->since_ns;
    question.member = wanted->member;
    if (wanted->limit != 0)
        question.limit = wanted->limit;
    const auto done = [this, request](const Result<journal::Page>& page) {
        if (!page)
            return refuse(request, page.error().text);
        auto body = std::make_shared<std::string>();
        write_page(*make_encoder(encoding_, *body), *page);
        reply_shared(request, body);
    };
    premises_.backend.history(question, completion<const Result<journal::Page>&>(done));
}

void Conversation::members_at(const Request& request) {
    const Result<MembersAtRequest> wanted = decode_members_at(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const auto done = [this, request](const Result<journal::PastView>& past) {
        if (!past)
            return refuse(request, past.error().text);
        std::vector<MemberRecord> records;
        records.reserve(past->members.size());
        for (const auto& [name, entry] : past->members) {
            records.push_back({.name = name,
                               .endpoint = entry.endpoint,
                               .tags = entry.tags,
                               .versions = entry.versions,
                               .status = status_of(entry.standing),
                               .suspect = entry.standing == history::Standing::Suspect,
                               .incarnation = entry.incarnation,
                               .since_ns = entry.since_ns,
                               .self = name == premises_.backend.self()});
        }
        auto body = std::make_shared<std::string>();
        write_members(*make_encoder(encoding_, *body), records, past->seq);
        reply_shared(request, body);
    };
    premises_.backend.members_at({.seq = wanted->seq, .wall_ns = wanted->time_ns.value_or(0)},
                                 completion<const Result<journal::PastView>&>(done));
}

void Conversation::explain(const Request& request) {
    const Result<ExplainRequest> wanted = decode_explain(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    journal::Question question;
    question.member = wanted->member;
    question.limit = history::most_changes;
    question.newest = true;
    const auto done = [this, request, member = wanted->member](const Result<journal::Page>& page) {
        reply_story(request, member, page);
    };
    premises_.backend.history(question, completion<const Result<journal::Page>&>(done));
}

void Conversation::reply_story(const Request& request, const Bytes& member,
                               const Result<journal::Page>& page) {
    const Backend& backend = premises_.backend;
    const std::vector<history::Change> changes =
        page ? page->changes : std::vector<history::Change>();
    std::optional<history::Story> story =
        history::tell(member, changes, backend.live(member),
                      {.self = backend.self(), .now_ns = backend.wall_time(backend.now())});
    if (!page && !story)
        return refuse(request, page.error().text);
    if (!story)
        return refuse(request, "no member '" + printable(member) +
                                   "' is known, nor does the history know one of that name "
                                   "(see muster members)");
    if (!page)
        story->sentences.push_back("How that came is not known: " + page.error().text + ".");
    auto body = std::make_shared<std::string>();
    write_story(*make_encoder(encoding_, *body), *story);
    reply_shared(request, body);
}

}  // namespace muster::api
