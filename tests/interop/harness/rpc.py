"""A client of Serf's RPC (docs/protocol/rpc.md), the same for a serf and a musterd.

One `Rpc` is one connection used for requests only, from one thread. Streams of events have a connection of their own,
read by a thread, so that records never stand between a request and its answer.
"""
import ipaddress
import socket
import threading
import time

from . import packing

# The commands whose answer has a body, on success and on error alike.
WITH_BODY = {"join", "members", "members-filtered", "install-key", "use-key", "remove-key", "list-keys", "stats",
             "get-coordinate"}


class RpcError(Exception):
    """The agent answered with an error text."""


class Closed(Exception):
    """The agent closed the connection."""


class Rpc:
    def __init__(self, connect, timeout=15, handshake=True, auth=None):
        """`connect()` gives a connected stream socket."""
        self.socket = connect()
        self.socket.settimeout(timeout)
        self.seq = 0
        self.pending = b""
        self.early = []         # what came before it was asked for
        if handshake:
            self.ask("handshake", {"Version": 1})
        if auth is not None:
            self.ask("auth", {"AuthKey": auth})

    def close(self):
        self.socket.close()

    def send(self, command, body=None) -> int:
        self.seq += 1
        message = packing.encode({"Command": command, "Seq": self.seq})
        self.socket.sendall(message + (b"" if body is None else packing.encode(body)))
        return self.seq

    def receive(self):
        """The next object that the agent sends."""
        if self.early:
            return self.early.pop(0)
        return self._read()

    def _read(self):
        while True:
            try:
                value, end = packing.decode(self.pending)
                self.pending = self.pending[end:]
                return value
            except packing.Incomplete:
                try:
                    more = self.socket.recv(65536)
                except ConnectionResetError:
                    more = b""
                if not more:
                    raise Closed(f"closed after {len(self.pending)} bytes of an answer")
                self.pending += more

    def ask(self, command, body=None):
        """Sends a command and gives the body of its answer (None when it has none)."""
        seq = self.send(command, body)
        head = self.receive()
        if head.get("Seq") != seq:
            raise RpcError(f"{command}: answer has Seq {head.get('Seq')}, not {seq}")
        error = head["Error"]
        answer = None
        if command in WITH_BODY and error != "Authentication required":
            answer = self.receive()
        if error:
            raise RpcError(error)
        return answer

    def stream(self, kind):
        """Asks for a stream. A serf answers before it has begun one: only its answer to the next request says so."""
        self.ask("stream", {"Type": kind})
        seq, came = self.send("stop", {"Stop": 0}), []
        while (head := self._read()).get("Seq") != seq:
            came += [head, self._read()]
        self.early = came

    def members(self) -> list:
        return self.ask("members")["Members"]

    def join(self, *addresses, replay=False) -> int:
        return self.ask("join", {"Existing": list(addresses), "Replay": replay})["Num"]

    def leave(self):
        self.ask("leave")

    def force_leave(self, name, prune=False):
        self.ask("force-leave", {"Node": name, "Prune": prune})

    def tags(self, set_tags=None, delete=None):
        self.ask("tags", {"Tags": set_tags, "DeleteTags": delete})

    def stats(self) -> dict:
        return self.ask("stats")


class EventStream(threading.Thread):
    """Every record of a stream, with the moment at which it came. Ends when the agent does."""

    def __init__(self, connect, kind="*"):
        super().__init__(daemon=True)
        self.rpc = Rpc(connect)
        self.rpc.stream(kind)
        self.rpc.socket.settimeout(None)
        self.records = []
        self.start()

    def run(self):
        try:
            while True:
                self.rpc.receive()
                self.records.append((time.monotonic(), self.rpc.receive()))
        except (Closed, OSError):
            pass

    def seen(self, event, name=None) -> bool:
        return any(record["Event"] == event and (name is None or any(m["Name"] == name for m in record["Members"]))
                   for _, record in list(self.records))


def address(octets: bytes) -> str:
    """An address of the wire as text; the 16-byte form of an IPv4 address reads like the 4-byte one."""
    if not octets:
        return ""
    ip = ipaddress.ip_address(bytes(octets))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def tcp(host, port):
    return lambda: socket.create_connection((host, port), timeout=5)


def unix(path):
    def connect():
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(5)
        s.connect(path)
        return s
    return connect
