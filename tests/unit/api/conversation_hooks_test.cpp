// The commands about hooks and the configuration, in both encodings (docs/api.md).
#include "agent/api/hook_messages.h"
#include "agent/api/hook_reader.h"
#include "agent/api/reply_reader.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

hooks::Spec hook(const char* name) {
    hooks::Spec spec;
    spec.name = name;
    spec.on_text = "member-failed";
    spec.arguments = {"/bin/page", "--team", "ops"};
    return spec;
}

hooks::HookStatus status(const char* name) {
    hooks::HookStatus status;
    status.name = name;
    status.waiting = 3;
    status.running = 1;
    status.done = 10;
    status.failed = 4;
    status.dead = 2;
    status.skipped = 5;
    status.lost = 6;
    status.breaker = hooks::Breaker::State::Open;
    status.opens_in = 12'500ms;
    status.oldest = 61s;
    status.last_status = 3;
    status.last_why = "exit status 3";
    return status;
}

journal::DeadLetter letter(const char* name, std::uint64_t seq) {
    journal::DeadLetter letter;
    letter.delivery.hook = name;
    letter.delivery.seq = seq;
    letter.delivery.kind = history::Kind::MemberFailed;
    letter.delivery.subject = "n3";
    letter.delivery.event_ns = 55;
    letter.delivery.attempts = 6;
    letter.status = 3;
    letter.why = "exit status 3";
    letter.output = "no \xff route\n";
    letter.at_ns = 77;
    return letter;
}

// An agent with the hooks "page" and "log", of which letters of the first are dead.
void arrange(FakeBackend& agent, const std::vector<std::uint64_t>& dead = {}) {
    agent.fake_hooks.specs = {hook("page"), hook("log")};
    agent.fake_hooks.statuses = {status("page"), hooks::HookStatus{}};
    std::vector<journal::DeadLetter> letters;
    for (const std::uint64_t seq : dead)
        letters.push_back(letter("page", seq));
    agent.fake_hooks.letters = letters;
}

Value body_of(FakeBackend& backend, const std::string& asked) {
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    const auto said = objects_in(talk.say(asked));
    REQUIRE(said.size() == 2);
    CHECK(said[0].find("Error")->text()->empty());
    return said[1];
}

std::string refusal_of(FakeBackend& backend, const std::string& asked) {
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    const auto said = objects_in(talk.say(asked));
    REQUIRE(said.size() == 2);
    CHECK_FALSE(talk.link.finished);
    return std::string(*said[0].find("Error")->text());
}

// What a line of JSON is answered with.
std::string answer(FakeBackend& backend, const std::string& line) {
    return Talk(backend).say(line + "\n");
}

}  // namespace

