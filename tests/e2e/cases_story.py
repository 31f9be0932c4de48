"""Why a member is as it is, what is wrong with an agent, and when too few are there."""
import base64
import json
import os
import signal
import time

from harness.cases import case
from harness.waiting import check, check_equal, wait_until
from harness.world import World

KEYS = [base64.b64encode(byte * 32).decode() for byte in (b"1", b"2")]


def history(agent, *arguments) -> list:
    done = agent.cli("--format=json", "history", *arguments)
    check_equal(done.returncode, 0, f"the exit status of history: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def findings(agent) -> list:
    """What its doctor finds; its exit status says whether that is anything."""
    done = agent.cli("--format=json", "doctor")
    found = json.loads(done.stdout)["findings"]
    check_equal(done.returncode, 4 if found else 0, f"the exit status with {found}")
    return found


def is_well(agent) -> bool:
    return not findings(agent)


def finds(agent, words):
    return [each for each in findings(agent) if words in each["finding"]]


def turnouts(agent) -> list:
    return [(row["event"], row["alive"], row["known"]) for row in history(agent)
            if row["event"] in ("members-missing", "members-back")]


@case(budget=120)
def a_failure_is_explained_and_a_healthy_agent_has_no_findings(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster")
    names = {agent.name for agent in agents}
    wait_until(lambda: all(is_well(agent) for agent in agents), 60, "three agents without findings")
    alive = agents[0].json("explain", agents[2].name)
    check_equal(alive["status"], "alive", "before")
    check(any("answered a probe" in s for s in wait_until(
        lambda: [s for s in agents[0].json("explain", agents[2].name)["sentences"] if "directly by UDP" in s], 20,
        "a probe that was answered")), "how it answered")
    agents[2].kill()
    cluster.converge()
    victim = agents[2].name
    story = wait_until(lambda: [s for s in [agents[0].json("explain", victim)] if len(s["evidence"]) >= 2], 20,
                       "the rows of the failure")[0]
    check_equal((story["member"], story["status"]), (victim, "failed"), "what is explained")
    check_equal([row["to"] for row in story["evidence"]][-1], "failed", "the last row")
    accusers = {row["cause"].get("by") for row in story["evidence"]} & names
    check(accusers and accusers <= names - {victim}, f"somebody accused it: {story['evidence']}")
    text = "\n".join(story["sentences"])
    check(any(name in text for name in accusers), f"the accuser is named: {text}")
    check(f"{victim} at {agents[2].ip}:7946 is failed since" in text, f"that it failed: {text}")
    check("force-leave" in text, f"what to do: {text}")
    check("is failed since" in agents[0].cli("explain", victim).stdout, "the same for people")
    unknown = agents[0].cli("explain", "nobody")
    check_equal(unknown.returncode, 1, "a name that nobody has")
    check("nobody" in unknown.stderr, unknown.stderr)


@case(budget=150)
def more_than_half_of_the_members_missing_is_said_and_taken_back(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    one = agents[0]
    check_equal(turnouts(one), [], "while all are there")
    for agent in agents[1:]:
        agent.kill()
    cluster.converge()
    rows = wait_until(lambda: turnouts(one), 40, "that two of three are missed")
    check_equal(rows, [("members-missing", 1, 3)], "what the history has")
    warnings = one.json("info")["warnings"]
    check(any(w.startswith("1 of 3 known members reachable since ") for w in warnings), f"a warning: {warnings}")
    wait_until(lambda: finds(one, "fewer than half"), 10, "a finding")
    check_equal(one.cli("doctor").returncode, 4, "the exit status")
    check("1 of 3 known members alive" in one.cli("history").stdout, "the same for people")
    # It remembers them, and misses them again after a restart: but not at once.
    one.kill()
    one.start()
    check_equal(turnouts(one)[1:], [], "just after its start")
    wait_until(lambda: len(turnouts(one)) == 2, 40, "that they are missed again")
    for agent in agents[1:]:
        agent.start(one)
    cluster.converge()
    wait_until(lambda: turnouts(one)[-1][0] == "members-back", 40, "that they are back")
    check(not finds(one, "fewer than half"), "nothing is found of it then")


@case(budget=60)
def a_lone_agent_misses_nobody(run):
    agent = run.cluster().add("muster").start()
    wait_until(lambda: float(agent.json("info")["agent"]["uptime"].rstrip("s")) > 13, 30, "the settling time")
    check_equal(turnouts(agent), [], "nobody is missed")


@case(budget=90)
def a_peer_with_another_key_is_found(run):
    cluster = run.cluster()
    agents = []
    for key in KEYS:
        agent = cluster.add("muster")
        ring = os.path.join(cluster.directory, f"{agent.name}.keyring")
        with open(os.open(ring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(f'["{key}"]')
        agent.extra.append(f"--keyring={ring}")
        agents.append(agent)
    agents[0].start()
    check_equal(finds(agents[0], "decrypted"), [], "before")
    agents[1].start(agents[0])
    found = wait_until(lambda: finds(agents[0], "cannot be decrypted"), 30, "packets that no key opens")
    check(agents[1].ip in found[0]["finding"], f"whose they are: {found}")
    check("keys" in found[0]["remedy"], f"what to do: {found}")


@case(budget=120)
def what_moved_in_the_ring_since_then(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster")
    before = wait_until(lambda: [row for row in history(agents[0]) if row.get("to") == "alive"][1:], 10, "two joins")[-1]["seq"]
    third = cluster.add("muster").start(agents[0])
    cluster.converge()
    done = wait_until(lambda: [d for d in [agents[0].json("ring", "diff", f"--at={before}")] if d["moved"] > 0], 30, "keys that moved")
    check_equal({move["to"] for move in done[0]["moves"]}, {third.name}, "to whom")
    check_equal(done[0]["fingerprint_after"], agents[0].json("ring", "show")["fingerprint"], "the ring of now")
    check_equal(agents[0].cli("ring", "diff", "--at=99999").returncode, 1, "a change that is not yet there")


@case(budget=120, needs="root")
def a_blocked_udp_port_is_found_and_told_of_each_member(run):
    world = run.closing(World(3))
    world.hosts[0].run("nft", "add", "rule", "inet", "faults", "arriving", "iifname", "eth0", "meta", "l4proto", "udp", "drop")
    cluster = run.cluster()
    agents = [cluster.add("muster", host=host) for host in world.hosts]
    for agent in agents:
        agent.start(*([] if agent is agents[0] else [agents[0]]))
    cluster.converge()
    found = wait_until(lambda: [f for f in finds(agents[0], "UDP does not come through") if "2 of 2" in f["evidence"]], 30,
                       "the finding")
    check("7946" in found[0]["remedy"], f"what to do: {found}")
    text = "\n".join(agents[0].json("explain", agents[1].name)["sentences"])
    check("by TCP, as UDP brought no answer in time" in text and "UDP port 7946" in text, f"the way to one of them: {text}")
    for other in agents[1:]:
        check_equal(finds(other, "UDP"), [], "what is found where UDP works")


@case(budget=60)
def an_agent_that_was_stopped_finds_that_of_itself(run):
    agent = run.cluster().add("muster").start()
    check_equal(finds(agent, "does not run when it should"), [], "before")
    agent.send_signal(signal.SIGSTOP)
    time.sleep(2.5)        # so long it stands still
    agent.send_signal(signal.SIGCONT)
    found = wait_until(lambda: finds(agent, "does not run when it should"), 10, "the finding")
    check("s" in found[0]["evidence"] and "late" in found[0]["evidence"], f"how it is seen: {found}")
