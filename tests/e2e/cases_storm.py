"""Everything that can go wrong with hosts, at random and at once; and a wall clock that is stepped.

STORM_SECONDS says how long a storm lasts (20; with --long 90). SEED replays the order of its faults; what they hit is
in the hands of the machine.
"""
import json
import os
import random
import signal
import subprocess
import time

from harness.cases import case
from harness.complaints import failures_reported
from harness.waiting import check, check_equal, holds_for, wait_until
from harness.world import World

FAULTS = [r"\[(ERR|WARN)\] ", r"[Ff]ailed"]
QUICK = """
[swim]
probe_interval = "500ms"
probe_timeout = "200ms"
suspicion_max_timeout_mult = 2
push_pull_interval = "5s"
[cluster]
retry_first = "500ms"
retry_max = "2s"
"""


class Storm:
    """One fault after the other, each for a while, several at a time."""

    def __init__(self, world, agents, chance):
        self.world, self.agents, self.chance = world, agents, chance
        self.paused, self.killed, self.history = set(), set(), []

    def links(self):
        """A random fault of the network, in place of the one before."""
        self.world.heal()
        hosts = list(self.world.hosts)
        self.chance.shuffle(hosts)
        kind = self.chance.choice(("cut", "one way", "link", "loss", "none"))
        if kind == "cut":
            at = self.chance.randrange(1, len(hosts))
            self.world.cut(hosts[:at], hosts[at:])
        elif kind == "one way":
            self.world.cut_one_way(hosts[:1], hosts[1:])
        elif kind == "link":
            self.world.cut(hosts[:1], hosts[1:2])
        elif kind == "loss":
            self.world.lose(30)
        return kind

    def pause(self):
        agent = self.chance.choice(self.agents)
        if agent in self.killed:
            return "nobody is paused"
        if agent in self.paused:
            self.paused.discard(agent)
            agent.send_signal(signal.SIGCONT)
            return f"{agent.name} goes on"
        self.paused.add(agent)
        agent.send_signal(signal.SIGSTOP)
        return f"{agent.name} is paused"

    def kill(self):
        agent = self.chance.choice(self.agents)
        if agent in self.killed:
            self.restart(agent)
            return f"{agent.name} is started"
        if len(self.killed) < 2:
            self.paused.discard(agent)
            self.killed.add(agent)
            agent.kill()
            return f"{agent.name} is killed"
        return "enough are killed"

    def restart(self, agent):
        self.killed.discard(agent)
        agent.start(*[other for other in self.agents if other is not agent], wait=False)

    def tag(self):
        usable = [agent for agent in self.agents if agent not in self.paused | self.killed]
        if not usable:
            return "nobody to tag"
        agent = self.chance.choice(usable)
        try:
            tags = {"life": str(self.chance.randrange(1000))}
            agent.rpc.tags(tags, None)
            agent.tags = tags
        except OSError:                 # it has only just been started
            agent.close_rpc()
        return f"{agent.name} has the tags {agent.tags}"

    def blow(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            what = self.chance.choice((self.links, self.links, self.pause, self.pause, self.kill, self.tag))()
            self.history.append(what)
            for agent in self.agents:
                check(agent.running or agent in self.killed,
                      lambda: f"{agent} has ended by itself after {self.history}:\n{agent.log_tail()}")
            time.sleep(self.chance.uniform(0.2, 1.5))       # how long it lasts before the next comes

    def abate(self):
        self.world.heal()
        for agent in list(self.paused):
            agent.send_signal(signal.SIGCONT)
        self.paused.clear()
        for agent in list(self.killed):
            self.restart(agent)


def holds_count_as_alive(agent):
    """Whom a musterd holds out is alive on the wire, and shown as failed until it has been steady for up to ten
    minutes (docs/detection.md, "Held out"): of the storm's end that is what is to be seen."""
    table = agent.table

    def with_those_held():
        rows = table()
        if all(row[2] != "failed" for row in rows.values()):
            return rows
        shown = json.loads(agent.cli("--format=json", "members").stdout)["members"]
        held = {member["name"] for member in shown if member["held_out"]}
        return {name: (*row[:2], "alive", row[3]) if name in held else row for name, row in rows.items()}

    agent.table = with_those_held


def storm(run, kinds, **options):
    chance = random.Random(run.seed)
    world = run.closing(World(len(kinds)))
    cluster = run.cluster()
    agents = cluster.form(*kinds, hosts=world.hosts, config=QUICK, **options)
    raging = Storm(world, agents, chance)
    try:
        raging.blow(float(os.environ.get("STORM_SECONDS") or (90 if run.long else 20)))
    finally:
        raging.abate()
    for agent in agents:
        agent.close_rpc()
        # A restart may have met a cut: then it knows nobody, and nobody it.
        wait_until(agent.answers, 20, f"an answer of {agent}")
        agent.tags = own_tags(agent)
        if agent.kind == "muster":
            holds_count_as_alive(agent)
    try:
        cluster.converge(deadline=90)
    except AssertionError as error:
        raise AssertionError(f"after {raging.history}: {error}") from None
    streams = [agent.events("user:calm") for agent in agents]
    for agent in agents:
        agent.rpc.ask("event", {"Name": "calm", "Payload": agent.name.encode(), "Coalesce": False})
    names = sorted(agent.name for agent in agents)

    def heard(stream):
        return sorted(bytes(r["Payload"]).decode() for _, r in stream.records if r["Event"] == "user")

    for agent, stream in zip(agents, streams):
        wait_until(lambda: len(heard(stream)) >= len(names), 30, lambda: f"all events at {agent}: {heard(stream)}")
    holds_for(lambda: all(heard(stream) == names for stream in streams), 3, "an event after the storm, once everywhere")
    for agent in cluster.of("muster"):
        log = agent.log()
        check("internal error" not in log and "does not hold" not in log, f"an invariant was broken at {agent}")
    print(f"    {len(raging.history)} faults: {', '.join(raging.history)}")


def own_tags(agent):
    """What it says of itself: a restart has the tags of its start."""
    return agent.table()[agent.name][3]


@case(budget=240, long_budget=420, needs="root", provoking=FAULTS)
def a_storm_over_musterds_ends_in_agreement(run):
    storm(run, ["muster"] * 5)


@case(budget=240, long_budget=420, needs="root", provoking=FAULTS)
def a_storm_over_serfs_and_musterds_ends_in_agreement(run):
    storm(run, ["muster", "serf"] * 2 + ["muster"])


@case(budget=60)
def a_wall_clock_that_is_stepped_makes_nobody_fail(run):
    shim, offset = os.path.join(run.directory, "clock.so"), os.path.join(run.directory, "offset")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_shim.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)

    def step(seconds):
        with open(offset + ".new", "w") as file:
            file.write(str(seconds))
        os.replace(offset + ".new", offset)

    step(0)
    cluster = run.cluster()
    stepped = cluster.add("muster", data=True, config=QUICK, under=["env", f"LD_PRELOAD={shim}", f"CLOCK_SHIM={offset}"])
    others = [cluster.add("muster", config=QUICK) for _ in range(2)]
    for agent in cluster.agents:
        agent.start(*(() if agent is stepped else (stepped,)))
    cluster.converge()
    streams = [agent.events("member-failed,member-leave") for agent in cluster.agents]
    day = 86400
    for seconds in (40 * day, -40 * day, 1, -3600):
        step(seconds)
        stepped.cli("tags", "set", f"step={seconds}")       # something for its disk, with a time
        stepped.tags = {"step": str(seconds)}
        cluster.converge()
        holds_for(lambda: not any(stream.records for stream in streams), 3, f"nobody fails by a step of {seconds} s")
        check(f"{time.time() + seconds:.0f}"[:5] == f"{shown_time(stepped):.0f}"[:5], "the clock was stepped")
    # What its disk says was written in another time; it is believed all the same.
    others[0].kill()
    cluster.converge()
    stepped.kill()
    cluster.converge()
    step(-40 * day)
    stepped.start()
    cluster.converge(on=[stepped, others[1]])
    check_equal({name: row[2] for name, row in stepped.table().items()},
                {stepped.name: "alive", others[0].name: "failed", others[1].name: "alive"}, "what it remembers")


def shown_time(agent):
    """The wall clock in the last line of its log."""
    line = [line for line in agent.log().splitlines() if line[:2] == "20" or line[:2] == "19"][-1]
    return time.mktime(time.strptime(line[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
