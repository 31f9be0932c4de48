"""What a musterd has written into its state.db, read from a copy: the agent holds the file itself."""
import os
import shutil
import sqlite3


def state_of(agent) -> str:
    """The path of its state.db."""
    return os.path.join(agent.directory, f"{agent.name}.data", "state.db")


def copy_state(agent, directory):
    """The file and its log, as they are now."""
    os.makedirs(directory, exist_ok=True)
    for suffix in ("", "-wal"):
        target = os.path.join(directory, "state.db" + suffix)
        if os.path.exists(target):
            os.unlink(target)
        if os.path.exists(state_of(agent) + suffix):
            shutil.copyfile(state_of(agent) + suffix, target)


def stored(agent, question):
    """What it answers; nothing if it was copied in the middle of a write."""
    directory = os.path.join(agent.directory, f"{agent.name}.copy")
    copy_state(agent, directory)
    try:
        with sqlite3.connect(os.path.join(directory, "state.db")) as db:
            return db.execute(question).fetchall()
    except sqlite3.Error:
        return []


def kept(agent, name, status) -> bool:
    """Whether its file says by now that `name` is `status`."""
    return (status.encode(),) in stored(agent, f"select status from members where name = cast('{name}' as blob)")
