"""The history that an agent keeps: what happened, in order, over restarts and kills, and how the cluster was."""
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import time

from harness.cases import case
from harness.state import kept, state_of
from harness.waiting import check, check_equal, wait_until


def history(agent, *arguments) -> list:
    done = agent.cli("--format=json", "history", *arguments)
    check_equal(done.returncode, 0, f"the exit status of history: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def statuses(agent, *arguments) -> dict:
    return {member["name"]: member["status"] for member in agent.json("members", *arguments)["members"]}


@case(budget=90)
def what_happened_is_told_in_order_and_how_it_was(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    alive = wait_until(lambda: [c for c in history(agents[0]) if c.get("to") == "alive"][2:], 10, "three joins")[-1]["seq"]
    agents[1].kill()
    cluster.converge()
    victim = agents[1].name
    wait_until(lambda: any(c.get("to") == "failed" for c in history(agents[0], f"--member={victim}")), 10, "the failure")
    agents[0].cli("event", "deploy", "now")
    rows = wait_until(lambda: [c for c in history(agents[0]) if c["event"] == "user"] and history(agents[0]), 10, "the event")
    check_equal([row["seq"] for row in rows], list(range(1, len(rows) + 1)), "the numbers, without a hole")
    check_equal(rows[0]["event"], "start", "the first row")
    user = next(row for row in rows if row["event"] == "user")
    check_equal((user["name"], user["payload"]), ("deploy", "now"), "the user event")
    of_victim = [row for row in rows if row.get("member") == victim and row["event"].startswith("member-")]
    check_equal([row["to"] for row in of_victim][-2:], ["suspect", "failed"], "what became of the victim")
    check_equal([row["from"] for row in of_victim][-2:], ["alive", "suspect"], "and before")
    check_equal(statuses(agents[0], f"--at={alive}"), {a.name: "alive" for a in agents}, "how it was")
    check_equal(statuses(agents[0], "--at=0s")[victim], "failed", "how it is")
    check_equal(statuses(agents[0], "--at=2200-01-01T00:00:00Z"), statuses(agents[0]), "the same in the far future")
    check_equal(agents[0].cli("members", "--at=999999").returncode, 1, "a change that is not yet there")
    check_equal(agents[0].cli("members", "--at=yesterday").returncode, 1, "no moment")
    check(victim in agents[0].cli("history").stdout, "the same for people")


@case(budget=90)
def the_history_goes_on_after_a_restart_with_differences_only(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    wait_until(lambda: set(statuses(agents[0], "--at=0s")) == {a.name for a in agents}, 10, "all of them written down")
    for other in agents[1:]:
        wait_until(lambda: kept(agents[0], other.name, "alive"), 10, f"{other} stored")
    before = history(agents[0])
    agents[0].kill()
    agents[2].kill()
    agents[0].start()
    wait_until(lambda: any(c.get("member") == agents[2].name and c.get("to") == "failed" for c in history(agents[0])), 40,
               "the loss that was not seen")
    rows = history(agents[0])
    check_equal(rows[:len(before)], before, "what had been written before")
    after = rows[len(before):]
    check_equal(after[0]["event"], "start", "the restart")
    check_equal([c for c in after if c.get("member") == agents[1].name], [], "of whom nothing has changed")
    check_equal([c["seq"] for c in rows], list(range(1, len(rows) + 1)), "the numbers go on")


@case(budget=120)
def a_journal_survives_kills_at_any_moment(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", data=True)
    path = os.path.join(agents[0].directory, f"{agents[0].name}.data", "journal.db")
    newest = []
    for turn in range(12):
        for i in range(random.randint(1, 30)):
            agents[0].cli("event", f"e{turn}-{i}", "x" * random.randint(0, 200))
        seen = history(agents[0])
        time.sleep(random.random() / 50)        # a moment of its own for the kill, not a wait for anything
        agents[0].kill()
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as db:
            check_equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], f"the database after kill {turn}")
        agents[0].start()
        kept = history(agents[0])
        check_equal(kept[:len(seen)], seen, f"what was told before kill {turn}")
        newest.append(kept[-1]["seq"])
    check_equal(newest, sorted(newest), "no number is used twice")


def journal_of(agent) -> str:
    return os.path.join(os.path.dirname(state_of(agent)), "journal.db")


def warned(agent) -> list:
    """The warnings of `muster info` that name the journal."""
    return [warning for warning in agent.json("info").get("warnings") or [] if journal_of(agent) in warning]


def check_whole(agent):
    """Its journal's file, once it does not run."""
    with contextlib.closing(sqlite3.connect(f"file:{journal_of(agent)}?mode=rw", uri=True)) as db:
        check_equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], f"the database of {agent}")


