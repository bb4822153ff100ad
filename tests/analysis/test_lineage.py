"""Lineage: which trials have gone on from which."""

from __future__ import annotations

from hpo_gui.analysis.lineage import ancestors, phases_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.core.value import Params


def learnt(number: int, params: Params, parent: int | None, first: int, last: int) -> Trial:
    """A trial that has done the steps ``first`` … ``last - 1``."""
    trial = Trial(number, params, Origin("population"), TrialState.COMPLETE, parent, last)
    for index in range(first, last):
        trial = add_step(trial, index, Learned({"loss": (1.0 / (index + 1),)}))
    return trial


def history_of(*trials: Trial) -> History:
    return History(Space([Float("rate", 0.0, 1.0)]), [Goal("loss", "minimize")], trials)


def test_a_trial_without_a_parent_has_one_phase() -> None:
    trial = learnt(0, {"rate": 0.5}, None, 0, 4)
    history = history_of(trial)
    assert ancestors(history, trial) == (trial,)
    assert phases_of(history, trial) == ((0, {"rate": 0.5}),)


def test_each_ancestor_is_a_phase_from_where_its_parent_has_ended() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    other = learnt(1, {"rate": 0.9}, None, 0, 2)
    second = learnt(2, {"rate": 0.4}, 0, 2, 4)
    third = learnt(3, {"rate": 0.3}, 2, 4, 6)
    history = history_of(first, other, second, third)
    assert ancestors(history, third) == (first, second, third)
    assert phases_of(history, third) == (
        (0, {"rate": 0.5}),
        (2, {"rate": 0.4}),
        (4, {"rate": 0.3}),
    )


def test_equal_parameters_one_after_the_other_are_one_phase() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    second = learnt(1, {"rate": 0.5}, 0, 2, 4)
    third = learnt(2, {"rate": 0.3}, 1, 4, 6)
    assert phases_of(history_of(first, second, third), third) == (
        (0, {"rate": 0.5}),
        (4, {"rate": 0.3}),
    )


def test_an_ancestor_that_has_learnt_nothing_has_no_phase() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    second = learnt(1, {"rate": 0.4}, 0, 2, 2)
    third = learnt(2, {"rate": 0.3}, 1, 2, 4)
    history = history_of(first, second, third)
    assert phases_of(history, third) == ((0, {"rate": 0.5}), (2, {"rate": 0.3}))
    assert phases_of(history, second) == ((0, {"rate": 0.5}), (2, {"rate": 0.4}))
