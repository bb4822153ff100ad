"""What every strategy must do: stay in bounds, be repeatable, honour the space."""

from __future__ import annotations

import doctest
import math
import pickle
import time
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

import hpo_gui.strategies.catalogue
from hpo_gui.assembly.seeing import see_from
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import FunctionSpec, ModelSpec, StudySpec
from hpo_gui.core.thought import think
from hpo_gui.core.trial import Failure, Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, params_key
from hpo_gui.evaluation.joint_space import joint_space
from hpo_gui.strategies.catalogue import STRATEGIES, make_strategy
from hpo_gui.strategies.strategy import Strategy
from tests.core.random_spaces import conditional_spaces, parameter_lists

GOALS = (Goal("loss", "minimize"),)

SPACES = {
    "mixed": Space(
        [
            Float("rate", 1e-4, 1.0, log=True),
            Int("depth", 1, 50, log=True, or_none=True),
            Categorical("layers", [(64,), (64, 32), None]),
            Ordinal("size", ["s", "m", "l"]),
            Float("share", 0.0, 1.0, step=0.25),
        ]
    ),
    "conditional": Space(
        [
            Categorical("kernel", ["rbf", "poly", "linear"]),
            Int("degree", 2, 5, when={"kernel": ("poly",)}),
            Float("gamma", 1e-3, 8.0, log=True, when={"kernel": ("rbf", "poly")}),
            Categorical("deep", [True, False], when={"degree": (4, 5)}),
        ]
    ),
    "models": Space(
        [
            Categorical("model", ["svm", "tree", "line"]),
            Float("svm.C", 1e-2, 1e2, log=True, when={"model": ("svm",)}),
            Categorical("svm.kernel", ["rbf", "linear"], when={"model": ("svm",)}),
            Float("svm.gamma", 0.0, 1.0, when={"model": ("svm",), "svm.kernel": ("rbf",)}),
            Int("tree.depth", 1, 9, when={"model": ("tree",)}),
        ],
        ["not (svm.kernel = linear and svm.C > 10)"],
    ),
    "constrained": Space(
        [Float("a", 0.0, 1.0), Float("b", 0.0, 1.0), Categorical("kind", ["x", "y"])],
        ["a < b", "a + b <= 1", "not (kind = x and a > 0.5)"],
    ),
    "normal": Space(
        [Float("n", -5.0, 5.0, mean=0.0, sd=1.0), Float("m", 1e-6, 1.0, log=True, mean=1e-3, sd=2)]
    ),
    "single value": Space([Float("only", 2.0, 2.0), Categorical("one", ["a"])]),
    "small": Space([Int("i", 1, 3), Categorical("c", ["a", "b"])]),
}
EMPTY = Space([])

OPTIONS = {
    "manual": {"configurations": []},
    "grid": {"points": 3},
    "tpe": {"startup": 4},
    "cma_es": {"population": 4},
    "hill_climbing": {"startup": 3, "patience": 10},
    "nsga2": {"population": 4},
    "ehvi": {"members": 2},
    "parego": {"members": 2},
}
"""Options with which a strategy gets through all its stages within few trials."""


def runs_here(name: str) -> bool:
    """Whether the package that a strategy needs is installed."""
    try:
        getattr(STRATEGIES.make(name), "check_installed", lambda: None)()
    except SpecError:
        return False
    return True


PARETO = ("ehvi", "parego")
"""Strategies for several goals, which leave one goal to Bayesian optimization."""
NAMES = [name for name in STRATEGIES.names if runs_here(name) and name not in PARETO]
SEVERAL = [
    entry.name
    for entry in STRATEGIES
    if runs_here(entry.name) and getattr(entry.kind, "several_goals", False)
]
"""Strategies that pursue several goals at once."""
FREE = [name for name in NAMES if name not in ("manual", "grid")]
"""Strategies that can go on for ever in an endless space."""
SLOW = ("optuna",)
FEW = ("population",)
"""Strategies that begin so many trainings and no more; nothing follows where one is one step."""


def make(name: str, space: Space) -> Strategy:
    options = dict(OPTIONS.get(name, {}))
    if name == "manual":
        rng = np.random.default_rng(5)
        options["configurations"] = [space.sample(rng) for _ in range(10)]
    strategy: Strategy = STRATEGIES.make(name, options)
    return strategy


