"""Hooks of a real musterd: those that misbehave, what is given to them, restarts, reloads, and queries."""
import json
import os
import signal

from harness import wire
from harness.cases import case
from harness.peer import Peer
from harness.recorder import Pids, Recorder, hook
from harness.state import kept
from harness.waiting import check, check_equal, wait_until

NASTY = ["$(touch x)", ";touch x", "`touch x`", "a\nb\tc", "k=v", "-rf", "--help", "'\" \\", "\udcff\udc80",
         "x\0y", "%s%n", "$MUSTER_API"]
STUBBORN = "trap '' TERM HUP INT; echo $$ >> $1; while :; do sleep 1; done"


def octets(text) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def history(agent) -> list:
    done = agent.cli("--format=json", "history")
    check_equal(done.returncode, 0, f"the exit status of history: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def stubborn_program(directory) -> str:
    """A command that notes its process in the file that is its word, and ends for no signal that can be ignored."""
    path = os.path.join(directory, "stubborn.sh")
    with open(path, "w") as file:
        file.write(STUBBORN)
    return f"sh {path}"


def fire(agent, name, payload=b""):
    agent.rpc.ask("event", {"Name": name, "Payload": payload, "Coalesce": False})


def resident_kb(agent) -> int:
    with open(f"/proc/{agent.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def logged(agent, *words) -> bool:
    return any(all(word in line for word in words) for line in agent.log().splitlines())


def asked(agent, name, payload="", timeout="3s") -> list:
    """The answers to a query: (member, payload)."""
    done = agent.cli("--format=json", "query", name, payload, f"--timeout={timeout}", timeout=30)
    check_equal(done.returncode, 0, f"the exit status of query: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(line["from"], line["payload"]) for line in lines if line["type"] == "response"]


# ---- hooks that misbehave ----

@case(budget=90)
def hooks_that_hang_flood_fork_and_fail_hold_up_nothing_but_themselves(run):
    """Bounds of time here are far from what is seen: a loop that waits for one of these hooks is late by many seconds."""
    recorder = Recorder(run.directory)
    hanging, flooding, forked = (run.closing(Pids(run.directory, name)) for name in ("hanging", "flooding", "forked"))
    stubborn, on = stubborn_program(run.directory), "user:go"
    cluster = run.cluster()
    agent = cluster.add("muster", data=True, config="".join([
        hook("hangs", on, shell=f"exec {stubborn} {hanging.path}"),
        hook("floods", on, shell=f"echo $$ >> {flooding.path}; exec yes", timeout="8s", retries=0),
        hook("forks", on, shell=f"sh -c 'echo $$ >> {forked.path}; exec sleep 600' & exit 0"),
        hook("fails", on, shell="echo the disk is on fire >&2; exit 3", retries=0),
        hook("is-not-there", on, run=["/nonexistent/program"], retries=0),
        hook("is-deaf", on, shell="exec <&-; exit 0"),
        hook("works", on, run=recorder.words)]))
    agent.start()
    other = cluster.add("muster", data=True).start(agent)
    cluster.converge()
    for i in range(10):
        fire(agent, "go", b"x" * 400 + str(i).encode())
    wait_until(lambda: len(recorder.calls("works")) == 10, 40, lambda: f"ten calls of the hook that works: {recorder.calls()}")
    check_equal([call.input[400:] for call in recorder.calls("works")], [b"%d\n" % i for i in range(10)], "in their order")
    check_equal(len(hanging.left()), 1, "the one that hangs still does, one at a time")
    wait_until(lambda: len(forked.all()) == 10, 20, "ten calls of the hook whose child holds its output open")
    check_equal(len(forked.left()), 10, "whom it left behind is let live")
    for name, why in (("fails", "exit status 3"), ("is-not-there", "exit status 127")):
        wait_until(lambda: logged(agent, f"hook {name}", why, "set aside"), 20, f"a line about {name}")
        check(logged(agent, f"hook {name} keeps failing: it is stopped for"), f"the breaker of {name}")
    check(not logged(agent, "hook is-deaf:"), "who does not read has not failed")
    wait_until(lambda: logged(agent, "hook floods: did not end within 8 s"), 40, "the end of the flood")
    check(resident_kb(agent) < 64 * 1024, f"{resident_kb(agent)} kB, after a flood")
    info = agent.json("info")
    check(info["loop"]["worst_ms"] < 3000, f"the loop was late by {info['loop']['worst_ms']} ms")
    check(info["probing"]["probes"] > 0, "it probed meanwhile")
    seen = [row["event"] for row in history(other) if row.get("member") == agent.name]
    check_equal(seen, ["member-join"], "what the other saw of it")
    agent.terminate()
    wait_until(lambda: not hanging.left() and not flooding.left(), 10, "the end of what ran, with that of the agent")


@case(budget=60)
def a_hook_whose_time_is_up_ends_with_all_its_group(run):
    """Also who ignores SIGTERM, who was forked by it, who was stopped, and though its parent ends at once."""
    stubborn, orphans, stopped = (run.closing(Pids(run.directory, name)) for name in ("stubborn", "orphans", "stopped"))
    program = stubborn_program(run.directory)
    recorder = Recorder(run.directory)
    agent = run.cluster().add("muster", config="".join([
        hook("stubborn", "user:go", shell=f"{program} {stubborn.path} & {program} {stubborn.path} & exec {program} {stubborn.path}",
             timeout="1s", retries=0),
        hook("parent", "user:go", shell=f"{program} {orphans.path} & wait", timeout="1s", retries=0),
        hook("stopped", "user:go", shell=f"echo $$ >> {stopped.path}; kill -STOP $$", timeout="1s", retries=0),
        hook("works", "user:go", run=recorder.words)]))
    agent.start()
    fire(agent, "go")
    wait_until(lambda: len(stubborn.all()) >= 3 and orphans.all() and stopped.all(), 20, "all of them started")
    for name in ("stubborn", "parent", "stopped"):
        wait_until(lambda: logged(agent, f"hook {name}: did not end within 1 s, and was ended", "set aside after 1 try"), 30,
                   f"the end of {name}")
    wait_until(lambda: not stubborn.left() + orphans.left() + stopped.left(), 10, "nobody left of their groups")
    fire(agent, "go", b"again")
    wait_until(lambda: [call.input for call in recorder.calls()] == [b"", b"again\n"], 20, "the other hook, called for both")
    check(agent.json("info")["loop"]["worst_ms"] < 3000, "the loop waited for none of them")


# ---- what is given to them ----

def member_lines(call) -> list:
    """Name, address, role, tags of each member on a hook's input."""
    return [tuple(line.split(b"\t")) for line in call.input.splitlines()]


@case(budget=60)
def what_members_and_events_say_reaches_a_hook_byte_by_byte_and_runs_nothing(run):
    recorder = Recorder(run.directory)
    there = os.path.join(run.directory, "there")
    os.mkdir(there)
    handler = f"cd {there} && {recorder.shell} \"$MUSTER_MEMBER\" \"$MUSTER_USER_EVENT\""
    cluster = run.cluster()
    agent = cluster.add("muster", name="$(touch x)", tags={"role": "`touch x`", "a;b": "-k=v"}, extra=[f"--event-handler={handler}"],
                        config=hook("all", "start,member-join,user", run=recorder.words, directory=there, json="fd3", environment={"OUR_JSON": "1"}) +
                        hook("some", ["user:" + NASTY[3], "user:k=v"], run=recorder.words, directory=there))
    agent.start()
    wait_until(lambda: [c for c in recorder.calls("all") if c["MUSTER_EVENT"] == b"start"], 15, "the start")
    payloads = [octets(text) for text in NASTY] + [b"", b"\n", b"\0\xff\n\n", bytes(range(256))]
    for name in NASTY:
        fire(agent, name, octets(name))
    for i, payload in enumerate(payloads):
        fire(agent, f"p{i}", payload)
    peer = run.closing(Peer(cluster.address()))
    tags = b"\xff" + b"\x82\xa4role\xa8$(touch)\xa3\xff=\x01\xa6\t\n;,=\xfe"
    for name in NASTY:
        peer.send(agent, wire.message(wire.ALIVE, Incarnation=1, Node=octets(name), Addr=peer.packed_ip, Port=7946, Meta=tags,
                                      Vsn=wire.SERF_VERSIONS))
        peer.is_answered(agent)

    def of(event, hook="all"):
        return [call for call in recorder.calls(hook) if call["MUSTER_EVENT"] == event]

    events = len(NASTY) + len(payloads)
    wait_until(lambda: len(of(b"user")) == events and len(of(b"user", "event-handler-1")) == events, 30,
               lambda: f"calls for all {events}: {len(of(b'user'))}, {len(of(b'user', 'event-handler-1'))}")

    def told(text):
        return octets(text).replace(b"\0", b"\\x00")

    for call, name in zip(of(b"user"), NASTY):
        check_equal((call["MUSTER_USER_EVENT"], call["SERF_USER_EVENT"]), (told(name), told(name)), "the name of an event")
        check_equal(call.input, octets(name) + (b"" if name.endswith("\n") else b"\n"), f"the payload of {name!r}")
        check_equal((call["MUSTER_SELF"], call["SERF_SELF_NAME"], call["SERF_SELF_ROLE"], call["SERF_TAG_A_B"]),
                    (b"$(touch x)", b"$(touch x)", b"`touch x`", b"-k=v"), "who calls")
    for call, payload in zip(of(b"user")[len(NASTY):], payloads):
        check_equal(call.input, payload + (b"" if not payload or payload.endswith(b"\n") else b"\n"), "a payload")
    for call, name in zip(of(b"user", "event-handler-1"), NASTY):
        check_equal(call.words, [b"", told(name)], "words of a shell that quotes its variables")
    rows = {row["seq"]: row for row in history(agent)}
    for call in of(b"user"):
        check_equal(json.loads(call.json.splitlines()[0]), rows[int(call["MUSTER_SEQ"])], "the line of JSON, and of `muster history`")
    check_equal([call["MUSTER_USER_EVENT"] for call in recorder.calls("some")], [octets(NASTY[3]), b"k=v"], "events chosen by name")

    seen = {row["member"] for row in rows.values() if row["event"] == "member-join"}
    joins = {call["MUSTER_MEMBER"]: call for call in of(b"member-join")}
    check(len(seen) >= 8, f"members with such names: {seen}")
    wait_until(lambda: len(of(b"member-join")) >= len(seen), 15, "a call for each member")
    for name in NASTY:
        call = joins.get(told(name))
        if call is None or name == agent.name:
            continue
        shown = octets(name).replace(b"\t", b"\\t").replace(b"\n", b"\\n")
        check_equal(call.input, b"\t".join([shown, peer.ip.encode(), b"$(touch)", b"role=$(touch),\xff=\x01=\\t\\n;,=\xfe\n"]),
                    f"the line of {name!r}")
    check_equal(os.listdir(there), [], "files that were made by what was only to be read")
    check(agent.running, "the agent is there")


# ---- restarts and reloads ----

def told_of(recorder, name, since=0) -> list:
    return [(call["MUSTER_EVENT"].decode(), call["MUSTER_MEMBER"].decode()) for call in recorder.calls(name)[since:]]


@case(budget=90)
def after_a_restart_hooks_are_told_of_differences_and_once_of_the_start(run):
    recorder, again = Recorder(run.directory), Recorder(run.directory, "of-the-ephemeral")
    cluster = run.cluster()
    on = "start,member-join,member-leave,member-failed"
    agent = cluster.add("muster", data=True, config=hook("note", on, run=recorder.words))
    agent.start()
    others = [cluster.add("muster").start(agent) for _ in range(2)]
    ephemeral = cluster.add("muster", config=hook("note", on, run=again.words)).start(agent)
    cluster.converge()
    everybody = {("start", "")} | {("member-join", each.name) for each in cluster.agents}
    for each in (recorder, again):
        wait_until(lambda: set(told_of(each, "note")) == everybody and len(each.calls()) == 5, 20,
                   lambda: f"the start and four joins, each once: {told_of(each, 'note')}")
    for each in cluster.agents[1:]:
        wait_until(lambda: kept(agent, each.name, "alive"), 10, f"{each} stored")
    agent.kill()
    ephemeral.kill()
    others[0].leave()
    ephemeral.start(others[1])
    agent.start()
    wait_until(lambda: ("member-leave", others[0].name) in told_of(recorder, "note", 5), 40, "the leave that was missed")
    cluster.converge(on=[agent])
    fire(agent, "end")
    wait_until(lambda: any(row["event"] == "user" for row in history(agent)), 10, "the last change written down")
    rows = [row for row in history(agent) if row["event"] in on.split(",")]
    wait_until(lambda: len(recorder.calls()) >= len(rows), 15, "a call for each change")
    check_equal(told_of(recorder, "note"), [(row["event"], row.get("member", "") if row["event"] != "start" else "") for row in rows],
                "calls and changes")
    after = told_of(recorder, "note", 5)
    check_equal((after[0], after.count(("start", ""))), (("start", ""), 1), "the start, first and once")
    check_equal([of for of in after if of[1] in (agent.name, others[1].name)], [], "of whom nothing has changed")
    joins = {("member-join", each.name) for each in (agent, others[1], ephemeral)}
    wait_until(lambda: joins <= set(told_of(again, "note", 5)), 40, lambda: f"joins, anew: {told_of(again, 'note', 5)}")
    check_equal(told_of(again, "note", 5).count(("start", "")), 1, "its start, once")


@case(budget=60)
def a_reload_changes_hooks_and_calls_none_again(run):
    first, second, third = (Recorder(run.directory, name) for name in ("first", "second", "third"))
    agent = run.cluster().add("muster", data=True, config=hook("stays", "start,user", run=first.words) +
                              hook("goes", "start,user", run=second.words))
    agent.start()

    def reload(text):
        with open(agent.config, "w") as file:
            file.write(text)
        agent.send_signal(signal.SIGHUP)

    def told(recorder):
        """Each key once: what was done when the agent was killed may not have been written down."""
        calls = {}
        for call in recorder.calls():
            calls.setdefault(call["MUSTER_KEY"], call)
        return [call["MUSTER_USER_EVENT"].decode() or call["MUSTER_EVENT"].decode() for call in calls.values()]

    fire(agent, "one")
    wait_until(lambda: told(first) == told(second) == ["start", "one"], 15, "both called")
    reload(hook("stays", "start,user", run=first.words) + hook("new", "start,user", run=third.words))
    wait_until(lambda: logged(agent, "read again", "hook new is new", "hook goes is gone"), 10, "a line that says so")
    fire(agent, "two")
    wait_until(lambda: told(first) == ["start", "one", "two"] and told(third) == ["two"], 15, "the new one called for what is new")
    check_equal(told(second), ["start", "one"], "one that is gone")
    good = hook("stays", "user:four", run=first.words) + hook("new", "start,user", run=third.words)
    for wrong, words in ((good + '[[hook]]\nname = "new"\n', ["new"]), (good + "[[hook\n", [f"{agent.name}.toml"]),
                         (good + hook("bad", "user", run=first.words, retries=-1), ["retries"]),
                         (good + hook("bad", "member-join", run=first.words, member="("), ["bad", "member"])):
        lines = len(agent.log().splitlines())
        reload(wrong)
        wait_until(lambda: [line for line in agent.log().splitlines()[lines:] if " error " in line and all(w in line for w in words)],
                   10, lambda: f"an error with {words}: {agent.log().splitlines()[lines:]}")
    fire(agent, "three")
    wait_until(lambda: told(first)[3:] == ["three"] and told(third) == ["two", "three"], 15, "the hooks of before")
    reload(good)
    wait_until(lambda: logged(agent, "read again", "hook stays is another"), 10, "a line that says so")
    fire(agent, "four")
    fire(agent, "five")
    wait_until(lambda: told(third)[2:] == ["four", "five"] and told(first)[4:] == ["four"], 15, "the changed one called for its own")
    agent.kill()
    agent.start()
    wait_until(lambda: told(third)[4:] == ["start"], 15, "the start, once")
    check_equal((told(first), told(second)), (["start", "one", "two", "three", "four"], ["start", "one"]), "the others")


# ---- queries ----

@case(budget=60)
def a_query_is_answered_by_a_hook_that_succeeds_in_time(run):
    recorder = Recorder(run.directory)
    slow = run.closing(Pids(run.directory))
    cluster = run.cluster()
    answering = cluster.add("muster", config="".join([
        hook("echo", "query:echo", shell="cat; printf %s \" $MUSTER_QUERY_NAME from $MUSTER_QUERY_FROM\""),
        hook("record", "query:echo", shell=f"{recorder.shell} >&2 && exit 0"),
        hook("fails", "query:fails", shell="echo nonsense; exit 1"),
        hook("large", "query:large", shell="head -c 3000 /dev/zero"),
        hook("silent", "query:silent", shell="exit 0"),
        hook("slow", "query:slow", shell=f"trap '' TERM; echo $$ >> {slow.path}; while :; do sleep 1; done"),
        hook("patient", "query:patient", shell=f"echo $$ >> {slow.path}; exec sleep 600", timeout="500ms")]))
    answering.start()
    asking = cluster.add("muster").start(answering)
    cluster.converge()
    check_equal(asked(asking, "echo", "$(touch x)"), [(answering.name, "JCh0b3VjaCB4KQogZWNobyBmcm9tIG0y")], "the answer")
    call = wait_until(recorder.calls, 10, "the call")[0]
    check_equal((call["SERF_EVENT"], call["SERF_QUERY_NAME"], call["MUSTER_QUERY_FROM"], call.input),
                (b"query", b"echo", asking.name.encode(), b"$(touch x)\n"), "what a hook is given of a query")
    check(0 < int(call["MUSTER_QUERY_LEFT_MS"]) <= 3000, f"the time left: {call['MUSTER_QUERY_LEFT_MS']}")
    for name, words in (("fails", "exit status 1"), ("large", "query large: response exceeds limit of 1024 bytes"), ("slow", "did not end within"),
                        ("patient", "did not end within 1 s")):
        check_equal(asked(asking, name, timeout="2s"), [], f"answers to {name}")
        wait_until(lambda: logged(answering, f"hook {name} did not answer the query {name}", words), 15,
                   lambda: f"a line about {name}:\n{answering.log_tail()}")
    check_equal(asked(asking, "silent", timeout="2s"), [], "answers of one that says nothing")
    check(not logged(answering, "hook silent"), "which is no failure")
    wait_until(lambda: len(slow.all()) == 2 and not slow.left(), 15, "the end of those that were too slow")
    check_equal(len(asked(asking, "echo", "again")), 1, "answers after all that")


# ---- where they are run ----

@case(budget=120)
def a_hook_for_the_leader_is_run_by_the_leader_alone_also_by_the_next_one(run):
    cluster = run.cluster()
    agents = []
    for i in range(3):
        recorder = Recorder(run.directory, f"calls{i}")
        agents.append(cluster.add("muster", data=True, extra=["--voter", "--expect=3"], config="".join([
            hook("one", "user", run=recorder.words, only="leader"), hook("each", "user", run=recorder.words),
            hook("most", "user", run=recorder.words, only="quorum")])))
        agents[-1].recorder = recorder
    for agent in agents:
        agent.start(*agents[:1] if agent is not agents[0] else ())
    cluster.converge()

    def leader():
        views = [agent.cli("--format=json", "leader") for agent in agents if agent.running]
        names = {json.loads(view.stdout)["leader"] if view.returncode == 0 else None for view in views}
        return len(names) == 1 and next((agent for agent in agents if agent.running and {agent.name} == names), None)

    def told(agent, name):
        return [call["MUSTER_USER_EVENT"].decode() for call in agent.recorder.calls(name)]

    def fired(name):
        """Who ran the hook of the leader for it, once all were told of it."""
        leads = wait_until(leader, 60, "a leader that all name")
        fire(leads, name)
        for agent in agents:
            if agent.running:
                wait_until(lambda: name in told(agent, "each") and name in told(agent, "most"), 20, f"{name} at {agent}")
        wait_until(lambda: name in told(leads, "one"), 20, f"{name} by {leads}")
        check_equal([agent.name for agent in agents if name in told(agent, "one")], [leads.name], f"who ran it for {name}")
        return leads

    first = fired("before")
    call = first.recorder.calls("one")[0]
    check_equal((call["MUSTER_LEADER"], call["MUSTER_QUORUM"]), (first.name.encode(), b"yes"), "who leads")
    first.kill()
    second = fired("after")
    check(second is not first, "another leads")
    check(int(second.recorder.calls("one")[0]["MUSTER_TERM"]) > int(call["MUSTER_TERM"]), "in a later term")
