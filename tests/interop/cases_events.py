"""User events and queries cross between serf and musterd, in both directions, exactly once each."""
import base64
import json
import threading

from harness.agents import BINARIES, run_in
from harness.cases import case
from harness.rpc import Closed, Rpc
from harness.waiting import check, check_equal, holds_for, wait_until

MIXED = ["serf", "muster", "serf", "muster"]
# Name and payload may have 482 bytes together in a young cluster (docs/protocol/serf.md section 7.1).
LARGEST = 482


def told(stream, event):
    """What a stream told of user events or queries: (name, payload) of each."""
    return [(record["Name"], bytes(record["Payload"] or b"")) for _, record in list(stream.records)
            if record["Event"] == event]


class Answering(threading.Thread):
    """Answers every query that an agent's stream tells of, as `answer(name, payload)` says; None: not at all."""

    def __init__(self, agent, answer, kind="query"):
        super().__init__(daemon=True)
        self.rpc, self.answer, self.heard = Rpc(agent.connect), answer, []
        self.rpc.stream(kind)
        self.rpc.socket.settimeout(None)
        self.start()

    def run(self):
        try:
            while True:
                record = self.rpc.receive()
                if "Event" not in record:
                    continue        # a header; a reply to `respond` is nothing else
                self.heard.append(record["Name"])
                answer = self.answer(record["Name"], bytes(record["Payload"] or b""))
                if answer is not None:
                    self.rpc.send("respond", {"ID": record["ID"], "Payload": answer})
        except (Closed, OSError):
            pass

    def close(self):
        self.rpc.close()


class Asked(threading.Thread):
    """A query, and everything that came for it until it was done."""

    def __init__(self, agent, name, payload=b"", **options):
        super().__init__(daemon=True)
        self.rpc = Rpc(agent.connect)
        self.acks, self.responses, self.done = [], [], 0
        self.tells_of_nobody = agent.kind == "serf"
        body = {"FilterNodes": None, "FilterTags": None, "Name": name, "Payload": payload, "RelayFactor": 0,
                "RequestAck": True, "Timeout": 0} | options
        self.rpc.ask("query", body)
        self.rpc.socket.settimeout(30)
        self.start()

    def run(self):
        try:
            while not self.done:
                self.rpc.receive()
                record = self.rpc.receive()
                if self.tells_of_nobody and record["Type"] != "done" and not record["From"]:
                    continue        # at the deadline a serf may read its closed channels before it says `done`
                if record["Type"] == "ack":
                    self.acks.append(record["From"])
                elif record["Type"] == "response":
                    self.responses.append((record["From"], bytes(record["Payload"])))
                else:
                    self.done += 1
        except (Closed, OSError):
            pass

    def finished(self, seconds=25):
        self.join(seconds)
        check_equal(self.done, 1, "how often a query was done")
        return sorted(self.acks), sorted(self.responses)

    def close(self):
        self.rpc.close()


@case(budget=90)
def user_events_reach_everybody_once_whoever_fires_them(run):
    cluster = run.cluster()
    agents = cluster.form(*MIXED, profile="lan")
    streams = [agent.events("user") for agent in agents]
    fired = []
    for i, agent in enumerate(agents):
        for payload in (b"", b"plain", bytes(range(256)), b"x" * (LARGEST - 2)):
            fired.append((f"e{i}", payload))
            agent.rpc.ask("event", {"Name": f"e{i}", "Payload": payload, "Coalesce": False})
    for agent, stream in zip(agents, streams):
        wait_until(lambda: len(told(stream, "user")) >= len(fired), 20,
                   lambda: f"all events on {agent}: {len(told(stream, 'user'))} of {len(fired)}")
    # A push/pull tells of the same events once more.
    agents[0].rpc.join(agents[1].ip)
    agents[1].rpc.join(agents[2].ip)
    holds_for(lambda: all(len(told(stream, "user")) == len(fired) for stream in streams), 5, "an event told twice")
    for agent, stream in zip(agents, streams):
        check_equal(sorted(told(stream, "user")), sorted(fired), f"the events that {agent} told of")