def grow(
    strategy: Strategy, space: Space, count: int, history: History | None = None
) -> tuple[History, list[Proposal]]:
    """Ask one by one, with failed, pruned, pending and infinite trials among the answers."""
    trials = list(history.trials) if history else []
    proposals: list[Proposal] = []
    for _ in range(count):
        number = len(trials)
        rng = np.random.default_rng([7, number])
        proposed = strategy.propose(History(space, GOALS, trials), 1, rng)
        if not proposed:
            break
        proposals += proposed
        trials.append(_answer(number, proposed[0]))
    return History(space, GOALS, trials), proposals


def _answer(number: int, proposal: Proposal) -> Trial:
    parent, steps = proposal.parent, proposal.steps
    trial = Trial(number, proposal.params, proposal.origin, TrialState.RUNNING, parent, steps)
    kind = number % 5
    if kind == 1:
        return trial
    state = {2: TrialState.FAILED, 3: TrialState.PRUNED}.get(kind, TrialState.COMPLETE)
    scores = {} if state is TrialState.FAILED else {"loss": float(math.sin(number))}
    failure = Failure("raised", "no") if state is TrialState.FAILED else None
    return Trial(
        number,
        proposal.params,
        proposal.origin,
        state,
        parent,
        steps,
        scores=scores,
        failure=failure,
        told=number + 1,
    )


@pytest.mark.parametrize("space_name", SPACES)
@pytest.mark.parametrize("name", NAMES)
class TestEveryStrategy:
    def test_proposes_legal_configurations_that_keep_the_constraints(
        self, name: str, space_name: str
    ) -> None:
        space = SPACES[space_name]
        _, proposals = grow(make(name, space), space, 40)
        assert proposals
        for proposal in proposals:
            assert space.check(proposal.params) == proposal.params

    def test_is_a_pure_function_of_history_and_generator(self, name: str, space_name: str) -> None:
        space = SPACES[space_name]
        history, _ = grow(make(name, space), space, 6)
        first = make(name, space).propose(history, 3, np.random.default_rng(3))
        # another history in between must leave no trace
        make(name, SPACES["mixed"]).propose(
            History(SPACES["mixed"], GOALS), 2, np.random.default_rng(8)
        )
        again = make(name, space).propose(history, 3, np.random.default_rng(3))
        assert first == again

    def test_does_not_change_the_history(self, name: str, space_name: str) -> None:
        space = SPACES[space_name]
        history, _ = grow(make(name, space), space, 6)
        before = (history.trials, history.states.copy(), history.matrix.copy())
        make(name, space).propose(history, 2, np.random.default_rng(0))
        assert history.trials == before[0]
        np.testing.assert_array_equal(history.states, before[1])
        np.testing.assert_array_equal(history.matrix, before[2])

    def test_repeats_nothing_while_something_is_left(self, name: str, space_name: str) -> None:
        space = SPACES[space_name]
        history, proposals = grow(make(name, space), space, 60)
        keys = [params_key(proposal.params) for proposal in proposals]
        assert len(set(keys)) == len(keys)
        batch = make(name, space).propose(history, 4, np.random.default_rng(1))
        fresh = [params_key(proposal.params) for proposal in batch]
        assert not set(fresh) & set(keys)
        assert len(set(fresh)) == len(fresh)

    def test_an_open_trial_counts_by_its_configuration_only(
        self, name: str, space_name: str
    ) -> None:
        space = SPACES[space_name]
        history, _ = grow(make(name, space), space, 9)
        half_done = [
            structs.replace(trial, scores={"loss": -9.0}, fold_scores={"loss": (-9.0,)})
            if trial.state.is_open
            else trial
            for trial in history.trials
        ]
        waiting = [
            structs.replace(trial, state=TrialState.WAITING) if trial.state.is_open else trial
            for trial in history.trials
        ]
        once, *others = (
            make(name, space).propose(
                History(space, GOALS, trials), 2, np.random.default_rng([7, len(trials)])
            )
            for trials in (history.trials, half_done, waiting)
        )
        assert others == [once, once]

    def test_can_be_sent_to_a_process_of_its_own(self, name: str, space_name: str) -> None:
        strategy = make(name, SPACES[space_name])
        assert pickle.loads(pickle.dumps(strategy)) == strategy

    def test_says_where_a_proposal_comes_from(self, name: str, space_name: str) -> None:
        space = SPACES[space_name]
        _, proposals = grow(make(name, space), space, 3)
        for proposal in proposals:
            assert proposal.origin.strategy in STRATEGIES.names
            assert proposal.origin.reason.endswith(".")

    def test_a_resumed_history_goes_on_as_an_uninterrupted_one(
        self, name: str, space_name: str
    ) -> None:
        space = SPACES[space_name]
        whole, _ = grow(make(name, space), space, 12)
        half, _ = grow(make(name, space), space, 5)
        resumed, _ = grow(make(name, space), space, 12 - len(half), half)
        assert [trial.params for trial in resumed.trials] == [
            trial.params for trial in whole.trials
        ]


