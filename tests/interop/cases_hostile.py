"""Bytes that no honest peer sends: they change nothing, end nothing, hold nobody up, and are counted by reason."""
import json
import os
import random
import socket
import struct
import time

from harness import packing, wire
from harness.agents import PORT, ROOT
from harness.cases import case
from harness.peer import Peer, truncations
from harness.rpc import tcp, unix
from harness.waiting import check, check_equal, wait_until
from harness.wire import ACK, ALIVE, COMPOUND, COMPRESS, DEAD, INDIRECT_PING, NACK, PING, SUSPECT

VECTORS = os.path.join(ROOT, "tests/vectors/memberlist.json")


class Unmoved:
    """An agent that must not be moved by what is sent to it: its table, all incarnations, its open descriptors."""

    def __init__(self, agent, peer):
        self.agent, self.peer = agent, peer
        self.before = self.look()
        self.descriptors = self.count_descriptors()

    def look(self):
        states = self.peer.observe(self.agent)
        return self.agent.table(), {n: (s["Incarnation"], s["State"], s["Meta"]) for n, s in states.items()}

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.agent.process.pid}/fd"))

    def check(self, after):
        check(self.agent.running, lambda: f"{after} ended {self.agent}:\n{self.agent.log_tail()}")
        self.peer.is_answered(self.agent)
        check_equal(self.look(), self.before, f"what {self.agent} believes, after {after}")

    def check_descriptors(self, after):
        wait_until(lambda: self.count_descriptors() <= self.descriptors, 20,
                   lambda: f"{self.agent} closing what it opened for {after}: {self.descriptors} before, "
                           f"{self.count_descriptors()} now")


def a_musterd_that_is_watched(run, **options):
    """A serf and a musterd, and a peer that is no member. The musterd is what is attacked."""
    cluster = run.cluster()
    serf, muster = cluster.form("serf", "muster", **options)
    peer = run.closing(Peer(cluster.address()))
    return muster, peer, Unmoved(muster, peer)


def honest_messages(agent, peer):
    """One of each kind, every one of which would mean something if it were whole."""
    ip = peer.packed_ip
    return {
        "ping": peer.ping(7, agent.name),
        "indirect ping": wire.message(INDIRECT_PING, SeqNo=7, Target=ip, Port=PORT, Node="peer", Nack=True,
                                      SourceAddr=ip, SourcePort=PORT, SourceNode="peer"),
        "ack": wire.message(ACK, SeqNo=7, Payload=b"x" * 40),
        "nack": wire.message(NACK, SeqNo=7),
        "suspect": wire.message(SUSPECT, Incarnation=900, Node=agent.name, From="peer"),
        "alive": peer.alive(900),
        "dead": wire.message(DEAD, Incarnation=900, Node=agent.name, From="peer"),
    }