@case(budget=120, needs="root")
def a_full_disk_holds_up_the_history_and_nothing_else(run):
    cluster = run.cluster()
    agent = cluster.add("muster", data=True)
    directory = os.path.dirname(state_of(agent))
    os.makedirs(directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], check=True)
    try:
        agent.start()
        victim = cluster.add("muster").start(agent)
        cluster.add("muster").start(agent)
        cluster.converge()
        wait_until(lambda: [c for c in history(agent) if c.get("to") == "alive"][2:], 10, "three joins")
        with open(os.path.join(directory, "ballast"), "wb", buffering=0) as ballast:
            with contextlib.suppress(OSError):
                while ballast.write(b"x" * 4096):
                    pass
        sent = []

        def is_full():
            sent.append(f"e{len(sent)}")
            check_equal(agent.cli("event", sent[-1], "x" * 300).returncode, 0, f"sending {sent[-1]}")
            return warned(agent)

        words = wait_until(is_full, 40, "a warning in `muster info`")
        check("cannot write" in words[0] and "full" in words[0], f"it says what is wrong: {words}")
        check_equal(agent.json("info")["journal"]["lost"], 0, "changes lost while few wait")
        victim.kill()
        cluster.converge()
        check_equal(statuses(agent)[victim.name], "failed", "the member that was killed")
        wait_until(is_full, 40, "that it is still full")
        os.unlink(os.path.join(directory, "ballast"))
        wait_until(lambda: not warned(agent), 60, "the warning going when there is room again")
        rows = wait_until(lambda: any(c.get("to") == "failed" for c in history(agent)) and history(agent), 20, "the failure")
        check_equal([row["seq"] for row in rows], list(range(1, len(rows) + 1)), "the numbers, without a hole")
        check_equal([row["name"] for row in rows if row["event"] == "user"], sent, "every event, once and in order")
        check_equal([row for row in rows if row["event"] == "gap"], [], "gaps, where all that waited had room")
        check_equal([row["member"] for row in rows if row.get("to") == "failed"], [victim.name], "who failed")
        agent.kill()
        check_whole(agent)
        agent.start()
        check_equal(history(agent)[:len(rows)], rows, "the same after a restart")
    finally:
        agent.stop()
        subprocess.run(["umount", directory], check=True)


@case(budget=120, needs="root")
def a_journal_that_is_read_only_is_named_and_written_later(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    wait_until(lambda: set(statuses(agents[0], "--at=0s")) == {a.name for a in agents}, 10, "all of them written down")
    before = history(agents[0])
    agents[0].terminate()
    cluster.converge()
    path = journal_of(agents[0])
    subprocess.run(["mount", "--bind", path, path], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
        agents[0].start(agents[1])
        cluster.converge()
        words = wait_until(lambda: warned(agents[0]), 20, "a warning in `muster info`")
        check("cannot write" in words[0] and "readonly" in words[0], f"it says what is wrong: {words}")
        agents[2].kill()
        cluster.converge()
        check_equal(statuses(agents[0])[agents[2].name], "failed", "the member that was killed")
        check(warned(agents[0]), "it is still read-only")
        agents[0].cli("event", "meanwhile")
    finally:
        subprocess.run(["umount", path], check=True)
    wait_until(lambda: not warned(agents[0]), 90, "the warning going when it can be written")
    rows = wait_until(lambda: [c for c in history(agents[0]) if c["event"] == "user"] and history(agents[0]), 10, "the event")
    check_equal(rows[:len(before)], before, "what had been written before")
    starts = [i for i, row in enumerate(rows) if row["event"] == "start"]
    check_equal((len(starts), starts[-1] >= len(before)), (2, True), "the restart")
    after = rows[starts[-1]:]
    check_equal([row["seq"] for row in rows], list(range(1, len(rows) + 1)), "the numbers go on")
    check_equal([row["to"] for row in after if row.get("member") == agents[2].name][-1], "failed", "what happened meanwhile")
    check_equal([row["name"] for row in after if row["event"] == "user"], ["meanwhile"], "the event")
    agents[0].kill()
    check_whole(agents[0])
