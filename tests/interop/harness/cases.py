"""What a case is: a function with a sentence for a name, a budget of seconds, and what it needs."""
import contextlib
import os
import shutil
import subprocess
import tempfile

from .cluster import Cluster
from .complaints import complaints
from .waiting import check

CASES = []
MENDING = 60        # seconds beside a case's budget, for a gossip that missed somebody: see Cluster.mended()


class Skipped(Exception):
    """This machine cannot run the case; the text says what is missing."""


class Case:
    def __init__(self, function, budget, needs, long_budget, alone, provoking, known):
        self.function, self.budget, self.needs, self.alone = function, budget + MENDING, needs, alone
        self.provoking, self.known = provoking, known
        self.long_budget = (long_budget or budget) + MENDING
        self.name = function.__name__
        self.sentence = self.name.replace("_", " ")


def case(budget=60, needs=(), long_budget=None, alone=False, provoking=(), known=None):
    """Marks a function as a case. It is called with a Run.

    budget: seconds until it is ended as failed; long_budget: the same under --long. needs: "muster" (means nothing in
    a run of serf only), "root". alone: nothing else runs meanwhile. provoking: what a serf may complain of in its log
    here beside what is on the lists of complaints.py; any other complaint fails the case. known: a defect that is known
    and not yet mended, in a sentence: a failure is counted as skipped, and said; success counts as ever.
    """
    def mark(function):
        CASES.append(Case(function, budget, (needs,) if isinstance(needs, str) else tuple(needs), long_budget, alone,
                          provoking, known))
        return function
    return mark


class Run:
    """What one case is given: its addresses, its directory, and what it opened, closed again at its end."""

    def __init__(self, block, number, directory, long=False, serf_only=False):
        self.block, self.directory, self.long = block, directory, long
        self.number = number
        self.replace = {"muster": "serf"} if serf_only else {}
        self.serf_only = serf_only
        self.seed = int(os.environ.get("SEED") or int.from_bytes(os.urandom(4), "big"))
        self._clusters = []
        self._closing = contextlib.ExitStack()

    def cluster(self) -> Cluster:
        part = len(self._clusters)
        cluster = Cluster(f"{self.block}.{self.number}" if part == 0 else f"{self.block}.{self.number + 100 * part}",
                          os.path.join(self.directory, f"cluster{part}"), self.replace)
        self._clusters.append(cluster)
        self._closing.callback(cluster.close)
        return cluster

    def closing(self, thing):
        """`thing.close()` is called at the end of the case."""
        self._closing.callback(thing.close)
        return thing

    def check_complaints(self, provoking):
        """No serf's log may hold an error or a warning that serfs do not write about serfs."""
        for cluster in self._clusters:
            ended = any(not agent.running or agent.lives > 1 for agent in cluster.agents)
            for agent in cluster.of("serf"):
                found = complaints(agent.log(), ended, provoking)
                check(not found, lambda: f"{agent} complains:\n    " + "\n    ".join(found[:20]))

    def report(self) -> str:
        return "\n".join(cluster.report() for cluster in self._clusters)

    def close(self):
        self._closing.close()


def working_directory():
    """A directory of its own, with a path short enough for a socket's."""
    path = tempfile.mkdtemp(prefix="muster-test-", dir="/tmp")
    return path, lambda: shutil.rmtree(path, ignore_errors=True)


def have_root() -> bool:
    return os.geteuid() == 0


def output_of(*command) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
