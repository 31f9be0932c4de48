"""An elected leader, on hosts whose agents are killed and stopped and whose links are cut; and what runs in its name."""
import json
import os
import signal
import subprocess
import time

from harness.agents import BINARIES, ENVIRONMENT, command_in, run_in
from harness.cases import case
from harness.waiting import check, check_equal, holds_for, wait_until
from harness.world import World


def voters_of(run, count, *, others=0, extra=()):
    """A cluster of voters, each on a host of its own, and beside them agents that do not vote."""
    world = run.closing(World(count + others))
    cluster = run.cluster()
    made = []
    for i, host in enumerate(world.hosts):
        flags = [*extra, *(("--voter", f"--expect={count}") if i < count else ())]
        made.append(cluster.add("muster", host=host, data=True, profile="lan", extra=flags))
    for agent in made:
        agent.start(*(() if agent is made[0] else (made[0],)))
    cluster.converge()
    return world, cluster, made


def asked(agent, *arguments, timeout=20):
    """What `muster ARGUMENTS` says: (exit status, JSON or None)."""
    done = agent.cli("--format=json", *arguments, timeout=timeout)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else None


def leads(agent) -> bool:
    return agent.running and asked(agent, "leader", "--am-i")[0] == 0


def leader_of(agents, seconds=30, but=()):
    """The one of them that leads."""
    found = wait_until(lambda: [a for a in agents if a not in but and leads(a)], seconds, "a leader")
    return found[0]


def term_of(agent) -> int:
    return asked(agent, "leader")[1]["term"]


def host_of(world, agent):
    return next(host for host in world.hosts if host.namespace == agent.namespace)


def agreed(agents, leader, term):
    """All of them name this leader and term."""
    def all_say_so():
        for agent in agents:
            status, view = asked(agent, "leader")
            if status != 0 or view["leader"] != leader.name or view["term"] != term:
                return False
        return True
    wait_until(all_say_so, 20, lambda: f"{leader} in term {term} everywhere: {[asked(a, 'leader') for a in agents]}")


@case(budget=120, needs="root")
def three_voters_elect_one_leader_and_everybody_names_it(run):
    _, cluster, agents = voters_of(run, 3, others=1)
    leader = leader_of(agents)
    view = asked(leader, "leader")[1]
    check(view["fenced"] and view["mode"] == "quorum" and view["self"], f"a fenced leader: {view}")
    check_equal((view["needed"], len(view["voters"]), view["addr"]), (2, 3, f"{leader.ip}:7946"), "how it leads")
    agreed(agents, leader, view["term"])
    for agent in agents:
        check_equal(asked(agent, "leader", "check-token", str(view["term"])), (0, {"newest": True, "term": view["term"]}),
                    f"what {agent} says of the token")
        check_equal(asked(agent, "leader", "--am-i")[0], 0 if agent is leader else 4, f"whether {agent} leads")
    # Its leader resigns: another term, and the old token is old everywhere.
    status, given = asked(leader, "leader", "resign")
    check_equal((status, given), (0, {"term": view["term"]}), "the resignation")
    second = leader_of(agents, but=[leader])
    agreed(agents, second, term_of(second))
    check_equal([asked(a, "leader", "check-token", str(view["term"]))[0] for a in agents], [4] * 4, "the old token")
    check_equal(asked(leader, "leader", "resign")[0], 4, "a resignation of who does not lead")


@case(budget=120, needs="root")
def a_leader_that_is_killed_is_followed_and_does_not_disturb_when_it_returns(run):
    _, cluster, agents = voters_of(run, 3)
    first = leader_of(agents)
    term = term_of(first)
    first.kill()
    second = leader_of(agents, 10)
    check(term_of(second) > term, "a greater term")
    first.start(second)
    cluster.converge()
    now = term_of(second)
    holds_for(lambda: leads(second) and term_of(second) == now, 5, "the leader changed when the old one returned")


