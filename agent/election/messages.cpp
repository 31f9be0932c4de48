#include "agent/election/messages.h"

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include "agent/election/fields.h"
#include "agent/election/timing.h"

namespace muster::election {

// Records inside messages, as values of fields.
static void encode_value(const Record& record, Bytes& out) {
    encode(record, out);
}

namespace {

// Reads like FieldReader, and records too: they are decoded by their own rules.
class MessageReader : public FieldReader {
public:
    using FieldReader::FieldReader;

    template <class T>
    void operator()(const char* key, T& value) {
        FieldReader::operator()(key, value);
    }
    void operator()(const char* key, Record& record) {
        Result<Record> decoded = decode_record(take(key));
        if (decoded) {
            record = std::move(*decoded);
        } else {
            fail(key, "no record");
        }
    }
    void operator()(const char* key, std::optional<Record>& record) {
        record.reset();
        if (has(key)) {
            (*this)(key, record.emplace());
        }
    }
};

template <class M, class T>
constexpr bool is = std::is_same_v<std::remove_const_t<M>, T>;

// The fields of each kind, for both directions.
template <class Fields, class M>
void describe_vote(Fields& field, M& body) {
    if constexpr (is<M, PreVote> || is<M, Vote>) {
        field("key", body.key);
    }
    if constexpr (is<M, PreVote>) {
        field("asked", body.asked);
    }
    if constexpr (is<M, Vote>) {
        field("transfer_of", body.transfer_of);
    }
    if constexpr (is<M, PreVoteAnswer> || is<M, VoteAnswer>) {
        field("asked", body.asked);
        field("granted", body.granted);
        field("promise_left", body.promise_left_ms);
        field("record", body.record);
    }
}

template <class Fields, class M>
void describe_append(Fields& field, M& body) {
    if constexpr (is<M, Append>) {
        field("seq", body.seq);
        field("promise", body.promise_ms);
        field("key", body.key);
        field("record", body.record);
        field("committed", body.committed);
        field("answering", body.answering);
    }
    if constexpr (is<M, AppendAnswer>) {
        field("seq", body.seq);
        field("key", body.key);
        field("promised", body.promised);
        field("ready", body.ready);
        field("wants", body.wants);
        field("departing", body.departing);
        field("wall", body.wall);
    }
}

template <class Fields, class M>
void describe_founding(Fields& field, M& body) {
    if constexpr (is<M, LockRequest> || is<M, LockAnswer> || is<M, Founded> ||
                  is<M, FoundedAnswer> || is<M, Cancel> || is<M, LockAsk>) {
        field("attempt", body.attempt);
    }
    if constexpr (is<M, LockRequest>) {
        field("recover", body.recover);
        field("plan", body.plan);
    }
    if constexpr (is<M, LockAnswer>) {
        field("locked", body.locked);
        field("term_floor", body.term_floor);
        field("record", body.record);
        field("reason", body.reason);
    }
    if constexpr (is<M, Founded>) {
        field("record", body.record);
    }
    if constexpr (is<M, LeaderAsk> || is<M, LeaderAnswer>) {
        field("seq", body.seq);
    }
    if constexpr (is<M, LeaderAnswer>) {
        field("leader", body.leader);
        field("leader_term", body.leader_term);
        field("leader_name", body.leader_name);
        field("self", body.self);
        field("age", body.age_ms);
        field("voters", body.voters);
        field("answering", body.answering);
    }
}

template <class Fields, class H, class M>
void describe(Fields& field, H& head, M& body) {
    field("c", head.cluster);
    field("f", head.from);
    field("n", head.from_name);
    field("t", head.to);
    field("T", head.term);
    describe_vote(field, body);
    describe_append(field, body);
    describe_founding(field, body);
}

constexpr std::array<const char*, 17> kind_names = {
    "",           "PreVote",      "PreVoteAnswer", "Vote",        "VoteAnswer",
    "Append",     "AppendAnswer", "Release",       "TransferNow", "Lock",
    "LockAnswer", "Founded",      "FoundedAnswer", "Cancel",      "LockAsk",
    "LeaderAsk",  "LeaderAnswer"};
static_assert(std::variant_size_v<Body> + 1 == kind_names.size());

// A body of the kind that stands in a message; false when there is none.
template <std::size_t... I>
bool make_body(std::uint8_t kind, Body& body, std::index_sequence<I...> /*all*/) {
    return ((std::variant_alternative_t<I, Body>::kind == kind && (body.emplace<I>(), true)) ||
            ...);
}

std::string range_flaw(const Message& message) {
    if (message.head.from_name.size() > max_name) {
        return "the sender's name is too long";
    }
    if (const auto* append = std::get_if<Append>(&message.body)) {
        if (append->promise_ms > max_promise_ms) {
            return "promise out of range";
        }
        if (append->record && append->record->key != append->key) {
            return "the record has another key";
        }
    }
    return "";
}

}  // namespace

const char* to_string(const Body& body) {
    return kind_names[body.index() + 1];
}

Bytes encode(const Message& message) {
    FieldWriter writer;
    std::uint8_t kind = 0;
    std::visit(
        [&](const auto& body) {
            kind = body.kind;
            describe(writer, message.head, body);
        },
        message.body);
    Bytes out{message_type, static_cast<char>(message_version), static_cast<char>(kind)};
    writer.finish(out);
    return out;
}

Result<Message> decode_message(BytesView bytes) {
    if (bytes.size() < 4 || bytes.front() != message_type) {
        return Error{"election message: no type, version and kind"};
    }
    if (bytes.size() > max_message_size) {
        return Error{"election message: " + std::to_string(bytes.size()) + " bytes are too many"};
    }
    if (octet(bytes[1]) != message_version) {
        return Error{"election message: version " + std::to_string(octet(bytes[1])) +
                     " is not known (1 is)"};
    }
    Message message;
    if (!make_body(octet(bytes[2]), message.body,
                   std::make_index_sequence<std::variant_size_v<Body>>{})) {
        return Error{"election message: kind " + std::to_string(octet(bytes[2])) + " is not known"};
    }
    MessageReader reader(bytes.substr(3));
    if (reader.error().empty()) {
        std::visit([&](auto& body) { describe(reader, message.head, body); }, message.body);
    }
    std::string wrong = reader.error();
    if (wrong.empty()) {
        wrong = range_flaw(message);
    }
    if (!wrong.empty()) {
        return Error{std::string("election message ") + to_string(message.body) + ": " + wrong};
    }
    return message;
}

}  // namespace muster::election
