"""A peer written apart from muster asks a serf and a musterd the same things: their answers have the same fields.

Every check runs on both kinds, so what is claimed of musterd is first of all true of serf.
"""
import struct

from harness import packing, wire
from harness.agents import PORT
from harness.cases import case
from harness.peer import Peer
from harness.waiting import check, check_equal, wait_until
from harness.wire import ACK, ALIVE, COMPRESS, DEAD, INDIRECT_PING, NACK, PING, PUSH_PULL, SUSPECT

# These cases say what no memberlist says, and a serf answers in its log.
PROVOKED = [r"\[(ERR|WARN)\] memberlist: "]


def a_pair_and_a_peer(run, **options):
    """A serf and a musterd in one cluster, and a peer that is no member."""
    cluster = run.cluster()
    agents = cluster.form("serf", "muster", **options)
    return cluster, agents, run.closing(Peer(cluster.address()))


def check_ack(fields, what):
    check_equal(set(fields), {"SeqNo", "Payload"}, f"the fields of the ack {what}")
    payload = fields["Payload"]
    if payload:     # a network coordinate: serf sends one, a musterd may
        coordinate, end = packing.decode(payload, 1)
        check_equal((payload[0], end, set(coordinate)),
                    (1, len(payload), {"Adjustment", "Error", "Height", "Vec"}), f"the coordinate of the ack {what}")


@case(budget=30, provoking=PROVOKED)
def a_ping_is_answered_in_every_form_that_is_allowed(run):
    _, agents, peer = a_pair_and_a_peer(run)
    other = run.closing(Peer(peer.ip.rsplit(".", 1)[0] + ".200", "other"))
    for agent in agents:
        forms = {
            "plain": lambda ping: ping,
            "with crc": wire.with_crc,
            "compressed": wire.compressed,
            "in a compound": lambda ping: wire.compound(ping),
            "compressed in a compound": lambda ping: wire.compound(wire.compressed(ping)),
            "as gossip is sent": lambda ping: wire.with_crc(wire.compressed(wire.compound(ping))),
            "with bytes after it": lambda ping: ping + b"\xc1\xff",
        }
        for how, wrap in forms.items():
            seq = peer.seq()
            peer.send(agent, wrap(peer.ping(seq, agent.name)))
            packet, fields = peer.expect(agent, ACK, SeqNo=seq)
            check_ack(fields, how)
            check_equal(packet.source, agent.ip, "where the ack came from")
        bodies = {
            "to whoever receives it": {"Node": b""},
            "with nil for a name": {"Node": None},
            "with an unknown field": {"Node": agent.name, "Later": {"a": [1, None, 2.5, {"b": b""}]}},
        }
        for how, changed in bodies.items():
            seq = peer.seq()
            peer.send(agent, peer.ping(seq, agent.name, **changed))
            check_ack(peer.expect(agent, ACK, SeqNo=seq)[1], how)
        seq = peer.seq()
        peer.send(agent, peer.ping(seq, agent.name, source=False))
        check_ack(peer.expect(agent, ACK, SeqNo=seq)[1], "to a ping without a source: to where it came from")
        peer.send(agent, peer.ping(seq, agent.name, SourceAddr=other.packed_ip))
        check_ack(other.expect(agent, ACK, SeqNo=seq)[1], "to the source that the ping names")


@case(budget=30, provoking=PROVOKED)
def a_ping_in_unusual_forms_of_msgpack_is_answered(run):
    _, agents, peer = a_pair_and_a_peer(run)
    for agent in agents:
        name = agent.name.encode()
        for build in (
            lambda s: b"\x82\xa5SeqNo\xcf" + struct.pack(">Q", s) + b"\xa4Node" + packing.encode(name, old=True),
            lambda s: b"\x82\xa5SeqNo\xd3" + struct.pack(">q", s) + b"\xa4Node" + packing.encode(name, old=True),
            lambda s: b"\xde\x00\x02\xa5SeqNo" + packing.encode(s) + b"\xa4Node\xd9" + bytes([len(name)]) + name,
            lambda s: b"\x82\xd9\x05SeqNo" + packing.encode(s) + b"\xda\x00\x04Node\xda" + struct.pack(">H", len(name)) + name,
            lambda s: b"\x83\xa5SeqNo\x07\xa5SeqNo" + packing.encode(s) + b"\xa4Node" + packing.encode(name, old=True),
        ):
            seq = peer.seq()
            packet = bytes([PING]) + build(seq)
            peer.send(agent, packet)
            check_ack(peer.expect(agent, ACK, SeqNo=seq)[1], packet.hex())


