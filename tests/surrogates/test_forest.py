"""A forest learns steps, conditions and choices, and doubts where it knows little."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hpo_gui.surrogates.embedding import FloatArray, IntArray
from hpo_gui.surrogates.forest import KNOWN, Forest, fit_forest

LEVELS: IntArray = np.array([3, 0, 0])


def observed(count: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """A choice; a number that applies to its first value only; a number with a jump."""
    x = np.random.default_rng(seed).random((count, 3))
    first = x[:, 0] < 1 / 3
    y = np.where(first, (x[:, 1] - 0.4) ** 2, 0.5 + (x[:, 0] > 2 / 3)) + (x[:, 2] > 0.6)
    x[~first, 1] = np.nan
    return x, y


def fitted(count: int = 80, seed: int = 0) -> Forest:
    return fit_forest(*observed(count, seed), LEVELS, np.random.default_rng(1))


def test_it_predicts_unseen_losses_with_jumps_choices_and_inactive_numbers() -> None:
    new, truth = observed(300, seed=9)
    mean, sd = fitted().predict(new)
    assert 1 - np.mean((mean - truth) ** 2) / np.var(truth) > 0.85
    assert (sd > 0).all()
    assert np.mean(np.abs(mean - truth) <= 2 * sd) > 0.9


def test_the_trees_that_do_not_know_a_trial_predict_it_honestly() -> None:
    x, y = observed(80)
    forest = fitted()
    mean, sd = forest.leave_one_out()
    new, truth = observed(300, seed=9)
    own, theirs = np.mean((mean - y) ** 2), np.mean((forest.predict(new)[0] - truth) ** 2)
    assert 0.4 < own / theirs < 2.5
    assert own > np.mean((forest.predict(x)[0] - y) ** 2)
    assert (sd > 0).all()


def test_pure_noise_is_not_explained() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((120, 2)), rng.standard_normal(120)
    mean, _ = fit_forest(x, y, np.zeros(2, dtype=np.int64), rng).leave_one_out()
    assert 1 - np.mean((mean - y) ** 2) / np.var(y) < 0.15


def test_the_same_generator_gives_the_same_forest_and_another_one_another() -> None:
    x, y = observed(40)
    new = observed(50, seed=3)[0]
    one, two, other = (
        fit_forest(x, y, LEVELS, np.random.default_rng(seed)).latent(new) for seed in (5, 5, 6)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_few_observations_are_enough_to_answer(count: int) -> None:
    forest = fitted(count)
    answers = [*forest.predict(observed(20)[0]), *forest.leave_one_out(), forest.noise]
    assert all(np.isfinite(answer).all() for answer in answers)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_equal_losses_and_losses_of_any_size_are_answered(scale: float) -> None:
    x, y = observed(30)
    rng = np.random.default_rng(0)
    equal = fit_forest(x, np.full(30, scale), LEVELS, rng)
    assert equal.predict(x)[0] == pytest.approx(np.full(30, scale))
    mean, sd = fit_forest(x, y * scale, LEVELS, rng).predict(x)
    assert np.corrcoef(mean, y)[0, 1] > 0.9
    assert np.isfinite(sd).all()


def test_where_trials_failed_it_expects_the_worst_and_where_they_run_what_it_expected() -> None:
    forest = fitted()
    best = forest.x[np.argsort(forest.z)[:1]]
    mean, sd = forest.latent(best)
    assert forest.dread(np.repeat(best, 3, axis=0)).latent(best)[0] > mean + 0.2
    again = forest.believe(np.repeat(best, 20, axis=0))
    assert again.latent(best)[0] == pytest.approx(mean, abs=0.15)
    assert again.latent(best)[1] < sd
    assert forest.believe(np.empty((0, 3))) is forest


def test_a_tree_is_one_of_those_that_make_the_mean() -> None:
    forest = fitted()
    new = observed(50, seed=3)[0]
    trees = np.array([forest.tree(number, new) for number in range(forest.trees)])
    assert trees.mean(axis=0) == pytest.approx(forest.latent(new)[0])
    assert trees.std() > 0


def test_many_observations_are_thinned_and_the_best_are_kept() -> None:
    x, y = observed(3 * KNOWN)
    forest = fit_forest(x, y, LEVELS, np.random.default_rng(0))
    assert len(forest.z) == KNOWN
    assert forest.z.min() == pytest.approx(forest.scaling.forward(y).min())


def test_nothing_of_scikit_learn_is_imported() -> None:
    code = (
        "import sys, numpy as np; from hpo_gui.surrogates.forest import fit_forest;"
        "fit_forest(np.eye(2), np.ones(2), np.zeros(2), np.random.default_rng(0));"
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
