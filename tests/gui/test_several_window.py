"""The rail with several studies, the queue in it, and closing: by real clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import StorageError
from hpo_gui.gui.dialogs.closing import KEEP, RESCUE, UnsavedDialog
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.panels.compare_panel import ComparePanel
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFile, RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.study_list import StudyList, StudyRow
from hpo_gui.study.events import Stuck
from tests.support.many_runners import ManyRunners
from tests.support.window import FakeRunner, make_spec

LEFT = Qt.MouseButton.LeftButton
FULL = Stuck(StorageError("held.hpostudy", "cannot be written: the disk is full"), 3)
MAKERS = {
    key: lambda session: QLabel(session.spec.name)
    for key in ("data", "space", "strategy", "run", "results")
}


@pytest.fixture
def engine() -> ManyRunners:
    return ManyRunners()


@pytest.fixture
def window(engine: ManyRunners, qtbot: QtBot) -> Iterator[MainWindow]:
    session = Session(engine)
    made = MainWindow(session, PreferenceStore(), RecentFiles(), makers=MAKERS)
    made.queue.load()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    engine.end_all()
    assert session.close()
    made.queue.close()


def show(qtbot: QtBot, window: MainWindow, name: str) -> None:
    session = window.session
    with qtbot.waitSignal(session.opening.open_draft(make_spec(name), session.base).ended):
        pass


def run(qtbot: QtBot, window: MainWindow) -> None:
    QTest.mouseClick(window.run_bar.main_button, LEFT)
    qtbot.waitUntil(lambda: window.session.state == "running")


def rows(area: StudyList) -> list[tuple[str, str, str]]:
    """Name, mark and second line of each row."""
    items = [area.row(key).item for key in area.order()]
    return [(item.name, item.mark, item.line) for item in items]


def row(area: StudyList, name: str) -> StudyRow:
    return next(area.row(key) for key in area.order() if area.row(key).text() == name)


def pick(window: MainWindow, target: StudyRow, words: str) -> None:
    """Open the context menu of a row, and choose from it."""
    target.customContextMenuRequested.emit(QPoint(20, 10))
    menu = window.several.menu
    assert menu is not None
    assert menu.isVisible()
    action = next(a for a in menu.actions() if a.text() == words)
    assert action.isEnabled()
    menu.close()
    action.trigger()


def test_the_rail_shows_how_far_the_studies_behind_the_window_are(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    show(qtbot, window, "wine")
    run(qtbot, window)
    engine.advance("wine", 0.8)
    show(qtbot, window, "iris")
    studies = window.rail.studies
    qtbot.waitUntil(lambda: row(studies, "wine").item.line == "1 of 10 · 27 s left")
    assert row(studies, "wine").note == "0.8"
    assert row(studies, "wine").accessibleDescription() == "running, 1 of 10 · 27 s left, 0.8"
    assert row(studies, "iris").isChecked()
    QTest.mouseClick(row(studies, "wine"), LEFT)
    assert window.session.spec.name == "wine"
    assert window.pages.key == "run"
    assert row(studies, "wine").isChecked()
    assert window.windowTitle().startswith("wine-1.hpostudy")
    assert window.run_bar.stop_button.isVisible()


def test_a_study_behind_the_window_is_paused_stopped_and_closed_from_its_menu(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    show(qtbot, window, "wine")
    run(qtbot, window)
    show(qtbot, window, "iris")
    studies = window.rail.studies
    pick(window, row(studies, "wine"), "Pause")
    qtbot.waitUntil(lambda: row(studies, "wine").item.mark == "paused")
    pick(window, row(studies, "wine"), "Resume")
    qtbot.waitUntil(lambda: row(studies, "wine").item.mark == "running")
    pick(window, row(studies, "wine"), "Stop now")
    qtbot.waitUntil(lambda: not window.studies.held)
    kept = window.recent.of_kind("study")
    assert [(file.name, file.state, file.process) for file in kept] == [("wine", "paused", 0)]
    assert ("wine", "", "") in rows(studies)  # now a recent file


def test_variants_are_set_up_queued_and_run_by_clicks(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    show(qtbot, window, "wine")
    window.actions_.trigger("queue.add")
    window.actions_.trigger("study.duplicate")
    qtbot.waitUntil(lambda: window.session.spec.name == "wine 2")
    window.actions_.trigger("queue.add")
    queue = window.rail.queue
    assert rows(queue.list) == [("wine", "waiting", ""), ("wine 2", "waiting", "")]
    assert queue.list.order()[1] == window.queue.entries[1].id
    assert row(queue.list, "wine 2").isChecked()
    assert rows(window.rail.studies) == []
    QTest.mouseClick(queue.button, LEFT)
    qtbot.waitUntil(lambda: "wine" in engine.runners)
    engine.advance("wine")
    qtbot.waitUntil(lambda: rows(queue.list)[0] == ("wine", "running", "1 of 10 · 27 s left"))
    assert queue.end.text().startswith("not through before ")
    assert queue.button.accessibleName() == "Let the queue wait"
    engine.finish("wine")
    qtbot.waitUntil(lambda: window.session.state == "running")
    engine.finish("wine 2")
    qtbot.waitUntil(lambda: not queue.isVisible())
    assert sorted(rows(window.rail.studies)) == [("wine", "done", ""), ("wine 2", "done", "")]


def test_the_queue_is_reordered_by_mouse_keys_and_menu(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for name in "abc":
        window.queue_runner.add_file(tmp_path / f"{name}.hpostudy")
    area = window.rail.queue.list
    qtbot.waitUntil(lambda: row(area, "c").isVisible() and row(area, "c").y() > 0)
    grabbed = row(area, "c")
    QTest.mousePress(grabbed, LEFT, pos=QPoint(20, 14))
    QTest.mouseMove(grabbed, QPoint(20, 0))
    QTest.mouseMove(grabbed, QPoint(20, -70))
    area.repaint()
    QTest.mouseRelease(grabbed, LEFT, pos=QPoint(20, -70))
    assert [name for name, *_ in rows(area)] == ["c", "a", "b"]
    assert window.session.path is None  # it was no click
    row(area, "c").setFocus()
    QTest.keyClick(row(area, "c"), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [name for name, *_ in rows(area)] == ["a", "c", "b"]
    pick(window, row(area, "b"), "Move up")
    assert [name for name, *_ in rows(area)] == ["a", "b", "c"]
    pick(window, row(area, "b"), "Remove from the queue")
    assert [name for name, *_ in rows(area)] == ["a", "c"]


def test_a_failed_entry_says_why_in_the_rail(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.queue_runner.add_file(tmp_path / "missing.hpostudy")
    window.actions_.trigger("queue.run")
    area = window.rail.queue.list
    qtbot.waitUntil(lambda: rows(area)[0][1] == "failed")
    assert "must exist" in rows(area)[0][2]
    assert not window.queue.goes
    heads = window.messages.keys()
    assert any("did not start" in head for head in heads)


def test_recent_studies_are_queued_and_clicked_from_the_rail(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "old.hpostudy"
    window.recent.put(RecentFile(str(path), "old one", note="0.9", state="done"))
    pick(window, row(window.rail.studies, "old one"), "Add to the queue")
    assert rows(window.rail.queue.list) == [("old one", "waiting", "")]
    QTest.mouseClick(row(window.rail.queue.list, "old one"), LEFT)
    qtbot.waitUntil(lambda: window.session.path == path)
    assert row(window.rail.queue.list, "old one").isChecked()


def test_why_something_cannot_be_queued_is_told(qtbot: QtBot, window: MainWindow) -> None:
    assert "Open a table" in window.actions_["queue.add"].toolTip()
    assert "Nothing is in the queue" in window.actions_["queue.run"].toolTip()
    show(qtbot, window, "wine")
    assert window.actions_["queue.add"].isEnabled()
    window.actions_.trigger("queue.add")
    assert "in the queue already" in window.actions_["queue.add"].toolTip()


def test_closing_asks_once_for_all_studies_and_the_queue_stays_for_the_next_time(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    show(qtbot, window, "mine")
    run(qtbot, window)
    show(qtbot, window, "queued")
    window.actions_.trigger("queue.add")
    show(qtbot, window, "other")
    run(qtbot, window)
    window.queue.set_going(True)
    assert not window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    assert dialog.title.text() == "2 studies are still running"
    assert "“other”, “mine”" in dialog.text.text()
    QTest.mouseClick(dialog.choice_buttons[KEEP], LEFT)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert [r.calls for r in engine.runners.values()] == [[("stop_after_current",)]] * 2
    later = Session(engine)
    second = MainWindow(later, PreferenceStore(), RecentFiles(), makers=MAKERS)
    qtbot.addWidget(second)
    second.queue.load()
    second.several.offer_queue()
    assert second.queue.was_going
    assert [entry.name for entry in second.queue.entries] == ["queued"]
    assert second.messages.bar("queue").isVisibleTo(second)
    second.close()


def shown_bars(window: MainWindow) -> list[str]:
    return window.messages.keys()


def keep_two_that_do_not_end(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> tuple[FakeRunner, FakeRunner]:
    """Close with two studies running, and wait for their trials; the first one is not shown."""
    for name in ("held", "shown"):
        show(qtbot, window, name)
        run(qtbot, window)
    held, shown = engine.runners["held"], engine.runners["shown"]
    held.stops_by_itself = shown.stops_by_itself = False
    window.close()
    assert window.leaving.dialog is not None
    QTest.mouseClick(window.leaving.dialog.choice_buttons[KEEP], LEFT)
    assert "leaving" in shown_bars(window)
    return held, shown


def test_a_held_study_that_gets_stuck_while_the_window_waits_is_asked_about(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    held, shown = keep_two_that_do_not_end(qtbot, window, engine)
    held.feed(FULL)
    qtbot.waitUntil(lambda: window.leaving.dialog is not None)
    dialog = window.leaving.dialog
    assert isinstance(dialog, UnsavedDialog)
    assert window.session.spec.name == "held"
    assert "3 trials are only in memory" in dialog.text.text()
    held.feed(Stuck(FULL.error, 4))  # more waits, but nobody is asked twice
    held.stops_by_itself = True
    QTest.mouseClick(dialog.choice_buttons[RESCUE], LEFT)
    qtbot.waitUntil(lambda: not window.session.has_runner)
    assert held.calls[-1] == ("leave", False)
    assert window.isVisible()
    # the other one is still waited for
    qtbot.waitUntil(lambda: "leaving" in shown_bars(window))
    assert window.leaving.dialog is None
    shown.feed(None)
    qtbot.waitUntil(lambda: not window.isVisible())


def test_whoever_cancels_when_a_study_gets_stuck_keeps_the_window(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners
) -> None:
    held, shown = keep_two_that_do_not_end(qtbot, window, engine)
    held.feed(FULL)
    qtbot.waitUntil(lambda: window.leaving.dialog is not None)
    assert isinstance(window.leaving.dialog, UnsavedDialog)
    QTest.mouseClick(window.leaving.dialog.cancel_button, LEFT)
    assert "leaving" not in shown_bars(window)
    held.feed(None)
    shown.feed(None)
    qtbot.waitUntil(lambda: not window.studies.active)
    assert window.isVisible()


def test_studies_are_ticked_and_compared(
    qtbot: QtBot, window: MainWindow, engine: ManyRunners, tmp_path: Path
) -> None:
    for name in ("old", "older", "missing"):
        window.recent.put(RecentFile(str(tmp_path / f"{name}.hpostudy"), name))
    show(qtbot, window, "wine")
    run(qtbot, window)
    engine.advance("wine", 0.95)
    qtbot.waitUntil(lambda: len(window.session.history) > 0)
    window.actions_.trigger("study.compare")
    panel = window.pages.currentWidget()
    assert isinstance(panel, ComparePanel)
    assert window.rail.steps.current() == ""
    assert [box.isChecked() for box in panel.boxes.values()] == [True, False, False, False]
    assert panel.stack.currentIndex() == 0
    tick(qtbot, panel, "old")
    qtbot.waitUntil(lambda: panel.choice.found is not None)
    assert panel.stack.currentIndex() == 1
    assert panel.verdict.text().startswith("“wine” has the best score.")
    model = panel.table.model()
    names = [model.index(place, 0).data() for place in range(model.rowCount())]
    assert names == ["wine", "old"]
    panel.choice._timer.setInterval(10)
    engine.advance("wine", 0.97)  # it runs on, and the comparison follows
    qtbot.waitUntil(lambda: panel.choice.found.lines[0].score == 0.97, timeout=8000)
    target = tmp_path / "out.png"
    panel.along.set_current("time")
    panel.write(target)
    qtbot.waitUntil(target.exists)
    assert target.read_text() == "time"
    tick(qtbot, panel, "missing")
    qtbot.waitUntil(lambda: "must exist" in panel.choice.problem)
    assert panel.stack.currentIndex() == 0
    window.show_step("run")
    assert window.rail.steps.current() == "run"


def tick(qtbot: QtBot, panel: ComparePanel, name: str) -> None:
    box = next(box for box in panel.boxes.values() if box.text() == name)
    assert isinstance(box, QCheckBox)
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def test_at_most_six_studies_are_ticked(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    show(qtbot, window, "wine")
    window.show_step("compare")
    panel = window.pages.currentWidget()
    assert isinstance(panel, ComparePanel)
    panel.add_files([str(tmp_path / f"{number}.hpostudy") for number in range(8)])
    qtbot.waitUntil(lambda: panel.choice.found is not None and not window.session.jobs.running)
    assert len(panel.choice.chosen) == 6
    assert [box.isEnabled() for box in panel.boxes.values()] == [True] * 6 + [False] * 2
    tick(qtbot, panel, panel.boxes[panel.choice.chosen[0]].text())
    assert len(panel.choice.chosen) == 5
    assert all(box.isEnabled() for box in panel.boxes.values())


def test_a_study_that_no_file_holds_is_discarded_only_after_a_question(
    qtbot: QtBot, window: MainWindow
) -> None:
    show(qtbot, window, "draft")
    window.session.edit(structs.replace(window.session.spec, seed=5), "Seed")
    show(qtbot, window, "iris")
    studies = window.rail.studies
    assert ("draft", "edited", "") in rows(studies)
    pick(window, row(studies, "draft"), "Discard this study…")
    question = window.several.question
    assert question is not None
    QTest.mouseClick(question.cancel_button, LEFT)
    assert ("draft", "edited", "") in rows(studies)
    pick(window, row(studies, "draft"), "Discard this study…")
    question = window.several.question
    assert question is not None
    QTest.mouseClick(question.verb_button, LEFT)
    qtbot.waitUntil(lambda: not window.studies.held)
    assert [name for name, *_ in rows(studies)] == ["iris"]
