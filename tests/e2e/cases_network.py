"""Clusters on hosts of their own, whose links fail: partitions, loss, one-way loss, pauses, addresses that change."""
import signal
import time

from harness.agents import PORT
from harness.capture import Capture
from harness.cases import case
from harness.complaints import failures_reported
from harness.peer import observe
from harness.waiting import check, check_equal, holds_for, wait_until
from harness.wire import DEAD, SUSPECT
from harness.world import World

# Where links fail, a serf says so in its log.
FAULTS = [r"\[(ERR|WARN)\] memberlist: "]

# Timing in which a partition outlasts everything that the reference keeps for the dead, within a test's time.
QUICK = """
[swim]
probe_interval = "500ms"
probe_timeout = "200ms"
suspicion_max_timeout_mult = 2
gossip_to_the_dead_time = "2s"
push_pull_interval = "5s"
[cluster]
retry_first = "500ms"
retry_max = "2s"
"""


def cluster_of(run, *kinds, **options):
    """A cluster, each of its agents on a host of a new world."""
    world = run.closing(World(len(kinds)))
    cluster = run.cluster()
    return world, cluster, cluster.form(*kinds, hosts=world.hosts, **options)


def nobody_fails_for(cluster, streams, seconds, what):
    def failures():
        told = [(agent.name, r["Members"][0]["Name"]) for agent, stream in zip(cluster.agents, streams)
                for _, r in stream.records if r["Event"] == "member-failed"]
        logged = [(a.name, name) for a in cluster.of("serf") for _, name in failures_reported(a.log())]
        return told + logged

    holds_for(lambda: not failures(), seconds, lambda: f"{what}: failures, as (who said it, about whom): {failures()}")
    cluster.converge()


@case(budget=120, needs="root")
def a_partition_longer_than_the_dead_are_remembered_heals_by_itself(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 6, config=QUICK)
    sides = agents[:3], agents[3:]
    world.cut(world.hosts[:3], world.hosts[3:])
    for side, other in (sides, reversed(sides)):
        failed = {a.name: (a.ip, PORT, "failed", {}) for a in other}
        cluster.converge(on=side, expected=cluster.expected() | failed)
        # On the wire they are forgotten: nobody gossips to them, and nobody would push them.
        wait_until(lambda: all(set(observe(a)) == {b.name for b in side} for a in side), 30,
                   f"the other side forgotten on the wire by {side}")
    world.heal()
    cluster.converge(deadline=60)


@case(budget=120, needs="root", provoking=FAULTS)
def a_partition_between_serfs_and_musterds_heals_by_itself(run):
    world, cluster, agents = cluster_of(run, "serf", "serf", "muster", "muster")
    serfs, musters = agents[:2], agents[2:]
    world.cut(world.hosts[:2], world.hosts[2:])
    for side, other in ((serfs, musters), (musters, serfs)):
        failed = {a.name: (a.ip, PORT, "failed", {}) for a in other}
        cluster.converge(on=side, expected=cluster.expected() | failed)
    world.heal()
    cluster.converge(deadline=60)


@case(budget=100, long_budget=400, needs="root")
def with_thirty_percent_loss_nobody_fails_falsely(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 5, profile="lan")
    streams = [agent.events("member-failed") for agent in agents]
    world.lose(30)
    nobody_fails_for(cluster, streams, 300 if run.long else 60, "with 30% of all packets lost")
    suspicions = sum(agent.log().count(" is suspected: ") for agent in agents)
    check(suspicions, "the loss has hurt nobody: was there any?")
    print(f"    suspicions meanwhile, all of them refuted: {suspicions}")


@case(budget=90, needs="root", provoking=FAULTS)
def a_link_that_is_dead_in_one_direction_makes_nobody_fail(run):
    world, cluster, agents = cluster_of(run, "muster", "muster", "serf", "muster", profile="lan")
    streams = [agent.events("member-failed") for agent in agents]
    world.cut_one_way(world.hosts[:1], world.hosts[1:2])
    world.cut_one_way(world.hosts[2:3], world.hosts[3:4])
    nobody_fails_for(cluster, streams, 45, "with two links dead in one direction")


@case(budget=60, needs="root")
def an_agent_paused_for_a_moment_accuses_nobody_and_does_not_fail(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 4, profile="lan")
    capture = run.closing(Capture("10.77.0", "br0", world.switch.namespace))
    streams = [agent.events("member-failed") for agent in agents]
    paused = agents[-1]
    for _ in range(2):
        paused.send_signal(signal.SIGSTOP)
        time.sleep(3)                                   # the length of the pause is what is tried
        paused.send_signal(signal.SIGCONT)
        nobody_fails_for(cluster, streams, 6, "after a pause of 3 s")
    check_equal(accusations(capture, paused), [], f"what {paused} said of others after its pauses")


