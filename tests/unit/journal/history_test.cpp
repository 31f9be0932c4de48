#include <catch2/catch.hpp>

#include "agent/history/retention.h"
#include "agent/history/view.h"

namespace muster::history {

TEST_CASE("a view survives as bytes, and bytes that are none are refused") {
    View view;
    view["n1"] = {
        Standing::Suspect,  *Endpoint::parse("10.0.0.1:7946", 0), "tags", {1, 5, 2, 2, 5, 5}, 4,
        1700000000000000000};
    view[Bytes("\xff\0", 2)] = {Standing::Failed, *Endpoint::parse("[::1]:1", 0), "", {}, 0, 0};
    const Bytes bytes = encode(view);
    CHECK(decode(bytes) == view);
    CHECK_FALSE(decode(bytes + "x"));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(decode(BytesView(bytes).substr(0, size)));
    CHECK(decode_names(encode_names({"a", "", "b"})) == std::vector<Bytes>{"a", "", "b"});
}

TEST_CASE("two views differ in what leads from the one to the other") {
    View before;
    before["gone"].standing = Standing::Failed;
    before["stays"].tags = "a";
    before["dies"] = {};
    View now = before;
    now.erase("gone");
    now["stays"].tags = "b";
    now["dies"].standing = Standing::Failed;
    now["new"].standing = Standing::Alive;
    View replayed = before;
    std::vector<Kind> kinds;
    for (const Change& change : differences(before, now, cause_resync)) {
        kinds.push_back(change.kind);
        CHECK(change.cause == cause_resync);
        apply(change, replayed);
    }
    CHECK(kinds ==
          std::vector{Kind::MemberReap, Kind::MemberFailed, Kind::MemberJoin, Kind::MemberUpdate});
    CHECK(replayed == now);
    CHECK(differences(now, now, cause_resync).empty());
}

TEST_CASE("what is kept is bounded by age and by size") {
    const Retention retention{std::chrono::hours(1), 1000};
    CHECK_FALSE(cut({.oldest = 1, .newest = 0, .size = 5000}, 0, retention));
    CHECK_FALSE(cut({.oldest = 5, .newest = 100, .size = 1000}, 4, retention));
    CHECK(cut({.oldest = 5, .newest = 100, .size = 1000}, 50, retention) == 50);
    CHECK(cut({.oldest = 1, .newest = 100, .size = 1001}, 0, retention) == 25);
    CHECK(cut({.oldest = 1, .newest = 100, .size = 1001}, 90, retention) == 90);
    CHECK(cut({.oldest = 1, .newest = 90000, .size = 0}, 80000, retention) == 20000);
    CHECK_FALSE(is_checkpoint_due(999, 5));
    CHECK(is_checkpoint_due(1000, 5));
    CHECK_FALSE(is_checkpoint_due(1000, 5000));
}

}  // namespace muster::history
