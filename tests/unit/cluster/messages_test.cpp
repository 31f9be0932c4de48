#include "agent/cluster/messages.h"

#include <catch2/catch.hpp>

#include "swim/random.h"
#include "tests/unit/cluster/support.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

void check_meaning(const Leave& leave, const json& decoded) {
    CHECK(leave.ltime == number(decoded.at("LTime")));
    CHECK(leave.node == decoded.at("Node").get<std::string>());
    CHECK(leave.prune == decoded.at("Prune").get<bool>());
}

void check_meaning(const Join& join, const json& decoded) {
    CHECK(join.ltime == number(decoded.at("LTime")));
    CHECK(join.node == decoded.at("Node").get<std::string>());
}

void check_slot(const PushPull::Slot& slot, const json& decoded) {
    CHECK(slot.ltime == number(decoded.at("LTime")));
    REQUIRE(slot.events.size() == decoded.at("Events").size());
    for (std::size_t i = 0; i < slot.events.size(); ++i) {
        const json& event = decoded.at("Events")[i];
        CHECK(slot.events[i].name == event.at("Name").get<std::string>());
        CHECK(slot.events[i].payload == byte_string(event.at("Payload")));
    }
}

// The vectors write a ring in three ways: whole, by its used slots, or in words when it is empty.
void check_ring(const PushPull& state, const json& ring) {
    if (ring.is_string()) {
        CHECK(ring == std::to_string(state.slots) + " nils");
        CHECK(state.events.empty());
        return;
    }
    std::vector<std::pair<std::size_t, json>> used;
    if (ring.is_object()) {
        CHECK(state.slots == ring.at("slots").get<std::size_t>());
        for (const json& slot : ring.at("non_nil")) {
            used.emplace_back(slot.at("index").get<std::size_t>(), slot);
        }
    } else {
        CHECK(state.slots == ring.size());
        for (std::size_t i = 0; i < ring.size(); ++i) {
            if (!ring[i].is_null()) {
                used.emplace_back(i, ring[i]);
            }
        }
    }
    REQUIRE(state.events.size() == used.size());
    for (std::size_t i = 0; i < used.size(); ++i) {
        CHECK(state.events[i].position == used[i].first);
        check_slot(state.events[i], used[i].second);
    }
}

void check_meaning(const PushPull& state, const json& decoded) {
    CHECK(state.ltime == number(decoded.at("LTime")));
    CHECK(state.event_ltime == number(decoded.at("EventLTime")));
    CHECK(state.query_ltime == number(decoded.at("QueryLTime")));
    const std::vector<std::string> left(state.left_members.begin(), state.left_members.end());
    CHECK(left == decoded.at("LeftMembers").get<std::vector<std::string>>());
    std::map<std::string, std::uint64_t> times;
    for (const auto& [name, ltime] : state.status_ltimes) {
        times.emplace(name, ltime);
    }
    CHECK(times == decoded.at("StatusLTimes").get<std::map<std::string, std::uint64_t>>());
    check_ring(state, decoded.at("Events"));
}

template <class Message>
void check_vector(const Result<Message>& message, const Bytes& bytes, const json& vector) {
    REQUIRE(message);
    check_meaning(*message, vector.at("decoded"));
    if (vector.value("encode_exact", false)) {
        CHECK(encoded(*message) == bytes);
    }
}

// True if the vector is of a message that is decoded here.
bool check_vector(const json& vector) {
    const std::string type = vector.at("type");
    const Bytes bytes = from_hex(vector.at("hex"));
    INFO("vector " << vector.at("id"));
    swim::Scratch scratch;
    if (type == "leave") {
        check_vector(decode_leave(bytes), bytes, vector);
    } else if (type == "join") {
        check_vector(decode_join(bytes), bytes, vector);
    } else if (type == "pushPull") {
        check_vector(decode_push_pull(bytes, scratch), bytes, vector);
    } else {
        return false;
    }
    return true;
}

bool decodes(BytesView message) {
    swim::Scratch scratch;
    switch (message.front()) {
        case 0:
            return decode_leave(message).has_value();
        case 1:
            return decode_join(message).has_value();
        default:
            return decode_push_pull(message, scratch).has_value();
    }
}

