#include "agent/election/record.h"

#include <string>

#include "agent/election/fields.h"
#include "agent/election/timing.h"

namespace muster::election {

namespace {

const Voter* find(const std::vector<Voter>& voters, VoterId id) {
    const auto found = std::find_if(voters.begin(), voters.end(),
                                    [id](const Voter& each) { return each.id == id; });
    return found == voters.end() ? nullptr : &*found;
}

// The description of both directions; `rec` is const when written.
template <class Fields, class Rec>
void describe_record(Fields& field, Rec& rec) {
    field("k", rec.key);
    field("c", rec.cluster);
    field("n", rec.target);
    field("l", rec.lease_ms);
    field("d", rec.drift_ppm);
    field("v", rec.voters);
    field("a", rec.added);
    field("r", rec.removed);
    field("b", rec.lease_before);
    field("o", rec.once);
    field.rest(rec.unknown, rec.unknown_entries);
}

std::string flaw_of_voters(const Record& record) {
    if (record.voters.empty() || record.voters.size() > max_voters) {
        return "1 to 9 voters are needed";
    }
    for (const Voter& voter : record.voters) {
        const auto same = std::count_if(
            record.voters.begin(), record.voters.end(),
            [&](const Voter& other) { return other.id == voter.id || other.name == voter.name; });
        if (same != 1) {
            return "a voter stands twice";
        }
        if (voter.id == no_voter || voter.name.empty() || voter.name.size() > max_name) {
            return "a voter without a name or id";
        }
    }
    if (std::all_of(record.voters.begin(), record.voters.end(),
                    [](const Voter& each) { return each.priority == 0; })) {
        return "no voter may lead: all have priority 0";
    }
    return "";
}

}  // namespace

std::uint32_t Record::counted_lease_ms() const {
    return lease_before == 0 ? lease_ms : std::min(lease_ms, lease_before);
}

std::uint32_t Record::asked_lease_ms() const {
    return std::max(lease_ms, lease_before);
}

std::uint32_t Record::asked_promise_ms() const {
    return promise_ms(asked_lease_ms(), drift_ppm);
}

std::vector<Voter> Record::before() const {
    std::vector<Voter> set;
    for (const Voter& voter : voters) {
        if (!added || voter.id != added->id) {
            set.push_back(voter);
        }
    }
    if (removed) {
        set.push_back(*removed);
    }
    return set;
}

const Voter* Record::voter(VoterId id) const {
    return find(voters, id);
}

const Voter* Record::voter_named(BytesView name) const {
    const auto found = std::find_if(voters.begin(), voters.end(),
                                    [name](const Voter& each) { return each.name == name; });
    return found == voters.end() ? nullptr : &*found;
}

bool Record::counts(VoterId id) const {
    return voter(id) != nullptr || (removed && removed->id == id);
}

std::vector<Voter> Record::electorate() const {
    std::vector<Voter> all = voters;
    if (removed) {
        all.push_back(*removed);
    }
    return all;
}

std::string flaw(const Record& record) {
    if (record.key.term == 0 || record.key.index == 0 || record.cluster == no_cluster) {
        return "no key or cluster";
    }
    const auto lease_ok = [](std::uint32_t lease) {
        return lease >= min_lease_ms && lease <= max_lease_ms;
    };
    if (!lease_ok(record.lease_ms) || record.drift_ppm > max_drift_ppm ||
        (record.lease_before != 0 && !lease_ok(record.lease_before))) {
        return "lease or drift out of range";
    }
    if (record.target == 0 || record.target > max_voters || record.once.size() > max_once) {
        return "target or once keys out of range";
    }
    if (std::string wrong = flaw_of_voters(record); !wrong.empty()) {
        return wrong;
    }
    if (record.added && (find(record.voters, record.added->id) == nullptr)) {
        return "the added voter is not in the set";
    }
    if (record.removed && find(record.voters, record.removed->id) != nullptr) {
        return "the removed voter is in the set";
    }
    if (record.added && record.voters.size() == 1 && !record.removed) {
        return "nobody was a voter before";
    }
    return "";
}

void encode(const Record& record, Bytes& out) {
    FieldWriter writer;
    describe_record(writer, record);
    writer.finish(out);
}

bool fits(const Record& record) {
    Bytes bytes;
    encode(record, bytes);
    return bytes.size() <= max_record_size;
}

Result<Record> decode_record(BytesView bytes) {
    if (bytes.size() > max_record_size) {
        return Error{"record: " + std::to_string(bytes.size()) + " bytes are too many"};
    }
    FieldReader reader(bytes);
    Record record;
    if (reader.error().empty()) {
        describe_record(reader, record);
    }
    if (!reader.error().empty()) {
        return Error{"record: " + reader.error()};
    }
    if (std::string wrong = flaw(record); !wrong.empty()) {
        return Error{"record: " + wrong};
    }
    return record;
}

}  // namespace muster::election
