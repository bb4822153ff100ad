"""Fold racing with several goals: who cannot plausibly get onto the Pareto front stops.

A trial stops when one trial of the front will plausibly dominate it: by every goal the test of
`pruners.paired` says that the folds to come cannot make it better than that one trial. All tests
must say so for the same trial, an intersection-union test (Berger 1982, "Multiparameter hypothesis
testing and acceptance sampling", Technometrics 24), so that each is made with the whole
confidence. A compromise, worse than the best of each goal, races on as long as nobody is better
by all of them; and so does who may come out better by a single goal.

It stops too when it cannot plausibly keep a threshold any more, once some trial keeps them all.

A goal that is measured once, in one fold only (the size of a model), is known exactly from then
on. How much differences of the others usually vary is told by trials of the best fronts, the mean
of their variances: one with an outlier among its times makes the test careful.

Notation: g goals, K folds; losses are minimised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.pareto import fronts
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, shown
from hpo_gui.pruners.paired import NOTHING, fold_losses, margin

GOOD = 10  # trials of the best fronts that tell how much differences vary

FloatArray = NDArray[np.float64]


def why_behind_front(history: History, trial: Trial, confidence: float) -> str | None:
    """Why ``trial`` cannot get onto the front any more, in one sentence; None where it may."""
    own = [fold_losses(trial, goal) for goal in history.goals]
    race = _Race(history, own, confidence)
    leaders = history.front[history.front != trial.number].tolist()
    for leader in leaders:
        if (goal := race.missed(leader)) is not None:
            low, score = race.bound(leader, goal), race.expected(leader, goal)
            what, metric = history.goals[goal], history.goals[goal].metric
            return (
                f"{after(history, trial)}, {metric} {_around(what, score, score - low)} cannot "
                f"plausibly reach the threshold of {shown(what, what.bound)} any more."
            )
        if race.is_lost_to(leader):
            parts = [
                f"{goal.metric} {_around(goal, race.expected(leader, place), gap)} against "
                f"{shown(goal, float(history.losses[leader, place]))}"
                for place, goal in enumerate(history.goals)
                for gap in (race.expected(leader, place) - race.bound(leader, place),)
            ]
            return (
                f"{after(history, trial)}, it cannot plausibly beat trial {leader} by any goal "
                f"any more: {', '.join(parts)}."
            )
    return None


class _Race:
    """One trial against trials of the front.

    Parameters
    ----------
    own : its losses, one a fold, for each goal
    """

    def __init__(self, history: History, own: list[FloatArray], confidence: float) -> None:
        self._history = history
        self._own = own
        self._confidence = confidence
        self._good: list[int] | None = None
        self._found: dict[tuple[int, int], tuple[float, float] | None] = {}

    def is_lost_to(self, leader: int) -> bool:
        """Whether every goal's optimistic difference is no gain, and one's is a loss."""
        if not self._is_worse_so_far(leader):
            return False
        is_worse = False
        for place in range(len(self._own)):
            found = self._difference(leader, place)
            if found is None or not found[1] >= 0:
                return False
            size = abs(float(self._history.losses[leader, place]))
            is_worse = is_worse or found[1] > NOTHING * size
        return is_worse

    def missed(self, leader: int) -> int | None:
        """The first goal whose threshold is out of reach; None where there is none."""
        for place, goal in enumerate(self._history.goals):
            if goal.threshold is None or self._difference(leader, place) is None:
                continue
            if self.bound(leader, place) > goal.bound + NOTHING * abs(goal.bound):
                return place
        return None

    def expected(self, leader: int, place: int) -> float:
        """The loss that is expected of the trial's end."""
        found = self._difference(leader, place)
        assert found is not None
        return float(self._history.losses[leader, place]) + found[0]

    def bound(self, leader: int, place: int) -> float:
        """The lowest loss that it may plausibly come to."""
        found = self._difference(leader, place)
        assert found is not None
        return float(self._history.losses[leader, place]) + found[1]

    def _is_worse_so_far(self, leader: int) -> bool:
        """Whether it is nowhere better on the folds that both know: quick to tell."""
        for place, own in enumerate(self._own):
            other = self._losses(leader, place)
            known = min(len(own), len(other))
            if not known or not np.nansum(own[:known] - other[:known]) >= 0:
                return False
        return True

    def _difference(self, leader: int, place: int) -> tuple[float, float] | None:
        """Mean and optimistic difference to a trial by one goal; None where nothing tells."""
        key = leader, place
        if key not in self._found:
            self._found[key] = self._compare(leader, place)
        return self._found[key]

    def _compare(self, leader: int, place: int) -> tuple[float, float] | None:
        own, other = self._own[place], self._losses(leader, place)
        known = min(len(own), len(other))
        differences = own[:known] - other[:known]
        differences = differences[~np.isnan(differences)]
        folds = int(np.isfinite(other).sum())
        if not 0 < len(differences) <= folds or not np.isfinite(differences).all():
            return None
        mean = float(differences.mean())
        if len(differences) == folds:
            return mean, mean
        usual = self._usual_variance(leader, place)
        if usual is None:
            return None
        return mean, mean - margin(differences, usual, folds, self._confidence)

    def _losses(self, number: int, place: int) -> FloatArray:
        trial = counted(self._history, self._history.trials[number])
        return fold_losses(trial, self._history.goals[place])

    def _usual_variance(self, leader: int, place: int) -> float | None:
        """s₀²: how much differences to this trial vary; None when nothing tells."""
        losses = self._losses(leader, place)
        variances = []
        for number in self._good_trials():
            others = self._losses(number, place)
            if number != leader and len(others) == len(losses):
                differences = (others - losses)[np.isfinite(others - losses)]
                if len(differences) > 1 and differences.any():  # else it is the same once more
                    variances.append(float(np.var(differences, ddof=1)))
        return float(np.mean(variances)) if variances else None

    def _good_trials(self) -> list[int]:
        """Numbers of complete trials of the best fronts, the latest of the last one."""
        if self._good is None:
            complete = self._history.complete
            ranks = fronts(self._history.losses[complete], GOOD + 1)
            order = np.lexsort((-complete, ranks))
            self._good = np.sort(complete[order[: GOOD + 1]]).tolist()
        return self._good


def _around(goal: Goal, loss: float, reach: float) -> str:
    """A score that is expected, and how far from it it may plausibly come out."""
    return f"{shown(goal, loss)} ± {reach:.2g}" if reach > 0 else shown(goal, loss)
