"""Errors and warnings in serf's logs: which of them clusters of nothing but serf write in the same situation.

The list was made by running the same cases with --serf-only. Whatever is not on it is a complaint about muster.
"""
import re

# Pattern, and why a serf writes it about another serf.
ALWAYS = [
    (r"\[WARN\] serf: Shutdown without a Leave", "it was ended by SIGTERM"),
    (r"\[WARN\] agent: Serf shutdown detected, quitting", "it has left, as it was told to"),
    (r"\[(WARN|ERR)\] agent\.ipc: .*(EOF|connection reset|closed|broken pipe)", "a test that closed its RPC connection"),
]
GONE = "(connection refused|i/o timeout|connection reset|EOF|broken pipe|use of closed)"
AFTER_DEATHS = [
    (rf"\[ERR\] memberlist: Failed fallback ping: .*{GONE}", "a stream ping to a host that is gone, or goes meanwhile"),
    (rf"\[ERR\] memberlist: Push/Pull with .* failed: .*{GONE}", "a push/pull with a host that is gone"),
    (rf"\[ERR\] memberlist: (Failed to (send|receive)|Error sending|Error responding|error reading).*{GONE}",
     "the other host went meanwhile"),
    (r"\[WARN\] memberlist: Refuting an? (alive|dead|suspect) message", "who returns under its name hears what was "
     "thought of it"),
    (r"\[WARN\] memberlist: Was able to connect to .* but other probes failed", "it died under the packet, and was "
     "back for the stream"),
]


def complaints(log: str, after_deaths=False, also=()) -> list:
    """The lines of an error or a warning in a serf's log that nothing on the lists explains.

    `after_deaths`: agents ended in this case. `also`: further patterns that are right in the situation of one case.
    """
    known = [pattern for pattern, _ in ALWAYS + (AFTER_DEATHS if after_deaths else [])] + list(also)
    return [line.strip() for line in log.splitlines()
            if re.search(r"\[(ERR|WARN|CRIT)\]|^panic|^fatal error|goroutine \d+ \[", line)
            and not any(re.search(pattern, line) for pattern in known)]


def failures_reported(log: str) -> list:
    """(time of day as text, name) of every member that this serf reported as failed."""
    return re.findall(r"(\d\d:\d\d:\d\d) \[INFO\] serf: EventMemberFailed: (\S+)", log)
