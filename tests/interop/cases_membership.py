"""Clusters of serf and musterd: they form, they notice deaths and leaves, and all of them agree."""
import signal

from harness.cases import case
from harness.peer import observe
from harness.waiting import Expired, check, check_equal, wait_until

# Tags whose bytes are hard on a codec: lengths around the borders of msgpack's forms, and bytes that are no text.
HARD_TAGS = {"t31": "x" * 31, "t32": "y" * 32, "empty": "", "bytes": "\udcff\udc80\x01\x1b[31m", "umlaut": "größe",
             "eq": "a=b,c", "tab\tkey": "line\nbreak"}


def form(run, kinds, seed_of):
    """Agents of `kinds`, agent i joining agent seed_of(i), until all agree."""
    cluster = run.cluster()
    for i, kind in enumerate(kinds):
        tags = {"role": kind, "i": str(i)}
        cluster.add(kind, tags=tags | (HARD_TAGS if i < 2 else {}))
    for i, agent in enumerate(cluster.agents):
        agent.start(*([] if i == 0 else [cluster.agents[seed_of(i)]]))
    cluster.converge()
    return cluster


@case()
def two_musterds_join_two_serfs_and_all_agree(run):
    form(run, ["serf", "serf", "muster", "muster"], lambda i: 0)


@case()
def two_serfs_join_two_musterds_and_all_agree(run):
    form(run, ["muster", "muster", "serf", "serf"], lambda i: 0)


@case()
def five_musterds_join_five_serfs_and_all_agree(run):
    form(run, ["serf"] * 5 + ["muster"] * 5, lambda i: 0)


@case()
def five_serfs_join_five_musterds_each_the_one_before(run):
    form(run, ["muster", "serf"] * 5, lambda i: i - 1)


def merge_two(run, asking, asked):
    """Two clusters that formed apart; one agent of one is told to join one of the other."""
    cluster = run.cluster()
    first = [cluster.add(asked), cluster.add(asked)]
    second = [cluster.add(asking), cluster.add(asking)]
    for a, b in (first, second):
        a.start()
        b.start(a)
    check_equal(second[0].rpc.join(first[0].ip), 1, "the number that the join reports")
    cluster.converge()


@case()
def a_join_asked_of_a_musterd_merges_a_serf_cluster_into_its_own(run):
    merge_two(run, "muster", "serf")


@case()
def a_join_asked_of_a_serf_merges_a_muster_cluster_into_its_own(run):
    merge_two(run, "serf", "muster")


def kill_and_return(run, victim_kind):
    """SIGKILL: failed everywhere. Started again under its name: alive everywhere."""
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    victim = cluster.of(victim_kind)[-1]
    watching = [agent.events("member-failed") for agent in cluster.agents if agent is not victim]
    victim.kill()
    cluster.converge()
    for stream in watching:
        wait_until(lambda: stream.seen("member-failed", victim.name), 10, "member-failed on the stream of an agent")
    victim.start(cluster.agents[0])
    cluster.converge()


@case(budget=90)
def a_killed_musterd_fails_everywhere_and_is_alive_again_when_it_returns(run):
    kill_and_return(run, "muster")


@case(budget=90)
def a_killed_serf_fails_everywhere_and_is_alive_again_when_it_returns(run):
    kill_and_return(run, "serf")


def leave_and_return(run, kind, leave):
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    leaver = cluster.of(kind)[-1]
    watching = [agent.events("member-leave") for agent in cluster.agents if agent is not leaver]
    leave(leaver)
    cluster.converge()
    for stream in watching:
        wait_until(lambda: stream.seen("member-leave", leaver.name), 10, "member-leave on the stream of an agent")
    leaver.start(cluster.agents[0])
    cluster.converge()


@case(budget=90, needs="muster")
def a_musterd_ended_by_sigterm_has_left_everywhere_and_may_return(run):
    def leave(agent):
        check_equal(agent.terminate(signal.SIGTERM), 0, "the exit status after SIGTERM")
    leave_and_return(run, "muster", leave)


@case(budget=90, needs="muster")
def a_musterd_ended_by_sigint_has_left_everywhere_and_may_return(run):
    def leave(agent):
        check_equal(agent.terminate(signal.SIGINT), 0, "the exit status after SIGINT")
    leave_and_return(run, "muster", leave)


@case(budget=90, needs="muster")
def muster_leave_has_left_everywhere_and_may_return(run):
    def leave(agent):
        check_equal(agent.json("leave"), {"left": True}, "muster leave")
        agent.status = "left"
        check_equal(agent.wait_ended(20), 0, "the exit status after muster leave")
    leave_and_return(run, "muster", leave)


@case(budget=90)
def a_leave_over_the_rpc_has_left_everywhere_and_may_return(run):
    leave_and_return(run, "muster", lambda agent: agent.leave())


@case(budget=90)
def serf_leave_has_left_everywhere_and_may_return(run):
    def leave(agent):
        done = agent.cli("leave")
        check_equal(done.stdout.strip(), "Graceful leave complete", "serf leave")
        agent.status = "left"
        agent.wait_ended(20)
    leave_and_return(run, "serf", leave)


def force_leave(run, asking, victim_kind, prune):
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    victim = cluster.of(victim_kind)[-1]
    asker = cluster.of(asking)[0]
    victim.kill()
    cluster.converge()
    victim.status = "forgotten" if prune else "left"
    # Nothing but this one intent tells of a prune, and it is sent so seldom in a small cluster that it may miss an
    # agent, as it may among serfs: then it is asked for again.
    for last in (False, False, True):
        asker.rpc.force_leave(victim.name, prune)
        try:
            cluster.converge(deadline=20)
            return
        except Expired:
            if last:
                raise


