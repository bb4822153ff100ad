"""The portfolio gives more to who brings more; auto chooses by what is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec import structs

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.auto import Auto
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.strategies.ehvi import Ehvi
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.nsga2 import Nsga2
from hpo_gui.strategies.parego import Parego
from hpo_gui.strategies.portfolio import MEMBERS, Portfolio
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.tpe import TPE
from tests.strategies.searching import lowest, search

LOSS = (Goal("loss", "minimize"),)
PLANE = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])


def bowl(params: Params) -> float:
    return float((params["x"] - 0.7) ** 2 + (params["y"] - 0.2) ** 2)


def told(number: int, member: str, loss: float, seconds: float = 0.0) -> Trial:
    return Trial(
        number,
        {"x": number / 100, "y": 0.5},
        Origin(member, "Said."),
        TrialState.COMPLETE,
        scores={"loss": loss},
        started=0.0,
        finished=seconds,
        asked=number,
        told=number + 1,
    )


def test_every_member_is_tried_once_in_order_and_named() -> None:
    members = ("random", "tpe", "bayesian", "hill_climbing", "sobol", "grid", "cma_es")
    past = search(Portfolio(members=members), PLANE, bowl, 7, seed=0)
    assert [trial.origin.strategy for trial in past.trials] == list(members)
    assert all("portfolio" in trial.origin.reason for trial in past.trials)


def test_who_finds_new_bests_gets_more() -> None:
    trials = []
    for number in range(40):
        good = number % 2 == 0
        loss = 1 / (number + 1) if good else 2.0
        trials.append(told(number, "tpe" if good else "random", loss))
    portfolio = Portfolio(members=("tpe", "random"))
    tpe, drawn = portfolio.standings(History(PLANE, LOSS, trials))
    assert tpe.value > drawn.value
    assert (tpe.found, drawn.found) == (20, 0)
    assert tpe.share == drawn.share == 0.5
    proposals = portfolio.propose(History(PLANE, LOSS, trials), 6, np.random.default_rng(0))
    assert [p.origin.strategy for p in proposals].count("tpe") >= 5


def test_a_member_that_stopped_bringing_anything_gives_way() -> None:
    early = [told(n, "tpe", 1 / (n + 1)) for n in range(20)]
    late = [
        told(n, "tpe" if n % 2 else "random", 0.001 if n % 2 else 0.04 / n) for n in range(20, 80)
    ]
    late = [told(n, "tpe", 3.0) if n % 2 else told(n, "random", 0.04 / n) for n in range(20, 80)]
    tpe, drawn = Portfolio(members=("tpe", "random"), window=40).standings(
        History(PLANE, LOSS, early + late)
    )
    assert drawn.value > tpe.value


def test_equal_scores_reward_nobody_after_the_first() -> None:
    trials = [told(n, "tpe" if n % 2 else "random", 1.0) for n in range(30)]
    tpe, drawn = Portfolio(members=("tpe", "random")).standings(History(PLANE, LOSS, trials))
    assert (tpe.found, drawn.found) == (0, 1)


def test_a_member_of_whom_no_late_trial_is_does_not_say_that_it_is_its_first() -> None:
    early = [told(0, "random", 3.0), told(1, "random", 2.0)]
    late = [told(number, "tpe", 1 / number) for number in range(2, 12)]
    portfolio = Portfolio(members=("tpe", "random", "sobol"), window=5)
    drawn, spread = portfolio.propose(
        History(PLANE, LOSS, early + late), 2, np.random.default_rng(0)
    )
    turn = "Its turn in the portfolio: none of the last trials were its own, and it led 2 times."
    assert drawn.origin.reason == f"Drawn at random. {turn}"
    assert spread.origin.strategy == "sobol"
    assert spread.origin.reason.endswith("Its turn in the portfolio: its first.")


def test_open_trials_count_as_uses() -> None:
    trials = [told(n, "tpe" if n % 2 else "random", 1 / (n + 1)) for n in range(10)]
    waiting = [
        Trial(10 + i, {"x": 0.9, "y": i / 10}, Origin("tpe", "Said."), TrialState.RUNNING)
        for i in range(5)
    ]
    tpe, _ = Portfolio(members=("tpe", "random")).standings(History(PLANE, LOSS, trials + waiting))
    assert tpe.uses == 10


def test_the_portfolio_is_far_better_than_random_search() -> None:
    ours = [lowest(search(Portfolio(), PLANE, bowl, 40, seed=seed)) for seed in range(4)]
    drawn = [lowest(search(Random(), PLANE, bowl, 40, seed=seed)) for seed in range(4)]
    assert np.median(ours) < 0.1 * np.median(drawn)


def test_members_are_known_and_different() -> None:
    assert set(Portfolio().members) <= set(MEMBERS)
    with pytest.raises(SpecError, match="different"):
        Portfolio(members=("tpe", "tpe"))


def test_a_portfolio_without_members_is_told_in_words() -> None:
    with pytest.raises(SpecError, match="members must be a list that is not empty"):
        STRATEGIES.make("portfolio", {"members": []})


@pytest.mark.parametrize(
    ("space", "plan", "kind", "words"),
    [
        (Space([Categorical("c", ["a"])]), Plan(), Grid, "only one"),
        (Space([Int("i", 1, 30)]), Plan(), Grid, "all 30 configurations"),
        (Space([Int("i", 1, 30)]), Plan(trials=10), Bayesian, "one parameter"),
        (Space([Int("i", 1, 3000)]), Plan(trials=5000), Bayesian, "one parameter"),
        (PLANE, Plan(trials=50, workers=3), Bayesian, "2 parameters"),
        (PLANE, Plan(trials=50, workers=8), Bayesian, "8 trials at a time"),
        (Space([Float(f"x{i}", 0, 1) for i in range(150)]), Plan(), TPE, "150 free parameters"),
    ],
)
def test_auto_chooses_by_space_and_budget(
    space: Space, plan: Plan, kind: type, words: str
) -> None:
    strategy, why = Auto().choose(History(space, LOSS, plan=plan))
    assert isinstance(strategy, kind)
    assert words in why
    assert why.endswith(".")


def test_auto_thinks_less_where_time_is_short_and_trials_are_quick() -> None:
    quick = [told(n, "tpe", 1.0, seconds=0.002) for n in range(40)]
    slow = [told(n, "tpe", 1.0, seconds=2.0) for n in range(40)]
    timed = Plan(seconds=60)
    assert isinstance(Auto().choose(History(PLANE, LOSS, quick, plan=timed))[0], TPE)
    assert isinstance(Auto().choose(History(PLANE, LOSS, slow, plan=timed))[0], Bayesian)
    assert isinstance(Auto().choose(History(PLANE, LOSS, quick[:5], plan=timed))[0], Bayesian)
    counted = Plan(trials=100)
    assert isinstance(Auto().choose(History(PLANE, LOSS, quick, plan=counted))[0], Bayesian)


GOALS = tuple(Goal(f"goal{place}", "minimize") for place in range(5))


@pytest.mark.parametrize(
    ("space", "goals", "trials", "kind", "words"),
    [
        (PLANE, 2, 10, Ehvi, "2 goals"),
        (PLANE, 3, 10, Ehvi, "3 goals"),
        (PLANE, 4, 10, Parego, "4 goals"),
        (PLANE, 2, 600, Nsga2, "over 500 trials"),
        (Space([Int("i", 1, 30)]), 2, 10, Grid, "all 30 configurations"),
        (Space([Float(f"x{i}", 0, 1) for i in range(150)]), 2, 10, Nsga2, "150 free parameters"),
    ],
)
def test_auto_chooses_by_goals_and_trials(
    space: Space, goals: int, trials: int, kind: type, words: str
) -> None:
    past = [told(number, "random", 1.0) for number in range(trials)]
    strategy, why = Auto().choose(History(space, GOALS[:goals], past))
    assert isinstance(strategy, kind)
    assert words in why
    assert why.endswith(".")


def test_auto_fits_no_model_of_several_goals_to_trials_that_are_quicker() -> None:
    quick = [told(n, "random", 1.0, seconds=0.002) for n in range(40)]
    timed, counted = Plan(seconds=60), Plan(trials=100)
    choose = Auto().choose
    assert isinstance(choose(History(PLANE, GOALS[:2], quick, plan=timed))[0], Nsga2)
    assert isinstance(choose(History(PLANE, GOALS[:2], quick, plan=counted))[0], Ehvi)


def test_auto_tries_everything_in_a_small_space() -> None:
    space = Space([Int("i", 1, 4), Categorical("c", ["a", "b"])])
    past = search(Auto(), space, lambda p: float(p["i"]), 20, seed=0)
    assert len(past.trials) == 8
    assert math.isfinite(lowest(past))


def test_auto_takes_turns_when_many_trials_run_at_a_time() -> None:
    past = search(Auto(), PLANE, bowl, 48, seed=0, workers=8)
    late = [trial.origin.strategy for trial in past.trials[16:]]
    assert late.count("tpe") == late.count("bayesian") == 16
    alone = search(Auto(), PLANE, bowl, 20, seed=0)
    assert {trial.origin.strategy for trial in alone.trials} == {"bayesian"}


@pytest.mark.parametrize("source", ["default", "tested", "earlier", "manual", "repeat"])
def test_configurations_that_were_given_are_no_trials_at_a_time(source: str) -> None:
    given = [structs.replace(told(number, source, 1.0), asked=0) for number in range(8)]
    asked = [told(number, "bayesian", 1.0) for number in range(8, 11)]
    for past in (given, given + asked):
        strategy, why = Auto().choose(History(PLANE, LOSS, past))
        assert isinstance(strategy, Bayesian)
        assert "in turn" not in why


@pytest.mark.parametrize(
    ("workers", "words"), [(3, "2 parameters"), (8, "for 8 trials at a time")]
)
def test_a_trial_that_was_thought_ahead_is_no_further_worker(workers: int, words: str) -> None:
    # asked while all workers are busy: as many trials are open as there are workers
    past = [
        structs.replace(told(number, "bayesian", 1.0), asked=max(number - workers, 0))
        for number in range(20)
    ]
    _, why = Auto().choose(History(PLANE, LOSS, past, plan=Plan(trials=50, workers=workers)))
    assert words in why
