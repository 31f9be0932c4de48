"""Who votes, on real processes: spares, drains, lost majorities, clusters that meet, hosts that stall."""
import os
import signal
import time

from cases_leader import agreed, asked, command, leader_of, leads, term_of, voters_of
from harness.cases import Skipped, case
from harness.waiting import check, check_equal, holds_for, wait_until
from harness.world import World


def names_of(agent):
    """The voters as this agent knows them."""
    return sorted(v["name"] for v in (asked(agent, "voters", "list")[1] or {}).get("voters", []))


def wait_for_voters(agent, names, seconds=60):
    wait_until(lambda: names_of(agent) == sorted(names), seconds, lambda: f"{names} voting: {names_of(agent)}")


@case(budget=120, needs="root")
def a_leader_that_drains_hands_over_and_does_not_stand_until_it_ends(run):
    _, cluster, agents = voters_of(run, 3)
    first = leader_of(agents)
    term = term_of(first)
    check_equal(first.json("drain", "on")["draining"], True, "what drain on says")
    second = leader_of(agents, 10, but=[first])
    check(term_of(second) > term, "a greater term")
    # It does not stand, not even when the other is gone.
    second.kill()
    third = leader_of([a for a in agents if a is not second], 10)
    check(third is not first, f"{first} leads, and drains")
    holds_for(lambda: not leads(first), 3, f"{first} leads, and drains")
    first.json("drain", "off")
    second.start(third)
    cluster.converge()
    wait_until(lambda: asked(third, "leader", "transfer", first.name)[0] == 0, 20, "leadership handed back after the drain")
    agreed(agents, first, term_of(leader_of([first], 10)))


@case(budget=240, needs="root")
def a_voter_that_leaves_for_good_or_is_long_silent_gives_its_place_to_a_spare(run):
    world = run.closing(World(5))
    cluster = run.cluster()
    agents = [cluster.add("muster", host=host, data=True, profile="lan", config='[election]\nreplace_after = "15s"\n',
                          extra=["--voter", "--expect=3"]) for host in world.hosts]
    for agent in agents[:3]:
        agent.start(*(() if agent is agents[0] else (agents[0],)))
    leader = leader_of(agents[:3])
    wait_for_voters(leader, [a.name for a in agents[:3]])
    for agent in agents[3:]:        # they come too late: spares, ready when they have followed for 30 s
        agent.start(leader)
    cluster.converge()
    silent = next(a for a in agents[:3] if a is not leader)
    silent.kill()
    rest = [a for a in agents if a is not silent]
    wait_until(lambda: len(names_of(leader)) == 3 and silent.name not in names_of(leader), 90,
               lambda: f"a spare in the place of {silent}: {asked(leader, 'voters', 'list')}")
    # For good: the leader itself.
    voting = [a for a in rest if a.name in names_of(leader)]
    check_equal(leader.cli("leave", "--for-good", timeout=30).returncode, 0, "leave --for-good")
    leader.status = "left"
    leader.wait_ended(20)
    rest = [a for a in rest if a is not leader]
    second = leader_of(rest, 20)
    wait_until(lambda: sorted(names_of(second)) == sorted(a.name for a in rest), 60,
               lambda: f"the other spare in the place of {leader}, of {voting}: {asked(second, 'voters', 'list')}")


@case(budget=180, needs="root")
def a_majority_that_is_lost_for_good_is_recovered_by_command(run):
    _, cluster, agents = voters_of(run, 5)
    leader = leader_of(agents)
    term = term_of(leader)
    left = [a for a in agents if a is not leader][:2]
    gone = [a for a in agents if a not in left]
    refused = left[0].cli("voters", "recover", *(a.name for a in left), timeout=40)
    check_equal(refused.returncode, 1, f"a recovery while there is a leader: {refused.stdout}{refused.stderr}")
    for agent in gone:
        agent.kill()
    wait_until(lambda: all(asked(a, "leader")[0] == 4 for a in left), 30, "no leader")

    said = []

    def recovered():
        done = left[0].cli("voters", "recover", *(a.name for a in left), timeout=40)
        said.append(f"{time.time():.3f} {done.returncode} {done.stdout}{done.stderr}")
        return done.returncode == 0
    wait_until(recovered, 60, lambda: f"the recovery accepted, once what was promised is over: {[s for s in said if 'is heard' not in s]}")
    second = leader_of(left, 20)
    check(term_of(second) >= term + 2**20, f"term {term_of(second)} fences whatever the old set may still do in {term}")
    wait_for_voters(second, [a.name for a in left])
    # Two return with their old votes, which are of no set any more; then the third, which makes them a majority of the
    # old one: they may lead until they hear of the new one, in a far lower term.
    now = term_of(second)
    for agent in gone[:2]:
        agent.start(left[0])
    holds_for(lambda: leads(second) and term_of(second) == now and not any(leads(a) for a in gone if a.running), 10,
              "one of the old set leads")
    gone[2].start(left[0])
    agreed(agents, second, now)
    holds_for(lambda: [a for a in agents if leads(a)] == [second], 3, "another one leads beside the new leader")
    check_equal(asked(second, "leader", "check-token", str(term))[0], 4, "the token of the old set")


