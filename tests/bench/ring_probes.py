#!/usr/bin/env python3
"""Whether probes are late while a ring of thousands is rebuilt, in a real musterd.

    tests/bench/ring_probes.py [--members 10000] [--seconds 30] [--json FILE]

One musterd is told of so many members, all of them one process that answers every probe. In the LAN profile it
probes one of them each second. How late a probe is against the second after the one before: first at rest, then while
the weight of a member changes every 4 s and a reader keeps asking for owners, so that each change is a new ring and new
points. The medians, the largest, and how many rings there were.
"""
import argparse
import json
import os
import socket
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "interop"))

from harness import cases, packing, runner, wire  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.peer import ask  # noqa: E402
from harness.waiting import wait_until  # noqa: E402


PORT = 17946      # of every member but the agent: one socket hears them all


class Crowd:
    """All members but the agent, each at an address of its own: it answers their probes, and notes when they came."""

    def __init__(self, block, count):
        first, second, _ = block.split(".")
        self.names = [f"host-{i}.example" for i in range(count)]
        self.ips = [socket.inet_aton(f"{first}.{second}.{100 + i // 250}.{1 + i % 250}") for i in range(count)]
        self.probed = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind(("0.0.0.0", PORT))
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        while True:
            data, source = self.udp.recvfrom(65536)
            for kind, fields, _ in wire.unwrap(data):
                if kind == wire.PING:
                    self.probed.append(time.monotonic())
                    self.udp.sendto(wire.message(wire.ACK, SeqNo=fields["SeqNo"], Payload=None), source)

    @staticmethod
    def meta(weight) -> bytes:
        return b"\xff" + packing.encode({"weight": str(weight)}, old=True)

    def states(self):
        return [wire.node_state(name, ip, meta=self.meta(1), port=PORT) for name, ip in zip(self.names, self.ips)]

    def reweigh(self, agent, i, incarnation):
        """Tells the agent of the other weight of its i-th member."""
        self.udp.sendto(wire.message(wire.ALIVE, Incarnation=incarnation, Node=self.names[i], Addr=self.ips[i], Port=PORT,
                                     Meta=self.meta(1 + incarnation % 2), Vsn=wire.SERF_VERSIONS), (agent.ip, 7946))


def lateness(crowd, seconds, busy=lambda: None):
    """How late each probe was after the second since the one before it, in milliseconds."""
    until = time.monotonic() + seconds
    seen = len(crowd.probed)
    while time.monotonic() < until:
        busy()
        time.sleep(0.2)
    times = crowd.probed[seen:]
    return [1000 * (b - a - 1) for a, b in zip(times, times[1:])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30, help="how long each of the two is measured")
    parser.add_argument("--json", metavar="FILE", help="append a line to FILE")
    options = parser.parse_args()
    block, _lock = runner.reserve_block()
    directory, remove = cases.working_directory()
    cluster = Cluster(f"{block}.1", directory)
    try:
        agent = cluster.add("muster", profile="lan", log_level="info").start()
        crowd = Crowd(cluster.block, options.members)
        ask(agent, wire.push_pull(crowd.states(), join=True), timeout=60)

        def ring():
            return agent.json("ring", "show")

        wait_until(lambda: len(ring()["members"]) == options.members + 1, 60, "a ring of all members")
        time.sleep(5)
        rest = lateness(crowd, options.seconds)
        incarnation, changed, rings = 1, 0.0, []

        def busy():
            nonlocal incarnation, changed
            if time.monotonic() - changed > 4:
                changed, incarnation = time.monotonic(), incarnation + 1
                crowd.reweigh(agent, 7, incarnation)
            fingerprint = agent.json("ring", "owners", "a key")["fingerprint"]
            if rings[-1:] != [fingerprint]:
                rings.append(fingerprint)

        work = lateness(crowd, options.seconds, busy)
        if len(rings) < 2 or len(rest) < 5 or len(work) < 5:
            raise SystemExit(f"nothing was measured: {len(rings)} rings, {len(rest)} and {len(work)} probes")
        status = {m["status"] for m in agent.json("members")["members"]}
        if status != {"alive"}:
            raise SystemExit(f"not all are alive: {status}")
        for when, late in (("at rest", rest), ("while rings are rebuilt", work)):
            print(f"{when:24} {len(late):3} probes, late by {statistics.median(late):6.2f} ms at the median, "
                  f"{max(late):6.2f} at most")
        line = json.dumps({"experiment": f"probe lateness while a ring of {options.members} is rebuilt, at most",
                           "ours": max(work), "idle": max(rest), "rings": len(rings), "unit": "ms"})
        print(line)
        if options.json:
            with open(options.json, "a") as file:
                file.write(line + "\n")
        return 0
    finally:
        cluster.close()
        remove()


if __name__ == "__main__":
    sys.exit(main())
