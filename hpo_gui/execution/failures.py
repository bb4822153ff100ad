"""What goes wrong in a worker, as `Failure` values in the words that people read."""

from __future__ import annotations

import signal
import sys
import traceback

import msgspec

from hpo_gui.core.errors import StudioError
from hpo_gui.core.trial import Failure

LONGEST_MESSAGE = 500
LONGEST_TRACEBACK = 16_000


def raised(error: BaseException, *, memory_mb: int | None = None) -> Failure:
    """The failure for an exception of the objective.

    Parameters
    ----------
    memory_mb : the limit in force; a `MemoryError` is then blamed on it
    """
    details = shorten("".join(traceback.format_exception(error)), LONGEST_TRACEBACK)
    if isinstance(error, MemoryError) and memory_mb is not None:
        return Failure("memory_limit", memory_message(memory_mb), details)
    return Failure("raised", describe(error), details)


def describe(error: BaseException) -> str:
    """One line: the message of a `StudioError`, ``Type: message`` of anything else."""
    try:
        text = str(error)
    except Exception as second:  # noqa: BLE001 - a user's exception may not even have a text
        text = f"(its message cannot be shown: {type(second).__name__})"
    if not isinstance(error, StudioError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return shorten(text, LONGEST_MESSAGE)


def crashed(exitcode: int | None, output: str = "") -> Failure:
    """The failure for a worker that died in the middle of a task."""
    return Failure("crashed", f"The worker {describe_exit(exitcode)} during this trial.", output)


def cannot_start(failure: Failure) -> Failure:
    """The failure of every task, because the objective cannot even be made."""
    return msgspec.structs.replace(
        failure, message=f"The objective cannot be prepared: {failure.message}"
    )


def died_at_start(exitcode: int | None, output: str = "") -> Failure:
    """The failure of every task, because workers die before they can take one."""
    message = f"A worker {describe_exit(exitcode)} before it was ready."
    if exitcode == 1 and not output:
        # Python itself has ended the process, before this package was asked.
        message += (
            " A script of your own that starts a study must do so under"
            ' `if __name__ == "__main__":`, as each worker reads the script again.'
        )
    return Failure("crashed", message, output)


def describe_exit(exitcode: int | None) -> str:
    """How a process ended, as a clause that follows its name."""
    if exitcode is None:
        return "stopped answering"
    if exitcode >= 0:
        return f"ended with exit code {exitcode}"
    number = -exitcode
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = ""
    if sys.platform != "win32" and number == signal.SIGKILL:
        hint = "; the system does that when the computer runs out of memory"
    return f"was killed by {name} (signal {number}{hint})"


def too_slow(seconds: float, output: str = "") -> Failure:
    """The failure for a task that ran into its time limit."""
    message = f"The trial took longer than its time limit of {seconds:g} s."
    return Failure("time_limit", message, output)


def too_large(memory_mb: int, used_mb: float, output: str = "") -> Failure:
    """The failure for a task that was caught above its memory limit."""
    return Failure("memory_limit", memory_message(memory_mb, used_mb), output)


def memory_message(memory_mb: int, used_mb: float | None = None) -> str:
    """Names the memory limit and, where known, what was used."""
    used = "" if used_mb is None else f": it used {used_mb:.0f} MiB"
    return f"The trial needed more than its memory limit of {memory_mb} MiB{used}."


def shorten(text: str, limit: int) -> str:
    """The beginning and the end of a text that is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}\n… {len(text) - limit} characters left out …\n{text[head - limit :]}"