TEST_CASE("hooks come as they are configured and as they fare, in msgpack") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.specs[1].shell = true;
    agent.fake_hooks.specs[1].serf = true;
    const auto hooks = read_hooks(body_of(agent, request("hooks", 2)));
    REQUIRE(hooks);
    REQUIRE(hooks->size() == 2);
    const ReadHook& page = hooks->front();
    CHECK(page.name == "page");
    CHECK(page.on == "member-failed");
    CHECK(page.run == std::vector<Bytes>{"/bin/page", "--team", "ops"});
    CHECK_FALSE(page.shell);
    CHECK_FALSE(page.serf);
    CHECK(page.timeout_ms == 60'000);
    CHECK(page.retries == 5);
    CHECK(page.concurrency == 1);
    CHECK(page.queue == 10'000);
    CHECK(page.waiting == 3);
    CHECK(page.running == 1);
    CHECK(page.done == 10);
    CHECK(page.failed == 4);
    CHECK(page.dead == 2);
    CHECK(page.skipped == 5);
    CHECK(page.lost == 6);
    CHECK(page.breaker == "open");
    CHECK(page.opens_in_ms == 12'500);
    CHECK(page.oldest_ms == 61'000);
    CHECK(page.last_status == 3);
    CHECK(page.last_why == "exit status 3");
    CHECK(hooks->back().shell);
    CHECK(hooks->back().serf);
    CHECK(hooks->back().breaker == "closed");
    CHECK(hooks->back().last_why.empty());
}

TEST_CASE("a hook is one JSON object") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.specs.pop_back();
    agent.fake_hooks.statuses.pop_back();
    CHECK(answer(agent, R"({"Command":"hooks","Seq":4})") ==
          "{\"Seq\":4,\"Error\":\"\",\"Hooks\":[{\"Breaker\":\"open\",\"Concurrency\":1,"
          "\"Dead\":2,\"Done\":10,\"Failed\":4,\"LastStatus\":3,\"LastWhy\":\"exit status 3\","
          "\"Lost\":6,\"Name\":\"page\",\"OldestMs\":61000,\"On\":\"member-failed\","
          "\"OpensInMs\":12500,\"Queue\":10000,\"Retries\":5,"
          "\"Run\":[\"/bin/page\",\"--team\",\"ops\"],\"Running\":1,\"Serf\":false,"
          "\"Shell\":false,\"Skipped\":5,\"TimeoutMs\":60000,\"Waiting\":3}]}\n");
}

TEST_CASE("a dead letter comes with all that is known of it, in both encodings") {
    FakeBackend agent;
    arrange(agent, {7});
    const auto reply =
        read_letters(body_of(agent, request("hooks-dead", 2, DeadLettersRequest{.hook = "page"})));
    REQUIRE(reply);
    REQUIRE(reply->letters.size() == 1);
    const ReadLetter& dead = reply->letters.front();
    CHECK(dead.hook == "page");
    CHECK(dead.seq == 7);
    CHECK(dead.event == "member-failed");
    CHECK(dead.subject == "n3");
    CHECK(dead.event_ns == 55);
    CHECK(dead.attempts == 6);
    CHECK(dead.status == 3);
    CHECK(dead.why == "exit status 3");
    CHECK(dead.output == "no \xff route\n");
    CHECK(dead.at_ns == 77);
    CHECK_FALSE(reply->more);
    CHECK(reply->next == 8);
    CHECK(answer(agent, R"({"Command":"hooks-dead"})") ==
          "{\"Seq\":0,\"Error\":\"\",\"Letters\":[{\"At\":77,\"Attempts\":6,"
          "\"Event\":\"member-failed\",\"Hook\":\"page\",\"Output\":\"no \xEF\xBF\xBD route\\n\","
          "\"OutputBase64\":\"bm8g/yByb3V0ZQo=\",\"Seq\":7,\"Status\":3,\"Subject\":\"n3\","
          "\"Time\":55,\"Why\":\"exit status 3\"}],\"More\":false,\"Next\":8}\n");
    CHECK(agent.fake_hooks.calls == std::vector<std::string>{"dead page", "dead "});
}

TEST_CASE("dead letters come page by page, those of one change on one page") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.letters =
        std::vector{letter("page", 3), letter("log", 5), letter("page", 5), letter("page", 9)};
    std::vector<std::uint64_t> seqs;
    std::vector<std::size_t> sizes;
    DeadLettersRequest wanted{.limit = 2};
    for (bool more = true; more;) {
        const auto page = read_letters(body_of(agent, request("hooks-dead", 2, wanted)));
        REQUIRE(page);
        REQUIRE(sizes.size() < 4);
        sizes.push_back(page->letters.size());
        for (const ReadLetter& each : page->letters)
            seqs.push_back(each.seq);
        wanted.from = page->next;
        more = page->more;
    }
    CHECK(seqs == std::vector<std::uint64_t>{3, 5, 5, 9});
    CHECK(sizes == std::vector<std::size_t>{3, 1});
    // None is left.
    const auto none =
        read_letters(body_of(agent, request("hooks-dead", 2, DeadLettersRequest{.from = 10})));
    REQUIRE(none);
    CHECK(none->letters.empty());
    CHECK_FALSE(none->more);
    CHECK(none->next == 10);
}

TEST_CASE("one reply has no more letters than its limit, whatever is asked") {
    std::vector<std::uint64_t> many;
    for (std::uint64_t seq = 1; seq <= most_letters + 1; ++seq)
        many.push_back(seq);
    FakeBackend agent;
    arrange(agent, many);
    const std::uint64_t asked = GENERATE(std::uint64_t{0}, most_letters + 1);
    const auto page =
        read_letters(body_of(agent, request("hooks-dead", 2, DeadLettersRequest{.limit = asked})));
    REQUIRE(page);
    CHECK(page->letters.size() == most_letters);
    CHECK(page->more);
}

TEST_CASE("what is dead is replayed: the numbers that are asked for, or all") {
    FakeBackend agent;
    arrange(agent, {3, 5, 9});
    std::vector<std::string>& calls = agent.fake_hooks.calls;
    const auto some = read_changed_letters(body_of(
        agent,
        request("hooks-replay", 2, ChangeLettersRequest{.hook = "page", .seqs = {9, 4, 3, 9}})));
    REQUIRE(some);
    CHECK(some->count == 2);
    CHECK(some->not_dead == std::vector<std::uint64_t>{4});
    CHECK(calls == std::vector<std::string>{"dead page", "replay page 3", "replay page 9"});
    calls.clear();
    CHECK(answer(agent, R"({"Command":"hooks-replay","Hook":"page","All":true})") ==
          "{\"Seq\":0,\"Error\":\"\",\"Count\":3,\"NotDead\":[]}\n");
    CHECK(calls ==
          std::vector<std::string>{"dead page", "replay page 3", "replay page 5", "replay page 9"});
}

TEST_CASE("what is dead is dropped, and what waits") {
    FakeBackend agent;
    arrange(agent, {3, 5});
    std::vector<std::string>& calls = agent.fake_hooks.calls;
    CHECK(answer(agent, R"({"Command":"hooks-drop","Hook":"page","Seqs":[3,4]})") ==
          "{\"Seq\":0,\"Error\":\"\",\"Count\":1,\"NotDead\":[4]}\n");
    CHECK(calls == std::vector<std::string>{"dead page", "drop page 3", "drop page 4"});
    calls.clear();
    const auto all = read_changed_letters(body_of(
        agent, request("hooks-drop", 2, ChangeLettersRequest{.hook = "page", .all = true})));
    REQUIRE(all);
    CHECK(all->count == 2);
    CHECK(calls == std::vector<std::string>{"dead page", "drop page 3", "drop page 5"});
}

TEST_CASE("a hook is tested, and how that went is told") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.tested = HookTest{3, "exit status 3", "no route\n"};
    const auto test =
        read_hook_test(body_of(agent, request("hooks-test", 2, HookTestRequest{.hook = "page"})));
    REQUIRE(test);
    CHECK(test->status == 3);
    CHECK(test->why == "exit status 3");
    CHECK(test->output == "no route\n");
    agent.fake_hooks.tested = HookTest{};
    CHECK(answer(agent, R"({"Command":"hooks-test","Hook":"page"})") ==
          "{\"Seq\":0,\"Error\":\"\",\"Output\":null,\"Status\":0,\"Why\":\"\"}\n");
    CHECK(agent.fake_hooks.calls == std::vector<std::string>{"test page", "test page"});
}

