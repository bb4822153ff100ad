from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPushButton,
    QSplitter,
    QTableView,
    QWidget,
)

from hpo_gui.assembly import crash_reports
from hpo_gui.assembly.crash_reports import InterruptedRun
from hpo_gui.core.acts import Retract
from hpo_gui.core.errors import ExportError, ReadOnlyError, SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec, StudySpec, TrainingSpec
from hpo_gui.core.trial import Failure, TrialState
from hpo_gui.gui.cards.final_test import final_test
from hpo_gui.gui.dialogs.closing import KEEP, STOP
from hpo_gui.gui.engine import Problem
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.preferences import PreferenceStore, window_state
from hpo_gui.gui.recent import RecentFile, RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.window.leaving import KEY as LEAVING
from hpo_gui.gui.window.study_memory import draft_key
from hpo_gui.study.events import Finished, StateChanged, TrialChanged
from tests.analysis.studies import ACCURACY, random_trials
from tests.analysis.studies import SPACE as TRIED
from tests.support.window import RUNNING, SPACE, make_spec, make_trial


class Page(QLabel):
    """A panel that remembers the fields it was led to."""

    def __init__(self, key):
        super().__init__(key)
        self.fields = []

    def focus_field(self, field):
        self.fields.append(field)


def make_page(key):
    return lambda session: Page(key)


MAKERS = {key: make_page(key) for key in ("data", "space", "strategy", "run", "results")}


def open_window(session, makers=None):
    return MainWindow(session, PreferenceStore(), RecentFiles(), makers=makers or MAKERS)


@pytest.fixture
def window(session, qtbot) -> Iterator[MainWindow]:
    made = open_window(session)
    qtbot.addWidget(made, before_close_func=lambda widget: end_run(widget.session))
    with qtbot.waitExposed(made):
        made.show()
    return made


def end_run(session):
    """Let nothing run, so that closing asks nothing."""
    if session.engine is not None:
        session.engine.wait = lambda: None
    session.close()


def start(window, qtbot):
    """Show a study and run it."""
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    window.actions_.trigger("run.run")
    window.session.engine.runner.feed(*RUNNING)
    qtbot.waitUntil(lambda: window.session.state == "running")


def dialogs(window, kind=MessageDialog):
    return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]


# --- steps and pages ----------------------------------------------------------------------------


def test_the_window_begins_with_the_welcome_page(window):
    assert window.pages.currentWidget() is window.welcome
    assert window.windowTitle() == "HPO Studio"
    assert not window.run_bar.main_button.isEnabled()
    assert "example" in window.run_bar.main_button.toolTip()


def test_panels_are_made_when_they_are_first_shown(window, qtbot):
    assert window.pages.made() == {}
    window.actions_.trigger("view.space")
    assert list(window.pages.made()) == ["space"]
    assert window.rail.steps.current() == "space"