@case(budget=60, needs="muster")
def truncated_messages_change_nothing(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    for name, whole in honest_messages(agent, peer).items():
        # A field that is missing is zero; a map that is cut is an error, wherever the cut is.
        peer.send(agent, *truncations(whole))
        unmoved.check(f"every truncation of a {name}")
        peer.send(agent, *(wire.with_crc(cut) for cut in truncations(whole)))
        peer.send(agent, *(wire.compressed(cut) for cut in truncations(whole)))
        peer.send(agent, *truncations(wire.compressed(whole)), *truncations(wire.with_crc(whole)))
        unmoved.check(f"every truncation of a {name}, wrapped")
    counted = agent.rejected()
    check(counted["body"] > 100, f"truncated bodies are counted: {counted}")


@case(budget=60, needs="muster")
def nonsense_of_every_kind_changes_nothing_and_is_counted_by_its_reason(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    ping = peer.ping(7, agent.name)
    crc = bytearray(wire.with_crc(ping))
    crc[1] ^= 0xFF
    deep = ping
    for _ in range(12):
        deep = wire.compound(deep)
    bomb = wire.compressed(b"\x08" * 3_000_000)
    check(len(bomb) < 60000, "the bomb fits a datagram")
    reasons = {
        "crc": [bytes(crc), wire.with_crc(ping)[:-1]],
        "compression": [wire.message(COMPRESS, Algo=1, Buf=b"\x00\x03\x02"), wire.message(COMPRESS, Algo=0, Buf=b""),
                        wire.message(COMPRESS, Algo=0, Buf=b"\xff" * 50),
                        wire.message(COMPRESS, Algo=0, Buf=wire.lzw_encode(ping)[:-2])],
        "compound": [bytes([COMPOUND]), bytes([COMPOUND, 9]), bytes([COMPOUND, 1]) + struct.pack(">H", 60000) + b"x",
                     bytes([COMPOUND, 255]) + b"\0" * 509],
        "unknown-type": [bytes([kind]) + ping[1:] for kind in (6, 10, 13, 14, 99, 243, 255)] + [b"\x0c\0\0"],
        "nesting": [deep],
        "empty": [bytes([COMPOUND, 1, 0, 0]), wire.compressed(b"")],
        "label": [b"\xf4\x03abc" + ping, b"\xf4\x00" + ping, b"\xf4", b"\xf4\xff" + b"a" * 20],
        "body": [b"\x00", b"\x00\xc1", b"\x00\x93\x01\x02", b"\x00\xdf\xff\xff\xff\xff", b"\x00\x81\xa5SeqNo\xa1x",
                 b"\x00\x81\xa5SeqNo\xcf" + b"\xff" * 8, b"\x00\x81\xa5SeqNo\xff", b"\x00\x81\xa4Node\xdb\xff\xff\xff\xff",
                 b"\x04\x81\xa4Node\xdd\xff\xff\xff\xff", b"\x00" + b"\x91" * 5000, b"\x00\x81\xa1x" + b"\x81\xa1x" * 5000,
                 b"\x03\x81\xabIncarnation\xcf\x00\x00\x00\x01\x00\x00\x00\x00"],
    }
    for reason, packets in reasons.items():
        before = agent.rejected()
        check(reason in before, f"'{reason}' among the reasons of muster info: {before}")
        for packet in packets:
            peer.send(agent, packet)
            unmoved.check(f"{packet[:40].hex()}... ({reason})")
        after = agent.rejected()
        check(after[reason] >= before[reason] + len(packets), f"each of {len(packets)} packets counted under "
              f"'{reason}': {before} before, {after} after")
    peer.send(agent, bomb)
    unmoved.check("a datagram of 60 kB that decompresses to 3 MB")


@case(budget=60, needs="muster")
def messages_with_values_out_of_range_change_nothing(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)

    def alive(**changed):
        fields = dict(Incarnation=1, Node="ghost", Addr=peer.packed_ip, Port=PORT, Meta=b"", Vsn=wire.SERF_VERSIONS)
        return wire.message(ALIVE, **(fields | changed))

    for packet in (
        alive(Vsn=b""), alive(Vsn=b"\0" * 6), alive(Vsn=bytes([5, 1, 2, 2, 5, 5])),
        alive(Port=70000), alive(Port=-1), alive(Incarnation=1 << 32), alive(Incarnation=-1),
        alive(Node=["ghost"]), alive(Addr=7), alive(Incarnation=1.5),
        wire.message(SUSPECT, Incarnation=1, Node="ghost", From="peer"),
        wire.message(DEAD, Incarnation=1, Node="ghost", From="ghost"),
        wire.message(ACK, SeqNo=1, Payload=None), wire.message(NACK, SeqNo=1),
        b"\x08", b"\x08\x02\x80", b"\x08\x63\x80", b"\x08\x00\xc1", b"\x08\x04" + b"\xff" * 60, b"\x08\x00\x93\x01\x02",
        b"\x08\x04\x81\xa7Filters\x91\xa0",                     # a query's filter without its kind: ends a serf
    ):
        peer.send(agent, packet)
        unmoved.check(packet.hex())


@case(budget=60, needs="muster")
def random_bytes_change_nothing(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    chance = random.Random(run.seed)
    whole = [m for m in honest_messages(agent, peer).values() if m[0] in (PING, ACK, NACK)]
    for batch in range(20):
        for _ in range(100):
            peer.send(agent, bytes([chance.choice((9, 7, 12, 244, 14, 200))]) + chance.randbytes(chance.randrange(200)))
            mutated = bytearray(chance.choice(whole))
            for _ in range(chance.randrange(1, 4)):
                mutated[chance.randrange(1, len(mutated))] = chance.randrange(256)
            peer.send(agent, bytes(mutated))
        peer.is_answered(agent)
    unmoved.check(f"4000 packets of nonsense, seed {run.seed}")


@case(budget=30, needs="muster")
def every_vector_that_must_be_rejected_is(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    with open(VECTORS) as file:
        vectors = [v for v in json.load(file) if v["name"].startswith("reject/")]
    check(len(vectors) >= 10, "the vectors are there")
    for vector in vectors:
        if vector["name"] == "reject/label_missing":    # a plain packet: an offence only where a label is configured
            continue
        peer.send(agent, bytes.fromhex(vector["hex"]))
        unmoved.check(vector["name"])
    check(sum(agent.rejected().values()) >= len(vectors) - 1, "they are counted")


def hostile_streams(agent, peer):
    header = packing.encode
    ping = peer.ping(1, agent.name)
    endless = b"\x06" + header({"Join": False, "Nodes": 1 << 31, "UserStateLen": 0}, old=True)
    return {
        "nothing known": b"\xff" * 100,
        "a type that is no request": b"\x04" + header({"Node": "x"}, old=True),
        "an HTTP request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "too many nodes": endless,
        "a negative number of nodes": b"\x06" + header({"Join": True, "Nodes": -1, "UserStateLen": 0}, old=True),
        "a negative user state": b"\x06" + header({"Join": True, "Nodes": 0, "UserStateLen": -5}, old=True),
        "a user state of a terabyte": b"\x06" + header({"Join": True, "Nodes": 0, "UserStateLen": 1 << 40}, old=True),
        "a user message of a terabyte": b"\x08" + header({"UserMsgLen": 1 << 40}, old=True),
        "a string of 4 GiB": b"\x06\x81\xdb\xff\xff\xff\xff",
        "maps in maps": b"\x06" + b"\x81\xa1x" * 100000,
        "a bomb": wire.compressed(b"\x08" * 43_000_000),
        "compression twice": wire.compressed(wire.compressed(ping)),
        "an unknown compression": wire.message(COMPRESS, Algo=3, Buf=wire.lzw_encode(ping)),
        "LZW without an end": wire.message(COMPRESS, Algo=0, Buf=b"\xff" * 100),
        "an empty compression": wire.compressed(b""),
        "encryption where there is none": b"\x0a" + struct.pack(">I", 60) + b"\x01" * 60,
        "encryption of 4 GiB": b"\x0a\xff\xff\xff\xff" + b"\x01" * 60,
        "a label": b"\xf4\x03abc" + wire.push_pull(),
        "an error as a request": b"\x0d" + header({"Error": "no"}, old=True),
    }


@case(budget=120, needs="muster")
def hostile_streams_change_nothing_and_leak_no_descriptor(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    for name, data in hostile_streams(agent, peer).items():
        try:
            answer = peer.ask(agent, data)
        except (BrokenPipeError, ConnectionResetError, socket.timeout) as error:
            check(not isinstance(error, socket.timeout), f"{name}: neither answered nor closed")
            answer = None
        check(answer is None or answer[0] == wire.ERR, f"{name}: answered with {answer}")
        unmoved.check(name)
    unmoved.check_descriptors("hostile streams")


@case(budget=60, needs="muster")
def states_that_no_member_can_have_are_not_merged(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    for name, states in {
        "versions of no bytes": [peer.state(Vsn=b"")],
        "versions of zero": [peer.state(Vsn=b"\0" * 6)],
        "versions that nobody shares": [peer.state(Vsn=bytes([1, 5, 2, 9, 9, 9]))],
        "an unknown member that is dead": [peer.state(State=2)],
        "an unknown member that has left": [peer.state(State=3)],
        "a state that does not exist": [peer.state(State=77)],
    }.items():
        for join in (False, True):
            peer.ask(agent, wire.push_pull(states, join=join))
            unmoved.check(name)


@case(budget=90, needs="muster")
def a_silent_peer_on_a_stream_is_dropped_at_its_deadline_and_delays_nobody(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)       # profile local: TCPTimeout is 1 s
    whole = wire.push_pull([peer.state()])
    beginnings = {"nothing": b"", "one byte": whole[:1], "half a push/pull": whole[:40],
                  "half of something compressed": wire.compressed(whole)[:20]}
    silent = {}
    for name, data in beginnings.items():
        silent[name] = run.closing(agent.connect(PORT))
        silent[name].sendall(data)
    slow = run.closing(agent.connect(PORT))                     # one that dribbles, so that it is never quite silent
    unmoved.check("silent peers, while they are silent")
    sent = 0

    def dribbled_out():
        nonlocal sent
        try:
            slow.send(b"\x06\x81"[sent:sent + 1] or b"\xdb\x00\x40\x00\x00"[sent - 2:sent - 1] or b"x")
            sent += 1
            slow.setblocking(False)
            return slow.recv(100) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    for name, connection in silent.items():
        connection.settimeout(20)
        try:
            check_equal(connection.recv(100), b"", f"what is said to a peer that sent {name}")
        except ConnectionResetError:
            pass
        unmoved.check(f"a peer that sent {name}")
    wait_until(dribbled_out, 20, "the peer that dribbles dropped", every=0.1)
    unmoved.check_descriptors("silent peers")


@case(budget=120, needs="muster")
def more_connections_than_are_allowed_keep_nobody_out(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    api = agent.table()
    held = []
    for _ in range(600):
        try:
            connection = run.closing(agent.connect(PORT))
            connection.sendall(b"\x06")
            held.append(connection)
        except OSError:
            break
    check(len(held) >= 100, f"only {len(held)} connections could be opened")
    peer.is_answered(agent)
    check_equal(agent.table(), api, "the members over the RPC, during a flood of connections")
    wait_until(lambda: peer.ask(agent, wire.push_pull()) is not None, 20, "a push/pull served after the flood")
    unmoved.check("a flood of connections")
    for connection in held:
        connection.close()
    unmoved.check_descriptors("a flood of connections")


@case(budget=60, needs="muster")
def bytes_that_are_no_request_end_only_their_own_connection_to_the_api(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    chance = random.Random(run.seed)
    nonsense = [b"\xff" * 1000, b"\xc1", b"\xdf\xff\xff\xff\xff", b"\x81\xdb\xff\xff\xff\xff", b"\x81\xa1x" * 50000,
                b"{" + b"[" * 100000, b"{}\n", b'{"Command":7}\n', b'{"Command":"members"', b"{" * 3_000_000,
                *(chance.randbytes(300) for _ in range(30))]
    for connect in (unix(agent.socket), tcp(agent.ip, 7373)):
        for data in nonsense:
            with connect() as connection:
                connection.settimeout(5)
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
            unmoved.check(f"{data[:40]!r}...")
    unmoved.check_descriptors("nonsense on the API")


@case(budget=60, needs="muster")
def a_flood_of_names_is_bounded_and_pushes_nobody_out(run):
    limit = 50
    agent, peer, unmoved = a_musterd_that_is_watched(run, config=f"[swim]\nmax_members = {limit}\n"
                                                                 f"[cluster]\nmax_members = {limit}\n")
    real = set(agent.table())
    for n in range(2000):
        peer.send(agent, wire.message(ALIVE, Incarnation=1, Node=f"ghost-{n}", Addr=bytes([127, 1, n >> 8, n & 255]),
                                      Port=PORT, Meta=b"", Vsn=wire.SERF_VERSIONS))
        if n % 100 == 0:
            peer.is_answered(agent)
    peer.is_answered(agent)
    table = agent.table()
    check(len(table) <= limit, f"{len(table)} members are reported, {limit} are allowed")
    check(real <= set(table), f"the real members are still there: {sorted(table)[:10]}")
    check(all(table[name][2] == "alive" for name in real), "and alive")


@case(budget=60, needs="muster")
def a_flood_of_packets_makes_nobody_fail(run):
    agent, peer, unmoved = a_musterd_that_is_watched(run)
    serf = unmoved.before[0]
    chance = random.Random(run.seed)
    packets = [chance.randbytes(chance.randrange(1, 1400)) for _ in range(500)]
    packets = [bytes([chance.choice((7, 9, 12, 14, 200))]) + packet for packet in packets]
    until = time.monotonic() + 8        # several probe intervals
    while time.monotonic() < until:
        peer.send(agent, *packets)
        peer.is_answered(agent, seconds=10)
    unmoved.check("a flood of packets")
    check_equal(agent.table(), serf, "the members after it")


@case(budget=60, needs="muster")
def a_musterd_without_descriptors_to_spare_keeps_answering(run):
    cluster = run.cluster()
    serf, muster = cluster.add("serf"), cluster.add("muster", under=["prlimit", "--nofile=32"])
    serf.start()
    muster.start(serf)
    cluster.converge()
    peer = run.closing(Peer(cluster.address()))
    held = []
    for _ in range(100):
        held.append(run.closing(muster.connect(PORT)))
        held[-1].sendall(b"\x06")
    before = cpu_seconds(muster)
    started = time.monotonic()
    for _ in range(20):
        peer.is_answered(muster)
        time.sleep(0.1)                 # the time over which it must not spin
    spun = (cpu_seconds(muster) - before) / (time.monotonic() - started)
    check(spun < 0.5, f"it used {100 * spun:.0f}% of a core while it could accept nobody")
    for connection in held:
        connection.close()
    wait_until(lambda: peer.ask(muster, wire.push_pull()) is not None, 30, "a push/pull served afterwards")
    cluster.converge()


def cpu_seconds(agent):
    with open(f"/proc/{agent.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
