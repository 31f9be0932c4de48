"""Nothing that a hook is for is lost to it: agents that are killed at any moment, disks that are full or read-only."""
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import time

from harness.cases import case
from harness.recorder import Recorder, hook
from harness.rpc import Closed, RpcError
from harness.state import state_of
from harness.waiting import check, check_equal, wait_until

KILLS, LONG_KILLS = 40, 500
CHANGES = "member-join,member-leave,member-failed,member-update,member-suspect,member-cleared,member-reap,user"
ON = CHANGES + ",start"


def history(agent) -> list:
    done = agent.cli("--format=json", "history")
    check_equal(done.returncode, 0, f"the exit status of history: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_for(row) -> bool:
    return row["event"].startswith("member-") or row["event"] in ("user", "start")


def journal_of(agent) -> str:
    return os.path.join(os.path.dirname(state_of(agent)), "journal.db")


def check_whole(agent, what):
    """The journal of an agent that does not run, by a copy of it."""
    copy = os.path.join(agent.directory, f"{agent.name}.checked")
    os.makedirs(copy, exist_ok=True)
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(copy, "journal.db" + suffix))
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(journal_of(agent) + suffix, os.path.join(copy, "journal.db" + suffix))
    with contextlib.closing(sqlite3.connect(os.path.join(copy, "journal.db"))) as db:
        check_equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], what)


class Record:
    """What hooks of the shell have noted: a line of key, number, event and subject for each call, in one write."""

    NOTE = "printf '%s|%s|%s|%s\\n' \"$MUSTER_KEY\" \"$MUSTER_SEQ\" \"$MUSTER_EVENT\" \"$MUSTER_MEMBER$MUSTER_USER_EVENT\" >> "

    def __init__(self, directory):
        self.path = os.path.join(directory, "record")
        self.shell = self.NOTE + self.path

    def rows(self, hook) -> list:
        """(key, number, event, subject) of each call of that hook."""
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            rows = [line.rstrip("\n").split("|") for line in file]
        check(all(len(row) == 4 for row in rows), "a line was torn")
        return [(key, int(seq), event, subject) for key, seq, event, subject in rows if key.split(":")[1] == hook]

    def missing(self, hook, rows) -> list:
        seen = {seq for _, seq, _, _ in self.rows(hook)}
        return [row["seq"] for row in rows if is_for(row) and row["seq"] not in seen]

    def check_order(self, hook):
        """Of each subject the first calls came in the order of their numbers; a key is always of one change."""
        first, keys = {}, {}
        for key, seq, event, subject in self.rows(hook):
            check_equal(keys.setdefault(seq, (key, event, subject)), (key, event, subject), f"a second call of {seq}")
            group = "user" if event == "user" else "start" if event == "start" else "member"
            seen = first.setdefault((group, subject), [])
            if seq not in seen:
                seen.append(seq)
        for of, seqs in first.items():
            check_equal(seqs, sorted(seqs), f"the order in which {hook} was first called for {of}")
        return sum(len(seqs) for seqs in first.values()), len(self.rows(hook))


def check_batches(recorder, rows):
    """Calls with several changes: all of `rows`, in the order of each subject, none of them twice in one call."""
    def calls():
        made = [([json.loads(line) for line in call.input.splitlines()], call) for call in recorder.calls()]
        for changes, call in made:
            check_equal(len(changes), int(call["MUSTER_COUNT"]), f"how many of its changes {call} was given")
        return [changes for changes, _ in made]

    def missing():
        seen = {change["seq"] for call in calls() for change in call}
        return [row["seq"] for row in rows if is_for(row) and row["event"] != "start" and row["seq"] not in seen]

    wait_until(lambda: not missing(), 60, lambda: f"calls for {missing()} of {len(rows)}")
    first = {}
    for call in calls():
        check_equal(len({change["seq"] for change in call}), len(call), "how many changes are in one call")
        for change in call:
            seen = first.setdefault((change["event"] == "user", change.get("member", change.get("name"))), [])
            if change["seq"] not in seen:
                seen.append(change["seq"])
    for of, seqs in first.items():
        check_equal(seqs, sorted(seqs), f"the order of the first calls for {of}")


def let_go(action):
    """Asks an agent that may be killed, or starts just now."""
    with contextlib.suppress(OSError, Closed, RpcError):
        action()


