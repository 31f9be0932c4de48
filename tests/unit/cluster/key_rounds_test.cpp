#include "agent/cluster/key_rounds.h"

#include <catch2/catch.hpp>

#include "agent/cluster/internal_messages.h"
#include "agent/cluster/query_messages.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

Bytes answer(bool done, const std::string& message, const std::vector<std::string>& keys = {}) {
    Bytes payload;
    encode_key_response({done, message, keys}, /*list=*/!keys.empty(), payload);
    return payload;
}

}  // namespace

TEST_CASE("a key query has its name, and only its name is one") {
    for (const KeyAction action :
         {KeyAction::Install, KeyAction::Use, KeyAction::Remove, KeyAction::List}) {
        CHECK(key_action(query_name(action)) == action);
    }
    CHECK(query_name(KeyAction::Install) == std::string("_serf_install-key"));
    CHECK_FALSE(key_action("_serf_ping"));
    CHECK_FALSE(key_action("_serf_list-key"));
}

TEST_CASE("a key of a wrong size is refused before anybody is asked") {
    for (const std::size_t size : {16U, 24U, 32U}) {
        CHECK_FALSE(refuse_key(KeyAction::Install, Bytes(size, 'k')));
    }
    for (const std::size_t size : {0U, 15U, 17U, 33U}) {
        CHECK(refuse_key(KeyAction::Use, Bytes(size, 'k'))->text ==
              "key size must be 16, 24 or 32 bytes");
    }
    CHECK_FALSE(refuse_key(KeyAction::List, ""));
    CHECK(refuse_key(KeyAction::List, "k"));
}

TEST_CASE("a round is complete when everybody who was alive has answered") {
    KeyRounds rounds;
    rounds.add(5, 77, {"a", "b", "c"});
    CHECK_FALSE(rounds.take(4, "a", answer(true, "")));
    CHECK_FALSE(rounds.take(5, "a", answer(true, "")));
    // Somebody who joined or is leaving does not stand in for one who was alive.
    CHECK_FALSE(rounds.take(5, "x", answer(true, "")));
    CHECK_FALSE(rounds.take(5, "b", answer(true, "already there")));
    CHECK(rounds.take(5, "c", answer(true, "")));
    const KeyReport report = rounds.finish(5);
    CHECK(report.request == 77);
    CHECK(report.error.empty());
    CHECK(report.members == 3);
    CHECK(report.responses == 4);
    CHECK(report.errors == 0);
    CHECK(report.messages == std::map<Bytes, std::string>{{"b", "already there"}});
    CHECK(report.silent.empty());
}

TEST_CASE("who is silent is named, in the reference's words for the whole") {
    KeyRounds rounds;
    rounds.add(5, 77, {"a", "b", "c"});
    rounds.take(5, "a", answer(true, ""));
    const KeyReport report = rounds.finish(5);
    CHECK(report.error == "1/3 nodes reported success");
    CHECK(report.silent == std::vector<Bytes>{"b", "c"});
}

TEST_CASE("a failure anywhere is the outcome, and every member's words are kept") {
    KeyRounds rounds;
    rounds.add(5, 77, {"a", "b", "c", "d"});
    rounds.take(5, "a", answer(true, ""));
    rounds.take(5, "b", answer(false, "Requested key is not in the keyring"));
    rounds.take(5, "c", "\x07\x80");
    rounds.take(5, "d", "\x08\x91");
    const KeyReport report = rounds.finish(5);
    CHECK(report.error == "3/4 nodes reported failure");
    CHECK(report.errors == 3);
    CHECK(report.messages.at("b") == "Requested key is not in the keyring");
    CHECK(report.messages.at("c") == "Invalid key query response type: 7");
    CHECK(report.messages.at("d").find("Failed to decode key query response: ") == 0);
}

TEST_CASE("keys are tallied, and the primary ones") {
    KeyRounds rounds;
    rounds.add(5, 77, {"a", "b"});
    rounds.take(5, "a", answer(true, "", {"K1", "K2"}));
    CHECK(rounds.take(5, "b", answer(true, "", {"K2"})));
    const KeyReport report = rounds.finish(5);
    CHECK(report.keys == std::map<std::string, std::size_t>{{"K1", 1}, {"K2", 2}});
    CHECK(report.primary_keys == std::map<std::string, std::size_t>{{"K1", 1}, {"K2", 1}});
    CHECK(report.key_lists.at("a") == std::vector<std::string>{"K1", "K2"});
}

TEST_CASE("a list that does not fit is cut as by the reference") {
    const json& vector = vectors().at("key_list_truncation");
    const std::size_t limit = vector.at("limit");
    for (const json& row : vector.at("rows")) {
        INFO(row);
        KeyAnswer given{true, "", {}};
        for (std::size_t i = 0; i < row.at("keys_installed"); ++i) {
            given.keys.push_back(std::string(43, 'k') + "=");
        }
        Bytes message;
        const auto fits = [&](BytesView payload) {
            message.clear();
            encode(QueryResponse{0, "node-a", 0x12345678, 1, payload}, message);
            return message.size() <= limit;
        };
        const Bytes payload = fit_key_answer(given, /*list=*/true, limit, fits);
        const auto response = decode_key_response(payload);
        REQUIRE(response);
        CHECK(response->result);
        CHECK(response->keys.size() == row.at("keys_sent"));
        CHECK(response->message == row.at("message").get<std::string>());
        CHECK(fits(payload));
    }
}

TEST_CASE("an error that does not fit is cut, and still one") {
    const auto fits = [](BytesView payload) { return payload.size() <= 100; };
    const Bytes payload = fit_key_answer({false, std::string(5000, 'e'), {}}, false, 100, fits);
    const auto response = decode_key_response(payload);
    REQUIRE(response);
    CHECK_FALSE(response->result);
    CHECK_FALSE(response->message.empty());
}
