"""Runs the cases of a folder, each in a process of its own, some at a time.

    run.sh [PATTERN...] [--long (or --deep)] [--serf-only] [--list] [--jobs N] [--keep]

PATTERN: only cases whose name contains it. --long: the long forms. --serf-only: every musterd is replaced by a serf;
what fails or is complained about then is not muster's doing. --keep: the logs stay, and where they are is printed.
A line a case; the last line is `N passed, N failed`, and `, N skipped` if there were any.
"""
import argparse
import atexit
import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from . import cases
from .agents import BINARIES
from .cases import CASES, Run, Skipped


def options_from(arguments):
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.split("\n")[0])
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS, metavar=("NAME", "BLOCK", "NUMBER"))
    parser.add_argument("--long", "--deep", action="store_true", help="the long forms of the cases")
    parser.add_argument("--serf-only", action="store_true", help="every musterd is replaced by a serf")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--keep", action="store_true", help="keep the logs")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS", 6)), help="cases at a time (default 6)")
    return parser.parse_args(arguments)


def load(folder):
    sys.path.insert(0, folder)
    for file in sorted(os.listdir(folder)):
        if file.startswith("cases_") and file.endswith(".py"):
            importlib.import_module(file[:-3])


def reserve_block():
    """A part of 127/8 that is ours for as long as the socket lives: several runs share a machine."""
    for second in range(20, 250):
        lock = socket.socket()
        try:
            lock.bind((f"127.{second}.255.254", 7945))
            lock.listen(1)
            return f"127.{second}", lock
        except OSError:
            lock.close()
    raise SystemExit("no free block of loopback addresses: 230 runs at once?")


# ---- one case, in its own process ----

def run_one(options) -> int:
    name, block, number = options.one
    found = next(c for c in CASES if c.name == name)
    directory, remove = cases.working_directory()
    run = Run(block, int(number), directory, long=options.long, serf_only=options.serf_only)
    atexit.register(run.close)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    try:
        found.function(run)
        run.check_complaints(found.provoking)
        return 0
    except Skipped as reason:
        print(reason)
        return 2
    except SystemExit:
        print(f"    ended after its budget; it was here:\n{''.join(traceback.format_stack(limit=6))}\n{run.report()}")
        raise
    except BaseException:
        print(f"    replay: SEED={run.seed} run.sh {name}")
        traceback.print_exc(file=sys.stdout, limit=-4)
        print(run.report())
        return 1
    finally:
        run.close()
        if options.keep:
            print(f"    logs: {directory}")
        else:
            remove()


# ---- all of them ----

class Running:
    """One case that runs as a child, its output going to a file."""

    def __init__(self, found, options, block, number):
        self.case, self.started = found, time.monotonic()
        self.budget = found.long_budget if options.long else found.budget
        self.output = tempfile.TemporaryFile()
        flags = [flag for flag, on in (("--long", options.long), ("--serf-only", options.serf_only),
                                       ("--keep", options.keep)) if on]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "harness", "--folder", options.folder, *flags,
             "--one", found.name, block, str(number)],
            cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))), stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=subprocess.STDOUT)

    def ended(self) -> bool:
        spent = time.monotonic() - self.started
        if self.process.poll() is None and spent > self.budget + 15:
            self.process.kill()
            self.process.wait()
        elif self.process.poll() is None and spent > self.budget:
            self.process.terminate()
        return self.process.poll() is not None

    def report(self) -> str:
        """Prints its line; gives "passed", "failed" or "skipped"."""
        self.output.seek(0)
        text = self.output.read().decode("utf-8", "backslashreplace").rstrip()
        outcome = {0: "passed", 2: "skipped"}.get(self.process.returncode, "failed")
        if outcome == "failed" and self.case.known:
            outcome, text = "skipped", f"known to fail: {self.case.known}"
        line = f"{outcome:8}{time.monotonic() - self.started:6.1f} s  {self.case.sentence}"
        if text and outcome == "skipped":
            line += f": {text}"
        elif text:
            line += "\n" + text
        print(line, flush=True)
        return outcome


def unmet(found, options):
    if "muster" in found.needs and options.serf_only:
        return "means nothing with serf only"
    if "root" in found.needs and not cases.have_root():
        return "needs root"
    return None


def run_all(options) -> int:
    chosen = [c for c in CASES if not options.patterns or any(p in c.name for p in options.patterns)]
    if options.list:
        print("\n".join(c.name for c in chosen))
        return 0
    for program in ("serf",) if options.serf_only else ("serf", "musterd", "muster"):
        if not os.access(BINARIES[program], os.X_OK):
            raise SystemExit(f"no {program} at {BINARIES[program]}: build it, or name it with {program.upper()}=PATH")
    block, _lock = reserve_block()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    waiting = []
    for found in sorted(chosen, key=lambda c: (c.alone, -(c.long_budget if options.long else c.budget))):
        reason = unmet(found, options)
        if reason:
            print(f"skipped {0:6.1f} s  {found.sentence}: {reason}", flush=True)
            counts["skipped"] += 1
        else:
            waiting.append(found)
    running, number = [], 0
    while waiting or running:
        while waiting and len(running) < options.jobs and not (running and (waiting[0].alone or running[0].case.alone)):
            running.append(Running(waiting.pop(0), options, block, number))
            number = (number + 1) % 100
        time.sleep(0.05)
        for one in [r for r in running if r.ended()]:
            running.remove(one)
            counts[one.report()] += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed" +
          (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    return 1 if counts["failed"] or not counts["passed"] else 0


def main() -> int:
    options = options_from(sys.argv[1:])
    options.folder = os.path.abspath(options.folder)
    load(options.folder)
    return run_one(options) if options.one else run_all(options)
