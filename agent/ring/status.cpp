#include "agent/ring/status.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "agent/cluster/record.h"
#include "swim/msgpack.h"

namespace muster::ring {
namespace {

using cluster::any_u64;
using cluster::in_field;
using cluster::ReadFault;
using swim::MsgpackReader;

// What all but the names and the rings takes: keys, heads and the count, at their longest.
constexpr std::size_t frame_size = 48;

// Appends an entry of a map or a list if it fits; counts it.
bool fit(const Bytes& entry, std::size_t limit, Bytes& out, std::size_t& count) {
    if (out.size() + entry.size() > limit) {
        return false;
    }
    out += entry;
    ++count;
    return true;
}

Bytes ring_entry(const Bytes& name, const RingState& state) {
    Bytes entry;
    swim::write_string(name, entry);
    swim::write_map(state.pending ? 3 : 1, entry);
    if (state.pending) {
        const auto wait =
            std::chrono::ceil<std::chrono::milliseconds>(std::max(state.until, Duration::zero()));
        cluster::write_field("InMs", static_cast<std::uint64_t>(wait.count()), entry);
    }
    cluster::write_field("InUse", state.in_use, entry);
    if (state.pending) {
        cluster::write_field("Pending", *state.pending, entry);
    }
    return entry;
}

bool read_state(MsgpackReader& reader, ReadFault& fault, RingState& state) {
    std::uint64_t wait = 0;
    const bool read = cluster::read_record(reader, [&](BytesView key) {
        if (key == "InMs") {
            return in_field(fault, "Rings.InMs", reader.read_uint(wait, 0xFFFFFFFF));
        }
        if (key == "InUse") {
            return in_field(fault, "Rings.InUse", reader.read_uint(state.in_use, any_u64));
        }
        if (key == "Pending") {
            std::uint64_t pending = 0;
            const bool is_one = reader.read_uint(pending, any_u64);
            state.pending = pending;
            return in_field(fault, "Rings.Pending", is_one);
        }
        return reader.skip();
    });
    state.until = state.pending ? std::chrono::milliseconds(wait) : Duration::zero();
    return read;
}

bool read_rings(MsgpackReader& reader, ReadFault& fault, StatusAnswer& answer) {
    std::size_t count = 0;
    if (!reader.read_map(count) || !cluster::within(fault, "Rings", count, max_rings)) {
        return false;
    }
    answer.rings.clear();
    for (std::size_t i = 0; i < count; ++i) {
        BytesView name;
        RingState state;
        if (!reader.read_string(name) || !read_state(reader, fault, state)) {
            return false;
        }
        answer.rings.insert_or_assign(Bytes(name), state);
    }
    return true;
}

bool read_names(MsgpackReader& reader, ReadFault& fault, std::vector<Bytes>& names) {
    std::size_t count = 0;
    if (!reader.read_array(count) || !cluster::within(fault, "Held", count, max_held_names)) {
        return false;
    }
    names.clear();
    for (std::size_t i = 0; i < count; ++i) {
        BytesView name;
        if (!reader.read_string(name)) {
            return false;
        }
        names.emplace_back(name);
    }
    return true;
}

}  // namespace

StatusAnswer answer_status(TimePoint now, const Rings& rings, BytesView payload,
                           std::vector<Bytes> held) {
    StatusAnswer answer;
    for (const View& view : rings.all()) {
        if (!payload.empty() && payload != view.settings().name) {
            continue;
        }
        RingState state;
        state.in_use = view.in_use()->fingerprint();
        if (const SharedMembers pending = view.pending()) {
            state.pending = pending->fingerprint();
            state.until = std::max(view.next_deadline() - now, Duration::zero());
        }
        answer.rings.emplace(view.settings().name, state);
    }
    answer.held = std::move(held);
    return answer;
}

Duration answer_delay(Duration timeout, std::size_t members, Random& random) {
    const auto spread = std::chrono::milliseconds(members);
    return random.below(std::min(timeout / 4, Duration(spread)));
}

Bytes encode_status(const StatusAnswer& answer, std::size_t limit) {
    const std::size_t space = limit > frame_size ? limit - frame_size : 0;
    Bytes rings;
    std::size_t ring_count = 0;
    for (const auto& [name, state] : answer.rings) {
        fit(ring_entry(name, state), space, rings, ring_count);
    }
    Bytes held;
    std::size_t held_count = 0;
    for (const Bytes& name : answer.held) {
        Bytes entry;
        swim::write_string(name, entry);
        fit(entry, space - rings.size(), held, held_count);
    }
    Bytes out;
    swim::write_map(3, out);
    swim::write_string("Held", out);
    swim::write_array(held_count, out);
    out += held;
    cluster::write_field("HeldMore", answer.held.size() - held_count + answer.held_more, out);
    swim::write_string("Rings", out);
    swim::write_map(ring_count, out);
    out += rings;
    return out;
}

Result<StatusAnswer> decode_status(BytesView payload) {
    swim::Scratch unused;  // names are never copied
    MsgpackReader reader(payload, unused);
    StatusAnswer answer;
    ReadFault fault;
    const bool read = cluster::read_record(reader, [&](BytesView key) {
        if (key == "Held") {
            return in_field(fault, "Held", read_names(reader, fault, answer.held));
        }
        if (key == "HeldMore") {
            std::uint64_t more = 0;
            const bool is_one = reader.read_uint(more, any_u64);
            answer.held_more = more;
            return in_field(fault, "HeldMore", is_one);
        }
        if (key == "Rings") {
            return in_field(fault, "Rings", read_rings(reader, fault, answer));
        }
        return reader.skip();
    });
    if (!read) {
        return cluster::message_error("ring status", fault, reader);
    }
    return answer;
}

// ---- who agrees ----

Tally::Tally(Bytes ring, const std::vector<Bytes>& expected)
    : ring_(std::move(ring)), waiting_(expected.begin(), expected.end()) {}

void Tally::take(BytesView from, BytesView payload) {
    if (answers_.find(from) != answers_.end()) {
        return;
    }
    answers_.emplace(Bytes(from), decode_status(payload));
    if (const auto position = waiting_.find(from); position != waiting_.end()) {
        waiting_.erase(position);
    }
}

Agreement Tally::finish(std::uint64_t ours) const {
    Agreement agreement;
    for (const auto& [name, answer] : answers_) {
        Agreement::Differing differing;
        differing.name = name;
        if (!answer) {
            differing.error = answer.error().text;
        } else {
            const auto state = answer->rings.find(ring_);
            if (state != answer->rings.end()) {
                if (state->second.in_use == ours) {
                    agreement.agree.push_back(name);
                    continue;
                }
                differing.state = state->second;
            }
            differing.held = answer->held;
            differing.held_more = answer->held_more;
        }
        agreement.differ.push_back(std::move(differing));
    }
    agreement.silent.assign(waiting_.begin(), waiting_.end());
    return agreement;
}

}  // namespace muster::ring
