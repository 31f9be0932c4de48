"""A cluster of one test: its agents, and the claim that all of them agree."""
import itertools
import os

from . import agents, packing, peer, wire
from .agents import PORT
from .waiting import wait_until

# Seconds from an agent's start to its first push/pull, at most: an interval, and another drawn at random.
FIRST_PUSH_PULL = {"local": 30, "lan": 60}

class Cluster:
    """Agents of given kinds on the addresses of one test. `close()` ends them all."""

    def __init__(self, block, directory, replace=None):
        """`block`: the first three bytes of the test's addresses. `replace`: {kind: kind}, for runs of serf only."""
        self.block, self.directory, self.replace = block, directory, replace or {}
        self.agents = []
        self._hosts = itertools.count(1)
        os.makedirs(directory, exist_ok=True)

    def address(self) -> str:
        """An address that nobody in this test has yet."""
        return f"{self.block}.{next(self._hosts)}"

    def add(self, kind, name=None, **options):
        """A new agent, not started. `host`: of a World; else it has a loopback address of its own (or `ip`)."""
        kind = self.replace.get(kind, kind)
        host = options.pop("host", None)
        if host:
            options |= {"namespace": host.namespace, "ip": host.ip}
        ip = options.pop("ip", None) or self.address()
        if kind != "muster":
            options = {k: v for k, v in options.items() if k not in ("config", "rpc", "data", "under")}
        agent = agents.KINDS[kind](name or f"{kind[0]}{len(self.agents) + 1}", ip, self.directory, **options)
        self.agents.append(agent)
        return agent

    def form(self, *kinds, deadline=0, hosts=None, **options):
        """Agents of `kinds`, each joining the first, until all agree. `hosts`: one for each."""
        made = [self.add(kind, host=host, **options) for kind, host in zip(kinds, hosts or [None] * len(kinds))]
        for agent in made:
            agent.start(*(() if agent is made[0] else (made[0],)))
        self.converge(deadline)
        return made

    def of(self, kind):
        kind = self.replace.get(kind, kind)
        return [agent for agent in self.agents if agent.kind == kind]

    @property
    def running(self):
        return [agent for agent in self.agents if agent.running]

    def expected(self) -> dict:
        return {a.name: (a.ip, PORT, a.status, a.tags) for a in self.agents if a.status not in (None, "forgotten")}

    def mended(self):
        """Seconds in which whoever all copies of a gossip missed has it by a push/pull, in the slowest profile here."""
        return max(FIRST_PUSH_PULL[agent.profile] for agent in self.agents) + 10

    def converge(self, deadline=0, on=None, expected=None):
        """Waits until every running agent lists exactly what is true of each: address, port, status, tags.

        deadline: seconds, where more than mended() are needed: gossip alone promises nothing.
        """
        deadline = max(deadline, self.mended())
        expected = self.expected() if expected is None else expected
        watched = list(on) if on is not None else self.running
        behind = list(watched)

        def agreed():
            behind[:] = [agent for agent in behind if agent.table() != expected]
            if behind:
                return False
            behind[:] = [agent for agent in watched if agent.table() != expected]
            return not behind

        wait_until(agreed, deadline, lambda: "the same table everywhere:\n" + self.differences(expected, watched))

    @staticmethod
    def differences(expected, watched) -> str:
        lines = []
        for agent in watched:
            table = agent.table()
            for name in sorted(expected.keys() | table.keys()):
                if table.get(name) != expected.get(name):
                    lines.append(f"    on {agent}: {name}\n        wanted {expected.get(name)}"
                                 f"\n        saw    {table.get(name)}")
        return "\n".join(lines) or "    (now they do agree)"

    def report(self) -> str:
        """What each agent would push, and the tails of all logs, for a test that failed."""
        return "\n".join([self.pushed(agent) for agent in self.running] +
                         [f"    --- log of {a}, {'running' if a.running else 'ended'}\n{a.log_tail()}"
                          for a in self.agents if a.process])

    @staticmethod
    def pushed(agent) -> str:
        try:
            _, _, states, user_state, _ = peer.ask(agent, wire.push_pull(), timeout=2)
            clocks, _ = packing.decode(user_state, 1)
            wires = {packing.text(s["Name"]): f"{wire.STATES[s['State']]}({s['Incarnation']})" for s in states}
            return (f"    {agent} pushes: {wires}, time {clocks['LTime']}, times {clocks['StatusLTimes']}, "
                    f"left {clocks['LeftMembers']}")
        except Exception as error:      # whatever is wrong is what the test is about: the logs are still to come
            return f"    {agent} pushes nothing: {error!r}"

    def close(self):
        for agent in self.agents:
            agent.stop()