@case(budget=150, long_budget=2400)
def no_change_is_lost_to_a_hook_though_its_agent_is_killed_at_any_moment(run):
    """HOOK_KILLS=500 kills so often; SEED replays what is done between two kills."""
    chance = random.Random(run.seed)
    kills = int(os.environ.get("HOOK_KILLS") or (LONG_KILLS if run.long else KILLS))
    record, batches = Record(run.directory), Recorder(run.directory, "batches")
    slow = "sleep 0.0$(( $MUSTER_SEQ % 7 )); " + record.shell
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, log_level="warn", config=hook("serial", ON, shell=record.shell) +
                        hook("wide", ON, shell=slow, concurrency=8) + hook("batched", CHANGES, run=batches.words, batch="50ms", json="stdin"))
    other, changing, coming = (cluster.add("muster", log_level="warn") for _ in range(3))
    agent.start()
    for each in (other, changing, coming):
        each.start(agent)
    cluster.converge()
    fired = 0
    for turn in range(kills):
        for i in range(chance.randrange(1, 12)):
            to = chance.choice((agent, agent, other))
            fired += 1
            let_go(lambda: to.rpc.ask("event", {"Name": f"e{fired % 5}", "Payload": b"x" * chance.randrange(200),
                                                "Coalesce": False}))
        if chance.random() < 0.5:
            changing.rpc.tags({"turn": str(turn)}, None)
        if turn % 8 == 3:
            coming.kill()
        if turn % 8 == 7:
            coming.start(other)
        time.sleep(chance.random() / 10)        # a moment of its own for the kill, not a wait for anything
        agent.kill()
        check_whole(agent, f"the journal after kill {turn}")
        agent.start(other)
    if not coming.running:
        coming.start(other)
    rows = history(agent)
    for name in ("serial", "wide"):
        wait_until(lambda: not record.missing(name, rows), 60,
                   lambda: f"the hook {name} called for {record.missing(name, rows)} of {len(rows)}")
        changes, calls = record.check_order(name)
        check(changes >= sum(map(is_for, rows)), "a change that is not in the journal was noted, or none was")
        by_seq = {row["seq"]: row for row in rows}
        for _, seq, event, subject in record.rows(name):
            if seq in by_seq:
                check_equal((by_seq[seq]["event"], by_seq[seq].get("member", by_seq[seq].get("name")) if event != "start" else ""),
                            (event, subject), f"what {name} was told of change {seq}")
        print(f"    {name}: {kills} kills, {len(rows)} changes, {calls - changes} calls for a second time")
    check_batches(batches, rows)
    check_equal([row["seq"] for row in rows], list(range(1, len(rows) + 1)), "the numbers, without a hole")
    check(not [row for row in rows if row["event"] == "gap"], "nothing was lost on the way to the journal")


def warned(agent) -> list:
    """The warnings of `muster info` that name the journal."""
    return [warning for warning in agent.json("info").get("warnings") or [] if journal_of(agent) in warning]


@case(budget=120, needs="root")
def a_full_disk_holds_up_hooks_until_there_is_room_and_loses_nothing(run):
    record = Record(run.directory)
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, config=hook("note", ON, shell=record.shell))
    directory = os.path.dirname(state_of(agent))
    os.makedirs(directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], check=True)
    try:
        agent.start()
        victim = cluster.add("muster").start(agent)
        cluster.add("muster").start(agent)
        cluster.converge()
        wait_until(lambda: not record.missing("note", history(agent)), 20, "the hook called while there was room")
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
        victim.kill()
        cluster.converge()
        wait_until(is_full, 40, "that it is still full")
        told = [subject for _, _, event, subject in record.rows("note") if event == "member-failed"]
        check_equal(told, [], "failures that a hook was told of before they were written")
        os.unlink(os.path.join(directory, "ballast"))
        wait_until(lambda: not warned(agent), 60, "the warning going when there is room again")
        wait_until(lambda: any(c.get("to") == "failed" for c in history(agent)), 20, "the failure")
        wait_until(lambda: not record.missing("note", history(agent)), 30, "the hook called for all that came meanwhile")
        rows = record.rows("note")
        check_equal([subject for _, _, event, subject in rows if event == "user"], sent, "every event, once and in order")
        check_equal(len({seq for _, seq, _, _ in rows}), len(rows), "no call came twice")
        agent.kill()
        check_whole(agent, "the journal")
    finally:
        agent.stop()
        subprocess.run(["umount", directory], check=True)


