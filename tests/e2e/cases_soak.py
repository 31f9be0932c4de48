"""Memory under work that never ends: it fills what is bounded, and then stays."""
import time

from harness.cases import case
from harness.rpc import Rpc
from harness.waiting import check

SECONDS, LONG_SECONDS = 45, 1800


def resident(agent) -> int:
    """Bytes of its own: pages of its program and libraries come and go as it forgets them, and are no growth."""
    with open(f"/proc/{agent.process.pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))


@case(budget=150, long_budget=2100)
def an_agent_that_works_without_end_does_not_grow(run):
    """Events, queries, tags, clients that come and go, members that die and return; half an hour under --long.

    Everything bounded is full within the first half: ring buffers of 512 events and queries, tables, the journal's cache.
    The peak of the last quarter may not be above that of the middle by more than what batches of the journal take and
    give back (a tenth was seen in 2,200 turns): 25 %.
    """
    cluster = run.cluster()
    agents = cluster.form(*["muster"] * 4, data=True, profile="local", log_level="warn")
    churned, seconds = agents[3], LONG_SECONDS if run.long else SECONDS
    watching = [agent.events() for agent in agents[:2]]
    began, turn, samples = time.monotonic(), 0, []
    while time.monotonic() - began < seconds:
        turn += 1
        for agent in agents[:3]:
            for i in range(4):
                agent.rpc.ask("event", {"Name": f"e{turn}-{i}", "Payload": b"x" * 200, "Coalesce": i % 2 == 0})
        if turn % 4 == 0:
            asking = Rpc(agents[turn % 3].connect)      # it goes away before its answers come
            asking.ask("query", {"FilterNodes": None, "FilterTags": None, "Name": f"q{turn}", "Payload": b"", "RelayFactor": 0,
                                 "RequestAck": True, "Timeout": 10**9})
            asking.close()
        if turn % 5 == 0:
            agents[turn % 3].rpc.tags({"turn": str(turn)}, None)
        if turn % 40 == 0:
            churned.kill()
        if turn % 40 == 20 and not churned.running:
            churned.start(agents[0])
        samples.append((time.monotonic() - began, [resident(agent) for agent in agents[:3]]))
        time.sleep(0.05)
    for agent in watching:
        agent.records.clear()
    for i, agent in enumerate(agents[:3]):
        def peak(begin, end):
            return max(rss[i] for at, rss in samples if begin * seconds <= at < end * seconds)
        before, last = peak(0.25, 0.625), peak(0.75, 1)
        check(last <= before * 1.25, f"{agent} grew from {before / 1e6:.2f} MB to {last / 1e6:.2f} MB in {turn} turns")
    print(f"    {turn} turns; at the end {[round(rss / 1e6, 2) for rss in samples[-1][1]]} MB")
