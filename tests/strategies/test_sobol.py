"""Quasi-random search fills a space and goes on where it stopped."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, qmc

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.sobol import Sobol, study_seed
from hpo_gui.study.study import Study
from tests.strategies.searching import search

SQUARE = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])


def cloud(strategy: Sobol | Random, seed: int, trials: int = 64) -> np.ndarray:
    study = search(strategy, SQUARE, lambda params: 0.0, trials, seed=seed)
    return np.array([[trial.params["x"], trial.params["y"]] for trial in study.trials])


def test_it_leaves_smaller_gaps_than_random_search() -> None:
    even = np.mean([qmc.discrepancy(cloud(Sobol(), seed)) for seed in range(5)])
    drawn = np.mean([qmc.discrepancy(cloud(Random(), seed)) for seed in range(5)])
    assert even < drawn / 10


def test_a_study_follows_one_sequence_whatever_the_number_of_workers() -> None:
    alone = search(Sobol(), SQUARE, lambda params: 0.0, 16, seed=3)
    together = search(Sobol(), SQUARE, lambda params: 0.0, 16, seed=3, workers=4)
    assert [t.params for t in alone.trials] == [t.params for t in together.trials]
    points = np.array([list(trial.params.values()) for trial in alone.trials])
    cells = (points * 4).astype(int)
    assert len({tuple(cell) for cell in cells.tolist()}) == 16  # a net: one in each square


def test_another_seed_of_the_study_gives_other_points() -> None:
    assert not np.isin(cloud(Sobol(), 1, 8), cloud(Sobol(), 2, 8)).any()


def test_it_goes_on_after_trials_of_another_origin() -> None:
    study = Study(SQUARE, [Goal("loss")], Sobol(), seed=4)
    study.add({"x": 0.5, "y": 0.5})
    study.ask(8)
    plain = Study(SQUARE, [Goal("loss")], Sobol(), seed=4)
    plain.ask(8)
    assert [t.params for t in study.trials[1:]] == [t.params for t in plain.trials[:7]]


def test_it_follows_the_distributions() -> None:
    space = Space([Float("n", -50.0, 50.0, mean=3.0, sd=2.0)])
    study = search(Sobol(), space, lambda params: 0.0, 256)
    drawn = np.array([trial.params["n"] for trial in study.trials])
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(drawn, share) == pytest.approx(norm.ppf(share, 3.0, 2.0), abs=0.15)


def test_it_is_not_stopped_by_constraints_that_leave_little() -> None:
    space = Space([Float("a", 0.0, 1.0), Float("b", 0.0, 1.0)], ["a + b < 0.1"])
    study = search(Sobol(), space, lambda params: 0.0, 30)
    assert len(study.trials) == 30
    assert all(trial.params["a"] + trial.params["b"] < 0.1 for trial in study.trials)


def test_a_space_with_few_configurations_is_tried_whole() -> None:
    space = Space([Int("i", 1, 5), Categorical("c", ["a", "b", "c"])])
    study = Study(space, [Goal("loss")], Sobol())
    assert len(study.ask(40)) == 15


def test_the_seed_of_a_study_is_found_before_and_after_its_first_trial() -> None:
    empty = History(SQUARE, [Goal("loss")])
    study = Study(SQUARE, [Goal("loss")], Sobol(), seed=9)
    study.ask(1)
    assert study_seed(empty, np.random.default_rng([9, 0])) == 9
    assert study_seed(study.history, np.random.default_rng([9, 1])) == 9
    assert study_seed(empty, np.random.default_rng(5)) == 5
