"""How much pruning has saved."""

from __future__ import annotations

import math

import pytest
from courses import CANCELLED, FAILED, LOSS, PRUNED, RUNNING, curve, folds, history

from hpo_gui.analysis.savings import savings
from hpo_gui.core.history import History


def test_stopped_trials_save_the_folds_before_them() -> None:
    past = history(
        [
            folds(0, [1.0] * 5),
            folds(1, [1.0], PRUNED),
            folds(2, [1.0] * 3, PRUNED),
            folds(3, [1.0], FAILED),
            folds(4, [1.0], CANCELLED),
            folds(5, [1.0], RUNNING),
        ],
        5,
        learns=False,
    )
    found = savings(past)
    assert (found.done, found.saved, found.stopped, found.learns) == (9, 6, 2, False)
    assert found.share == pytest.approx(0.4)
    assert found.text == "Stopping 2 trials early has saved 6 of 15 folds (40%)."


def test_without_a_plan_the_longest_trial_tells_how_many_there_are() -> None:
    trials = [folds(0, [1.0] * 5), folds(1, [1.0] * 2, PRUNED)]
    assert savings(History(history([], 1, learns=False).space, [LOSS], trials)).saved == 3


def test_a_child_does_and_saves_only_steps_of_its_own() -> None:
    parent = curve(0, [1.0] * 4, steps=4)
    child = curve(1, [math.nan] * 4 + [1.0], PRUNED, parent=0, steps=8)
    found = savings(history([parent, child], 20, learns=True))
    assert (found.done, found.saved, found.learns) == (5, 3, True)
    assert found.text == "Stopping 1 trial early has saved 3 of 8 steps of training (38%)."


def test_nothing_stopped_is_nothing_to_tell() -> None:
    assert savings(history([folds(0, [1.0] * 5)], 5, learns=False)).text == ""
    assert savings(history([], 5, learns=False)).share == 0.0