TEST_CASE("the configuration is read again, and what that led to is told") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.reloaded = Reloaded{{"hook page is new"}, {"bind", "node"}};
    const auto reloaded = read_reloaded(body_of(agent, request("reload", 2)));
    REQUIRE(reloaded);
    CHECK(reloaded->changed == std::vector<Bytes>{"hook page is new"});
    CHECK(reloaded->needs_restart == std::vector<Bytes>{"bind", "node"});
    CHECK(answer(agent, R"({"Command":"reload"})") ==
          "{\"Seq\":0,\"Error\":\"\",\"Changed\":[\"hook page is new\"],"
          "\"NeedsRestart\":[\"bind\",\"node\"]}\n");
    agent.fake_hooks.reloaded = Error{"m.toml:3: hook page: retries: expected 0 to 100"};
    CHECK(refusal_of(agent, request("reload", 2)) ==
          "m.toml:3: hook page: retries: expected 0 to 100");
}

TEST_CASE("a hook that nobody knows is named in the error, and nothing is done") {
    FakeBackend agent;
    arrange(agent);
    const auto asked =
        GENERATE(values<std::string>({R"({"Command":"hooks-dead","Hook":"p\u0007"})",
                                      R"({"Command":"hooks-replay","Hook":"p\u0007","All":true})",
                                      R"({"Command":"hooks-drop","Hook":"p\u0007","Seqs":[1]})",
                                      R"({"Command":"hooks-test","Hook":"p\u0007"})"}));
    CHECK(answer(agent, asked) ==
          "{\"Seq\":0,\"Error\":\"there is no hook 'p\\\\x07' (see `muster hooks list`)\"}\n");
    CHECK(agent.fake_hooks.calls.empty());
}

