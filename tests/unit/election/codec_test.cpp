// The election's own bytes: records, messages, durable states, marks.
#include <catch2/catch.hpp>

#include "agent/election/fields.h"
#include "agent/election/messages.h"
#include "agent/election/state.h"
#include "agent/election/timing.h"
#include "agent/election/view.h"
#include "swim/random.h"

using namespace muster;
using namespace muster::election;

namespace {

Record record(std::size_t voters = 3) {
    Record record;
    record.key = {4, 9};
    record.cluster = ClusterId{0xC0FFEE};
    record.target = 3;
    record.lease_ms = 800;
    record.drift_ppm = 10000;
    for (std::size_t i = 0; i < voters; ++i) {
        record.voters.push_back({"node-" + std::to_string(i), VoterId{i + 1}, 100});
    }
    record.once = {{17, 1000}, {18, 2000}};
    return record;
}

Record in_flight() {
    Record changing = record();
    changing.added = changing.voters.back();
    changing.removed = Voter{"old", VoterId{99}, 7};
    changing.lease_before = 400;
    return changing;
}

template <class Value>
Bytes bytes_of(const Value& value) {
    Bytes bytes;
    encode(value, bytes);
    return bytes;
}

std::vector<Body> bodies() {
    return {PreVote{5, {4, 9}},
            PreVoteAnswer{5, false, 812, in_flight()},
            Vote{{4, 9}, 3},
            VoteAnswer{5, true, 0, {}},
            Append{77, 818, {4, 9}, record(), {4, 8}, {VoterId{1}, VoterId{2}}},
            Append{78, 818, {4, 9}, {}, {}, {}},
            AppendAnswer{77, {4, 9}, true, true, false, true, 1700000000},
            Release{},
            TransferNow{},
            LockRequest{ClusterId{8}, true, record()},
            LockAnswer{ClusterId{8}, false, 12, record(), "it is not named"},
            Founded{ClusterId{8}, record()},
            FoundedAnswer{ClusterId{8}},
            Cancel{ClusterId{8}},
            LockAsk{ClusterId{8}},
            LeaderAsk{8},
            LeaderAnswer{8, VoterId{3}, 6, "node-3", true, 40, {"a", "b"}, {"a"}}};
}

Bytes message_of(const Body& body) {
    return encode(Message{{ClusterId{1}, VoterId{2}, "node-2", VoterId{3}, 7}, body});
}

}  // namespace

TEST_CASE("a record is read as it was written") {
    for (const Record& each : {record(), record(9), in_flight()}) {
        const Result<Record> read = decode_record(bytes_of(each));
        REQUIRE(read);
        CHECK(*read == each);
    }
}

TEST_CASE("entries that a newer version wrote into a record are kept as they came") {
    FieldWriter writer;
    writer.raw("k", BytesView("\x92\x04\x09", 3));
    Bytes newer = bytes_of(record());
    newer[0] = static_cast<char>(newer[0] + 2);
    newer += BytesView(
        "\xA5"
        "lease\x07\xA1z\x93\x01\x02\x03",
        13);
    const Result<Record> read = decode_record(newer);
    REQUIRE(read);
    CHECK(read->unknown_entries == 2);
    CHECK(bytes_of(*read) == newer);
}

TEST_CASE("what is no record is refused, and says why") {
    const auto broken = [](auto change) {
        Record bad = record();
        change(bad);
        const Result<Record> read = decode_record(bytes_of(bad));
        return read ? std::string() : read.error().text;
    };
    CHECK(broken([](Record&) {}).empty());
    CHECK(broken([](Record& r) { r.voters.clear(); }) == "record: 1 to 9 voters are needed");
    CHECK(broken([](Record& r) { r.voters[1].id = r.voters[0].id; }) ==
          "record: a voter stands twice");
    CHECK(broken([](Record& r) { r.voters[1].name = r.voters[0].name; }) ==
          "record: a voter stands twice");
    CHECK(broken([](Record& r) {
              for (Voter& voter : r.voters) {
                  voter.priority = 0;
              }
          }) == "record: no voter may lead: all have priority 0");
    CHECK(!broken([](Record& r) { r.added = Voter{"x", VoterId{50}, 1}; }).empty());
    CHECK(!broken([](Record& r) { r.removed = r.voters[0]; }).empty());
    CHECK(!broken([](Record& r) { r.lease_ms = 0; }).empty());
    CHECK(!broken([](Record& r) { r.lease_ms = max_lease_ms + 1; }).empty());
    CHECK(!broken([](Record& r) { r.drift_ppm = max_drift_ppm + 1; }).empty());
    CHECK(!broken([](Record& r) { r.target = 10; }).empty());
    CHECK(!broken([](Record& r) { r.key.term = 0; }).empty());
    CHECK(!broken([](Record& r) { r.cluster = no_cluster; }).empty());
}