@pytest.mark.parametrize("name", NAMES)
def test_a_small_space_is_exhausted_and_then_nothing_is_left(name: str) -> None:
    space = SPACES["small"]
    _, proposals = grow(make(name, space), space, 50)
    assert len(proposals) <= 6
    if name != "manual":
        assert len(proposals) == 6


@pytest.mark.parametrize("name", [name for name in NAMES if name != "manual"])
def test_a_space_without_parameters_gives_one_empty_configuration(name: str) -> None:
    _, proposals = grow(make(name, EMPTY), EMPTY, 5)
    assert [proposal.params for proposal in proposals] == [{}]


@pytest.mark.parametrize("name", FREE)
def test_constraints_that_nothing_satisfies_are_named(name: str) -> None:
    space = Space([Float("a", 0, 1), Float("b", 2, 3)], ["a > b"])
    with pytest.raises(SpecError, match="a > b"):
        make(name, space).propose(History(space, GOALS), 1, np.random.default_rng(0))


def test_a_grid_that_no_constraint_leaves_anything_of_is_empty() -> None:
    space = Space([Float("a", 0, 1), Float("b", 2, 3)], ["a > b"])
    assert make("grid", space).propose(History(space, GOALS), 1, np.random.default_rng(0)) == []


# --- histories that a strategy must get through ------------------------------------------------


def filled(space: Space, count: int, losses: Callable[[int, Params], float | None]) -> History:
    """A history of random trials; a loss of None makes a failed one."""
    rng = np.random.default_rng(11)
    trials = []
    for number in range(count):
        params = space.sample(rng)
        loss = losses(number, params)
        state = TrialState.FAILED if loss is None else TrialState.COMPLETE
        trials.append(
            Trial(
                number,
                params,
                Origin("random", "x."),
                state,
                scores={} if loss is None else {"loss": loss},
                failure=Failure("raised", "no") if loss is None else None,
                asked=number,
                told=number + 1,
            )
        )
    return History(space, GOALS, trials)


def legal_proposals(name: str, history: History, count: int = 3) -> list[Proposal]:
    """What a strategy proposes; each legal, new and explained."""
    strategy = make(name, history.space)
    proposals = strategy.propose(history, count, np.random.default_rng(1))
    assert strategy.propose(history, count, np.random.default_rng(1)) == proposals
    for proposal in proposals:
        assert history.space.check(proposal.params) == proposal.params
        assert proposal.origin.reason.endswith(".")
        for number in (proposal.origin.mean, proposal.origin.sd, proposal.origin.acquisition):
            assert number is None or math.isfinite(number)
    keys = {params_key(proposal.params) for proposal in proposals}
    assert len(keys) == len(proposals)
    return proposals


LOSSES: dict[str, Callable[[int, Params], float | None]] = {
    "all equal": lambda number, params: 0.25,
    "NaN and infinite": lambda number, params: (math.nan, math.inf, -math.inf, 1.0)[number % 4],
    "never finite": lambda number, params: math.nan,
    "huge outliers": lambda number, params: 1e300 if number % 3 else -1e300,
    "tiny differences": lambda number, params: 1.0 + 1e-15 * number,
    "all failed": lambda number, params: None,
    "one success": lambda number, params: 1.0 if number == 7 else None,
}


@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("space_name", ["mixed", "conditional", "constrained"])
@pytest.mark.parametrize("name", FREE)
def test_odd_scores_do_no_harm(name: str, space_name: str, losses: str) -> None:
    history = filled(SPACES[space_name], 24, LOSSES[losses])
    assert len(legal_proposals(name, history)) == 3


