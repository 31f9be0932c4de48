"""Hosts as network namespaces on one switch, with links that fail on command. Needs root.

Each host has an address 10.77.0.N on its `eth0` and a loopback of its own; nothing reaches the machine's own network.
Faults are nftables rules on the way into the host that suffers them (`tc netem` is not everywhere).
"""
import os
import shutil
import subprocess

from .cases import Skipped, have_root
from .waiting import check


def _run(*command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    check(done.returncode == 0, lambda: f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Host:
    def __init__(self, namespace, ip):
        self.namespace, self.ip = namespace, ip

    def __repr__(self):
        return self.ip

    def run(self, *command, stdin=None):
        return _run("ip", "netns", "exec", self.namespace, *command, stdin=stdin)

    @property
    def ipv6(self):
        return "fd77::" + self.ip.rsplit(".", 1)[1]

    def resolve(self, names):
        """What names mean on this host: {name: address}. Changes reach programs that run already."""
        directory = f"/etc/netns/{self.namespace}"      # ip netns puts it over /etc/hosts
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/hosts", "w") as file:
            file.write("127.0.0.1 localhost\n" + "".join(f"{ip} {name}\n" for name, ip in names.items()))


class World:
    """Some hosts on a switch. `close()` takes them away."""

    TABLE = "table inet faults {\n chain arriving {\n type filter hook input priority 0;\n }\n}\n"

    def __init__(self, hosts):
        if not have_root():
            raise Skipped("network namespaces need root")
        missing = [tool for tool in ("ip", "nft") if not shutil.which(tool)]
        if missing:
            raise Skipped(f"no {' and '.join(missing)} (packages iproute2 and nftables)")
        # A container's root may lack CAP_NET_ADMIN.
        trial = subprocess.run(("unshare", "--net", "ip", "link", "add", "br0", "type", "bridge"),
                               capture_output=True, text=True)
        if "not permitted" in trial.stderr:
            raise Skipped(f"no network of one's own here: {trial.stderr.strip()}")
        self.prefix = f"mt{os.getpid()}-"
        self._sweep()
        self.switch = Host(self.prefix + "sw", None)
        self.hosts = [Host(f"{self.prefix}h{n}", f"10.77.0.{n}") for n in range(1, hosts + 1)]
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        _run("ip", "netns", "add", self.switch.namespace)
        self.switch.run("ip", "link", "add", "br0", "type", "bridge")
        self.switch.run("ip", "link", "set", "br0", "up")
        for n, host in enumerate(self.hosts, 1):
            _run("ip", "netns", "add", host.namespace)
            host.run("ip", "link", "add", "eth0", "type", "veth", "peer", f"port{n}", "netns", self.switch.namespace)
            self.switch.run("ip", "link", "set", f"port{n}", "up", "master", "br0")
            host.run("ip", "link", "set", "lo", "up")
            host.run("ip", "addr", "add", f"{host.ip}/24", "dev", "eth0")
            host.run("ip", "addr", "add", f"{host.ipv6}/64", "dev", "eth0", "nodad")
            host.run("ip", "link", "set", "eth0", "up")
            host.run("ip", "route", "add", "default", "via", "10.77.0.254")
            host.run("nft", "-f", "-", stdin=self.TABLE)

    @staticmethod
    def _sweep():
        """Takes away what a killed run has left."""
        for line in _run("ip", "netns", "list").splitlines():
            name = line.split()[0] if line.split() else ""
            pid = name[2:].split("-")[0]
            if name.startswith("mt") and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
                subprocess.run(["ip", "netns", "del", name], capture_output=True)
                shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)

    def close(self):
        for host in [*self.hosts, self.switch]:
            subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True)
            shutil.rmtree(f"/etc/netns/{host.namespace}", ignore_errors=True)

    # ---- faults ----

    def cut_one_way(self, sources, targets):
        """Nothing from `sources` arrives at `targets` any more."""
        for target in targets:
            for source in sources:
                if source is not target:
                    target.run("nft", "add", "rule", "inet", "faults", "arriving", "ip", "saddr", source.ip, "drop")

    def cut(self, some, others):
        self.cut_one_way(some, others)
        self.cut_one_way(others, some)

    def lose(self, percent, hosts=None):
        """So many of a hundred packets from elsewhere are lost on their way into `hosts` (all, if not given)."""
        for host in hosts or self.hosts:
            host.run("nft", "add", "rule", "inet", "faults", "arriving", "iifname", "eth0",
                     "numgen", "random", "mod", "100", "<", str(percent), "drop")

    def heal(self):
        for host in self.hosts:
            host.run("nft", "flush", "chain", "inet", "faults", "arriving")

    def change_address(self, host, ip):
        host.run("ip", "addr", "del", f"{host.ip}/24", "dev", "eth0")   # in this order: it takes its secondaries along
        host.run("ip", "addr", "add", f"{ip}/24", "dev", "eth0")
        host.run("ip", "route", "replace", "default", "via", "10.77.0.254")
        host.ip = ip
