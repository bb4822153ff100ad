"""A study whose file cannot be written, as the window shows it: nothing is lost by a click."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec import structs
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.gui.dialogs.closing import LOSE, RESCUE
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import NO_RESCUE, Freed, Message, StateChanged, Stuck
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study
from tests.support.scripted_executor import Scripted
from tests.support.window import RUNNING, FakeRunner, make_spec

FULL = Stuck(StorageError("wine.hpostudy", "cannot be written: the disk is full"), 3)


@pytest.fixture
def window(session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window whose study runs, and has just got stuck."""
    makers = {key: lambda session: QLabel() for key in ("data", "space", "strategy")}
    makers |= {key: lambda session: QLabel() for key in ("run", "results")}
    made = MainWindow(session, PreferenceStore(), RecentFiles(), makers=makers)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.session.close())
    with qtbot.waitExposed(made):
        made.show()
    session.opening.open_data("wine.csv")
    qtbot.waitUntil(lambda: not session.is_empty and not session.opening.title)
    session.edit(structs.replace(make_spec(), data=session.spec.data), "Name it")
    session.run()
    qtbot.waitUntil(lambda: session._run.has_runner)
    runner = runner_of(made)
    runner.feed(*RUNNING, StateChanged("pausing"), StateChanged("paused"), FULL)
    qtbot.waitUntil(lambda: session.stuck is not None and session.state == "paused")
    return made


def runner_of(window: MainWindow) -> FakeRunner:
    engine = window.session.engine
    runner: FakeRunner = engine.runner  # type: ignore[union-attr, attr-defined]
    return runner


def shown(window: MainWindow) -> list[str]:
    """The keys of the bars shown."""
    return window.messages.keys()


def links(window: MainWindow) -> dict[str, QPushButton]:
    """The links of the bar by their words."""
    bar = window.messages.bar("stuck")
    return {link.text(): link for link in bar.findChildren(QPushButton) if link.text()}


def test_a_bar_tells_why_and_how_much_waits_and_cannot_be_closed(window: MainWindow) -> None:
    bar = window.messages.bar("stuck")
    assert bar.level == "error"
    assert "the disk is full" in bar.text.text()
    assert "3 trials wait in memory" in bar.text.text()
    assert not bar.close_button.isVisible()
    assert list(links(window))[:2] == ["Try again", "Save elsewhere…"]
    assert window.run_bar.eta.text() == "waiting for the study file"
    assert window.status.saved.text() == "Not saved"


def test_the_bar_counts_what_comes_in(window: MainWindow, qtbot: QtBot) -> None:
    runner_of(window).feed(Stuck(FULL.error, 1))
    qtbot.waitUntil(lambda: "1 trial waits" in window.messages.bar("stuck").text.text())
    assert window.messages.keys().count("stuck") == 1


def test_trying_again_is_one_click(window: MainWindow, qtbot: QtBot) -> None:
    links(window)["Try again"].click()
    assert runner_of(window).calls == [("try_again",)]
    path = window.session.path
    runner_of(window).feed(Freed(path, moved=False), StateChanged("running"))
    qtbot.waitUntil(lambda: "stuck" not in shown(window))
    assert window.session.path == path


def test_the_palette_can_try_again_and_save_elsewhere_while_the_study_is_stuck(
    window: MainWindow, qtbot: QtBot
) -> None:
    actions = window.actions_
    window.actions_.trigger("file.try_again")
    assert runner_of(window).calls == [("try_again",)]
    window.actions_.trigger("file.save_elsewhere")
    assert window.files.dialog is not None
    assert window.files.dialog.windowTitle() == "Save the study elsewhere"
    window.files.dialog.reject()
    runner_of(window).feed(Freed(window.session.path, moved=False), StateChanged("running"))
    qtbot.waitUntil(lambda: window.session.stuck is None)
    for key in ("file.try_again", "file.save_elsewhere"):
        assert not actions[key].isEnabled()
        assert "Everything is saved" in actions[key].toolTip()


