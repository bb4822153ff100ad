"""Grid search tries every combination of the space as it is now, whatever was before."""

from __future__ import annotations

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import params_key
from hpo_gui.strategies.grid import Grid

GOALS = [Goal("loss", "minimize")]
SQUARE = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])


def go_on(space: Space, grid: Grid, trials: list[Trial], *, edited: bool = False) -> list[Trial]:
    """The trials, and those that the grid adds until it has nothing left."""
    trials = list(trials)
    while True:
        history = History(space, GOALS, trials, edited=edited).within()
        proposals = grid.propose(history, 1, np.random.default_rng(0))
        if not proposals:
            return trials
        number = len(trials)
        trials.append(
            Trial(
                number,
                proposals[0].params,
                proposals[0].origin,
                TrialState.COMPLETE,
                asked=number,
                told=number + 1,
                scores={"loss": float(number)},
            )
        )


def test_combinations_come_in_order_and_once() -> None:
    trials = go_on(SQUARE, Grid(points=2), [])
    assert [tuple(trial.params.values()) for trial in trials] == [
        (0.0, 0.0),
        (0.0, 1.0),
        (1.0, 0.0),
        (1.0, 1.0),
    ]
    assert trials[2].origin == Origin("grid", "Combination 3 of the grid.")


def test_after_an_edit_the_whole_new_grid_is_tried() -> None:
    """Trials of the grid of before do not stand for as many combinations of the new one."""
    before = go_on(SQUARE, Grid(points=3), [])
    wider = Space([Float("x", 0.0, 2.0), Float("y", 5.0, 6.0)])
    trials = go_on(wider, Grid(points=3), before, edited=True)
    new = {params_key(trial.params) for trial in trials[9:]}
    assert len(trials) == 9 + 9
    assert new == {params_key(p) for p in wider.grid(wider.grid_values(3))}


def test_with_other_points_what_is_new_of_the_finer_grid_is_tried() -> None:
    line = Space([Int("k", 0, 8)])
    trials = go_on(line, Grid(points=9), go_on(line, Grid(points=3), []))
    assert sorted(trial.params["k"] for trial in trials) == list(range(9))


def test_a_combination_that_was_retracted_is_tried_again_at_the_end() -> None:
    trials = go_on(SQUARE, Grid(points=2), [])
    trials[1] = Trial(1, trials[1].params, trials[1].origin, TrialState.RETRACTED, told=2)
    again = go_on(SQUARE, Grid(points=2), trials)
    assert [trial.params for trial in again[4:]] == [trials[1].params]


def test_a_batch_holds_different_combinations_and_ends_with_the_grid() -> None:
    history = History(SQUARE, GOALS, go_on(SQUARE, Grid(points=2), [])[:1])
    proposals = Grid(points=2).propose(history, 9, np.random.default_rng(0))
    assert len({params_key(proposal.params) for proposal in proposals}) == len(proposals) == 3
