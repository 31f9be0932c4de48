#include "cli/render_history.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;

namespace {

api::ReadChange change(const char* event, Bytes subject) {
    api::ReadChange change;
    change.seq = 7;
    change.wall_ns = 120'000'000;
    change.event = event;
    change.subject = std::move(subject);
    return change;
}

api::ReadChange of_member(const char* event, const char* from, const char* to) {
    api::ReadChange it = change(event, "n1");
    it.from = from;
    it.to = to;
    it.incarnation = 3;
    it.addr = "10.0.0.1";
    it.port = 7946;
    it.cause = "accused";
    it.health = 2;
    it.tags = {{"role", "web"}};
    return it;
}

constexpr char at[] = "7 1970-01-01T00:00:00.120Z ";
constexpr char json_at[] = R"({"seq":7,"time":"1970-01-01T00:00:00.120Z","event":")";

// As a terminal would take it.
bool is_harmless(const std::string& line) {
    return line.find_first_of("\x1b\x07\r\t") == std::string::npos &&
           line.find('\n') == line.size() - 1;
}

}  // namespace

TEST_CASE("what became of a member, and why") {
    api::ReadChange failed = of_member("member-failed", "suspect", "failed");
    CHECK(change_text(failed) ==
          at + std::string("member-failed n1 suspect -> failed (accused)\n"));
    failed.by = "n2";
    CHECK(change_text(failed) ==
          at + std::string("member-failed n1 suspect -> failed (accused by n2)\n"));
    failed.others = {"n3"};
    CHECK(change_text(failed) ==
          at +
              std::string("member-failed n1 suspect -> failed (accused by n2, confirmed by n3)\n"));
    failed.others = {"n3", "n4"};
    CHECK(change_text(failed) ==
          at + std::string(
                   "member-failed n1 suspect -> failed (accused by n2, confirmed by n3, n4)\n"));
    CHECK(change_json(failed) ==
          json_at + std::string(
                        "member-failed\",\"member\":\"n1\",\"from\":\"suspect\",\"to\":\"failed\","
                        "\"incarnation\":3,\"addr\":\"10.0.0.1\",\"port\":7946,\"tags\":{"
                        "\"role\":\"web\"},\"cause\":{\"kind\":\"accused\",\"by\":\"n2\","
                        "\"others\":[\"n3\",\"n4\"]},\"health\":2}\n"));
}

TEST_CASE("tags are shown before and after where they have changed") {
    api::ReadChange update = of_member("member-update", "alive", "alive");
    CHECK(change_text(update) == at + std::string("member-update n1 alive -> alive (accused)\n"));
    update.tags_before = api::TextMap{{"dc", "e"}, {"role", "db"}};
    CHECK(change_text(update) ==
          at + std::string("member-update n1 alive -> alive (accused), tags dc=e,role=db -> "
                           "role=web\n"));
    CHECK_THAT(change_json(update), Contains("\"tags\":{\"role\":\"web\"},\"tags_before\":{"
                                             "\"dc\":\"e\",\"role\":\"db\"},\"cause\":{\"kind\":"
                                             "\"accused\",\"others\":[]}"));
}

