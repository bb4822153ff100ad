"""The evolution converges where it must, whatever computes its state."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState, add_step
from hpo_gui.core.value import Params
from hpo_gui.strategies import cma_es
from hpo_gui.strategies.axes import axes_of
from hpo_gui.strategies.cma_es import CmaEs
from hpo_gui.strategies.covariance import constants, start_evolution
from hpo_gui.strategies.random import Random
from tests.strategies.searching import lowest, search


def cube(dimensions: int) -> Space:
    return Space([Float(f"x{i}", -5.0, 5.0) for i in range(dimensions)])


def vector(params: Params) -> np.ndarray:
    return np.array(list(params.values()))


def sphere(params: Params) -> float:
    return float(((vector(params) - 1.3) ** 2).sum())


def rosenbrock(params: Params) -> float:
    x = vector(params)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def ellipsoid(params: Params) -> float:
    x = vector(params) - 1.1
    return float((10.0 ** (4 * np.arange(len(x)) / (len(x) - 1)) * x**2).sum())


@pytest.mark.parametrize("workers", [1, 8])
def test_it_converges_on_the_sphere(workers: int) -> None:
    found = [
        lowest(search(CmaEs(), cube(5), sphere, 400, seed=seed, workers=workers))
        for seed in range(3)
    ]
    assert max(found) < 1e-3


def test_it_learns_the_axes_of_an_ellipsoid() -> None:
    found = [lowest(search(CmaEs(), cube(4), ellipsoid, 600, seed=seed)) for seed in range(3)]
    assert max(found) < 1e-2


def test_it_follows_the_valley_of_rosenbrock() -> None:
    found = [lowest(search(CmaEs(), cube(3), rosenbrock, 700, seed=seed)) for seed in range(3)]
    assert np.median(found) < 1e-3


def test_whole_numbers_do_not_get_stuck() -> None:
    space = Space(
        [Float(f"x{i}", -5.0, 5.0) for i in range(2)] + [Int(f"i{i}", -10, 10) for i in range(3)]
    )

    def loss(params: Params) -> float:
        return float(((vector(params) - 3.0) ** 2).sum())

    for seed in range(4):
        study = search(CmaEs(), space, loss, 300, seed=seed)
        assert study.best is not None
        assert [study.best.params[f"i{i}"] for i in range(3)] == [3, 3, 3]
        assert lowest(study) < 0.01


def test_categories_move_to_the_better_choice() -> None:
    space = Space([Categorical("kind", list("abcde")), Float("x", -5.0, 5.0)])

    def loss(params: Params) -> float:
        return (params["kind"] != "d") * 3.0 + (params["x"] - 1.0) ** 2

    study = search(CmaEs(), space, loss, 120, seed=1)
    later = [trial.params["kind"] for trial in study.trials[60:]]
    assert later.count("d") > 40
    assert len(set(later)) > 1  # none dies out


def test_conditions_do_not_stop_it() -> None:
    space = Space(
        [
            Categorical("kind", ["a", "b"]),
            Float("x", 0.0, 1.0, when={"kind": ("a",)}),
            Float("y", 0.0, 1.0),
        ]
    )

    def loss(params: Params) -> float:
        return (params["kind"] != "a") + abs(params.get("x", 0.0) - 0.7) + abs(params["y"] - 0.2)

    ours = [lowest(search(CmaEs(), space, loss, 100, seed=seed)) for seed in range(5)]
    drawn = [lowest(search(Random(), space, loss, 100, seed=seed)) for seed in range(5)]
    assert np.median(ours) < np.median(drawn) / 2


def test_it_starts_again_with_more_when_it_has_converged() -> None:
    study = search(CmaEs(), cube(2), sphere, 500, seed=0)
    reasons = [trial.origin.reason for trial in study.trials]
    assert any("after 1 restart" in reason for reason in reasons)
    assert "of each 6" in reasons[20]
    assert any("of each 12" in reason for reason in reasons)


def test_a_plateau_makes_it_look_elsewhere() -> None:
    study = search(CmaEs(), cube(2), lambda params: 1.0, 300, seed=0)
    assert any("restart" in trial.origin.reason for trial in study.trials)


@pytest.mark.parametrize("workers", [1, 5])
def test_the_memo_changes_nothing(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with_memo = search(CmaEs(), cube(3), sphere, 120, seed=5, workers=workers)

    class Forgetful(dict[object, object]):
        def __setitem__(self, key: object, value: object) -> None: ...

    monkeypatch.setattr(cma_es, "_memo", Forgetful())
    without = search(CmaEs(), cube(3), sphere, 120, seed=5, workers=workers)
    assert [t.params for t in with_memo.trials] == [t.params for t in without.trials]


def test_a_memo_of_other_scores_is_not_used() -> None:
    study = search(CmaEs(), cube(3), sphere, 60, seed=5)
    other = search(CmaEs(), cube(3), ellipsoid, 60, seed=5)
    before = CmaEs().propose(study.history, 1, np.random.default_rng(1))
    CmaEs().propose(other.history, 1, np.random.default_rng(1))
    assert CmaEs().propose(study.history, 1, np.random.default_rng(1)) == before


def test_a_generation_is_made_of_whatever_finishes() -> None:
    """Workers that never answer hold up nobody."""
    study = search(CmaEs(), cube(3), sphere, 40, seed=2)
    running = study.ask(5)  # these stay open
    for _ in range(10):
        for trial in study.ask(7)[5:]:
            study.tell(trial.number, sphere(trial.params))
    assert all(study.trials[trial.number].state.is_open for trial in running)
    generation = int(study.trials[-1].origin.reason.split()[1].rstrip(":"))
    assert generation == 1 + 60 // 7 or generation == 60 // 7


def test_a_thousand_trials_are_answered_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    study = search(Random(), cube(10), sphere, 1000)
    rng = np.random.default_rng(0)
    CmaEs().propose(study.history, 1, rng)

    def seconds(history: History) -> float:
        started = time.process_time()
        CmaEs().propose(history, 1, rng)
        return time.process_time() - started

    assert seconds(study.history) < 0.1  # 10 ms on a quiet computer
    monkeypatch.setattr(cma_es, "_memo", {})
    assert seconds(study.history) < 1.5


# --- the equations ------------------------------------------------------------------------------


def test_the_constants_are_those_of_the_tutorial() -> None:
    k = constants(10, 10)
    assert k.parents == 5
    assert k.weights[:5].sum() == pytest.approx(1.0)
    assert (k.weights[5:] <= 0).all()
    np.testing.assert_allclose(k.weights[:2], [0.4563, 0.2708], atol=1e-3)
    assert k.mu_eff == pytest.approx(3.167, abs=1e-3)
    assert k.c_sigma == pytest.approx((3.167 + 2) / (10 + 3.167 + 5), abs=1e-3)
    assert k.c_1 == pytest.approx(2 / (11.3**2 + 3.167), abs=1e-5)
    assert k.chi == pytest.approx(math.sqrt(10), rel=0.03)


def test_without_selection_the_distribution_stays() -> None:
    """Scores without meaning must change neither step nor shape on average."""
    axes = axes_of(cube(4))
    steps = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        evolution = start_evolution(axes, np.full(4, 0.5), 0.02, 8)
        for _ in range(20):
            positions, _ = evolution.sample(8, rng)
            evolution = evolution.advance(positions, 0.0, rng)
        steps.append(math.log(evolution.sigma / 0.02))
        assert np.linalg.eigvalsh(evolution.C).min() > 0
    assert abs(np.mean(steps)) < 0.25


def test_stepped_axes_keep_a_chance_to_leave_their_cell() -> None:
    axes = axes_of(Space([Int("i", 0, 9), Float("x", 0.0, 1.0)]))
    for start in (0.02, 0.45, 0.98):
        evolution = start_evolution(axes, np.array([start, 0.5]), 0.01, 6)
        rows = np.array([[min(int(start * 10), 9) / 10 + 0.05, 0.5 + i / 1e4] for i in range(6)])
        rng = np.random.default_rng(0)
        for _ in range(30):
            evolution = evolution.advance(rows, 0.0, rng)
        positions, _ = evolution.sample(20_000, rng)
        left = (np.floor(positions[:, 0] * 10) != int(start * 10)).mean()
        assert left >= 0.8 / (2 * 6)


def test_scores_of_parts_do_not_hide_that_it_stands_still() -> None:
    """Two of three trials were stopped after an easy fold; complete ones are all alike."""
    rng = np.random.default_rng(1)
    trials = []
    for number in range(240):
        params = {"x0": float(rng.uniform(-5, 5)), "x1": float(rng.uniform(-5, 5))}
        whole = number % 3 == 0
        state = TrialState.COMPLETE if whole else TrialState.PRUNED
        folds = (0.1,) * 5 if whole else (0.02 + 0.01 * rng.random(),)
        trial = Trial(number, params, Origin("cma_es"), state, asked=number, told=number + 1)
        for index, loss in enumerate(folds):
            trial = add_step(trial, index, {"loss": loss})
        trials.append(trial)
    past = History(cube(2), [Goal("loss", "minimize")], trials, plan=Plan(400, steps=5))
    proposal = CmaEs().propose(past, 1, rng)[0]
    assert "restarts" in proposal.origin.reason
