"""Population-based training: who goes on from whom, with what, and when it ends."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.lineage import phases_of
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params, params_key
from hpo_gui.strategies.catalogue import make_strategy
from hpo_gui.strategies.pb2 import MOST, promising
from hpo_gui.strategies.population import Population
from tests.strategies.learning_together import Population as Together

RATE = Space([Float("rate", 1e-4, 1.0, log=True), Float("momentum", 0.0, 0.99)])
MODES = ["synchronous", "asynchronous"]


def approach(state: Any, params: Params, index: int) -> tuple[float, Any]:
    """The distance to a goal, which a rate near 0.1 shrinks fastest."""
    distance = 1.0 if state is None else state
    distance *= 1.0 - math.exp(-abs(math.log10(params["rate"]) + 1.0))
    return distance, distance


def together(step: Any = approach, space: Space = RATE, **options: Any) -> Together:
    names = ("steps", "seed", "first", "changeable", "trials", "start")
    given = {name: options.pop(name) for name in names if name in options}
    return Together(Population(**options), space, step, **given)


def key(trial: Trial) -> tuple[object, ...]:
    return params_key(trial.params), trial.parent, trial.steps, trial.scores.get("loss")


# --- the paper's toy example --------------------------------------------------------------------


def toy(state: Any, params: Params, index: int) -> tuple[float, Any]:
    """Jaderberg et al. (2017), section 4.1.1: each worker sees its own wrong objective.

    Q(θ) = 1.2 − (θ₀² + θ₁²) is to be found by steps up the gradient of
    Q̂(θ | h) = 1.2 − (h₀ θ₀² + h₁ θ₁²), from θ = (0.9, 0.9).
    """
    theta = np.array([0.9, 0.9]) if state is None else state
    theta = theta - 0.02 * 2 * np.array([params["h0"], params["h1"]]) * theta
    return float(-(1.2 - (theta**2).sum())), theta


TOY = Space([Float("h0", 0.0, 1.0), Float("h1", 0.0, 1.0)])
WRONG = ({"h0": 1.0, "h1": 0.0}, {"h0": 0.0, "h1": 1.0})


@pytest.mark.parametrize(("mode", "least"), [("synchronous", 1.15), ("asynchronous", 0.9)])
def test_the_toy_example_of_the_paper_is_solved_where_each_worker_alone_fails(
    mode: str, least: float
) -> None:
    """The most is 1.2; who never waits often has nobody to compare itself with, when only two."""
    alone = [toy_alone(params) for params in WRONG]
    assert alone == pytest.approx([0.39, 0.39], abs=0.01)  # one coordinate stays at 0.9
    for seed in range(3):
        pair = together(
            toy,
            TOY,
            population=2,
            interval=4,
            quantile=0.5,
            mode=mode,
            steps=200,
            seed=seed,
            first=[(params, 4) for params in WRONG],
        ).run(workers=2)
        assert -pair.best > least
        assert pair.done == 400


def toy_alone(params: Params) -> float:
    state, value = None, 0.0
    for index in range(200):
        value, state = toy(state, params, index)
    return -value


# --- who goes on from whom ----------------------------------------------------------------------


def test_members_learn_for_all_steps_in_equal_intervals() -> None:
    group = together(population=8, interval=3, steps=10).run()
    assert [len(generation) for generation in group.generations] == [8, 8, 8, 8]
    assert [trials[0].steps for trials in group.generations] == [3, 6, 9, 10]
    assert group.done == 80
    assert len(group.study.trials) == Population(interval=3).length(10, 0) == 32


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("workers", [1, 3, 8])
def test_the_worst_quarter_copies_the_best_and_the_rest_goes_on(mode: str, workers: int) -> None:
    group = together(population=8, mode=mode, steps=20).run(workers)
    trials = group.study.trials
    assert len(trials) == 80
    for before, after in zip(group.generations, group.generations[1:], strict=False):
        losses = sorted(trial.scores["loss"] for trial in before)
        heirs = {parent.number: 0 for parent in before}
        for child in after:
            assert child.parent is not None
            parent = trials[child.parent]
            assert parent in before
            heirs[parent.number] += 1
            copied = "copies" in child.origin.reason
            assert copied or child.params == parent.params
            if copied and mode == "synchronous":
                assert parent.scores["loss"] <= losses[1]
        if mode == "synchronous":
            childless = [trials[number] for number, count in heirs.items() if not count]
            assert sorted(trial.scores["loss"] for trial in childless) == losses[-2:]


def test_children_differ_from_those_they_copy_and_from_each_other() -> None:
    for seed in range(5):
        group = together(population=8, quantile=0.5, steps=10, interval=1, seed=seed).run()
        for generation in group.generations:
            pairs = [(trial.parent, params_key(trial.params)) for trial in generation]
            assert len(set(pairs)) == len(pairs)
        copies = [t for t in group.study.trials if "copies" in t.origin.reason]
        assert len(copies) == 4 * 9
        for trial in copies:
            assert trial.parent is not None
            assert trial.params != group.study.trials[trial.parent].params


def test_a_population_beats_its_best_constant_member() -> None:
    """The best rate falls on the way: no constant one can follow."""

    def moving(state: Any, params: Params, index: int) -> tuple[float, Any]:
        distance = 1.0 if state is None else state
        wanted = -1.0 - index / 20
        distance *= 0.6 + min(abs(math.log10(params["rate"]) - wanted), 0.5)
        return distance, distance

    space = Space([Float("rate", 1e-4, 1.0, log=True)])
    constant = min(
        alone(moving, {"rate": 10.0**exponent}, 40) for exponent in np.linspace(-4, 0, 41)
    )
    for explore in ("perturb", "pb2"):
        group = together(moving, space, interval=2, steps=40, explore=explore, quantile=0.4)
        assert group.run().best < constant


def alone(step: Any, params: Params, steps: int) -> float:
    state, loss = None, math.nan
    for index in range(steps):
        loss, state = step(state, params, index)
    return loss


# --- repeatable ---------------------------------------------------------------------------------


@pytest.mark.parametrize("explore", ["perturb", "pb2"])
def test_a_synchronous_population_is_the_same_with_any_number_of_workers(explore: str) -> None:
    groups = [together(steps=12, seed=4, explore=explore).run(workers) for workers in (1, 2, 5)]
    first, *others = ([key(trial) for trial in group.study.trials] for group in groups)
    assert others == [first, first]


@pytest.mark.parametrize("explore", ["perturb", "pb2"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("stop", [3, 8, 13, 21])
def test_an_interrupted_population_goes_on_as_an_uninterrupted_one(
    stop: int, mode: str, explore: str
) -> None:
    whole = together(population=6, mode=mode, explore=explore, steps=10).run()
    half = together(population=6, mode=mode, explore=explore, steps=10).run(most=stop)
    half.study.ask(1)  # one more was running when the power went
    again = together(
        population=6, mode=mode, explore=explore, steps=10, trials=list(half.study.trials)
    )
    again.states = half.states
    again.run()
    assert [key(t) for t in again.study.trials] == [key(t) for t in whole.study.trials]


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_member_that_fails_is_replaced_by_a_copy_of_a_good_one(mode: str) -> None:
    def fragile(state: Any, params: Params, index: int) -> tuple[float, Any]:
        if params["rate"] > 0.3:
            raise ArithmeticError("diverged")
        return approach(state, params, index)

    first = [({"rate": 10.0 ** -(i % 4), "momentum": 0.1 * i}, 2) for i in range(8)]
    group = together(fragile, mode=mode, steps=20, first=first).run(2)
    failed = [trial for trial in group.study.trials if trial.state is TrialState.FAILED]
    assert {0, 4} <= {trial.number for trial in failed}
    replaced = [t for t in group.study.trials if "which failed" in t.origin.reason]
    assert len(replaced) >= 2
    for trial in replaced:
        assert trial.parent is not None
        assert group.study.trials[trial.parent].state is TrialState.COMPLETE
    at_end = [t for t in group.generations[-1] if t.state is TrialState.COMPLETE]
    assert len(at_end) >= 6


@pytest.mark.parametrize("mode", MODES)
def test_where_all_fail_they_begin_anew_until_it_is_hopeless(mode: str) -> None:
    def broken(state: Any, params: Params, index: int) -> tuple[float, Any]:
        raise ArithmeticError("always")

    group = together(broken, population=4, mode=mode, steps=10).run(2)
    assert len(group.study.trials) == 4 * 21
    keys = [params_key(trial.params) for trial in group.study.trials]
    assert len(set(keys)) == len(keys)
    assert {trial.parent for trial in group.study.trials} == {None}


@pytest.mark.parametrize("mode", MODES)
def test_where_all_fail_later_they_try_again_from_the_step_before(mode: str) -> None:
    fails = {"left": 4}

    def once(state: Any, params: Params, index: int) -> tuple[float, Any]:
        if index == 5 and fails["left"]:
            fails["left"] -= 1
            raise ArithmeticError("a bad day")
        return approach(state, params, index)

    group = together(once, population=4, interval=2, mode=mode, steps=10).run(4)
    assert fails["left"] == 0
    assert len(group.generations[-1]) == 4
    assert all(trial.state is TrialState.COMPLETE for trial in group.generations[-1])
    assert len(group.study.trials) == 4 * 5 + 4


@pytest.mark.parametrize("mode", MODES)
def test_no_state_is_kept_once_it_is_hopeless_to_get_to_the_end(mode: str) -> None:
    def stuck(state: Any, params: Params, index: int) -> tuple[float, Any]:
        if index >= 4:
            raise ArithmeticError("never further")
        return approach(state, params, index)

    group = together(stuck, population=3, interval=2, mode=mode, steps=10).run(2)
    assert any(trial.state is TrialState.COMPLETE for trial in group.study.trials)
    strategy = group.study.strategy
    assert isinstance(strategy, Population)
    assert list(strategy.keeps_states(group.study.history)) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_member_whose_states_are_gone_goes_on_from_another(mode: str) -> None:
    group = together(population=6, steps=10, mode=mode).run(most=14)
    lost = max(number for number in group.states if number < 12)
    del group.states[lost]
    group.run()
    failed = [trial for trial in group.study.trials if trial.state is TrialState.FAILED]
    assert [trial.parent for trial in failed] == [lost] * len(failed)
    assert 1 <= len(failed) <= 2
    assert sum(t.state is TrialState.COMPLETE for t in group.generations[-1]) >= 5


def test_a_population_whose_cache_was_emptied_begins_anew_and_ends() -> None:
    group = together(population=4, steps=10).run(most=30)
    group.states.clear()
    group.run()
    assert any("begins anew" in trial.origin.reason for trial in group.study.trials)
    assert any(t.state is TrialState.COMPLETE for t in group.generations[-1])


def test_one_member_just_goes_on() -> None:
    group = together(population=1, steps=20).run()
    assert [trial.parent for trial in group.study.trials] == [None, *range(9)]
    assert len({params_key(trial.params) for trial in group.study.trials}) == 1
    assert group.done == 20


def test_one_step_is_one_generation() -> None:
    assert len(together(population=5, steps=1).run().study.trials) == 5


def test_starting_trials_are_the_first_members_and_more_of_them_make_more_members() -> None:
    first = [({"rate": 0.1, "momentum": 0.1 * i}, 2) for i in range(5)]
    group = together(population=3, interval=2, steps=8, first=first).run(2)
    assert len(group.study.trials) == 5 * 4 == Population(population=3, interval=2).length(8, 5)
    group = together(population=6, interval=2, steps=8, first=first).run(2)
    assert [trial.origin.strategy for trial in group.study.trials[:6]] == [
        *["manual"] * 5,
        "population",
    ]
    assert len(group.study.trials) == 6 * 4


def test_a_trial_of_all_steps_that_was_added_by_hand_is_no_member() -> None:
    group = together(population=4, steps=10).run(most=10)
    added = group.study.add({"rate": 0.1, "momentum": 0.5})
    group.run()
    assert added.steps is None
    assert len(group.study.trials) == 41
    assert not any(trial.parent == added.number for trial in group.study.trials)


# --- which parameters change --------------------------------------------------------------------


@pytest.mark.parametrize("explore", ["perturb", "pb2"])
def test_only_parameters_that_may_change_do(explore: str) -> None:
    group = together(steps=12, changeable=("rate",), explore=explore, quantile=0.5).run()
    for trial in group.study.trials:
        if trial.parent is not None:
            parent = group.study.trials[trial.parent]
            assert trial.params["momentum"] == parent.params["momentum"]
    assert len({trial.params["rate"] for trial in group.study.trials}) > 10


def test_nothing_that_may_change_leaves_selection() -> None:
    space = Space([Float("momentum", 0.0, 0.99), Float("rate", 1e-4, 1.0, log=True)])
    group = together(space=space, steps=6, changeable=("other",), quantile=0.5).run()
    assert len({params_key(trial.params) for trial in group.study.trials}) == 8
    last = group.generations[-1]
    assert len({params_key(trial.params) for trial in last}) < 8


CONDITIONAL = Space(
    [
        Categorical("kind", ["plain", "heavy"]),
        Float("rate", 1e-4, 1.0, log=True),
        Float("weight", -1.0, 1.0, when={"kind": ("heavy",)}),
        Int("size", 1, 64, log=True, or_none=True),
        Ordinal("level", ["low", "middle", "high"]),
    ],
    ["not (kind = heavy and rate > 0.5)"],
)


@pytest.mark.parametrize("explore", ["perturb", "pb2"])
@pytest.mark.parametrize("changeable", [(), ("rate", "weight"), ("kind", "weight", "level")])
def test_conditions_and_constraints_hold(changeable: tuple[str, ...], explore: str) -> None:
    for seed in range(3):
        group = together(
            space=CONDITIONAL,
            steps=10,
            interval=1,
            quantile=0.5,
            seed=seed,
            changeable=changeable,
            explore=explore,
        ).run()
        for trial in group.study.trials:
            assert CONDITIONAL.check(trial.params) == trial.params
            if trial.parent is not None and changeable:
                before = group.study.trials[trial.parent].params
                fixed = set(CONDITIONAL.names) - set(changeable)
                assert {k: before.get(k) for k in fixed} == {k: trial.params.get(k) for k in fixed}


def test_a_space_that_was_edited_moves_members_into_it() -> None:
    group = together(population=4, steps=10).run(most=10)
    narrow = Space([Float("rate", 1e-3, 1e-2, log=True), Float("momentum", 0.5, 0.9)])
    again = together(space=narrow, population=4, steps=10, trials=list(group.study.trials))
    again.states = group.states
    again.run()
    for trial in again.study.trials[10:]:
        assert narrow.check(trial.params) == trial.params


# --- options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"population": 0}, "population"),
        ({"quantile": 0.6}, "quantile"),
        ({"quantile": 0.0}, "quantile"),
        ({"interval": 0}, "interval"),
        ({"perturb": 1.0}, "perturb"),
        ({"explore": "grow"}, "explore"),
    ],
)
def test_impossible_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError, match=rf"strategy\.{field}"):
        make_strategy("population", **options)


def test_options_that_do_not_fit_the_study_are_named() -> None:
    with pytest.raises(SpecError, match=r"strategy\.interval.*at most the steps of a training, 5"):
        Population(interval=6).check_plan(5, None)
    with pytest.raises(SpecError, match=r"strategy\.population.*at most the budget of trials, 7"):
        Population(population=8).check_plan(20, 7)
    Population(interval=5).check_plan(5, 8)


def test_retracted_and_odd_trials_do_no_harm() -> None:
    group = together(population=4, steps=10).run(most=12)
    rng = np.random.default_rng(0)
    for changed in (TrialState.RETRACTED, TrialState.CANCELLED, TrialState.PRUNED):
        trials = [
            msgspec.structs.replace(t, state=changed) if t.number % 3 == 0 else t
            for t in group.study.trials
        ]
        for options in ({"population": 9}, {"population": 2}, {"mode": "asynchronous"}):
            history = History(
                RATE, [Goal("loss", "minimize")], trials, plan=Plan(steps=10, learns=True)
            )
            proposals = Population(**options).propose(history, 3, rng)
            for proposal in proposals:
                assert RATE.check(proposal.params) == proposal.params


def test_the_best_trial_tells_its_schedule() -> None:
    group = together(steps=20, quantile=0.5).run()
    assert group.study.best is not None
    phases = phases_of(group.study.history, group.study.best)
    loss = math.nan
    state = None
    for index in range(20):
        params = [values for step, values in phases if step <= index][-1]
        loss, state = approach(state, params, index)
    assert loss == group.best


# --- how it ends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "least", "words"),
    [
        (1, 0.0, "The population has trained to its end: its one member has learnt 4 steps."),
        (4, 0.0, "The population has trained to its end: all 4 members have learnt 4 steps."),
        (4, 0.01, "The population has trained to its end: 2 of 4 members have learnt 4 steps."),
        (4, 2.0, "No member of the population came to the end of its training, 4 steps: "),
    ],
)
def test_at_the_end_it_says_how_far_its_members_have_come(
    members: int, least: float, words: str
) -> None:
    def step(state: Any, params: Params, index: int) -> tuple[float, Any]:
        if params["rate"] < least:
            raise ArithmeticError("too slow")
        return 1.0, state

    done = together(step, steps=4, interval=4, population=members).run()
    said = done.study.strategy.closing_words(done.study.history)  # type: ignore[attr-defined]
    assert said.startswith(words)
    failed = sum(trial.state is TrialState.FAILED for trial in done.study.trials)
    assert said.removeprefix(words) == (f"{failed} trials failed." if least > 1 else "")


def test_intervals_that_are_too_old_to_learn_from_are_not_taken_for_ones_under_way() -> None:
    def after(rate: float) -> Params:
        rates = [rate] * 40 + [0.03 + 0.0001 * (n % 10) for n in range(MOST)]
        trials = [
            Trial(
                number,
                {"rate": value, "momentum": 0.5},
                Origin("population"),
                TrialState.COMPLETE,
                steps=2,
                scores={"loss": 1 - abs(value - 0.1)},
                curves={"loss": (1.0, 1 - abs(value - 0.1))},
                told=number + 1,
            )
            for number, value in enumerate(rates)
        ]
        history = History(RATE, [Goal("loss", "minimize")], trials)
        return promising(history, trials, trials[-1], RATE.names, np.random.default_rng(0))

    assert after(1.0) == after(0.01)
