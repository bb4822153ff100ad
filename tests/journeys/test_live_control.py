"""A person who keeps a study under control: acts by clicks and keys, and workers while it runs."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from person import Person
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from hpo_gui.assembly.acts import act_on_study, audit_trail
from hpo_gui.core.acts import Retract
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, FunctionSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.execution.executor import Limits
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.loading import Loaded
from hpo_gui.gui.tables.trial_table import TrialTable
from hpo_gui.gui.widgets.value_edit import ValueEdit
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import Finished, Progress
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

X = Float("x", 0, 1, default=0.5)
GOAL = Goal("accuracy")
SPEC = StudySpec(
    name="kept",
    seed=7,
    objective=FunctionSpec("mine.py:score", (X,)),
    goals=(GOAL,),
    budget=BudgetSpec(trials=6),
)


@dataclass(frozen=True)
class Slow:
    """An objective whose score is x, after some seconds."""

    seconds: float = 0.0
    steps = 1

    def __call__(self) -> Slow:
        return self

    def start(self, params: dict[str, Any], seed: int) -> None:
        time.sleep(self.seconds)

    def step(
        self, state: None, params: dict[str, Any], index: int
    ) -> tuple[dict[str, float], None]:
        return {"accuracy": params["x"]}, None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study with six trials, whose number 4 is the best."""
    made = tmp_path / "kept.hpostudy"
    with StudyFile.create(made, spec_to_json(SPEC)) as file:
        for n, x in enumerate((0.5, 0.2, 0.7, 0.1, 0.9, 0.6)):
            state, scores = TrialState.COMPLETE, {"accuracy": x}
            origin = Origin("random")
            file.put([Trial(n, {"x": x}, origin, state, seed=7, scores=scores, told=n + 1)])
    return made


@pytest.fixture
def opened(person: Person, path: Path) -> Person:
    person.window.open_file(str(path))
    person.until(lambda: len(person.session.builder.trials) == 6)
    person.settled()
    return person


def kept(path: Path) -> list[Trial]:
    with StudyFile.look_into(path) as file:
        return file.load()


