"""A mixed encrypted cluster changes its key while it works, and loses nothing and nobody."""
import base64
import json
import os
import threading
import time

from cases_events import told
from harness.cases import case
from harness.rpc import Rpc
from harness.waiting import check, check_equal, wait_until

FIRST = base64.b64encode(b"1" * 32).decode()


def encrypted(run, kinds):
    cluster = run.cluster()
    for kind in kinds:
        agent = cluster.add(kind, profile="lan", tags={"kind": kind})
        ring = os.path.join(cluster.directory, f"{agent.name}.keyring")
        with open(os.open(ring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(f'["{FIRST}"]')
        agent.keyring = ring
        agent.extra.append(f"--keyring={ring}" if agent.kind == "muster" else f"-keyring-file={ring}")
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()
    return cluster


def keys_of(agent):
    with open(agent.keyring) as file:
        return json.load(file)


class Firing(threading.Thread):
    """User events from one agent after the other, until stopped."""

    def __init__(self, agents, prefix="e"):
        super().__init__(daemon=True)
        self.agents, self.prefix, self.fired, self.going, self.failure = agents, prefix, [], True, None
        self.start()
        wait_until(lambda: len(self.fired) > 5, 10, "the first events")

    def run(self):
        connections = [Rpc(agent.connect) for agent in self.agents]
        try:
            while self.going:
                name = f"{self.prefix}{len(self.fired)}"
                connections[len(self.fired) % len(connections)].ask(
                    "event", {"Name": name, "Payload": b"while the key changes", "Coalesce": False})
                self.fired.append(name)
                time.sleep(0.03)        # the rhythm of the events, not a wait for anything
        except Exception as error:      # told at the end, where it fails the case
            self.failure = error
        finally:
            for connection in connections:
                connection.close()

    def close(self):
        """Stops after a few more."""
        until = len(self.fired) + 5
        if self.going:
            wait_until(lambda: self.failure or len(self.fired) > until, 10, "events after it all")
        self.going = False
        self.join(20)


# Whom all copies of an event missed has it from its next push/pull: every 30 s in the LAN profile.
MENDED_WITHIN = 75


def check_all_heard(agents, streams, firing):
    check(firing.failure is None, lambda: f"an event was refused: {firing.failure!r}")
    check(len(firing.fired) > 10, f"only {len(firing.fired)} events were fired")
    for agent, stream in zip(agents, streams):
        def heard():
            return [name for name, _ in told(stream, "user") if name.startswith(firing.prefix)]

        wait_until(lambda: len(heard()) >= len(firing.fired), MENDED_WITHIN,
                   lambda: f"all events at {agent}: {sorted(set(firing.fired) - set(heard()))} are missing")
        check_equal(sorted(heard()), sorted(firing.fired), f"the events at {agent}")


@case(budget=180, needs="muster")
def a_key_is_rotated_while_events_flow_and_none_is_lost(run):
    cluster = encrypted(run, ["serf", "muster"] * 3)
    streams = [agent.events("user") for agent in cluster.agents]
    firing = run.closing(Firing(cluster.agents))
    done = cluster.agents[1].cli("keys", "rotate", timeout=120)
    check_equal(done.returncode, 0, f"muster keys rotate: {done.stdout}{done.stderr}")
    firing.close()
    check_all_heard(cluster.agents, streams, firing)
    rings = [keys_of(agent) for agent in cluster.agents]
    check_equal(len(rings[0]), 1, f"the keys of {cluster.agents[0]}")
    check(rings[0] != [FIRST], "the key is another one")
    check_equal(rings, [rings[0]] * 6, "the keyrings in the end")
    cluster.converge()
    for text in (agent.log() for agent in cluster.of("muster")):
        check(FIRST not in text and rings[0][0] not in text, "a key is in a log")


@case(budget=240, needs="muster")
def a_rotation_waits_for_a_host_that_is_off_and_goes_on_when_it_has_returned(run):
    cluster = encrypted(run, ["serf", "muster"] * 3)
    for victim in (cluster.agents[5], cluster.agents[4]):
        old = keys_of(cluster.agents[0])
        victim.kill()
        cluster.converge(60)
        stopped = cluster.agents[1].cli("keys", "rotate", timeout=120)
        check_equal(stopped.returncode, 3, f"muster keys rotate with {victim} off: {stopped.stdout}{stopped.stderr}")
        check(victim.name in stopped.stdout + stopped.stderr, f"{victim} is named: {stopped.stdout}{stopped.stderr}")
        for agent in cluster.running:
            check_equal((keys_of(agent)[0], len(keys_of(agent))), (old[0], 2), f"the keys of {agent} meanwhile")
        # It comes back with the keyring that it had, and is understood.
        victim.start(cluster.agents[0])
        cluster.converge(60)
        streams = [agent.events("user") for agent in cluster.agents]
        firing = run.closing(Firing(cluster.agents))
        resumed = cluster.agents[3].cli("keys", "rotate", "--resume", timeout=120)
        check_equal(resumed.returncode, 0, f"muster keys rotate --resume elsewhere: {resumed.stdout}{resumed.stderr}")
        firing.close()
        check_all_heard(cluster.agents, streams, firing)
        rings = [keys_of(agent) for agent in cluster.agents]
        check_equal(rings, [rings[0]] * 6, "the keyrings in the end")
        check_equal((len(rings[0]), rings[0] == old), (1, False), "one key, another one")
        cluster.converge()


@case(budget=90, needs="muster")
def an_agent_whose_key_is_wrong_is_named_in_muster_info(run):
    cluster = encrypted(run, ["muster", "serf", "muster"])
    stale = cluster.agents[2]
    stale.stop()
    stale.status = "failed"
    with open(stale.keyring, "w") as file:
        file.write(f'["{base64.b64encode(b"2" * 32).decode()}"]')
    stale.start()
    watcher = cluster.agents[0]
    check(stale.cli("join", watcher.ip, timeout=30).returncode == 1, "a join with another key")
    wanted = f"from {stale.ip} ({stale.name}) could not be decrypted: is its key current?"
    wait_until(lambda: wanted in watcher.cli("info").stdout, 20,
               lambda: f"a word about {stale} in muster info at {watcher}: {watcher.cli('info').stdout}", every=1)
