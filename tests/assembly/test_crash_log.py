"""What a process writes down of its crash, and what is made of it at the next start."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from hpo_gui.assembly import crash_log
from hpo_gui.assembly.crash_log import CRASH, PLAIN, RUNNING, Header, plain_traceback, recording
from hpo_gui.assembly.crash_reports import (
    MOST_BYTES,
    MOST_FILES,
    crash_reports,
    forget_run,
    interrupted_runs,
    put_away,
    tell_of_runs,
)
from hpo_gui.assembly.sessions import SESSION
from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.storage.study_file import StudyFile

ROOT = Path(__file__).parents[2]

SEGFAULT = """
import faulthandler, pathlib, sys
from hpo_gui.assembly.crash_log import note_study, recording

def deep_inside():
    faulthandler._sigsegv()

with recording("window"):
    note_study(pathlib.Path("/data/wine.hpostudy"))
    deep_inside()
"""
EXCEPTION = """
from hpo_gui.assembly.crash_log import recording
with recording("run"):
    {"a": 1}["the secret of row 7"]
"""
KILLED = """
import sys
from hpo_gui.assembly.crash_log import note_study, recording
with recording("window"):
    note_study("/data/wine.hpostudy")
    print("there", flush=True)
    sys.stdin.readline()
"""
CAUGHT = """
import gc, sys, threading
from hpo_gui.assembly.crash_log import recording

class Broken:
    def __del__(self):
        raise ValueError("in a finalizer")

def work():
    raise RuntimeError("in a thread")

with recording("export"):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    Broken()
    gc.collect()
"""


def start(program: str, home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "HPO_STUDIO_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def run(program: str, home: Path) -> int:
    with start(program, home) as child:
        child.communicate(timeout=60)
    return child.returncode


def logs(home: Path) -> list[Path]:
    return sorted((home / "logs").glob("*"))


def test_a_segmentation_fault_is_found_at_the_next_start(isolated_home: Path) -> None:
    assert run(SEGFAULT, isolated_home) != 0
    (report,) = crash_reports()
    assert report.what == "window"
    assert re.fullmatch(r".+, at .*:\d+ in deep_inside", report.summary)
    assert report.study == Path("/data/wine.hpostudy")
    assert '"version"' in report.text
    assert crash_reports() == [report], "it is offered until it is put away"
    put_away(report)
    assert crash_reports() == []
    assert [path.name.endswith(PLAIN) for path in logs(isolated_home)] == [True]


def test_an_exception_that_ends_the_program_is_found_without_values(isolated_home: Path) -> None:
    assert run(EXCEPTION, isolated_home) == 1
    (report,) = crash_reports()
    assert report.what == "run"
    assert report.summary == "KeyError: '…'"
    assert "secret" not in report.text
    assert report.study is None


def test_a_kill_says_nothing_and_leaves_nothing(isolated_home: Path) -> None:
    with start(KILLED, isolated_home) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert crash_reports() == [], "it lives"
        assert len(logs(isolated_home)) == 1
        child.kill()
    assert crash_reports() == []
    assert logs(isolated_home) == []


def test_errors_in_threads_and_finalizers_are_written_down_and_are_no_crash(
    isolated_home: Path,
) -> None:
    assert run(CAUGHT, isolated_home) == 0
    assert crash_reports() == []
    (path,) = logs(isolated_home)
    text = path.read_text()
    assert "RuntimeError: in a thread" in text
    assert "ValueError: in a finalizer" in text
    assert path.name.startswith("export-")


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    with recording("window", tmp_path) as log:
        assert log.path.exists()
        assert sys.excepthook is not hooks[0]
    assert list(tmp_path.iterdir()) == []
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == hooks


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with recording("window", tmp_path / "file" / "logs"):
        crash_log.note("error", "lost")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_that_comes_again_and_again_is_written_once(tmp_path: Path) -> None:
    with recording("window", tmp_path) as log:
        for number in range(10_000):
            log.note("error", f"number {number % 5000}")
        assert log.path.stat().st_size < 20_000
        log.note("error", "x" * 10**6)
        assert log.path.stat().st_size < 50_000


def _raise(values: list[str]) -> None:
    raise ValueError(f'could not convert string to float: {values[0]!r} and "{values[1]}"')


def test_reports_hold_places_and_no_values() -> None:
    try:
        try:
            _raise(["4711 Main Street", "Jane Doe"])
        except ValueError as error:
            raise DataError("age", "must be a number", "Jane Doe", remedy="Ask Jane.") from error
    except DataError as error:
        text = plain_traceback(error)
    assert "Jane" not in text
    assert "Main Street" not in text
    assert "hpo_gui.core.errors.DataError: age must be a number" in text
    assert "ValueError: could not convert string to float: '…' and '…'" in text
    assert "in _raise" in text
    assert "values[0]" not in text, "the source of other files stays out"


def test_an_error_that_causes_itself_ends() -> None:
    error = ValueError("round")
    error.__cause__ = error
    assert plain_traceback(error).count("ValueError: round") == 1


def _write_log(folder: Path, name: str, *lines: str, host: str = "", process: int = 0) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    import socket

    header = Header("window", "1", "3", "x", host or socket.gethostname(), process, 1.0)
    path = folder / name
    path.write_text("\n".join([msgspec.json.encode(header).decode(), *lines]) + "\n")
    return path


def test_old_logs_are_deleted_when_there_are_too_many(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 7):
        path = _write_log(tmp_path, f"window-{number:03}{PLAIN}", "something")
        os.utime(path, (number, number))
    assert crash_reports(tmp_path) == []
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == MOST_FILES
    assert left[0] == f"window-007{PLAIN}"


def test_large_logs_are_deleted_before_they_fill_the_disk(tmp_path: Path) -> None:
    for number in range(4):
        path = _write_log(tmp_path, f"window-{number}{CRASH}", "x" * (MOST_BYTES // 2 - 1000))
        os.utime(path, (number, number))
    assert [report.path.name for report in crash_reports(tmp_path)] == [
        f"window-3{CRASH}",
        f"window-2{CRASH}",
    ]


def test_a_log_of_another_computer_is_left_alone_while_it_may_be_in_use(tmp_path: Path) -> None:
    fatal = "Fatal Python error: Aborted"
    new = _write_log(tmp_path, f"window-1{RUNNING}", fatal, host="elsewhere")
    old = _write_log(tmp_path, f"window-2{RUNNING}", fatal, host="elsewhere")
    past = time.time() - 90 * 86_400
    os.utime(old, (past, past))
    assert crash_reports(tmp_path) == []
    assert new.exists()
    assert not old.exists()


def test_a_file_that_is_no_log_of_ours_is_no_report(tmp_path: Path) -> None:
    (tmp_path / f"other{CRASH}").write_bytes(b"\xff\xfe not ours")
    (tmp_path / f"window-1{RUNNING}").write_bytes(b"")
    assert crash_reports(tmp_path) == []


def test_what_qt_found_fatal_is_the_summary(tmp_path: Path) -> None:
    _write_log(
        tmp_path,
        f"window-1{RUNNING}",
        "2026-01-01 10:00:00 [Qt fatal] QThread: Destroyed while thread is still running",
        "Fatal Python error: Aborted",
        "",
        "Current thread 0x01 (most recent call first):",
        '  File "/x/app.py", line 3 in main',
        process=2**22 + 1,
    )
    (report,) = crash_reports(tmp_path)
    assert report.summary == "QThread: Destroyed while thread is still running"


DEAD = 2**22 + 1  # no process has this number


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study that has been run once."""
    path = tmp_path / "wine.hpostudy"
    with StudyFile.create(path, spec_to_json(StudySpec())) as file:
        file.log(SESSION, "{}")
    return path