@case(budget=120, needs="root")
def a_leader_stopped_for_longer_than_its_lease_does_not_lead_when_it_goes_on(run):
    _, cluster, agents = voters_of(run, 3)
    first = leader_of(agents)
    first.send_signal(signal.SIGSTOP)
    second = leader_of([a for a in agents if a is not first], 10)
    first.send_signal(signal.SIGCONT)
    check_equal(asked(first, "leader", "--am-i")[0], 4, "whether it leads, at its first answer")
    wait_until(lambda: asked(first, "leader")[1]["leader"] == second.name, 10, "the new leader named by the old one")


@case(budget=120, needs="root")
def a_leader_cut_off_from_the_majority_gives_way_and_follows_when_the_cut_heals(run):
    world, cluster, agents = voters_of(run, 3)
    first = leader_of(agents)
    rest = [a for a in agents if a is not first]
    world.cut([host_of(world, first)], [host_of(world, a) for a in rest])
    second = leader_of(rest, 10)
    wait_until(lambda: asked(first, "leader")[1].get("reason") == "1 of 3 voters reachable", 10,
               lambda: f"the lone one counting itself alone: {asked(first, 'leader')}")
    check_equal(asked(first, "leader")[0], 4, "its status")
    check_equal(asked(first, "leader", "check-token", "1")[0] in (3, 4), True, "nobody calls an old token the newest")
    world.heal()
    agreed(agents, second, term_of(second))


@case(budget=120, needs="root")
def a_leader_that_hears_nobody_or_is_heard_by_nobody_gives_way(run):
    world, cluster, agents = voters_of(run, 3)
    for away in (False, True):
        first = leader_of(agents)
        rest = [a for a in agents if a is not first]
        for other in rest:
            ends = [host_of(world, first)], [host_of(world, other)]
            world.cut_one_way(*(ends if away else reversed(ends)))
        second = leader_of(rest, 10)
        check(not leads(first), "two lead")
        world.heal()
        agreed(agents, second, term_of(second))


@case(budget=150, needs="root")
def five_voters_lead_on_with_two_dead_and_not_with_three(run):
    _, cluster, agents = voters_of(run, 5)
    leader = leader_of(agents)
    rest = [a for a in agents if a is not leader]
    for dead in rest[:2]:
        dead.kill()
    holds_for(lambda: leads(leader), 3, "the leader gave way with two of five dead")
    leader.kill()
    survivors = rest[2:]
    wait_until(lambda: all(asked(a, "leader")[0] == 4 for a in survivors), 10, "no leader of two of five")
    for a in survivors:
        wait_until(lambda: asked(a, "leader")[1].get("reason") == "2 of 5 voters reachable", 10,
                   lambda: f"{a} counting two of five: {asked(a, 'leader')}")
    rest[0].start(survivors[0])
    leader_of([*survivors, rest[0]], 20)


@case(budget=150, needs="root")
def all_voters_killed_and_restarted_elect_again_in_the_same_cluster(run):
    _, cluster, agents = voters_of(run, 3)
    first = leader_of(agents)
    before = asked(first, "leader")[1]
    for agent in agents:
        agent.kill()
    for agent in agents:
        agent.start(*(() if agent is agents[0] else (agents[0],)))
    after = asked(leader_of(agents), "leader")[1]
    check_equal(after["cluster_id"], before["cluster_id"], "the cluster")
    check(after["term"] > before["term"], f"terms go on: {before['term']}, then {after['term']}")


@case(budget=120, needs="root")
def a_voter_whose_disk_is_replaced_is_another_one_and_takes_its_place(run):
    _, cluster, agents = voters_of(run, 3)
    leader = leader_of(agents)
    wiped = next(a for a in agents if a is not leader)
    old = {v["name"]: v["id"] for v in asked(leader, "voters", "list")[1]["voters"]}[wiped.name]
    wiped.kill()
    os.remove(f"{wiped.directory}/{wiped.name}.data/election.state")
    wiped.start(leader)
    def replaced():
        voters = {v["name"]: v["id"] for v in asked(leader, "voters", "list")[1]["voters"]}
        return len(voters) == 3 and voters[wiped.name] not in (None, old)
    wait_until(replaced, 30, lambda: f"the new id of {wiped} in the set: {asked(leader, 'voters', 'list')}")


