"""Memory under work that never ends: it fills what is bounded, and then stays."""
import statistics
import time

from harness.cases import case
from harness.rpc import Rpc
from harness.waiting import check

SECONDS, LONG_SECONDS = 45, 1800


def resident(agent) -> int:
    with open(f"/proc/{agent.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


@case(budget=150, long_budget=2100)
def an_agent_that_works_without_end_does_not_grow(run):
    """Events, queries, tags, clients that come and go, members that die and return; half an hour under --long.

    Everything bounded is full within the first half: ring buffers of 512 events and queries, tables, the journal's cache.
    Of the second half the last quarter may not be above the first one by more than noise: 3 %.
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
        def median(begin, end):
            return statistics.median(rss[i] for at, rss in samples if begin * seconds <= at < end * seconds)
        third, last = median(0.5, 0.625), median(0.875, 1)
        check(last <= third * 1.03, f"{agent} grew from {third / 1e6:.2f} MB to {last / 1e6:.2f} MB in {turn} turns")
    print(f"    {turn} turns; at the end {[round(rss / 1e6, 2) for rss in samples[-1][1]]} MB")
