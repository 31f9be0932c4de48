"""Waiting for a condition until a deadline: the only way in which these tests let time pass."""
import time


class Expired(AssertionError):
    pass


def wait_until(condition, seconds, what, every=0.05):
    """Polls `condition` until it is true and gives its value. `what` completes the sentence "never saw ...".

    `what` may be a function: it is asked once, when the deadline has passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Expired(f"within {seconds:g} s never saw {what() if callable(what) else what}")
        time.sleep(every)


def holds_for(condition, seconds, what, every=0.25):
    """The opposite of a wait: `condition` has to stay true all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what() if callable(what) else what
        time.sleep(every)


def check(condition, what):
    """An assertion whose text is written for a person. Not switched off by any flag of Python's."""
    if not condition:
        raise AssertionError(what() if callable(what) else what)


def check_equal(seen, wanted, what):
    if seen != wanted:
        raise AssertionError(f"{what}\n    wanted: {wanted!r}\n    saw:    {seen!r}")
