"""Bayesian optimization of several goals widens the front, and keeps thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs
from numpy.typing import NDArray

from hpo_gui.core.cube import cube_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.acquisition_of_goals import Product, hypervolume_gain, within_thresholds
from hpo_gui.strategies.ehvi import Ehvi
from hpo_gui.strategies.goal_models import GoalModels, fit_goals
from hpo_gui.strategies.observations import observe_goals
from hpo_gui.strategies.parego import Parego, scalarized, unit_losses
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.study import Study
from hpo_gui.surrogates.sobol import sobol_points

Losses = Callable[[Params], tuple[float, float]]
LINE = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])
TWO = (Goal("loss", "minimize"), Goal("cost", "minimize"))
REFERENCE = (1.1, 1.1)


def trade(params: Params) -> tuple[float, float]:
    """The front is y = 0: loss = x, cost = (1 - √x)²."""
    x, y = params["x"], params["y"]
    return x + y, (1 - math.sqrt(x)) ** 2 + y


def study(strategy: Strategy, trials: int) -> Study:
    found = Study(LINE, TWO, strategy, seed=0)
    for _ in range(trials):
        (trial,) = found.ask(1)
        loss, cost = trade(trial.params)
        found.tell(trial.number, {"loss": loss, "cost": cost})
    return found


def grid_history(
    count: int,
    losses: Losses = trade,
    goals: tuple[Goal, ...] = TWO,
    open_at: tuple[tuple[float, float], ...] = (),
) -> History:
    """Scores of a Sobol-like grid of points, then open trials."""
    trials = []
    for number in range(count):
        params = {"x": (number * 0.618034 + 0.31) % 1, "y": (number + 0.5) / count}
        scores = dict(zip((g.metric for g in goals), losses(params), strict=True))
        told = Trial(
            number,
            params,
            Origin("random", "x."),
            TrialState.COMPLETE,
            scores=scores,
            told=number + 1,
        )
        trials.append(told)
    for x, y in open_at:
        place = {"x": x, "y": y}
        trials.append(Trial(len(trials), place, Origin("random", "x."), TrialState.RUNNING))
    return History(LINE, goals, trials)


def models_of(history: History, members: int = 2) -> GoalModels:
    return fit_goals(history.goals, observe_goals(history), cube_of(history.space), members)


def volume(past: Study) -> float:
    return hypervolume(History(past.space, past.goals, past.trials).losses, REFERENCE)


# --- how much they find -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "least"), [(Ehvi(members=1), 0.94), (Parego(members=1), 0.9)]
)
def test_the_front_is_found_in_few_trials(strategy: Strategy, least: float) -> None:
    front = np.linspace(0, 1, 2000)
    best = hypervolume(np.stack([front, (1 - np.sqrt(front)) ** 2], axis=1), REFERENCE)
    assert volume(study(strategy, 18)) > least * best
    assert volume(study(Random(), 18)) < 0.85 * best


@pytest.mark.parametrize("strategy", [Ehvi(members=1), Parego(members=1)])
def test_trials_at_a_time_spread_over_the_front(strategy: Strategy) -> None:
    proposals = strategy.propose(grid_history(16), 5, np.random.default_rng(0))
    places = np.array([[p.params["x"], p.params["y"]] for p in proposals])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(5)
    assert apart.min() > 0.03


@pytest.mark.parametrize("strategy", [Ehvi(members=1), Parego(members=1)])
def test_a_threshold_leads_to_what_keeps_it(strategy: Strategy) -> None:
    goals = (Goal("loss", "minimize"), Goal("cost", "minimize", threshold=0.1))
    proposals = strategy.propose(grid_history(24, goals=goals), 4, np.random.default_rng(0))
    costs = [trade(proposal.params)[1] for proposal in proposals]
    assert np.median(costs) < 0.1


@pytest.mark.parametrize("strategy", [Ehvi(members=1), Parego(members=1)])
def test_where_nothing_keeps_the_thresholds_the_likeliest_is_tried_and_said(
    strategy: Strategy,
) -> None:
    goals = (Goal("loss", "minimize"), Goal("cost", "minimize", threshold=0.02))
    history = grid_history(14, lambda p: (p["x"], 0.05 + p["x"] + p["y"]), goals)
    (proposal,) = strategy.propose(history, 1, np.random.default_rng(0))
    assert proposal.origin.reason.startswith("Most likely to keep the thresholds")
    assert proposal.params["x"] + proposal.params["y"] < 0.1


def test_goals_that_are_maximized_go_the_other_way() -> None:
    goals = (Goal("gain", "maximize"), Goal("cost", "minimize"))
    history = grid_history(16, lambda p: (-trade(p)[0], trade(p)[1]), goals)
    flipped = Ehvi(members=1).propose(history, 1, np.random.default_rng(3))
    plain = Ehvi(members=1).propose(grid_history(16), 1, np.random.default_rng(3))
    assert flipped[0].params == plain[0].params
    assert "gain -" in flipped[0].origin.reason


# --- what is known of the goals ---------------------------------------------------------------


def test_noise_does_not_fool_the_expected_front() -> None:
    rng = np.random.default_rng(4)

    def noisy(params: Params) -> tuple[float, float]:
        loss, cost = trade({name: round(value * 3) / 3 for name, value in params.items()})
        return loss + 0.3 * rng.standard_normal(), cost + 0.3 * rng.standard_normal()

    trials = [
        structs.replace(t, params={name: round(v * 3) / 3 for name, v in t.params.items()})
        for t in grid_history(80, noisy).trials
    ]
    history = History(LINE, TWO, trials)  # five of each configuration
    models = models_of(history)
    expected = models.losses(models.x)
    assert (expected.min(axis=0) > history.losses.min(axis=0) + 0.1).all()
    assert len(models.front) < 40


def test_an_open_trial_leaves_nothing_to_gain_where_it_is() -> None:
    here = np.array([[0.25, 0.0]])
    free, taken = (
        hypervolume_gain(cube_of(LINE), models, models.reference()).value(here)
        for models in (
            models_of(grid_history(20)),
            models_of(grid_history(20, open_at=((0.25, 0.0),))),
        )
    )
    assert taken[0] < free[0] - 2


def test_a_reference_of_ones_own_bounds_the_volume() -> None:
    goals = (Goal("loss", "minimize", reference=0.5), Goal("cost", "minimize"))
    models = models_of(grid_history(20, goals=goals))
    scaling = models.ensembles[0].members[0].scaling
    assert scaling.backward(models.reference()[:1])[0] == pytest.approx(0.5)
    gain = hypervolume_gain(cube_of(LINE), models, models.reference())
    inside, beyond = gain.value(np.array([[0.2, 0.0], [0.9, 0.0]]))
    assert beyond < inside - 2


@pytest.mark.parametrize("threshold", [None, 0.3])
def test_acquisitions_of_several_goals_have_the_slopes_of_their_values(
    threshold: float | None,
) -> None:
    space = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0), Categorical("c", ["a", "b"])])
    goals = (Goal("loss", "minimize"), Goal("cost", "minimize", threshold=threshold))
    trials = [
        Trial(
            t.number,
            {**t.params, "c": "ab"[t.number % 2]},
            t.origin,
            t.state,
            scores=t.scores,
            told=t.told,
        )
        for t in grid_history(18).trials
    ]
    history = History(space, goals, trials)
    cube, models = cube_of(space), models_of(history)
    gain = hypervolume_gain(cube, models, models.reference())
    acquisition = Product(gain, within_thresholds(cube, models))
    full = np.random.default_rng(6).random((5, 3)) * 0.9 + 0.05
    value, slopes = acquisition.slopes(full)
    np.testing.assert_allclose(value, acquisition.value(full), rtol=1e-4)
    for axis in (0, 1):
        step = 1e-5 * np.eye(3)[axis]
        measured = (acquisition.value(full + step) - acquisition.value(full - step)) / 2e-5
        np.testing.assert_allclose(slopes[:, axis], measured, rtol=5e-3, atol=5e-3)
    assert not slopes[:, 2].any()


def test_many_trials_leave_the_front_in_the_model() -> None:
    history = grid_history(500)
    models = models_of(history, members=1)
    assert len(models.ensembles[0].members[0].z) == 400
    front = history.matrix[history.front]
    known = {row.tobytes() for row in models.ensembles[0].x}
    assert all(row.tobytes() in known for row in front)


# --- weights ----------------------------------------------------------------------------------


def test_weighed_losses_are_the_augmented_chebyshev_function() -> None:
    losses = np.array([[0.0, 1.0], [0.5, 0.5]])
    found = scalarized(losses, np.array([0.8, 0.2]))
    np.testing.assert_allclose(found, [0.2 + 0.05 * 0.2, 0.4 + 0.05 * 0.5])


def test_losses_are_scaled_by_the_front_of_the_feasible_trials() -> None:
    losses = np.array([[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [3.0, 3.0], [-9.0, 0.0]])
    kept: NDArray[np.bool_] = np.array([True, True, True, True, False])
    unit = unit_losses(losses, kept)
    np.testing.assert_allclose(unit[:3].min(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(unit[:3].max(axis=0), 1.0)
    assert unit[3, 0] > 1
    np.testing.assert_array_equal(unit_losses(np.ones((3, 2)), np.ones(3, dtype=bool)), 0.0)


def test_each_trial_has_weights_of_its_own_and_tells_them() -> None:
    proposals = Parego(members=1).propose(grid_history(12), 3, np.random.default_rng(0))
    reasons = {proposal.origin.reason for proposal in proposals}
    assert len(reasons) == 3
    assert all("% loss, " in reason and reason.endswith("% cost.") for reason in reasons)


def test_a_proposal_tells_what_it_should_add_to_the_front() -> None:
    (proposal,) = Ehvi(members=1).propose(grid_history(12), 1, np.random.default_rng(0))
    assert proposal.origin.strategy == "ehvi"
    assert "its volume by" in proposal.origin.reason
    assert "loss " in proposal.origin.reason
    assert proposal.origin.mean is proposal.origin.sd is None
    assert proposal.origin.acquisition is not None


@pytest.mark.parametrize("strategy", [Ehvi(), Parego()], ids=["ehvi", "parego"])
def test_the_first_trial_is_the_first_of_the_sequence_of_the_studys_seed(
    strategy: Strategy,
) -> None:
    """Without a trial yet the seed is known all the same: the sequence is one from the start."""
    first = []
    for seed in (3, 4):
        (trial,) = Study(LINE, TWO, strategy, seed=seed).ask(1)
        x, y = sobol_points(1, 2, seed)[0]
        assert trial.params == LINE.decode((x, y))
        first.append(trial.params)
    assert first[0] != first[1]
