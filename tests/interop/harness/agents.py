"""Agents as processes: a serf and a musterd behind one interface.

Each agent has an address of its own (a loopback address, or one inside a network namespace) and the port 7946 there, as
hosts have; its RPC listens on port 7373 of the same address. An agent never outlives the process that started it
(the kernel kills it with its parent), whatever ends that process.
"""
import json
import os
import signal
import socket
import subprocess

from . import namespaces, packing
from .rpc import Closed, EventStream, Rpc, address, unix
from .waiting import Expired, check, wait_until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PORT = 7946
RPC_PORT = 7373
BINARIES = {
    "serf": os.environ.get("SERF") or os.path.join(ROOT, "build/serf/usr/bin/serf"),
    "musterd": os.environ.get("MUSTERD") or os.path.join(ROOT, "build/release/daemon/musterd"),
    "muster": os.environ.get("MUSTER") or os.path.join(ROOT, "build/release/cli/muster"),
}
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("MUSTER", "SERF_", "XDG_RUNTIME"))}


def unmarked(tags) -> dict:
    """Without the reserved tag `muster`, of which the tests of rings and elections tell."""
    return {key: value for key, value in tags.items() if key != "muster"}


def host_port(host) -> str:
    return f"[{host}]:{PORT}" if ":" in host else f"{host}:{PORT}"


def command_in(namespace, *command):
    """`command` as it is started: dying with its parent, inside `namespace` if there is one."""
    inside = ("ip", "netns", "exec", namespace) if namespace else ()
    return ["setpriv", "--pdeathsig", "KILL", *inside, *command]


def run_in(namespace, *command, timeout=20, **options):
    """Runs a command to its end: a CompletedProcess with its output as text."""
    return subprocess.run(command_in(namespace, *command), capture_output=True, text=True, errors="surrogateescape",
                          timeout=timeout, env=options.pop("env", ENVIRONMENT), **options)


class Agent:
    """One agent. `status` is what every other agent has to say about it, and follows what is done to it."""

    kind = None

    def __init__(self, name, ip, directory, tags=None, profile="local", namespace=None, bind=None, log_level="debug",
                 extra=()):
        self.name, self.ip, self.tags, self.profile = name, ip, dict(tags or {}), profile
        self.namespace, self.log_level, self.extra = namespace, log_level, list(extra)
        self.move_to(ip, bind)
        self.log_path = os.path.join(directory, f"{name}.{self.kind}.log")
        self.directory = directory
        self.process = None
        self.lives = 0
        self.status = None
        self._rpc = None

    def __repr__(self):
        return f"{self.name} ({self.kind} {self.ip})"

    # ---- its life ----

    def start(self, *seeds, wait=True, deadline=20):
        """Starts it, joining `seeds` (agents, or addresses as text)."""
        self.close_rpc()
        seeds = [seed.ip if isinstance(seed, Agent) else seed for seed in seeds]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command_in(self.namespace, *self.command(seeds)), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=ENVIRONMENT, start_new_session=True,
                                            cwd=self.directory)
        self.status = "alive"
        self.lives += 1
        if wait:
            wait_until(self.answers, deadline, f"{self} answering; its log:\n{self.log_tail()}")
        return self

    def move_to(self, ip, bind=None):
        """Its address from its next start on."""
        self.ip = ip
        self.bind = ip if bind is None else bind
        self.rpc_ip = "127.0.0.1" if self.namespace else ip

    def answers(self) -> bool:
        check(self.process.poll() is None,
              lambda: f"{self} ended with status {self.process.returncode} at its start:\n{self.log_tail()}")
        try:
            self.rpc
            return True
        except (OSError, Closed):
            return False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send_signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        """SIGKILL: to the others it fails."""
        self.close_rpc()
        self.process.kill()
        self.process.wait()
        self.status = "failed"

    def terminate(self, number=signal.SIGTERM, deadline=20) -> int:
        """A signal that ends it: gives its exit status. To the others it leaves."""
        self.close_rpc()
        self.send_signal(number)
        self.status = "left"
        return self.wait_ended(deadline)

    def leave(self, deadline=25):
        """The graceful leave, asked for over its RPC."""
        self.rpc.leave()
        self.close_rpc()
        self.status = "left"
        return self.wait_ended(deadline)

    def wait_ended(self, deadline) -> int:
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise Expired(f"{self} had not ended after {deadline} s:\n{self.log_tail()}") from None

    def stop(self):
        """The end of a test: without ceremony."""
        self.close_rpc()
        if self.running:
            self.process.kill()
            self.process.wait()

    # ---- what it says ----

    def connect(self, port=RPC_PORT):
        """A TCP connection to it, made inside its namespace."""
        with namespaces.inside(self.namespace):
            return socket.create_connection((self.rpc_ip if port == RPC_PORT else self.ip, port), timeout=15)

    @property
    def rpc(self) -> Rpc:
        if self._rpc is None:
            self._rpc = Rpc(self.connect)
        return self._rpc

    def close_rpc(self):
        if self._rpc is not None:
            self._rpc.close()
            self._rpc = None

    def table(self) -> dict:
        """Its members: {name: (address, port, status, {tag: value})}, without the mark that every musterd has."""
        return {m["Name"]: (address(m["Addr"]), m["Port"], m["Status"], unmarked(m["Tags"] or {}))
                for m in self.rpc.members()}

    def events(self, kind="*") -> EventStream:
        return EventStream(self.connect, kind)

    def log(self) -> str:
        with open(self.log_path, "rb") as log:
            return packing.text(log.read())

    def log_tail(self, lines=25) -> str:
        kept = [line for line in self.log().splitlines() if "[DEBUG]" not in line]
        return "\n".join("        " + line for line in kept[-lines:])