@case(budget=30, provoking=PROVOKED)
def a_ping_that_must_not_be_answered_is_not(run):
    _, agents, peer = a_pair_and_a_peer(run)
    for agent in agents:
        start = len(peer.packets)
        ping = peer.ping(peer.seq(), agent.name)
        crc = bytearray(wire.with_crc(ping))
        crc[3] ^= 1
        for silent in (
            peer.ping(peer.seq(), "somebody-else"),
            peer.ping(peer.seq(), agent.name + "\0"),
            bytes(crc),
            wire.compound(wire.with_crc(ping)),              # a checksum belongs outside
            wire.message(COMPRESS, Algo=1, Buf=wire.lzw_encode(ping)),
            bytes([PUSH_PULL]) + ping[1:], b"\x0d" + ping[1:], b"\xf4\x01a" + ping,
        ):
            peer.send(agent, silent)
            peer.is_answered(agent)
        acks = [f for p in peer.packets[start:] for k, f, _ in p.messages if k == ACK]
        check_equal(len(acks), 8, f"acks of {agent}: only those of the pings between")


@case(budget=40, provoking=PROVOKED)
def an_indirect_ping_is_relayed_and_a_failed_one_gets_a_nack(run):
    cluster, agents, peer = a_pair_and_a_peer(run)
    silent = run.closing(Peer(cluster.address(), "silent"))
    silent.answering = False
    for agent, other in zip(agents, reversed(agents)):
        def request(seq, target_ip, target, nack):
            return wire.message(INDIRECT_PING, SeqNo=seq, Target=target_ip, Port=PORT, Node=target, Nack=nack,
                                SourceAddr=peer.packed_ip, SourcePort=PORT, SourceNode=peer.name)

        seq = peer.seq()
        peer.send(agent, request(seq, bytes(map(int, other.ip.split("."))), other.name, True))
        _, fields = peer.expect(agent, ACK, SeqNo=seq)
        check_equal(fields, {"SeqNo": seq, "Payload": None}, f"the ack relayed by {agent}")

        seq = peer.seq()
        peer.send(agent, request(seq, silent.packed_ip, silent.name, True))
        _, relayed = silent.expect(agent, PING)
        check_equal({k: v for k, v in relayed.items() if k != "SeqNo"},
                    {"Node": b"silent", "SourceAddr": bytes(map(int, agent.ip.split("."))), "SourcePort": PORT,
                     "SourceNode": agent.name.encode()}, f"the ping relayed by {agent}")
        check(relayed["SeqNo"] != seq, "a relay uses a sequence number of its own")
        packet, fields = peer.expect(agent, NACK, SeqNo=seq)
        check_equal(fields, {"SeqNo": seq}, f"the nack of {agent}")
        check_equal(len([f for f in peer.received(agent, ACK) if f["SeqNo"] == seq]), 0, "acks beside the nack")

        quiet, seq = peer.seq(), peer.seq()
        peer.send(agent, request(quiet, silent.packed_ip, silent.name, False))
        peer.send(agent, request(seq, silent.packed_ip, silent.name, True))
        peer.expect(agent, NACK, SeqNo=seq)     # the later one has run out, so the earlier one has
        check_equal([f for f in peer.received(agent, NACK) if f["SeqNo"] == quiet], [], "a nack that nobody asked for")


@case(budget=40, provoking=PROVOKED)
def a_ping_on_a_stream_is_answered_or_closed(run):
    _, agents, peer = a_pair_and_a_peer(run)
    for agent in agents:
        for wrap in (lambda ping: ping, wire.compressed):
            seq = peer.seq()
            kind, fields, _, _, was_compressed = peer.ask(agent, wrap(peer.ping(seq, agent.name)))
            check_equal((kind, fields), (ACK, {"SeqNo": seq, "Payload": None}), f"the ack of {agent} on a stream")
            check_equal(was_compressed, True, f"{agent} compresses what it says on streams")
        check_equal(peer.ask(agent, peer.ping(1, "somebody-else")), None, f"{agent}, asked for another name")
        check_equal(peer.ask(agent, b"\x03\x80"), None, f"{agent}, told a suspicion on a stream")


def shape(value):
    """The form of a value: names and kinds, not contents."""
    if isinstance(value, dict):
        return {packing.text(packing.octets(k)): shape(v) for k, v in value.items()}
    return "int" if isinstance(value, int) and not isinstance(value, bool) else type(value).__name__


@case(budget=40, provoking=PROVOKED)
def push_pulls_of_a_serf_and_a_musterd_have_the_same_shape(run):
    cluster, agents, peer = a_pair_and_a_peer(run)
    cluster.add("serf").start(agents[1])
    cluster.converge()
    cluster.agents[-1].kill()
    cluster.converge()
    shapes, states, user_states = [], [], []
    for agent in agents:
        for join in (False, True):
            kind, header, found, user_state, _ = peer.ask(agent, wire.push_pull(join=join))
            check_equal((kind, header["Join"], header["Nodes"]), (PUSH_PULL, join, 3), f"the header of {agent}")
        shapes.append((shape(header), [shape(s) for s in found]))
        # All that a peer learns of a member, but for the incarnation, which each life counts for itself.
        states.append({s["Name"]: (s["Addr"], s["Port"], s["Meta"], s["State"], s["Vsn"]) for s in found})
        check_equal(user_state[:1], b"\x02", f"the first byte of the user state of {agent}")
        decoded, end = packing.decode(user_state, 1, raw=True)
        check_equal(end, len(user_state), f"the end of the user state of {agent}")
        user_states.append(decoded)
    check_equal(shapes[1], shapes[0], "the shape of what a musterd pushes, beside a serf's")
    check_equal(states[1], states[0], "the states that a musterd pushes, beside a serf's")
    check_equal(set(user_states[1]), set(user_states[0]), "the fields of the user state")
    check_equal(set(user_states[1]["StatusLTimes"]), set(user_states[0]["StatusLTimes"]), "the members with a time")


