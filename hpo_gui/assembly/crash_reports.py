"""Logs of earlier processes: which of them crashed, and what the window offers to look at.

A process that has crashed leaves its log under the name that it has while it works: with a process
that is no more it tells of a crash, or of an end without a word (killed, or no power). The folder
never holds more than `MOST_FILES` files and `MOST_BYTES` bytes of the past; the oldest go first.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from pathlib import Path

import msgspec

from hpo_gui.assembly.crash_log import CRASH, PLAIN, RUNNING, Header
from hpo_gui.assembly.folders import logs_folder
from hpo_gui.core.living import lives

MOST_FILES = 20
MOST_BYTES = 5_000_000
LONGEST_REPORT = 200_000  # bytes read of one
FORGOTTEN_SECONDS = 30 * 86_400.0  # a log of another computer that says nothing for so long

_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (.+)$", re.MULTILINE)
_ENDED = re.compile(r"^\S+ \S+ \[ended by\] ", re.MULTILINE)
_QT = re.compile(r"^\S+ \S+ \[Qt fatal\] (.+)$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
_CURRENT = re.compile(r"^Current thread .*:$", re.MULTILINE)
_STUDY = re.compile(r"^\S+ \S+ \[study\] ?(.*)$", re.MULTILINE)


class CrashReport(msgspec.Struct, frozen=True):
    """A process that has crashed.

    Attributes
    ----------
    what : "window", or the subcommand
    at : when, in seconds since 1970
    summary : what happened, in a line
    study : the study that ran, or None
    text : the whole report
    """

    path: Path
    what: str
    at: float
    summary: str
    study: Path | None
    text: str


def crash_reports(folder: Path | None = None) -> list[CrashReport]:
    """The crashes that nobody has put away yet, the newest first; sorts and clears the folder."""
    folder = folder or logs_folder()
    for path in folder.glob(f"*{RUNNING}"):
        _settle(path)
    _rotate(folder)
    found = [_report(path) for path in folder.glob(f"*{CRASH}")]
    return sorted((r for r in found if r is not None), key=lambda r: r.at, reverse=True)


def put_away(report: CrashReport) -> None:
    """Do not offer a report again; its file stays until it is the oldest."""
    with contextlib.suppress(OSError):
        report.path.replace(_renamed(report.path, CRASH, PLAIN))


def _settle(path: Path) -> None:
    """Give the log of a process that is no more the name that says how it ended."""
    text = _text(path)
    header = _header(text)
    if header is None:
        crashed = False
    elif header.host != socket.gethostname():
        if time.time() - _modified(path) < FORGOTTEN_SECONDS:
            return
        crashed = False
    elif lives(header.process, header.since):
        return
    else:
        crashed = any(sign.search(text) for sign in (_FATAL, _ENDED, _QT))
    with contextlib.suppress(OSError):
        if crashed:
            path.replace(_renamed(path, RUNNING, CRASH))
        elif len([line for line in text.splitlines() if not _STUDY.match(line)]) > 1:
            path.replace(_renamed(path, RUNNING, PLAIN))
        else:
            path.unlink()  # ended from outside: nothing to tell


def _rotate(folder: Path) -> None:
    """Delete the oldest logs of the past where there are too many."""
    logs = [path for path in folder.glob(f"*{PLAIN}") if not path.name.endswith(RUNNING)]
    logs.sort(key=_modified, reverse=True)
    size = 0
    for place, path in enumerate(logs):
        with contextlib.suppress(OSError):
            size += path.stat().st_size
            if place >= MOST_FILES or size > MOST_BYTES:
                path.unlink()


def _report(path: Path) -> CrashReport | None:
    text = _text(path)
    header = _header(text)
    if header is None:
        return None
    studies = _STUDY.findall(text)
    study = Path(studies[-1]) if studies and studies[-1] else None
    return CrashReport(path, header.what, _modified(path), _summary(text), study, text)


def _summary(text: str) -> str:
    """What happened, and where in the code."""
    told = _QT.search(text)
    if told is not None:
        return told[1].strip()
    fatal = _FATAL.search(text)
    if fatal is not None:
        current = _CURRENT.search(text, fatal.end())
        frame = _FRAME.search(text, fatal.end() if current is None else current.end())
        place = "" if frame is None else f", at {Path(frame[1]).name}:{frame[2]} in {frame[3]}"
        return f"{fatal[1].strip()}{place}"
    ended = _ENDED.search(text)
    if ended is None:
        return ""
    said = text[ended.end() :].split("\n\nwhich came after")[0].strip().splitlines()
    return next((line for line in reversed(said) if line and not line.startswith(" ")), "")


def _header(text: str) -> Header | None:
    try:
        return msgspec.json.decode(text.partition("\n")[0], type=Header)
    except msgspec.MsgspecError:
        return None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_REPORT).decode("utf-8", "replace")
    except OSError:
        return ""


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _renamed(path: Path, old: str, new: str) -> Path:
    return path.with_name(path.name.removesuffix(old) + new)