def killed(folder: Path, study: Path, what: str = "run", name: str = "one") -> None:
    """Leave what a process leaves that was killed while it ran a study."""
    folder.mkdir(exist_ok=True)
    header = Header(what, "1", "3", "Linux", socket.gethostname(), DEAD, time.time())
    noted = f"{time.strftime('%Y-%m-%d %H:%M:%S')} [study] {study}"
    text = f"{msgspec.json.encode(header).decode()}\n{noted}\n"
    (folder / f"{name}{RUNNING}").write_text(text)


def test_a_subcommand_that_was_killed_tells_of_its_study_until_that_is_put_away(
    tmp_path: Path, study: Path
) -> None:
    logs = tmp_path / "logs"
    killed(logs, study, name="first")
    killed(logs, study, what="resume", name="second")
    assert crash_reports(logs) == []
    assert tell_of_runs(logs)
    (run,) = interrupted_runs(logs)
    assert run.study == study
    assert interrupted_runs(logs) == [run], "it is offered until somebody has gone on"
    forget_run(run)
    assert not tell_of_runs(logs)
    assert list(logs.iterdir()) == []


def test_a_study_that_has_gone_on_since_is_not_interrupted(tmp_path: Path, study: Path) -> None:
    logs = tmp_path / "logs"
    killed(logs, study)
    (log,) = logs.iterdir()
    hour_ago = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - 3600))
    log.write_text(re.sub(r"\S+ \S+ \[study\]", f"{hour_ago} [study]", log.read_text()))
    crash_reports(logs)
    assert interrupted_runs(logs) == []
    assert not tell_of_runs(logs)


@pytest.mark.parametrize("what", ["window", "run"])
def test_a_window_or_a_study_that_is_gone_is_no_interrupted_run(
    tmp_path: Path, study: Path, what: str
) -> None:
    if what == "run":
        study.unlink()
    killed(tmp_path / "logs", study, what)
    crash_reports(tmp_path / "logs")
    assert interrupted_runs(tmp_path / "logs") == []
    assert list((tmp_path / "logs").iterdir()) == []
