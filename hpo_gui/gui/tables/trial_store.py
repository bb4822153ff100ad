"""The trials of the session as columns, with the filter applied: one store for every view.

`trial_store(session)` returns the store of a session; it is made at the first call. Views read
``columns`` and ``mask`` and listen to the store instead of reading a hundred thousand trials each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from hpo_gui.analysis.learning_curves import full_steps
from hpo_gui.analysis.savings import Savings, savings
from hpo_gui.analysis.summary import Summary, summarize
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import Choice
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.evaluation.overlap import fold_ratio, known_kind
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_filter import Mask, Rows, TrialFilter

_RUNNING = STATE_CODES[TrialState.RUNNING]


class TrialStore(QObject):
    """See the module.

    Signals
    -------
    reset : all trials are others than before
    changed : array of the numbers of new and changed trials
    filtered : the mask is another one for reasons of the filter
    filter_failed : why the newest filter was not understood, or ""; the last good one stays
    """

    reset = Signal()
    changed = Signal(object)
    filtered = Signal()
    filter_failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.filter_error = ""
        self._metrics: dict[str, None] = {}
        self._summary: Summary | None = None
        self._read_all()
        self._set_filter(session.filter)
        session.history_reset.connect(self._reset)
        session.trials_changed.connect(self._change)
        session.filter_changed.connect(self._refilter)

    @property
    def count(self) -> int:
        """How many trials there are."""
        return self.columns.count

    @property
    def goal(self) -> Goal:
        """The first goal of the history shown."""
        return self.columns.goals[0]

    @property
    def history(self) -> History:
        """A snapshot of all trials."""
        return self.session.history

    @property
    def mask(self) -> Mask:
        """Which trials pass the filter."""
        return self._mask[: self.count]

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics that some trial has, the goals' first."""
        goals = [goal.metric for goal in self.columns.goals]
        return tuple(dict.fromkeys((*goals, *self._metrics)))

    @property
    def running(self) -> Rows:
        """Numbers of the running trials, the newest first."""
        return np.flatnonzero(self.columns.states == _RUNNING)[::-1]

    @property
    def summary(self) -> Summary:
        """The best trial and what it is worth."""
        if self._summary is None:
            self._summary = summarize(self.history, self.columns, self.test_ratio)
        return self._summary

    @property
    def savings(self) -> Savings:
        """What stopping trials early has saved so far."""
        return savings(self.history, self.columns, self.total_steps)

    @property
    def test_ratio(self) -> float | None:
        """Test rows / training rows of a fold, see `analysis.comparison`."""
        return fold_ratio(self.session.spec.validation)

    @property
    def total_steps(self) -> int:
        """Steps of a whole trial; 0 when that is not known yet."""
        if self.learns or self.planned_training:
            return full_steps(self.history, self.planned_training)
        best = self.summary.best
        return best.steps_done if best is not None else self._planned_steps

    @property
    def learns(self) -> bool:
        """Whether some trial has a learning curve."""
        return self._learns

    @property
    def planned_training(self) -> int:
        """Steps of a full training by the specification; 0 where it does not tell."""
        training = self.session.spec.training
        return training.steps if training is not None else 0

    @cached_property
    def _planned_steps(self) -> int:
        return planned_steps(self.session.spec.validation)

    def trial(self, number: int) -> Trial:
        """One trial."""
        return self.session.builder.trials[number]

    def _read_all(self) -> None:
        builder = self.session.builder
        self.columns = TrialColumns(builder.space, builder.goals, builder.trials)
        self._metrics = {}
        self._learns = False
        self._note(builder.trials)
        self._summary = None
        self._filter = TrialFilter("", self.columns)
        self._mask = np.ones(max(self.count, 64), dtype=bool)
        self.__dict__.pop("_planned_steps", None)

    def _note(self, trials: Sequence[Trial]) -> None:
        """Which metrics there are, and whether trials learn."""
        for trial in trials[:50]:
            self._metrics.update(dict.fromkeys(trial.scores))
        self._learns = self._learns or any(trial.curves for trial in trials)

    def _reset(self) -> None:
        self._read_all()
        self._set_filter(self.session.filter)
        self.reset.emit()

    def _change(self, numbers: Sequence[int]) -> None:
        before = self.count
        self.columns.put(numbers)
        rows = np.array(sorted({*numbers, *range(before, self.count)}), dtype=np.intp)
        self._note([self.trial(int(row)) for row in rows[-200:]])
        while self.count > len(self._mask):
            self._mask = np.concatenate([self._mask, np.ones_like(self._mask)])
        self._mask[rows] = self._filter.mask(rows)
        self._summary = None
        self.changed.emit(rows)

    def _refilter(self, text: str) -> None:
        if text.strip() == self._filter.text and not self.filter_error:
            return
        if self._set_filter(text):
            self.filtered.emit()

    def _set_filter(self, text: str) -> bool:
        """Whether the filter was understood."""
        try:
            self._filter = TrialFilter(text, self.columns, self.metrics)
            self._mask[: self.count] = self._filter.mask(np.arange(self.count))
        except StudioError as error:
            self.filter_error = _short(error)
            self.filter_failed.emit(self.filter_error)
            return False
        self.filter_error = ""
        self.filter_failed.emit("")
        return True


def trial_store(session: Session) -> TrialStore:
    """Return the store of a session."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return session.findChild(TrialStore, options=direct) or TrialStore(session)


def planned_steps(validation: Choice | None) -> int:
    """Folds that a trial will have, 0 where only the data tells."""
    kind = known_kind(validation)
    return int(getattr(kind, "folds", 0)) * int(getattr(kind, "repeats", 1))


def _short(error: StudioError) -> str:
    """The message without the text of the filter, which stands in the field anyway."""
    words = "The filter " if error.parameter == "expression" else f"{error.parameter} "
    return f"{words}{error.rule}. {error.remedy}".strip()