// One field of a record with this encoded value, as a whole message.
Bytes with_field(const std::string& field, BytesView value) {
    Bytes body;
    if (field == "B") {
        // The payload of the one event in the one slot of a push/pull's ring.
        body =
            "\x02\x81\xa6"
            "Events\x91\x81\xa6"
            "Events\x91\x81\xa7"
            "Payload";
    } else if (field == "L") {
        body =
            "\x02\x81\xab"
            "LeftMembers";
    } else if (field == "S") {
        body = Bytes(
            "\x00\x81\xa4"
            "Node",
            7);
    } else if (field == "T") {
        body = Bytes(
            "\x00\x81\xa5"
            "Prune",
            8);
    } else {
        body = Bytes(
            "\x00\x81\xa5"
            "LTime",
            8);
    }
    return body += value;
}

PushPull sample_state() {
    PushPull state;
    state.ltime = 300;
    state.event_ltime = 70000;
    state.query_ltime = 1;
    state.status_ltimes = {{"a", 1}, {"b", 200}};
    state.left_members = {"b"};
    state.slots = 3;
    state.events = {{1, 70, {{"deploy", "v1"}, {"restart", ""}}}};
    return state;
}

}  // namespace

TEST_CASE(
    "every golden leave, join and push/pull decodes to its meaning, and encodes to its bytes") {
    std::size_t checked = 0;
    for (const char* group : {"messages", "live_messages"}) {
        for (const json& vector : vectors().at(group)) {
            checked += check_vector(vector) ? 1U : 0U;
        }
    }
    CHECK(checked == 26);
}

TEST_CASE("a field is read in every form that a reference version accepts, and in no other") {
    // Accepted by the reference, but written by nobody: a list from a map, a string from an array.
    const std::set<std::string> not_taken = {"L map", "S array"};
    std::size_t checked = 0;
    for (const json& vector : vectors().at("decoder_acceptance").at("cases")) {
        const std::string name = vector.at("case");
        const std::string field = name.substr(0, name.find(' '));
        const Bytes body = from_hex(vector.at("hex"));
        if (field.size() != 1 || BytesView("BLSTU").find(field) == BytesView::npos) {
            continue;
        }
        INFO("case " << name);
        const Bytes message = with_field(field, BytesView(body).substr(3));
        const bool accepted = vector.at("accepted_by_v0.9.4") || vector.at("accepted_by_head");
        CHECK(decodes(message) == (accepted && not_taken.count(name) == 0));
        ++checked;
    }
    CHECK(checked == 46);
}

TEST_CASE("a record is read with unknown, doubled and missing fields, but not as an array") {
    // The name in a leave with this body; "refused" if it does not decode.
    const auto name_in = [](const std::string& hex) {
        const Bytes message = from_hex("00" + hex);
        const auto leave = decode_leave(message);
        return leave ? Bytes(leave->node) : "refused";
    };
    const std::string node_a = "a44e6f6465a161";
    const std::string node_b = "a44e6f6465a162";

    CHECK(name_in("80").empty());
    CHECK(name_in("c0").empty());
    CHECK(name_in("de0001" + node_a) == "a");
    CHECK(name_in("82" + node_a + node_b) == "b");
    CHECK(name_in("82a35858589301a161c0" + node_a) == "a");
    CHECK(name_in("82a3585858d40107" + node_a) == "a");
    CHECK(name_in("81d9044e6f6465a161") == "a");
    CHECK(name_in("81c4044e6f6465a161") == "a");
    CHECK(name_in("81a46e6f6465a161").empty());  // a key in lower case is another one
    CHECK(name_in("81" + node_a + "ffff") == "a");

    CHECK(name_in("9301a161c2") == "refused");
    CHECK(name_in("a161") == "refused");
    CHECK(name_in("") == "refused");
    CHECK(name_in("81a44e6f6465a261") == "refused");
}

TEST_CASE("a message that is cut off anywhere is refused, and nothing beyond its end is read") {
    const std::vector<Bytes> messages = {encoded(Leave{300, "node-a", true}),
                                         encoded(Join{70000, "node-a"}), encoded(sample_state())};
    for (const Bytes& message : messages) {
        CHECK(decodes(message));
        for (std::size_t size = 1; size < message.size(); ++size) {
            // A copy of exactly this size, so that a sanitizer sees a read beyond it.
            const std::vector<char> cut(message.begin(),
                                        message.begin() + static_cast<std::ptrdiff_t>(size));
            INFO("type " << int(message.front()) << " cut to " << size);
            CHECK_FALSE(decodes(BytesView(cut.data(), cut.size())));
        }
    }
}