@case(budget=90)
def a_join_with_replay_hears_what_happened_before_it_and_one_without_does_not(run):
    cluster = run.cluster()
    first = cluster.form("serf", "muster")
    for i, agent in enumerate(first):
        agent.rpc.ask("event", {"Name": f"before{i}", "Payload": b"", "Coalesce": False})
    streams = [agent.events("user") for agent in first]
    newcomers = [(cluster.add(kind), replay) for kind in ("serf", "muster") for replay in (False, True)]
    for agent, replay in newcomers:
        agent.start()
        stream = agent.events("user")
        agent.rpc.join(first[0].ip, replay=replay)
        cluster.converge(on=[agent])
        first[0].rpc.ask("event", {"Name": f"after-{agent.name}", "Payload": b"", "Coalesce": False})
        wait_until(lambda: any(name == f"after-{agent.name}" for name, _ in told(stream, "user")), 20, f"news at {agent}")
        check_equal([name for name, _ in told(stream, "user") if name.startswith("before")],
                    ["before0", "before1"] if replay else [], f"what {agent} heard of the past, replay {replay}")
    for agent, stream in zip(first, streams):
        check(not any(name.startswith("before") for name, _ in told(stream, "user")[2:]), f"{agent} was told twice")


@case(budget=60, provoking=[r"agent: failed to send user event"])
def an_event_that_is_too_large_is_refused_in_serfs_words(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster")
    for payload in (b"x" * (LARGEST - 1), b"x" * 600, b"x" * 9300):
        said = []
        for agent in agents:
            rpc = Rpc(agent.connect)
            seq = rpc.send("event", {"Name": "e", "Payload": payload, "Coalesce": False})
            head = rpc.receive()
            check_equal(head["Seq"], seq, "the Seq of the answer")
            said.append(head["Error"])
            rpc.close()
        check_equal(said[1], said[0], f"the error for {len(payload)} bytes")


@case(budget=90)
def events_that_may_be_coalesced_come_as_their_last(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster")
    streams = [agent.events("user:deploy") for agent in agents]
    for payload in (b"1", b"2", b"3"):
        agents[0].rpc.ask("event", {"Name": "deploy", "Payload": payload, "Coalesce": True})
    for agent, stream in zip(agents, streams):
        wait_until(lambda: told(stream, "user"), 15, f"the coalesced event on {agent}")
        check_equal(told(stream, "user"), [("deploy", b"3")], f"what {agent} told of three in one go")


@case(budget=120)
def queries_are_acked_and_answered_across_the_kinds(run):
    cluster = run.cluster()
    agents = cluster.form(*MIXED, profile="lan")        # four copies of a query; in the local profile, two miss some
    answering = [run.closing(Answering(agent, lambda name, payload, agent=agent: agent.name.encode() + b":" + payload))
                 for agent in agents]
    names = sorted(agent.name for agent in agents)
    for agent in agents:
        for payload, options in ((b"now", {}), (bytes(900), {"RelayFactor": 2})):     # the second near the limit
            asked = run.closing(Asked(agent, "load", payload, Timeout=4 * 10**9, **options))
            acks, responses = asked.finished()
            check_equal(acks, names, f"who acked a query of {agent} {options}")
            check_equal(responses, [(name, name.encode() + b":" + payload) for name in names], f"who answered {agent} {options}")
    for agent, heard in zip(agents, answering):
        check_equal(heard.heard, ["load"] * 2 * len(agents), f"the queries that {agent} heard")


@case(budget=90)
def filters_of_a_query_choose_who_answers(run):
    cluster = run.cluster()
    for kind, role in zip(MIXED, ("web", "web", "db", "db-replica")):
        cluster.add(kind, tags={"role": role}, profile="lan")
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()
    for agent in cluster.agents:
        run.closing(Answering(agent, lambda name, payload: b"here"))
    s1, m1, s2, m2 = (agent.name for agent in cluster.agents)
    for asker in cluster.agents[:2]:
        asked = [(options, run.closing(Asked(asker, "who", Timeout=4 * 10**9, **options)), wanted)
                 for options, wanted in (
                     ({"FilterTags": {"role": "db"}}, [m2, s2]),
                     ({"FilterTags": {"role": "^db$"}}, [s2]),
                     ({"FilterTags": {"role": "^web$"}, "FilterNodes": [m1, m2]}, [m1]),
                     ({"FilterNodes": [s1, m2]}, [m2, s1]),
                     ({"FilterTags": {"none": "x"}}, []))]
        for options, query, wanted in asked:
            acks, responses = query.finished()
            check_equal(acks, sorted(wanted), f"who acked {asker}'s {options}")
            check_equal(responses, [(name, b"here") for name in sorted(wanted)], f"who answered {asker}'s {options}")


@case(budget=60)
def an_answer_is_given_once_in_time_and_of_a_size(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster")
    said = []
    for agent in agents:
        rpc = Rpc(agent.connect)
        rpc.stream("query")
        asked = run.closing(Asked(agent, "q", Timeout=2 * 10**9, FilterNodes=[agent.name]))
        rpc.receive()
        record = rpc.receive()
        texts = []
        for payload in (b"x" * 1100, b"first", b"second"):
            rpc.send("respond", {"ID": record["ID"], "Payload": payload})
            texts.append(rpc.receive()["Error"])
        rpc.send("respond", {"ID": 99, "Payload": b""})
        texts.append(rpc.receive()["Error"])
        check_equal(asked.finished()[1], [(agent.name, b"first")], f"what was answered at {agent}")
        said.append(texts)

        def too_late():     # "past the deadline" until it is forgotten, which a timer does
            rpc.send("respond", {"ID": record["ID"], "Payload": b"late"})
            return rpc.receive()["Error"]
        wait_until(lambda: too_late() == "No pending queries matching ID", 5, f"the query forgotten by {agent}")
        rpc.close()
    check_equal(said[1], said[0], "the errors of respond")


@case(budget=60, needs="muster")
def muster_event_and_query_work_against_a_serf_as_against_a_musterd(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster", "muster", profile="lan")
    for agent in agents:
        run.closing(Answering(agent, lambda name, payload: payload.upper(), "query:shout"))
    names = sorted(agent.name for agent in agents)
    streams = [agent.events("user:hello") for agent in agents]
    for agent in agents[:2]:
        muster = [BINARIES["muster"], f"--rpc-addr={agent.ip}:7373"]
        done = run_in(None, *muster, "event", "hello", f"from {agent.name}")
        check_equal(done.returncode, 0, f"muster event against {agent}: {done.stderr}")
        done = run_in(None, *muster, "--format=json", "query", "shout", "-", "--timeout", "3s", input="loud")
        check_equal(done.returncode, 0, f"muster query against {agent}: {done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        check_equal(sorted(line["from"] for line in lines if line["type"] == "ack"), names, f"acks at {agent}")
        check_equal(sorted((line["from"], base64.b64decode(line["payload"])) for line in lines if line["type"] == "response"),
                    [(name, b"LOUD") for name in names], f"answers at {agent}")
        check_equal(lines[-1] | {"lost": 0}, {"type": "done", "acks": 3, "responses": 3, "lost": 0}, f"the end at {agent}")
    for agent, stream in zip(agents, streams):
        wanted = sorted(("hello", f"from {a.name}".encode()) for a in agents[:2])
        wait_until(lambda: len(told(stream, "user")) >= 2, 10, f"both events on {agent}")
        check_equal(sorted(told(stream, "user")), wanted, f"the events on {agent}")
