"""Each command of Debian's `serf`, pointed at a musterd, says what it says of a serf in the same place.

The same cluster is made twice, once with a serf and once with a musterd as the agent "a" that is asked; the others are
one serf and one musterd. What cannot be the same (times, round trips) is masked.
"""
import base64
import os
import re
import signal
import subprocess

from cases_events import Answering
from harness.agents import BINARIES, ENVIRONMENT, command_in, run_in
from harness.cases import case
from harness.waiting import check, check_equal, wait_until


def serf(agent, command, *arguments, **options):
    """(exit status, the lines that it printed, sorted: serf prints most things in no order of its own)."""
    done = run_in(None, BINARIES["serf"], command, f"-rpc-addr={agent.ip}:7373", *arguments, **options)
    return done.returncode, sorted(done.stdout.splitlines())


def masked(said):
    """Without the figures that differ from run to run."""
    status, lines = said
    return status, sorted(re.sub(r"\d+\.\d+(?= (ms|sec))", "N", line) for line in lines)


def in_both_places(run, others=("serf", "muster"), **options):
    """The agent "a" of each kind, in a cluster with `others`, named "b" and so on: [serf, muster].

    In the LAN profile, which sends four copies of a query; of the local profile's two, all may go to the same member.
    """
    asked = []
    for kind in ("serf", "muster"):
        cluster = run.cluster()
        for name, each in zip("abcdef", (kind, *others)):
            cluster.add(each, name=name, profile="lan", **options)
        for agent in cluster.agents:
            agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
        cluster.converge()
        asked.append((cluster, cluster.agents[0]))
    return asked


def says_the_same(places, *arguments, mask=masked):
    said = [mask(serf(agent, *arguments)) for _, agent in places]
    check_equal(said[1], said[0], f"serf {' '.join(arguments)}, asked of a musterd")
    return said[0]


@case(budget=120, provoking=[r"agent: failed to (send user event|start user query)"])
def serf_event_and_query_print_the_same(run):
    places = in_both_places(run)
    for cluster, _ in places:
        for agent in cluster.agents:
            run.closing(Answering(agent, lambda name, payload: payload + b" to you\n", "query:hail"))
    says_the_same(places, "event", "deploy", "now")
    says_the_same(places, "event", "-coalesce=false", "deploy")
    says_the_same(places, "event", "large", "x" * 600)
    says_the_same(places, "query", "-timeout=3s", "hail", "hello")
    says_the_same(places, "query", "-timeout=3s", "-no-ack", "-node=b", "-node=c", "hail", "hello")
    says_the_same(places, "query", "-timeout=3s", "-relay-factor=2", "-tag", "none=x", "hail")
    says_the_same(places, "query", "-timeout=3s", "-format=json", "-node=a", "hail", "hello")
    says_the_same(places, "query", "large", "x" * 1100)
    says_the_same(places, "query", "_serf_mine")


@case(budget=60)
def serf_tags_changes_tags_and_prints_the_same(run):
    places = in_both_places(run)
    for arguments, tags in ((["-set", "role=web", "-set", "zone=a"], {"role": "web", "zone": "a"}),
                            (["-delete", "zone", "-set", "role=db"], {"role": "db"}),
                            (["-set", f"big={'x' * 600}"], {"role": "db"}),
                            (["-delete", "role"], {})):
        says_the_same(places, "tags", *arguments)
        for cluster, agent in places:
            agent.tags = tags
            cluster.converge(15)


@case(budget=90)
def serf_reachability_and_rtt_print_the_same(run):
    places = in_both_places(run)
    says_the_same(places, "reachability")
    status, lines = says_the_same(places, "reachability", "-verbose")
    check_equal((status, [line for line in lines if "Ack" in line]), (0, [f"\tAck from '{n}'" for n in "abc"]), "its acks")
    for cluster, agent in places:       # a coordinate is known of whom the agent itself has probed
        wait_until(lambda: serf(agent, "rtt", "b", "c")[0] == 0 and serf(agent, "rtt", "b")[0] == 0, 30,
                   f"coordinates of all at {agent}")
    says_the_same(places, "rtt", "b")
    says_the_same(places, "rtt", "b", "c")
    says_the_same(places, "rtt", "nobody")
    places[0][0].agents[1].kill(), places[1][0].agents[1].kill()
    for cluster, _ in places:
        cluster.converge()
    says_the_same(places, "reachability")