@case(budget=60, provoking=[r"Failed fallback ping: EOF"])
def a_hand_made_member_is_probed_accused_and_buried_by_the_rules(run):
    cluster, agents, peer = a_pair_and_a_peer(run)
    peer.join(*agents)
    row = {peer.name: (peer.ip, PORT, "alive", {"role": "peer"})}
    cluster.converge(expected=cluster.expected() | row)

    pings = []
    for agent in agents:
        _, fields = peer.expect(agent, PING, seconds=15)
        check_equal({k: v for k, v in fields.items() if k != "SeqNo"},
                    {"Node": peer.name.encode(), "SourceAddr": bytes(map(int, agent.ip.split("."))),
                     "SourcePort": PORT, "SourceNode": agent.name.encode()}, f"the fields of a ping of {agent}")
        pings.append(set(fields))

    # An accusation: each agent accuses the peer to its face, together with the next ping, and believes a refutation.
    peer.answering = False
    accused = {}
    for agent in agents:
        packet, fields = peer.expect(agent, SUSPECT, seconds=20, Node=peer.name.encode())
        accused[agent.name] = fields["Incarnation"]
        check_equal(set(fields), {"Incarnation", "Node", "From"}, f"the fields of a suspicion by {agent}")
    peer.answering = True
    refutation = peer.alive(max(accused.values()) + 1)
    peer.send(agents[0], refutation)
    peer.send(agents[1], refutation)
    for agent in agents:
        wait_until(lambda: peer.observe(agent)[peer.name]["State"] == 0, 10, f"the refutation believed by {agent}")
        check_equal(agent.table()[peer.name], row[peer.name], f"the peer on {agent}")

    # Silence until the end.
    peer.answering = False
    row = {peer.name: (peer.ip, PORT, "failed", {"role": "peer"})}
    cluster.converge(deadline=40, expected=cluster.expected() | row)
    deaths = [f for agent in agents for f in peer.received(agent, DEAD) if f["Node"] == peer.name.encode()]
    for fields in deaths:       # it may be told, or learn of it later: chance chooses whom gossip goes to
        check_equal(set(fields), {"Incarnation", "Node", "From"}, "the fields of a death")
    check_equal(peer.broken, [], "packets that do not follow the protocol")


@case(budget=60, provoking=[r"Failed fallback ping: EOF"])
def a_hand_made_member_leaves_and_gossip_to_it_is_well_formed(run):
    cluster, agents, peer = a_pair_and_a_peer(run, profile="lan")  # four copies: of two, none may go to the peer
    peer.join(*agents)
    row = {peer.name: (peer.ip, PORT, "alive", {"role": "peer"})}
    cluster.converge(expected=cluster.expected() | row)
    # Tags change on both, so that each has something to say that does not fit one message.
    for agent in agents:
        agent.rpc.tags({f"a{i}": "long and dull " * 3 for i in range(8)}, None)
        agent.tags = {f"a{i}": "long and dull " * 3 for i in range(8)}
        packet, fields = peer.expect(agent, ALIVE, seconds=15, Node=agent.name.encode(), Incarnation=2)
        check_equal(set(fields), {"Incarnation", "Node", "Addr", "Port", "Meta", "Vsn"}, f"the fields of {agent}")
        check_equal(fields["Vsn"], wire.SERF_VERSIONS, f"the versions of {agent}")
        check_equal(packet.layers[:2], ["crc", "compress"], f"the wrappers of a dull message from {agent}")
    # A leave: Serf's intent first, then memberlist's own death certificate.
    clock = int(agents[0].rpc.stats()["serf"]["member_time"]) + 10
    intent = b"\x08\x00" + packing.encode({"LTime": clock, "Node": peer.name, "Prune": False}, old=True)
    leave = wire.message(DEAD, Incarnation=peer.incarnation, Node=peer.name, From=peer.name)
    for agent in agents:
        peer.send(agent, intent)
        wait_until(lambda: agent.table()[peer.name][2] == "leaving", 10, f"the peer leaving on {agent}")
    for agent in agents:
        peer.send(agent, leave)
    row = {peer.name: (peer.ip, PORT, "left", {"role": "peer"})}
    cluster.converge(expected=cluster.expected() | row)
    check_equal(peer.broken, [], "packets that do not follow the protocol")
