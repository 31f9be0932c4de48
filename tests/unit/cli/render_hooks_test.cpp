#include "cli/render_hooks.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

api::ReadHook page() {
    api::ReadHook hook;
    hook.name = "page";
    hook.on = "member-failed,conflict";
    hook.run = {"/bin/page", "--team", "the ops", ""};
    hook.timeout_ms = 90'000;
    hook.retries = 5;
    hook.concurrency = 1;
    hook.queue = 10'000;
    hook.breaker = "closed";
    return hook;
}

api::ReadHook in_trouble() {
    api::ReadHook hook = page();
    hook.waiting = 3;
    hook.oldest_ms = 61'000;
    hook.running = 1;
    hook.done = 10;
    hook.failed = 4;
    hook.dead = 2;
    hook.skipped = 5;
    hook.lost = 6;
    hook.breaker = "open";
    hook.opens_in_ms = 12'000;
    hook.last_status = 3;
    hook.last_why = "exit status 3";
    return hook;
}

api::ReadLetter letter(Bytes output) {
    return {.hook = "page",
            .seq = 7,
            .event = "member-failed",
            .subject = "n\x1b[31m",
            .event_ns = 120'000'000,
            .attempts = 6,
            .status = 3,
            .why = "exit status 3",
            .output = std::move(output),
            .at_ns = 1'000'000'000};
}

std::string output_column(Bytes output) {
    const std::string text = letters_text({letter(std::move(output))});
    const std::string row = text.substr(text.find('\n') + 1);
    const std::size_t why = row.find("exit status 3  ");
    REQUIRE(why != std::string::npos);
    return row.substr(why + 15, row.size() - why - 16);
}

}  // namespace

TEST_CASE("a list of hooks says what each is for, with words as a shell would need them") {
    CHECK(hooks_text({page()}) ==
          "NAME  ON                      TIMEOUT  RETRIES  RUN\n"
          "page  member-failed,conflict  1m30s    5        /bin/page --team 'the ops' ''\n");
    api::ReadHook shell = page();
    shell.shell = true;
    shell.run = {"/bin/sh", "-c", "logger \"$MUSTER_MEMBER\"\x1b"};
    CHECK_THAT(hooks_text({shell}), EndsWith("  logger \"$MUSTER_MEMBER\"\\x1b\n"));
}

TEST_CASE("the status of hooks says which is in trouble, and why") {
    CHECK(hooks_status_text({in_trouble(), page()}) ==
          "NAME  STATE            WAITING  OLDEST  RUNNING  DONE  FAILED  DEAD  SKIPPED  LOST  "
          "LAST FAILURE\n"
          "page  paused, for 12s  3        1m1s    1        10    4       2     5        6     "
          "exit status 3\n"
          "page  ready            0        -       0        0     0       0     0        0     "
          "none\n");
    api::ReadHook tries = in_trouble();
    tries.breaker = "half-open";
    CHECK_THAT(hooks_status_text({tries}), Contains("page  trying again  3 "));
}

TEST_CASE("a hook is a line of JSON, with nulls for what is not") {
    CHECK(hooks_json({in_trouble(), page()}) ==
          "{\"name\":\"page\",\"on\":\"member-failed,conflict\","
          "\"run\":[\"/bin/page\",\"--team\",\"the ops\",\"\"],\"shell\":false,\"serf\":false,"
          "\"timeout_ms\":90000,\"retries\":5,\"concurrency\":1,\"queue\":10000,\"waiting\":3,"
          "\"running\":1,\"done\":10,\"failed\":4,\"dead\":2,\"skipped\":5,\"lost\":6,"
          "\"breaker\":\"open\",\"opens_in_ms\":12000,\"oldest_ms\":61000,\"last_status\":3,"
          "\"last_why\":\"exit status 3\"}\n"
          "{\"name\":\"page\",\"on\":\"member-failed,conflict\","
          "\"run\":[\"/bin/page\",\"--team\",\"the ops\",\"\"],\"shell\":false,\"serf\":false,"
          "\"timeout_ms\":90000,\"retries\":5,\"concurrency\":1,\"queue\":10000,\"waiting\":0,"
          "\"running\":0,\"done\":0,\"failed\":0,\"dead\":0,\"skipped\":0,\"lost\":0,"
          "\"breaker\":\"closed\",\"opens_in_ms\":null,\"oldest_ms\":null,\"last_status\":null,"
          "\"last_why\":null}\n");
}

TEST_CASE("what was given up is a row, harmless for a terminal, with the last line of its output") {
    CHECK(letters_text({letter("trying\nno route\x07\n\n")}) ==
          "HOOK  SEQ  EVENT          SUBJECT    GIVEN UP                  TRIES  WHY            "
          "OUTPUT\n"
          "page  7    member-failed  n\\x1b[31m  1970-01-01T00:00:01.000Z  6      exit status 3  "
          "no route\\x07\n");
    CHECK(output_column("") == "-");
    CHECK(output_column(" \n\n") == "-");
    CHECK(output_column("one") == "one");
    CHECK(output_column("one\ntwo") == "two");
    CHECK(output_column(Bytes(100, 'x')) == Bytes(100, 'x'));
    CHECK(output_column(Bytes(101, 'x')) == Bytes(100, 'x') + "...");
    CHECK(output_column(Bytes(99, 'x') + "\xC3\xA4y") == Bytes(99, 'x') + "...");
    CHECK(output_column(Bytes(98, 'x') + "\xC3\xA4y") == Bytes(98, 'x') + "\xC3\xA4...");
}

TEST_CASE("what was given up is a line of JSON, with all of its output") {
    CHECK(letters_json({letter("a\n\xff")}) ==
          "{\"hook\":\"page\",\"seq\":7,\"event\":\"member-failed\",\"subject\":\"n\\u001b[31m\","
          "\"time\":\"1970-01-01T00:00:00.120Z\",\"attempts\":6,\"status\":3,"
          "\"why\":\"exit status 3\",\"output\":\"a\\n\xEF\xBF\xBD\",\"output_base64\":\"YQr/\","
          "\"at\":\"1970-01-01T00:00:01.000Z\"}\n");
}

TEST_CASE("a hook's output is shown line by line, harmless for a terminal") {
    CHECK(hook_test_text({.status = 0, .why = "", .output = "a\x1b[31m\n\nb"}) ==
          "a\\x1b[31m\n\nb\n");
    CHECK(hook_test_text({.status = 0, .why = "", .output = ""}).empty());
}

TEST_CASE("a configuration that is as it was has changed nothing") {
    CHECK(reloaded_text({}) == "nothing has changed that is in use\n");
    CHECK(reloaded_text({.changed = {}, .needs_restart = {"bind"}}) ==
          "nothing has changed that is in use\nneeds a restart: bind\n");
    CHECK(reloaded_json({}) == "{\"changed\":[],\"needs_restart\":[]}\n");
}
