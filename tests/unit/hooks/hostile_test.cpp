// What a peer, or a program of ours, can put into names, tags and payloads: never a word of a
// command, never the name of a variable, never another line.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/hooks/support.h"

using namespace muster;
using namespace muster::hooks;
using history::Kind;

namespace {

const std::vector<Bytes> hostile{
    "$(touch x)",
    "`touch x`",
    "; touch x",
    "| touch x &",
    "a\nMUSTER_HOOK=forged",
    "\nn9\t10.9.9.9\tforged\t\n",
    "A=B",
    "=",
    "",
    "-rf",
    "--",
    "\t\r\n",
    "'\"\\",
    "\x1b[2J",
    "\xff\xfe\x80",
    "%n%s",
    "LD_PRELOAD=x.so",
    Bytes("a\0b", 3),
    Bytes("\0", 1),
    Bytes(4096, 'x'),
};

std::string with_zeros_shown(const Bytes& value) {
    std::string out;
    for (const char c : value)
        out += c == '\0' ? std::string("\\x00") : std::string(1, c);
    return out;
}

std::set<std::string> names(const Given& given) {
    std::set<std::string> out;
    for (const auto& [name, value] : variables(given))
        out.insert(name);
    return out;
}

std::size_t lines(const Bytes& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A tag as it may come from a peer: within what metadata can hold.
cluster::Tags tags_of(const Bytes& bytes) {
    const Bytes some = bytes.substr(0, 100);
    return {{"role", some}, {some, some}};
}

}  // namespace

TEST_CASE("a hostile member is values and columns, and nothing else") {
    const Bytes bytes = GENERATE(from_range(hostile));
    CAPTURE(bytes);
    history::Change it = failed(bytes, tags_of(bytes));
    it.cause = bytes;
    it.by = bytes;
    it.others = {bytes};
    Spec wanted = spec("h");
    wanted.json = Json::Descriptor;
    const Given got = given_for(call_of({it}), wanted, caller());
    const Given plain = given_for(call_of({failed("n3", {})}), wanted, caller());
    CHECK(names(got) == names(plain));
    const auto have = variables(got);
    CHECK(have.at("MUSTER_MEMBER") == with_zeros_shown(bytes));
    CHECK(have.at("MUSTER_CAUSE") == with_zeros_shown(bytes));
    CHECK(have.at("MUSTER_CAUSE_BY") == with_zeros_shown(bytes));
    CHECK(have.at("MUSTER_HOOK") == "h");
    for (const std::string& entry : got.environment)
        CHECK(entry.find('\0') == std::string::npos);
    CHECK(lines(got.input) == 1);
    CHECK(std::count(got.input.begin(), got.input.end(), '\t') == 3);
    REQUIRE(got.second_input);
    CHECK(lines(*got.second_input) == 1);
    const auto json = nlohmann::json::parse(*got.second_input);
    if (!json.contains("member_base64") && bytes.find('\xff') == Bytes::npos)
        CHECK(json.at("member").get<std::string>() == bytes);
}

TEST_CASE("a hostile list of members is a line for each") {
    Call call = call_of({change(Kind::Start, "n1")});
    call.members.emplace();
    for (const Bytes& bytes : hostile) {
        history::Entry entry;
        entry.endpoint = *Endpoint::parse("10.0.0.3:7946", 0);
        entry.tags = encoded(tags_of(bytes));
        (*call.members)[bytes] = entry;
    }
    Spec wanted = spec("h");
    wanted.json = Json::Descriptor;
    const Given got = given_for(call, wanted, caller());
    CHECK(lines(got.input) == hostile.size());
    REQUIRE(got.second_input);
    CHECK(lines(*got.second_input) == hostile.size() + 1);
    CHECK(names(got).contains("MUSTER_VERSION"));
    CHECK_FALSE(names(got).contains("LD_PRELOAD"));
}

TEST_CASE("a hostile user event or query is values, and its payload is untouched") {
    const Bytes bytes = GENERATE(from_range(hostile));
    CAPTURE(bytes);
    history::Change event = change(Kind::UserEvent, bytes);
    event.payload = bytes;
    const Given got = given_for(call_of({event}), spec("h"), caller());
    const Given plain = given_for(call_of({change(Kind::UserEvent, "e")}), spec("h"), caller());
    CHECK(names(got) == names(plain));
    CHECK(variables(got).at("SERF_USER_EVENT") == with_zeros_shown(bytes));
    CHECK(got.input.substr(0, bytes.size()) == bytes);

    const QueryCall query{.name = bytes, .payload = bytes, .source = bytes, .ltime = 1, .left = {}};
    const Given asked = given_for(query, spec("h"), caller());
    CHECK(names(asked) ==
          names(given_for(
              QueryCall{.name = "q", .payload = "", .source = "n2", .ltime = 1, .left = {}},
              spec("h"), caller())));
    CHECK(variables(asked).at("MUSTER_QUERY_FROM") == with_zeros_shown(bytes));
    CHECK(asked.input.substr(0, bytes.size()) == bytes);
}

TEST_CASE("a hostile leader's or ring's name is a value") {
    const Bytes bytes = GENERATE(from_range(hostile));
    Caller led = caller();
    led.leader = bytes;
    for (const Kind kind : {Kind::NewLeader, Kind::Ring, Kind::Conflict, Kind::MembersMissing}) {
        CAPTURE(bytes, to_string(kind));
        CHECK(names(given_for(call_of({change(kind, bytes)}), spec("h"), led)) ==
              names(given_for(call_of({change(kind, "x")}), spec("h"), caller())));
    }
    CHECK(variables(given_for(call_of({failed("n", {})}), spec("h"), led)).at("MUSTER_LEADER") ==
          with_zeros_shown(bytes));
}

TEST_CASE("tags of this member are variables as Serf makes them") {
    const auto [key, variable] = GENERATE(table<Bytes, const char*>({
        {"role", "SERF_TAG_ROLE"},
        {"Dc-2", "SERF_TAG_DC_2"},
        {"a.b c", "SERF_TAG_A_B_C"},
        {"k=v", "SERF_TAG_K_V"},
        {"", "SERF_TAG_"},
        {"a\nMUSTER_HOOK", "SERF_TAG_A_MUSTER_HOOK"},
        {"\xc3\xa9t\xc3\xa9", "SERF_TAG__T_"},
        {"\xf0\x9f\x90\x90", "SERF_TAG__"},
        {"\xff\xfe", "SERF_TAG___"},
        {Bytes("a\0b", 3), "SERF_TAG_A_B"},
    }));
    CAPTURE(key);
    Caller self = caller();
    self.tags = {{key, "v$(x)\n=;"}};
    const auto have = variables(given_for(call_of({failed("n3", {})}), spec("h"), self));
    CHECK(have.at(variable) == "v$(x)\n=;");
}

TEST_CASE("of two tags of one variable the later one in their order counts") {
    Caller self = caller();
    self.tags = {{"a-b", "1"}, {"a.b", "2"}, {"a_b", "3"}, {"role", "x"}};
    const auto have = variables(given_for(call_of({failed("n3", {})}), spec("h"), self));
    CHECK(have.at("SERF_TAG_A_B") == "3");
    CHECK(have.at("SERF_SELF_ROLE") == "x");
    self.tags = {{"x", Bytes("\0", 1)}};
    CHECK(variables(given_for(call_of({failed("n3", {})}), spec("h"), self)).at("SERF_TAG_X") ==
          "\\x00");
}
