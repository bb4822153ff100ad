"""What the window holds goes by the trials it shows, not by how often they have changed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.run_thread import RunWorker
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageBar
from hpo_gui.gui.window.log_panel import KEPT, LogModel
from hpo_gui.study.events import Progress, TrialChanged
from tests.support.window import FakeRunner, make_spec, make_trial

SPACE = Space(
    [Float("rate", 1e-4, 1.0, log=True), Int("depth", 1, 30), Categorical("kind", ("a", "b"))]
)
TRIALS = 40
UPDATES = 12
FEW = UPDATES // 2
"""What may grow: fewer objects than one in two updates, of the hundreds that each makes."""


def finished(number: int, score: float, rng: np.random.Generator) -> Trial:
    folds = {"accuracy": tuple(score + shift for shift in (-0.01, 0.0, 0.01))}
    return Trial(
        number,
        SPACE.sample(rng),
        Origin("random", "Drawn at random."),
        TrialState.COMPLETE,
        scores={"accuracy": score},
        fold_scores=folds,
        started=1.7e9 + number,
        finished=1.7e9 + number + 1.0,
        told=number + 1,
    )


class Busy:
    """A window in which the same trials run again and again."""

    def __init__(self, qtbot: QtBot) -> None:
        self.rng = np.random.default_rng(0)
        self.trials = [finished(number, number / TRIALS, self.rng) for number in range(TRIALS)]
        self.session = Session()
        spec: StudySpec = make_spec("wine", trials=TRIALS)
        self.session.show_history(spec, SPACE, self.trials)
        self.window = MainWindow(self.session, PreferenceStore(), RecentFiles())
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def update(self, count: int) -> None:
        """So many updates as a run sends them, and some looking around."""
        for step in range(count):
            changed = []
            for place in range(4):
                trial = self.trials[-1 - (step + place) % 20]
                if (step + place) % 3:
                    trial = structs.replace(trial, state=TrialState.RUNNING, scores={}, told=None)
                changed.append(trial)
            self.session.take_trials(tuple(changed))
            self.session.looking.select([step % TRIALS])
            self.session.looking.set_filter("accuracy > 0.5" if step % 2 else "")
            QApplication.processEvents()


def grown(act: Callable[[], object]) -> int:
    """By how many objects Python's memory grows whenever something is done once more.

    The least of several times: what is made once, such as by a timer, is no leak.
    """
    for _ in range(2):  # to fill what is kept once
        act()
    counts = []
    for _ in range(4):
        gc.collect()
        counts.append(len(gc.get_objects()))
        act()
    gc.collect()
    counts.append(len(gc.get_objects()))
    return min(after - before for before, after in pairwise(counts))


@pytest.mark.parametrize("page", ["run", "results"])
def test_a_page_holds_as_much_after_many_updates_as_after_a_few(page: str, qtbot: QtBot) -> None:
    busy = Busy(qtbot)
    busy.window.show_step(page)
    assert grown(lambda: busy.update(UPDATES)) < FEW


def test_switching_pages_and_themes_again_and_again_costs_nothing(qtbot: QtBot) -> None:
    busy = Busy(qtbot)

    def around() -> None:
        for step in ("space", "strategy", "run", "results", "data"):
            busy.window.show_step(step)
            QApplication.processEvents()

    assert grown(around) < FEW


def test_messages_that_come_again_and_again_are_forgotten_in_the_end() -> None:
    log = LogModel()
    for number in range(3 * KEPT):
        log.put(Notice("info", f"Message {number}"))
    assert len(log.lines) <= KEPT
    assert log.lines[-1].notice.head == f"Message {3 * KEPT - 1}"


def test_a_message_that_comes_again_replaces_its_bar(qtbot: QtBot) -> None:
    busy = Busy(qtbot)

    before = _count_bars()  # of other tests
    for _ in range(5):
        busy.session.tell(Notice("error", "The disk is full", "Free some space."))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert _count_bars() - before == 1


def _count_bars() -> int:
    gc.collect()
    return sum(isinstance(thing, MessageBar) for thing in gc.get_objects())


def test_a_run_whose_window_is_busy_keeps_the_newest_progress_only() -> None:
    worker = RunWorker(FakeRunner())
    for number in range(1000):
        worker._put(Progress(number, 1000, number / 1000, 1.0, None, None, 2, 2))
        worker._put(TrialChanged(make_trial(number % 5)))
    batch = worker.take()
    assert [event.finished for event in batch.others if isinstance(event, Progress)] == [999]
    assert len(batch.trials) == 5
