#include "cli/render.h"

#include <catch2/catch.hpp>

#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

api::Value parse(const Bytes& object) {
    Result<api::Value> value = api::parse_msgpack(object, {});
    REQUIRE(value);
    return *std::move(value);
}

// As a real serf agent has said it.
api::ReadMembers serf_members() {
    return *api::read_members(parse(api::captured("members").server.at(1)));
}

api::ReadMember muster_member() {
    api::ReadMember member;
    member.name = "n1";
    member.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
    member.status = "alive";
    member.tags = {{"dc", "east"}, {"role", "web"}};
    member.versions = {1, 5, 2, 2, 5, 5};
    member.incarnation = 3;
    member.since_ns = 1769829127120000000;
    member.suspect = false;
    member.self = true;
    return member;
}

}  // namespace

TEST_CASE("members are a table, sorted by name") {
    api::ReadMembers reply{.index = 41, .members = {muster_member(), muster_member()}};
    reply.members[0].name = "zz";
    reply.members[0].suspect = true;
    reply.members[0].tags.clear();
    CHECK(members_text(reply, /*detailed=*/false) ==
          "NAME  ADDRESS        STATUS   TAGS\n"
          "n1    10.0.0.1:7946  alive    dc=east,role=web\n"
          "zz    10.0.0.1:7946  suspect\n");
    CHECK(members_text(reply, /*detailed=*/true) ==
          "NAME  ADDRESS        STATUS   SINCE                     INCARNATION  PROTOCOL    TAGS\n"
          "n1    10.0.0.1:7946  alive    2026-01-31T03:12:07.120Z  3            5 (2 to 5)  "
          "dc=east,role=web\n"
          "zz    10.0.0.1:7946  suspect  2026-01-31T03:12:07.120Z  3            5 (2 to 5)\n");
}

TEST_CASE("no member can drive the terminal, forge a row or a column") {
    api::ReadMember member = muster_member();
    member.name = "a\x1b[2J\nn1  10.0.0.9:1  alive";
    member.tags = {{"k\r", "v\xff"}};
    const std::string text = members_text({.index = 1, .members = {member}}, false);
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK_THAT(text, Contains("a\\x1b[2J\\x0an1  10.0.0.9:1  alive"));
    CHECK_THAT(text, Contains("k\\x0d=v\\xff"));
}

TEST_CASE("members in JSON have the shape that is promised") {
    CHECK(members_json({.index = 41, .members = {muster_member()}}) ==
          "{\"index\":41,\"members\":[{\"name\":\"n1\",\"addr\":\"10.0.0.1\",\"port\":7946,"
          "\"status\":\"alive\",\"tags\":{\"dc\":\"east\",\"role\":\"web\"},\"incarnation\":3,"
          "\"since\":\"2026-01-31T03:12:07.120Z\",\"held_out\":null,\"drained\":false,"
          "\"protocol\":{\"min\":2,\"max\":5,\"version\":5}}]}\n");
    CHECK(members_json({.index = 0, .members = {}}) == "{\"index\":0,\"members\":[]}\n");
}

TEST_CASE("what a serf agent does not know is null") {
    CHECK_THAT(members_json(serf_members()),
               StartsWith("{\"index\":null,\"members\":[{\"name\":\"node-a\","
                          "\"addr\":\"127.0.50.1\",\"port\":7946,\"status\":\"alive\","
                          "\"tags\":{\"dc\":\"east\",\"role\":\"web\"},\"incarnation\":null,"
                          "\"since\":null,\"held_out\":null,\"drained\":false,"
                          "\"protocol\":{\"min\":2,\"max\":5,\"version\":5}},"));
    CHECK_THAT(
        members_text(serf_members(), /*detailed=*/true),
        Contains("node-b  127.0.50.2:7946  alive   -      -            5 (2 to 5)  role=db"));
}

TEST_CASE("names that are not UTF-8 have their true bytes beside them") {
    api::ReadMember member = muster_member();
    member.name = "a\xff";
    member.tags = {{"k", "\xfe"}};
    const std::string json = members_json({.index = 1, .members = {member}});
    CHECK_THAT(json, Contains("\"name\":\"a\xef\xbf\xbd\",\"name_base64\":\"Yf8=\""));
    CHECK_THAT(json,
               Contains("\"tags\":{\"k\":\"\xef\xbf\xbd\"},\"tags_base64\":{\"aw==\":\"/g==\"}"));
    CHECK(api::parse_json(json, {}));
}