@case(budget=240, needs="root")
def two_clusters_that_meet_say_so_and_one_is_reset(run):
    world = run.closing(World(6))
    halves = world.hosts[:3], world.hosts[3:]
    world.cut(*halves)
    cluster = run.cluster()
    agents = [cluster.add("muster", host=host, data=True, profile="lan", extra=["--voter", "--expect=3"])
              for host in world.hosts]
    for half in (agents[:3], agents[3:]):
        for agent in half:
            agent.start(*(() if agent is half[0] else (half[0],)))
    ours, theirs = leader_of(agents[:3]), leader_of(agents[3:])
    world.heal()
    agents[0].rpc.join(agents[3].ip)
    cluster.converge()

    def seen(agent, leader):
        conflicts = (asked(agent, "leader")[1] or {}).get("conflict", [])
        return any(c["leader"] == leader.name for c in conflicts)
    wait_until(lambda: seen(ours, theirs) and seen(theirs, ours), 30,
               lambda: f"each leader telling of the other: {asked(ours, 'leader')}, {asked(theirs, 'leader')}")
    check(leads(ours) and leads(theirs), "each goes on leading its own: terms are never mixed")
    check(term_of(ours) and "another cluster of voters is seen" in ours.cli("leader").stdout, "the text says so")
    check("another cluster" in ours.log() or "two clusters" in ours.log().lower(), "so does the log")
    check("resign first" in theirs.cli("leader", "reset", "--force").stderr, "a leader is not reset")
    for agent in agents[3:]:
        if leads(agent):
            asked(agent, "leader", "resign", "--hold-off=60s")
        done = agent.cli("leader", "reset", "--force", timeout=40)
        check_equal(done.returncode, 0, f"leader reset on {agent}: {done.stdout}{done.stderr}")
    wait_until(lambda: all((asked(a, "leader")[1] or {}).get("leader") == ours.name for a in agents), 60,
               lambda: f"one leader: {[(a.name, asked(a, 'leader')) for a in agents]}")
    wait_until(lambda: "conflict" not in asked(ours, "leader")[1], 60, "no other cluster is seen any more")
    wait_for_voters(ours, [a.name for a in agents[:3]])


@case(budget=180, needs="root")
def stalls_of_half_a_second_do_not_move_the_leader(run):
    """At standard. A stalled leader keeps its lease or takes it again; nobody else stands meanwhile."""
    _, cluster, agents = voters_of(run, 3)
    leader = leader_of(agents)
    term = term_of(leader)
    for turn in range(12):
        victim = agents[turn % 3]
        victim.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        victim.send_signal(signal.SIGCONT)
        time.sleep(0.7)
        wait_until(lambda: leads(leader), 5, f"{leader} leading on after a stall of {victim}")
        check_equal(term_of(leader), term, f"the term after a stall of {victim}, turn {turn}")


@case(budget=120)
def a_command_is_in_a_cgroup_of_its_own_and_ends_with_it(run):
    cluster = run.cluster()
    agents = cluster.form(*["muster"] * 3, data=True, profile="lan", extra=["--voter", "--expect=3"])
    leader = leader_of(agents)
    log = f"{run.directory}/cgroup"
    script = f"cat /proc/self/cgroup > {log}.part; setsid sleep 1000 & echo $! > {log}.pid; mv {log}.part {log}; sleep 1000"
    guard = command(leader, "--", "sh", "-c", script)
    wait_until(lambda: os.path.exists(log), 20, "the command running")
    with open(log) as file:
        own = next((line[3:].strip() for line in file if line.startswith("0::")), "")
    if "muster-run-" not in own:
        guard.terminate()
        guard.wait(20)
        raise Skipped("no cgroup can be made here")
    check(own.endswith(f"/muster-run-{guard.pid}"), f"the command's cgroup {own} is the guard's own")
    with open(f"{log}.pid") as file:
        hidden = int(file.read())
    leader.kill()
    check_equal(guard.wait(20), 4, "the guard's status")
    check(not os.path.exists(f"/proc/{hidden}"), "nothing of the command is left")
    check(not any(own.rsplit("/", 1)[1] in folders for _, folders, _ in os.walk("/sys/fs/cgroup")), "the cgroup is gone")
