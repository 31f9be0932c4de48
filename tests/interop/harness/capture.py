"""What agents say to each other on the loopback interface, seen from outside. Needs root (a packet socket)."""
import select
import socket
import struct
import threading

from . import namespaces, wire
from .agents import PORT

_OUTGOING = 4           # PACKET_OUTGOING: each packet on lo is seen twice
_IP = 0x0800


class Datagram:
    """One datagram between two agents: its wrappers and messages, or what is wrong with it."""

    def __init__(self, source, target, data):
        self.source, self.target, self.data, self.layers = source, target, data, []
        self.messages, self.fault = [], None
        try:
            self.messages = wire.unwrap(data, self.layers)
        except Exception as error:
            self.fault = repr(error)


class Capture:
    """Everything sent to or from port 7946 of the addresses that begin with `block`, until closed.

    `interface` of `namespace`: by default the machine's loopback. On a switch, name one of its ports.
    """

    def __init__(self, block, interface="lo", namespace=None, raw=False):
        self.raw = bytearray() if raw else None     # all that was said, datagrams and streams, as it came
        self.prefix = bytes(int(part) for part in block.split("."))
        self.datagrams, self.streams = [], {}
        with namespaces.inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IP))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            self.socket.bind((interface, _IP))
        self._stop_read, self._stop_write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop_write.close()
        self._thread.join()
        self.socket.close()

    def _run(self):
        while True:
            ready, _, _ = select.select([self.socket, self._stop_read], [], [])
            if self._stop_read in ready:
                return
            frame, (_, _, kind, *_) = self.socket.recvfrom(70000)
            if kind != _OUTGOING:
                self._on_packet(frame[14:])

    def _on_packet(self, packet):
        if self.prefix not in (packet[12:12 + len(self.prefix)], packet[16:16 + len(self.prefix)]):
            return
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        rest = packet[4 * (packet[0] & 15):]
        if len(rest) < 8:
            return
        from_port, to_port = struct.unpack(">HH", rest[:4])
        if packet[9] == socket.IPPROTO_UDP and to_port == PORT:
            self.datagrams.append(Datagram(source, target, rest[8:]))
            self._keep(rest[8:])
        elif packet[9] == socket.IPPROTO_TCP and PORT in (from_port, to_port):
            data = rest[4 * (rest[12] >> 4):]
            if data:        # the first byte of each direction tells how it is wrapped
                self.streams.setdefault((source, from_port, target, to_port), data[:1])
                self._keep(data)

    def _keep(self, data):
        if self.raw is not None:
            self.raw += data

    # ---- questions ----

    def between(self, sources, targets):
        sources, targets = {a.ip for a in sources}, {a.ip for a in targets}
        return [d for d in list(self.datagrams) if d.source in sources and d.target in targets]

    def layers_between(self, sources, targets) -> set:
        return {tuple(d.layers) for d in self.between(sources, targets)}

    def requests_to(self, agent) -> list:
        """The first bytes of the streams to `agent`. Who dialled is not told: a dialler's address is the route's."""
        return [first for (_, _, to, port), first in list(self.streams.items()) if (to, port) == (agent.ip, PORT)]

    def answers_of(self, agent) -> list:
        return [first for (at, port, _, _), first in list(self.streams.items()) if (at, port) == (agent.ip, PORT)]

    def strange(self, sources) -> list:
        """Datagrams of `sources` that do not follow the protocol's limits (docs/protocol/memberlist.md 1.2, 1.7)."""
        sources = {a.ip for a in sources}
        return [(d.source, d.target, d.fault or f"{len(d.data)} bytes", d.data[:60].hex())
                for d in list(self.datagrams) if d.source in sources and (d.fault or len(d.data) > 1407)]
