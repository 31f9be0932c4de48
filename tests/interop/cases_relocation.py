"""A musterd that was killed and comes back at another address, with its data directory and without seeds: what real
serfs make of it, however they held it (docs/state.md, "At another address")."""
import os
import time

from harness.cases import case
from harness.peer import observe
from harness.state import copy_state, kept
from harness.waiting import check, holds_for, wait_until


def form(run, **options):
    cluster = run.cluster()
    for kind in ("serf", "muster", "serf", "muster", "serf"):
        cluster.add(kind, **({"data": True} | options if kind == "muster" else {}))
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()
    mover = cluster.of("muster")[-1]
    wait_until(lambda: all(kept(mover, agent.name, "alive") for agent in cluster.agents if agent is not mover), 10,
               "everything stored")
    return cluster, mover


def return_elsewhere(run, wait, deadline=20):
    """`wait(cluster, mover)` ends the mover, and lets the others come to hold it as the case's name says."""
    cluster, mover = form(run)
    wait(cluster, mover)
    mover.move_to(cluster.address())
    began = time.monotonic()
    mover.start()
    cluster.converge(deadline)
    if os.environ.get("MUSTER_TIMES"):
        with open(os.environ["MUSTER_TIMES"], "a") as file:
            file.write(f"{wait.__name__}: {time.monotonic() - began:.1f} s until all agree\n")
    holds_for(lambda: all(agent.table()[mover.name][:3:2] == (mover.ip, "alive") for agent in cluster.running), 10,
              "alive at the new address, and staying so")


@case(budget=90, needs="muster")
def a_musterd_held_alive_is_believed_at_another_address(run):
    def alive(cluster, mover):
        mover.kill()
        check(cluster.agents[0].table()[mover.name][2] == "alive", "nobody has noticed yet")
    return_elsewhere(run, alive)


@case(budget=90, needs="muster")
def a_musterd_held_suspect_is_believed_at_another_address(run):
    def suspect(cluster, mover):
        mover.kill()
        wait_until(lambda: any(observe(agent).get(mover.name, {}).get("State") == 1 for agent in cluster.of("serf")), 20,
                   f"{mover} suspected by a serf")
    return_elsewhere(run, suspect)


@case(budget=90, needs="muster")
def a_musterd_held_dead_is_believed_at_another_address(run):
    def dead(cluster, mover):
        mover.kill()
        cluster.converge()
    return_elsewhere(run, dead)


@case(budget=120, needs="muster")
def a_musterd_forgotten_on_the_wire_is_believed_at_another_address(run):
    def forgotten(cluster, mover):
        mover.kill()
        cluster.converge()
        wait_until(lambda: all(mover.name not in observe(agent) for agent in cluster.running), 60, f"{mover} forgotten")
    return_elsewhere(run, forgotten)


CONFLICT = [r"Conflicting address for", r"[Nn]ame conflict"]     # the copy claims a name that is taken


@case(budget=90, needs="muster", provoking=CONFLICT)
def a_copy_of_a_living_musterds_disk_does_it_no_harm(run):
    """A machine that was cloned with its data directory: the original lives, and stays what it was to all."""
    cluster, original = form(run)
    clone_state = os.path.join(run.directory, "clone.data")
    copy_state(original, clone_state)
    watching = [agent.events("member-leave,member-failed") for agent in cluster.agents]
    clone = run.cluster().add("muster", name=original.name, ip=cluster.address())
    command = [f"--data-dir={clone_state}" if word == "--ephemeral" else word for word in clone.command([])]
    clone.command = lambda seeds: command
    clone.start()
    wait_until(lambda: "its data directory is a copy" in clone.log(), 20, "the copy saying so")
    holds_for(lambda: all(agent.table()[original.name][:3:2] == (original.ip, "alive") for agent in cluster.agents), 10,
              "the original alive where it was")
    for stream in watching:
        check(not stream.seen("member-leave") and not stream.seen("member-failed"), "nobody left or failed")
