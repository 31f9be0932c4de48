"""Serf's RPC as its users see it: the same program and the same client get the same answers from both kinds."""
import json
import re

from harness import packing
from harness.agents import BINARIES, run_in
from harness.cases import case
from harness.rpc import Closed, Rpc, RpcError
from harness.waiting import check, check_equal, wait_until


def serf_cli(agent, command, *arguments):
    """`serf COMMAND` against an agent of any kind: (exit status, what it printed)."""
    done = run_in(None, BINARIES["serf"], command, f"-rpc-addr={agent.ip}:7373", *arguments)
    return done.returncode, done.stdout


def sorted_lines(printed):
    status, text = printed
    # Serf aligns columns to the widest cell and prints rows and tags in no order of its own.
    return status, sorted(",".join(sorted(word.split(","))) for line in text.splitlines() for word in [line.strip()])


def in_one_order(printed):
    """With a musterd's two tags, which serf prints in no order of its own, in one."""
    status, *texts = printed
    return (status, *(re.sub(r"(role=\w+ of all work),(muster=1)", r"\2,\1", text) if isinstance(text, str) else text
                      for text in texts))


@case(provoking=[r"agent\.ipc: Failed to evaluate request"])
def serf_members_prints_the_same_against_a_musterd(run):
    cluster = run.cluster()
    for kind in ("serf", "muster", "serf", "muster"):
        cluster.add(kind, tags={"role": f"{kind} of all work"})
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.converge()
    cluster.agents[2].kill()
    cluster.agents[3].leave()
    cluster.converge()
    serf, muster = cluster.agents[:2]
    for arguments in ([], ["-detailed"], ["-status=alive"], ["-status=failed|left"], ["-name=s.*"], ["-name=nobody"],
                      ["-tag", "role=muster.*"], ["-tag", "none="], ["-tag", "none=x"], ["-status=("], ["-name=(?i)S1"]):
        said = [sorted_lines(in_one_order(serf_cli(agent, "members", *arguments))) for agent in (muster, serf)]
        check_equal(said[0], said[1], f"serf members {' '.join(arguments)}")
    tables = [json.loads(serf_cli(agent, "members", "-format=json")[1])["members"] for agent in (muster, serf)]
    by_name = [sorted(table, key=lambda m: m["name"]) for table in tables]
    check_equal(by_name[0], by_name[1], "serf members -format=json")


@case(budget=90, provoking=[r"agent: error joining"])
def serf_commands_against_a_musterd_print_and_exit_as_against_a_serf(run):
    printed = []
    for kind in ("serf", "muster"):
        cluster = run.cluster()
        agent, *others = cluster.form(kind, "serf", "serf")
        nobody = cluster.address()
        others[1].kill()
        cluster.converge()
        outsider = cluster.add("serf", name="outsider").start()
        seen = [serf_cli(agent, "join", outsider.ip), serf_cli(agent, "force-leave", others[1].name),
                serf_cli(agent, "force-leave", "nobody"), serf_cli(agent, "join", nobody)[0]]
        others[1].status = "left"
        cluster.converge(on=[agent, others[0]])     # the outsider came too late to hear of who had left
        seen.append(serf_cli(agent, "leave"))
        agent.status = "left"
        agent.wait_ended(20)
        cluster.converge(on=others[:1])
        printed.append(seen)
    check_equal(printed[1], printed[0], "what serf prints against a musterd")


