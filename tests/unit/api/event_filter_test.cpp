#include "agent/api/event_filter.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::api;
using Kind = MemberEvent::Kind;

namespace {

// The kinds that pass, by their initials; "?" if the filter is none.
std::string passing(std::string_view type, bool extended) {
    const auto filter = EventFilter::parse(type, extended);
    if (!filter)
        return "?";
    std::string passed;
    for (const auto& [kind, initial] :
         {std::pair(Kind::Join, 'J'), std::pair(Kind::Leave, 'L'), std::pair(Kind::Failed, 'F'),
          std::pair(Kind::Update, 'U'), std::pair(Kind::Reap, 'R'), std::pair(Kind::Suspect, 'S'),
          std::pair(Kind::Cleared, 'C')}) {
        if (filter->matches(kind))
            passed += initial;
    }
    return passed;
}

}  // namespace

TEST_CASE("event filters are Serf's, and ours for those who know them") {
    const auto [type, serf, ours] = GENERATE(table<const char*, const char*, const char*>({
        {"", "JLFUR", "JLFURSC"},
        {"*", "JLFUR", "JLFURSC"},
        {"member-join", "J", "J"},
        {"member-join,member-failed", "JF", "JF"},
        {"member-leave,member-update,member-reap", "LUR", "LUR"},
        {"member-suspect", "?", "S"},
        {"member-cleared,member-suspect", "?", "SC"},
        {"user", "", ""},
        {"user:deploy,query,query:load,member-join", "J", "J"},
        {"member-join,*", "JLFUR", "JLFURSC"},
        {"bogus", "?", "?"},
        {"member-join,bogus", "?", "?"},
        {"member-join,", "?", "?"},
        {",", "?", "?"},
        {" member-join", "?", "?"},
        {"member-join:x", "?", "?"},
        {"users", "?", "?"},
        {"queryload", "?", "?"},
        {"Member-Join", "?", "?"},
    }));
    CAPTURE(type);
    CHECK(passing(type, /*extended=*/false) == serf);
    CHECK(passing(type, /*extended=*/true) == ours);
}

TEST_CASE("user events and queries pass by name, or all of them") {
    const auto [type, user_events, queries] = GENERATE(table<const char*, bool, bool>({
        {"*", true, true},
        {"user", true, false},
        {"query", false, true},
        {"user:deploy", true, false},
        {"user:deploy2", false, false},
        {"user:x,user:deploy,query:y", true, false},
        {"query:deploy", false, true},
        {"user:", true, false},
        {"member-join", false, false},
    }));
    CAPTURE(type);
    const auto filter = EventFilter::parse(type, /*extended=*/false);
    REQUIRE(filter);
    CHECK(filter->matches_user_event("deploy") == user_events);
    CHECK(filter->matches_query("deploy") == queries);
}

TEST_CASE("what a client may have remembered for a stream is bounded") {
    const std::string most = "user:" + std::string(EventFilter::max_size - 5, 'x');
    CHECK(EventFilter::parse(most, /*extended=*/true));
    CHECK_FALSE(EventFilter::parse(most + "x", /*extended=*/true));
}

TEST_CASE("the missing pass for those who know them") {
    const auto [type, serf, missing, back] = GENERATE(table<const char*, bool, bool, bool>({
        {"*", true, true, true},
        {"", true, true, true},
        {"members-missing", false, true, false},
        {"members-back", false, false, true},
        {"members-back,members-missing", false, true, true},
        {"member-join", true, false, false},
        {"user", true, false, false},
    }));
    CAPTURE(type);
    const auto filter = EventFilter::parse(type, /*extended=*/true);
    REQUIRE(filter);
    CHECK(filter->matches(Turnout{1, 3}) == missing);
    CHECK(filter->matches(Turnout{2, 3}) == back);
    const auto of_serf = EventFilter::parse(type, /*extended=*/false);
    REQUIRE(of_serf.has_value() == serf);
    if (of_serf) {
        CHECK_FALSE(of_serf->matches(Turnout{1, 3}));
        CHECK_FALSE(of_serf->matches(Turnout{2, 3}));
    }
}
