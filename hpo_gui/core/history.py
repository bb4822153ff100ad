"""The history: a read-only view of all trials, running ones included, with columnar arrays.

Notation: n trials, d parameters, g goals. Trial number i stands in row i of every array.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.pareto import is_front, spread_of
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.core.value import Params, params_key

FloatArray = NDArray[np.float64]
See: TypeAlias = Callable[[Trial], Trial]
"""How a trial that was proposed before an edit of the space looks in the space as it is now."""

FEW = 200
"""Changed trials up to which a front is grown from the one before, instead of found anew."""

RETRACTED = STATE_CODES[TrialState.RETRACTED]
_OF_GOALS = ("front", "violations", "best_so_far", "best", "improved")
"""What is kept of a history once it was asked for, and depends on the goals."""


class History:
    """What strategies, pruners, analyses and plots see of a study.

    Where the plan says so (`Plan.averages`), the losses of the complete trials that repeat each
    other are the means over them. Each trial keeps its own scores.

    Attributes
    ----------
    trials : trial i at place i, as it is seen in the space
    plan : what is known ahead of the study
    told : how many trials have finished
    see : how a trial of before an edit is seen; None where there was none
    raw : the trials as they are kept; others than ``trials`` only after an edit
    edited : the space has been edited since some of the trials were proposed
    """

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        trials: Sequence[Trial] = (),
        *,
        plan: Plan = Plan(),
        see: See | None = None,
        edited: bool = False,
        _raw: Sequence[Trial] | None = None,
        _columns: _Columns | None = None,
    ) -> None:
        self.space = space
        self.goals = tuple(goals)
        self.raw = tuple(trials if _raw is None else _raw)
        self.trials = self.raw
        if _raw is not None:
            self.trials = tuple(trials)
        elif see is not None:
            self.trials = tuple(see(trial) for trial in self.raw)
        self.plan = plan
        self.see = see
        self.edited = edited or see is not None
        if _columns is None:
            _columns = _Columns(space, self.goals, averages=plan.averages)
            for trial in self.trials:
                _columns.put(trial)
        count = len(self.trials)
        self._rows = _columns.rows
        self._earlier: tuple[NDArray[np.intp], frozenset[int]] | None = None
        self.told = _columns.told
        self.states: NDArray[np.uint8] = _columns.states[:count].copy()
        self.losses: FloatArray = _columns.losses[:count].copy()
        for array in (self.states, self.losses):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def goal(self) -> Goal:
        """The first goal."""
        return self.goals[0]

    def led_by(self, metric: str) -> History:
        """The same trials with the goal of a metric in front of the others.

        What goes by the first goal (`best`, `best_so_far`) then goes by that one; the front is
        the same set.
        """
        names = [goal.metric for goal in self.goals]
        if metric not in names[1:]:
            return self
        order = [names.index(metric)]
        order += [place for place in range(len(names)) if place != order[0]]
        other = copy.copy(self)
        for name in _OF_GOALS:
            other.__dict__.pop(name, None)
        other.goals = tuple(self.goals[place] for place in order)
        other.losses = self.losses[:, order]
        other.losses.flags.writeable = False
        return other

    @cached_property
    def fits(self) -> NDArray[np.bool_]:
        """Which trials are configurations of the space as it is now, (n,).

        All of them where the space was not edited.
        """
        if not self.edited:
            return np.ones(len(self), dtype=bool)
        return self._rows.fitting_upto(self.trials)

    def within(self) -> History:
        """The same trials, of which those that do not fit the space say nothing any more.

        They count as retracted, so that no strategy needs to know of edits. What waits or runs
        stays as it is.
        """
        closed = self.states > STATE_CODES[TrialState.RUNNING]
        if not self.edited or not (outside := ~self.fits & closed).any():
            return self
        other = copy.copy(self)
        for name in (*_OF_GOALS, "complete", "feasible"):
            other.__dict__.pop(name, None)
        other._earlier = None
        other.states = np.where(outside, RETRACTED, self.states).astype(np.uint8)
        other.losses = np.where(outside[:, None], np.nan, self.losses)
        for array in (other.states, other.losses):
            array.flags.writeable = False
        return other

    @cached_property
    def matrix(self) -> FloatArray:
        """Positions in the unit cube, shape (n, d); NaN where inactive."""
        return self._rows.upto(self.trials)

    @cached_property
    def complete(self) -> NDArray[np.intp]:
        """Numbers of the complete trials."""
        return np.flatnonzero(self.states == STATE_CODES[TrialState.COMPLETE])

    @cached_property
    def open(self) -> NDArray[np.intp]:
        """Numbers of the waiting and the running trials."""
        return np.flatnonzero(self.states <= STATE_CODES[TrialState.RUNNING])

    @cached_property
    def feasible(self) -> NDArray[np.intp]:
        """Numbers of the complete trials that keep the thresholds of all goals."""
        bounds = np.array([goal.bound for goal in self.goals])
        met = np.all(self.losses[self.complete] <= bounds, axis=1)
        return self.complete[met]

    @cached_property
    def front(self) -> NDArray[np.intp]:
        """Numbers of the Pareto front: feasible trials that no feasible one dominates.

        In the order of the first goal, best first; with one goal the best trial and its equals.
        """
        rows = self._grown_front()
        if rows is None:
            rows = self.feasible[is_front(self.losses[self.feasible])]
        return rows[np.lexsort((rows, *self.losses[rows].T[::-1]))]

    def _grown_front(self) -> NDArray[np.intp] | None:
        """The front made of an earlier one and the trials that have changed since, in any order.

        What an earlier front dominated it still dominates. None where there is no earlier one, a
        trial of it has changed, or more trials have changed than are quick to add one by one.
        """
        if self._earlier is None:
            return None
        front, changed = self._earlier
        if len(changed) > FEW or not changed.isdisjoint(front.tolist()):
            return None
        fresh = self.feasible[np.isin(self.feasible, list(changed))]
        for number in fresh[~np.isnan(self.losses[fresh]).any(axis=1)].tolist():
            point, there = self.losses[number], self.losses[front]
            if np.any(np.all(there <= point, axis=1) & np.any(there < point, axis=1)):
                continue
            beaten = np.all(point <= there, axis=1) & np.any(point < there, axis=1)
            front = np.append(front[~beaten], number)
        return front

    @cached_property
    def violations(self) -> FloatArray:
        """By how much each trial misses the thresholds, shape (n, g); 0 where it keeps them.

        In units of the goal's own losses; NaN where there is no score.
        """
        bounds = np.array([goal.bound for goal in self.goals])
        with np.errstate(invalid="ignore"):
            missed: FloatArray = np.maximum(self.losses - bounds, 0.0)
        missed[np.isnan(self.losses)] = np.nan
        return missed

    @cached_property
    def best_so_far(self) -> FloatArray:
        """Best loss of the first goal among feasible trials 0 … i, shape (n,); NaN before any."""
        losses = np.full(len(self), np.nan)
        losses[self.feasible] = self.losses[self.feasible, 0]
        best: FloatArray = np.fmin.accumulate(losses) if len(losses) else losses
        return best

    @cached_property
    def best(self) -> Trial | None:
        """The best trial by the first goal among the feasible ones, the earliest of equals.

        Where no trial keeps all thresholds: the one that misses them least, each taken in
        relation to how far the trials spread. With several goals the best is a set: `front`.
        """
        if len(self.feasible):
            return self.trials[int(self.feasible[np.argmin(self.losses[self.feasible, 0])])]
        losses = self.losses[self.complete]
        scored = self.complete[~np.isnan(losses).any(axis=1)]
        if not len(scored):
            return None
        missed = self.violations[scored] / spread_of(self.losses[scored])
        order = np.lexsort((self.losses[scored, 0], missed.sum(axis=1)))
        return self.trials[int(scored[order[0]])]

    def score(self, number: int) -> float:
        """What a trial counts with by the first goal; NaN where it has no score that counts.

        Its own score, or the mean over its complete repeats where `Plan.averages` says so.
        """
        return self.goal.loss(float(self.losses[number, 0]))

    @cached_property
    def improved(self) -> int:
        """The how-manyth trial to finish brought the last progress; 0 where there was none.

        With one goal the best trial, with several the latest that joined the front.
        """
        if len(self.goals) == 1 or not len(self.front):
            return 0 if self.best is None else self.best.told or 0
        # NOTE: of equal trials the first one has brought it
        _, first = np.unique(self.losses[self.front], axis=0, return_index=True)
        return max(self.trials[int(number)].told or 0 for number in self.front[first])

    def knows(self, params: Params) -> bool:
        """Whether this configuration was tried or waits already; retracted trials do not count."""
        return any(self.states[number] != RETRACTED for number in self.with_params(params))

    def with_params(self, params: Params) -> list[int]:
        """Numbers of the trials of this configuration, retracted ones included."""
        numbers = self._rows.with_key(params_key(params), self.trials)
        return [number for number in numbers if number < len(self)]

    def repeats_of(self, trial: Trial) -> list[Trial]:
        """The other trials of a configuration that count and were meant to be as long.

        Trials that go on from others have their parameters for a part of the training only:
        they are no repeats. Neither are trials without any parameter.
        """
        if trial.parent is not None or not trial.params:
            return []
        return [
            other
            for other in (self.trials[number] for number in self.with_params(trial.params))
            if other.number != trial.number
            and other.parent is None
            and other.steps == trial.steps
            and other.state is not TrialState.RETRACTED
        ]


class HistoryBuilder:
    """Grows a history trial by trial; a snapshot costs a copy of a few arrays.

    Parameters
    ----------
    see : how a trial looks in the space as it is now, where it was proposed before an edit of
        the space; None where there was no edit
    edited : the trials come as they are seen already, and the space has been edited

    Attributes
    ----------
    trials : as they were put; those of a snapshot are as they are seen
    seen : the trials as they are seen
    """

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        *,
        plan: Plan = Plan(),
        see: See | None = None,
        edited: bool = False,
    ) -> None:
        self.space = space
        self.goals = tuple(goals)
        self.plan = plan
        self.see = see
        self.edited = edited or see is not None
        self.trials: list[Trial] = []
        self.seen: list[Trial] = [] if see is not None else self.trials
        self._columns = _Columns(space, self.goals, averages=plan.averages)
        self._snapshot: History | None = None
        self._front: NDArray[np.intp] | None = None
        self._changed: set[int] = set()

    @property
    def told(self) -> int:
        """How many trials have finished."""
        return self._columns.told

    def put(self, trial: Trial) -> None:
        """Add the next trial, or replace the one with the same number."""
        assert trial.number <= len(self.trials), "trials are numbered without gaps"
        if trial.number == len(self.trials):
            self.trials.append(trial)
        else:
            self.trials[trial.number] = trial
        if self.see is not None:
            trial = self.see(trial)
            self.seen[trial.number : trial.number + 1] = [trial]
        changed = self._columns.put(trial)
        if self._snapshot is not None and "front" in vars(self._snapshot):
            self._front = self._snapshot.front
            self._changed.clear()
        self._changed.update(changed)
        self._snapshot = None

    def plan_again(self, plan: Plan) -> None:
        """Another plan, such as of a study whose budget was raised."""
        assert plan.averages == self.plan.averages, "what repeats count for is fixed"
        self.plan = plan
        self._snapshot = None

    def snapshot(self) -> History:
        if self._snapshot is None:
            self._snapshot = History(
                self.space,
                self.goals,
                self.seen,
                plan=self.plan,
                see=self.see,
                edited=self.edited,
                _raw=None if self.see is None else self.trials,
                _columns=self._columns,
            )
            if self._front is not None:
                self._snapshot._earlier = self._front, frozenset(self._changed)
        return self._snapshot


class _Columns:
    """Arrays with room to grow, filled row by row."""

    def __init__(self, space: Space, goals: tuple[Goal, ...], *, averages: bool = False) -> None:
        self.goals = goals
        self._repeats = _Repeats() if averages else None
        self.states = np.zeros(64, dtype=np.uint8)
        self.losses = np.full((64, len(goals)), np.nan)
        self.rows = _Rows(space)
        self.told = 0

    def put(self, trial: Trial) -> Sequence[int]:
        """Fill a trial's row; returns the numbers of all trials whose row is another one now."""
        self.told = max(self.told, trial.told or 0)
        if trial.number >= len(self.states):
            room = len(self.states)
            self.states = np.concatenate([self.states, np.zeros(room, dtype=np.uint8)])
            self.losses = np.concatenate([self.losses, np.full((room, len(self.goals)), np.nan)])
        self.states[trial.number] = STATE_CODES[self._state(trial)]
        losses = self._losses(trial)
        self.losses[trial.number] = losses
        if self._repeats is None:
            return (trial.number,)
        complete = self.states[trial.number] == STATE_CODES[TrialState.COMPLETE]
        repeats = self._repeats.put(trial, losses if complete else None)
        if repeats:
            self.losses[list(repeats)] = np.mean(list(repeats.values()), axis=0)
        return (*repeats, trial.number)

    def _losses(self, trial: Trial) -> tuple[float, ...]:
        if trial.state is TrialState.RETRACTED:
            return (math.nan,) * len(self.goals)
        return tuple(goal.loss(trial.scores.get(goal.metric, math.nan)) for goal in self.goals)

    def _state(self, trial: Trial) -> TrialState:
        """The trial's state; retracted for one that was complete when the goals were others."""
        if trial.state is not TrialState.COMPLETE:
            return trial.state
        has_all = all(goal.metric in trial.scores for goal in self.goals)
        return TrialState.COMPLETE if has_all else TrialState.RETRACTED