TEST_CASE("each other kind of change has its own words and fields") {
    SECTION("a start") {
        api::ReadChange start = change("start", "n1");
        start.payload = "0.9";
        CHECK(change_text(start) == at + std::string("start n1 0.9\n"));
        CHECK(change_json(start) ==
              json_at +
                  std::string("start\",\"member\":\"n1\",\"version\":\"0.9\",\"health\":0}\n"));
    }
    SECTION("a conflict, with an address to connect to") {
        api::ReadChange conflict = change("conflict", "n1");
        conflict.addr = "10.0.0.9";
        conflict.port = 7946;
        CHECK(change_text(conflict) ==
              at + std::string("conflict n1 is also claimed by 10.0.0.9:7946\n"));
        CHECK(change_json(conflict) ==
              json_at + std::string("conflict\",\"member\":\"n1\",\"other\":\"10.0.0.9:7946\","
                                    "\"health\":0}\n"));
        conflict.addr = "fd00::9";
        CHECK(change_text(conflict) ==
              at + std::string("conflict n1 is also claimed by [fd00::9]:7946\n"));
        CHECK_THAT(change_json(conflict), Contains("\"other\":\"[fd00::9]:7946\""));
    }
    SECTION("a user event") {
        api::ReadChange event = change("user", "deploy");
        event.number = 12;
        event.payload = "now!";
        CHECK(change_text(event) == at + std::string("user deploy (4 bytes)\n"));
        CHECK(change_json(event) ==
              json_at + std::string("user\",\"name\":\"deploy\",\"payload\":\"now!\",\"ltime\":12,"
                                    "\"health\":0}\n"));
        event.payload = "";
        CHECK(change_text(event) == at + std::string("user deploy (0 bytes)\n"));
        CHECK_THAT(change_json(event), Contains("\"payload\":null"));
    }
    SECTION("a leader, or none") {
        const auto* const kind = GENERATE(values<const char*>(
            {"leader-acquired", "leader-lost", "new-leader", "quorum-lost", "quorum-regained"}));
        api::ReadChange leader = change(kind, "n2");
        leader.number = 5;
        CHECK(change_text(leader) == std::string(at) + kind + " n2, term 5\n");
        CHECK(change_json(leader) ==
              std::string(json_at) + kind + "\",\"leader\":\"n2\",\"term\":5,\"health\":0}\n");
        leader.subject.clear();
        CHECK(change_text(leader) == std::string(at) + kind + " term 5\n");
    }
    SECTION("a ring") {
        api::ReadChange ring = change("ring-changed", "default");
        ring.fingerprint = "0000000000000022";
        ring.fingerprint_before = "0000000000000011";
        CHECK(change_text(ring) ==
              at + std::string("ring-changed default 0000000000000011 -> 0000000000000022\n"));
        CHECK(change_json(ring) ==
              json_at + std::string("ring-changed\",\"ring\":\"default\",\"before\":"
                                    "\"0000000000000011\",\"after\":\"0000000000000022\","
                                    "\"health\":0}\n"));
    }
    SECTION("a gap") {
        api::ReadChange gap = change("gap", "");
        gap.number = 41;
        CHECK(change_text(gap) ==
              at + std::string("gap 41 changes were not written down in time\n"));
        CHECK(change_json(gap) == json_at + std::string("gap\",\"lost\":41,\"health\":0}\n"));
    }
    SECTION("one that this muster does not know") {
        api::ReadChange later = change("member", "n1");
        later.payload = "p";
        CHECK(change_text(later) == at + std::string("member n1 p\n"));
    }
}

TEST_CASE("no name drives the terminal or ends the line") {
    const Bytes odd("\x1b[2J\n\xff", 6);
    api::ReadChange member = of_member("member-failed", "alive", "failed");
    member.subject = odd;
    member.cause = odd;
    member.by = odd;
    member.others = {odd};
    member.tags_before = api::TextMap{{odd, odd}};
    member.tags = {{odd, odd}};
    const std::string shown = R"(\x1b[2J\x0a\xff)";
    CHECK(change_text(member) == at + ("member-failed " + shown + " alive -> failed (" + shown +
                                       " by " + shown + ", confirmed by " + shown + "), tags " +
                                       shown + "=" + shown + " -> " + shown + "=" + shown + "\n"));
    for (const char* const event : {"start", "conflict", "user", "new-leader", "ring-changed",
                                    "gap", "member-odd\x1b", "odd\n"}) {
        api::ReadChange it = change(event, odd);
        it.from = odd;
        it.to = odd;
        it.addr = odd;
        it.payload = odd;
        it.fingerprint = odd;
        it.fingerprint_before = odd;
        CAPTURE(event);
        CHECK(is_harmless(change_text(it)));
        CHECK(is_harmless(change_json(it)));
    }
}

TEST_CASE("the true bytes of a name stand in base64 beside what can be shown of it") {
    const Bytes odd("\xff\0n", 3);
    CHECK_THAT(change_json(change("start", odd)), Contains("\"member_base64\":\"/wBu\""));
    api::ReadChange event = change("user", odd);
    event.payload = odd;
    CHECK_THAT(change_json(event),
               Contains("\"name_base64\":\"/wBu\"") && Contains("\"payload_base64\":\"/wBu\""));
    api::ReadChange member = of_member("member-join", "none", "alive");
    member.tags = {{"k", odd}};
    member.by = odd;
    CHECK_THAT(change_json(member), Contains("\"tags_base64\":{\"aw==\":\"/wBu\"}") &&
                                        Contains("\"by_base64\":\"/wBu\""));
}

TEST_CASE("changes that are not kept any more are named") {
    CHECK(gap_text(3, 9) == "(changes 3 to 9 are not kept any more)\n");
    CHECK(gap_json(3, 9) == R"({"gap":{"from":3,"to":9}})"
                            "\n");
}

TEST_CASE("the missing, for people and for programs") {
    api::ReadChange missing = change("members-missing", "");
    missing.number = 3;
    missing.number_before = 10;
    CHECK(change_text(missing) ==
          at + std::string("members-missing 3 of 10 known members alive\n"));
    CHECK(change_json(missing) ==
          json_at + std::string("members-missing\",\"alive\":3,\"known\":10,\"health\":0}\n"));
    missing.event = "members-back";
    CHECK(change_text(missing) == at + std::string("members-back 3 of 10 known members alive\n"));
}
