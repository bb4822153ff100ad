"""Rungs of successive halving: where trials halt, and who goes on from there.

Notation: r least and R most resource, in steps; η reduction factor; n trials at a rung, of which
n/η go on.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.pruners.courses import after, begins, losses_after, shown

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
    by hand takes nobody's place.
    """
    rung = trial.steps_done
    if rung not in group.rungs or rung <= begins(history, trial):
        return None
    if group.waits and not _all_there(group, history, rung):
        return None
    column = losses_after(history, rung)
    there = group.numbers[group.numbers < len(history)]
    there = there[~np.isnan(column[there]) & ~np.isin(history.states[there], _LOST)]
    losses = column[there]
    loss = float(column[trial.number])
    go_on = len(there) // group.eta
    if go_on < 1 or np.isnan(loss):
        return None
    better = int((losses < loss).sum())
    if group.waits:
        better += int(((losses == loss) & (there < trial.number)).sum())
    if better < go_on:
        return None
    bar = float(np.sort(losses)[go_on - 1])
    share = FRACTIONS.get(group.eta, f"{group.eta}th part")
    return (
        f"{after(history, trial)}, {shown(history.goal, loss)} is not among the best {share} of "
        f"{len(there)} trials, which have {shown(history.goal, bar)} or better."
    )


def _all_there(group: Group, history: History, rung: int) -> bool:
    """Whether all trials of a group have come to a rung, or have ended."""
    if group.numbers[-1] >= len(history):
        return False
    members = np.intersect1d(group.numbers, history.open, assume_unique=True)
    return all(history.trials[number].steps_done >= rung for number in members)
