"""A peer that speaks just enough memberlist to be a member: a thread that answers, and a record of what came.

It is told what to say by tests, byte by byte. It answers pings (while `answering`), on packets and streams, and
push/pulls with its own state; it neither probes nor gossips by itself.
"""
import select
import socket
import threading
import time

from . import packing, wire
from .agents import PORT
from .wire import ACK, PING, PUSH_PULL
from .waiting import Expired


def read_message(connection):
    """The one message that comes on a stream, and its bytes."""
    data = b""
    while True:
        try:
            return wire.read_stream_message(data), data
        except packing.Incomplete:
            more = connection.recv(65536)
            if not more:
                raise EOFError(f"closed after {len(data)} bytes")
            data += more


def ask(agent, data: bytes, timeout=10):
    """Sends `data` on a new stream: what came back, read as a message (None: closed without a word)."""
    with agent.connect(PORT) as connection:
        connection.settimeout(timeout)
        connection.sendall(data)
        try:
            return read_message(connection)[0]
        except (EOFError, ConnectionResetError):
            return None


def observe(agent) -> dict:
    """What `agent` holds of everybody, without telling it anything: {name: state}."""
    answer = ask(agent, wire.push_pull())
    if answer is None:
        raise AssertionError(f"{agent} gave no answer to a push/pull")
    return {packing.text(state["Name"]): state for state in answer[2]}


class Packet:
    """One datagram that came: when, from whom, its bytes, its wrappers, its messages."""

    def __init__(self, source, data):
        self.at, self.source, self.data, self.layers = time.monotonic(), source, data, []
        self.messages = wire.unwrap(data, self.layers)


class Peer:
    def __init__(self, ip, name="peer", incarnation=1):
        self.ip, self.name, self.incarnation = ip, name, incarnation
        self.packed_ip = socket.inet_aton(ip)
        self.meta = b"\xff" + packing.encode({"role": "peer"}, old=True)
        self.answering = True
        self.packets, self.broken, self.streams = [], [], []
        self._came = threading.Condition()
        self._seq = int.from_bytes(ip.encode()[-2:], "big") << 8
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((ip, PORT))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((ip, PORT))
        self.tcp.listen(64)
        self._stop_read, self._stop_write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop_write.close()
        self._thread.join()
        self.udp.close()
        self.tcp.close()

    def __repr__(self):
        return f"{self.name} (peer {self.ip})"

    # ---- what it does by itself ----

    def _run(self):
        while True:
            ready, _, _ = select.select([self.udp, self.tcp, self._stop_read], [], [])
            if self._stop_read in ready:
                return
            if self.udp in ready:
                self._on_packet(*self.udp.recvfrom(65536))
            if self.tcp in ready:
                connection, source = self.tcp.accept()
                threading.Thread(target=self._serve, args=(connection, source), daemon=True).start()

    def _on_packet(self, data, source):
        try:
            packet = Packet(source[0], data)
        except Exception as error:  # whatever is wrong with it: a test asks for self.broken
            self.broken.append((source[0], data, error))
            return
        for kind, fields, _ in packet.messages:
            if kind == PING and self.answering and fields.get("Node") in (self.name.encode(), b"", None):
                to = (socket.inet_ntoa(fields["SourceAddr"][-4:]), fields["SourcePort"])
                self.udp.sendto(wire.message(ACK, SeqNo=fields["SeqNo"], Payload=None), to)
        with self._came:
            self.packets.append(packet)
            self._came.notify_all()

    def _serve(self, connection, source):
        with connection:
            connection.settimeout(10)
            try:
                found, data = read_message(connection)
                kind, fields, *_ = found
                with self._came:
                    self.streams.append((source[0], data, found))
                    self._came.notify_all()
                if not self.answering:
                    return
                if kind == PING:
                    connection.sendall(wire.message(ACK, SeqNo=fields["SeqNo"], Payload=None))
                if kind == PUSH_PULL:
                    connection.sendall(wire.push_pull([self.state()], join=fields["Join"]))
            except (OSError, EOFError):
                pass

    # ---- what it is told to say ----

    def seq(self) -> int:
        self._seq += 1
        return self._seq

    def send(self, agent, *packets: bytes):
        for packet in packets:
            self.udp.sendto(packet, (agent.ip, PORT))

    def ping(self, seq, node, source=True, **other) -> bytes:
        fields = {"SeqNo": seq, "Node": node}
        if source:
            fields |= {"SourceAddr": self.packed_ip, "SourcePort": PORT, "SourceNode": self.name}
        return wire.message(PING, **(fields | other))

    def state(self, **changed) -> dict:
        return wire.node_state(self.name, self.packed_ip, self.incarnation, meta=self.meta) | changed

    def alive(self, incarnation=None) -> bytes:
        if incarnation is not None:
            self.incarnation = incarnation
        return wire.message(wire.ALIVE, Incarnation=self.incarnation, Node=self.name, Addr=self.packed_ip, Port=PORT,
                            Meta=self.meta, Vsn=wire.SERF_VERSIONS)

    def expect(self, agent, kind, seconds=5, since=0, **fields):
        """Waits for a message of `kind` from `agent` with these fields: (packet, all its fields)."""
        deadline = time.monotonic() + seconds

        def find():
            for packet in self.packets[since:]:
                for found, got, _ in packet.messages:
                    if packet.source == agent.ip and found == kind and \
                            all(got.get(k) == v for k, v in fields.items()):
                        return packet, got
            return None

        with self._came:
            while True:
                found = find()
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Expired(f"within {seconds} s no message of type {kind} with {fields} came from {agent}")
                self._came.wait(left)

    def received(self, agent, kind) -> list:
        """The fields of every message of `kind` that `agent` has sent so far."""
        return [fields for packet in list(self.packets) if packet.source == agent.ip
                for found, fields, _ in packet.messages if found == kind]

    def is_answered(self, agent, node=None, seconds=5):
        """A plain ping is acked. Packets are handled in order, so whatever was sent before it has been handled."""
        seq = self.seq()
        self.send(agent, self.ping(seq, agent.name if node is None else node))
        return self.expect(agent, ACK, seconds, SeqNo=seq)

    @staticmethod
    def ask(agent, data: bytes, timeout=10):
        return ask(agent, data, timeout)

    @staticmethod
    def observe(agent):
        return observe(agent)

    def join(self, *agents):
        """Tells each of `agents` that this peer is alive, as a join does."""
        clocks = {"LTime": 1, "EventLTime": 1, "QueryLTime": 1, "StatusLTimes": {self.name: 1}, "LeftMembers": [],
                  "Events": []}
        user_state = b"\x02" + packing.encode(clocks, old=True)
        for agent in agents:
            if self.ask(agent, wire.push_pull([self.state()], user_state, join=True)) is None:
                raise AssertionError(f"{agent} refused the join of {self}")


def truncations(data: bytes):
    return [data[:n] for n in range(1, len(data))]