class SerfAgent(Agent):
    kind = "serf"

    def command(self, seeds):
        return [BINARIES["serf"], "agent", f"-node={self.name}", f"-bind={host_port(self.bind)}",
                f"-rpc-addr={self.rpc_ip}:{RPC_PORT}", f"-profile={self.profile}", f"-log-level={self.log_level}",
                *(f"-tag={k}={v}" for k, v in self.tags.items()), *(f"-join={host_port(seed)}" for seed in seeds), *self.extra]

    def cli(self, *arguments, **options):
        """`serf ARGUMENTS` against this agent."""
        command, *rest = arguments
        return run_in(self.namespace, BINARIES["serf"], command, f"-rpc-addr={self.rpc_ip}:{RPC_PORT}", *rest, **options)


class MusterAgent(Agent):
    kind = "muster"

    def __init__(self, *arguments, config=None, rpc=True, data=False, under=(), **options):
        super().__init__(*arguments, **options)
        self.socket = os.path.join(self.directory, f"{self.name}.sock")
        self.serves_rpc, self.data, self.under = rpc, data, list(under)
        self.config = None
        if config is not None:
            self.config = os.path.join(self.directory, f"{self.name}.toml")
            with open(self.config, "w") as file:
                file.write(config)

    def command(self, seeds):
        storage = [f"--data-dir={self.directory}/{self.name}.data"] if self.data else ["--ephemeral"]
        return [*self.under, BINARIES["musterd"], *([f"--config={self.config}"] if self.config else []), f"--node={self.name}",
                f"--bind={host_port(self.bind)}", f"--api={self.socket}", *storage,
                *([f"--rpc-addr={self.rpc_ip}:{RPC_PORT}"] if self.serves_rpc else []), f"--profile={self.profile}",
                f"--log-level={self.log_level}", *(f"--tag={k}={v}" for k, v in self.tags.items()),
                *(f"--join={host_port(seed)}" for seed in seeds), *self.extra]

    def connect(self, port=RPC_PORT):
        if port == RPC_PORT and not self.serves_rpc:
            return unix(self.socket)()
        return super().connect(port)

    def cli(self, *arguments, **options):
        """`muster ARGUMENTS` against this agent's socket."""
        return run_in(None, BINARIES["muster"], f"--api={self.socket}", *arguments, **options)

    def json(self, *arguments, **options):
        """The one JSON object that `muster ARGUMENTS` prints."""
        done = self.cli("--format=json", *arguments, **options)
        check(done.returncode == 0, f"muster {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def rejected(self) -> dict:
        """How many packets it has refused, by reason."""
        return self.json("info")["rejected"]


KINDS = {"serf": SerfAgent, "muster": MusterAgent}
