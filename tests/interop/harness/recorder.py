"""Hooks that write down what they were given, byte by byte, and how they are configured.

Each call is one line of JSON, in one write to a file that is only appended to: calls that run at once, and agents that
are killed, leave whole lines.
"""
import json
import os
import shlex
import signal
import sys

_PROGRAM = """
import json, os, sys
def read(descriptor):
    data = b""
    while True:
        more = os.read(descriptor, 65536)
        if not more:
            return data.decode("latin-1")
        data += more
call = {"environment": {k.decode("latin-1"): v.decode("latin-1") for k, v in os.environb.items()
                        if k.startswith((b"SERF_", b"MUSTER_", b"OUR_"))},
        "words": [os.fsencode(word).decode("latin-1") for word in sys.argv[2:]], "input": read(0)}
if os.environ.get("OUR_JSON"):
    call["json"] = read(3)
record = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(record, (json.dumps(call) + "\\n").encode())
"""


class Call:
    """One call of a hook: its variables by name, its input, what was on descriptor 3; all of them bytes."""

    def __init__(self, line):
        call = json.loads(line)
        self.environment = {name: value.encode("latin-1") for name, value in call["environment"].items()}
        self.words = [word.encode("latin-1") for word in call["words"]]
        self.input, self.json = call["input"].encode("latin-1"), call.get("json", "").encode("latin-1")

    def __getitem__(self, name) -> bytes:
        return self.environment.get(name, b"")

    def __repr__(self):
        return f"<{self['MUSTER_HOOK']} {self['MUSTER_EVENT']} {self['MUSTER_SEQ']} {self.input!r}>"


class Recorder:
    def __init__(self, directory, name="calls"):
        self.path = os.path.join(directory, name)
        self.program = os.path.join(directory, "recorder.py")
        with open(self.program, "w") as file:
            file.write(_PROGRAM)
        self.words = [sys.executable, "-I", "-S", self.program, self.path]
        self.shell = " ".join(shlex.quote(word) for word in self.words)

    def calls(self, hook=None) -> list:
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            calls = [Call(line) for line in file]
        return [call for call in calls if hook is None or call["MUSTER_HOOK"] == hook.encode()]


def hook(name, on, **keys) -> str:
    """A table for the configuration. A word that holds no text (a table, a number) is given as it is."""
    def value(of):
        if isinstance(of, dict):
            return "{ " + ", ".join(f"{key} = {value(each)}" for key, each in of.items()) + " }"
        return json.dumps(of)

    lines = [f"{key} = {value(of)}" for key, of in ({"name": name, "on": on} | keys).items()]
    return "[[hook]]\n" + "\n".join(lines) + "\n"


def is_there(pid) -> bool:
    """A process that has ended and is not waited for yet is not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


class Pids:
    """The processes that wrote their numbers into a file; `close()` ends those that are left."""

    def __init__(self, directory, name="pids"):
        self.path = os.path.join(directory, name)

    def all(self) -> list:
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return [int(line) for line in file]

    def left(self) -> list:
        return [pid for pid in self.all() if is_there(pid)]

    def close(self):
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