TEST_CASE("an error names the message, the field, what was expected and what was found") {
    using Catch::Matchers::EndsWith;
    using Catch::Matchers::StartsWith;
    const std::string leave = decode_leave(from_hex("0081a54c54696d65a178")).error().text;
    CHECK_THAT(leave, StartsWith("leave message, field LTime: expected an integer"));
    CHECK_THAT(leave, EndsWith(", found a string of 1 bytes"));
    const std::string join = decode_join("\x01\x05").error().text;
    CHECK_THAT(join, StartsWith("join message: expected a map, found "));
    CHECK(decode_join("").error().text == "join message: expected its type byte, found nothing");
    CHECK(decode_join("\x05").error().text == "join message: expected its type byte, found 5");
    swim::Scratch scratch;
    CHECK(
        decode_push_pull("\x02\x81\xabLeftMembers\xdd\xff\xff\xff\xff", scratch).error().text ==
        "push/pull message, field LeftMembers: expected at most 262144 entries, found 4294967295");
}

TEST_CASE("a count that promises more than the limit is refused before anything is kept") {
    swim::Scratch scratch;
    const Bytes slots =
        "\x02\x81\xa6"
        "Events\xdd\xff\xff\xff\xff";
    const Bytes times =
        "\x02\x81\xac"
        "StatusLTimes\xdf\xff\xff\xff\xff";
    const Bytes events =
        "\x02\x81\xa6"
        "Events\x91\x81\xa6"
        "Events\xdd\xff\xff\xff\xff";
    // Two slots of 40,000 empty events each: every count is allowed, their sum is not.
    const Bytes slot = from_hex("81a64576656e7473dc9c40") + Bytes(40000, '\xc0');
    const Bytes ring = from_hex("0281a64576656e747392");
    CHECK(decode_push_pull(ring + slot + "\xc0", scratch));
    CHECK_FALSE(decode_push_pull(ring + slot + slot, scratch));
    CHECK_FALSE(decode_push_pull(slots, scratch));
    CHECK_FALSE(decode_push_pull(times, scratch));
    CHECK_FALSE(decode_push_pull(events, scratch));
}

TEST_CASE("of a name's status times in one state the last one counts") {
    swim::Scratch scratch;
    const auto state = decode_push_pull(
        "\x02\x81\xacStatusLTimes\x84\xa1"
        "b\x01\xa1"
        "a\x02\xa1"
        "b\x03\xa1"
        "a\x04",
        scratch);
    REQUIRE(state);
    REQUIRE(state->status_ltimes.size() == 2);
    CHECK(state->status_ltimes[0].name == "a");
    CHECK(state->status_ltimes[0].ltime == 4);
    CHECK(state->status_ltimes[1].name == "b");
    CHECK(state->status_ltimes[1].ltime == 3);
}

TEST_CASE("any push/pull state survives its own encoding") {
    const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 50));
    INFO("seed " << seed);
    Random random(seed);
    std::vector<Bytes> names;
    for (std::uint64_t i = 0; i < 40; ++i) {
        names.push_back(Bytes(random.below(70), 'x') + std::to_string(100 + i));
    }
    std::sort(names.begin(), names.end());
    PushPull state;
    state.ltime = random.next() >> random.below(64);
    state.event_ltime = random.next() >> random.below(64);
    state.query_ltime = random.next() >> random.below(64);
    state.slots = random.below(600);
    for (std::size_t slot = 0; slot < state.slots; slot += 1 + random.below(100)) {
        state.events.push_back({slot, random.next() >> random.below(64), {}});
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            state.events.back().events.push_back(
                {names[random.below(40)], names[random.below(40)]});
        }
    }
    for (const Bytes& name : names) {
        if (random.chance(0.5)) {
            state.status_ltimes.push_back({name, random.next() >> random.below(64)});
        }
        if (random.chance(0.2)) {
            state.left_members.push_back(name);
        }
    }
    const Bytes bytes = encoded(state);
    swim::Scratch scratch;
    const auto again = decode_push_pull(bytes, scratch);
    REQUIRE(again);
    CHECK(again->slots == state.slots);
    CHECK(again->events.size() == state.events.size());
    CHECK(again->status_ltimes.size() == state.status_ltimes.size());
    CHECK(encoded(*again) == bytes);
}
