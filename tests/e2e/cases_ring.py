"""The ring and the drain on real processes: the same answers on every host, before and after a change."""
import json
import os
import subprocess

from harness.agents import BINARIES, ENVIRONMENT, run_in
from harness.cases import case
from harness.rpc import unix
from harness.state import stored
from harness.waiting import check, check_equal, wait_until

KEYS = "".join(f"user:{i * 2654435761 % 4294967291}\n" for i in range(10_000))


def owners(agent, keys=KEYS, *options):
    """What it answers for these keys, byte for byte."""
    done = agent.cli("--format=json", "ring", "owners", *options, "-", input=keys, timeout=60)
    check_equal(done.returncode, 0, f"the status of ring owners on {agent}: {done.stderr}")
    check_equal(done.stdout.count("\n"), keys.count("\n"), f"a line a key on {agent}")
    return done.stdout


def agreed(agent, members, fingerprint_before=None):
    """Waits until it says that all agents use one ring, of so many members; gives its fingerprint."""
    def look():
        done = agent.cli("--format=json", "ring", "status", timeout=60)
        check(done.returncode in (0, 4), f"the status of ring status: {done.returncode} {done.stderr}")
        status = json.loads(done.stdout)
        shown = agent.json("ring", "show")
        return (done.returncode == 0 and status["pending"] is None and len(shown["members"]) == members
                and status["fingerprint"] == shown["fingerprint"] != fingerprint_before and status["fingerprint"])

    return wait_until(look, 60, lambda: f"one ring of {members} members; now:\n{agent.cli('ring', 'status').stdout}"
                                        f"{agent.cli('ring', 'show').stdout}")


def same_everywhere(agents, members, before=None):
    """All agree, and answer alike for 10,000 keys. Gives the answers and the fingerprint."""
    fingerprint = agreed(agents[0], members, before)
    answers = [owners(agent) for agent in agents]
    for agent, answer in zip(agents, answers):
        check(answer == answers[0], f"{agent} answers otherwise than {agents[0]}")
    first = json.loads(answers[0].split("\n", 1)[0])
    check_equal(first["fingerprint"], fingerprint, "the fingerprint in an answer")
    return answers[0], fingerprint


def owner_of(answers):
    """{key: its first owner} of what ring owners said."""
    return {each["key"]: each["owners"][0] for each in map(json.loads, answers.splitlines())}


def moved(before, after):
    """{(from, to)} of the keys that have another owner."""
    old, new = owner_of(before), owner_of(after)
    return {(old[key], new[key]) for key in old if old[key] != new[key]}


