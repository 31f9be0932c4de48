"""Each command of `muster`, pointed at a serf's RPC, does and says what it does and says of a musterd in the same place.

The same encrypted cluster is made twice, once with a serf and once with a musterd as the agent "a" that is asked; the
others are one serf and one musterd.
"""
import base64
import json
import os
import re
import signal
import subprocess

from cases_events import Answering, told
from harness.agents import BINARIES, ENVIRONMENT, command_in, run_in
from harness.cases import case
from harness.waiting import check, check_equal, wait_until

FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def muster(agent, *arguments, **options):
    """(exit status, what it printed, what it complained of)."""
    done = run_in(None, BINARIES["muster"], f"--rpc-addr={agent.ip}:7373", *arguments, **options)
    return done.returncode, done.stdout, done.stderr


def places(run):
    """[(cluster, its agent "a")], of a serf and of a musterd."""
    made = []
    for kind in ("serf", "muster"):
        cluster = run.cluster()
        for name, each in zip("abc", (kind, "serf", "muster")):
            agent = cluster.add(each, name=name, tags={"role": f"role-{name}"}, profile="lan")
            ring = os.path.join(cluster.directory, f"{name}.keyring")
            with open(os.open(ring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(f'["{FIRST}"]')
            agent.extra.append(f"--keyring={ring}" if each == "muster" else f"-keyring-file={ring}")
        for agent in cluster.agents:
            agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
        cluster.converge()
        made.append((cluster, cluster.agents[0]))
    return made


def sorted_lines(text):
    for pattern, word in ((r"127(\.\d+){3}", "ADDR"), (r"[\d.]+ ?(ms|us|s)\b", "TIME"), (r"LTime \d+", "LTIME"), (r" +", " ")):
        text = re.sub(pattern, word, text)
    return sorted(text.splitlines())


def says_the_same(made, *arguments, status=0, serf_says=None, **options):
    """Exit status, output and complaints are the same, but for addresses, times and the order of lines. Gives the output.

    serf_says: what is printed of a serf, that does not tell all that a musterd tells.
    """
    said = [muster(agent, *arguments, **options) for _, agent in made]
    for (_, agent), one in zip(made, said):
        check_equal(one[0], status, f"status of muster {' '.join(arguments)} at {agent}: {one[1]}{one[2]}")
    if serf_says is not None:
        check_equal(said[0][1:], (serf_says, ""), f"muster {' '.join(arguments)}, asked of a serf")
        return said[1][1]
    check_equal([sorted_lines(text) for text in said[0][1:]], [sorted_lines(text) for text in said[1][1:]],
                f"muster {' '.join(arguments)}, asked of a serf and of a musterd")
    return said[0][1]


@case(budget=180, needs="muster", provoking=[r"agent: failed to send user event", r"serf: Failed to remove key", r"agent: error joining"])
def every_command_of_muster_works_against_a_serf_as_against_a_musterd(run):
    made = places(run)
    for cluster, _ in made:
        for agent in cluster.agents:
            run.closing(Answering(agent, lambda name, payload: payload.upper(), "query:shout"))

    # Who is there.
    check_equal(says_the_same(made, "members", "--status", "alive").count("role-"), 3, "members that are shown")
    check_equal(says_the_same(made, "members", "--tag", "role=role-[bc]").count("role-"), 2, "members with such a tag")
    check_equal(says_the_same(made, "members", "--name", "b").count("role-"), 1, "members with that name")
    says_the_same(made, "wait", "--members", "3", "--member", "b=alive", "--timeout", "1s")
    says_the_same(made, "wait", "--members", "4", "--timeout", "200ms", status=3)
    for _, agent in made:
        status, text, _ = muster(agent, "--format=json", "info")
        check_equal((status, json.loads(text)["agent"]["name"]), (0, "a"), f"muster info at {agent}")
        status, text, errors = muster(agent, "info")
        check_equal((status, errors), (0, ""), f"muster info at {agent}: {text}")

    # Tags.
    says_the_same(made, "tags", "set", "zone=1", "role=other", serf_says="the tags are changed\n")
    says_the_same(made, "tags", "delete", "zone", serf_says="the tags are changed\n")
    for _, agent in made:
        status, text, errors = muster(agent, "tags", "set", "big=" + "x" * 600)
        check_equal((status, text), (1, ""), f"too large tags at {agent}")
        check("exceeds limit of 512 bytes" in errors, f"what {agent} says of too large tags: {errors}")
    for cluster, agent in made:
        agent.tags = {"role": "other"}
        cluster.converge(20)

    # Events and queries.
    streams = [[agent.events("user:hello") for agent in cluster.agents] for cluster, _ in made]
    says_the_same(made, "event", "hello", "-", input="from outside", serf_says="the event hello is on its way\n")
    for heard in streams:
        for stream in heard:
            wait_until(lambda: told(stream, "user") == [("hello", b"from outside")], 15, "the event")
    says_the_same(made, "event", "large", "x" * 600, status=1)
    answered = says_the_same(made, "query", "shout", "now", "--timeout", "4s", "--filter-tag", "role=role-.")
    check_equal(sorted(re.findall(r"response from (\w): (\w+)", answered)), [("b", "NOW"), ("c", "NOW")], answered)
    says_the_same(made, "query", "shout", "--timeout", "4s", "--no-ack", "--filter-node", "c", "--relay-factor", "1")
    says_the_same(made, "query", "_serf_mine", status=1)

    # How far, and whether all are there.
    for _, agent in made:
        wait_until(lambda: muster(agent, "rtt", "b", "c")[0] == 0 and muster(agent, "rtt", "b")[0] == 0, 40,
                   f"coordinates of all at {agent}")
    says_the_same(made, "rtt", "b")
    says_the_same(made, "rtt", "nobody", status=1)
    says_the_same(made, "reachability")

    # Keys.
    says_the_same(made, "keys", "install", SECOND)
    says_the_same(made, "keys", "use", SECOND)
    says_the_same(made, "keys", "remove", SECOND, status=1)
    says_the_same(made, "keys", "remove", FIRST)
    for arguments in (["keys", "list"], ["keys", "status"]):
        said = [muster(agent, *arguments) for _, agent in made]
        check_equal([one[0] for one in said], [0, 0], f"status of {arguments}: {said}")

    # What it logs, as it is written.
    for _, agent in made:
        command = command_in(None, BINARIES["muster"], f"--rpc-addr={agent.ip}:7373", "monitor")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT) as monitor:
            os.set_blocking(monitor.stdout.fileno(), False)
            wait_until(lambda: monitor.stdout.read(), 15, f"a log line of {agent}")
            monitor.send_signal(signal.SIGTERM)      # of a job in the background SIGINT is ignored
            monitor.wait(10)

    # Coming and going.
    for cluster, agent in made:
        cluster.agents[1].kill()
        cluster.converge(60)
    says_the_same(made, "reachability", status=0)
    says_the_same(made, "force-leave", "b")
    for cluster, agent in made:
        cluster.agents[1].status = "left"
        cluster.converge(30)
    says_the_same(made, "force-leave", "--prune", "b")
    for cluster, agent in made:
        cluster.agents[1].status = "forgotten"
        cluster.converge(30)
    for cluster, agent in made:
        status, text, errors = muster(agent, "join", cluster.agents[2].ip, timeout=30)
        check_equal((status, errors), (0, ""), f"a join at {agent}: {text}")
        status, text, errors = muster(agent, "join", cluster.address(), timeout=30)
        check_equal(status, 1, f"a join of nobody at {agent}: {text}{errors}")
    says_the_same(made, "leave", timeout=30)
    for cluster, agent in made:
        check_equal(agent.wait_ended(20), 0, f"the exit status of {agent}")
        agent.status = "left"
        cluster.converge(30)
    says_the_same(made, "members", status=1)
    check("cannot connect" in muster(made[0][1], "members")[2] or "no agent" in muster(made[0][1], "members")[2],
          f"what is said when nobody is there: {muster(made[0][1], 'members')}")
