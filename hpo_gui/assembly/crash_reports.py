"""Logs of earlier processes: which of them crashed, and what the window offers to look at.

A process that has crashed leaves its log under the name that it has while it works: with a process
that is no more it tells of a crash, or of an end without a word (killed, or no power). The folder
never holds more than `MOST_FILES` files and `MOST_BYTES` bytes of the past; the oldest go first.

Of the window it is known elsewhere which study ran (`gui.recent`); of a subcommand that was ended
from outside only its log tells, which is kept until somebody has gone on with the study.
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
from hpo_gui.core.errors import StudioError
from hpo_gui.core.living import lives

MOST_FILES = 20
MOST_BYTES = 5_000_000
INTERRUPTED = ".interrupted.log"
WINDOW = "window"  # what the log of a window says that it is of
LONGEST_REPORT = 200_000  # bytes read of one
FORGOTTEN_SECONDS = 30 * 86_400.0  # a log of another computer that says nothing for so long

_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (.+)$", re.MULTILINE)
_ENDED = re.compile(r"^\S+ \S+ \[ended by\] ", re.MULTILINE)
_QT = re.compile(r"^\S+ \S+ \[Qt fatal\] (.+)$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
_CURRENT = re.compile(r"^Current thread .*:$", re.MULTILINE)
_STUDY = re.compile(r"^(\S+ \S+) \[study\] ?(.*)$", re.MULTILINE)


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


class InterruptedRun(msgspec.Struct, frozen=True):
    """A study that a subcommand ran when it was ended from outside.

    Attributes
    ----------
    path : the log that tells of it
    at : when the run began, in seconds since 1970
    """

    path: Path
    study: Path
    at: float


def tell_of_runs(folder: Path | None = None) -> bool:
    """Whether some log tells of an interrupted run; `crash_reports` has sorted them before."""
    return any((folder or logs_folder()).glob(f"*{INTERRUPTED}"))


def interrupted_runs(folder: Path | None = None) -> list[InterruptedRun]:
    """The interrupted runs with which nobody has gone on since, one a study, the newest first.

    Logs of the others are forgotten. Reads the study files.
    """
    found: dict[Path, InterruptedRun] = {}
    for path in sorted((folder or logs_folder()).glob(f"*{INTERRUPTED}"), key=_modified):
        run = _run(path)
        if run is None or not run.study.is_file() or _has_gone_on(run):
            _forget(path)
            continue
        if run.study in found:
            _forget(found.pop(run.study).path)
        found[run.study] = run
    return list(reversed(found.values()))


def forget_run(run: InterruptedRun) -> None:
    """Do not tell of an interrupted run again."""
    _forget(run.path)


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        if _has_more_to_tell(_text(path)):
            path.replace(_renamed(path, INTERRUPTED, PLAIN))
        else:
            path.unlink()


def _run(path: Path) -> InterruptedRun | None:
    noted = _STUDY.findall(_text(path))
    if not noted or not noted[-1][1]:
        return None
    at, study = noted[-1]
    with contextlib.suppress(ValueError):
        began = time.mktime(time.strptime(at, "%Y-%m-%d %H:%M:%S"))
        return InterruptedRun(path, Path(study), began)
    return None


def _has_gone_on(run: InterruptedRun) -> bool:
    """Whether another session of the study has begun since."""
    from hpo_gui.assembly.sessions import SESSION
    from hpo_gui.storage.study_file import StudyFile

    try:
        with StudyFile.look_into(run.study) as file:
            events = file.events()
    except StudioError:
        return False  # whoever opens it is told why
    # the log has whole seconds, and the session that was interrupted began just before
    return any(event.kind == SESSION and event.at > run.at + 1 for event in events)


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
        elif header is not None and header.what != WINDOW and _run(path) is not None:
            path.replace(_renamed(path, RUNNING, INTERRUPTED))
        elif _has_more_to_tell(text):
            path.replace(_renamed(path, RUNNING, PLAIN))
        else:
            path.unlink()  # ended from outside: nothing to tell


def _has_more_to_tell(text: str) -> bool:
    """Whether there is more in a log than the line about the program, and studies."""
    return len([line for line in text.splitlines() if not _STUDY.match(line)]) > 1


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
    study = Path(studies[-1][1]) if studies and studies[-1][1] else None
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
