"""Rungs of successive halving: where trials halt, and who goes on from there.

Notation: r least and R most resource, in steps; η reduction factor; n trials at a rung, of which
n/η go on.

With several goals trials are better by their front, then by their crowding distance on it
(after Schmucker et al. 2021, "Multi-objective asynchronous successive halving", arXiv 2106.12639).
Thresholds do not count at a rung: who misses one early may keep it at the end.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.pareto import crowding_distance, fronts
from hpo_gui.core.plan import Plan
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.pruners.courses import after, begins, kept_losses_after, shown

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_LOST = (STATE_CODES[TrialState.FAILED], STATE_CODES[TrialState.CANCELLED])
FRACTIONS = {2: "half", 3: "third", 4: "quarter"}


class Group(msgspec.Struct, frozen=True):
    """Trials that compete with each other.

    Attributes
    ----------
    numbers : of its trials; those that do not exist yet too, where they wait for each other
    rungs : after how many steps they halt
    eta : one of so many goes on from a rung
    waits : whether everybody waits at a rung until all have come there
    """

    numbers: NDArray[np.intp]
    rungs: tuple[int, ...]
    eta: int
    waits: bool


def rungs_between(least: int, most: int, eta: int) -> tuple[int, ...]:
    """r, r·η, r·η², … below R; () where there is none."""
    rungs = []
    while least < most:
        rungs.append(least)
        least *= eta
    return tuple(rungs)


def rungs_of(plan: Plan, least: int, eta: int) -> tuple[int, ...]:
    """The rungs of a plan; shares of the rows grow as rungs do, so that each step is one."""
    return tuple(range(least, plan.steps)) if plan.rows else rungs_between(least, plan.steps, eta)


def next_rung(group: Group, trial: Trial) -> int | None:
    """After how many steps a trial halts next."""
    return next((rung for rung in group.rungs if rung > trial.steps_done), None)


def is_waiting(group: Group, history: History, trial: Trial) -> bool:
    """Whether others of its group, who may come to its rung, have not come there."""
    rung = trial.steps_done
    return group.waits and rung in group.rungs and not _all_there(group, history, rung)


def why_stop(group: Group, history: History, trial: Trial) -> str | None:
    """Why a trial stops at the rung that it has come to.

    Where trials wait, the best n/η go on, of equals those who were first. Where they do not, one
    goes on when fewer than n/η of those who were there before or since are better: the stopping
    variant of ASHA. Fewer than η trials are too few to choose from. Who has failed or was stopped
    by hand takes nobody's place. Where the best step of a training remains, the best one so far
    counts.
    """
    rung = trial.steps_done
    if rung not in group.rungs or rung <= begins(history, trial):
        return None
    if group.waits and not _all_there(group, history, rung):
        return None
    losses = kept_losses_after(history, rung)
    there = group.numbers[group.numbers < len(history)]
    lost = np.isin(history.states[there], _LOST)
    there = there[~np.isnan(losses[there]).any(axis=1) & ~lost]
    go_on = len(there) // group.eta
    if go_on < 1 or np.isnan(losses[trial.number]).any():
        return None
    places = _places(losses[there])
    place = places[there == trial.number][0]
    better = int((places < place).sum())
    if group.waits:
        better += int(((places == place) & (there < trial.number)).sum())
    if better < go_on:
        return None
    share = FRACTIONS.get(group.eta, f"{group.eta}th part")
    where, among = after(history, trial), f"the best {share} of {len(there)} trials"
    if len(history.goals) > 1:
        reason = "by the fronts that they are on, and by how far apart they are"
        return f"{where}, it is not among {among}, {reason}."
    loss, bar = float(losses[trial.number, 0]), float(np.sort(losses[there, 0])[go_on - 1])
    score = shown(history.goal, loss)
    own = f"its best, {score}," if history.plan.kept else score
    return f"{where}, {own} is not among {among}, which have {shown(history.goal, bar)} or better."


def _places(losses: FloatArray) -> IndexArray:
    """The place of each of these trials, losses (n, g), from 0; equals share one."""
    if losses.shape[1] == 1:
        return np.unique(losses[:, 0], return_inverse=True)[1]
    finite = np.asarray(np.isfinite(losses).all(axis=1))
    ranks = fronts(np.where(finite[:, None], losses, np.nan))
    keys = np.column_stack([ranks, np.zeros(len(losses))])
    for rank in np.unique(ranks[finite]):
        same = np.flatnonzero(finite & (ranks == rank))
        keys[same, 1] = -crowding_distance(losses[same])
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()


def _all_there(group: Group, history: History, rung: int) -> bool:
    """Whether all trials of a group have come to a rung, or have ended."""
    if group.numbers[-1] >= len(history):
        return False
    members = np.intersect1d(group.numbers, history.open, assume_unique=True)
    return all(history.trials[number].steps_done >= rung for number in members)