@case(budget=240)
def three_agents_answer_alike_before_and_after_a_kill_a_join_and_a_drain(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster", data=True)
    a, b, c = agents
    first, fingerprint = same_everywhere(agents, 3)
    check_equal(set(owner_of(first).values()), {a.name, b.name, c.name}, "who owns keys")
    three = owners(a, KEYS[:2000].rsplit("\n", 1)[0] + "\n", "-n", "3")
    for line in three.splitlines():
        check_equal(sorted(json.loads(line)["owners"]), sorted(x.name for x in agents), "three owners")

    expected = a.json("ring", "diff", f"--without={c.name}")
    c.kill()
    cluster.converge()
    second, fingerprint = same_everywhere([a, b], 2, fingerprint)
    check(all(source == c.name for source, _ in moved(first, second)), "only keys of the killed one moved")
    check_equal(fingerprint, expected["fingerprint_after"], "the fingerprint that ring diff foretold")
    share = sum(1 for key, owner in owner_of(first).items() if owner == c.name) / 10_000
    check(abs(share - expected["moved"]) < 0.02, f"ring diff foretold {expected['moved']}, {share} of the keys moved")

    d = cluster.add("muster", data=True).start(a)
    third, fingerprint = same_everywhere([a, b, d], 3, fingerprint)
    check(all(target == d.name for _, target in moved(second, third)), "only the new one has new keys")

    drained = b.json("drain", "on")
    check_equal(drained, {"draining": True, "until": None}, "what drain on says")
    fourth, fingerprint = same_everywhere([a, b, d], 3, fingerprint)
    check_equal(set(owner_of(fourth).values()), {a.name, d.name}, "who owns keys while one is drained")
    check(all(source == b.name for source, _ in moved(third, fourth)), "only keys of the drained one moved")
    check(next(m for m in d.json("members")["members"] if m["name"] == b.name)["drained"], "members shows the drain")
    check("(drained)" in d.cli("members").stdout, "so does the table")

    # It survives SIGKILL at once: the answer came when it was stored.
    b.kill()
    b.start()
    check_equal(b.json("drain", "status"), {"draining": True, "until": None}, "the drain after a restart")
    check_equal(b.cli("wait", "--ring-agreed", "--timeout=60s", timeout=80).returncode, 0, "wait until the ring is agreed")
    same, fingerprint = same_everywhere([a, b, d], 3)
    check_equal(same, fourth, "the answers after the restart")
    check_equal(b.json("drain", "off"), {"draining": False, "until": None}, "what drain off says")
    check_equal(b.cli("drain", "status").returncode, 4, "drain status, of one that is not")
    fifth, _ = same_everywhere([a, b, d], 3, fingerprint)
    check_equal(fifth, third, "the answers after the drain")


@case(budget=120)
def a_drain_with_a_time_ends_by_itself_also_when_it_was_down_meanwhile(run):
    cluster = run.cluster()
    agent = cluster.add("muster", data=True).start()
    until = agent.json("drain", "on", "--for=8s")["until"]
    check(until is not None and until.endswith("Z"), f"until when: {until}")
    wait_until(lambda: stored(agent, "select drained_until from self where drained_until is not null"), 10, "it stored")
    agent.kill()
    agent.start()
    check_equal(agent.json("drain", "status")["until"], until, "until when, after a restart")
    wait_until(lambda: agent.cli("drain", "status").returncode == 4, 15, "its end")
    agent.kill()
    agent.start()
    check_equal(agent.cli("drain", "status").returncode, 4, "drain status after the end and a restart")


@case(budget=90)
def bad_weights_count_as_one_and_an_empty_ring_has_no_owner(run):
    cluster = run.cluster()
    config = """
[[ring]]
name = "all"
[[ring]]
name = "none"
filter = { role = "nobody" }
[[ring]]
name = "flat"
algorithm = "rendezvous"
zone_tag = "rack"
replicas = 2
settle = "1s"
"""
    tags = [{"weight": "-1", "rack": ""}, {"weight": "1e9", "rack": "\x1b[31m"}, {"weight": "101", "rack": "a"}]
    agents = [cluster.add("muster", name=name, tags=tag, config=config)
              for name, tag in zip(("n 1", "n\t2", "n-\u00e9"), tags)]
    for agent in agents:
        agent.start(*([] if agent is agents[0] else [agents[0]]))
    cluster.converge()
    wait_until(lambda: len(agents[0].json("ring", "show", "--ring=all")["members"]) == 3, 30, "three members")
    for member in agents[0].json("ring", "show", "--ring=all")["members"]:
        check_equal((member["weight"], member["bad_weight"]), (1, True), f"the weight of {member['name']}")
    text = agents[0].cli("ring", "show", "--ring=flat").stdout
    check("\x1b" not in text and "(bad tag)" in text, f"what a person is shown: {text!r}")
    nobody = agents[0].cli("ring", "owners", "--ring=none", "k")
    check_equal((nobody.returncode, nobody.stdout), (4, "k: no owner\n"), "an empty ring")
    two = agents[0].cli("ring", "owners", "--ring=flat", "--distinct-zones", "k")
    check_equal((two.returncode, two.stdout.count(",")), (0, 1), f"two owners, as configured: {two.stdout}")
    unknown = agents[0].cli("ring", "owners", "--ring=other", "k")
    check(unknown.returncode == 1 and "all, none, flat" in unknown.stderr, f"a ring that is not there: {unknown.stderr}")
    for arguments in (["owners"], ["owners", "-n", "0", "k"], ["diff"], ["diff", "--with=x"], ["diff", "--with=x:101"],
                      ["diff", "--with=x:1", "--without=y"], []):
        check_equal(agents[0].cli("ring", *arguments).returncode, 2, f"the status of ring {arguments}")
    gone = agents[0].cli("ring", "diff", "--ring=all", "--without=nobody")
    check(gone.returncode == 1 and "nobody" in gone.stderr, f"a member that is not there: {gone.stderr}")
    check_equal(agents[0].cli("drain", "on", "--for=-1s").returncode, 2, "a drain of less than nothing")


@case(budget=30)
def wrong_rings_are_refused_by_file_line_and_key(run):
    def refused(text, *words):
        path = os.path.join(run.directory, "c.toml")
        with open(path, "w") as file:
            file.write(text)
        done = run_in(None, BINARIES["musterd"], f"--config={path}", "--node=n", "--ephemeral", "--validate", timeout=15)
        check_equal(done.returncode, 1, f"the status of {text!r}: {done.stdout}{done.stderr}")
        for word in words:
            check(word in done.stderr, f"'{word}' in what it says of {text!r}: {done.stderr}")

    refused("[[ring]]\nvnodes = 3\n", "c.toml:1", "needs a name")
    refused("[[ring]]\nname = \"a\"\nvnodes = 0\n", "c.toml:3", "vnodes", "65536")
    refused("[[ring]]\nname = \"a\"\nvnodes = \"many\"\n", "c.toml:3", "ring.vnodes", "whole number")
    refused("[[ring]]\nname = \"a b\"\n", "c.toml:2", "name")
    refused("[[ring]]\nname = \"a\"\n\n[[ring]]\nname = \"a\"\n", "c.toml:4", "two of this name", "line 1")
    refused("[[ring]]\nname = \"a\"\nalgorithm = \"jump\"\n", "c.toml:3", "rendezvous")
    refused("[[ring]]\nname = \"a\"\nreplicsa = 3\n", "c.toml:3", "did you mean 'replicas'")
    refused("[[ring]]\nname = \"a\"\nsettle = \"2h\"\n", "c.toml:3", "1m")
    refused("[[ring]]\nname = \"a\"\nfilter = [\"role\"]\n", "c.toml:3", "filter")
    refused("[ring]\nname = \"a\"\n", "c.toml:1", "[[ring]]")
    refused("tags = { muster = \"1\" }\n", "c.toml:1", "reserved")


@case(budget=120)
def a_stream_is_told_what_moved(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster")
    agreed(agents[0], 2)
    connection = run.closing(unix(agents[0].socket)())
    lines = connection.makefile("rw")
    lines.write('{"Command":"stream","Type":"ring-changed","Seq":1}\n')
    lines.flush()
    check_equal(json.loads(lines.readline())["Error"], "", "the stream")
    connection.settimeout(60)
    before = agents[0].json("ring", "show")["fingerprint"]
    agents[1].cli("drain", "on")
    record = json.loads(lines.readline())
    after = agents[0].json("ring", "show")["fingerprint"]
    check_equal((record["Event"], record["Ring"], record["Before"], record["After"], record["Members"]),
                ("ring-changed", "default", before, after, 2), "the record")
    check(0.3 < record["Moved"] < 0.7, f"half of the keys moved: {record['Moved']}")
    # In JSON lines, all of it; keys that are no text in base64.
    for question, answer in (('{"Command":"ring"}', "Members"), ('{"Command":"ring-status"}', "Agree"),
                             ('{"Command":"ring-diff","Without":"%s"}' % agents[1].name, "Moves"),
                             ('{"Command":"ring-export","Count":10}', "Positions"),
                             ('{"Command":"drain-status"}', "Draining"),
                             ('{"Command":"ring-owners","Keys":["a","b"],"N":2}', "Owners"),
                             ('{"Command":"ring-owners","KeysBase64":["/w=="]}', "Owners")):
        with unix(agents[0].socket)() as one:
            one.settimeout(30)
            file = one.makefile("rw")
            file.write(question + "\n")
            file.flush()
            reply = json.loads(file.readline())
            check(reply["Error"] == "" and answer in reply, f"{question} is answered: {reply}")


@case(budget=90)
def the_exported_ring_gives_the_same_owners(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster")
    fingerprint = agreed(agents[0], 3)
    whole = agents[0].json("ring", "export")
    check_equal(whole["fingerprint"], fingerprint, "its fingerprint")
    check_equal(len(whole["points"]), 3 * 448, "points")
    check_equal(whole["points"], sorted(whole["points"]), "their order")
    shares, last = {}, whole["points"][-1][0] - 2 ** 48
    for position, rank in whole["points"]:
        name = whole["members"][rank]["name"]
        shares[name] = shares.get(name, 0) + position - last
        last = position
    for member in agents[1].json("ring", "show")["members"]:
        check(abs(shares[member["name"]] / 2 ** 48 - member["share"]) < 1e-9, f"the share of {member['name']}")


@case(budget=120)
def agents_with_other_rings_are_named(run):
    cluster = run.cluster()
    one = cluster.add("muster").start()
    other = cluster.add("muster", config='[[ring]]\nname = "default"\nvnodes = 160\n').start(one)
    third = cluster.add("muster", config='[[ring]]\nname = "elsewhere"\n').start(one)
    cluster.converge()

    def look():
        done = one.cli("--format=json", "ring", "status", timeout=60)
        check_equal(done.returncode, 4, "the status when they differ")
        status = json.loads(done.stdout)
        return len(status["differ"]) == 2 and status
    status = wait_until(look, 30, "both named")
    by_name = {each["name"]: each for each in status["differ"]}
    check(by_name[other.name]["fingerprint"] not in (None, status["fingerprint"]), f"another fingerprint: {by_name}")
    check_equal(by_name[third.name]["fingerprint"], None, "the one without such a ring")
    check("it has no ring of this name" in one.cli("ring", "status").stdout, "and so says the text")
    waited = one.cli("wait", "--ring-agreed", "--timeout=700ms")
    check_equal((waited.returncode, "another ring" in waited.stdout), (3, True), f"wait, in vain: {waited.stdout}")
    other.send_signal(19)       # SIGSTOP: alive still, and silent
    try:
        silent = json.loads(one.cli("--format=json", "ring", "status", "--timeout=300ms", timeout=60).stdout)["silent"]
        check_equal(silent, [other.name], "who did not answer")
    finally:
        other.send_signal(18)


@case(budget=60)
def only_who_may_change_things_may_drain(run):
    cluster = run.cluster()
    agent = cluster.add("muster").start()
    check_equal(agent.cli("drain", "status").returncode, 4, "drain status")
    if os.geteuid() != 0:
        return
    os.chmod(run.directory, 0o755)
    os.chmod(os.path.dirname(agent.socket), 0o755)
    os.chmod(agent.socket, 0o666)
    reader = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", BINARIES["muster"], f"--api={agent.socket}"]

    def as_reader(*arguments):
        return subprocess.run([*reader, *arguments], capture_output=True, text=True, timeout=20, env=ENVIRONMENT)
    if as_reader("members").returncode != 0:
        return      # the program itself is out of its reach here
    refused = as_reader("drain", "on")
    check(refused.returncode == 1 and "permission denied" in refused.stderr, f"a reader: {refused}")
    check_equal(as_reader("ring", "owners", "k").returncode, 0, "a reader may ask")
