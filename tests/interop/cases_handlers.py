"""Serf's event handlers, as Serf documents them, run by a serf and by a musterd in one cluster: both are given the same."""
import re

from cases_events import Asked

from harness.cases import case
from harness.recorder import Recorder
from harness.waiting import check, check_equal, wait_until

TAGS = {"role": "web", "data-center": "a,b=c", "Übung": "1", "x1": ""}


def with_handlers(cluster, kind, *specifications, **options):
    """An agent with these handlers; `RECORD` in them is the command that writes down what it was given."""
    agent = cluster.add(kind, **options)
    agent.recorder = Recorder(cluster.directory, f"{agent.name}.calls")
    flag = "-event-handler" if agent.kind == "serf" else "--event-handler"
    agent.extra += [f"{flag}={text.replace('RECORD', agent.recorder.shell)}" for text in specifications]
    return agent


def serfs_variables(call, agent) -> dict:
    """The variables named SERF_*, with the agent's own name made the same."""
    return {name: value.replace(agent.name.encode(), b"SELF") for name, value in call.environment.items() if name.startswith("SERF_")}


def line(text) -> tuple:
    """A line of a member, whose tags Serf gives in any order."""
    name, address, role, tags = text.split(b"\t")
    return name, address, role, tuple(sorted(re.split(rb",(?=[^,=]+=)", tags)))


def news(agent, of) -> list:
    """(event, line) of each change of these members, in their order; who was told twice of one update is told once."""
    names = {each.name.encode() for each in of}
    told = [(call["SERF_EVENT"].decode(), line(text)) for call in agent.recorder.calls()
            if call["SERF_EVENT"].startswith(b"member-") for text in call.input.splitlines()]
    told = [each for each in told if each[1][0] in names]
    return [each for i, each in enumerate(told) if each not in told[:i] or each[0] != "member-update"]


def by_member(told) -> dict:
    return {name: [each for each in told if each[1][0] == name] for name in {each[1][0] for each in told}}


@case(budget=120)
def a_handler_of_member_events_is_given_the_same_by_both_kinds(run):
    """Changes far enough apart for Serf's coalescer (one second of quiet, three at most), so that both tell of each."""
    cluster = run.cluster()
    serf, muster = both = [with_handlers(cluster, kind, "RECORD", tags=TAGS) for kind in ("serf", "muster")]
    serf.start()
    muster.start(serf)
    cluster.converge()
    third, fourth = cluster.add("serf", tags={"role": "db", "t": "tab\there\nand"}), cluster.add("muster", tags={"z": "1"})
    third.start(serf)
    fourth.start(serf)

    def both_say(count):
        wait_until(lambda: all(len(news(agent, (third, fourth))) == count for agent in both), 40,
                   lambda: f"{count} changes at both:\n    {[news(agent, (third, fourth)) for agent in both]}")

    cluster.converge()
    both_say(2)
    third.rpc.tags({"role": "db2", "new": "=,="}, ["t"])
    third.tags = {"role": "db2", "new": "=,="}
    cluster.converge()
    both_say(3)
    fourth.kill()
    cluster.converge()
    both_say(4)
    third.leave()
    cluster.converge()
    both_say(5)
    fourth.start(serf)      # which knows nothing of the third
    cluster.converge(on=both)
    both_say(6)
    serf.rpc.force_leave(third.name, prune=True)
    third.status = "forgotten"
    cluster.converge(on=both)
    both_say(7)
    seen, wanted = (by_member(news(agent, (third, fourth))) for agent in (muster, serf))
    check_equal(seen, wanted, "what the handlers were told of the other two")
    check_equal([event for event, _ in wanted[third.name.encode()]],
                ["member-join", "member-update", "member-leave", "member-reap"], "which is all of it")
    for event in ("member-join", "member-update", "member-leave", "member-failed", "member-reap"):
        first = [next(call for call in agent.recorder.calls() if call["SERF_EVENT"] == event.encode()) for agent in both]
        check_equal(serfs_variables(first[1], muster), serfs_variables(first[0], serf), f"the variables of a {event}")
    check_equal(first[0]["SERF_TAG_DATA_CENTER"], b"a,b=c", "a tag among them")