TEST_CASE("the journal's and the hook's own errors are passed on") {
    FakeBackend agent;
    arrange(agent);
    agent.fake_hooks.letters = Error{"cannot read journal.db: disk I/O error"};
    agent.fake_hooks.tested = Error{"the agent is about to end"};
    for (const char* const command : {"hooks-replay", "hooks-drop"})
        CHECK(refusal_of(agent,
                         request(command, 2, ChangeLettersRequest{.hook = "page", .all = true})) ==
              "cannot read journal.db: disk I/O error");
    CHECK(refusal_of(agent, request("hooks-dead", 2, DeadLettersRequest{})) ==
          "cannot read journal.db: disk I/O error");
    CHECK(refusal_of(agent, request("hooks-test", 2, HookTestRequest{.hook = "page"})) ==
          "the agent is about to end");
}

TEST_CASE("a request about hooks that makes no sense is refused in words") {
    FakeBackend agent;
    arrange(agent, {3});
    std::string long_list = "1";
    for (std::size_t i = 0; i < most_seqs; ++i)
        long_list += ",1";
    const auto row = GENERATE_COPY(table<std::string, std::string>({
        {R"("hooks-dead","Hook":7)", "hooks-dead: field Hook: expected text, found a number"},
        {R"("hooks-dead","From":-1)",
         "hooks-dead: field From: expected a number that is not negative, found a number"},
        {R"("hooks-test")",
         "hooks-test: field Hook is missing: the name of a hook (see `muster hooks list`)"},
        {R"("hooks-drop","All":true)",
         "hooks-drop: field Hook is missing: the name of a hook (see `muster hooks list`)"},
        {R"("hooks-replay","Hook":"page")",
         "hooks-replay: give one of the fields Seqs, with numbers of changes, and All, with true"},
        {R"("hooks-replay","Hook":"page","Seqs":[])",
         "hooks-replay: give one of the fields Seqs, with numbers of changes, and All, with true"},
        {R"("hooks-drop","Hook":"page","Seqs":[3],"All":true)",
         "hooks-drop: give one of the fields Seqs, with numbers of changes, and All, with true"},
        {R"("hooks-drop","Hook":"page","Seqs":3)",
         "hooks-drop: field Seqs: expected a list, found a number"},
        {R"("hooks-drop","Hook":"page","Seqs":[3,"x"])",
         "hooks-drop: field Seqs: expected a list of numbers, found text"},
        {R"("hooks-drop","Hook":"page","Seqs":[)" + long_list + "]",
         "hooks-drop: field Seqs: at most 1000 numbers can be given at once, not 1001"},
    }));
    const std::string said = answer(agent, "{\"Command\":" + std::get<0>(row) + "}");
    CHECK(said == "{\"Seq\":0,\"Error\":\"" + std::get<1>(row) + "\"}\n");
    CHECK(agent.fake_hooks.calls.empty());
}

TEST_CASE("whoever may read sees the hooks; only some may run, replay, drop or reload") {
    FakeBackend agent;
    arrange(agent, {3});
    Access reader;
    reader.json = true;
    reader.denial = "only root may";
    Talk talk(agent, reader);
    CHECK_THAT(talk.say("{\"Command\":\"hooks\"}\n"), Contains("\"Name\":\"page\""));
    CHECK_THAT(talk.say("{\"Command\":\"hooks-dead\"}\n"), Contains("\"Seq\":3"));
    agent.fake_hooks.calls.clear();
    for (const char* const asked :
         {R"("hooks-replay","Hook":"page","All":true)", R"("hooks-drop","Hook":"page","All":true)",
          R"("hooks-test","Hook":"page")", R"("reload")"})
        CHECK(talk.say("{\"Command\":" + std::string(asked) + "}\n") ==
              "{\"Seq\":0,\"Error\":\"permission denied: only root may\"}\n");
    CHECK(agent.fake_hooks.calls.empty());
}

TEST_CASE("hooks are told to clients of Serf's records too, which know how to ask") {
    FakeBackend agent;
    arrange(agent, {3});
    Talk talk(agent);
    talk.say(handshake());
    const auto said = objects_in(talk.say(request("hooks", 2)));
    REQUIRE(said.size() == 2);
    CHECK(read_hooks(said[1])->size() == 2);
}
