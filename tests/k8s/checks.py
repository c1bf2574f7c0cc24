"""Checks of a running cluster: a line each, and waiting for conditions instead of for time."""

import subprocess
import time


class Failed(Exception):
    """A check did not find what it looked for."""


def expect(holds, said):
    if not holds:
        raise Failed(said)


def wait(what, seconds, condition):
    """The first answer of `condition` that is something; it is asked until the time is over."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (Failed, OSError) as error:
            last = error
        time.sleep(0.1)
    raise Failed(f"{what}: not within {seconds} s; the last word was {last}")


class Checks:
    """Counts what was looked at; `after_failure` prints what somebody who reads of one wants to see next."""

    def __init__(self, after_failure=lambda: None):
        self.passed = self.failed = 0
        self.after_failure = after_failure

    def __call__(self, what, check, *arguments):
        began = time.monotonic()
        took = lambda: f"{(time.monotonic() - began) * 1000:7.0f} ms"
        try:
            found = check(*arguments)
        except (Failed, OSError, subprocess.TimeoutExpired, LookupError, ValueError) as error:
            self.failed += 1
            print(f"FAIL {took()}  {what}: {type(error).__name__}: {error}", flush=True)
            self.after_failure()
        else:
            self.passed += 1
            print(f"ok   {took()}  {what}{f': {found}' if isinstance(found, str) and found else ''}", flush=True)

    def end(self):
        """Says how it went; the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