@case(budget=90)
def handlers_of_user_events_are_given_the_same_by_both_kinds(run):
    cluster = run.cluster()
    both = [with_handlers(cluster, kind, "user:deploy=RECORD deploy", "user=RECORD all", "member-join,user:a b=RECORD list",
                          "*=X=1 RECORD assigned", tags=TAGS, profile="lan") for kind in ("serf", "muster")]
    serf, muster = both
    serf.start()
    muster.start(serf)
    cluster.converge()
    fired = [("deploy", b"1.2.3"), ("deploy", b""), ("a b", b"with an end\n"), ("$(touch x)", b"two\nlines"),
             ("last", bytes(range(256)))]
    for i, (name, payload) in enumerate(fired):
        both[i % 2].rpc.ask("event", {"Name": name, "Payload": payload, "Coalesce": False})

    def told(agent, word):
        return [(call["SERF_USER_EVENT"], call["SERF_USER_LTIME"], call.input) for call in agent.recorder.calls()
                if call.words == [word] and call["SERF_EVENT"] == b"user"]

    for agent in both:
        for word, count in ((b"deploy", 2), (b"all", 5), (b"list", 1), (b"assigned", 5)):
            wait_until(lambda: len(told(agent, word)) == count, 30, lambda: f"{count} calls with {word} at {agent}: {told(agent, word)}")
    for word in (b"deploy", b"all", b"list", b"assigned"):
        check_equal(sorted(told(muster, word)), sorted(told(serf, word)), f"what the handlers {word} were given")
    check_equal({(name, data) for name, _, data in told(serf, b"all")},
                {(name.encode(), data + (b"\n" if data and not data.endswith(b"\n") else b"")) for name, data in fired},
                "names and payloads")
    calls = [{(call["SERF_USER_LTIME"], call.input): serfs_variables(call, agent) for call in agent.recorder.calls()
              if call.words == [b"all"]}
             for agent in both]
    check_equal(calls[1], calls[0], "all variables of each event")


@case(budget=90, provoking=[r"agent: Error invoking script '.*exit 3", r"agent: Failed to respond to query",
                            r"agent: Script 'sleep 1; .* slow", r"Error writing payload"])
def queries_are_answered_by_the_handlers_of_both_kinds(run):
    cluster = run.cluster()
    both = [with_handlers(cluster, kind, "query:load=RECORD; echo load $SERF_QUERY_NAME $SERF_SELF_ROLE; echo '  said' >&2",
                          "query:echo=cat", "query:silent=true", "query:fails=echo no; exit 3", "query:large=head -c 1100 /dev/zero",
                          "query:twice=echo first", "query:twice=sleep 1; echo second", tags=TAGS, profile="lan")
            for kind in ("serf", "muster")]
    serf, muster = both
    serf.start()
    muster.start(serf)
    cluster.converge()
    for asking in both:
        asked = [(name, run.closing(Asked(asking, name, payload, Timeout=6 * 10**9)), answer) for name, payload, answer in (
            ("load", b"x", b"load load web\n  said\n"), ("echo", b"\0\xffbytes", b"\0\xffbytes\n"), ("echo", b"", None),
            ("silent", b"", None), ("fails", b"", None), ("large", b"", None), ("twice", b"", b"first\n"))]
        for name, query, answer in asked:
            wanted = [] if answer is None else sorted((agent.name, answer) for agent in both)
            check_equal(query.finished()[1], wanted, f"who answered {name} of {asking}, and what")
    for agent in both:
        check_equal([call.input for call in agent.recorder.calls()], [b"x\n"] * 2, f"what the handler of {agent} read")
    calls = [{call["SERF_QUERY_LTIME"]: serfs_variables(call, agent) for call in agent.recorder.calls()} for agent in both]
    check_equal(calls[1], calls[0], "all variables of each query")
    check("answers 1 already" not in muster.log(), "queries at once are all answered")
