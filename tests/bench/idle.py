#!/usr/bin/env python3
"""What an idle agent costs: memory and CPU of one agent in a quiet cluster of musterds, and beside it of serfs.

    tests/bench/idle.py [--nodes 50] [--seconds 60] [--profile lan] [--keyring] [--voters N] [--json FILE] [--check] [--skip-serf]

The two clusters run one after the other on loopback addresses, N agents each, in the same profile; after all agree and a
settling time, /proc is read at the beginning and the end of the measured time. Figures are medians over the agents.
RSS is what ps shows; PSS counts shared pages by their share, private is what one more agent adds. CPU is a percentage
of one core. --keyring: both encrypt. --voters: so many of ours elect a leader, with state on disk; the figures are of these. --check: exit status 1 if our RSS exceeds 4.5 MB (10^6 bytes), the figure of the budget.
"""
import argparse
import base64
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "interop"))

from harness import cases, runner  # noqa: E402  (the harness lives beside the tests that use it most)
from harness.agents import BINARIES  # noqa: E402
from harness.cluster import Cluster  # noqa: E402

BUDGET_RSS = 4_500_000


def memory(pid) -> dict:
    """Bytes of a process, from smaps_rollup."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                found[words[0][:-1]] = int(words[1]) * 1024
    return {"rss": found["Rss"], "pss": found["Pss"], "private": found["Private_Clean"] + found["Private_Dirty"]}


def cpu_seconds(pid) -> float:
    """Of all its threads, to the nanosecond: an idle agent uses less than a clock tick in a minute."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def switches(pid) -> int:
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
    return total


def encrypt(agents):
    """Gives each a keyring file, all with the same key."""
    for agent in agents:
        path = os.path.join(agent.directory, f"{agent.name}.keyring")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump([base64.b64encode(b"k" * 32).decode()], file)
        agent.extra.append(f"{'-keyring-file' if agent.kind == 'serf' else '--keyring'}={path}")


def measure(kind, block, options) -> dict:
    directory, remove = cases.working_directory()
    cluster = Cluster(block, directory)
    try:
        voters = options.voters if kind == "muster" else 0
        agents = [cluster.add(kind, profile=options.profile, log_level="info", data=i < voters,
                              extra=["--voter", f"--expect={voters}"] if i < voters else []) for i in range(options.nodes)]
        if options.keyring:
            encrypt(agents)
        for agent in agents:
            agent.start(*([] if agent is agents[0] else [agents[0]]))
        cluster.converge(deadline=180)
        for agent in agents:
            agent.close_rpc()
        time.sleep(options.settle)
        pids = [agent.process.pid for agent in agents[:voters or None]]
        before = [(cpu_seconds(pid), switches(pid)) for pid in pids]
        started = time.monotonic()
        time.sleep(options.seconds)
        spent = time.monotonic() - started
        after = [(cpu_seconds(pid), switches(pid)) for pid in pids]
        figures = [memory(pid) | {"cpu_percent": 100 * (b[0] - a[0]) / spent, "switches_per_s": (b[1] - a[1]) / spent}
                   for pid, a, b in zip(pids, before, after)]
        cluster.converge(deadline=60)       # a figure of a cluster that fell apart is none
        return {key: statistics.median(one[key] for one in figures) for key in figures[0]} | \
               {"rss_max": max(one["rss"] for one in figures)}
    finally:
        cluster.close()
        remove()


def show(name, value):
    return f"{value:.4f}" if "percent" in name else f"{value:.1f}" if "per_s" in name else f"{value / 1e6:.2f} MB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60, help="how long CPU is measured")
    parser.add_argument("--settle", type=float, default=20, help="how long after all agree the measurement begins")
    parser.add_argument("--profile", default="lan", choices=("lan", "wan", "local"))
    parser.add_argument("--keyring", action="store_true", help="encrypt, with a key of 256 bits")
    parser.add_argument("--voters", type=int, default=0, help="how many of ours vote; only these are measured")
    parser.add_argument("--json", metavar="FILE", help="append a line for each experiment to FILE")
    parser.add_argument("--check", action="store_true", help="fail above the budget of RSS")
    parser.add_argument("--skip-serf", action="store_true", help="measure ours only")
    options = parser.parse_args()
    for program in ["musterd"] + ([] if options.skip_serf else ["serf"]):
        if not os.access(BINARIES[program], os.X_OK):
            raise SystemExit(f"no {program} at {BINARIES[program]}: build it, or name it with {program.upper()}=PATH")
    block, _lock = runner.reserve_block()
    ours = measure("muster", f"{block}.1", options)
    serf = {} if options.skip_serf else measure("serf", f"{block}.2", options)
    print(f"one idle agent of {options.nodes}, profile {options.profile}{', with a keyring' if options.keyring else ''}"
          f"{f', one of {options.voters} voters' if options.voters else ''}, {options.seconds:g} s measured")
    print(f"{'':16}{'muster':>12}{'serf':>12}{'ratio':>8}")
    lines = []
    for name, value in ours.items():
        other = serf.get(name)
        ratio = value / other if other else None
        print(f"{name:16}{show(name, value):>12}{show(name, other) if other is not None else '-':>12}"
              f"{f'{ratio:.3f}' if ratio is not None else '-':>8}")
        lines.append(json.dumps({"experiment": f"idle-{options.nodes}-{name}", "ours": value, "serf": other,
                                 "ratio": ratio}))
    print("\n".join(lines))
    if options.json:
        with open(options.json, "a") as file:
            file.write("\n".join(lines) + "\n")
    if options.check and ours["rss"] > BUDGET_RSS:
        print(f"an idle agent has {ours['rss'] / 1e6:.2f} MB RSS, above the budget of {BUDGET_RSS / 1e6:.1f} MB")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
