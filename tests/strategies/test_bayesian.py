"""Bayesian optimization learns: from scores, failures, conditions, and what is under way."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, params_key
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.random import Random
from tests.strategies.searching import lowest, search

LOSS = (Goal("loss", "minimize"),)
BRANIN = Space([Float("x", -5.0, 10.0), Float("y", 0.0, 15.0)])
CASH = Space(
    [
        Categorical("model", ["svm", "tree", "knn", "linear"]),
        Float("C", 1e-2, 1e3, log=True, when={"model": ("svm",)}),
        Float("gamma", 1e-5, 10.0, log=True, when={"model": ("svm",)}),
        Int("depth", 1, 30, when={"model": ("tree",)}),
        Float("features", 0.05, 1.0, when={"model": ("tree",)}),
        Int("neighbors", 1, 50, log=True, when={"model": ("knn",)}),
        Float("alpha", 1e-4, 1e2, log=True, when={"model": ("linear",)}),
    ]
)


def branin(params: Params) -> float:
    x, y = params["x"], params["y"]
    bowl = (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
    return float(bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def model_loss(params: Params) -> float:
    """The support vector machine is best, but only where both its parameters are right."""
    if params["model"] == "svm":
        off = math.log10(params["C"] / 30) ** 2 + math.log10(params["gamma"] / 0.02) ** 2
        return 0.1 + 0.4 * (1 - math.exp(-off / 3))
    if params["model"] == "tree":
        return 0.2 + abs(params["depth"] - 12) / 100 + (params["features"] - 0.4) ** 2 / 4
    if params["model"] == "knn":
        return 0.25 + abs(math.log(params["neighbors"] / 8)) / 20
    return 0.3 + abs(math.log10(params["alpha"])) / 20


def test_the_optimum_of_branin_is_found_in_forty_trials() -> None:
    found = [lowest(search(Bayesian(), BRANIN, branin, 40, seed=seed)) for seed in range(5)]
    assert np.median(found) < 0.3979 + 0.01
    assert max(found) < 0.3979 + 0.2


def test_a_choice_of_models_with_a_space_each_is_searched_far_better_than_at_random() -> None:
    ours = [lowest(search(Bayesian(), CASH, model_loss, 50, seed=seed)) for seed in range(6)]
    drawn = [lowest(search(Random(), CASH, model_loss, 50, seed=seed)) for seed in range(6)]
    assert np.median(ours) - 0.1 < 0.3 * (np.median(drawn) - 0.1)


@pytest.mark.parametrize("acquisition", ["log_ei", "ucb", "pi", "thompson"])
@pytest.mark.parametrize("kernel", ["matern52", "matern32", "rbf"])
def test_every_acquisition_and_kernel_improves(acquisition: str, kernel: str) -> None:
    strategy = Bayesian(acquisition=acquisition, kernel=kernel)  # type: ignore[arg-type]
    assert lowest(search(strategy, BRANIN, branin, 30, seed=3)) < 2.5


CONDITIONAL = Space(
    [
        Categorical("kernel", ["rbf", "poly", "linear"]),
        Int("degree", 2, 5, when={"kernel": ("poly",)}),
        Float("gamma", 1e-3, 8.0, log=True, when={"kernel": ("rbf", "poly")}),
        Categorical("deep", [True, False], when={"degree": (4, 5)}),
    ]
)
CONSTRAINED = Space(
    [Float("a", 0.0, 1.0), Float("b", 0.0, 1.0), Categorical("kind", ["x", "y"])],
    ["a < b", "a + b <= 1", "not (kind = x and a > 0.5)"],
)


def kernel_loss(params: Params) -> float:
    return abs(math.log10(params.get("gamma", 1.0)) + 1) + params.get("degree", 3) / 10


@pytest.mark.parametrize("space", [CONDITIONAL, CONSTRAINED], ids=["conditional", "constrained"])
@pytest.mark.parametrize("acquisition", ["auto", "ucb", "pi", "thompson"])
def test_a_forest_repeats_itself_and_honours_the_space(space: Space, acquisition: str) -> None:
    forest = Bayesian(surrogate="forest", acquisition=acquisition)  # type: ignore[arg-type]
    loss = kernel_loss if space is CONDITIONAL else lambda params: params["a"] - params["b"]
    one, two = (search(forest, space, loss, 24, seed=4, workers=3) for _ in range(2))
    tried = [trial.params for trial in one.trials]
    assert tried == [trial.params for trial in two.trials]
    assert all(space.contains(params) and space.feasible(params) for params in tried)
    assert len({params_key(params) for params in tried}) == 24
    assert sum(trial.origin.mean is not None for trial in one.trials) >= 12


def test_what_a_forest_proposes_on_a_choice_of_models_is_far_better_than_chance() -> None:
    ours = search(Bayesian(surrogate="forest"), CASH, model_loss, 40, seed=0).trials
    learnt = [trial.scores["loss"] for trial in ours if trial.origin.mean is not None]
    rng = np.random.default_rng(0)
    drawn = [model_loss(CASH.sample(rng)) for _ in range(400)]
    assert len(learnt) >= 25
    assert np.median(learnt) < np.quantile(drawn, 0.2)


def test_a_forest_goes_on_after_failed_trials_and_with_open_ones() -> None:
    past = branin_history()
    rows = [(t.params, None if t.number % 3 == 0 else t.scores["loss"]) for t in past.trials]
    proposals = propose(history(BRANIN, rows), 4, surrogate="forest")
    assert len({params_key(proposal.params) for proposal in proposals}) == 4
    assert all(proposal.origin.sd is not None and proposal.origin.sd > 0 for proposal in proposals)


def test_a_surrogate_that_does_not_exist_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="surrogate"):
        msgspec.convert({"surrogate": "neural"}, Bayesian)


def test_the_first_trial_is_the_middle_of_every_range() -> None:
    space = Space([Float("rate", 1e-4, 1.0, log=True), Int("depth", 1, 9), Float("share", 0, 1)])
    first = Bayesian().propose(History(space, LOSS), 1, np.random.default_rng(0))[0]
    assert first.params == {"rate": pytest.approx(0.01), "depth": 5, "share": 0.5}
    assert "middle" in first.origin.reason


def test_a_study_that_has_begun_does_not_go_back_to_the_middle() -> None:
    space = Space([Float("x", 0, 1), Float("y", 0, 1)])
    begun = Trial(0, {"x": 0.1, "y": 0.2}, Origin("default", "x."), TrialState.WAITING)
    past = History(space, LOSS, [begun])
    next_one = Bayesian().propose(past, 1, np.random.default_rng(0))[0]
    assert next_one.params != {"x": 0.5, "y": 0.5}


def test_a_middle_that_breaks_a_constraint_is_passed_over() -> None:
    space = Space([Float("x", 0, 1), Float("y", 0, 1)], constraints=["x < y"])
    first = Bayesian().propose(History(space, LOSS), 1, np.random.default_rng(0))[0]
    assert space.feasible(first.params)


def test_it_learns_with_eight_workers() -> None:
    found = [
        lowest(search(Bayesian(), BRANIN, branin, 64, seed=seed, workers=8)) for seed in range(4)
    ]
    assert np.median(found) < 0.3979 + 0.02


def history(
    space: Space, rows: list[tuple[Params, float | None]], goal: Goal = LOSS[0]
) -> History:
    """Complete trials, and failed ones where the score is None."""
    trials = []
    for number, (params, score) in enumerate(rows):
        failed = score is None
        trials.append(
            Trial(
                number,
                params,
                Origin("random", "Drawn."),
                TrialState.FAILED if failed else TrialState.COMPLETE,
                scores={} if score is None else {goal.metric: score},
                failure=Failure("raised", "no") if failed else None,
                told=number + 1,
            )
        )
    return History(space, (goal,), trials)


def branin_history(count: int = 20) -> History:
    rng = np.random.default_rng(0)
    points = [BRANIN.sample(rng) for _ in range(count)]
    return history(BRANIN, [(params, branin(params)) for params in points])


def propose(past: History, count: int = 1, **options: object) -> list[Proposal]:
    return Bayesian(**options).propose(past, count, np.random.default_rng(1))  # type: ignore[arg-type]


def test_a_proposal_says_what_is_expected_in_the_units_of_the_score() -> None:
    (down,) = propose(branin_history())
    assert down.origin.mean is not None
    assert down.origin.sd is not None
    assert down.origin.acquisition is not None
    assert "expected" in down.origin.reason
    past = branin_history()
    up_rows = [(t.params, -t.scores["loss"]) for t in past.trials]
    (up,) = propose(history(BRANIN, list(up_rows), Goal("score", "maximize")))
    assert up.params == down.params
    assert up.origin.mean == pytest.approx(-down.origin.mean)
    assert up.origin.sd == pytest.approx(down.origin.sd)


def test_expectations_are_calibrated_on_a_smooth_function() -> None:
    past = search(Bayesian(), BRANIN, branin, 40, seed=1)
    misses = [
        abs(trial.scores["loss"] - trial.origin.mean) / (trial.origin.sd + 0.05)
        for trial in past.trials
        if trial.origin.mean is not None and trial.origin.sd is not None
    ]
    assert len(misses) > 25
    assert np.mean(np.array(misses) < 3) > 0.75


def test_a_batch_spreads_out_although_nothing_is_told_in_between() -> None:
    proposals = propose(branin_history(), 8)
    rows = np.array([BRANIN.encode(proposal.params) for proposal in proposals])
    gaps = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(-1))[np.triu_indices(8, 1)]
    assert gaps.min() > 1e-3
    assert np.median(gaps) > 0.05


def test_asking_for_a_batch_is_asking_one_by_one() -> None:
    past = branin_history()
    first, second = propose(past, 2)
    rng = np.random.default_rng(1)
    (one,) = Bayesian().propose(past, 1, rng)
    waiting = Trial(20, one.params, one.origin, TrialState.RUNNING, asked=20)
    (two,) = Bayesian().propose(History(BRANIN, LOSS, [*past.trials, waiting]), 1, rng)
    assert (first.params, second.params) == (one.params, two.params)


def test_where_trials_failed_it_tries_less() -> None:
    rng = np.random.default_rng(0)
    points = [BRANIN.sample(rng) for _ in range(30)]
    rows = [(p, None if p["x"] > 2.5 else branin(p)) for p in points]
    trials = list(history(BRANIN, rows).trials)
    fails = 0
    for step in range(12):
        past = history(BRANIN, [(t.params, t.scores.get("loss")) for t in trials])
        (proposal,) = Bayesian().propose(past, 1, np.random.default_rng([5, step]))
        failed = proposal.params["x"] > 2.5
        fails += failed
        score = None if failed else branin(proposal.params)
        trials = list(
            history(
                BRANIN,
                [*((t.params, t.scores.get("loss")) for t in trials), (proposal.params, score)],
            ).trials
        )
    assert fails <= 4  # half of the space fails, with one of three optima in it


def test_a_tight_constraint_is_kept_without_falling_back_on_chance() -> None:
    space = Space(
        [Float("a", 0, 1), Float("b", 0, 1), Float("c", 0, 1)], ["a + b + c < 0.5", "a < b"]
    )

    def loss(params: Params) -> float:
        return (params["a"] - 0.1) ** 2 + (params["b"] - 0.2) ** 2 + (params["c"] - 0.15) ** 2

    past = search(Bayesian(), space, loss, 35, seed=2)
    assert all(space.feasible(trial.params) for trial in past.trials)
    learnt = [trial for trial in past.trials if trial.origin.mean is not None]
    assert len(learnt) >= 28
    assert lowest(past) < 0.003


def test_where_hardly_anything_keeps_a_constraint_it_looks_near_what_does() -> None:
    space = Space([Int("a", 1, 1000), Int("b", 1, 1000)], ["a + b < 8"])
    legal = [{"a": a, "b": b} for a, b in ((1, 1), (2, 3), (5, 1), (1, 5), (3, 3), (2, 1))]
    (proposal,) = propose(history(space, [(p, float(p["a"] - p["b"])) for p in legal]), initial=5)
    assert space.feasible(proposal.params)
    assert proposal.origin.mean is not None


def test_trials_outside_of_a_narrowed_range_are_left_out() -> None:
    past = branin_history(30)
    narrow = Space([Float("x", 5.0, 10.0), Float("y", 0.0, 15.0)])
    inside = [t for t in past.trials if narrow.contains(t.params)]
    assert 3 < len(inside) < 30
    (with_all,) = propose(History(narrow, LOSS, past.trials))
    assert narrow.contains(with_all.params)
    near_end = [
        msgspec.structs.replace(t, params={**t.params, "x": -5.0}) if t not in inside else t
        for t in past.trials
    ]
    (moved,) = propose(History(narrow, LOSS, near_end))
    assert moved.params == with_all.params  # where they really lay makes no difference


def test_nothing_is_repeated_until_a_small_space_is_exhausted() -> None:
    space = Space([Int("i", 1, 5), Categorical("c", ["a", "b", "d"])])
    past = search(Bayesian(), space, lambda p: abs(p["i"] - 3) + (p["c"] == "b"), 40, seed=0)
    assert len(past.trials) == 15
    assert len({params_key(trial.params) for trial in past.trials}) == 15
    early = [t.scores["loss"] for t in past.trials[:11]]
    assert min(early) == 0  # the best one comes long before the last


def test_the_model_chooses_in_a_small_space_too_where_its_first_choices_are_known() -> None:
    space = Space([Int("i", 1, 10), Int("j", 1, 10)])
    past = search(Bayesian(), space, lambda p: abs(p["i"] - 3) + (p["j"] - 7) ** 2, 40, seed=0)
    assert all(trial.origin.mean is not None for trial in past.trials[5:])


def test_thousands_of_observations_are_answered() -> None:
    rng = np.random.default_rng(0)
    points = [BRANIN.sample(rng) for _ in range(5000)]
    past = history(BRANIN, [(params, branin(params)) for params in points])
    (proposal,) = propose(past)
    assert branin(proposal.params) < np.quantile([branin(p) for p in points], 0.05)


def test_a_share_of_random_trials_can_be_asked_for() -> None:
    (proposal,) = propose(branin_history(), exploration=1.0)
    assert proposal.origin.mean is None
    assert "random" in proposal.origin.reason