def click_trial(person: Person, number: int) -> None:
    """Click the row of a trial."""
    table = person.window.findChild(TrialTable)
    (row,) = table.trials.rows_of(np.array([number])).tolist()
    at = table.visualRect(table.trials.index(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_trial_is_retracted_by_a_key_and_the_link_takes_it_back(
    opened: Person, path: Path
) -> None:
    click_trial(opened, 4)
    table = opened.window.findChild(TrialTable)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    reason = opened.find(QLineEdit, "Reason")
    QTest.keyClicks(reason, "ran on the wrong data")
    opened.click("Retract")
    opened.until(lambda: kept(path)[4].state is TrialState.RETRACTED)
    opened.until(lambda: opened.session.history.best.number == 2)
    assert opened.window.status.message.text() == "Trial 4 retracted"
    opened.click("Undo")
    opened.until(lambda: kept(path)[4].state is TrialState.COMPLETE)
    texts = [event.text for event in audit_trail(path)]
    assert texts == ["Trial 4 retracted: ran on the wrong data", "Trial 4 counts again."]


def test_a_score_a_note_and_a_tag_are_typed_and_stay_in_the_file(
    opened: Person, path: Path
) -> None:
    click_trial(opened, 1)
    opened.press(Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)
    QTest.keyClicks(opened.find(ValueEdit, "accuracy"), "0.95")
    opened.click("Correct")
    opened.until(lambda: kept(path)[1].scores == {"accuracy": 0.95})
    opened.until(lambda: opened.session.history.best.number == 1)
    note = opened.find(QPlainTextEdit, "Note")
    note.setFocus()
    QTest.keyClicks(note, "a typo")
    QTest.keyClick(note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    opened.until(lambda: kept(path)[1].note == "a typo")
    tag = opened.find(QLineEdit, "Add a tag")
    QTest.keyClicks(tag, "checked, mine")
    QTest.keyClick(tag, Qt.Key.Key_Return)
    opened.until(lambda: kept(path)[1].tags == ("checked", "mine"))
    opened.window.actions_.trigger("study.trail")
    opened.until(lambda: len(audit_trail(path)) == 3)
    opened.click("Close")


def test_the_best_are_repeated_in_one_click_and_an_edited_copy_is_queued(
    opened: Person, path: Path
) -> None:
    assert opened.window.actions_.trigger("study.repeat_best")
    opened.until(lambda: len(kept(path)) == 11)
    again = kept(path)[6:]
    assert [trial.params["x"] for trial in again] == [0.9, 0.7, 0.6, 0.5, 0.2]
    assert {trial.origin.strategy for trial in again} == {"repeat"}
    opened.until(lambda: len(opened.session.builder.trials) == 11)
    click_trial(opened, 4)
    opened.press(
        Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    opened.type_into("x", "0.33")
    opened.click("Add")
    opened.until(lambda: len(kept(path)) == 12)
    assert kept(path)[11].params == {"x": 0.33}
    assert kept(path)[11].state is TrialState.WAITING
    opened.until(lambda: len(opened.session.builder.trials) == 12)
    click_trial(opened, 11)
    opened.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    opened.until(lambda: kept(path)[11].state is TrialState.CANCELLED)


def make_runner(path: Path, seconds: float, workers: int, trials: int) -> tuple[Runner, StudyFile]:
    file = StudyFile.open(path)
    study = Study(Space([X]), (GOAL,), Random(), seed=7, trials=file.load(), store=file)
    executor: Any = InlineExecutor(Slow(seconds), Limits())
    if workers:
        executor = ProcessPool(Slow(seconds), workers, Limits())
    budget = BudgetSpec(trials=trials)
    return Runner(study, executor, 1, budget=budget, clean_up=file.close), file


def test_acts_during_a_run_are_in_the_file_at_once(opened: Person, path: Path) -> None:
    session = opened.session
    runner, _ = make_runner(path, 0.02, 0, 5000)
    session.run_with(runner)
    opened.until(lambda: session.history.told > 8)
    click_trial(opened, 4)
    opened.window.actions_.trigger("trial.retract")
    opened.click("Retract")
    opened.until(lambda: kept(path)[4].state is TrialState.RETRACTED)
    opened.until(lambda: opened.window.actions_.trigger("trial.restore"))
    opened.until(lambda: kept(path)[4].state is TrialState.COMPLETE)
    opened.window.actions_.trigger("trial.repeat")
    opened.until(lambda: any(t.origin.strategy == "repeat" for t in session.builder.trials))
    done = session.history.told
    session.set_budget(BudgetSpec(trials=done + 3))
    opened.until(lambda: not session.is_active)
    (again,) = [trial for trial in kept(path) if trial.origin.strategy == "repeat"]
    assert (again.params, again.state) == ({"x": 0.9}, TrialState.COMPLETE)
    assert [event.kind for event in audit_trail(path)] == ["retract", "restore"]


def test_workers_are_added_and_taken_away_while_all_are_busy(path: Path) -> None:
    runner, _ = make_runner(path, 0.15, 1, 5000)
    stage, most = "one", 0
    for event in runner.run():
        if not isinstance(event, Progress):
            continue
        if stage == "one" and event.running == 1:
            runner.set_workers(3)
            stage = "up"
        elif stage == "up" and event.running == 3:
            runner.set_workers(1)
            stage = "down"
        elif stage == "down" and event.running == 1 and event.workers == 1:
            runner.stop_after_current()
            stage = "over"
        most = max(most, event.running)
    assert (stage, most) == ("over", 3)
    states = {trial.state for trial in kept(path)}
    assert states <= {TrialState.COMPLETE, TrialState.WAITING}, "nobody was killed"


def test_a_study_that_is_done_goes_on_with_twenty_more(opened: Person) -> None:
    session, resumed = opened.session, []
    opened.window.actions_.allow("run.more")
    session.run = lambda: resumed.append(session.spec.budget.trials)  # type: ignore[method-assign]
    opened.press(Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier)
    assert resumed == [26]
    session.undo.undo()
    assert session.spec.budget.trials == 6


def test_the_run_of_a_finished_study_ends_with_its_reason(path: Path) -> None:
    runner, _ = make_runner(path, 0.0, 0, 6)
    *_, last = runner.run()
    assert last == Finished("All 6 trials of the budget are done.", done=True)


def test_undo_never_changes_another_study(opened: Person, path: Path) -> None:
    other = path.with_name("other.hpostudy")
    StudyFile.look_into(path).close()
    shutil.copy(path, other)
    act_on_study(other, [Retract(4)])
    opened.session.live.act([Retract(4)])
    opened.until(lambda: opened.window.status.undo.isVisible())
    opened.window.open_file(str(other))
    opened.until(lambda: opened.session.path == other)
    assert not opened.window.status.undo.isVisible()
    opened.window.status.undo.click()
    opened.settled()
    opened.qtbot.waitUntil(lambda: not opened.session.live.acts.is_busy)
    assert len(audit_trail(other)) == 1
    assert kept(other)[4].state is TrialState.RETRACTED


def test_a_copy_is_set_up_while_the_export_drawer_is_open(
    opened: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: caught.append(error))
    opened.window.actions_.trigger("file.export")
    opened.until(opened.window.findChild(ExportDrawer).isVisible)
    opened.window.actions_.trigger("study.duplicate")
    opened.until(lambda: opened.session.spec.name == "kept 2")
    opened.settled()
    assert caught == []
    assert len(opened.session.builder.trials) == 0


def test_an_act_is_seen_that_ended_while_another_study_was_shown(
    opened: Person, path: Path
) -> None:
    studies = opened.window.studies
    kept_key, other = studies.shown, studies.hold(Loaded(StudySpec(name="other"), path.parent))
    studies.keep()
    opened.session.live.act([Retract(4)])
    studies.show(other.key)
    opened.until(lambda: kept(path)[4].state is TrialState.RETRACTED)
    opened.until(lambda: studies.held[kept_key].history.best.number == 2)
    studies.show(kept_key)
    assert opened.session.builder.trials[4].state is TrialState.RETRACTED
