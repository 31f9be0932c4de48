"""The history that an agent keeps: what happened, in order, over restarts and kills, and how the cluster was."""
import contextlib
import json
import os
import random
import sqlite3
import time

from harness.cases import case
from harness.state import kept
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