TEST_CASE("a join tells who was reached and who was not") {
    const api::ReadJoined some{.joined = 2, .failed = {{{.seed = "h3", .error = "no\nroute"}}}};
    CHECK(joined_text(some) == "joined through 2 agents\nnot through h3: no\\x0aroute\n");
    CHECK(joined_json(some) ==
          "{\"joined\":2,\"failed\":[{\"seed\":\"h3\",\"error\":\"no\\nroute\"}]}\n");
    const api::ReadJoined of_serf = *api::read_joined(parse(api::captured("join").server.at(1)));
    CHECK(joined_json(of_serf) == "{\"joined\":2,\"failed\":null}\n");
    CHECK(joined_text({.joined = 1, .failed = std::nullopt}) == "joined through 1 agent\n");
}

TEST_CASE("info of a musterd has its counts as numbers") {
    const api::ReadStats stats{
        .index = 7,
        .warnings = {{"beware"}},
        .sections = {{"agent", {{"name", "5"}}},
                     {"members", {{"alive", "5"}, {"failed", "1"}, {"left", "0"}}},
                     {"rejected", {{"decode", "2"}}},
                     {"runtime", {{"version", "0.1.0"}}},
                     {"serf", {{"health_score", "0"}, {"encrypted", "false"}}},
                     {"tags", {{"role", "7"}}}}};
    CHECK(info_json(stats) ==
          "{\"node\":\"5\",\"version\":\"0.1.0\",\"index\":7,"
          "\"members\":{\"alive\":5,\"failed\":1,\"left\":0},\"rejected\":{\"decode\":2},"
          "\"health\":0,\"warnings\":[\"beware\"],\"agent\":{\"name\":\"5\"},"
          "\"runtime\":{\"version\":\"0.1.0\"},"
          "\"serf\":{\"encrypted\":\"false\",\"health_score\":0},\"tags\":{\"role\":\"7\"}}\n");
    CHECK_THAT(info_text(stats), StartsWith("warning: beware\n"
                                            "node     5\n"
                                            "version  0.1.0\n"
                                            "members  5 alive, 1 failed\n"
                                            "health   0\n"
                                            "\n"
                                            "agent:\n"
                                            "  name  5\n"));
}

TEST_CASE("info of a serf agent says what it says") {
    const api::ReadStats stats = *api::read_stats(parse(api::captured("stats").server.at(1)));
    const std::string json = info_json(stats);
    CHECK_THAT(json, StartsWith("{\"node\":\"node-a\",\"version\":\"go1.19.8\",\"index\":null,"
                                "\"members\":{\"alive\":3,\"failed\":0,\"left\":0},"
                                "\"rejected\":null,\"health\":0,\"warnings\":[],"));
    CHECK(api::parse_json(json, {}));
    CHECK_THAT(info_text(stats), Contains("members  3 alive\n"));
}

TEST_CASE("log records of both kinds of agents are one line each") {
    const api::ReadLog ours{.text = "a\nb", .level = "warn", .wall_ns = 0, .lost = std::nullopt};
    CHECK(log_text(ours) == "1970-01-01T00:00:00.000Z warn a\\x0ab\n");
    CHECK(log_json(ours) ==
          "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"warn\",\"text\":\"a\\nb\"}\n");
    const api::ReadLog serf = *api::read_log(parse(api::captured("monitor_twice").server.at(3)));
    CHECK_THAT(log_text(serf), StartsWith("2026/11/22 00:50:55 [ERR] agent.ipc: Failed"));
    CHECK_THAT(log_json(serf),
               StartsWith("{\"time\":null,\"level\":\"err\",\"text\":\"agent.ipc: Failed"));
    const api::ReadLog bare{
        .text = "no mark", .level = std::nullopt, .wall_ns = std::nullopt, .lost = std::nullopt};
    CHECK(log_json(bare) == "{\"time\":null,\"level\":null,\"text\":\"no mark\"}\n");
    const api::ReadLog lost{.text = "", .level = std::nullopt, .wall_ns = std::nullopt, .lost = 3};
    CHECK(log_text(lost) == "(3 log records were lost: they came faster than they were read)\n");
    CHECK_THAT(log_json(lost), Contains("\"lost\":3"));
}

TEST_CASE("replies of the wrong shape are errors that name the field") {
    const auto json = [](const char* text) { return *api::parse_json(text, {}); };
    CHECK(api::read_header(json("[]")).error().text == "reply: expected a map, found a list");
    CHECK(api::read_members(json(R"({"Members":7})")).error().text ==
          "members: field Members: expected a list, found a number");
    CHECK(api::read_members(json(R"({"Members":[{"Name":7}]})")).error().text ==
          "member: field Name: expected text, found a number");
    CHECK(api::read_joined(json(R"({"Num":"x"})")).error().text ==
          "join: field Num: expected a number that is not negative, found text");
    CHECK(api::read_stats(json(R"({"serf":{"members":3}})")).error().text ==
          "stats: field serf: expected a map of texts, found a number");
    CHECK(api::read_members(json(R"({"Members":[{"Port":99999,"Addr":"x"}]})")));
}
