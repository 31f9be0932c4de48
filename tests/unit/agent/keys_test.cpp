// Requests for the keyring, on a real loop with a real file: what they change, and what they tell.
#include "agent/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/keyring_file.h"
#include "tests/support/keys.h"
#include "tests/unit/net/loop.h"

using namespace muster;
using cluster::KeyAction;
using muster::test::order;
using muster::test::ring_of;

namespace {

struct Fixture {
    explicit Fixture(std::string_view fills) : ring(ring_of(fills)) {
        char path[] = "/tmp/muster-keys-XXXXXX";
        REQUIRE(mkdtemp(path) != nullptr);
        directory = path;
        file = directory + "/ring";
    }
    ~Fixture() { std::filesystem::remove_all(directory); }

    void start(bool with_file) {
        if (with_file)
            REQUIRE_FALSE(save_keyring(file, ring));
        keys.emplace(loop.io, seal, ring, with_file ? file : "");
    }

    void ask(KeyAction action, const Bytes& key = {}) {
        keys->perform({++last, action, key},
                      [this](const cluster::KeyAnswer& answer) { answers.push_back(answer); });
    }
    cluster::KeyAnswer answer(KeyAction action, const Bytes& key = {}) {
        const std::size_t before = answers.size();
        ask(action, key);
        // Never within the call.
        REQUIRE(answers.size() == before);
        REQUIRE(loop.run_until([&] { return answers.size() > before; }));
        return answers.back();
    }
    std::string in_file() const {
        const Result<swim::Keyring> ring_in_file = load_keyring(file);
        return ring_in_file ? order(*ring_in_file) : ring_in_file.error().text;
    }
    // The first byte of the key that packets are sealed with.
    bool seals_like(std::string_view fills) {
        swim::Seal other;
        other.set_keys(ring_of(fills));
        Bytes out;
        seal.seal_packet("packet", {}, out);
        return other.open_packet(out).content == "packet";
    }

    test::Loop loop;
    swim::Seal seal;
    swim::Keyring ring;
    std::string directory;
    std::string file;
    std::optional<Keys> keys;
    std::uint64_t last = 0;
    std::vector<cluster::KeyAnswer> answers;
};

Bytes raw(char fill, std::size_t size = 16) {
    return Bytes(size, fill);
}

}  // namespace

TEST_CASE("each request, on a ring of a and b, in memory and with a file") {
    const bool with_file = GENERATE(false, true);
    const auto [action, key, message, after] =
        GENERATE(table<KeyAction, Bytes, std::string, std::string>({
            {KeyAction::Install, raw('c'), "", "abc"},
            {KeyAction::Install, raw('b'), "", "ab"},
            {KeyAction::Install, raw('c', 17), "key size must be 16, 24 or 32 bytes", "ab"},
            {KeyAction::Install, "", "key size must be 16, 24 or 32 bytes", "ab"},
            {KeyAction::Use, raw('b'), "", "ba"},
            {KeyAction::Use, raw('a'), "", "ab"},
            {KeyAction::Use, raw('c'), "Requested key is not in the keyring", "ab"},
            {KeyAction::Use, raw('c', 5), "key size must be 16, 24 or 32 bytes", "ab"},
            {KeyAction::Remove, raw('b'), "", "a"},
            {KeyAction::Remove, raw('a'), "Removing the primary key is not allowed", "ab"},
            {KeyAction::Remove, raw('c'), "", "ab"},
            {KeyAction::Remove, raw('c', 33), "key size must be 16, 24 or 32 bytes", "ab"},
        }));
    CAPTURE(with_file, after);
    Fixture f("ab");
    f.start(with_file);
    const cluster::KeyAnswer answer = f.answer(action, key);
    CHECK(answer.message == message);
    CHECK(answer.done == message.empty());
    CHECK(answer.keys.empty());
    CHECK(order(f.keys->ring()) == after);
    CHECK(f.seals_like(after.substr(0, 1)));
    if (with_file)
        CHECK(f.in_file() == after);
}

TEST_CASE("the list is in base64, the primary first") {
    Fixture f("ba");
    f.start(true);
    const cluster::KeyAnswer answer = f.answer(KeyAction::List);
    CHECK(answer.done);
    CHECK(answer.message.empty());
    CHECK(answer.keys ==
          std::vector<std::string>{"YmJiYmJiYmJiYmJiYmJiYg==", "YWFhYWFhYWFhYWFhYWFhYQ=="});
}

TEST_CASE("without encryption nothing is changed by request, and the reference's words say why") {
    Fixture f("");
    f.start(false);
    const KeyAction action =
        GENERATE(KeyAction::Install, KeyAction::Use, KeyAction::Remove, KeyAction::List);
    const cluster::KeyAnswer answer = f.answer(action, action == KeyAction::List ? "" : raw('a'));
    CHECK_FALSE(answer.done);
    CHECK(answer.message == (action == KeyAction::List
                                 ? "Keyring is empty (encryption not enabled)"
                                 : "No keyring to modify (encryption not enabled)"));
    CHECK(f.keys->ring().empty());
    CHECK_FALSE(f.seal.has_keys());
}

TEST_CASE("a change that the disk does not take is none") {
    Fixture f("a");
    f.start(true);
    std::filesystem::create_directory(f.file + ".new");
    const cluster::KeyAnswer answer = f.answer(KeyAction::Install, raw('b'));
    CHECK_FALSE(answer.done);
    CHECK(answer.message ==
          "Failed to write keyring file: cannot create " + f.file + ".new: File exists");
    CHECK(order(f.keys->ring()) == "a");
    CHECK(f.in_file() == "a");

    // And the next one finds nothing broken.
    std::filesystem::remove(f.file + ".new");
    CHECK(f.answer(KeyAction::Install, raw('b')).done);
    CHECK(f.in_file() == "ab");
}

TEST_CASE("requests at once are done one after the other, and answered in their order") {
    Fixture f("a");
    f.start(true);
    f.ask(KeyAction::Install, raw('b'));
    f.ask(KeyAction::Use, raw('b'));
    f.ask(KeyAction::Remove, raw('a'));
    f.ask(KeyAction::Remove, raw('b'));
    f.ask(KeyAction::List);
    REQUIRE(f.loop.run_until([&] { return f.answers.size() == 5; }));
    CHECK(f.answers[0].done);
    CHECK(f.answers[1].done);
    CHECK(f.answers[2].done);
    CHECK(f.answers[3].message == "Removing the primary key is not allowed");
    CHECK(f.answers[4].keys == std::vector<std::string>{"YmJiYmJiYmJiYmJiYmJiYg=="});
    CHECK(f.in_file() == "b");
}

TEST_CASE("a flood of requests is answered, and not kept") {
    Fixture f("a");
    f.start(false);
    for (int i = 0; i < 100; ++i)
        f.ask(KeyAction::List);
    REQUIRE(f.loop.run_until([&] { return f.answers.size() == 100; }));
    const auto refused = std::count_if(f.answers.begin(), f.answers.end(),
                                       [](const auto& answer) { return !answer.done; });
    CHECK(refused == 36);
    CHECK(f.answer(KeyAction::List).done);
}

TEST_CASE("an agent that ends in the middle of a change leaves a whole file") {
    Fixture f("a");
    f.start(true);
    f.ask(KeyAction::Install, raw('b'));
    f.ask(KeyAction::Use, raw('b'));
    f.loop.poll();
    f.keys.reset();
    CHECK(f.answers.empty());
    CHECK((f.in_file() == "a" || f.in_file() == "ab"));
    f.loop.poll();
    CHECK(f.answers.empty());
}
