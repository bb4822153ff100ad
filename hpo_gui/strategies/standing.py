"""Standing: which trials a strategy can learn from, and which of them are better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState

IndexArray = NDArray[np.intp]

_CLASSES = {TrialState.COMPLETE: 0, TrialState.PRUNED: 1, TrialState.FAILED: 2}


def told_order(history: History) -> IndexArray:
    """Numbers of the complete, pruned and failed trials, in the order in which they finished.

    Cancelled and retracted trials say nothing about their configuration and are left out.
    """
    codes = [STATE_CODES[state] for state in _CLASSES]
    numbers = np.flatnonzero(np.isin(history.states, codes))
    told = np.array([history.trials[i].told or i + 1 for i in numbers], dtype=np.int64)
    return numbers[np.argsort(told, kind="stable")]


def standings(history: History, numbers: IndexArray) -> IndexArray:
    """The place of each of these trials among them, 0 for the best; shape of ``numbers``.

    Complete trials come first, by their loss; then pruned ones, those that came further before
    those that were stopped earlier, as scores over different folds or after different training do
    not compare; then failed ones and those without a finite score. Equals stand in the order
    given.
    """
    losses = history.losses[numbers, 0]
    classes = np.full(len(numbers), len(_CLASSES))
    for state, place in _CLASSES.items():
        classes[history.states[numbers] == STATE_CODES[state]] = place
    finite = np.isfinite(losses)
    classes[~finite] = len(_CLASSES)
    classes[classes == _CLASSES[TrialState.FAILED]] = len(_CLASSES)
    pruned = classes == _CLASSES[TrialState.PRUNED]
    steps = np.zeros(len(numbers))
    steps[pruned] = [-history.trials[number].steps_done for number in numbers[pruned].tolist()]
    order = np.lexsort((np.where(classes < len(_CLASSES), losses, 0.0), steps, classes))
    places = np.empty(len(numbers), dtype=np.intp)
    places[order] = np.arange(len(numbers))
    return places


def proven_losses(history: History, numbers: IndexArray) -> NDArray[np.float64]:
    """The loss of each complete trial among these; inf for every other."""
    losses = history.losses[numbers, 0]
    complete = history.states[numbers] == STATE_CODES[TrialState.COMPLETE]
    return np.where(complete & np.isfinite(losses), losses, np.inf)
