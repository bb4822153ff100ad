"""The trials of the session as columns, with the filter applied: one store for every view.

`trial_store(session)` returns the store of a session; it is made at the first call. Views read
``columns`` and ``mask`` and listen to the store instead of reading a hundred thousand trials each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from hpo_gui.analysis.learning_curves import full_steps
from hpo_gui.analysis.pareto import Pareto, Why, pareto, suggested
from hpo_gui.analysis.savings import Savings, savings
from hpo_gui.analysis.summary import Summary, summarize
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.errors import StudioError
from hpo_gui.core.fitting import why_outside
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import Choice
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.evaluation.overlap import fold_ratio, known_kind
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_filter import Mask, Rows, TrialFilter

MOST_MARKED = 100  # trials of a front that plots mark one by one
_RUNNING = STATE_CODES[TrialState.RUNNING]
_COMPLETE = STATE_CODES[TrialState.COMPLETE]


class TrialStore(QObject):
    """See the module.

    Attributes
    ----------
    has_tags, has_notes : whether some trial has tags, or a note

    Signals
    -------
    reset : all trials are others than before
    changed : array of the numbers of new and changed trials
    filtered : the mask is another one for reasons of the filter
    standing_changed : with several goals, the front or the feasible trials are others
    chosen_changed : `chosen` may be another trial
    filter_failed : why the newest filter was not understood, or ""; the last good one stays
    """

    reset = Signal()
    changed = Signal(object)
    filtered = Signal()
    filter_failed = Signal(str)
    standing_changed = Signal()
    chosen_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.filter_error = ""
        self._metrics: dict[str, None] = {}
        self._summary: Summary | None = None
        self._seen: tuple[History, History] | None = None
        self._suggested: tuple[History, tuple[Trial, Why] | None] | None = None
        self._pareto: Pareto | None = None
        self._standing: dict[str, Mask] | None = None
        self.columns = TrialColumns(session.builder.space, session.builder.goals)
        self._read_all()
        self._set_filter(session.looking.filter)
        session.history_reset.connect(self._reset)
        session.trials_changed.connect(self._change)
        session.looking.filter_changed.connect(self._refilter)
        session.looking.goal_seen_changed.connect(self._reset)
        session.looking.choice_changed.connect(self.chosen_changed)

    @property
    def count(self) -> int:
        """How many trials there are."""
        return self.columns.count

    @property
    def goal(self) -> Goal:
        """The goal that is looked at, of several: the first one until the user chooses."""
        return self.columns.goals[0]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """All goals, in the order of the specification."""
        return self.session.builder.goals

    @property
    def several(self) -> bool:
        """Whether there are several goals: then the best is a set, the front."""
        return len(self.columns.goals) > 1

    @property
    def history(self) -> History:
        """A snapshot of all trials, led by the goal that is looked at."""
        now = self.session.history
        if self._seen is None or self._seen[0] is not now:
            self._seen = now, now.led_by(self.session.looking.goal_seen)
        return self._seen[1]

    @property
    def pareto(self) -> Pareto:
        """The front and what lies behind it, its goals in the order of the specification."""
        if self._pareto is None:
            self._pareto = pareto(self.session.history)
        return self._pareto

    @property
    def standing(self) -> Mapping[str, Mask]:
        """``front`` and ``feasible``: which of the trials are, each of shape (n,)."""
        if self._standing is None:
            history = self.session.history
            self._standing = {}
            for name, numbers in (("front", history.front), ("feasible", history.feasible)):
                flags = np.zeros(len(history), dtype=bool)
                flags[numbers] = True
                self._standing[name] = flags
        return self._standing

    @property
    def chosen(self) -> Trial | None:
        """The trial to take: the user's choice, else the suggested one; None without any."""
        number, states = self.session.looking.choice, self.session.history.states
        if number is not None and number < self.count and states[number] == _COMPLETE:
            return self.trial(number)  # complete by the goals of today
        return self._suggestion[0] if self._suggestion is not None else None

    @property
    def _suggestion(self) -> tuple[Trial, Why] | None:
        now = self.session.history
        if self._suggested is None or self._suggested[0] is not now:
            self._suggested = now, suggested(now)
        return self._suggested[1]

    @property
    def why_chosen(self) -> Why | str:
        """Why `chosen` is taken: "given" by the user, else see `analysis.pareto.suggested`."""
        chosen = self.chosen
        if chosen is not None and chosen.number == self.session.looking.choice:
            return "given"
        return self._suggestion[1] if self._suggestion is not None else ""

    @property
    def marked(self) -> list[int]:
        """What plots mark where nothing is selected: the best, of several goals the front."""
        front = self.session.history.front if self.several else ()
        if len(front) > MOST_MARKED:  # its ends and its knee stand for it
            knee = self.pareto.knee
            return [*dict.fromkeys(self.pareto.bests), *([] if knee is None else [knee])]
        if len(front):
            return [int(number) for number in front]
        best = self.summary.best
        return [] if best is None else [best.number]

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
        """Whether some trial has a curve: over its training, or over shares of the rows."""
        return self._learns

    @property
    def planned_training(self) -> int:
        """Steps of a full training, or shares of the rows; 0 where steps are folds or unknown."""
        spec = self.session.spec
        return spec.training.steps if spec.training is not None else len(spec.row_shares)

    @cached_property
    def _planned_steps(self) -> int:
        return planned_steps(self.session.spec.validation)

    def trial(self, number: int) -> Trial:
        """One trial, as it is seen in the space of the study."""
        return self.session.builder.seen[number]

    def raw(self, number: int) -> Trial:
        """One trial as it was proposed, perhaps by an earlier version of the specification."""
        return self.session.builder.trials[number]

    @property
    def edited(self) -> bool:
        """Whether the space was edited since some of the trials were proposed."""
        return self.session.builder.edited

    @property
    def averages(self) -> bool:
        """Whether the mean over a configuration's repeats counts for each of them."""
        return self.session.builder.plan.averages

    def counted(self) -> NDArray[np.float64]:
        """What counts for each trial by the goal that is looked at, see `History.score`."""
        losses: NDArray[np.float64] = self.history.losses[:, 0]
        return -losses if self.goal.maximize else losses

    def _with_repeats(self, numbers: Sequence[int]) -> Sequence[int]:
        """Trials, and those for which something else counts now as these have changed."""
        if not self.averages:
            return numbers
        history = self.history
        known = (number for number in numbers if number < len(history))
        alike = (history.with_params(history.trials[number].params) for number in known)
        return sorted({*numbers, *(number for group in alike for number in group)})

    def _edited(self) -> Mapping[str, NDArray[Any]]:
        """For the filter: which trials lie outside of the space, and their versions."""
        history = self.session.history
        versions = np.array([trial.spec_version for trial in history.raw], dtype=float)
        return {"outside": ~history.fits, "version": versions}

    def why_outside(self, number: int) -> str:
        """Why a trial is none of the space as it is now, in words; "" where it is one."""
        history = self.session.history
        if not history.edited or number >= len(history) or history.fits[number]:
            return ""
        return why_outside(history.space, history.trials[number].params)

    def tuned(self, number: int, name: str) -> bool:
        """Whether a trial's value of a parameter was tuned, or was there anyway."""
        raw, seen = self.raw(number), self.trial(number)
        if raw is seen:
            return True
        own = name.rpartition(".")[2] if name not in raw.params else name
        return any(own in (key, key.rpartition(".")[2]) for key in raw.params)

    def _read_all(self) -> None:
        builder = self.session.builder
        goals = self.session.history.led_by(self.session.looking.goal_seen).goals
        before = self.columns
        if before.trials is not builder.seen or before.goals != goals:
            self.columns = TrialColumns(builder.space, goals, builder.seen)
        else:  # the same study, much of which has changed
            self.columns.forget()
        self._metrics = {}
        self._learns = self.has_tags = self.has_notes = False
        self._note(builder.seen)
        self._summary = None
        self._seen = self._pareto = self._standing = None
        self._filter = TrialFilter("", self.columns)
        self._mask = np.ones(max(self.count, 64), dtype=bool)
        self.__dict__.pop("_planned_steps", None)

    def _note(self, trials: Sequence[Trial]) -> None:
        """Which metrics there are, and whether trials learn."""
        for trial in trials[:50]:
            self._metrics.update(dict.fromkeys(trial.scores))
        self._learns = self._learns or any(trial.curves for trial in trials)
        self.has_tags = self.has_tags or any(trial.tags for trial in trials)
        self.has_notes = self.has_notes or any(trial.note for trial in trials)

    def _reset(self) -> None:
        self._read_all()
        self._set_filter(self.session.looking.filter)
        self.reset.emit()

    def _change(self, numbers: Sequence[int]) -> None:
        before = self.count
        numbers = self._with_repeats(numbers)
        self.columns.put(numbers)
        rows = np.array(sorted({*numbers, *range(before, self.count)}), dtype=np.intp)
        self._note([self.trial(int(row)) for row in rows[-200:]])
        while self.count > len(self._mask):
            self._mask = np.concatenate([self._mask, np.ones_like(self._mask)])
        before_standing = self._standing
        self._summary = None
        self._pareto = self._standing = None
        self._mask[rows] = self._filter.mask(rows)
        refiltered = self._filter.looks_at_all and self._mask_again()
        self.changed.emit(rows)
        if refiltered:
            self.filtered.emit()
        if self.several and not self._same_standing(before_standing):
            self.standing_changed.emit()

    def _mask_again(self) -> bool:
        """Filter all trials again; whether others pass."""
        mask = self._filter.mask(np.arange(self.count))
        if np.array_equal(mask, self.mask):
            return False
        self._mask[: self.count] = mask
        return True

    def _same_standing(self, before: Mapping[str, Mask] | None) -> bool:
        if before is None:
            return False
        return all(
            np.array_equal(np.flatnonzero(flags), np.flatnonzero(before[name]))
            for name, flags in self.standing.items()
        )

    def _refilter(self, text: str) -> None:
        if text.strip() == self._filter.text and not self.filter_error:
            return
        if self._set_filter(text):
            self.filtered.emit()

    def _set_filter(self, text: str) -> bool:
        """Whether the filter was understood."""
        try:
            standing = (lambda: self.standing) if self.several else None
            edited = self._edited if self.edited else None
            counted = self.counted if self.averages else None
            self._filter = TrialFilter(text, self.columns, self.metrics, standing, edited, counted)
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