def test_an_example_is_opened_from_the_welcome_page(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        qtbot.mouseClick(window.welcome.example_button, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget().text() == "data"
    assert window.run_bar.main_button.isEnabled()
    assert window.windowTitle() == "penguins — HPO Studio"
    assert [file.path for file in window.recent.files] == [str(window.session.base / "wine.csv")]


def test_a_new_study_leads_back_to_the_welcome_page(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    window.actions_.trigger("file.new")
    assert window.pages.currentWidget() is window.welcome


@pytest.mark.parametrize("number", range(1, 6))
def test_ctrl_and_a_number_goes_to_a_step(window, qtbot, number):
    key = ("data", "space", "strategy", "run", "results")[number - 1]
    qtbot.keyClick(window, str(number), Qt.KeyboardModifier.ControlModifier)
    assert window.rail.steps.current() == key
    assert window.pages.key == key


def test_clicking_a_step_shows_its_page(window, qtbot):
    step = window.rail.steps.step("strategy")
    qtbot.mouseClick(step, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget().text() == "strategy"


def test_a_long_reason_is_shown_from_its_beginning(window, qtbot):
    session = window.session
    error = SpecError("data", "must have a column to learn from " + "and another " * 60)
    session.engine.problems = (Problem("data", "target", error),)
    with qtbot.waitSignal(session.study_changed):
        window.open_sample("wine")
    reason = window.run_bar.reason
    assert reason.text().startswith("data must have a column")
    assert reason.text().endswith("…")
    qtbot.waitUntil(lambda: reason.sizeHint().width() <= reason.width())  # laid out
    assert str(error) in reason.toolTip()
    assert reason.accessibleName() == str(error)


def test_a_disabled_run_says_why_and_leads_to_the_field(window, qtbot):
    session = window.session
    error = SpecError("target", "must be chosen", remedy="Choose the column to predict.")
    session.engine.problems = (Problem("space", "max_depth", error),)
    with qtbot.waitSignal(session.study_changed):
        window.open_sample("wine")
    assert not window.run_bar.main_button.isEnabled()
    assert window.run_bar.reason.text() == str(error)
    assert window.rail.steps.step("space").state == "error"
    qtbot.mouseClick(window.run_bar.reason, Qt.MouseButton.LeftButton)
    assert window.pages.page("space").fields == ["max_depth"]
    window.show_step("data")
    place = window.run_bar.main_button.geometry().center()
    qtbot.mouseClick(window.run_bar, Qt.MouseButton.LeftButton, pos=place)
    assert window.pages.page("space").fields == ["max_depth"] * 2


# --- running ------------------------------------------------------------------------------------


def test_run_shows_progress_and_turns_into_pause_and_resume(window, qtbot):
    start(window, qtbot)
    bar = window.run_bar
    qtbot.waitUntil(lambda: bar.eta.text() == "ETA 27 ± 4 s")
    assert window.pages.key == "run"
    assert bar.main_button.text() == "Pause"
    assert "<b>1</b> / 10" in bar.count.text()
    assert bar.workers.text() == "1 of 2 workers"
    assert bar.progress.shares == pytest.approx((0.1, 0.1))
    assert window.rail.steps.step("run").subtitle == "1 of 10 · running"
    bar.main_button.click()
    qtbot.waitUntil(lambda: bar.main_button.text() == "Resume")
    assert bar.eta.text() == "paused"
    bar.main_button.click()
    qtbot.waitUntil(lambda: bar.main_button.text() == "Pause")


def test_the_log_tells_where_the_study_is_saved(window, qtbot):
    start(window, qtbot)
    notices = [line.notice for line in window.log.model.lines]
    assert str(window.session.path) in [notice.text for notice in notices]
    assert window.status.saved.toolTip() == str(window.session.path)


def test_the_stop_menu_stops(window, qtbot):
    start(window, qtbot)
    assert window.run_bar.stop_button.isVisible()
    texts = [action.text() for action in window.run_bar.stop_menu.actions()]
    assert texts == ["Stop after the running trials", "Stop now"]
    with qtbot.waitSignal(window.session.stopped):
        window.run_bar.stop_menu.actions()[1].trigger()
    assert not window.run_bar.stop_button.isVisible()
    assert window.run_bar.main_button.text() == "Continue"


def test_a_used_budget_is_raised_by_one_click(window, qtbot, tmp_path):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_file(str(tmp_path / "old.hpostudy"))
    assert window.run_bar.main_button.text() == "Run 2 more"
    window.run_bar.main_button.click()
    qtbot.waitUntil(lambda: window.session.engine.resumed != [])
    assert window.session.spec.budget.trials == 4


def test_the_number_of_workers_is_chosen_from_a_menu(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    window.run_bar.workers_menu.aboutToShow.emit()
    first = window.run_bar.workers_menu.actions()[0]
    first.trigger()
    assert window.session.spec.compute.workers == 1
    assert window.run_bar.workers.text() == "1 worker"


def test_failures_are_counted_in_the_status_line_and_shown_by_a_filter(window, qtbot):
    failed = make_trial(0, state=TrialState.FAILED, failure=Failure("memory_limit", "too much"))
    window.session.show_history(make_spec(), SPACE, [failed])
    assert window.status.message.text() == "1 trial failed: memory limit"
    qtbot.mouseClick(window.status.show_failures, Qt.MouseButton.LeftButton)
    assert window.pages.key == "run"
    assert window.session.looking.filter == "state = failed"


def test_what_stopping_early_has_saved_is_told_where_nothing_failed(window, qtbot):
    why = Failure("pruned", "Hopeless.")
    trials = [
        structs.replace(make_trial(0), fold_scores={"accuracy": (0.9,) * 5}),
        structs.replace(
            make_trial(1, state=TrialState.PRUNED, failure=why), fold_scores={"accuracy": (0.5,)}
        ),
    ]
    window.session.show_history(make_spec(), SPACE, trials)
    saved = "Stopping 1 trial early has saved 4 of 10 folds (40%)."
    assert window.status.message.text() == saved
    failed = make_trial(2, state=TrialState.FAILED, failure=Failure("memory_limit", "too much"))
    window.session.builder.put(failed)
    window.session.trials_changed.emit([2])
    assert window.status.message.text() == "1 trial failed: memory limit"
    assert saved in window.status.message.toolTip()


def test_the_status_line_tells_whether_it_is_worth_continuing(window, qtbot):
    session, remark = window.session, window.status.remark
    session.show_history(make_spec(), SPACE, [make_trial(n, 0.5 + n / 100) for n in range(9)])
    assert remark.text() == ""
    session.show_history(make_spec(), SPACE, [make_trial(n, 0.5 + n / 100) for n in range(12)])
    assert remark.text().startswith("next 20 trials: better by 0.")
    assert "four times of five" in remark.toolTip()
    before = remark.text()
    session.builder.put(make_trial(12, 0.9))
    session.trials_changed.emit([12])
    qtbot.waitUntil(lambda: remark.text() != before)
    session.new_study()
    assert remark.text() == ""


def test_a_study_that_ran_is_remembered_with_its_score(window, qtbot):
    start(window, qtbot)
    path = str(window.session.path)
    remembered = window.recent.find(path)
    assert (remembered.state, remembered.process) == ("running", os.getpid())
    runner = window.session.engine.runner
    with qtbot.waitSignal(window.session.stopped):
        runner.feed(
            TrialChanged(make_trial(1, 0.97)),
            StateChanged("finished"),
            Finished("All 10 trials are done.", True),
            None,
        )
    remembered = window.recent.find(path)
    assert (remembered.note, remembered.state, remembered.process) == ("0.97", "done", 0)
    assert window.status.message.text() == "All 10 trials are done."


def test_an_interrupted_study_is_offered_at_the_next_start(window, qtbot, tmp_path):
    path = tmp_path / "old.hpostudy"
    path.write_text("")
    window.recent.put(RecentFile(str(path), "old", state="running", process=0))
    window.memory.offer_interrupted()
    bar = window.messages.bar(str(path))
    assert "interrupted" in bar.head.text()
    link = next(button for button in bar.findChildren(QPushButton) if button.text() == "Go on")
    link.click()
    qtbot.waitUntil(lambda: window.session.engine.resumed == [path])


def test_a_study_whose_terminal_was_killed_is_offered_until_the_bar_is_closed(
    window, qtbot, tmp_path, monkeypatch
):
    path, other = tmp_path / "old.hpostudy", tmp_path / "other.hpostudy"
    path.write_text("")
    runs = [InterruptedRun(tmp_path / f"{file.stem}.log", file, 1.0) for file in (path, other)]
    forgotten = []
    monkeypatch.setattr(crash_reports, "tell_of_runs", lambda: True)
    monkeypatch.setattr(crash_reports, "interrupted_runs", lambda: runs)
    monkeypatch.setattr(crash_reports, "forget_run", forgotten.append)
    window.memory.offer_killed_runs({str(other)})
    qtbot.waitUntil(lambda: window.messages.keys() == [str(path)])
    window.messages.bar(str(path)).close_button.click()
    assert forgotten == runs[:1]


def test_a_study_that_was_not_run_is_offered_at_the_next_start(window, engine, qtbot):
    session = window.session
    with qtbot.waitSignal(session.study_changed):
        window.open_sample("wine")
    session.edit(structs.replace(session.spec, seed=77), "Seed")
    assert window.close()
    later = Session(engine)
    second = open_window(later)
    qtbot.addWidget(second)
    second.memory.offer_draft()
    (draft,) = second.memory.drafts.left
    link = second.messages.bar(draft_key(draft)).findChildren(QPushButton)[0]
    with qtbot.waitSignal(later.study_changed):
        link.click()
    assert later.spec.seed == 77
    assert second.close()
    assert second.memory.drafts.load().spec.seed == 77
    assert later.close()


def test_what_takes_long_is_shown_and_can_be_cancelled(window, qtbot):
    gate = threading.Event()
    window.session.engine.wait = gate.wait
    window.study_messages.slow.setInterval(1)
    window.open_file("large.csv")
    qtbot.waitUntil(lambda: window.messages.keys() == ["loading"])
    window.messages.bar("loading").findChildren(QPushButton)[0].click()
    assert window.session.opening.title == ""
    assert window.messages.keys() == []
    gate.set()


def test_a_change_during_a_run_says_when_it_is_used(window, qtbot):
    start(window, qtbot)
    session = window.session
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    assert window.messages.keys() == ["later"]
    session.undo.undo()
    assert window.messages.keys() == []


def test_another_number_of_workers_is_used_at_once(window, qtbot):
    start(window, qtbot)
    window.session.set_workers(1)
    assert window.messages.keys() == []
    assert ("set_workers", 1) in window.session.engine.runner.calls


def test_a_read_only_study_says_why_and_offers_a_copy(window, qtbot, monkeypatch, tmp_path):
    opened = window.session.engine.open_study(tmp_path / "old.hpostudy")
    opened.read_only = "Another window writes it."
    monkeypatch.setattr(window.session.engine, "open_study", lambda path: opened)
    with qtbot.waitSignal(window.session.study_changed):
        window.open_file(str(tmp_path / "old.hpostudy"))
    assert window.messages.bar("read only").text.text() == "Another window writes it."
    assert window.run_bar.main_button.toolTip() == "Another window writes it."
    assert window.status.saved.text() == "Read-only"


def test_tab_goes_from_the_steps_through_the_page_to_the_run_bar(session, qtbot):
    """Pages are made later than the run bar; they come before it all the same."""

    class Buttons(Page):
        def __init__(self, key):
            super().__init__(key)
            row = QHBoxLayout(self)
            self.buttons = [QPushButton(f"{key} {n}") for n in range(2)]
            for button in self.buttons:
                row.addWidget(button)

    window = open_window(session, {key: lambda session, key=key: Buttons(key) for key in MAKERS})
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_study(Path("old.hpostudy"))
    window.show_step("space")
    window.rail.steps.setFocus()
    names = []
    for _ in range(12):
        window.focusNextPrevChild(True)
        focused = QApplication.focusWidget()
        names.append(focused.text() if isinstance(focused, QPushButton) else "")
    there = [name for name in names if name.startswith(("space", "Run"))]
    assert there[:3] == ["space 0", "space 1", there[2]]
    assert there[2].startswith("Run")


# --- leaving ------------------------------------------------------------------------------------


def test_closing_while_nothing_runs_asks_nothing(window):
    assert window.close()
    assert dialogs(window) == []


@pytest.fixture
def writing(window, qtbot, tmp_path):
    """A window in which an act is being written, and the gate that lets it end."""
    with qtbot.waitSignal(window.session.study_changed):
        window.session.opening.open_study(tmp_path / "old.hpostudy")
    gate = threading.Event()
    window.session.engine.wait = gate.wait
    window.session.live.act([Retract(0)])
    yield window, gate
    gate.set()


def test_closing_waits_for_an_act_that_is_being_written(writing, qtbot):
    window, gate = writing
    for _ in range(2):  # however often it is asked for
        assert not window.close()
        assert window.messages.bar(LEAVING).head.text() == "Writing what was done"
    with qtbot.waitSignal(window.session.acted) as told:
        gate.set()
    assert [one.act.number for one in told.args[0].done] == [0]
    qtbot.waitUntil(lambda: not window.isVisible())


def test_one_can_stay_while_an_act_is_being_written(writing, qtbot):
    window, gate = writing
    window.close()
    link = window.messages.bar(LEAVING).findChild(LinkButton)
    assert link.text() == "Stay"
    link.click()
    with qtbot.waitSignal(window.session.acted):
        gate.set()
    qtbot.wait(50)
    assert window.isVisible()


def test_an_act_that_cannot_be_written_keeps_the_window_open(writing, qtbot):
    window, gate = writing

    def fail(path, acts):
        gate.wait()
        raise ReadOnlyError("study", "cannot be written", remedy="Free it.")

    window.session.engine.act = fail
    window.session.live.act([Retract(1)])
    window.close()
    with qtbot.waitSignal(window.session.live.acts.failed):
        gate.set()
    qtbot.wait(50)
    assert window.isVisible()
    assert window.messages.keys().count(LEAVING) == 0


def test_closing_while_a_study_runs_asks_and_cancel_stays(window, qtbot):
    start(window, qtbot)
    assert not window.close()
    assert window.leaving.dialog.isVisible()
    window.leaving.dialog.cancel_button.click()
    assert window.isVisible()
    assert window.session.state == "running"
    assert window.session.engine.runner.calls == []


def test_closing_can_stop_the_study(window, qtbot):
    start(window, qtbot)
    window.close()
    window.leaving.dialog.verb_button.click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert ("stop_now",) in window.session.engine.runner.calls
    assert STOP == "yes"
    remembered = window.recent.find(str(window.session.path))
    assert (remembered.state, remembered.process) == ("paused", 0)
    assert remembered.at > 0


def test_closing_can_keep_the_study_as_paused(window, qtbot):
    start(window, qtbot)
    runner = window.session.engine.runner
    runner.stops_by_itself = False
    window.close()
    window.leaving.dialog.choice_buttons[KEEP].click()
    qtbot.waitUntil(lambda: ("stop_after_current",) in runner.calls)
    assert window.isVisible()
    assert window.messages.keys() == ["leaving"]
    runner.feed(StateChanged("finished"), Finished("Stopped.", False), None)
    qtbot.waitUntil(lambda: not window.isVisible())


def test_waiting_for_the_last_trials_can_be_cut_short(window, qtbot):
    start(window, qtbot)
    runner = window.session.engine.runner
    runner.stops_by_itself = False
    window.close()
    window.leaving.dialog.choice_buttons[KEEP].click()
    link = window.messages.bar("leaving").findChildren(QPushButton)[0]
    runner.stops_by_itself = True
    link.click()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_opening_another_study_leaves_the_running_one_at_work(window, qtbot):
    start(window, qtbot)
    runner = window.session.engine.runner
    window.open_sample("iris")
    qtbot.waitUntil(lambda: window.session.spec.name == "iris")
    assert dialogs(window) == []
    assert runner.calls == []
    (held,) = window.studies.held.values()
    assert (held.spec.name, held.state) == ("wine", "running")


# --- messages, log, palette ---------------------------------------------------------------------


def test_an_error_is_shown_in_a_bar_with_details_to_copy_and_in_the_log(window, qtbot):
    window.session.tell(Notice("error", "It broke", "because", "Traceback …"))
    bar = window.messages.bar("It broke")
    bar.copy_details()
    assert "Traceback …" in QApplication.clipboard().text()
    assert window.log.model.rowCount() == 1


def test_the_same_error_does_not_pile_up(window):
    for _ in range(50):
        window.session.tell(Notice("error", "It broke", "because"))
    assert window.messages.keys() == ["It broke"]
    assert window.log.model.rowCount() == 50
    assert dialogs(window) == []


def test_failing_trials_do_not_fill_the_window_with_bars(window):
    for number in range(5):
        window.session.tell(Notice("warning", f"Trial {number} failed", "why", trial=number))
    assert window.messages.keys() == []
    assert window.status.message.text() == "Trial 4 failed"


def test_the_log_is_shown_and_filtered_by_level_and_trial(window, qtbot):
    window.actions_.trigger("view.log")
    assert window.log.isVisible()
    assert window.preferences.value.log_shown
    window.session.tell(Notice("warning", "Trial 12 failed", "why", "all of it", trial=12))
    window.session.tell(Notice("info", "Saved", "here"))
    model = window.log.model
    model.set_filter("warning", "")
    assert model.rowCount() == 1
    window.log.show_trial(12)
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    assert model.line(0).notice.trial == 12
    dialog = window.log.show_details(0)
    assert dialog.details == "all of it"
    dialog.close()
    window.log.copy()
    assert "all of it" in QApplication.clipboard().text()
    window.actions_.trigger("view.log")
    assert not window.log.isVisible()


def test_the_log_keeps_the_newest_lines(window):
    from hpo_gui.gui.window.log_panel import KEPT

    for number in range(KEPT + 1):
        window.log.model.put(Notice("info", str(number)))
    model = window.log.model
    assert model.rowCount() <= KEPT
    assert model.line(model.rowCount() - 1).notice.head == str(KEPT)


def test_the_palette_finds_and_does_a_command(window, qtbot):
    qtbot.keyClick(
        window, "P", Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    palette = window.palette_
    assert palette.isVisible()
    qtbot.keyClicks(palette.edit, "gostrat")
    assert palette.model.found[0][0].id == "view.strategy"
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.pages.key == "strategy"


def test_the_palette_tells_why_a_command_cannot_be_done(window, qtbot):
    window.palette_.open()
    qtbot.keyClicks(window.palette_.edit, "stopnow")
    command, action = window.palette_.model.found[0]
    assert command.id == "run.stop_now"
    assert action.statusTip() == "No study is running."
    qtbot.keyClick(window.palette_.edit, Qt.Key.Key_Return)
    assert window.palette_.isVisible()
    qtbot.keyClick(window.palette_.edit, Qt.Key.Key_Escape)
    assert not window.palette_.isVisible()


@pytest.mark.parametrize(
    ("typed", "tab", "changes", "why_not"),
    [
        (
            "learning curves",
            "learning",
            {"training": TrainingSpec()},
            "Trials do not learn step by step: switch Training on in the Space step.",
        ),
        (
            "population",
            "population",
            {"training": TrainingSpec(), "strategy": Choice("population")},
            "There is no population: choose that strategy in the Strategy step.",
        ),
        (
            "pareto",
            "pareto",
            {"goals": (Goal("accuracy"), Goal("fit_time", "minimize"))},
            "The study has one goal: add another one.",
        ),
    ],
)
def test_the_palette_leads_to_a_tab_of_the_page_that_is_shown_or_of_the_run(
    window, qtbot, typed, tab, changes, why_not
):
    assert window.actions_.why_not(f"view.{tab}") == "Open a table or an example first."
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    assert window.actions_.why_not(f"view.{tab}") == why_not
    window.session.edit(structs.replace(window.session.spec, **changes), "Learn")
    for page in ("run", "results"):
        window.show_step(page)
        window.palette_.open()
        qtbot.keyClicks(window.palette_.edit, typed)
        assert window.palette_.model.found[0][0].id == f"view.{tab}"
        qtbot.keyClick(window.palette_.edit, Qt.Key.Key_Return)
        assert window.pages.key == page
        assert window.pages.page(page).fields == [tab]
    window.show_step("space")
    window.actions_.trigger(f"view.{tab}")
    assert window.pages.key == "run"


def test_the_palette_moves_with_the_arrow_keys(window, qtbot):
    window.palette_.open()
    palette = window.palette_
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.edit, Qt.Key.Key_Down)
    qtbot.keyClick(palette.edit, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 2
    qtbot.keyClick(palette.edit, Qt.Key.Key_PageUp)
    assert palette.list.currentIndex().row() == 0


def test_the_shortcut_sheet_lists_every_key(window):
    window.actions_.trigger("help.shortcuts")
    (sheet,) = dialogs(window)
    assert ("Run", "F5") in sheet.rows
    sheet.close()


def test_about_tells_versions_and_folders(window, isolated_home):
    window.actions_.trigger("help.about")
    (about,) = dialogs(window)
    about.copy()
    text = QApplication.clipboard().text()
    assert "scikit-learn" in text
    assert str(isolated_home) in text
    about.close()


# --- preferences and layout ---------------------------------------------------------------------


def test_the_theme_is_switched_live_and_remembered(window):
    light = window.grab().toImage().pixelColor(400, 400)
    window.actions_.trigger("theme.dark")
    assert current_theme().tokens.dark
    assert window.grab().toImage().pixelColor(400, 400) != light
    assert PreferenceStore().value.theme == "dark"
    window.actions_.trigger("theme.light")


def test_all_options_are_remembered(window):
    window.actions_.trigger("options.all")
    assert window.session.looking.options == "all"
    assert PreferenceStore().value.options == "all"


def test_undo_is_named_after_the_edit(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    assert window.actions_.why_not("edit.undo")
    session = window.session
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    assert window.actions_["edit.undo"].text() == "Undo: Seed"
    window.actions_.trigger("edit.undo")
    assert session.spec.seed == 0
    assert window.actions_["edit.redo"].text() == "Redo: Seed"


def with_splitter(session):
    page = QWidget()
    splitter = QSplitter(page)
    splitter.setObjectName("halves")
    splitter.addWidget(QLabel("a"))
    splitter.addWidget(QLabel("b"))
    splitter.resize(400, 300)
    return page


def test_the_layout_comes_back_and_can_be_reset(session, qtbot):
    makers = {**MAKERS, "space": with_splitter}
    first = open_window(session, makers)
    qtbot.addWidget(first)
    first.show()
    first.resize(1111, 777)
    first.show_step("space")
    splitter = first.pages.splitters()["space/halves"]
    splitter.setSizes([100, 300])
    sizes = splitter.sizes()
    assert first.close()
    second = open_window(session, makers)
    qtbot.addWidget(second)
    second.show()
    assert second.height() == pytest.approx(777, abs=8)  # the screen of the tests is 800 wide
    second.show_step("space")
    assert second.pages.splitters()["space/halves"].sizes()[0] == pytest.approx(sizes[0], abs=12)
    second.actions_.trigger("view.reset_layout")
    assert isinstance(window_state(), QSettings)
    assert window_state().value("geometry") is None
    assert second.pages.key == "space"


def test_geometry_is_not_saved_by_a_close_that_was_cancelled(window, qtbot):
    start(window, qtbot)
    window.close()
    window.leaving.dialog.cancel_button.click()
    assert window.layout_.settings.value("geometry") is None


# --- dropping files -----------------------------------------------------------------------------


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPointF(9, 9).toPoint(), actions, data, buttons, keys)
    window.dragEnterEvent(entered)
    dropped = QDropEvent(QPointF(9, 9), actions, data, buttons, keys)
    window.dropEvent(dropped)
    return entered.isAccepted()


def test_a_dropped_table_is_opened(window, qtbot, tmp_path):
    with qtbot.waitSignal(window.session.study_changed):
        assert drop(window, tmp_path / "wine.csv")
    assert window.session.spec.data.source == "wine.csv"


def test_dropped_text_is_not_taken(window):
    data = QMimeData()
    data.setText("hello")
    event = QDragEnterEvent(
        QPointF(9, 9).toPoint(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    window.dragEnterEvent(event)
    assert not event.isAccepted()


# --- files --------------------------------------------------------------------------------------


def test_the_specification_is_saved_with_a_path_that_leads_to_the_table(window, qtbot, tmp_path):
    from hpo_gui.core.spec_text import read_spec

    with qtbot.waitSignal(window.session.study_changed):
        window.open_file(str(tmp_path / "wine.csv"))
    target = tmp_path / "specs" / "wine.toml"
    target.parent.mkdir()
    assert window.files.write_spec(str(target))
    saved = read_spec(target)
    assert saved.data.source == "../wine.csv"
    assert saved.goals == window.session.spec.goals


def show_trials(window):
    """Show a study of 30 trials."""
    data = DataSpec("penguins.csv", test_share=0.2)
    folds = Choice("stratified_k_fold", {"folds": 5})
    spec = StudySpec(name="penguins", data=data, goals=(ACCURACY,), validation=folds)
    window.session.show_history(spec, TRIED, random_trials(30))


def test_the_report_is_written_in_the_background_and_a_bar_opens_it(
    window, qtbot, tmp_path, monkeypatch
):
    calls, opened = [], []

    def export(spec, base, history, wanted, trial, test, study):
        assert threading.current_thread() is not threading.main_thread()
        calls.append((dict(wanted), trial, test))
        return tuple(wanted.values())

    show_trials(window)
    monkeypatch.setattr(window.session.engine, "export", export)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    best = window.session.history.best.number
    final_test(window.session).scores[best] = {"accuracy": 0.8}
    window.actions_.trigger("file.report")
    dialog = window.files.dialog
    assert Path(dialog.selectedFiles()[0]).name == "penguins report.html"
    dialog.fileSelected.emit(str(tmp_path / "r.html"))
    dialog.reject()
    qtbot.waitUntil(lambda: window.messages.keys() == ["report"])
    assert calls == [({"report": tmp_path / "r.html"}, best, {"accuracy": 0.8})]
    links = window.messages.findChildren(LinkButton)
    for words in ("Open", "Open folder"):
        next(link for link in links if link.text() == words).click()
    assert [Path(path) for path in opened] == [tmp_path / "r.html", tmp_path]


def test_a_report_that_cannot_be_written_is_told_with_the_remedy(
    window, qtbot, tmp_path, monkeypatch
):
    def export(*_):
        raise ExportError("r.html", "cannot be written", remedy="Choose another folder.")

    show_trials(window)
    monkeypatch.setattr(window.session.engine, "export", export)
    window.files.write_report(str(tmp_path / "r.html"))
    qtbot.waitUntil(lambda: window.messages.keys() == ["The report was not written"])


def test_a_study_without_trials_has_no_report_yet(window):
    action = window.actions_["file.report"]
    assert not action.isEnabled()
    assert "no trials yet" in action.toolTip()


def test_a_folder_that_cannot_be_written_is_told(window, qtbot, tmp_path):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    (tmp_path / "file").write_text("no folder")
    assert not window.files.write_spec(str(tmp_path / "file" / "wine.toml"))
    assert window.messages.keys() == ["The specification was not saved"]


def test_a_file_chosen_in_the_dialog_is_opened(window, qtbot, tmp_path):
    window.actions_.trigger("file.open_data")
    dialog = window.files.dialog
    assert dialog.isVisible()
    with qtbot.waitSignal(window.session.study_changed):
        dialog.fileSelected.emit(str(tmp_path / "wine.csv"))
        dialog.done(1)
    assert window.preferences.value.folder == str(tmp_path)


def test_the_menus_hold_examples_and_recent_files(window, qtbot):
    menus = {menu.title(): menu for menu in window.top.menus["File"].findChildren(QMenu)}
    assert any("Penguins" in action.text() for action in menus["Examples"].actions())
    window.recent.put(RecentFile("/x/wine.csv", "wine.csv", "data"))
    menus["Open recent"].aboutToShow.emit()
    assert menus["Open recent"].actions()[0].text() == "wine.csv"
    assert menus["Open recent"].actions()[0].toolTip() == "/x/wine.csv"


# --- accessibility ------------------------------------------------------------------------------


def test_every_control_of_the_frame_has_a_name(window, qtbot):
    start(window, qtbot)
    window.actions_.trigger("view.log")
    kinds = (QAbstractButton, QComboBox, QLineEdit, QTableView)
    controls = [w for kind in kinds for w in window.findChildren(kind) if w.isVisible()]
    inner = (QTableView, QLineEdit, QMenuBar)  # Qt's own parts of those have no names
    controls = [w for w in controls if not isinstance(w.parent(), inner)]
    assert len(controls) > 10
    for control in controls:
        name = control.accessibleName() or getattr(control, "text", lambda: "")()
        assert name, control


def test_tab_goes_through_rail_page_and_run_bar_in_order(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    order, widget = [], window.top.command_box
    for _ in range(2000):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            order.append(widget)
        widget = widget.nextInFocusChain()
        if widget is window.top.command_box:
            break
    rail = order.index(window.rail.steps.step("data"))
    run = order.index(window.run_bar.main_button)
    log = order.index(window.status.log_button)
    assert rail < run < log


def test_the_palette_leads_to_the_leaderboard_of_models_and_to_the_landscape(window, qtbot):
    with qtbot.waitSignal(window.session.study_changed):
        window.open_sample("wine")
    for key in ("models", "landscape"):
        assert window.actions_.why_not(f"view.{key}").startswith("There are no trials yet")
    window.session.show_history(make_spec(), SPACE, [make_trial(0, 0.5)])
    assert window.actions_.why_not("view.models").startswith("The study has one model")
    two = (*make_spec().models, ModelSpec("knn"))
    spec = structs.replace(make_spec(), models=two)
    window.session.show_history(spec, SPACE, [make_trial(0, 0.5)])
    window.actions_.trigger("view.models")
    assert window.pages.page("results").fields == ["models"]
    window.show_step("run")
    window.actions_.trigger("view.landscape")
    assert window.pages.page("run").fields == ["landscape"]