ODD_SPACES = {
    "one number": Space([Float("x", -1.0, 1.0)]),
    "one whole number": Space([Int("i", 1, 10**6, log=True)]),
    "one category": Space([Categorical("c", list(range(40)))]),
    "one choice beside a number": Space([Categorical("c", ["only"]), Float("x", 0.0, 1.0)]),
    "500 choices": Space([Categorical("c", list(range(500))), Float("x", 0.0, 1.0)]),
    "100 parameters": Space(
        [Float(f"x{i}", 0.0, 1.0) for i in range(60)]
        + [Int(f"i{i}", 0, 9) for i in range(20)]
        + [Categorical(f"c{i}", ["a", "b", "c"]) for i in range(20)]
    ),
    "none only beside one number": Space([Int("i", 3, 3, or_none=True), Float("x", 0.0, 1.0)]),
    "very wide": Space([Float("x", -1e300, 1e299), Int("i", -(2**53), 2**53)]),
    "very narrow": Space([Float("x", 1.0, 1.0 + 1e-9), Float("y", 1e-12, 1e12, log=True)]),
}


@pytest.mark.parametrize("space_name", ODD_SPACES)
@pytest.mark.parametrize("name", FREE)
def test_odd_spaces_do_no_harm(name: str, space_name: str) -> None:
    history = filled(ODD_SPACES[space_name], 20, lambda number, params: math.cos(number))
    assert len(legal_proposals(name, history)) == 3


EDITED = {
    "a narrower range": Space(
        [Float("rate", 1e-2, 1e-1, log=True), Int("depth", 40, 90), Ordinal("size", ["l", "m"])]
    ),
    "another kind": Space(
        [Categorical("rate", ["low", "high"]), Float("depth", 0.0, 1.0), Float("size", 0.0, 1.0)]
    ),
    "parameters added": Space([*SPACES["mixed"], Float("new", 0.0, 1.0), Categorical("n", "ab")]),
    "parameters removed": Space([Float("share", 0.0, 1.0)]),
    "all others": Space([Float("p", 0.0, 1.0), Int("q", 1, 9)]),
}


@pytest.mark.parametrize("edit", EDITED)
@pytest.mark.parametrize("name", FREE)
def test_trials_of_an_earlier_space_do_no_harm(name: str, edit: str) -> None:
    old = filled(SPACES["mixed"], 24, lambda number, params: math.sin(number))
    assert len(legal_proposals(name, History(EDITED[edit], GOALS, old.trials))) == 3


@pytest.mark.parametrize("name", FREE)
def test_the_same_configuration_many_times_does_no_harm(name: str) -> None:
    history = filled(SPACES["mixed"], 24, lambda number, params: math.sin(number))
    same = [msgspec.structs.replace(t, params=history.trials[0].params) for t in history.trials]
    assert len(legal_proposals(name, History(history.space, GOALS, same))) == 3


@pytest.mark.parametrize("name", [name for name in FREE if name not in SLOW])
def test_a_long_history_is_answered_soon(name: str) -> None:
    history = filled(SPACES["mixed"], 2000, lambda number, params: math.sin(number))
    make(name, history.space).propose(History(SPACES["small"], GOALS), 1, np.random.default_rng(0))
    started = time.process_time()
    assert len(legal_proposals(name, history, 1)) == 1
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", [name for name in FREE if name not in (*SLOW, *FEW)])
@settings(max_examples=12, deadline=None)
@given(space=conditional_spaces(constrained=True), seed=st.integers(0, 2**32 - 1))
def test_any_space_is_searched_legally_and_exhausted(name: str, space: Space, seed: int) -> None:
    everything = {params_key(params) for params in space.grid(space.grid_values(100))}
    assume(0 < len(everything) <= 40)
    strategy = make(name, space)
    found = []
    trials: list[Trial] = []
    for number in range(len(everything) + 1):
        rng = np.random.default_rng([seed, number])
        for proposal in strategy.propose(History(space, GOALS, trials), 1, rng):
            assert space.check(proposal.params) == proposal.params
            found.append(params_key(proposal.params))
            trials.append(_answer(number, proposal))
    assert len(found) == len(set(found))
    assert set(found) == everything


