#include "agent/election/state.h"

#include <algorithm>

#include "agent/election/fields.h"
#include "swim/assert.h"
#include "swim/crc32.h"

namespace muster::election {

namespace {

constexpr BytesView magic = "muster-election\x01";
constexpr std::size_t counter_at = 16;
constexpr std::size_t length_at = 24;
constexpr std::size_t payload_at = 28;
constexpr std::size_t checksum_at = slot_size - 4;

template <class T>
void put(T value, std::size_t at, Bytes& slot) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        slot[at + i] = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

template <class T>
T get(BytesView slot, std::size_t at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value |= static_cast<T>(static_cast<T>(octet(slot[at + i])) << (8 * i));
    }
    return value;
}

void write_record(FieldWriter& writer, const char* key, const Record& record) {
    Bytes bytes;
    encode(record, bytes);
    writer.raw(key, bytes);
}

void read_record(FieldReader& reader, const char* key, Record& record) {
    Result<Record> decoded = decode_record(reader.take(key));
    if (decoded) {
        record = std::move(*decoded);
    } else {
        reader.fail(key, "no record");
    }
}

template <class Fields, class Given>
void describe_state(Fields& field, Given& state) {
    field("name", state.name);
    field("id", state.id);
    field("term", state.term);
    field("voted_for", state.voted_for);
    field("longest_promise", state.longest_promise_ms);
    field("term_floor", state.term_floor);
    field("decided", state.decided);
}

template <class Fields, class Given>
void describe_lock(Fields& field, Given& lock) {
    field("attempt", lock.attempt);
    field("recover", lock.recover);
    field("founder", lock.founder);
    field("founder_name", lock.founder_name);
}

Bytes encode_state(const State& state) {
    FieldWriter writer;
    describe_state(writer, state);
    if (state.record) {
        write_record(writer, "record", *state.record);
    }
    if (state.lock) {
        FieldWriter lock;
        describe_lock(lock, *state.lock);
        write_record(lock, "plan", state.lock->plan);
        Bytes bytes;
        lock.finish(bytes);
        writer.raw("lock", bytes);
    }
    Bytes out;
    writer.finish(out);
    return out;
}

Result<State> decode_state(BytesView bytes) {
    FieldReader reader(bytes);
    State state;
    if (reader.error().empty()) {
        describe_state(reader, state);
    }
    if (reader.has("record")) {
        read_record(reader, "record", state.record.emplace());
    }
    if (reader.has("lock")) {
        FieldReader lock(reader.take("lock"));
        describe_lock(lock, state.lock.emplace());
        read_record(lock, "plan", state.lock->plan);
        if (!lock.error().empty()) {
            return Error{"lock: " + lock.error()};
        }
    }
    if (reader.error().empty() && state.id == no_voter) {
        reader.fail("id", "none");
    }
    if (!reader.error().empty()) {
        return Error{reader.error()};
    }
    return state;
}

bool blank(BytesView slot) {
    return std::all_of(slot.begin(), slot.end(), [](char each) { return each == '\0'; });
}

}  // namespace

Bytes encode_slot(const State& state, std::uint64_t counter) {
    const Bytes payload = encode_state(state);
    MUSTER_ASSERT(payload_at + payload.size() <= checksum_at);
    Bytes slot(slot_size, '\0');
    std::copy(magic.begin(), magic.end(), slot.begin());
    put(counter, counter_at, slot);
    put(static_cast<std::uint32_t>(payload.size()), length_at, slot);
    std::copy(payload.begin(), payload.end(), slot.begin() + payload_at);
    put(swim::crc32(BytesView(slot).substr(0, checksum_at)), checksum_at, slot);
    return slot;
}

Result<Slot> decode_slot(BytesView bytes) {
    if (bytes.size() != slot_size) {
        return Error{"cut short"};
    }
    if (get<std::uint32_t>(bytes, checksum_at) != swim::crc32(bytes.substr(0, checksum_at))) {
        return Error{"its checksum is wrong"};
    }
    if (bytes.substr(0, magic.size()) != magic) {
        return Error{"of another format or version"};
    }
    const auto length = get<std::uint32_t>(bytes, length_at);
    if (length > checksum_at - payload_at) {
        return Error{"its length is wrong"};
    }
    Result<State> state = decode_state(bytes.substr(payload_at, length));
    if (!state) {
        return state.error();
    }
    return Slot{std::move(*state), get<std::uint64_t>(bytes, counter_at)};
}

Found choose(BytesView first, BytesView second, BytesView node_name) {
    Found found;
    std::string damage;
    const BytesView slots[] = {first, second};
    for (std::size_t i = 0; i < 2; ++i) {
        if (blank(slots[i])) {
            continue;
        }
        Result<Slot> slot = decode_slot(slots[i]);
        if (!slot) {
            damage = slot.error().text;
        } else if (!found.slot || slot->counter > found.slot->counter) {
            found.slot = std::move(*slot);
            found.worse = 1 - i;
        }
    }
    found.twice = first == second;
    if (found.slot && found.slot->state.name != node_name) {
        found.complaint = "the election state is that of the node \"" + found.slot->state.name +
                          "\": this one is another voter, with a new id";
        found.slot.reset();
    } else if (!found.slot && !damage.empty()) {
        found.complaint = "the election state is lost (" + damage +
                          "): this is another voter, with a new id, until it is added to the set";
    } else if (!damage.empty()) {
        found.complaint =
            "one copy of the election state was damaged (" + damage + "); the other one is whole";
    }
    return found;
}

}  // namespace muster::election
