// The member table against a naive one, under random commands.
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "agent/cluster/members.h"
#include "swim/random.h"
#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Kind = swim::WireEvent::Kind;

namespace {

constexpr Duration failed_for = 40s;
constexpr Duration left_for = 70s;
constexpr Duration prune_delay = 6s;

// Serf's table as its rules read, without an index, an agenda or a count.
class Model {
public:
    struct Entry {
        std::string status;
        bool suspect = false;
        LamportTime ltime = 0;
        TimePoint gone;
        std::optional<TimePoint> prune;
    };

    void join(BytesView name) {
        Entry& entry = entries[Bytes(name)];
        entry.status = "alive";
        entry.suspect = false;
        entry.prune.reset();
        say("member-join", name);
    }
    void leave(TimePoint now, BytesView name) {
        const auto found = entries.find(name);
        if (found == entries.end()) {
            return;
        }
        found->second.suspect = false;
        if (found->second.status == "leaving") {
            found->second.status = "left";
            found->second.gone = now;
            say("member-leave", name);
        } else if (found->second.status == "alive") {
            found->second.status = "failed";
            found->second.gone = now;
            say("member-failed", name);
        }
    }
    void update(BytesView name) {
        if (entries.count(name) > 0) {
            say("member-update", name);
        }
    }
    void suspect(BytesView name, bool suspect) {
        const auto found = entries.find(name);
        if (found != entries.end() &&
            (found->second.status == "alive" || found->second.status == "leaving")) {
            found->second.suspect = suspect;
            say(suspect ? "member-suspect" : "member-cleared", name);
        }
    }
    void intent(TimePoint now, BytesView name, const Intent& intent) {
        Entry& entry = entries.find(name)->second;
        if (intent.ltime <= entry.ltime) {
            return;
        }
        entry.ltime = intent.ltime;
        if (intent.kind == Intent::Kind::Join) {
            if (entry.status == "leaving") {
                entry.status = "alive";
                entry.prune.reset();
            }
            return;
        }
        if (entry.status == "alive") {
            entry.status = "leaving";
        } else if (entry.status == "failed") {
            entry.status = "left";
            say("member-leave", name);
        }
        if (intent.prune && entry.status == "leaving") {
            entry.prune = now + prune_delay;
        } else if (intent.prune) {
            erase(name);
        }
    }
    void pass(TimePoint now) {
        for (const auto& [name, entry] : std::map<Bytes, Entry, std::less<>>(entries)) {
            if (entry.prune && *entry.prune <= now) {
                erase(name);
            }
        }
    }
    void reap(TimePoint now) {
        for (const auto& [name, entry] : std::map<Bytes, Entry, std::less<>>(entries)) {
            if ((entry.status == "failed" && now - entry.gone > failed_for) ||
                (entry.status == "left" && now - entry.gone > left_for)) {
                erase(name);
            }
        }
    }

    std::map<Bytes, Entry, std::less<>> entries;
    std::vector<std::string> said;

private:
    void say(const char* kind, BytesView name) {
        said.push_back(std::string(kind) + ":" + Bytes(name) + ":" +
                       entries.find(name)->second.status);
    }
    void erase(BytesView name) {
        say("member-reap", name);
        entries.erase(Bytes(name));
    }
};

void compare(const Members& members, Model& model, Members::Events& events) {
    // Those whose time comes at one moment may go in any order.
    std::vector<std::string> said = words(events);
    std::sort(said.begin(), said.end());
    std::sort(model.said.begin(), model.said.end());
    REQUIRE(said == model.said);
    events.clear();
    model.said.clear();

    REQUIRE(members.table().size() == model.entries.size());
    std::map<std::string, std::size_t> counts;
    for (const auto& [name, entry] : model.entries) {
        const Member* member = members.find(name);
        REQUIRE(member != nullptr);
        REQUIRE(to_string(member->status) == entry.status);
        REQUIRE(member->suspect == entry.suspect);
        REQUIRE(member->status_ltime == entry.ltime);
        ++counts[entry.status];
    }
    for (const Status status : {Status::Alive, Status::Leaving, Status::Left, Status::Failed}) {
        REQUIRE(members.count(status) == counts[to_string(status)]);
    }
    members.check();
}

}  // namespace

TEST_CASE("the member table is Serf's, whatever happens to it") {
    const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 21));
    INFO("seed " << seed);
    Random random(seed);
    Members members(65536);
    Members::Events events;
    Model model;
    TimePoint now = at(0s);
    std::uint64_t index = 0;

    for (int step = 0; step < 2000; ++step) {
        const Bytes name(1, static_cast<char>('a' + random.below(8)));
        const std::uint64_t command = random.below(100);
        if (command < 20) {
            members.joined(now, wire(Kind::Join, name), record(), nullptr, events);
            model.join(name);
        } else if (command < 40) {
            members.left(now, wire(Kind::Leave, name), events);
            model.leave(now, name);
        } else if (command < 45) {
            members.updated(wire(Kind::Update, name), record(), events);
            model.update(name);
        } else if (command < 50) {
            members.suspected(wire(Kind::Suspect, name), events);
            model.suspect(name, true);
        } else if (command < 55) {
            members.cleared(wire(Kind::Cleared, name), events);
            model.suspect(name, false);
        } else if (command < 90) {
            const auto kind = random.chance(0.5) ? Intent::Kind::Join : Intent::Kind::Leave;
            const bool prune = kind == Intent::Kind::Leave && random.chance(0.3);
            const Intent intent{kind, static_cast<LamportTime>(step) / 2 + random.below(20), prune};
            if (members.find(name) != nullptr) {
                members.apply(now, name, intent, prune_delay, events);
                model.intent(now, name, intent);
            }
        } else {
            now += random.below(Duration(10s));
            members.prune(now, events);
            model.pass(now);
            members.reap(now, failed_for, left_for, events);
            model.reap(now);
        }
        REQUIRE(members.index() >= index + events.size());
        index = members.index();
        compare(members, model, events);
    }
}