@case()
def serf_info_reads_a_musterds_stats(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster", "serf")
    agents[2].kill()
    cluster.converge()
    stats = [agent.rpc.stats() for agent in agents[:2]]
    for agent, found in zip(agents, stats):
        check_equal(found["agent"]["name"], agent.name, f"the name in the stats of {agent}")
        check_equal({k: found["serf"][k] for k in ("members", "failed", "left", "encrypted")},
                    {"members": "3", "failed": "1", "left": "0", "encrypted": "false"}, f"the counts of {agent}")
        check_equal(serf_cli(agent, "info")[0], 0, f"serf info against {agent}")
        check_equal(json.loads(serf_cli(agent, "info", "-format=json")[1])["agent"]["name"], agent.name, "as JSON")
    # `goroutines` and `max_procs` mean nothing here, so that they are asked of nobody but serf.
    check_equal(sorted(set(stats[0]["serf"]) - set(stats[1]["serf"])), [], "what serf's stats have that muster's lack")


@case(needs="muster")
def muster_members_reads_a_serf_as_it_reads_a_musterd(run):
    cluster = run.cluster()
    for kind in ("serf", "muster", "muster"):
        cluster.add(kind, tags={"role": kind, "zone": "a b"})
    for agent in cluster.agents:
        agent.start(*([] if agent is cluster.agents[0] else [cluster.agents[0]]))
    cluster.agents[2].leave()
    cluster.converge()
    tables = []
    for agent in cluster.agents[:2]:
        done = run_in(None, BINARIES["muster"], f"--rpc-addr={agent.ip}:7373", "--format=json", "members")
        check_equal(done.returncode, 0, f"muster members against {agent}: {done.stderr}")
        members = json.loads(done.stdout)["members"]
        tables.append({m["name"]: (m["addr"], m["port"], m["status"], m["tags"], m["protocol"]) for m in members})
        if agent.kind == "serf":
            check(all(m["incarnation"] is None and m["since"] is None for m in members), "unknown to a serf: null")
    check_equal(tables[0], tables[1], "the members as a serf and as a musterd tell them")
    check_equal({name: row[:3] for name, row in tables[0].items()},
                {a.name: (a.ip, 7946, a.status) for a in cluster.agents}, "and both are right")
    text = run_in(None, BINARIES["muster"], "members", "--rpc-addr", f"{cluster.agents[0].ip}:7373")
    check(all(a.name in text.stdout for a in cluster.agents), f"the text form: {text.stdout}{text.stderr}")


def session(agent, *requests, handshake=False):
    """What is answered to requests (command, body) on one connection: errors, bodies, and whether it was closed."""
    heard = []
    with agent.connect() as connection:
        rpc = Rpc(lambda: connection, timeout=5, handshake=handshake)
        for command, body in requests:
            try:
                heard.append(rpc.ask(command, body))
            except RpcError as error:
                heard.append(str(error))
            except (Closed, BrokenPipeError):
                heard.append("closed")
                break
    return heard


@case(provoking=[r"agent\.ipc: Failed to evaluate request"])
def the_rules_of_a_session_are_serfs(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster")
    shake = ("handshake", {"Version": 1})
    for requests in (
        [("members", None)],
        [("stats", None), shake],
        [("handshake", {"Version": 2}), shake, shake],
        [shake, ("no-such-command", None), ("members", None)],
        [shake, ("stream", {"Type": "bogus"})],
        [shake, ("stop", {"Stop": 99})],
        [shake, ("auth", {"AuthKey": ""}), ("auth", {"AuthKey": "x"})],
        [shake, ("join", {"Existing": [], "Replay": False})],
        [shake, ("force-leave", {"Node": "nobody", "Prune": False})],
        [shake, ("members-filtered", {"Name": "(", "Status": "", "Tags": None})],
        [shake, ("members-filtered", {"Name": "nobody", "Status": "", "Tags": None})],
        [shake, ("tags", {"Tags": {"k": "v" * 600}, "DeleteTags": None})],
        [shake, ("monitor", {"LogLevel": "bogus"})],
    ):
        serfs, musters = (session(agent, *requests) for agent in agents)
        # musterd may go on where serf's text ends, to say what to do.
        musters = [mine[:len(its)] if isinstance(its, str) and isinstance(mine, str) else mine
                   for mine, its in zip(musters, serfs)] + musters[len(serfs):]
        check_equal(musters, serfs, f"the answers to {[command for command, _ in requests]}")


@case(provoking=[r"agent: error joining"])
def a_join_that_reaches_nobody_is_an_error_and_one_that_reaches_some_is_not(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster", "serf")
    nobody = cluster.address()
    for agent in agents[:2]:
        try:
            agent.rpc.join(nobody)
            raise AssertionError(f"{agent} has joined nobody")
        except RpcError as error:
            check(nobody in str(error), f"the error of {agent} names the address: {error}")
        check_equal(agent.rpc.join(nobody, f"{agents[2].ip}:7946"), 1, f"what {agent} reached of two")
        check_equal(agent.rpc.join(f"{agents[2].name}/{agents[2].ip}:7946"), 1, f"{agent}, with a name")


@case(needs="muster")
def reaching_oneself_is_no_join(run):
    cluster = run.cluster()
    agent, other = cluster.form("muster", "serf")
    try:
        agent.rpc.join(agent.ip)
        raise AssertionError(f"{agent} has joined itself")
    except RpcError as error:
        check(agent.ip in str(error), f"the error names the address: {error}")
    check_equal(agent.rpc.join(agent.ip, other.ip), 1, "what was reached of oneself and another")


@case(budget=90)
def a_stream_tells_a_members_whole_life_alike_on_both_kinds(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster")
    streams = [agent.events("*") for agent in agents]
    actor = cluster.add("serf", name="actor", tags={"act": "1"}).start(agents[0])

    def told(event):
        cluster.converge()
        for agent, stream in zip(agents, streams):
            wait_until(lambda: stream.seen(event, actor.name), 15, f"{event} on the stream of {agent}")

    told("member-join")
    actor.rpc.tags({"act": "2"}, None)
    actor.tags = {"act": "2"}
    told("member-update")
    actor.kill()
    told("member-failed")
    agents[0].rpc.force_leave(actor.name)
    actor.status = "left"
    told("member-leave")
    agents[1].rpc.force_leave(actor.name, prune=True)
    actor.status = "forgotten"
    told("member-reap")
    lives = []
    for stream in streams:
        life = [(r["Event"], m["Status"], m["Tags"], m["Addr"], m["Port"], m["ProtocolMax"], m["DelegateCur"])
                for _, r in stream.records for m in r["Members"] if m["Name"] == actor.name]
        lives.append([step for i, step in enumerate(life) if i == 0 or step != life[i - 1]])    # serf repeats updates
    check_equal(lives[1], lives[0], "the life of a member, told by a musterd and by a serf")


@case()
def strings_are_strings_and_bytes_are_bytes_on_the_rpc(run):
    cluster = run.cluster()
    agents = cluster.form("serf", "muster", tags={"long": "x" * 40})
    for agent in agents:
        with agent.connect() as connection:
            connection.settimeout(5)
            connection.sendall(packing.encode({"Command": "handshake", "Seq": 1}) + packing.encode({"Version": 1}) +
                               packing.encode({"Command": "members", "Seq": 2}))
            data = b""
            while True:
                try:
                    at = packing.decode(data)[1]
                    at = packing.decode(data, at)[1]
                    end = packing.decode(data, at)[1]
                    break
                except packing.Incomplete:
                    data += connection.recv(65536)
        check_equal(end, len(data), f"bytes of {agent} after its answer")
        for piece, what in ((b"\xa4Addr\xc4\x04\x7f", "an address is bin"), (b"\xd9\x28" + b"x" * 40, "a tag is str8"),
                            (b"\xa4Name\xa2", "a name is fixstr"), (b"\xa4Port\xcd\x1f\x0a", "a port is uint16")):
            check(piece in data[at:], f"{agent}: {what}: {data[at:at + 200].hex()}")


@case(budget=90, provoking=[r"Conflicting address for twin", r"[Nn]ame conflict"])
def a_second_agent_of_the_same_name_changes_nothing_for_the_others(run):
    for owner_kind, thief_kind in (("muster", "serf"), ("serf", "muster")):
        cluster = run.cluster()
        serf, muster = cluster.form("serf", "muster")
        owner = cluster.add(owner_kind, name="twin").start(serf)
        cluster.converge()
        expected, watched = cluster.expected(), [serf, muster, owner]
        thief_cluster = run.cluster()
        thief = thief_cluster.add(thief_kind, name="twin", ip=cluster.address())
        thief.start(serf, muster, wait=False)     # both hear of it, before a serf gives way
        noticed = f"Conflicting address for twin. Mine: {owner.ip}:7946 Theirs: {thief.ip}:7946"
        wait_until(lambda: noticed in serf.log(), 20, f"the conflict in the log of {serf}")
        if muster.kind == "muster":
            wait_until(lambda: any("twin" in line and owner.ip in line and thief.ip in line
                                   for line in muster.log().splitlines()), 40, f"the conflict in the log of {muster}")
        cluster.converge(expected=expected, on=watched)
        check(owner.running, f"{owner} lost its name to {thief}")
        if thief.kind == "serf":
            wait_until(lambda: not thief.running, 60, f"{thief} giving way, as serf does")
        thief.stop()
        cluster.converge(expected=expected, on=watched)
