"""Agents of serf in the rings of musterd: by their tags, like everybody."""
import json

from harness.cases import case
from harness.waiting import check, check_equal, wait_until


@case(budget=120, needs="muster")
def serf_agents_are_in_the_ring_through_their_tags(run):
    cluster = run.cluster()
    config = '[[ring]]\nname = "web"\nfilter = { role = "web" }\nzone_tag = "rack"\n'
    first, second = (cluster.add("muster", config=config, tags={"role": "db"}) for _ in range(2))
    heavy = cluster.add("serf", tags={"role": "web", "weight": "3", "rack": "a"})
    light = cluster.add("serf", tags={"role": "web", "rack": "b"})
    other = cluster.add("serf", tags={"role": "db"})
    first.start()
    for agent in (second, heavy, light, other):
        agent.start(first)
    cluster.converge()

    def members(agent):
        return {m["name"]: (m["weight"], m["zone"]) for m in agent.json("ring", "show")["members"]}

    wanted = {heavy.name: (3, "a"), light.name: (1, "b")}
    for agent in (first, second):
        wait_until(lambda: members(agent) == wanted, 30, lambda: f"the serfs in the ring of {agent}: {members(agent)}")

    def status():
        """Once all have heard the question: gossip misses somebody now and then."""
        done = first.cli("--format=json", "ring", "status", timeout=60)
        return done.returncode == 0 and json.loads(done.stdout)
    asked = wait_until(status, 30, lambda: f"all that were asked agreeing:\n{first.cli('ring', 'status').stdout}")
    check_equal((asked["agree"], asked["silent"]), (sorted((first.name, second.name)), []), "agents of serf are not asked")
    keys = "".join(f"k{i}\n" for i in range(1000))
    answers = [agent.cli("ring", "owners", "-n", "2", "--distinct-zones", "-", input=keys).stdout
               for agent in (first, second)]
    check_equal(answers[0], answers[1], "the answers of both")
    check(f"{heavy.name}, {light.name}" in answers[0] and f"{light.name}, {heavy.name}" in answers[0], "both orders")

    # A tag that serf's own command changes moves keys; one that goes takes its keys with it.
    heavy.cli("tags", "-set", "weight=0")
    heavy.tags["weight"] = "0"
    cluster.converge()
    wait_until(lambda: members(second)[heavy.name] == (0, "a"), 30, "the new weight")
    light.leave()
    cluster.converge()
    wait_until(lambda: members(second) == {heavy.name: (0, "a")}, 30, "the ring without the one that left")
    check_equal(second.cli("ring", "owners", "k").returncode, 4, "nobody with a weight is left")


@case(budget=90, needs="muster")
def a_serf_sees_the_mark_and_answers_as_ever(run):
    cluster = run.cluster()
    serf, muster = cluster.form("serf", "muster")
    mark = {m["Name"]: (m["Tags"] or {}).get("muster") for m in serf.rpc.members()}
    check_equal(mark, {serf.name: None, muster.name: "1"}, "the mark, as serf tells it")
    muster.cli("drain", "on")
    wait_until(lambda: {m["Name"]: (m["Tags"] or {}).get("muster") for m in serf.rpc.members()}[muster.name] == "1d", 10,
               "the drain in what serf tells")
    muster.cli("tags", "set", "role=db")
    muster.tags = {"role": "db"}
    cluster.converge()
    refused = muster.cli("tags", "set", "muster=2")
    check(refused.returncode == 1 and "reserved" in refused.stderr, f"the mark is nobody's to set: {refused.stderr}")
    # Alone among serfs, it agrees with itself: nobody else was asked.
    asked = muster.cli("ring", "status")
    check_equal(asked.returncode, 0, f"ring status: {asked.stderr}")
