"""What the program writes down of itself, so that a crash can be told later: one file a process.

The file holds a line about the program, which study runs, and what went wrong: exceptions that
nothing caught, and where each thread was when the interpreter died. It stays on this computer. Of
exceptions it has places in the code and the kind; what stands in quotes in a message, where values
of data would be, is left out, and so is the source of files that are not the program's.

A process that ends as it should and has nothing to tell leaves no file; see `crash_reports` for
what becomes of the others.
"""

from __future__ import annotations

import contextlib
import faulthandler
import linecache
import os
import platform
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from hpo_gui.assembly.folders import logs_folder
from hpo_gui.core.errors import StudioError
from hpo_gui.core.version import __version__

if TYPE_CHECKING:
    from types import TracebackType

RUNNING, CRASH, PLAIN = ".running.log", ".crash.log", ".log"
MOST_NOTES = 200  # of a process; each kind of error is written once
LONGEST_NOTE = 20_000  # characters
LONGEST_MESSAGE = 300
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_PACKAGE = str(Path(__file__).parents[1])


class Header(msgspec.Struct, frozen=True):
    """The first line of a log: which program it is of, and since when (seconds since 1970)."""

    what: str
    version: str
    python: str
    system: str
    host: str
    process: int
    since: float


class CrashLog:
    """The log of this process; use `recording`.

    Where it cannot be written, nothing is: that is no reason to stop.

    Parameters
    ----------
    what : the program: "window", or a subcommand
    """

    def __init__(self, what: str, folder: Path) -> None:
        self.ended_badly = False
        self._lock = threading.RLock()
        self._notes: set[str] = set()
        self._file: TextIO | None = None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self._stem = folder / f"{what.replace(' ', '-')}-{stamp}-{os.getpid()}"
        header = Header(
            what,
            __version__,
            platform.python_version(),
            f"{platform.system()} {platform.release()} {platform.machine()}",
            socket.gethostname(),
            os.getpid(),
            time.time(),
        )
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", errors="replace")
            self._write(msgspec.json.encode(header).decode())
            faulthandler.enable(self._file, all_threads=True)

    @property
    def path(self) -> Path:
        """The file while the process lives."""
        return self._stem.with_name(self._stem.name + RUNNING)

    def note(self, kind: str, text: str) -> None:
        """Write something down, once."""
        with self._lock:
            text = text[:LONGEST_NOTE]
            if f"{kind} {text}" in self._notes or len(self._notes) >= MOST_NOTES:
                return
            self._notes.add(f"{kind} {text}")
            self._write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} [{kind}] {text}")

    def note_study(self, path: Path | None) -> None:
        """Write down which study runs; None when none does any more."""
        with self._lock:
            self._write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} [study] {path or ''}")

    def close(self) -> None:
        """The process ends as it should, or by an exception that was noted."""
        with self._lock:
            file, self._file = self._file, None
            if file is None:
                return
            faulthandler.disable()
            file.close()
            with contextlib.suppress(OSError):
                if self.ended_badly:
                    self.path.replace(self._stem.with_name(self._stem.name + CRASH))
                elif self._notes:
                    self.path.replace(self._stem.with_name(self._stem.name + PLAIN))
                else:
                    self.path.unlink()

    def _write(self, line: str) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.write(line + "\n")
                self._file.flush()


_log: CrashLog | None = None  # like the hooks that feed it, one for the process


@contextlib.contextmanager
def recording(what: str, folder: Path | None = None) -> Iterator[CrashLog]:
    """Keep a log of this process while it works; what ends it is a crash, and raised on."""
    global _log
    log = CrashLog(what, folder or logs_folder())
    before, _log = _log, log
    hooks = _install()
    try:
        yield log
    except Exception as error:
        log.note("ended by", plain_traceback(error))
        log.ended_badly = True
        raise
    finally:
        hooks()
        _log = before
        log.close()


def note(kind: str, text: str) -> None:
    """Write something into the log of this process, where there is one."""
    if _log is not None:
        _log.note(kind, text)


def note_exception(error: BaseException) -> None:
    """Write down an exception that nothing expected."""
    note("error", plain_traceback(error))


def note_study(path: Path | None) -> None:
    """Write down which study this process runs; None when it runs none any more."""
    if _log is not None:
        _log.note_study(path)


def plain_traceback(error: BaseException) -> str:
    """Where an exception came from and of what kind it is, without values of data."""
    parts = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        parts.append(_plain(one))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n\nwhich came after\n\n".join(parts)


def _plain(error: BaseException) -> str:
    lines = ["Traceback (most recent call last):"]
    for frame in traceback.extract_tb(error.__traceback__, limit=-50):
        lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}')
        if frame.filename.startswith(_PACKAGE) and frame.lineno:
            lines.append(f"    {linecache.getline(frame.filename, frame.lineno).strip()}")
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    words = f"{error.parameter} {error.rule}" if isinstance(error, StudioError) else str(error)
    words = _QUOTED.sub("'…'", words)
    if len(words) > LONGEST_MESSAGE:
        words = words[:LONGEST_MESSAGE] + "…"
    lines.append(f"{name}: {words}" if words else name)
    return "\n".join(lines)


def _install() -> Callable[[], None]:
    """Note what nothing else catches, then do what was done before; returns the way back."""
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    plain, threads, unraisable = before

    def catch(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            note_exception(error)
        plain(kind, error, trace)

    def catch_in_thread(arguments: Any) -> None:
        if arguments.exc_value is not None:
            note_exception(arguments.exc_value)
        threads(arguments)

    def catch_unraisable(arguments: Any) -> None:
        if arguments.exc_value is not None:
            note_exception(arguments.exc_value)
        unraisable(arguments)

    sys.excepthook, threading.excepthook = catch, catch_in_thread
    sys.unraisablehook = catch_unraisable

    def back() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    return back