@case(budget=60)
def a_voter_without_a_place_to_keep_its_votes_is_refused(run):
    address = run.cluster().address()
    done = run_in(None, BINARIES["musterd"], "--node=n", f"--bind={address}", f"--api={run.directory}/n.sock", "--ephemeral",
                  "--voter")
    check(done.returncode == 2 and "would forget its votes" in done.stderr, f"--voter with --ephemeral: {done}")


@case(budget=60)
def without_voters_the_view_names_a_leader_that_nothing_fences(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster")
    lowest = min(agents, key=lambda a: a.name)
    for agent in agents:
        status, view = asked(agent, "leader")
        check_equal((status, view["leader"], view["mode"], view["fenced"], view["term"]),
                    (0, lowest.name, "view", False, None), f"what {agent} says")
    check_equal(asked(lowest, "leader", "--am-i")[0], 1, "a leader that nothing fences is refused")
    check_equal(asked(lowest, "leader", "--am-i", "--unfenced")[0], 0, "unless it is asked for")
    check_equal(asked(lowest, "run", "--as-leader", "--no-wait", "--", "true")[0], 1, "so is a command under it")


# ---- commands ----

def command(agent, *arguments, **options):
    """A `muster run --as-leader` beside the agent, in its namespace."""
    return subprocess.Popen(command_in(agent.namespace, BINARIES["muster"], f"--api={agent.socket}", "run", "--as-leader",
                                       *arguments),
                            env=ENVIRONMENT, start_new_session=True, stdin=subprocess.DEVNULL, **options)


@case(budget=120, needs="root")
def a_command_runs_on_the_leader_alone_and_moves_with_its_end(run):
    _, cluster, agents = voters_of(run, 3)
    leader = leader_of(agents)
    log = f"{run.directory}/ran"
    script = f'echo "$0 $MUSTER_TERM" >> {log}; exit 7'
    runs = {a: command(a, "--hold-off", "60s", "--", "sh", "-c", script, a.name) for a in agents}
    # The first to run is the leader's; it ends, leadership goes on, and so do the others.
    for process in runs.values():
        check_equal(process.wait(30), 7, "the exit status of the command")
    with open(log) as file:
        lines = [line.split() for line in file]
    check_equal(lines[0][0], leader.name, "who ran first")
    check_equal({name for name, _ in lines}, {a.name for a in agents}, "who ran")
    terms = [int(term) for _, term in lines]
    check_equal(terms, sorted(set(terms)), "each in a term of its own, rising")


@case(budget=120, needs="root")
def a_command_for_cron_runs_on_the_leader_and_once(run):
    _, cluster, agents = voters_of(run, 3)
    leader = leader_of(agents)
    log = f"{run.directory}/ran"
    script = f"echo $MUSTER_TERM >> {log}"
    statuses = {a: command(a, "--no-wait", "--once", "nightly", "--", "sh", "-c", script).wait(30) for a in agents}
    check_equal(sorted(statuses.values()), [0, 4, 4], f"the statuses by host: {statuses}")
    check_equal(statuses[leader], 0, "the leader's")
    check(leads(leader), "leadership stays when the command ends")
    again = [command(leader, "--no-wait", "--once", "nightly", "--", "sh", "-c", script).wait(30) for _ in range(2)]
    check_equal(again, [4, 4], "the same key again")
    asked(leader, "leader", "resign")
    other = leader_of(agents, but=[leader])
    check_equal(command(other, "--no-wait", "--once", "nightly", "--", "sh", "-c", script).wait(30), 4, "and elsewhere")
    with open(log) as file:
        check_equal(len(file.readlines()), 1, "how often it ran")


STUBBORN = "trap '' TERM; setsid sh -c \"trap '' TERM; while :; do sleep 0.1; done\" & while :; do date +%s%N >> {log}; sleep 0.01; done"


def others_with(word, guard):
    """The processes with `word` in their command line, but for the guard."""
    found = subprocess.run(["pgrep", "-f", word], capture_output=True, text=True).stdout.split()
    return [pid for pid in found if int(pid) != guard]


@case(budget=180, needs="root")
def a_command_is_gone_before_its_lease_whatever_becomes_of_agent_and_guard(run):
    _, cluster, agents = voters_of(run, 3)
    for what in ("agent killed", "agent stopped", "guard stopped"):
        leader = leader_of(agents)
        log = f"{run.directory}/{what.replace(' ', '-')}"
        guard = command(leader, "--", "sh", "-c", STUBBORN.format(log=log))
        wait_until(lambda: os.path.exists(log), 10, "the command running")
        if what == "agent killed":
            leader.kill()
        elif what == "agent stopped":
            leader.send_signal(signal.SIGSTOP)
        else:
            os.kill(guard.pid, signal.SIGSTOP)
            leader.kill()
        rest = [a for a in agents if a is not leader]
        second = leader_of(rest, 10)
        began = time.time_ns()
        with open(log) as file:
            last = int(file.readlines()[-1])
        check(last < began, f"{what}: the command wrote after another host led")
        # It is dead, and not merely silent.
        wait_until(lambda: not others_with(log, guard.pid), 5, f"{what}: nothing left of the command")
        os.kill(guard.pid, signal.SIGCONT)
        check_equal(guard.wait(10), 4, f"{what}: the guard's status")
        if leader.running:
            leader.send_signal(signal.SIGCONT)
        else:
            leader.start(second)
        cluster.converge()


WRITER = """
import os, sys, time
resource, name, term = sys.argv[1], sys.argv[2], int(os.environ["MUSTER_TERM"])
while True:
    with open(resource, "a") as file:
        file.write(f"{time.clock_gettime_ns(time.CLOCK_BOOTTIME)} {term} {name}\\n")
    time.sleep(0.002)
"""


@case(budget=400, long_budget=3000, needs="root")
def a_fenced_resource_never_sees_two_holders_at_once(run):
    """Over many failovers: by kill, stop, cut and transfer. 20; 200 under --long."""
    world, cluster, agents = voters_of(run, 3)
    resource, writer = f"{run.directory}/resource", f"{run.directory}/writer.py"
    with open(writer, "w") as file:
        file.write(WRITER)
    guards = {}
    def keep_running():
        for a in agents:
            if a.running and (a not in guards or guards[a].poll() is not None):
                guards[a] = command(a, "--hold-off", "1s", "--", "python3", writer, resource, a.name,
                                    stderr=subprocess.DEVNULL)
    failovers = 200 if run.long else 20
    for turn in range(failovers):
        keep_running()
        leader = leader_of(agents, 30)
        wait_until(lambda: os.path.exists(resource) and writes_of(resource, leader.name, term_of(leader)), 30,
                   f"a write by {leader}; guards: {[(a.name, g.poll()) for a, g in guards.items()]}")
        how = ("kill", "stop", "cut", "transfer")[turn % 4]
        rest = [a for a in agents if a is not leader]
        if how == "kill":
            leader.kill()
        elif how == "stop":
            leader.send_signal(signal.SIGSTOP)
        elif how == "cut":
            world.cut([host_of(world, leader)], [host_of(world, a) for a in rest])
        else:
            asked(leader, "leader", "transfer", rest[turn % 2].name)
        leader_of(rest, 30)
        if how == "kill":
            leader.start(rest[0])
        elif how == "stop":
            leader.send_signal(signal.SIGCONT)
        world.heal()
        wait_until(lambda: all(asked(a, "leader")[0] == 0 for a in agents), 30, "all following")
    for guard in guards.values():
        guard.terminate()
    for guard in guards.values():
        guard.wait(20)
    check_tenures(resource, failovers)


def writes_of(resource, name, term):
    with open(resource) as file:
        return any(line.split()[1:] == [str(term), name] for line in file)


def check_tenures(resource, failovers):
    """By time, not by place in the file: each (term, name) acts in one stretch, and terms rise."""
    with open(resource) as file:
        writes = sorted((int(t), int(term), name) for t, term, name in (line.split() for line in file))
    tenures = []
    for moment, term, name in writes:
        if not tenures or tenures[-1][:2] != (term, name):
            tenures.append((term, name, moment))
    check(len(tenures) >= failovers, f"{len(tenures)} tenures wrote, in {failovers} failovers")
    terms = [term for term, _, _ in tenures]
    check_equal(terms, sorted(set(terms)), "tenures in the order of their terms, none of them twice: no overlap")
    print(f"    {len(writes)} writes of {len(tenures)} tenures")
