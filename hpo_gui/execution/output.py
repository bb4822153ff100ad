"""What a child process prints: caught at the level of file descriptors, kept in a file."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import io
import os
import sys
from pathlib import Path

TAIL = 4000  # bytes of output that are kept
LARGEST_FILE = 16 * 2**20  # bytes after which the file is emptied


def capture(path: Path) -> None:
    """Send everything that this process prints, its C code included, to a file from now on.

    The file is opened for appending: the parent may empty it at any time (`empty`).
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if descriptor > 2:
        os.close(descriptor)
    sys.stdout = _text_stream(1)
    sys.stderr = _text_stream(2)
    faulthandler.enable(file=2, all_threads=False)


def _text_stream(descriptor: int) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, "utf-8", errors="replace", write_through=True)


def release() -> None:
    """Let go of the file, which the parent may delete now; what is printed later is lost."""
    flush()
    capture(Path(os.devnull))


def flush() -> None:
    """Write what Python and the C library still hold back."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # the objective's doing
            stream.flush()
    _flush_c()


def _flush_c() -> None:
    # Where the C library cannot be found, its output is late, not lost.
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = "ucrtbase" if sys.platform == "win32" else None
        ctypes.CDLL(library).fflush(None)


def tail(path: Path) -> str:
    """The last `TAIL` bytes of a file as text; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            data = file.read(TAIL)
    except OSError:
        return ""
    return data.decode("utf-8", errors="replace").lstrip("\ufffd")


def empty(path: Path) -> None:
    """Forget what was printed so far; quietly does nothing where the system forbids it."""
    with contextlib.suppress(OSError):
        os.truncate(path, 0)


def trim(path: Path) -> None:
    """Empty a file that has become too large, so that chatter cannot fill the disk."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > LARGEST_FILE:
            os.truncate(path, 0)
