#include "cli/render_cluster.h"

#include <catch2/catch.hpp>

#include "agent/api/text.h"
#include "cli/fingerprint.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr char key_a[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr char key_b[] = "T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=";

api::ReadAnswer answer(const char* type, const char* from, Bytes payload = {}) {
    api::ReadAnswer answer;
    answer.type = type;
    answer.from = from;
    answer.payload = std::move(payload);
    return answer;
}

// As a real serf agent has said it.
api::ReadKeys serf_keys(const char* conversation) {
    return *api::read_keys(*api::parse_msgpack(api::captured(conversation).server.at(1), {}));
}

}  // namespace

TEST_CASE("tags and events are told with what the agent tells") {
    CHECK(tags_text({.index = 42, .tags = api::TextMap{{"dc", "e"}, {"role", "w\n"}}}) ==
          "the tags are now: dc=e,role=w\\x0a\n");
    CHECK(tags_text({.index = 42, .tags = api::TextMap()}) == "the tags are now: none\n");
    CHECK(tags_text({}) == "the tags are changed\n");
    CHECK(tags_json({.index = 42, .tags = api::TextMap{{"dc", "e"}}}) ==
          "{\"tags\":{\"dc\":\"e\"},\"index\":42}\n");
    CHECK(tags_json({}) == "{\"tags\":null,\"index\":null}\n");
    CHECK(event_json({.ltime = 17}) == "{\"ltime\":17}\n");
    CHECK(event_json({}) == "{\"ltime\":null}\n");
    CHECK(event_text("de\x1bploy", {.ltime = 17}) ==
          "the event de\\x1bploy is on its way (LTime 17)\n");
}

TEST_CASE("answers are lines, and no member can forge one") {
    CHECK(answer_text(answer("ack", "n2"), {}, true) == "ack from n2\n");
    CHECK(answer_text(answer("response", "n2", "1.02\n"), {}, true) == "response from n2: 1.02\n");
    CHECK(answer_text(answer("response", "n2", "a\nresponse from n3: b\x1b\n"), {}, true) ==
          "response from n2:\n  a\n  response from n3: b\\x1b\n");
    CHECK(answer_text(answer("response", "n2"), {}, true) == "response from n2: \n");
    CHECK(answer_text(answer("done", ""), {.acks = 5, .responses = 1}, true) ==
          "5 acks, 1 response\n");
    CHECK(answer_text(answer("done", ""), {.acks = 0, .responses = 2}, false) == "2 responses\n");
    api::ReadAnswer lossy = answer("done", "");
    lossy.lost = 3;
    CHECK_THAT(answer_text(lossy, {}, false), Contains("3 answers were lost"));
}

TEST_CASE("answers in JSON have the shape that is promised") {
    CHECK(answer_json(answer("ack", "n2"), {}) == "{\"type\":\"ack\",\"from\":\"n2\"}\n");
    CHECK(answer_json(answer("response", "n2", "a\xff"), {}) ==
          "{\"type\":\"response\",\"from\":\"n2\",\"payload\":\"Yf8=\"}\n");
    CHECK(answer_json(answer("done", ""), {.acks = 5, .responses = 5}) ==
          "{\"type\":\"done\",\"acks\":5,\"responses\":5,\"lost\":null}\n");
}

TEST_CASE("a list of keys shows them, with how many have each") {
    api::ReadKeys keys;
    keys.members = 3;
    keys.responses = 2;
    keys.keys = {{key_a, 2}, {key_b, 1}};
    keys.primary_keys = {{key_a, 2}};
    keys.silent = {"n3"};
    CHECK(keys_text(keys) ==
          "KEY                                           MEMBERS  ENCRYPT WITH IT\n" +
              std::string(key_a) + "  2 of 3   2\n" + key_b + "  1 of 3   0\nno answer from n3\n");
    CHECK(keys_json(keys) == "{\"ok\":2,\"total\":3,\"keys\":{\"" + std::string(key_a) + "\":2,\"" +
                                 key_b + "\":1},\"primary_keys\":{\"" + key_a +
                                 "\":2},\"errors\":{},\"messages\":{},\"silent\":[\"n3\"]}\n");
}