TEST_CASE("every kind of message is read as it was written, and fits a datagram") {
    for (const Body& body : bodies()) {
        CAPTURE(to_string(body));
        const Bytes bytes = message_of(body);
        CHECK(bytes.size() <= max_message_size);
        const Result<Message> read = decode_message(bytes);
        REQUIRE(read);
        CHECK(encode(*read) == bytes);
        CHECK(read->body.index() == body.index());
        CHECK(read->head.from == VoterId{2});
        CHECK(read->head.to == VoterId{3});
        CHECK(read->head.term == 7);
    }
}

TEST_CASE("a message that is cut short, or longer than it says, is refused") {
    for (const Body& body : bodies()) {
        const Bytes bytes = message_of(body);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CHECK_FALSE(decode_message(BytesView(bytes).substr(0, size)));
        }
        CHECK_FALSE(decode_message(bytes + "x"));
    }
}

TEST_CASE("hostile bytes are refused or read, and never more") {
    Random random(5);
    unsigned refused = 0;
    for (const Body& body : bodies()) {
        for (unsigned i = 0; i < 500; ++i) {
            Bytes bytes = message_of(body);
            for (unsigned change = 0; change < 3; ++change) {
                bytes[3 + random.below(bytes.size() - 3)] = static_cast<char>(random.next());
            }
            const Result<Message> read = decode_message(bytes);
            refused += read ? 0U : 1U;
            if (read) {
                CHECK(decode_message(encode(*read)));
            }
        }
    }
    CHECK(refused > 1000);
}

TEST_CASE("another version or kind, or too large a message, is refused") {
    Bytes bytes = message_of(PreVote{});
    bytes[1] = 2;
    CHECK(decode_message(bytes).error().text == "election message: version 2 is not known (1 is)");
    bytes[1] = 1;
    bytes[2] = 99;
    CHECK(decode_message(bytes).error().text == "election message: kind 99 is not known");
    CHECK(!decode_message(Bytes(max_message_size + 1, message_type)));
    Append promise;
    promise.promise_ms = max_promise_ms + 1;
    CHECK(decode_message(message_of(promise)).error().text ==
          "election message Append: promise out of range");
}

TEST_CASE("a state is found in its slots as it was stored") {
    State state;
    state.name = "node-1";
    state.id = VoterId{5};
    state.term = 12;
    state.voted_for = VoterId{6};
    state.record = in_flight();
    state.lock = Lock{ClusterId{4}, true, VoterId{6}, "node-2", record()};
    state.longest_promise_ms = 818;
    state.term_floor = 3;
    state.decided = ClusterId{9};
    const Bytes slot = encode_slot(state, 42);
    CHECK(slot.size() == slot_size);
    const Result<Slot> read = decode_slot(slot);
    REQUIRE(read);
    CHECK(read->state == state);
    CHECK(read->counter == 42);
    Random random(3);
    for (unsigned i = 0; i < 300; ++i) {
        Bytes rotten = slot;
        const auto at = random.below(std::uint64_t{slot_size});
        rotten[at] = static_cast<char>(rotten[at] ^ (1 << random.below(std::uint64_t{8})));
        CHECK_FALSE(decode_slot(rotten));
    }
    CHECK_FALSE(decode_slot(BytesView(slot).substr(1)));
    CHECK_FALSE(decode_slot(""));
}

TEST_CASE("a mark is read as it was written, and a newer one's additions are passed over") {
    const Mark mark{true, VoterId{0xABCDEF0123456789}, ClusterId{7}, 3, 100};
    CHECK(encode(mark) == "1vabcdef0123456789c0000000000000007n3p100");
    CHECK(decode_mark(encode(mark)) == mark);
    CHECK(decode_mark(encode(mark) + "q5") == mark);
    CHECK(decode_mark("1") == Mark{});
    CHECK(!decode_mark(""));
    CHECK(!decode_mark("2"));
    CHECK(!decode_mark("1v0c0n0p0"));
    CHECK(!decode_mark("1vxyz"));
    CHECK(!decode_mark("1v0000000000000001c0000000000000000n300p1"));
}
