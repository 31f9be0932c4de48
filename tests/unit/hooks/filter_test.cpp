#include "agent/hooks/filter.h"

#include <catch2/catch.hpp>

#include "agent/cluster/tags.h"

using namespace muster;
using namespace muster::hooks;
using history::Change;
using history::Kind;

namespace {

Change change(Kind kind, Bytes subject, const cluster::Tags& tags = {}) {
    Change change;
    change.kind = kind;
    change.subject = std::move(subject);
    if (!tags.empty())
        change.tags = *cluster::encode_tags(tags);
    return change;
}

Spec spec(const char* on) {
    Spec spec;
    spec.name = "h";
    spec.on = *Interest::parse(on);
    return spec;
}

Filter filter(const Spec& spec) {
    const Result<Filter> compiled = Filter::compile(spec, "self");
    REQUIRE(compiled);
    return *compiled;
}

std::string error(const Spec& spec) {
    const Result<Filter> compiled = Filter::compile(spec, "self");
    REQUIRE_FALSE(compiled);
    return compiled.error().text;
}

}  // namespace

TEST_CASE("a name is matched as a whole") {
    const auto [expression, name, matches] = GENERATE(table<const char*, const char*, bool>({
        {"", "anything", true},
        {"web-.*", "web-1", true},
        {"web", "web-1", false},
        {"web|db", "db", true},
        {"web|db", "db-1", false},
        {"web..", "web\xff\xfe", true},
        {"web.", "web\n", false},
    }));
    CAPTURE(expression, name);
    Spec wanted = spec("all");
    wanted.member = expression;
    CHECK(filter(wanted).wants(change(Kind::MemberFailed, name)) == matches);
    CHECK(filter(wanted).wants(change(Kind::Conflict, name)) == matches);
}

TEST_CASE("whose it is") {
    const auto [whose, of_self, of_others] = GENERATE(table<Spec::Whose, bool, bool>({
        {Spec::Whose::Anybody, true, true},
        {Spec::Whose::Self, true, false},
        {Spec::Whose::Others, false, true},
    }));
    Spec wanted = spec("all");
    wanted.whose = whose;
    for (const Kind kind : {Kind::MemberJoin, Kind::MemberReap, Kind::Conflict}) {
        CHECK(filter(wanted).wants(change(kind, "self")) == of_self);
        CHECK(filter(wanted).wants(change(kind, "n2")) == of_others);
    }
}

TEST_CASE("an absent tag is an empty one") {
    Spec wanted = spec("all");
    wanted.tags = {{"role", "web|db"}};
    CHECK(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"role", "db"}})));
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"role", "dbs"}})));
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"dc", "web"}})));
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, "n")));
    wanted.tags = {{"role", ""}};
    CHECK(filter(wanted).wants(change(Kind::MemberJoin, "n")));
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"role", "db"}})));
    wanted.tags = {{"role", "db"}, {"dc", "e.*"}};
    CHECK(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"role", "db"}, {"dc", "east"}})));
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, "n", {{"role", "db"}})));
    // A claim to a name comes without tags: they say nothing against it.
    CHECK(filter(wanted).wants(change(Kind::Conflict, "n")));
}

TEST_CASE("what is of no member passes the filters for members") {
    Spec wanted = spec("all");
    wanted.member = "nobody";
    wanted.whose = Spec::Whose::Others;
    wanted.tags = {{"role", "none"}};
    const Filter compiled = filter(wanted);
    for (const Kind kind : {Kind::Start, Kind::UserEvent, Kind::NewLeader, Kind::QuorumLost,
                            Kind::Ring, Kind::Gap, Kind::MembersMissing, Kind::MembersBack}) {
        CAPTURE(to_string(kind));
        CHECK(compiled.wants(change(kind, kind == Kind::Gap ? "" : "self")));
    }
    CHECK_FALSE(compiled.wants(change(Kind::MemberJoin, "self")));
    CHECK(compiled.wants_query("any"));
}

TEST_CASE("only what it is for") {
    const Filter compiled = filter(spec("member-failed,user:deploy,query:load"));
    CHECK(compiled.wants(change(Kind::MemberFailed, "n")));
    CHECK_FALSE(compiled.wants(change(Kind::MemberJoin, "n")));
    CHECK(compiled.wants(change(Kind::UserEvent, "deploy")));
    CHECK_FALSE(compiled.wants(change(Kind::UserEvent, "n")));
    CHECK(compiled.wants_query("load"));
    CHECK_FALSE(compiled.wants_query("deploy"));
}

TEST_CASE("the gap of one hook is for no other") {
    const Filter compiled = filter(spec("gap"));
    CHECK(compiled.wants(change(Kind::Gap, "")));
    CHECK(compiled.wants(change(Kind::Gap, "h")));
    CHECK_FALSE(compiled.wants(change(Kind::Gap, "other")));
}

TEST_CASE("a wrong expression is named by its key") {
    Spec wanted = spec("*");
    wanted.member = "(";
    CHECK(error(wanted) == "member: the expression for the name, '(', is not valid: missing ): (");
    wanted.member = std::string(1025, 'a');
    CHECK(error(wanted) == "member: the expression for the name has 1025 bytes, the limit is 1024");
    wanted.member = "((a{100}){100}){100}";
    CHECK_THAT(error(wanted), Catch::Matchers::StartsWith("member: the expression for the name, "));
    wanted.member = "";
    wanted.tags = {{"ro\x1b", "*"}};
    CHECK(error(wanted) ==
          "tags: the expression for tag 'ro\\x1b', '*', is not valid: no argument for repetition "
          "operator: *");
    wanted.tags.clear();
    for (int i = 0; i < 17; ++i)
        wanted.tags["t" + std::to_string(i)] = "x";
    CHECK(error(wanted) == "tags: expressions for 17 tags, the limit is 16");
}

TEST_CASE("an expression that makes others backtrack for ever is answered at once") {
    Spec wanted = spec("*");
    wanted.member = "(a*)*b";
    CHECK_FALSE(filter(wanted).wants(change(Kind::MemberJoin, Bytes(100'000, 'a'))));
}
