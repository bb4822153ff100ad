"""When a study is done."""

from __future__ import annotations

import math

import numpy as np

from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import STATE_CODES, TrialState

_COUNTED = tuple(
    STATE_CODES[state] for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED)
)
_OPEN = STATE_CODES[TrialState.WAITING], STATE_CODES[TrialState.RUNNING]

ENOUGH = 20  # finished trials before which a study does not end for lack of expected gain
ENOUGH_OF_STRATEGY = 10  # of which the strategy has chosen as many
STARTS = ("default", "tested", "earlier")


def finished_trials(history: History) -> int:
    """Trials that count for the budget: complete, pruned and failed ones."""
    return int(np.isin(history.states, _COUNTED).sum())


def why_done(
    budget: BudgetSpec, history: History, seconds: float, gain: ExpectedGain | None = None
) -> str | None:
    """One sentence why the study is done; None to go on.

    Parameters
    ----------
    seconds : running time so far
    gain : what `gain_in_doubt` said
    """
    finished = finished_trials(history)
    if budget.trials is not None and finished >= budget.trials:
        if budget.trials == 1:
            return "The only trial of the budget is done."
        return f"All {budget.trials:,} trials of the budget are done."
    if budget.seconds is not None and seconds >= budget.seconds:
        return f"The time budget of {budget.seconds:g} s is used."
    best = history.best
    if best is None:
        return None
    goal = history.goal
    loss = float(history.losses[best.number, 0])  # of repeats their mean, where that counts
    score = goal.loss(loss)
    reached = budget.target is not None and loss <= goal.loss(budget.target)
    if reached and len(history.feasible):  # else the best is only the nearest to the thresholds
        return f"Trial {best.number} reached the target: {goal.metric} {score:.6g}."
    if budget.no_improvement is not None:
        since = _finished_after(history, history.improved)
        if since >= budget.no_improvement:
            what = "better score" if len(history.goals) == 1 else "trial joined the Pareto front"
            return f"No {what} in the last {since:,} trials."
    if budget.gain is not None and gain is not None and gain.mean < budget.gain:
        return (
            f"The next {gain.trials:,} trials are expected to make {goal.metric} better by "
            f"{gain.mean:.2g} (at most {gain.high:.2g}): less than {budget.gain:g}."
        )
    return None


def gain_in_doubt(budget: BudgetSpec, history: History) -> ExpectedGain | None:
    """What the next trials will bring, where a study may end for it; None while it goes on anyway.

    It goes on until 20 trials have finished, and 10 of those that the strategy chose: what the
    starting trials brought says little of what the strategy will, and what lies outside of an
    edited space says nothing of it.
    """
    if budget.gain is None or len(history.goals) > 1:
        return None
    whole, history = history, history.within()
    if finished_trials(history) < ENOUGH:
        return None
    counted = np.flatnonzero(np.isin(history.states, _COUNTED)).tolist()
    chosen = sum(history.trials[number].origin.strategy not in STARTS for number in counted)
    if chosen < ENOUGH_OF_STRATEGY:
        return None
    return expected_gain(whole, budget.gain_trials)


def share_used(budget: BudgetSpec, history: History, seconds: float, size: float) -> float | None:
    """Share of the budget that is used, the largest of its parts; None when nobody can know.

    Parameters
    ----------
    size : number of trials that the strategy can propose at most; inf when unlimited
    """
    shares = []
    finished = finished_trials(history)
    if budget.trials is not None:
        shares.append(finished / budget.trials)
    if budget.seconds is not None:
        shares.append(seconds / budget.seconds)
    if budget.no_improvement is not None and history.best is not None:
        shares.append(_finished_after(history, history.improved) / budget.no_improvement)
    if math.isfinite(size) and size > 0:
        shares.append(finished / size)
    return min(max(shares), 1.0) if shares else None


def _finished_after(history: History, told: int) -> int:
    """Number of counted trials that finished after the one that was the ``told``-th.

    Cancelled and retracted ones finished too, and do not count.
    """
    lost = np.flatnonzero(~np.isin(history.states, (*_COUNTED, *_OPEN))).tolist()
    later = sum((history.trials[number].told or 0) > told for number in lost)
    return max(history.told - told - later, 0)