@case(budget=60, provoking=[r"serf: (Keyring is empty|No keyring to modify)"])
def serf_keys_prints_the_same_without_encryption(run):
    places = in_both_places(run)
    key = base64.b64encode(b"k" * 16).decode()
    for arguments in (["-list"], [f"-install={key}"], [f"-use={key}"], [f"-remove={key}"], ["-install=bad"]):
        says_the_same(places, "keys", *arguments)
    # A serf sends it round, and every member refuses it; a musterd refuses it where it is given.
    status, lines = serf(places[1][1], "keys", "-install=" + base64.b64encode(b"short").decode())
    check_equal((status, lines[-1]), (1, "Error installing key: key size must be 16, 24 or 32 bytes"), "a short key")


@case(budget=150, provoking=[r"serf: Failed to (change primary|remove) key"])
def serf_keys_rotates_a_key_and_prints_the_same(run):
    first, second, third = (base64.b64encode(bytes([n]) * 16).decode() for n in (1, 2, 3))
    places = []
    for kind in ("serf", "muster"):
        cluster = run.cluster()
        for name, each in zip("abc", (kind, "serf", "muster")):
            ring = os.path.join(cluster.directory, f"{name}.keyring")
            with open(os.open(ring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(f'["{first}"]')
            option = f"--keyring={ring}" if each == "muster" else f"-keyring-file={ring}"
            cluster.add(each, name=name, extra=[option])
        for agent in cluster.agents:
            agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
        cluster.converge()
        places.append((cluster, cluster.agents[0]))
    for arguments in (["-list"], [f"-install={second}"], ["-list"], [f"-use={third}"], [f"-use={second}"],
                      [f"-remove={second}"], [f"-remove={first}"], [f"-remove={third}"], ["-list"]):
        says_the_same(places, "keys", *arguments)
    for cluster, _ in places:
        cluster.converge()
        for agent in cluster.agents:
            with open(os.path.join(cluster.directory, f"{agent.name}.keyring")) as file:
                check_equal(file.read(), f'[\n  "{second}"\n]', f"the keyring file of {agent}")


@case(budget=60)
def serf_monitor_shows_logs_and_events(run):
    for cluster, agent in in_both_places(run, others=("serf",)):
        with subprocess.Popen(command_in(None, BINARIES["serf"], "monitor", f"-rpc-addr={agent.ip}:7373", "-log-level=debug"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT) as monitor:
            os.set_blocking(monitor.stdout.fileno(), False)
            seen = [""]

            def shows(text):
                seen[0] += (monitor.stdout.read() or b"").decode(errors="replace")
                return text in seen[0]

            wait_until(lambda: "[INFO]" in seen[0] or shows("[INFO]"), 15, lambda: f"a log line of {agent}: {seen[0]}")
            agent.rpc.ask("event", {"Name": "seen", "Payload": b"by all", "Coalesce": False})
            wait_until(lambda: shows("Name: \"seen\"") or shows("seen"), 15, lambda: f"the event on {agent}: {seen[0]}")
            wait_until(lambda: shows("Event Info:"), 15, lambda: f"the event's record on {agent}: {seen[0]}")
            monitor.send_signal(signal.SIGINT)
            check_equal(monitor.wait(10), 0, f"the exit status of serf monitor against {agent}")
        check("seen" in seen[0], f"the event is shown: {seen[0]}")


@case(budget=60)
def serf_commands_with_a_token_work_against_a_musterd(run):
    cluster = run.cluster()
    serf_agent = cluster.add("serf").start()
    agent = cluster.add("muster", config='rpc_auth = "open sesame"\n')
    agent.start(serf_agent, wait=False)
    wait_until(lambda: serf(agent, "members", "-rpc-auth=open sesame")[0] == 0, 15, f"an answer of {agent}")
    check_equal(serf(agent, "members")[0], 1, "without the token")
    check_equal(serf(agent, "members", "-rpc-auth=open sesam")[0], 1, "with a part of it")
    check_equal(serf(agent, "event", "-rpc-auth=open sesame", "e")[0], 0, "an event with it")
    check_equal(serf(agent, "event", "e")[0], 1, "an event without it")
    check_equal(serf(agent, "leave", "-rpc-auth=open sesame")[0], 0, "a leave with it")
    check_equal(agent.wait_ended(15), 0, "its end")