@pytest.mark.parametrize("name", [name for name in FREE if name not in SLOW])
@settings(max_examples=12, deadline=None)
@given(listed=parameter_lists(), seed=st.integers(0, 2**32 - 1))
def test_any_parameters_are_searched_legally(
    name: str, listed: tuple[Parameter, ...], seed: int
) -> None:
    space = Space(listed)
    strategy = make(name, space)
    trials: list[Trial] = []
    for number in range(12):
        rng = np.random.default_rng([seed, number])
        for proposal in strategy.propose(History(space, GOALS, trials), 1, rng):
            assert space.check(proposal.params) == proposal.params
            trials.append(_answer(number, proposal))


# --- several goals ----------------------------------------------------------------------------

GOING_ON = [name for name in SEVERAL if name in (*FREE, *PARETO)]
LEARNING = [name for name in GOING_ON if name != "auto"]
"""Those that learn from scores themselves: "auto" asks one of them."""
TWO = (Goal("loss", "minimize"), Goal("gain", "maximize"))
THREE = (*TWO, Goal("seconds", "minimize"))
ALL_HELD = tuple(structs.replace(goal, threshold=0.5) for goal in THREE)
Scores = tuple[float | None, ...]


def told_scores(
    space: Space, goals: tuple[Goal, ...], count: int, scores: Callable[[int], Scores]
) -> History:
    """A history of random trials, one of them open; a score of None makes a failed trial."""
    rng = np.random.default_rng(11)
    trials = []
    for number in range(count):
        params, told = space.sample(rng), scores(number)
        origin = Origin("random", "x.")
        if number == count - 2:
            trials.append(Trial(number, params, origin, TrialState.RUNNING, asked=number))
            continue
        failed = None in told
        named = {goal.metric: score for goal, score in zip(goals, told, strict=False)}
        trials.append(
            Trial(
                number,
                params,
                origin,
                TrialState.FAILED if failed else TrialState.COMPLETE,
                scores={name: score for name, score in named.items() if score is not None},
                failure=Failure("raised", "no") if failed else None,
                asked=number,
                told=number + 1,
            )
        )
    return History(space, goals, trials)


def waves(number: int) -> Scores:
    return math.sin(number), math.cos(number * 1.3), abs(math.sin(number * 0.7))


SCORES: dict[str, Callable[[int], Scores]] = {
    "waves": waves,
    "one goal constant": lambda number: (math.sin(number), 0.3, math.cos(number)),
    "all goals constant": lambda number: (1.0, 2.0, 3.0),
    "some failed": lambda number: waves(number) if number % 3 else (None, None, None),
    "all failed": lambda number: (None, None, None),
    "one success": lambda number: waves(number) if number == 7 else (None, None, None),
    "NaN in one goal": lambda number: (waves(number)[0], math.nan if number % 2 else 1.0, 2.0),
    "never finite": lambda number: (math.nan, math.inf, -math.inf),
    "scales far apart": lambda number: (
        1e-9 * math.sin(number),
        1e9 * math.cos(number),
        1e300 * math.sin(number / 3),
    ),
    "equals on the front": lambda number: (float(number % 2), float(number % 2), 1.0),
    "goals in line": lambda number: (float(number), float(-number), float(number)),
}


def check_proposals(name: str, history: History, count: int = 2) -> list[Proposal]:
    proposals = legal_proposals(name, history, count)
    for proposal in proposals:
        assert not history.knows(proposal.params)
        assert history.space.feasible(proposal.params)
    return proposals


