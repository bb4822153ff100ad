"""The bandit over models: fair at first, then where a new best is likely, never stuck on one."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

import hpo_gui.core.space
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.arms import arms_of, history_of, root_of
from hpo_gui.strategies.auto import Auto
from hpo_gui.strategies.model_bandit import FAILURES, ModelBandit, stand
from hpo_gui.strategies.random import Random
from hpo_gui.study.study import Study
from tests.strategies.searching import Loss, lowest, search

LOSS = (Goal("loss", "minimize"),)
FLOORS = {"good": 0.0, "fair": 0.3, "poor": 0.8}


def models(*names: str, columns: int = 2) -> Space:
    parameters: list[Parameter] = [Categorical("model", names)]
    for name in names:
        own = (f"{name}.x{column}" for column in range(columns))
        parameters += [Float(column, 0.0, 1.0, when={"model": (name,)}) for column in own]
    return Space(parameters)


THREE = models(*FLOORS)


def bowls(params: Params) -> float:
    """Each model is a bowl with a floor of its own."""
    name = str(params["model"])
    own = [float(value) for key, value in params.items() if key.startswith(f"{name}.")]
    return FLOORS[name] + sum((x - 0.6) ** 2 for x in own)


def shares(study: Study, last: int) -> Counter[str]:
    return Counter(str(trial.params["model"]) for trial in study.trials[-last:])


def history(
    space: Space,
    losses: list[tuple[str, float | None]],
    *,
    seconds: dict[str, float] | None = None,
    plan: Plan = Plan(),
) -> History:
    """Finished trials of models; None for one that failed."""
    rng = np.random.default_rng(3)
    trials = []
    for number, (name, loss) in enumerate(losses):
        params = space.quantile(rng.random(len(space)))
        while params["model"] != name:
            params = space.quantile(rng.random(len(space)))
        trials.append(
            Trial(
                number,
                params,
                Origin("random", "x."),
                TrialState.FAILED if loss is None else TrialState.COMPLETE,
                scores={} if loss is None else {"loss": loss},
                failure=Failure("raised", "no") if loss is None else None,
                started=100.0 * number,
                finished=100.0 * number + (seconds or {}).get(name, 1.0),
                asked=number,
                told=number + 1,
            )
        )
    return History(space, LOSS, trials, plan=plan)


def chosen(past: History, strategy: ModelBandit = ModelBandit(), draws: int = 40) -> Counter[str]:
    """Which models come next, over so many generators."""
    turns = (strategy.turns(past, np.random.default_rng(seed))[0] for seed in range(draws))
    return Counter(str(arms_of(past.space)[place].choice) for place, _ in turns)


# --- arms -------------------------------------------------------------------------------------


def test_an_arm_is_one_choice_with_what_depends_on_it() -> None:
    space = Space(
        [
            Categorical("model", ("svm", "line")),
            Categorical("svm.kernel", ("rbf", "poly"), when={"model": ("svm",)}),
            Int("svm.degree", 2, 5, when={"model": ("svm",), "svm.kernel": ("poly",)}),
            Float("svm.C", 0.0, 1.0, when={"model": ("svm",)}),
        ],
        ["not (svm.kernel = poly and svm.C > 0.5)"],
    )
    assert root_of(space) == "model"
    vectors, line = arms_of(space)
    assert vectors.space.names == ("model", "svm.kernel", "svm.degree", "svm.C")
    assert vectors.space["svm.degree"].when == {"svm.kernel": ("poly",)}
    assert [rule.text for rule in vectors.space.constraints] == [space.constraints[0].text]
    assert line.space.names == ("model",)
    assert line.space.constraints == ()
    assert line.space.size == 1


@pytest.mark.parametrize(
    "parameters",
    [
        [Categorical("model", ("a", "b")), Float("shared", 0, 1)],
        [Categorical("model", ("a", "b"))],
        [Categorical("model", ("a",)), Float("a.x", 0, 1, when={"model": ("a",)})],
        [Ordinal("model", (1, 2)), Float("x", 0, 1, when={"model": (1,)})],
    ],
)
def test_a_space_without_a_choice_before_everything_else_has_no_arms(
    parameters: list[Parameter],
) -> None:
    assert root_of(Space(parameters)) is None
    assert arms_of(Space(parameters)) == ()


def test_the_history_of_an_arm_has_its_trials_alone_and_knows_them() -> None:
    past = history(THREE, [("good", 0.1), ("poor", 0.9), ("good", 0.2)])
    own = history_of(past, arms_of(THREE)[0], "model")
    assert [trial.scores["loss"] for trial in own.trials] == [0.1, 0.2]
    assert [trial.number for trial in own.trials] == [0, 1]
    assert own.knows(past.trials[2].params)


# --- who gets the trials ----------------------------------------------------------------------


def test_each_model_gets_its_first_trials_before_any_is_preferred() -> None:
    study = search(ModelBandit(least=3), THREE, bowls, 9)
    assert shares(study, 9) == {"good": 3, "fair": 3, "poor": 3}
    assert "number 3 of its first 3" in study.trials[-1].origin.reason


def test_the_model_that_leads_gets_most_trials_and_no_other_wastes_many() -> None:
    counts = shares(search(ModelBandit(), THREE, bowls, 24), 18)
    assert counts["good"] >= 11
    assert counts["poor"] <= 4


def test_a_model_that_starts_late_but_rises_is_not_dropped() -> None:
    late = [0.9, 0.8, 0.65, 0.55, 0.47]
    flat = [0.40, 0.42, 0.41, 0.43, 0.42]
    told = [pair for a, b in zip(late, flat, strict=True) for pair in (("good", a), ("fair", b))]
    counts = chosen(history(models("good", "fair"), told))
    assert counts["good"] >= 5


def test_a_leader_that_has_converged_does_not_keep_those_that_have_hardly_begun_away() -> None:
    told = [("good", 0.5 + 0.2 / (n + 1) ** 4) for n in range(40)]
    told += [("fair", 0.6), ("fair", 0.8), ("poor", 0.55), ("poor", 0.56)]
    past = history(THREE, told, seconds={"good": 0.02}, plan=Plan(seconds=60))
    counts = chosen(past)
    assert counts["fair"] >= 4
    assert counts["poor"] + counts["fair"] <= 36


def test_a_flat_model_far_behind_gets_next_to_nothing() -> None:
    told = [("good", 0.1 - 0.01 * i) for i in range(8)]
    told += [("poor", 5.0 + 0.01 * i) for i in range(8)]
    assert chosen(history(models("good", "poor"), told))["poor"] <= 2


@pytest.mark.parametrize(
    "pair",
    [(0.30, 0.3001), (0.3001, 0.30), (0.30, 0.31), (0.30, 0.30), (0.30, 0.35), (0.30, 0.60)],
)
def test_no_model_is_dropped_for_what_its_first_two_trials_were(pair: tuple[float, float]) -> None:
    """Defaults and a tested point are often alike, which says little of what is to come."""
    told = [("good", 0.2 + 0.1 / (n + 1)) for n in range(60)] + [("fair", 0.9), ("poor", 1.2)]
    told += [("fair", 0.45), ("poor", 0.75)]
    names = ("good", "fair", "poor", "new")
    told += [("new", loss) for loss in pair]
    assert chosen(history(models(*names), told), draws=200)["new"] >= 4


def test_a_cheap_model_does_not_win_by_gains_that_are_impossible() -> None:
    """No log loss is below 0: a tree at 0.92 cannot get 0.9 better than a leader at 0.06."""
    rng = np.random.default_rng(1)
    told = [("good", 0.06 + 0.2 * float(x) ** 2) for x in rng.random(60)]
    told += [("fair", loss) for loss in (2.2, 1.3, 0.92)]
    told += [("fair", 0.93 + 1.4 * float(x) ** 1.5) for x in rng.random(57)]
    told += [("poor", 0.07 + 0.15 * float(x)) for x in rng.random(20)]
    plan = Plan(seconds=300, workers=2, best_score=0.0)
    seconds = {"good": 0.5, "fair": 0.02, "poor": 0.5}
    assert chosen(history(THREE, told, seconds=seconds, plan=plan), draws=200)["fair"] <= 4


def test_what_stopping_saved_one_model_is_no_gain_of_another() -> None:
    """`net` learns late and much, `fast` at once: a step of it is nearly all."""
    trials: list[Trial] = []

    def add(name: str, curve: list[float], state: TrialState) -> None:
        number = len(trials)
        params = {"model": name, f"{name}.x0": number / 30, f"{name}.x1": 0.5}
        trials.append(
            Trial(
                number,
                params,
                Origin("random"),
                state,
                curves={"loss": tuple(curve)},
                scores={"loss": curve[-1]},
                asked=number,
                told=number + 1,
            )
        )

    for number in range(12):
        add("net", [0.69 - number / 1000, 0.4, 0.2, 0.1], TrialState.COMPLETE)
    add("fast", [0.72, 0.64, 0.61, 0.60], TrialState.COMPLETE)
    for number in range(6):
        add("fast", [0.71 + number / 500], TrialState.PRUNED)
    add("net", [0.68], TrialState.PRUNED)
    plan = Plan(trials=200, steps=4, learns=True)
    net, fast = stand(History(models("net", "fast"), LOSS, trials, plan=plan), "model")
    assert fast.best == pytest.approx(0.60)
    assert net.losses[-1] == pytest.approx(0.1)


def test_the_reason_tells_why_it_was_this_models_turn() -> None:
    study = search(ModelBandit(), THREE, bowls, 12)
    reason = study.trials[-1].origin.reason
    assert reason.endswith(".")
    assert "Its turn among the models" in reason
    assert "% that its next trials lead to a new best" in reason


def test_it_finds_more_than_random_search() -> None:
    drawn = [lowest(search(Random(), THREE, bowls, 24, seed=seed)) for seed in range(5)]
    assert lowest(search(ModelBandit(), THREE, bowls, 24)) < 0.2 * np.median(drawn)


# --- failures ---------------------------------------------------------------------------------


def failing(*names: str) -> Callable[[Params], float]:
    def loss(params: Params) -> float:
        return math.nan if params["model"] in names else bowls(params)

    return loss


def told_or_failed(strategy: ModelBandit, loss: Loss, trials: int) -> Study:
    study = Study(THREE, LOSS, strategy, seed=1)
    for _ in range(trials):
        (trial,) = study.ask(1)
        value = loss(trial.params)
        if math.isnan(value):
            study.fail(trial.number, Failure("raised", "no"))
        else:
            study.tell(trial.number, value)
    return study


def test_a_model_that_always_fails_does_not_eat_the_budget() -> None:
    study = told_or_failed(ModelBandit(), failing("good"), 20)
    assert shares(study, 20)["good"] <= FAILURES
    assert lowest(study) < FLOORS["fair"] + 0.05


def test_when_all_models_fail_they_are_tried_on_in_turns() -> None:
    study = told_or_failed(ModelBandit(), failing(*FLOORS), 15)
    assert len(study.trials) == 15
    assert min(shares(study, 15).values()) >= 2


def test_a_model_that_fails_now_and_then_stays_in() -> None:
    told: list[tuple[str, float | None]] = [("good", None), ("good", 0.3), ("good", None)]
    told += [("good", 0.1), ("fair", 0.5), ("fair", 0.5), ("fair", 0.51)]
    assert chosen(history(models("good", "fair"), told))["good"] >= 20


def test_a_model_whose_constraints_leave_nothing_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hpo_gui.core.space, "MAX_TRIES", 100)
    space = Space(THREE.parameters, ["good.x0 > 2"])
    study = search(ModelBandit(), space, bowls, 5)
    assert set(shares(study, 5)) == {"fair", "poor"}


def test_constraints_that_leave_no_model_anything_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hpo_gui.core.space, "MAX_TRIES", 100)
    space = Space(THREE.parameters, ["good.x0 > 2", "fair.x0 > 2", "poor.x0 > 2"])
    with pytest.raises(SpecError, match="must leave something to try"):
        ModelBandit().propose(History(space, LOSS), 1, np.random.default_rng(0))


# --- cost -------------------------------------------------------------------------------------


def test_where_time_is_short_of_two_equal_models_the_cheap_one_is_preferred() -> None:
    told = [(n, v) for v in (0.5, 0.45, 0.42, 0.40, 0.39) for n in ("cheap", "dear")]
    space = models("cheap", "dear")
    seconds = {"cheap": 1.0, "dear": 60.0}
    timed = chosen(history(space, told, seconds=seconds, plan=Plan(seconds=330)), draws=200)
    counted = chosen(history(space, told, seconds=seconds, plan=Plan(trials=100)), draws=200)
    assert timed["cheap"] > 1.5 * timed["dear"]
    assert 0.7 < counted["cheap"] / counted["dear"] < 1.4


def test_the_first_trials_of_a_slow_model_take_no_more_than_its_share_of_the_time() -> None:
    told = [("cheap", 0.5), ("cheap", 0.4), ("dear", 0.9)]
    seconds = {"cheap": 1.0, "dear": 60.0}
    past = history(
        models("cheap", "dear"), told, seconds=seconds, plan=Plan(seconds=120, workers=1)
    )
    assert [standing.spent for standing in stand(past, "model")] == [2.0, 60.0]
    assert "of its first" not in ModelBandit().turns(past, np.random.default_rng(0))[0][1]


# --- many trials, many at a time ----------------------------------------------------------------


def test_trials_asked_at_the_same_time_are_spread_over_models_at_first() -> None:
    batch = ModelBandit().propose(History(THREE, LOSS), 6, np.random.default_rng(0))
    counts = Counter(proposal.params["model"] for proposal in batch)
    assert set(counts.values()) == {2}


def test_a_model_with_one_configuration_is_tried_once() -> None:
    others = models("good", "fair").parameters[1:]
    space = Space([Categorical("model", ("plain", "good", "fair")), *others])
    study = search(ModelBandit(), space, lambda p: bowls(p) if len(p) > 1 else 0.5, 9)
    assert shares(study, 9)["plain"] == 1
    # the others are not in line behind one that has nothing left
    assert "a chance of" in study.trials[-1].origin.reason


def test_500_trials_of_ten_models_are_answered_within_half_a_second() -> None:
    names = tuple(f"m{number}" for number in range(10))
    rng = np.random.default_rng(5)
    told = [(names[int(rng.integers(10))], float(rng.random())) for _ in range(500)]
    past = history(models(*names, columns=4), told)
    ModelBandit().propose(past, 1, np.random.default_rng(0))  # imports, caches
    began = time.process_time()
    ModelBandit().propose(past, 1, np.random.default_rng(1))
    assert time.process_time() - began < 0.5


def test_auto_takes_it_for_a_space_of_models_and_not_for_others() -> None:
    strategy, why = Auto().choose(History(THREE, LOSS))
    assert isinstance(strategy, ModelBandit)
    assert "each of the 3" in why
    flat = Space([Categorical("kernel", ("a", "b")), Float("x", 0, 1)])
    assert not isinstance(Auto().choose(History(flat, LOSS))[0], ModelBandit)


def test_auto_still_tries_everything_in_a_small_space_of_models() -> None:
    space = Space(
        [
            Categorical("model", ("a", "b")),
            Int("a.n", 1, 3, when={"model": ("a",)}),
            Int("b.n", 1, 2, when={"model": ("b",)}),
        ]
    )
    assert "all 5 configurations" in Auto().choose(History(space, LOSS))[1]


def test_an_arm_learns_nothing_from_trials_outside_of_the_space() -> None:
    """After an edit the best of the old trials may lie where nobody may look any more."""
    space = models("one", "two", columns=1)
    inside = [
        Trial(
            n,
            {"model": "one", "one.x0": n / 10},
            Origin("x"),
            TrialState.COMPLETE,
            asked=n,
            told=n + 1,
            scores={"loss": 1.0},
        )
        for n in range(4)
    ]
    outside = [
        Trial(
            n,
            {"model": "one", "one.x0": float(n)},
            Origin("x"),
            TrialState.COMPLETE,
            asked=n,
            told=n + 1,
            scores={"loss": -9.0},
        )
        for n in range(4, 8)
    ]
    past = History(space, LOSS, [*inside, *outside], edited=True).within()
    own = history_of(past, arms_of(space)[0], "model")
    assert own.complete.tolist() == [0, 1, 2, 3]
    assert own.best is not None
    assert own.best.scores == {"loss": 1.0}
