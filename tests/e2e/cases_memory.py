"""What a musterd remembers across restarts, and what a data directory demands: real processes, real files."""
import json
import os
import sqlite3
import subprocess

from harness.agents import BINARIES, run_in
from harness.cases import case
from harness.state import kept, state_of, stored
from harness.waiting import check, check_equal, wait_until


@case(budget=90)
def a_killed_agent_rejoins_by_itself_and_remembers_all(run):
    """Without seeds: by who was alive when it last wrote. Who had failed and who had left is known again at once."""
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", "muster", data=True)
    left, failed, restarted = agents[3], agents[2], agents[1]
    left.leave()
    failed.kill()
    cluster.converge()
    for name, status in ((left.name, "left"), (failed.name, "failed"), (agents[0].name, "alive")):
        wait_until(lambda: kept(restarted, name, status), 10, f"{name} stored as {status}")
    restarted.kill()
    restarted.start()       # no seed
    table = restarted.table()
    check_equal((table[left.name][2], table[failed.name][2]), ("left", "failed"), "what it knows without being told")
    cluster.converge()


@case(budget=90)
def all_killed_at_once_find_each_other_again_without_seeds(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    for agent in agents:
        wait_until(lambda: all(kept(agent, other.name, "alive") for other in agents if other is not agent), 10,
                   f"{agent} storing the others")
    for agent in agents:
        agent.kill()
    for agent in agents:
        agent.start()
    cluster.converge()


@case(budget=60)
def after_a_leave_an_agent_stays_alone_unless_told(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", data=True)
    agents[1].leave()
    cluster.converge()
    agents[1].start()
    agents[1].status = "left"
    check_equal(set(agents[1].table()), {agents[1].name}, "who it knows after a leave, without seeds")
    agents[1].kill()
    agents[1].start(agents[0])
    cluster.converge()


@case(budget=60)
def a_user_event_is_not_delivered_again_after_a_crash(run):
    """The others' exchange of state carries it; an event of the time between is news, and one of before is not."""
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    restarted = agents[1]

    def heard(name):
        return sum(f"heard the user event {name} " in line for line in restarted.log().splitlines())

    agents[0].rpc.ask("event", {"Name": "before", "Payload": b"", "Coalesce": False})
    wait_until(lambda: heard("before") == 1, 10, "the event delivered")
    wait_until(lambda: stored(restarted, "select event_time >= 1 from self") == [(1,)], 10, "its time stored")
    wait_until(lambda: all(kept(restarted, other.name, "alive") for other in agents if other is not restarted), 10,
               "the others stored")
    restarted.kill()
    agents[0].rpc.ask("event", {"Name": "between", "Payload": b"", "Coalesce": False})
    restarted.start()
    cluster.converge()
    wait_until(lambda: heard("between") == 1, 20, "the event that was missed")
    agents[0].rpc.ask("event", {"Name": "after", "Payload": b"", "Coalesce": False})
    wait_until(lambda: heard("after") == 1, 10, "a further event")
    check_equal([heard(name) for name in ("before", "between", "after")], [1, 1, 1], "how often each was delivered")


@case(budget=60)
def tags_set_live_survive_and_configured_ones_win(run):
    cluster = run.cluster()
    agent = cluster.add("muster", tags={"role": "web"}, data=True).start()
    agent.rpc.tags({"role": "db", "live": "yes"}, [])
    wait_until(lambda: stored(agent, "select count(*) from live_tags") == [(2,)], 10, "the tags stored")
    agent.kill()
    agent.start()
    check_equal(agent.table()[agent.name][3], {"role": "web", "live": "yes"}, "its tags after the restart")


@case(budget=30)
def a_data_directory_has_one_user(run):
    cluster = run.cluster()
    first = cluster.add("muster", data=True).start()
    directory = os.path.dirname(state_of(first))
    done = run_in(None, BINARIES["musterd"], "--node=second", f"--bind={cluster.address()}",
                  f"--api={run.directory}/second.sock", f"--data-dir={directory}", timeout=15)
    check_equal(done.returncode, 1, "the exit status of the second")
    for word in (directory, f"pid {first.process.pid}", "--data-dir"):
        check(word in done.stderr, f"'{word}' in: {done.stderr}")
    check(first.running, "the first goes on")
    first.kill()
    first.start()


@case(budget=30)
def a_damaged_state_file_is_set_aside_and_a_newer_one_refused(run):
    cluster = run.cluster()
    agent = cluster.add("muster", data=True).start()
    agent.kill()
    os.unlink(state_of(agent) + "-wal")     # which would repair what it holds a copy of
    with open(state_of(agent), "r+b") as file:
        file.write(b"this was a database once")
    agent.start()
    aside = [name for name in os.listdir(os.path.dirname(state_of(agent))) if ".damaged-" in name]
    check(aside, "the damaged file is kept")
    check(any("is damaged" in line and " error " in line for line in agent.log().splitlines()), "it says so, loudly")
    agent.kill()
    with sqlite3.connect(state_of(agent)) as db:
        db.execute("pragma user_version = 99")
    done = run_in(None, *agent.command([]), timeout=15)
    check_equal(done.returncode, 1, "the exit status with a newer file")
    check("version 99" in done.stderr and state_of(agent) in done.stderr, f"it says why: {done.stderr}")


@case(budget=60, needs="root")
def a_full_disk_costs_the_memory_and_nothing_else(run):
    cluster = run.cluster()
    agent = cluster.add("muster", data=True)
    directory = os.path.dirname(state_of(agent))
    os.makedirs(directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], check=True)
    try:
        agent.start()
        with open(os.path.join(directory, "ballast"), "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass        # it is full
        others = [cluster.add("muster").start(agent) for _ in range(3)]
        cluster.converge()
        agent.rpc.tags({"t": "x" * 400}, [])
        agent.tags = {"t": "x" * 400}

        def told():
            return any("cannot write" in warning for warning in agent.json("info").get("warnings") or [])

        wait_until(told, 20, "a warning in `muster info`")
        cluster.converge()
        os.unlink(os.path.join(directory, "ballast"))
        wait_until(lambda: not told(), 40, "the warning going when there is room again")
        wait_until(lambda: all(kept(agent, other.name, "alive") for other in others), 10, "everything stored")
        agent.kill()
        agent.start()
        cluster.converge()
    finally:
        agent.stop()
        subprocess.run(["umount", directory], check=True)


@case(budget=30)
def what_is_kept_is_said_at_the_start(run):
    cluster = run.cluster()
    keeping = cluster.add("muster", data=True).start()
    check(f"keeping state in {os.path.dirname(state_of(keeping))}" in keeping.log(), "where")
    ephemeral = cluster.add("muster").start()
    check("keeping no state" in ephemeral.log(), "or nowhere")
    check_equal(json.loads(keeping.cli("--format=json", "info").stdout)["node"], keeping.name, "info")