TEST_CASE("what a serf agent says of keys is shown, and null where it says nothing") {
    CHECK(keys_json(serf_keys("list_keys")) ==
          "{\"ok\":3,\"total\":3,\"keys\":{\"" + std::string(key_a) +
              "\":3},\"primary_keys\":null,\"errors\":{},\"messages\":{},\"silent\":null}\n");
    CHECK(keys_text(serf_keys("list_keys")) ==
          "KEY                                           MEMBERS\n" + std::string(key_a) +
              "  3 of 3\n");
    CHECK(keys_json(serf_keys("install_key")) ==
          "{\"ok\":3,\"total\":3,\"keys\":null,\"primary_keys\":null,\"errors\":{},"
          "\"messages\":{},\"silent\":null}\n");
    const api::ReadKeys refused = serf_keys("remove_key_primary");
    CHECK_THAT(keys_json(refused), Contains("{\"ok\":0,\"total\":3,") &&
                                       Contains("\"errors\":{\"node-a\":\"Removing the primary"));
    CHECK(keys_text(refused) ==
          "0 of 3 members have done it\n"
          "node-a: Removing the primary key is not allowed\n"
          "node-b: removing the primary key is not allowed\n"
          "node-c: Removing the primary key is not allowed\n");
}

TEST_CASE("the status of keys names none of them") {
    const std::vector<Holding> held{
        {.name = "n2", .status = "alive", .keys = std::vector<Bytes>{key_b, key_a}},
        {.name = "n1", .status = "alive", .keys = std::vector<Bytes>{key_a}},
        {.name = "n3", .status = "failed", .keys = std::nullopt},
        {.name = "n4", .status = "alive", .keys = std::nullopt},
        {.name = "n5", .status = "left", .keys = std::nullopt}};
    const std::string a = fingerprint(key_a), b = fingerprint(key_b);
    CHECK(key_status_text(held) ==
          "NAME  STATUS  ENCRYPTS WITH  KEYS  REMARK\n"
          "n1    alive   " +
              a +
              "       1\n"
              "n2    alive   " +
              b +
              "       2\n"
              "n3    failed  -              -     was not asked\n"
              "n4    alive   -              -     did not answer\n");
    CHECK(key_status_json(held) ==
          "{\"agree\":false,\"members\":["
          "{\"name\":\"n1\",\"status\":\"alive\",\"primary\":\"" +
              a +
              "\",\"keys\":1,\"asked\":true,\"answered\":true},"
              "{\"name\":\"n2\",\"status\":\"alive\",\"primary\":\"" +
              b +
              "\",\"keys\":2,\"asked\":true,\"answered\":true},"
              "{\"name\":\"n3\",\"status\":\"failed\",\"primary\":null,\"keys\":null,"
              "\"asked\":false,\"answered\":false},"
              "{\"name\":\"n4\",\"status\":\"alive\",\"primary\":null,\"keys\":null,"
              "\"asked\":true,\"answered\":false}]}\n");
}

TEST_CASE("members agree on a key if all that may come back say so") {
    const Holding a{.name = "n1", .status = "alive", .keys = std::vector<Bytes>{key_a}};
    const Holding ab{.name = "n2", .status = "alive", .keys = std::vector<Bytes>{key_a, key_b}};
    const Holding b{.name = "n3", .status = "alive", .keys = std::vector<Bytes>{key_b}};
    const Holding failed{.name = "n4", .status = "failed", .keys = std::nullopt};
    const Holding left{.name = "n5", .status = "left", .keys = std::nullopt};
    const Holding serf{.name = "n6", .status = "alive", .keys = std::vector<Bytes>{"", key_b}};
    using Members = std::vector<Holding>;
    CHECK(keys_agree(Members{a, ab, left}) == true);
    CHECK(keys_agree(Members{a, b}) == false);
    CHECK(keys_agree(Members{a, failed}) == false);
    CHECK(keys_agree(Members{}) == false);
    CHECK(keys_agree(Members{serf}) == std::nullopt);
}

TEST_CASE("round trips are in milliseconds") {
    CHECK(rtt_text("n1", "n2", 640us) == "n1 to n2 and back: about 0.640 ms\n");
    CHECK(rtt_json("n1", "n2", 640us) == "{\"a\":\"n1\",\"b\":\"n2\",\"rtt_ms\":0.64}\n");
}

TEST_CASE("reachability tells who is missing, and who was not expected") {
    const Reachability all{.total = 3, .live = {"n1", "n2"}, .acks = {"n2", "n1"}};
    CHECK(reachability_text(all) == "2 members are alive of 3, 2 answered\n");
    CHECK(reachability_json(all) ==
          "{\"total\":3,\"live\":2,\"acks\":2,\"missing\":[],\"unexpected\":[]}\n");
    const Reachability odd{.total = 3, .live = {"n1", "n2"}, .acks = {"n1", "n3"}};
    CHECK_THAT(reachability_text(odd), Contains("2 members are alive of 3, 1 answered\n") &&
                                           Contains("no answer from n2 (") &&
                                           Contains("though not alive here: n3 ("));
    CHECK(reachability_json(odd) ==
          "{\"total\":3,\"live\":2,\"acks\":2,\"missing\":[\"n2\"],\"unexpected\":[\"n3\"]}\n");
}