class _Repeats:
    """The own losses of the complete trials of each configuration.

    Trials that go on from others are no repeats: they learnt with other parameters before.
    """

    def __init__(self) -> None:
        self._own: dict[Hashable, dict[int, tuple[float, ...]]] = {}

    def put(
        self, trial: Trial, losses: tuple[float, ...] | None
    ) -> Mapping[int, tuple[float, ...]]:
        """The complete repeats by number, and the own losses of each.

        Parameters
        ----------
        losses : of the trial; None where it is not complete
        """
        if trial.parent is not None:
            return {}
        group = self._own.setdefault((params_key(trial.params), trial.steps), {})
        if losses is None:
            group.pop(trial.number, None)
        else:
            group[trial.number] = losses
        return group


class _Rows:
    """Unit-cube rows and keys, made when first asked for; a trial's params never change."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.array = np.full((64, len(space)), np.nan)
        self.fits = np.ones(64, dtype=bool)
        self.encoded = 0
        self.checked = 0
        self.keyed = 0
        self.numbers: dict[frozenset[tuple[str, object]], list[int]] = {}

    def upto(self, trials: Sequence[Trial]) -> FloatArray:
        """Rows of all ``trials``, read-only, shape (n, d)."""
        count = len(trials)
        while count > len(self.array):
            self.array = np.concatenate([self.array, np.full_like(self.array, np.nan)])
        for trial in trials[self.encoded : count]:
            self.array[trial.number] = self.space.encode(trial.params)
        self.encoded = max(self.encoded, count)
        view = self.array[:count].view()
        view.flags.writeable = False
        return view

    def fitting_upto(self, trials: Sequence[Trial]) -> NDArray[np.bool_]:
        """Which of ``trials`` are configurations of the space, read-only, (n,)."""
        count = len(trials)
        while count > len(self.fits):
            self.fits = np.concatenate([self.fits, np.ones_like(self.fits)])
        for trial in trials[self.checked : count]:
            self.fits[trial.number] = self.space.contains(trial.params)
        self.checked = max(self.checked, count)
        view = self.fits[:count].view()
        view.flags.writeable = False
        return view

    def with_key(
        self, key: frozenset[tuple[str, object]], trials: Sequence[Trial]
    ) -> Sequence[int]:
        """Numbers of the trials with these params (among all ever put)."""
        for trial in trials[self.keyed :]:
            self.numbers.setdefault(params_key(trial.params), []).append(trial.number)
        self.keyed = max(self.keyed, len(trials))
        return self.numbers.get(key, ())