@case(budget=90)
def a_serf_forces_a_failed_musterd_to_leave(run):
    force_leave(run, "serf", "muster", prune=False)


@case(budget=90)
def a_musterd_forces_a_failed_serf_to_leave(run):
    force_leave(run, "muster", "serf", prune=False)


@case(budget=90)
def a_serf_prunes_a_failed_musterd(run):
    force_leave(run, "serf", "muster", prune=True)


@case(budget=90)
def a_musterd_prunes_a_failed_serf(run):
    force_leave(run, "muster", "serf", prune=True)


def refute_force_leave(run, asking, victim_kind):
    """A member that is alive contradicts its forced leave: it is alive everywhere again, and says nothing else."""
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    victim = cluster.of(victim_kind)[-1]

    def heard():
        # An intent is sent so seldom in a small cluster that it may miss the victim: then it is asked for again.
        before = int(victim.rpc.stats()["serf"]["member_time"])
        cluster.of(asking)[0].rpc.force_leave(victim.name)
        return int(victim.rpc.stats()["serf"]["member_time"]) > before

    wait_until(heard, 20, "the leave arriving", every=1)
    cluster.converge()


@case()
def a_live_musterd_refutes_a_leave_forced_by_a_serf(run):
    refute_force_leave(run, "serf", "muster")


@case()
def a_live_serf_refutes_a_leave_forced_by_a_musterd(run):
    refute_force_leave(run, "muster", "serf")


def change_tags(run, kind):
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    changed = cluster.of(kind)[-1]
    watching = [agent.events("member-update") for agent in cluster.agents]
    changed.rpc.tags({"role": "z" * 40, "new": ""}, ["i"])
    changed.tags = {k: v for k, v in changed.tags.items() if k != "i"} | {"role": "z" * 40, "new": ""}
    cluster.converge()
    for stream in watching:
        wait_until(lambda: stream.seen("member-update", changed.name), 10, "member-update on the stream of an agent")


@case()
def tags_changed_on_a_serf_are_seen_on_musterds(run):
    change_tags(run, "serf")


@case()
def tags_changed_on_a_musterd_are_seen_on_serfs(run):
    change_tags(run, "muster")


@case()
def as_many_tags_as_fit_cross_in_both_directions(run):
    cluster = run.cluster()
    # Of 512 bytes; a musterd keeps ten of them for its own tag.
    for kind, entries, length in (("serf", 60, 500), ("muster", 58, 495)):
        cluster.add(kind, tags={f"k{i:02}": "v" * (i % 4) for i in range(entries)})     # so many: msgpack's map16
        cluster.add(kind, tags={"k": "v" * length})
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()


def return_elsewhere(run, kind, end):
    """Under its name, but with another address: after a leave at once, after a death when the dead are forgotten."""
    cluster = form(run, ["serf", "muster", "serf", "muster"], lambda i: 0)
    mover = cluster.of(kind)[-1]
    end(mover)
    cluster.converge()
    mover.move_to(cluster.address())
    mover.start(cluster.agents[0])
    cluster.converge(deadline=90)


@case(budget=90)
def a_musterd_that_left_returns_with_another_address(run):
    return_elsewhere(run, "muster", lambda agent: agent.leave())


@case(budget=90)
def a_serf_that_left_returns_with_another_address(run):
    return_elsewhere(run, "serf", lambda agent: agent.leave())


MOVED = [r"Conflicting address for", r"[Nn]ame conflict"]


@case(budget=150, provoking=MOVED)
def a_killed_musterd_returns_with_another_address(run):
    return_elsewhere(run, "muster", lambda agent: agent.kill())


@case(budget=150, provoking=MOVED)
def a_killed_serf_returns_with_another_address(run):
    return_elsewhere(run, "serf", lambda agent: agent.kill())


def return_through_one_who_forgot(run, kind, end):
    """Agents forget on the wire who is gone at different times: this serf (memberlist 0.2.2) never forgets a left one.

    A member that returns through an agent that forgot is not told of its earlier life, so that it begins again at an
    incarnation at which those who remember do not believe it. Nobody may take it for failed, and all see it soon.
    """
    cluster = run.cluster()
    forgetful = cluster.add("muster", config='[swim]\ngossip_to_the_dead_time = "1s"\n')
    others = [cluster.add(other) for other in ("serf", "muster", kind)]
    forgetful.start()
    for agent in others:
        agent.start(forgetful)
    cluster.converge()
    returning = others[-1]
    end(returning)
    cluster.converge()
    wait_until(lambda: returning.name not in observe(forgetful), 60, f"{returning} forgotten on the wire by {forgetful}")
    check(returning.name in observe(others[0]), "and remembered by a serf")
    watching = {agent: agent.events("member-failed") for agent in cluster.of("muster") if agent is not returning}
    returning.start(forgetful)
    cluster.converge(deadline=40)       # whom both copies missed has it from its next push/pull, every 15 s
    for agent, stream in watching.items():
        check(not stream.seen("member-failed"), f"{agent} took {returning} for failed when it returned")


@case(needs="muster")
def a_musterd_that_left_returns_through_one_who_forgot(run):
    return_through_one_who_forgot(run, "muster", lambda agent: agent.leave())


@case(needs="muster")
def a_serf_that_left_returns_through_one_who_forgot(run):
    return_through_one_who_forgot(run, "serf", lambda agent: agent.leave())


@case(budget=90, needs="muster")
def a_killed_musterd_returns_through_one_who_forgot(run):
    return_through_one_who_forgot(run, "muster", lambda agent: agent.kill())


@case(budget=90, needs="muster")
def a_killed_serf_returns_through_one_who_forgot(run):
    return_through_one_who_forgot(run, "serf", lambda agent: agent.kill())