@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("goals", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", LEARNING)
def test_odd_scores_of_several_goals_do_no_harm(
    name: str, goals: tuple[Goal, ...], scores: str
) -> None:
    space = SPACES[("mixed", "conditional", "constrained")[(len(goals) + len(scores)) % 3]]
    history = told_scores(space, goals, 14, SCORES[scores])
    assert len(check_proposals(name, history)) == 2


THRESHOLDS = {
    "kept by some": (0.0, 0.0, 1.0),
    "kept by none": (-5.0, 5.0, -1.0),
    "kept by all": (5.0, -5.0, 9.0),
    "of one goal": (0.2, None, None),
    "never reached by one": (None, 1e12, None),
}


@pytest.mark.parametrize("thresholds", THRESHOLDS)
@pytest.mark.parametrize("goals", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", LEARNING)
def test_thresholds_of_several_goals_are_taken_whoever_keeps_them(
    name: str, goals: tuple[Goal, ...], thresholds: str
) -> None:
    held = zip(goals, THRESHOLDS[thresholds], strict=False)
    limited = tuple(structs.replace(goal, threshold=bound) for goal, bound in held)
    history = told_scores(SPACES["mixed"], limited, 14, waves)
    assert len(check_proposals(name, history)) == 2


@pytest.mark.parametrize("reference", [-1e6, 0.4, 1e6])
@pytest.mark.parametrize("name", GOING_ON)
def test_a_reference_of_ones_own_does_no_harm(name: str, reference: float) -> None:
    goals = tuple(structs.replace(goal, reference=reference) for goal in TWO)
    assert len(check_proposals(name, told_scores(SPACES["mixed"], goals, 14, waves))) == 2


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("name", GOING_ON)
def test_several_goals_begin_with_no_trial(name: str, count: int) -> None:
    history = told_scores(SPACES["conditional"], THREE, count, waves)
    assert len(check_proposals(name, history)) == 2


@pytest.mark.parametrize("name", SEVERAL)
def test_a_small_space_is_exhausted_with_several_goals(name: str) -> None:
    space, trials = SPACES["small"], []
    strategy = make(name, space)
    for number in range(8):
        history = History(space, TWO, trials)
        for proposal in strategy.propose(history, 1, np.random.default_rng([1, number])):
            scores = {"loss": math.sin(number), "gain": math.cos(number)}
            state = TrialState.FAILED if number == 2 else TrialState.COMPLETE
            trials.append(
                Trial(
                    len(trials),
                    proposal.params,
                    proposal.origin,
                    state,
                    scores={} if number == 2 else scores,
                    told=len(trials) + 1,
                )
            )
    keys = [params_key(trial.params) for trial in trials]
    assert len(set(keys)) == len(keys)
    assert len(keys) == 6 or (name == "manual" and len(keys) <= 6)


@pytest.mark.parametrize("name", GOING_ON)
def test_an_open_trial_of_several_goals_counts_by_its_configuration_only(name: str) -> None:
    history = told_scores(SPACES["conditional"], TWO, 12, waves)
    half_done = [
        structs.replace(trial, state=TrialState.WAITING, scores={"loss": -9.0, "gain": 9.0})
        if trial.state.is_open
        else trial
        for trial in history.trials
    ]
    strategy = make(name, history.space)
    once, again = (
        strategy.propose(History(history.space, TWO, trials), 1, np.random.default_rng(2))
        for trials in (history.trials, half_done)
    )
    assert once == again


@pytest.mark.parametrize("goals", [TWO, THREE, ALL_HELD], ids=["two", "three", "thresholds"])
@pytest.mark.parametrize("name", [name for name in GOING_ON if name not in SLOW])
def test_a_long_history_of_several_goals_is_answered_soon(
    name: str, goals: tuple[Goal, ...]
) -> None:
    history = told_scores(SPACES["mixed"], goals, 1000, waves)
    started = time.process_time()
    proposals = make(name, history.space).propose(history, 1, np.random.default_rng(1))
    assert len(proposals) == 1
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", PARETO)
def test_a_strategy_for_several_goals_leaves_one_goal_to_bayesian_optimization(name: str) -> None:
    history = filled(SPACES["mixed"], 12, lambda number, params: math.sin(number))
    strategy, plain = make(name, history.space), make_strategy("bayesian", members=2)
    alone, other = (
        each.propose(history, 2, np.random.default_rng(3)) for each in (strategy, plain)
    )
    assert alone == other
    assert pickle.loads(pickle.dumps(strategy)) == strategy


@pytest.mark.parametrize("name", STRATEGIES.names)
def test_unknown_options_are_named_with_the_known_ones(name: str) -> None:
    with pytest.raises(SpecError, match=r"strategy\.pionts"):
        STRATEGIES.make(name, {"pionts": 3})


def test_an_unknown_strategy_suggests_the_nearest_name() -> None:
    with pytest.raises(SpecError, match="Did you mean `random`"):
        STRATEGIES.make("randm")


def test_origins_of_retracted_trials_do_not_block_their_configuration() -> None:
    space = SPACES["small"]
    history, proposals = grow(make("random", space), space, 50)
    retracted = [
        Trial(t.number, t.params, Origin("random", "x."), TrialState.RETRACTED)
        for t in history.trials
    ]
    again = make("random", space).propose(
        History(space, GOALS, retracted), 6, np.random.default_rng(0)
    )
    assert len(again) == len(proposals) == 6


def test_a_strategy_is_made_by_name_with_options() -> None:
    assert make_strategy("grid", points=3) == STRATEGIES.make("grid", {"points": 3})
    assert doctest.testmod(hpo_gui.strategies.catalogue).failed == 0


# --- a study whose space is edited ------------------------------------------------------------


THEN = Space(
    [
        Float("rate", 1e-4, 1.0, log=True),
        Int("depth", 1, 50, log=True, or_none=True),
        Categorical("layers", [(64,), (64, 32), None]),
        Ordinal("size", ["s", "m", "l"], default="m"),
    ]
)
NOW = Space(
    [
        Float("rate", 1e-3, 1e-1, log=True),
        Int("depth", 1, 90, log=True, or_none=True),
        Categorical("layers", [(64,), (64, 32), (128,)]),
        Float("fresh", 0.0, 1.0, default=0.5),
    ]
)
"""`THEN` narrowed, widened, with another choice, a new parameter and one that is gone."""


def after_an_edit(shift: float = 0.0, open_ones: int = 1) -> History:
    """Forty trials of before an edit and eight since; ``shift`` is added to what does not fit."""
    specs = [
        StudySpec(objective=FunctionSpec("f.py:f", space.parameters)) for space in (THEN, NOW)
    ]
    see = see_from({1: specs[0], 2: specs[1]}, specs[1], {})
    assert see is not None
    builder, fitting = HistoryBuilder(NOW, GOALS, see=see), 0
    rng = np.random.default_rng(3)
    for trial in filled(THEN, 40, lambda number, params: math.sin(number)).trials:
        if trial.number % 4 == 0:
            fits = {**trial.params, "rate": 0.01, "layers": (64,), "size": "m"}
            trial = structs.replace(trial, params=fits)
        inside = NOW.contains(see(trial).params)
        fitting += inside
        loss = trial.scores["loss"] + (0.0 if inside else shift)
        builder.put(structs.replace(trial, scores={"loss": loss}))
    for trial in filled(NOW, 48, lambda number, params: math.sin(number)).trials[40:]:
        state = TrialState.RUNNING if trial.number >= 48 - open_ones else trial.state
        params = NOW.sample(rng)
        builder.put(structs.replace(trial, params=params, spec_version=2, state=state))
    history = builder.snapshot()
    assert 10 <= fitting == np.count_nonzero(history.fits[:40]) < 20
    return history


@pytest.mark.parametrize("name", NAMES)
def test_after_an_edit_of_the_space_only_what_fits_counts(name: str) -> None:
    strategy, history = make(name, NOW), after_an_edit()
    thought = think(strategy, history, 1)
    assert thought == think(strategy, after_an_edit(), 1)
    assert thought == think(strategy, after_an_edit(shift=-50.0), 1)
    if name in FEW:  # all its trainings have begun
        return
    assert thought.proposal is not None
    assert NOW.check(thought.proposal.params) == thought.proposal.params


def test_what_was_tried_before_an_edit_is_not_tried_again() -> None:
    history = after_an_edit()
    inside = history.trials[4].params
    assert inside["fresh"] == 0.5
    assert history.knows(inside)
    strategy = STRATEGIES.make("manual", {"configurations": [inside, {**inside, "fresh": 0.25}]})
    proposal = think(strategy, history, 1).proposal
    assert proposal is not None
    assert proposal.params["fresh"] == 0.25


def test_an_edit_of_models_leaves_each_strategy_with_what_is_there_now() -> None:
    svm = ModelSpec("svm", space=(Float("C", 0.1, 10.0),))
    tree = ModelSpec("tree", space=(Int("depth", 1, 9),))
    line = ModelSpec("line", space=(Float("alpha", 0.0, 1.0),))
    then, now = StudySpec(models=(svm, tree)), StudySpec(models=(tree, line))
    space = joint_space(now.models)
    builder = HistoryBuilder(space, GOALS, see=see_from({1: then, 2: now}, now, {}))
    for trial in filled(joint_space(then.models), 24, lambda number, _: math.sin(number)).trials:
        builder.put(trial)
    history = builder.snapshot()
    for name in NAMES:
        proposal = think(make(name, space), history, 1).proposal
        if name not in FEW:
            assert proposal is not None, name
            assert space.contains(proposal.params), name
