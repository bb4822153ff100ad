"""Say things on the terminal, run programs, and stop with a message."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

INTERRUPTED = 130
TERMINATED = 143


class Stop(Exception):  # noqa: N818  (it ends a command; it is no defect)
    """Ends the command; its text tells the person what happened and what to do."""


def say(text: str = "") -> None:
    """Print a line at once, also when the output is a pipe."""
    print(text, flush=True)


def note(text: str) -> None:
    """Replace the last line of a terminal by `text`; print nothing into a pipe."""
    if sys.stdout.isatty():
        print(f"\r\x1b[2K{text[:100]}", end="", flush=True)


def clear_note() -> None:
    """Remove the line that `note` left."""
    note("")


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a program in this terminal to its end and return its exit code.

    Ctrl+C reaches the program as well: it gets the time to end in its own way. When this process
    is told to end, so is the program.
    """
    try:
        process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=env)
    except OSError as error:
        raise Stop(f"{command[0]} could not be started: {error}") from error
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                if process.poll() is not None:
                    raise
    finally:
        if process.poll() is None:
            process.terminate()


def end_children_when_terminated() -> None:
    """Turn SIGTERM into an ordinary exit, so that `run` takes its program along."""

    def leave(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(TERMINATED)

    signal.signal(signal.SIGTERM, leave)
