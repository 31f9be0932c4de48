"""`muster hooks` and `muster reload` against a musterd whose hook is broken, and mended."""
import json
import os

from harness.cases import case
from harness.waiting import check, check_equal, wait_until

HOOK = """
[[hook]]
name = "page"
on = "user:deploy"
run = ["{program}"]
retries = 0
"""


def lines(agent, *arguments) -> list:
    done = agent.cli("--format=json", "hooks", *arguments)
    check_equal(done.returncode, 0, f"the exit status of hooks {arguments}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_program(path, text):
    with open(f"{path}.new", "w") as file:
        file.write(f"#!/bin/sh\n{text}\n")
    os.chmod(f"{path}.new", 0o755)
    os.rename(f"{path}.new", path)      # never half of it


def dead(agent, *arguments) -> list:
    return lines(agent, "list", "--dead", *arguments)


@case(budget=60)
def a_hook_that_fails_is_given_up_replayed_after_it_was_mended_and_dropped(run):
    program, done_with = f"{run.directory}/page", f"{run.directory}/done"
    write_program(program, "echo trying; echo no route >&2; exit 3")
    agent = run.cluster().add("muster", data=True, config=HOOK.format(program=program)).start()
    check_equal([(hook["name"], hook["on"], hook["run"]) for hook in lines(agent, "list")],
                [("page", "user:deploy", [program])], "the hooks")
    check_equal(dead(agent), [], "what was given up before anything has happened")
    for version in ("v1", "v2"):
        check_equal(agent.cli("event", "deploy", version).returncode, 0, "an event")
    letters = wait_until(lambda: [two for two in [dead(agent, "page")] if len(two) == 2], 20, "two dead letters")[0]
    for letter in letters:
        check_equal([letter[key] for key in ("hook", "event", "subject", "attempts", "status", "why", "output")],
                    ["page", "user", "deploy", 1, 3, "exit status 3", "trying\nno route\n"], "a dead letter")
    first, second = (letter["seq"] for letter in letters)
    text = agent.cli("hooks", "list", "--dead").stdout
    check(f"page  {first} " in text and "exit status 3  no route\n" in text, f"the same for people:\n{text}")
    status = lines(agent, "status", "page")[0]
    check_equal([status[key] for key in ("failed", "dead", "waiting", "done", "last_status", "last_why")],
                [2, 2, 0, 0, 3, "exit status 3"], "the status")
    check("exit status 3" in agent.cli("hooks", "status").stdout, "the last failure, for people")
    write_program(program, f'echo "$MUSTER_SEQ $MUSTER_ATTEMPT" >>{done_with}; cat >>{done_with}; echo "paged $MUSTER_HOOK"')
    done = agent.cli("hooks", "replay", "page", str(first), "999999")
    check_equal(done.returncode, 4, f"a number that was not given up: {done}")
    check("not given up: 999999" in done.stdout, done.stdout)
    wait_until(lambda: lines(agent, "status")[0]["done"] == 1, 20, "the replayed event being done")
    with open(done_with) as file:
        check_equal(file.read(), f"{first} 1\nv1\n", "what the hook was given")
    check_equal([letter["seq"] for letter in dead(agent)], [second], "what is left")
    check_equal(agent.json("hooks", "drop", "page", "--all"), {"hook": "page", "dropped": 1, "not_dead": []}, "a drop")
    check_equal(dead(agent), [], "what was given up, after the drop")


@case(budget=60)
def a_test_of_a_hook_says_how_it_went(run):
    program = f"{run.directory}/page"
    write_program(program, 'echo "paged $MUSTER_HOOK, attempt $MUSTER_ATTEMPT"')
    agent = run.cluster().add("muster", config=HOOK.format(program=program)).start()
    good = agent.cli("hooks", "test", "page")
    check_equal((good.returncode, good.stdout, good.stderr), (0, "paged page, attempt 1\n", ""), "a good test")
    write_program(program, "echo no route >&2; exit 3")
    bad = agent.cli("hooks", "test", "page")
    check_equal((bad.returncode, bad.stdout, bad.stderr),
                (4, "no route\n", "muster: hook page failed: exit status 3\n"), "a bad test")
    check_equal(dead(agent), [], "a test that failed is not kept")
    unknown = agent.cli("hooks", "test", "pager")
    check_equal((unknown.returncode, unknown.stderr),
                (1, "muster: there is no hook 'pager' (see `muster hooks list`)\n"), "an unknown hook")


@case(budget=60)
def a_reload_says_what_has_changed_and_an_error_changes_nothing(run):
    program = f"{run.directory}/page"
    write_program(program, "exit 0")
    hook = HOOK.format(program=program)
    agent = run.cluster().add("muster", config=hook).start()

    def configure(text):
        with open(agent.config, "w") as file:
            file.write(text)

    check_equal(agent.json("reload"), {"changed": [], "needs_restart": []}, "a reload of what is in use")
    configure(hook + hook.replace('"page"', '"log"'))
    check_equal(agent.json("reload")["changed"], ["hook log is new"], "what has changed")
    check_equal([each["name"] for each in lines(agent, "list")], ["page", "log"], "the hooks after it")
    configure('[swim]\nprobe_interval = "777ms"\n' + hook.replace("retries = 0", "retries = 7"))
    done = agent.cli("reload")
    check_equal(done.returncode, 0, f"a reload: {done.stderr}")
    for words in ("in use: hook page is another\n", "in use: hook log is gone\n", "needs a restart: "):
        check(words in done.stdout, f"'{words}' in:\n{done.stdout}")
    check_equal([(each["name"], each["retries"]) for each in lines(agent, "status")], [("page", 7)], "the hooks")
    configure(hook.replace("retries = 0", "retries = -1"))
    wrong = agent.cli("reload")
    check_equal(wrong.returncode, 1, "a configuration with an error")
    check(f"{agent.name}.toml:" in wrong.stderr and "retries" in wrong.stderr, wrong.stderr)
    check_equal([(each["name"], each["retries"]) for each in lines(agent, "list")], [("page", 7)], "the hooks, still")
