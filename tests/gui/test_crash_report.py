"""A crash of the window is offered at its next start, with the study that was running."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.assembly.crash_log import recording
from hpo_gui.assembly.crash_reports import crash_reports
from hpo_gui.gui.crash_report import CrashDialog, CrashReports
from hpo_gui.gui.recent import RecentFile, RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.message_bar import MessageStack

ROOT = Path(__file__).parents[2]

WINDOW = """
import sys
import hpo_gui.__main__ as program
import hpo_gui.gui.app as app

def crash(parsed, application, window):
    {crash}

app._after_paint = crash
sys.argv = ["hpo-gui"]
sys.exit(program.main())
"""
CRASHES = {
    "a segmentation fault": ("import faulthandler; faulthandler._sigsegv()", " in crash"),
    "something that Qt finds fatal": (
        "from PySide6.QtCore import QThread; thread = QThread(); thread.start(); del thread",
        "QThread: Destroyed while thread",
    ),
}


@pytest.mark.parametrize("name", list(CRASHES))
def test_a_window_that_crashes_leaves_a_report(isolated_home: Path, name: str) -> None:
    action, words = CRASHES[name]
    done = subprocess.run(
        [sys.executable, "-c", WINDOW.format(crash=action)],
        env={**os.environ, "HPO_STUDIO_HOME": str(isolated_home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    (report,) = crash_reports()
    assert report.what == "window"
    assert words in report.summary
    assert "in crash" in report.text


def crash(folder: Path, study: Path | None = None, what: str = "window") -> None:
    """Leave what a process leaves that an exception has ended."""
    with contextlib.suppress(ZeroDivisionError), recording(what, folder / "logs") as log:
        if study is not None:
            log.note_study(study)
        raise ZeroDivisionError("by nothing")


class Start:
    """The next start of the window."""

    def __init__(self, session: Session, interrupted: list[str]) -> None:
        self.messages = MessageStack()
        self.gone_on: list[str] = []
        self.crashes = CrashReports(
            session, self.messages, lambda: interrupted, self.gone_on.append, self.messages
        )
        self.crashes.offer()

    @property
    def links(self) -> dict[str, LinkButton]:
        bar = self.messages.bar("crash")
        return {link.text(): link for link in bar.findChildren(LinkButton)}


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    path = tmp_path / "wine.hpostudy"
    path.write_text("a study")
    return path


@pytest.fixture
def start(
    session: Session, isolated_home: Path, study_file: Path, qtbot: QtBot
) -> Iterator[Start]:
    crash(isolated_home, study_file)
    made = Start(session, [])
    qtbot.addWidget(made.messages)
    return made


def test_the_report_is_offered_in_plain_words(start: Start) -> None:
    bar = start.messages.bar("crash")
    assert bar.head.text().startswith("HPO Studio crashed on 2")
    assert bar.text.text().startswith("ZeroDivisionError: by nothing. ")
    assert list(start.links) == [
        "Go on with “wine”",
        "Look at it…",
        "Copy",
        "Open the folder",
    ]


def test_the_study_that_was_running_can_be_gone_on_with(start: Start, study_file: Path) -> None:
    start.links["Go on with “wine”"].click()
    assert start.gone_on == [str(study_file)]


def test_a_study_that_is_offered_anyway_is_offered_once(
    session: Session, isolated_home: Path, study_file: Path, qtbot: QtBot
) -> None:
    crash(isolated_home, study_file)
    start = Start(session, [str(study_file)])
    qtbot.addWidget(start.messages)
    assert "Look at it…" in start.links
    assert not any(words.startswith("Go on") for words in start.links)


def test_the_offer_stays_when_a_study_is_opened_and_does_not_offer_the_one_shown(
    start: Start, session: Session, study_file: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_study(study_file)
    assert "Look at it…" in start.links
    assert not any(words.startswith("Go on") for words in start.links)


def test_a_report_can_be_copied_and_looked_at(start: Start) -> None:
    start.links["Copy"].click()
    assert "ZeroDivisionError: by nothing" in QApplication.clipboard().text()
    start.links["Look at it…"].click()
    dialog = start.messages.window().findChild(CrashDialog)
    assert dialog is not None
    assert "in crash" in dialog.report.toPlainText()
    QApplication.clipboard().clear()
    dialog.copy_button.click()
    assert "in crash" in QApplication.clipboard().text()
    dialog.close_button.click()


def test_what_was_put_away_is_not_offered_again(start: Start, session: Session) -> None:
    start.messages.bar("crash").close_button.click()
    assert crash_reports() == []
    assert Start(session, []).messages.keys() == []


def test_several_reports_are_counted(session: Session, isolated_home: Path, qtbot: QtBot) -> None:
    for what in ("run", "window", "export"):
        crash(isolated_home, what=what)
    start = Start(session, [])
    qtbot.addWidget(start.messages)
    assert "There are 3 reports." in start.messages.bar("crash").text.text()
    start.crashes.put_away()
    assert crash_reports() == []


def test_a_start_after_a_good_end_offers_nothing(session: Session, qtbot: QtBot) -> None:
    start = Start(session, [])
    qtbot.addWidget(start.messages)
    assert start.messages.keys() == []


def test_the_log_tells_which_study_runs(study: Session, isolated_home: Path, qtbot: QtBot) -> None:
    messages = MessageStack()
    qtbot.addWidget(messages)
    CrashReports(study, messages, list, print, messages)
    with recording("window") as log:
        study.state_changed.emit("running")
        assert log.path.read_text().splitlines()[-1].endswith(f"[study] {study.path or ''}")
        study.state_changed.emit("finished")
        assert log.path.read_text().splitlines()[-1].endswith("[study] ")


def test_a_study_whose_process_number_went_to_another_program_was_interrupted(
    isolated_home: Path, study_file: Path
) -> None:
    recent = RecentFiles()
    recent.put(RecentFile(str(study_file), "wine", state="running", process=os.getppid()))
    assert recent.interrupted() == []
    long_ago = '"at": 1.0'
    text = recent.path.read_text()
    at = next(line for line in text.splitlines() if '"at"' in line).strip().rstrip(",")
    recent.path.write_text(text.replace(at, long_ago))
    assert [file.name for file in RecentFiles().interrupted()] == ["wine"]


@pytest.mark.parametrize(("process", "count"), [(2**22 + 1, 1), (0, 0)])
def test_a_study_that_was_paused_in_a_dead_program_was_interrupted(
    study_file: Path, process: int, count: int
) -> None:
    recent = RecentFiles()
    recent.put(RecentFile(str(study_file), "wine", state="paused", process=process))
    assert len(recent.interrupted()) == count


def test_an_error_in_a_slot_is_written_into_the_log(
    session: Session, isolated_home: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    from hpo_gui.gui.app import ErrorCatcher

    def broken() -> None:
        raise ZeroDivisionError("in a slot")

    catcher = ErrorCatcher(session)
    with recording("window") as log, qtbot.captureExceptions():
        catcher.install()
        with qtbot.waitSignal(session.notice):
            QTimer.singleShot(0, broken)
        catcher.uninstall()
        assert "ZeroDivisionError: in a slot" in log.path.read_text()
    capsys.readouterr()
