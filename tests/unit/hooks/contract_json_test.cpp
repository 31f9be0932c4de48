#include "agent/api/read_change.h"
#include "tests/unit/hooks/support.h"

using namespace muster;
using namespace muster::hooks;
using history::Kind;

namespace {

constexpr char at[] = R"({"seq":12,"time":"2026-01-31T03:12:07.120Z","event":")";

}  // namespace

TEST_CASE("a change is a line of JSON, as the history has it") {
    CHECK(change_json(failed("n3", {{"role", "db"}})) ==
          std::string(at) +
              R"(member-failed","member":"n3","from":"suspect","to":"failed","incarnation":3,)"
              R"("addr":"10.0.0.3","port":7946,"tags":{"role":"db"},"cause":{"kind":"accused",)"
              R"("by":"n2","others":["n4"]},"health":1})");
    history::Change update = failed("n3", {{"role", "db"}});
    update.tags_before = encoded({{"role", "web"}});
    CHECK_THAT(change_json(update),
               Catch::Matchers::Contains(R"("tags":{"role":"db"},"tags_before":{"role":"web"})"));
}

TEST_CASE("each other kind has its own fields") {
    history::Change it = change(Kind::UserEvent, "deploy");
    it.number = 5;
    it.payload = "now\n";
    CHECK(change_json(it) == std::string(at) + R"(user","name":"deploy","payload":"now\n",)"
                                               R"("ltime":5,"health":0})");
    it = change(Kind::NewLeader, "n2");
    it.number = 7;
    CHECK(change_json(it) == std::string(at) + R"(new-leader","leader":"n2","term":7,"health":0})");
    it = change(Kind::Ring, "default");
    it.number_before = 0x11;
    it.number = 0x22;
    CHECK(change_json(it) == std::string(at) +
                                 R"(ring-changed","ring":"default","before":"0000000000000011",)"
                                 R"("after":"0000000000000022","health":0})");
    it = change(Kind::Gap, "");
    it.number = 41;
    CHECK(change_json(it) == std::string(at) + R"(gap","lost":41,"health":0})");
    it.subject = "page";
    CHECK(change_json(it) == std::string(at) + R"(gap","hook":"page","lost":41,"health":0})");
    it = change(Kind::MembersMissing, "");
    it.number = 3;
    it.number_before = 8;
    CHECK(change_json(it) ==
          std::string(at) + R"(members-missing","alive":3,"known":8,"health":0})");
    it = change(Kind::Conflict, "n3");
    it.endpoint = *Endpoint::parse("[fd00::9]:7946", 0);
    CHECK(change_json(it) ==
          std::string(at) + R"(conflict","member":"n3","other":"[fd00::9]:7946","health":0})");
    it = change(Kind::Start, "n1");
    it.payload = "0.9";
    CHECK(change_json(it) ==
          std::string(at) + R"(start","member":"n1","version":"0.9","health":0})");
}

TEST_CASE("a member of a full list, with how it stands") {
    history::Entry entry;
    entry.standing = history::Standing::Failed;
    entry.endpoint = Endpoint::parse("10.0.0.3:7946", 0)->mapped();
    entry.tags = encoded({{"role", "db"}});
    entry.incarnation = 3;
    entry.since_ns = 1'769'829'127'120'000'000;
    CHECK(member_json("n3", entry) ==
          R"({"name":"n3","addr":"10.0.0.3","port":7946,"status":"failed","tags":{"role":"db"},)"
          R"("incarnation":3,"since":"2026-01-31T03:12:07.120Z"})");
}
