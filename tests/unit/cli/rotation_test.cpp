#include "cli/rotation.h"

#include <catch2/catch.hpp>

#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Kind = NextStep::Kind;

namespace {

// Keys by their letters.
Bytes key(char letter) {
    std::string text;
    api::append_base64(Bytes(32, letter), text);
    return text;
}

// "n1 alive AB": its name, its status, and its keys with the primary first; "-" for one that has
// not said.
Holding holding(const std::string& text) {
    const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
    Holding holding{.name = text.substr(0, first),
                    .status = text.substr(first + 1, second - first - 1),
                    .keys = std::nullopt};
    const std::string keys = text.substr(second + 1);
    if (keys == "-")
        return holding;
    holding.keys.emplace();
    for (const char letter : keys)
        holding.keys->push_back(key(letter));
    return holding;
}

std::vector<Holding> holdings_of(const std::vector<std::string>& texts) {
    std::vector<Holding> all;
    all.reserve(texts.size());
    for (const std::string& text : texts)
        all.push_back(holding(text));
    return all;
}

// "use n1 n2".
std::string told(const NextStep& step) {
    std::string text = to_string(step.kind);
    for (const Bytes& name : step.members)
        text += " " + name;
    return text;
}

std::string next_of(const std::vector<std::string>& members, bool force) {
    return told(next_step({key('A'), key('B')}, holdings_of(members), force));
}

}  // namespace

TEST_CASE("the next step of a rotation from A to B follows from what the members hold") {
    using Members = std::vector<std::string>;
    const auto [members, step, forced] = GENERATE(table<Members, std::string, std::string>({
        {{"n1 alive A", "n2 alive A"}, "install n1 n2", "install n1 n2"},
        {{"n1 alive AB", "n2 alive A"}, "install n2", "install n2"},
        {{"n1 alive AB", "n2 alive AB"}, "use n1 n2", "use n1 n2"},
        {{"n1 alive BA", "n2 alive AB"}, "use n2", "use n2"},
        {{"n1 alive BA", "n2 alive BA"}, "remove n1 n2", "remove n1 n2"},
        {{"n1 alive B", "n2 alive BA"}, "remove n2", "remove n2"},
        {{"n1 alive B", "n2 alive B"}, "done", "done"},
        // Another key is nobody's business here.
        {{"n1 alive AXB", "n2 alive BXA"}, "use n1", "use n1"},
        {{"n1 alive BX", "n2 alive XB"}, "use n2", "use n2"},
        // Who has left does not count; who has failed does, whatever it held when it went.
        {{"n1 alive AB", "n2 left -"}, "use n1", "use n1"},
        {{"n1 alive BA", "n2 left -", "n3 none -"}, "remove n1", "remove n1"},
        {{"n1 alive A", "n2 failed -"}, "install n1", "install n1"},
        {{"n1 alive AB", "n2 failed -"}, "wait n2", "use n1"},
        {{"n1 alive BA", "n2 failed -"}, "wait n2", "remove n1"},
        {{"n1 alive BA", "n2 leaving -"}, "wait n2", "remove n1"},
        {{"n1 alive B", "n2 failed -"}, "wait n2", "done n2"},
        // Nobody has said anything: not even force makes that an answer.
        {{"n1 alive -", "n2 failed -"}, "wait n1 n2", "wait n1 n2"},
        // Alive, and silent: it may lack what the others are about to use.
        {{"n1 alive AB", "n2 alive -"}, "wait n2", "use n1"},
        {{"n1 alive BA", "n2 alive -", "n3 failed -"}, "wait n2 n3", "remove n1"},
        // One that comes back late, with what it had.
        {{"n1 alive BA", "n2 alive A"}, "install n2", "install n2"},
        {{"n1 alive B", "n2 alive AB"}, "use n2", "use n2"},
        {{"n1 alive B", "n2 alive A"}, "install n2", "install n2"},
    }));
    CAPTURE(members);
    CHECK(next_of(members, /*force=*/false) == step);
    CHECK(next_of(members, /*force=*/true) == forced);
}

// The promise of the header, over all that a cluster of three may hold on the way: whatever the
// step, nobody that counts loses a key which another one may encrypt with.
TEST_CASE("no step of a rotation parts the members") {
    const std::vector<std::string> states{"alive A", "alive AB", "alive BA", "alive B",
                                          "alive -", "failed -", "left -"};
    const auto encrypts = [](const Holding& holding) { return holding.keys->front(); };
    for (const std::string& first : states) {
        for (const std::string& second : states) {
            const auto held = holdings_of({"n1 " + first, "n2 " + second, "n3 alive AB"});
            const NextStep step = next_step({key('A'), key('B')}, held, /*force=*/false);
            CAPTURE(first, second, told(step));
            for (const Holding& holding : held) {
                if (!holding.counts() || (step.kind != Kind::Use && step.kind != Kind::Remove))
                    continue;
                REQUIRE(holding.keys);
                CHECK(std::count(holding.keys->begin(), holding.keys->end(), key('B')) == 1);
                if (step.kind == Kind::Remove)
                    CHECK(encrypts(holding) == key('B'));
            }
        }
    }
}

TEST_CASE("a rotation begins from the one key that all encrypt with") {
    CHECK(*begin_rotation(holdings_of({"n1 alive A", "n2 alive A", "n3 failed -"})) == key('A'));
    CHECK(*begin_rotation(holdings_of({"n1 alive AX", "n2 alive A"})) == key('A'));
    CHECK_THAT(begin_rotation(holdings_of({"n1 alive A", "n2 alive BA"})).error().text,
               Contains("the members do not encrypt with one key") &&
                   Contains(fingerprint(key('A')) + " (1 encrypts with it)"));
    CHECK_THAT(begin_rotation(holdings_of({"n1 alive -"})).error().text,
               Contains("no member has told its keys"));
}

