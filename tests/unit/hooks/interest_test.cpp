#include "agent/hooks/interest.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::hooks;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using history::Kind;

namespace {

Interest parsed(std::string_view text) {
    const Result<Interest> interest = Interest::parse(text);
    INFO(text);
    REQUIRE(interest);
    return *interest;
}

std::string error(std::string_view text) {
    const Result<Interest> interest = Interest::parse(text);
    INFO(text);
    REQUIRE_FALSE(interest);
    return interest.error().text;
}

// The names of the kinds that it is for, whatever their subject.
std::string kinds_of(const Interest& interest) {
    std::string out;
    for (unsigned kind = 1; kind <= static_cast<unsigned>(history::last_kind); ++kind) {
        if (interest.wants(static_cast<Kind>(kind), "x"))
            out += (out.empty() ? "" : " ") + std::string(to_string(static_cast<Kind>(kind)));
    }
    return out + (interest.wants_query("x") ? " query" : "");
}

}  // namespace

TEST_CASE("each kind of the history is an event by its own name") {
    const auto kind =
        static_cast<Kind>(GENERATE(range(1U, static_cast<unsigned>(history::last_kind) + 1)));
    CAPTURE(to_string(kind));
    CHECK(kinds_of(parsed(to_string(kind))) == to_string(kind));
    CHECK_FALSE(parsed(to_string(kind)).wants_any_query());
}

TEST_CASE("what is for many") {
    CHECK(kinds_of(parsed("*")) ==
          "member-join member-leave member-failed member-update member-reap user query");
    CHECK(kinds_of(parsed("all")) ==
          "start member-join member-leave member-failed member-update member-reap member-suspect "
          "member-cleared conflict user leader-acquired leader-lost new-leader quorum-lost "
          "quorum-regained ring-changed gap members-missing members-back query");
    CHECK(kinds_of(parsed(" member-join ,\tgap")) == "member-join gap");
    CHECK(parsed("*,all") == parsed("all"));
}

TEST_CASE("user events and queries by name") {
    const Interest some = parsed("user:deploy,query:load,user:a:b,user:deploy");
    CHECK(some.wants(Kind::UserEvent, "deploy"));
    CHECK(some.wants(Kind::UserEvent, "a:b"));
    CHECK_FALSE(some.wants(Kind::UserEvent, "deploy2"));
    CHECK_FALSE(some.wants(Kind::UserEvent, ""));
    CHECK(some.wants_any_user_event());
    CHECK(some.wants_query("load"));
    CHECK_FALSE(some.wants_query("deploy"));
    CHECK(some.wants_any_query());
    CHECK_FALSE(parsed("user:x").wants_any_query());
    CHECK_FALSE(parsed("query:x").wants_any_user_event());
    // As in Serf.
    CHECK(parsed("user:") == parsed("user"));
    CHECK(parsed("query:x,query") == parsed("query"));
    CHECK(parsed("user:b,user:a") == parsed("user:a,user:b"));
}

TEST_CASE("of a list each is one filter, commas and spaces and all") {
    const Result<Interest> interest = Interest::parse(std::vector<std::string>{"user:a, b", "gap"});
    REQUIRE(interest);
    CHECK(interest->wants(Kind::UserEvent, "a, b"));
    CHECK_FALSE(interest->wants(Kind::UserEvent, "a"));
    CHECK_FALSE(Interest::parse(std::vector<std::string>{"a,b"}));
    CHECK_FALSE(Interest::parse(std::vector<std::string>{" gap"}));
}

TEST_CASE("what is no event is named, with what it may be and what was probably meant") {
    CHECK(error("member-jion") ==
          "'member-jion' is not an event (did you mean 'member-join'? It may be *, all, start, "
          "member-join, member-leave, member-failed, member-update, member-reap, member-suspect, "
          "member-cleared, conflict, user, leader-acquired, leader-lost, new-leader, quorum-lost, "
          "quorum-regained, ring-changed, gap, members-missing, members-back, query, user:NAME or "
          "query:NAME)");
    CHECK_THAT(error("bogus"), StartsWith("'bogus' is not an event (It may be *, all,"));
    CHECK_THAT(error("member-join,,gap"), StartsWith("'' is not an event"));
    CHECK_THAT(error(""), StartsWith("'' is not an event"));
    CHECK_THAT(error("users"), Contains("did you mean 'user'?"));
    CHECK_THAT(error("Member-Join"), Contains("did you mean 'member-join'?"));
    CHECK_THAT(error("a\x1b\n"), StartsWith("'a\\x1b\\x0a' is not an event"));
    CHECK(Interest::parse(std::vector<std::string>{}).error().text ==
          "no event is named (name some, or write * for Serf's and all for every one)");
    std::string many = "gap";
    for (std::size_t i = 1; i < Interest::max_filters; ++i)
        many += ",gap";
    CHECK(Interest::parse(many));
    CHECK(error(many + ",gap") ==
          "65 events are named, at most 64 are possible (write all for every one)");
}
