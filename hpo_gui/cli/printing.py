"""What goes to a terminal: texts of others without what it would obey; exit codes."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path

from hpo_gui.assembly.crash_log import note_exception

OUR_MISTAKE = 1
MISUSE = 2  # exit code of a mistake that the message explains
UNFINISHED = 3  # exit code when the study ended before its budget, or without any score
DIFFERENT = 4  # exit code when a study does not come to the same again
UNREAD = 141  # exit code when the reader of the output has gone, as shells have it for a pipe
INTERRUPTED = 130  # exit code after Ctrl+C while no trial ran, as shells have it


def say(text: str) -> None:
    """Print what may hold names of others, at once."""
    print(printable(text), flush=True)


def output_fails() -> bool:
    """Whether what we have printed cannot be written, such as into a file on a full disk."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        return False  # nobody reads it
    except OSError:
        return True
    return False


def mute() -> None:
    """Let nothing more be printed, nor be written when Python ends, where it cannot be."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def printable(text: str) -> str:
    """Text of others without what a terminal would obey: a name could hide what stands there."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def complain(text: str, code: int) -> int:
    print(f"hpo-gui: {printable(text)}", file=sys.stderr)
    return code


def our_mistake(error: Exception) -> int:
    """Tell of an exception that nothing expected, with all its details, and write it down."""
    traceback.print_exception(error)
    note_exception(error)
    text = f"A mistake of the program itself, please report the lines above: {error!r}"
    return complain(text, OUR_MISTAKE)


def quoted(path: Path) -> str:
    """A path as it is typed into a terminal."""
    return shlex.quote(str(path)) if os.name != "nt" else f'"{path}"'
