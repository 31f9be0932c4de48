"""Clusters of serf and musterd with a keyring: they agree, strangers stay out, and nothing is in clear on the wire."""
import base64
import json
import os
import socket

from cases_events import told
from cases_keys import Firing, check_all_heard
from harness.capture import Capture
from harness.cases import case
from harness.rpc import RpcError
from harness.waiting import check, check_equal, holds_for, wait_until

LONG = "a dull sentence, said again, "      # compresses well, and is found wherever it stands in clear


def new_key(size=32) -> str:
    return base64.b64encode(os.urandom(size)).decode()


def keyed(cluster, kind, keys, **options):
    """A new agent with a keyring of its own, not started. No keys: none."""
    agent = cluster.add(kind, **options)
    if keys:
        agent.keyring = os.path.join(agent.directory, f"{agent.name}.keyring")
        with open(os.open(agent.keyring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(keys, file)
        agent.extra.append(f"{'-keyring-file' if agent.kind == 'serf' else '--keyring'}={agent.keyring}")
    return agent


def form(cluster, kinds, keys, **options):
    """Agents of `kinds` with one keyring, each joining the first, until all agree."""
    made = [keyed(cluster, kind, keys, name=f"secret-{kind}-{i}", tags={"role": f"{LONG * 12}{i}"}, **options)
            for i, kind in enumerate(kinds)]
    for agent in made:
        agent.start(*(() if agent is made[0] else (made[0],)))
    cluster.converge()
    return made


FOUR = ("serf", "muster", "serf", "muster")


@case(budget=90)
def two_serfs_and_two_musterds_with_one_keyring_agree_on_joins_deaths_tags_and_leaves(run):
    for size in (16, 24, 32):
        cluster = run.cluster()
        made = form(cluster, FOUR, [new_key(size)])
        for agent in made:
            check_equal(agent.rpc.stats()["serf"]["encrypted"], "true", f"encrypted in the stats of {agent}")
        made[1].tags = {"role": LONG}
        made[1].rpc.tags(made[1].tags, ["role"])
        cluster.converge()
        made[3].kill()
        cluster.converge()
        made[3].start(made[2])
        cluster.converge()
        made[2].leave()
        made[1].leave()
        cluster.converge()
        for agent in cluster.of("muster"):
            if agent.running and not run.serf_only:
                check_equal(agent.rejected()["decrypt"], 0, f"packets that {agent} could not decrypt")
        for agent in made:
            agent.stop()


@case(budget=90, needs="root")
def nothing_of_an_encrypted_cluster_is_in_clear_on_the_wire(run):
    def found_in(agents, capture):
        secrets = [LONG.encode()] + [agent.name.encode() for agent in agents]
        seen = bytes(capture.raw)
        return [secret for secret in secrets if secret in seen]

    def talk(cluster, agents):
        """Everything that is ever sent: gossip, changes, exchanges, a leave, a death."""
        agents[1].tags = agents[1].tags | {"more": LONG}
        agents[1].rpc.tags(agents[1].tags, None)
        agents[0].rpc.join(agents[3].ip)
        agents[1].rpc.join(agents[2].ip)
        cluster.converge()
        agents[2].leave()
        agents[3].kill()
        cluster.converge()

    sealed, plain = run.cluster(), run.cluster()
    capture = run.closing(Capture(sealed.block, raw=True))
    control = run.closing(Capture(plain.block, raw=True))
    agents = form(sealed, FOUR, [new_key()])
    talk(sealed, agents)
    check(len(capture.raw) > 10000, f"only {len(capture.raw)} bytes were captured")
    check_equal(found_in(agents, capture), [], "what can be read on the wire")
    check(capture.requests_to(agents[3]) and capture.answers_of(agents[3]), f"no stream of {agents[3]} was captured")
    check_equal(set(capture.streams.values()), {b"\x0a"}, "the first bytes of all streams, both ways")
    # That it would have been found: the same without keys.
    agents = form(plain, FOUR, [])
    talk(plain, agents)
    check(found_in(agents, control), "nothing was found on the wire of a plain cluster either")


@case(budget=90, needs="root")
def old_packets_of_an_encrypted_cluster_played_again_change_nothing(run):
    cluster = run.cluster()
    capture = run.closing(Capture(cluster.block, raw=True))
    agents = form(cluster, FOUR, [new_key()])
    heard = [agent.events("user") for agent in agents[:3]]
    for life in ("first", "second"):
        agents[1].tags = agents[1].tags | {"life": life}
        agents[1].rpc.tags(agents[1].tags, None)
        agents[0].rpc.ask("event", {"Name": life, "Payload": b"once", "Coalesce": False})
        cluster.converge()
    for agent, stream in zip(agents, heard):
        wait_until(lambda: len(told(stream, "user")) == 2, 30, f"both events at {agent}")
    agents[3].kill()
    cluster.converge()
    agents[3].start(agents[1])
    cluster.converge()
    old = list(capture.datagrams)
    check(len(old) > 50, f"only {len(old)} packets were captured")
    # A serf tells of members seconds later; of the rejoin above too.
    streams = [agent.events("*" if agent.kind == "muster" else "user") for agent in agents]
    before = {agent: agent.table() for agent in agents}
    for source in {datagram.source for datagram in old}:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind((source, 0))
            for datagram in old:
                if datagram.source == source:
                    again.sendto(datagram.data, (datagram.target, 7946))
    holds_for(lambda: all(agent.table() == before[agent] for agent in agents), 5, "old packets have changed a table")
    for agent, stream in zip(agents, streams):
        check_equal([record["Event"] for _, record in stream.records], [], f"what {agent} told of old packets")


REFUSED = [r"[Ee]ncryption is configured but remote state is not encrypted", r"Remote state is encrypted",
           r"Failed push/pull merge|Failed to receive remote state|failed to receive and remove the stream label",
           r"Decrypt packet failed", r"[Ff]ailed to (decrypt|join)|No installed keys could decrypt",
           r"agent: error joining", r"remote error|Failed to decode|Failed to receive|join: "]


def refused_both_ways(run, insider_kind, stranger_kind, stranger_keys):
    cluster = run.cluster()
    insider = keyed(cluster, insider_kind, [new_key()])
    friend = keyed(cluster, "serf" if insider_kind == "muster" else "muster", None)
    friend.extra, friend.keyring = [], insider.keyring
    friend.extra.append(f"{'-keyring-file' if friend.kind == 'serf' else '--keyring'}={insider.keyring}")
    stranger = keyed(cluster, stranger_kind, stranger_keys)
    insider.start()
    friend.start(insider)
    stranger.start()
    apart = {insider: {insider.name, friend.name}, friend: {insider.name, friend.name}, stranger: {stranger.name}}

    def are_apart():
        return all(set(agent.table()) == names for agent, names in apart.items())

    wait_until(are_apart, 20, "two clusters")
    for asking, asked in ((stranger, insider), (insider, stranger), (stranger, friend)):
        try:
            joined = asking.rpc.join(asked.ip)
        except RpcError:
            joined = 0
        check_equal(joined, 0, f"how many {asking} joined by way of {asked}")
    holds_for(are_apart, 4, lambda: f"they met: {[sorted(agent.table()) for agent in apart]}")


@case(budget=60, provoking=REFUSED)
def a_serf_without_the_key_is_refused_by_a_musterd_and_refuses_it(run):
    refused_both_ways(run, "muster", "serf", None)


@case(budget=60, provoking=REFUSED)
def a_musterd_without_the_key_is_refused_by_a_serf_and_refuses_it(run):
    refused_both_ways(run, "serf", "muster", None)


@case(budget=60, provoking=REFUSED)
def a_musterd_with_another_key_is_refused_by_a_serf_and_refuses_it(run):
    refused_both_ways(run, "serf", "muster", [new_key()])


@case(budget=90)
def keys_rotated_by_serf_keys_reach_every_musterd_and_its_file(run):
    cluster = run.cluster()
    old, new = new_key(), new_key()
    agents = form(cluster, FOUR, [old], profile="lan")      # four copies of a query; in the local profile, two miss some
    serf = cluster.of("serf")[0]

    def keys(option, key, on=serf):
        done = serf.cli("keys", f"-{option}={key}", f"-rpc-addr={on.rpc_ip}:7373")
        check_equal(done.returncode, 0, f"serf keys -{option} by way of {on}: {done.stdout}{done.stderr}")

    # The second of the commands goes to a musterd: it makes no difference who is asked.
    keys("install", new)
    keys("use", new, on=cluster.of("muster")[0])
    keys("remove", old)
    cluster.converge()
    for agent in agents:
        with open(agent.keyring) as file:
            check_equal(file.read(), f'[\n  "{new}"\n]', f"the keyring file of {agent}")
        check_equal(os.stat(agent.keyring).st_mode & 0o777, 0o600, f"the mode of the keyring file of {agent}")
    # What an agent has in its file is what it starts with.
    for agent in cluster.of("muster"):
        agent.kill()
        agent.start(agents[0])
    cluster.converge()


@case(budget=150, needs="muster")
def a_running_plain_cluster_is_moved_to_encryption_without_a_gap(run):
    cluster = run.cluster()
    agents = [keyed(cluster, "muster", None, name=f"m{i}", tags={"role": f"{LONG}{i}"}, config="", profile="lan")
              for i in range(4)]
    for agent in agents:
        agent.start(*(() if agent is agents[0] else (agents[0],)))
    cluster.converge()
    key = new_key()
    steps = (("understands both, speaks plain", "verify_incoming = false\nverify_outgoing = false"),
             ("understands both, encrypts", "verify_incoming = false"),
             ("takes nothing plain", ""))
    for number, (step, switches) in enumerate(steps):
        for agent in agents:
            if not agent.extra:
                agent.keyring = os.path.join(agent.directory, f"{agent.name}.keyring")
                with open(os.open(agent.keyring, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                    json.dump([key], file)
                agent.extra.append(f"--keyring={agent.keyring}")
            with open(agent.config, "w") as file:
                file.write(f"[swim]\n{switches}\n")
            others = [other for other in agents if other is not agent]
            streams = [other.events("user") for other in others]
            firing = run.closing(Firing(others, prefix=f"{number}-{agent.name}-"))     # some of the last may be on their way yet
            agent.leave()
            agent.start(others[0])
            cluster.converge()
            firing.close()
            check_all_heard(others, streams, firing)
            for each in agents:
                refused = {why: count for why, count in each.rejected().items() if count}
                check_equal(refused, {}, f"what {each} refused while {agent} came to the step: {step}")
    for agent in agents:
        check("failed" not in " ".join(line for line in agent.log().splitlines() if "member" in line),
              f"somebody failed for {agent}")
        check_equal(agent.rpc.stats()["serf"]["encrypted"], "true", f"encrypted in the stats of {agent}")
    # And now it is closed: who has no key is not heard.
    stranger = keyed(cluster, "muster", None, name="stranger")
    stranger.start()
    check_equal(stranger.cli("join", agents[0].ip, timeout=30).returncode, 1, "a join without the key")
    holds_for(lambda: all("stranger" not in agent.table() for agent in agents), 2, "a stranger came in")