def test_saving_elsewhere_takes_the_study_along(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    new = tmp_path / "elsewhere.hpostudy"
    links(window)["Save elsewhere…"].click()
    dialog = window.files.dialog
    assert dialog is not None
    assert dialog.windowTitle() == "Save the study elsewhere"
    dialog.fileSelected.emit(str(new))
    assert runner_of(window).calls == [("save_elsewhere", new)]
    qtbot.waitUntil(lambda: window.session.path == new)
    assert "stuck" not in shown(window)
    assert window.windowTitle().startswith("elsewhere.hpostudy")
    assert window.recent.find(str(new)) is not None
    assert window.session.is_active


def test_closing_asks_what_becomes_of_the_results(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    assert "3 trials are only in memory" in dialog.text.text()
    dialog.cancel_button.click()
    assert window.isVisible()
    assert runner_of(window).calls == []


def test_closing_can_write_a_rescue_copy(window: MainWindow, qtbot: QtBot) -> None:
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    dialog.choice_buttons[RESCUE].click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert runner_of(window).calls[0] == ("leave", False)


def test_closing_can_save_elsewhere_first(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    dialog.verb_button.click()
    assert window.files.dialog is not None
    window.files.dialog.fileSelected.emit(str(tmp_path / "new.hpostudy"))
    qtbot.waitUntil(lambda: not window.isVisible())
    assert [call[0] for call in runner_of(window).calls[:2]] == ["save_elsewhere", "stop_now"]


def test_closing_stays_where_no_other_file_is_chosen(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    dialog.verb_button.click()
    assert window.files.dialog is not None
    window.files.dialog.reject()
    runner_of(window).feed(Freed(window.session.path, moved=False), StateChanged("running"))
    qtbot.waitUntil(lambda: window.session.stuck is None)
    assert window.isVisible()
    assert runner_of(window).calls == []


def test_results_are_lost_only_after_a_second_yes(window: MainWindow, qtbot: QtBot) -> None:
    runner = runner_of(window)
    runner.stops_by_itself = False
    window.close()
    assert window.leaving.dialog is not None
    window.leaving.dialog.choice_buttons[RESCUE].click()
    runner.feed(Message("error", NO_RESCUE, "Everything is full."))
    qtbot.waitUntil(lambda: NO_RESCUE in shown(window))
    assert window.isVisible()
    runner.stops_by_itself = True
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    assert list(dialog.choice_buttons) == [LOSE]
    dialog.choice_buttons[LOSE].click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert runner.calls[:2] == [("leave", False), ("leave", True)]


def test_a_study_that_is_free_again_before_the_answer_is_asked_about_as_usual(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    runner_of(window).feed(Freed(window.session.path, moved=False), StateChanged("running"))
    qtbot.waitUntil(lambda: window.session.stuck is None)
    dialog.choice_buttons[RESCUE].click()
    usual = window.leaving.dialog
    assert usual is not None
    assert "still running" in usual.title.text()
    usual.verb_button.click()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_slow_disk_holds_up_the_run_but_not_the_window(session: Session, qtbot: QtBot) -> None:
    waits: list[float] = []

    def slowly(trials: object, steps: object = ()) -> None:
        time.sleep(0.4)  # as SQLite waits for the disk: without Python's lock
        waits.append(time.monotonic())

    store = SimpleNamespace(record=slowly)
    space, goals = Space([Float("x", 0, 1)]), [Goal("loss", "minimize")]
    study = Study(space, goals, Random(), seed=1, store=store)
    runner = Runner(study, Scripted(2), 1, budget=BudgetSpec(trials=4))
    gaps, last = [0.0], [time.monotonic()]

    def beat() -> None:
        now = time.monotonic()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(beat)
    timer.start()
    session.run_with(runner)
    with qtbot.waitSignal(session.stopped, timeout=20_000):
        session.pause()
        session.resume()
    timer.stop()
    assert len(waits) >= 3
    assert max(gaps) < 0.4, "the window never waits for the disk"