TEST_CASE("a rotation under way is found by the keys that it made, in every state of it") {
    Bytes seed(32, 'x');
    const Bytes next = make_successor(key('A'), [&] {
        for (char& c : seed) {
            if (++c != 0)
                break;
        }
        return seed;
    });
    REQUIRE(follows(next, key('A')));
    CHECK_FALSE(follows(key('A'), next));
    const auto held = [&](std::vector<std::vector<Bytes>> members) {
        std::vector<Holding> all;
        all.reserve(members.size());
        for (auto& keys : members)
            all.push_back({.name = "n", .status = "alive", .keys = std::move(keys)});
        return all;
    };
    const Bytes& old = key('A');
    for (const auto& state : {held({{old}, {old, next}}), held({{old, next}, {old, next}}),
                              held({{old, next}, {next, old}}), held({{next, old}, {next, old}}),
                              held({{next}, {next, old}}), held({{next, key('X')}, {old, next}})}) {
        const auto found = find_rotation(state, "");
        REQUIRE(found);
        REQUIRE(*found);
        CHECK((*found)->from == old);
        CHECK((*found)->to == next);
        CHECK_THAT(begin_rotation(state).error().text, Contains("complete it with --resume"));
    }
    const auto one = find_rotation(held({{next}, {next}}), "");
    REQUIRE(one);
    CHECK_FALSE(*one);
}

TEST_CASE("keys that tell nothing need a word of the operator") {
    const auto held = holdings_of({"n1 alive AB", "n2 alive BA"});
    CHECK_THAT(find_rotation(held, "").error().text,
               Contains("say it with --to FINGERPRINT") && Contains(fingerprint(key('B'))));
    const auto found = find_rotation(held, fingerprint(key('B')));
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->from == key('A'));
    CHECK((*found)->to == key('B'));
    CHECK_THAT(find_rotation(held, "00000000").error().text, Contains("no member has a key with"));
    const auto three = holdings_of({"n1 alive ABC"});
    CHECK_THAT(find_rotation(three, "").error().text, Contains("remove those"));
    CHECK_THAT(find_rotation(three, fingerprint(key('B'))).error().text,
               Contains("more than two keys"));
    CHECK_THAT(find_rotation(holdings_of({"n1 alive -"}), "").error().text,
               Contains("no member has told its keys"));
}

// ---- what an agent tells ----

TEST_CASE("lists of keys are each member's; who is not in them has said nothing") {
    api::ReadMembers members;
    members.members.resize(2);
    members.members[0].name = "n1";
    members.members[0].status = "alive";
    members.members[1].name = "n2";
    members.members[1].status = "failed";
    api::ReadKeys keys;
    keys.key_lists = {{"n1", {key('B'), key('A')}}};
    const auto held = holdings(members, keys, "");
    REQUIRE(held.size() == 2);
    CHECK(held[0].keys == std::vector<Bytes>{key('B'), key('A')});
    CHECK_FALSE(held[1].keys);
}

TEST_CASE("an agent of Serf tells counts: all of it that follows is used, and no more") {
    const auto [counts, responses, used, step] =
        GENERATE(table<std::map<char, unsigned>, unsigned, char, std::string>({
            {{{'A', 2}}, 2, 0, "install n1 n2"},
            {{{'A', 2}, {'B', 1}}, 2, 0, "install n1 n2"},
            {{{'A', 2}, {'B', 2}}, 2, 0, "use n1 n2"},
            {{{'A', 2}, {'B', 2}}, 2, 'B', "remove n1 n2"},
            {{{'A', 1}, {'B', 2}}, 2, 'B', "remove n1 n2"},
            {{{'B', 2}}, 2, 'B', "done"},
            {{{'A', 1}, {'B', 1}}, 1, 'B', "wait n1 n2"},  // one has not answered: which?
        }));
    api::ReadMembers members;
    for (const char* name : {"n1", "n2"}) {
        members.members.emplace_back();
        members.members.back().name = name;
        members.members.back().status = "alive";
    }
    api::ReadKeys keys;
    keys.members = 2;
    keys.responses = responses;
    keys.keys.emplace();
    for (const auto& [letter, count] : counts)
        (*keys.keys)[key(letter)] = count;
    const auto held = holdings(members, keys, used == 0 ? Bytes() : key(used));
    CHECK(told(next_step({key('A'), key('B')}, held, /*force=*/false)) == step);
}

TEST_CASE("an agent of Serf with one key is enough to begin with, one with two is not") {
    const api::Value body = *api::parse_msgpack(api::captured("list_keys").server.at(1), {});
    const api::ReadKeys keys = *api::read_keys(body);
    const api::ReadMembers members =
        *api::read_members(*api::parse_msgpack(api::captured("members").server.at(1), {}));
    CHECK(*begin_rotation(holdings(members, keys, "")) ==
          "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    api::ReadKeys two = keys;
    (*two.keys)[key('B')] = 3;
    CHECK_THAT(begin_rotation(holdings(members, two, "")).error().text,
               Contains("an agent of Serf does not tell which of 2 keys is in use"));
}

// ---- names of keys ----

TEST_CASE("a key's fingerprint is of its bytes, and of nothing else") {
    // As sha256sum says it.
    CHECK(fingerprint("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=") == "630dcd29");
    CHECK(fingerprint("") == "?");
    CHECK(fingerprint("no key") == "?");
    CHECK(fingerprint(key('A')) != fingerprint(key('B')));
    CHECK_FALSE(follows(key('B'), key('A')));
    CHECK_FALSE(follows("no key", key('A')));
}