def accusations(capture, agent):
    return [(fields["From"], fields["Node"]) for datagram in capture.datagrams if datagram.source == agent.ip
            for kind, fields, _ in datagram.messages
            if kind in (SUSPECT, DEAD) and fields["From"] == agent.name.encode()]


@case(budget=90, needs="root")
def an_agent_paused_until_it_is_failed_comes_back_and_accuses_nobody(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 4, config=QUICK)
    capture = run.closing(Capture("10.77.0", "br0", world.switch.namespace))
    paused = agents[-1]
    paused.send_signal(signal.SIGSTOP)
    gone = cluster.expected() | {paused.name: (paused.ip, PORT, "failed", {})}
    cluster.converge(on=agents[:-1], expected=gone)
    paused.send_signal(signal.SIGCONT)
    cluster.converge(deadline=30)
    check_equal(accusations(capture, paused), [], f"what {paused} said of others after its pause")


@case(budget=90, needs="root")
def a_serf_and_a_musterd_bound_to_the_wildcard_announce_the_same_form(run):
    world, cluster, agents = cluster_of(run, "serf", "muster", "muster", bind="0.0.0.0")
    for agent in agents:
        for name, state in observe(agent).items():
            about = next(a for a in agents if a.name == name)
            check_equal(state["Addr"], b"\0" * 10 + b"\xff\xff" + bytes(map(int, about.ip.split("."))),
                        f"the address of {about} as {agent} pushes it")


@case(budget=60, needs="root")
def every_host_may_carry_the_same_list_of_seeds(run):
    world = run.closing(World(3))
    cluster = run.cluster()
    seeds = [host.ip for host in world.hosts]
    agents = [cluster.add("muster", host=host, bind="0.0.0.0") for host in world.hosts]
    agents[0].start(*seeds)
    # Alone with its list, it has reached itself at most, which is no join.
    check_equal(set(agents[0].table()), {agents[0].name}, "who is there at first")
    for agent in agents[1:]:
        agent.start(*seeds)
    cluster.converge(deadline=30)


@case(budget=60, needs="root")
def a_seed_that_comes_up_later_is_joined_when_it_does(run):
    world = run.closing(World(3))
    cluster = run.cluster()
    late, first, second = (cluster.add("muster", host=host) for host in world.hosts)
    first.start(late)
    second.start(late)
    for agent in (first, second):
        check_equal(set(agent.table()), {agent.name}, f"who is there for {agent} while its seed is not")
    late.start()
    cluster.converge(deadline=45)


@case(budget=60, needs="root")
def a_seed_by_name_is_resolved_again_until_it_is_found(run):
    world = run.closing(World(2))
    cluster = run.cluster()
    first, second = (cluster.add("muster", host=host) for host in world.hosts)
    world.hosts[1].resolve({"seed.test": "10.77.0.200"})        # nobody is there yet
    first.start()
    second.start("seed.test")
    check_equal(set(second.table()), {second.name}, "who is there while the name leads nowhere")
    world.hosts[1].resolve({"seed.test": first.ip})
    cluster.converge(deadline=45)


@case(budget=60, needs="root")
def serfs_and_musterds_form_a_cluster_over_ipv6(run):
    world = run.closing(World(3))
    cluster = run.cluster()
    for kind, host in zip(("muster", "serf", "muster"), world.hosts):
        cluster.add(kind, namespace=host.namespace, ip=host.ipv6)
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()
    cluster.agents[2].kill()
    cluster.converge()
    cluster.agents[0].leave()
    cluster.converge()


@case(budget=120, needs="root")
def an_address_that_changes_is_followed(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 3, bind="0.0.0.0", config=QUICK)
    mover, host = agents[-1], world.hosts[-1]
    world.change_address(host, "10.77.0.99")
    mover.ip = "10.77.0.99"
    wait_until(lambda: mover.table()[mover.name][0] == mover.ip, 30, f"{mover} noticing its new address")
    check(any("10.77.0.99" in line for line in mover.log().splitlines()), "a line in its log names the new address")
    cluster.converge(deadline=60)


@case(budget=60, needs="root")
def a_leave_without_anybody_left_to_hear_it_still_ends_in_time(run):
    world, cluster, agents = cluster_of(run, *["muster"] * 3, profile="lan")
    world.cut(world.hosts[:1], world.hosts[1:])
    started = time.monotonic()
    check_equal(agents[0].terminate(deadline=25), 0, "the exit status after SIGTERM")
    print(f"    it took {time.monotonic() - started:.1f} s")