@case(budget=120, needs="root")
def a_journal_that_is_read_only_holds_up_hooks_and_loses_nothing(run):
    record = Record(run.directory)
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, config=hook("note", ON, shell=record.shell))
    agent.start()
    other = cluster.add("muster").start(agent)
    cluster.converge()
    wait_until(lambda: not record.missing("note", history(agent)), 20, "the hook called at first")
    agent.terminate()
    cluster.converge()
    subprocess.run(["mount", "--bind", journal_of(agent), journal_of(agent)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", journal_of(agent)], check=True)
        before = record.rows("note")
        agent.start(other)
        cluster.converge()
        words = wait_until(lambda: warned(agent), 20, "a warning in `muster info`")
        check("cannot write" in words[0] and "readonly" in words[0], f"it says what is wrong: {words}")
        other.kill()
        cluster.converge()
        agent.cli("event", "meanwhile")
        check(warned(agent), "it is still read-only")
        check_equal(record.rows("note"), before, "what hooks were called for while nothing could be written")
    finally:
        subprocess.run(["umount", journal_of(agent)], check=True)
    wait_until(lambda: not warned(agent), 90, "the warning going when it can be written")
    wait_until(lambda: any(c.get("name") == "meanwhile" for c in history(agent)), 20, "the event written down")
    wait_until(lambda: not record.missing("note", history(agent)), 30, "the hook called for all that came meanwhile")
    check_equal([event for _, _, event, subject in record.rows("note") if subject == other.name][-1], "member-failed",
                "what it was told of the other")
    record.check_order("note")
    agent.kill()
    check_whole(agent, "the journal")


@case(budget=90)
def a_slow_disk_delays_hooks_and_not_the_agent(run):
    """Each sync takes two seconds: a loop that waited for one would be as late."""
    shim, delay = os.path.join(run.directory, "disk.so"), os.path.join(run.directory, "delay")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "disk_shim.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    record = Record(run.directory)
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, config=hook("note", ON, shell=record.shell),
                        under=["env", f"LD_PRELOAD={shim}", f"DISK_SHIM={delay}"])
    agent.start()
    other = cluster.add("muster").start(agent)
    cluster.converge()
    wait_until(lambda: len(record.rows("note")) == 3, 20, "the start and two joins, as quick as ever")
    with open(delay, "w") as file:
        file.write("2000")
    agent.rpc.ask("event", {"Name": "first", "Payload": b"", "Coalesce": False})
    other.rpc.tags({"t": "1"}, None)
    wait_until(lambda: agent.table()[other.name][3] == {"t": "1"}, 20, "the change of tags")
    told = [event for _, _, event, _ in record.rows("note")]
    check("member-update" not in told, "the hook was not called for it before it was on the disk")
    wait_until(lambda: len(record.rows("note")) == 5, 60, "calls for both")
    for i in range(20):
        agent.rpc.ask("event", {"Name": f"e{i}", "Payload": b"", "Coalesce": False})
    wait_until(lambda: len(record.rows("note")) == 25, 80, "calls for all")
    record.check_order("note")
    info = agent.json("info")
    check(info["loop"]["worst_ms"] < 1500, f"the loop was late by {info['loop']['worst_ms']} ms")
    check_equal(warned(agent), [], "warnings, of a disk that is only slow")


@case(budget=60)
def a_hook_whose_queue_was_full_is_told_how_many_it_lost_and_who_is_there(run):
    recorder, gate = Recorder(run.directory), os.path.join(run.directory, "gate")
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, config=hook("slow", "user,gap", queue=5, shell=
                        f"until [ -e {gate} ]; do sleep 0.1; done; {recorder.shell}") + hook("other", "user", run=recorder.words))
    agent.start()
    cluster.add("muster").start(agent)
    cluster.converge()
    for i in range(20):
        agent.rpc.ask("event", {"Name": f"e{i}", "Payload": b"", "Coalesce": False})
    wait_until(lambda: len(recorder.calls("other")) == 20, 30, "the other hook, called for all")
    with open(gate, "w"):
        pass
    calls = wait_until(lambda: [c for c in [recorder.calls("slow")] if c and c[-1]["MUSTER_EVENT"] == b"resync"], 30, "the resync")[0]
    check_equal([call["MUSTER_USER_EVENT"] for call in calls[:-1]], [b"e%d" % i for i in range(5)], "what it had room for")
    check_equal(calls[-1]["MUSTER_LOST"], b"15", "how many it lost")
    check_equal(sorted(line.split(b"\t")[0] for line in calls[-1].input.splitlines()), [b"m1", b"m2"], "who is there")
    gaps = [(row.get("hook"), row["lost"]) for row in history(agent) if row["event"] == "gap"]
    check_equal(gaps, [("slow", 15)], "the gap in the history")
    agent.rpc.ask("event", {"Name": "after", "Payload": b"", "Coalesce": False})
    wait_until(lambda: recorder.calls("slow")[-1]["MUSTER_USER_EVENT"] == b"after", 20, "what comes after it")
