"""The models of a study side by side: the best trial of each, what it costs, what is only noise.

A model that was tried more often has had more luck: the best of many trials is a little better
than it really is, so that models are compared by their best trials and their numbers of trials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.comparison import Comparison, Interval, compare, score_interval
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.summary import FIT_TIME
from hpo_gui.analysis.trial_columns import INACTIVE, TrialColumns
from hpo_gui.core.counting import counted
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

MODEL = "model"
"""The parameter that names the model where a study has several (`evaluation.model_choice`)."""

PREDICT_TIME = "predict_time"


@dataclass(frozen=True)
class ModelPlace:
    """One line of the board.

    Attributes
    ----------
    rank : 1 is the best; None without a complete trial that has a score
    best : its best complete trial, one that keeps all thresholds if there is one; None as ``rank``
    interval : the best trial's mean score with its 95 % confidence interval
    behind : the best trial of all against this model's; None for the best model and without trial
    trials : its trials that have begun, running ones included
    complete, pruned, failed : how many of them ended so; stopped by hand counts as neither
    failure : what the last failed trial says, or ""
    seconds : that its trials have taken, all of them
    fit_time, predict_time : of a fold's model of the best trial, in seconds; NaN where unknown
    gain : the best trial against the dummy, which looks at no column; None where unknown
    """

    rank: int | None
    model: str
    best: Trial | None
    interval: Interval
    behind: Comparison | None
    trials: int
    complete: int
    pruned: int
    failed: int
    failure: str
    seconds: float
    fit_time: float
    predict_time: float
    gain: Comparison | None = None

    @property
    def within_noise(self) -> bool:
        """Whether nothing tells it from the best model, or it is the best."""
        if self.best is None:
            return False
        return self.behind is None or self.behind.verdict == "within_noise"


def model_board(
    history: History,
    models: Sequence[str],
    columns: TrialColumns | None = None,
    test_ratio: float | None = None,
) -> tuple[ModelPlace, ...]:
    """The models, the best first; those without a score last, in the order of the study.

    A model of which no trial keeps all thresholds comes after those of which one does.

    Parameters
    ----------
    models : as the study names them; one alone has all the trials
    columns : of the same history, when there are some already
    test_ratio : as in `analysis.comparison`
    """
    columns = columns or TrialColumns.of(history)
    owners = _owners(history, models, columns)
    rows = [np.flatnonzero(owners == place) for place in range(len(models))]
    bests = [_best(history, mine) for mine in rows]
    scored = [trial for trial in bests if trial is not None]
    # NOTE: of equal scores the earlier trial is the best, as in `History.best`
    kept = set(history.feasible.tolist())
    scored.sort(key=lambda t: (t.number not in kept, history.losses[t.number, 0], t.number))
    places = [
        _place(history, model, mine, best, scored, columns, test_ratio)
        for model, mine, best in zip(models, rows, bests, strict=True)
    ]
    return tuple(sorted(places, key=lambda place: place.rank or len(models) + 1))


def model_of(trial: Trial, models: Sequence[str]) -> str:
    """The model of a trial, as the study names it."""
    return str(trial.params.get(MODEL, models[0] if len(models) == 1 else ""))


def _owners(history: History, models: Sequence[str], columns: TrialColumns) -> NDArray[np.intp]:
    """For each trial the place of its model in ``models``, -1 where it has another one."""
    count = len(history)
    if len(models) == 1:
        if not history.edited:
            return np.zeros(count, dtype=np.intp)
        others = [trial.params.get(MODEL, models[0]) != models[0] for trial in history.trials]
        return np.where(others, -1, 0).astype(np.intp)
    if MODEL not in history.space.names:
        return np.full(count, -1, dtype=np.intp)
    codes = columns.levels(MODEL)[:count]
    known = {value: place for place, value in enumerate(models)}
    places = [known.get(str(value), -1) for value in columns.level_values(MODEL)]
    table = np.array([*places, -1], dtype=np.intp)
    return np.asarray(table[np.where(codes == INACTIVE, len(places), codes)], dtype=np.intp)


def _best(history: History, mine: NDArray[np.intp]) -> Trial | None:
    """The complete trial with the smallest loss among these, the earliest of equals.

    One that keeps all thresholds, where there is one.
    """
    complete = history.states[mine] == STATE_CODES[TrialState.COMPLETE]
    losses = np.where(complete, history.losses[mine, 0], np.nan)
    if not np.isfinite(losses).any():
        return None
    kept = np.isin(mine, history.feasible)
    losses = np.where(kept, losses, np.nan) if kept.any() else losses
    return history.trials[int(mine[int(np.nanargmin(losses))])]


def _place(
    history: History,
    model: str,
    mine: NDArray[np.intp],
    best: Trial | None,
    scored: Sequence[Trial],
    columns: TrialColumns,
    test_ratio: float | None,
) -> ModelPlace:
    """The line of a model whose trials are ``mine``."""
    tally = np.bincount(history.states[mine], minlength=len(STATE_CODES))
    failed = int(tally[STATE_CODES[TrialState.FAILED]])
    rank, behind, told = None, None, Interval(math.nan, math.nan, 0)
    if best is not None:
        rank = scored.index(best) + 1
        mean = counted(history, best)
        told = score_interval(mean, history.goal.metric, test_ratio)
        if rank > 1:
            leader = counted(history, scored[0])
            behind = compare(leader, mean, history.goal, test_ratio)
    dummy = dummy_trial(history)
    gain = None
    if best is not None and dummy is not None:
        gain = compare(counted(history, best), dummy, history.goal, test_ratio)
    costs = {} if best is None else best.scores
    return ModelPlace(
        rank,
        model,
        best,
        told,
        behind,
        len(mine) - int(tally[STATE_CODES[TrialState.WAITING]]),
        int(tally[STATE_CODES[TrialState.COMPLETE]]),
        int(tally[STATE_CODES[TrialState.PRUNED]]),
        failed,
        _last_failure(history, mine) if failed else "",
        float(np.nansum(columns.seconds[mine])),
        costs.get(FIT_TIME, math.nan),
        costs.get(PREDICT_TIME, math.nan),
        gain,
    )


def _last_failure(history: History, mine: NDArray[np.intp]) -> str:
    """What the newest failed trial among these says."""
    wanted = mine[history.states[mine] == STATE_CODES[TrialState.FAILED]]
    failure = history.trials[int(wanted[-1])].failure
    return "" if failure is None else failure.message
