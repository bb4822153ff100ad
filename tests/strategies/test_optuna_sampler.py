"""The bridge to Optuna: what is asked of it, what is told, and what happens where it is missing.

A small stand-in takes Optuna's place, so that the tests need no Optuna.
"""

from __future__ import annotations

import sys
import types
from enum import Enum
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np
import pytest

from hpo_gui.assembly.resolution import resolve
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, FunctionSpec, StudySpec
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies import optuna_sampler
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.strategies.optuna_sampler import OptunaSampler

SPACE = Space(
    [
        Int("degree", 2, 9, step=3, when={"kernel": ("poly",)}),
        Categorical("kernel", ["rbf", "poly", (1, 2)]),
        Float("rate", 1e-4, 1.0, log=True, or_none=True),
        Ordinal("size", ["s", "m", "l"]),
        Float("share", 0.0, 1.0, step=0.25),
    ]
)


class State(Enum):
    FAIL = 0
    PRUNED = 1


class FakeTrial:
    """Suggests what was enqueued, or the middle; notes what it was asked."""

    def __init__(self, number: int, fixed: dict[str, Any], shift: int) -> None:
        self.number, self._fixed, self._shift = number, fixed, shift
        self.asked: list[tuple[Any, ...]] = []
        self.reports: list[tuple[float, int]] = []

    def suggest_float(self, name: str, low: float, high: float, log: bool = False) -> float:
        self.asked.append((name, low, high, log))
        return float(self._fixed.get(name, low + (high - low) / (2 + self._shift)))

    def suggest_int(self, name: str, low: int, high: int, step: int = 1, log: bool = False) -> int:
        self.asked.append((name, low, high, step, log))
        return int(self._fixed.get(name, low + self._shift % ((high - low) // step + 1) * step))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        self.asked.append((name, tuple(choices)))
        return self._fixed.get(name, choices[self._shift % len(choices)])

    def report(self, value: float, step: int) -> None:
        self.reports.append((value, step))


class FakeStudy:
    """Notes everything in order."""

    def __init__(self) -> None:
        self.sampler: Any = None
        self.queue: list[dict[str, Any]] = []
        self.events: list[tuple[Any, ...]] = []
        self.trials: list[FakeTrial] = []

    def enqueue_trial(self, params: dict[str, Any]) -> None:
        self.queue.append(params)

    def ask(self) -> FakeTrial:
        fixed = self.queue.pop(0) if self.queue else {}
        trial = FakeTrial(len(self.trials), fixed, len(self.trials))
        self.trials.append(trial)
        self.events.append(("ask", trial.number, type(self.sampler).__name__))
        return trial

    def tell(self, trial: FakeTrial, value: float | None = None, state: Any = None) -> None:
        self.events.append(("tell", trial.number, value if state is None else state.name))


class FakeSampler:
    def __init__(self, seed: int, **arguments: Any) -> None:
        if "wrong" in arguments:
            raise TypeError("unexpected keyword argument 'wrong'")
        self.seed = seed


class RandomSampler(FakeSampler): ...


class TPESampler(FakeSampler): ...


class CmaEsSampler(FakeSampler): ...


@pytest.fixture
def studies(monkeypatch: pytest.MonkeyPatch) -> list[FakeStudy]:
    """The stand-in is installed; the studies that it makes."""
    made: list[FakeStudy] = []

    def create_study(direction: str) -> FakeStudy:
        assert direction == "minimize"
        made.append(FakeStudy())
        return made[-1]

    optuna = types.ModuleType("optuna")
    optuna.__spec__ = ModuleSpec("optuna", None)
    optuna.__dict__.update(
        create_study=create_study,
        samplers=types.SimpleNamespace(
            RandomSampler=RandomSampler, TPESampler=TPESampler, CmaEsSampler=CmaEsSampler
        ),
        trial=types.SimpleNamespace(TrialState=State),
        logging=types.SimpleNamespace(set_verbosity=lambda level: None, ERROR=40),
    )
    cmaes = types.ModuleType("cmaes")
    cmaes.__spec__ = ModuleSpec("cmaes", None)
    monkeypatch.setitem(sys.modules, "optuna", optuna)
    monkeypatch.setitem(sys.modules, "cmaes", cmaes)
    return made


def trial(number: int, params: Params, state: TrialState, **changes: Any) -> Trial:
    return Trial(number, params, Origin("optuna", "x."), state, **changes)


def some_history() -> History:
    rng = np.random.default_rng(4)
    params = [SPACE.sample(rng) for _ in range(5)]
    failure = Failure("raised", "no")
    return History(
        SPACE,
        [Goal("accuracy", "maximize")],
        [
            trial(0, params[0], TrialState.COMPLETE, scores={"accuracy": 0.5}, told=2, asked=0),
            trial(1, params[1], TrialState.FAILED, failure=failure, told=1, asked=0),
            trial(2, params[2], TrialState.PRUNED, scores={"accuracy": 0.2}, told=3, asked=1),
            trial(3, params[3], TrialState.RUNNING, asked=2),
            trial(4, params[4], TrialState.CANCELLED, told=4, asked=3),
        ],
    )


def propose(history: History, **options: Any) -> Params:
    strategy = STRATEGIES.make("optuna", options)
    return strategy.propose(history, 1, np.random.default_rng(0))[0].params


def test_each_parameter_is_asked_for_as_optuna_knows_it(studies: list[FakeStudy]) -> None:
    params = propose(History(SPACE, [Goal("loss")]))
    assert SPACE.check(params) == params
    (asked,) = [made.asked for made in studies[0].trials]
    assert asked == [
        ("kernel", (0, 1, 2)),
        ("rate\nnone", (False, True)),
        ("rate", 1e-4, 1.0, True),
        ("size", 0, 2, 1, False),
        ("share", 0, 4, 1, False),
    ]


def test_a_branch_is_asked_for_after_its_parent(studies: list[FakeStudy]) -> None:
    propose(some_history())
    names = [[question[0] for question in made.asked] for made in studies[0].trials]
    assert any("degree" in asked for asked in names)
    for asked in names:
        if "degree" in asked:
            assert asked.index("kernel") < asked.index("degree")


def test_the_history_is_told_in_the_order_in_which_it_happened(studies: list[FakeStudy]) -> None:
    propose(some_history())
    study = studies[0]
    told = [(event[0], event[1]) for event in study.events]
    assert told[:9] == [
        ("ask", 0), ("ask", 1), ("tell", 1), ("ask", 2), ("tell", 0), ("ask", 3),
        ("tell", 2), ("ask", 4), ("tell", 4),
    ]  # fmt: skip
    assert [event[2] for event in study.events if event[0] == "tell"][:4] == [
        "FAIL", -0.5, "PRUNED", "FAIL",
    ]  # fmt: skip
    assert study.trials[2].reports == [(-0.2, 0)]


def test_known_configurations_are_put_to_optuna_as_they_were(studies: list[FakeStudy]) -> None:
    history = some_history()
    propose(history)
    for known, put in zip(history.trials, studies[0].trials[:5], strict=True):
        assert optuna_sampler._suggest(SPACE, put) == known.params


def test_only_samplers_that_remember_are_asked_about_the_past(studies: list[FakeStudy]) -> None:
    propose(some_history(), sampler="TPESampler")
    propose(some_history(), sampler="CmaEsSampler")
    kinds = [[event[2] for event in made.events if event[0] == "ask"] for made in studies]
    assert kinds[0][:6] == ["RandomSampler"] * 5 + ["TPESampler"]
    assert set(kinds[1]) == {"CmaEsSampler"}


def test_trials_of_an_earlier_space_are_left_out(studies: list[FakeStudy]) -> None:
    space = Space([*SPACE, Float("new", 0.0, 1.0)])
    propose(History(space, [Goal("loss")], some_history().trials))
    assert all(event[0] == "ask" for event in studies[0].events)
    assert len(studies[0].trials) == 1


def test_a_suggestion_that_breaks_a_constraint_is_asked_for_again(
    studies: list[FakeStudy],
) -> None:
    space = Space([Int("a", 1, 4), Int("b", 1, 4)], ["a + b > 5"])
    params = propose(History(space, [Goal("loss")]))
    assert params == {"a": 3, "b": 3}
    assert studies[0].events[:3] == [
        ("ask", 0, "TPESampler"),
        ("tell", 0, "FAIL"),
        ("ask", 1, "TPESampler"),
    ]


def test_suggestions_that_never_fit_are_drawn_at_random(studies: list[FakeStudy]) -> None:
    space = Space([Int("a", 1, 40), Int("b", 1, 40)], ["a < b"])  # the stand-in says a = b
    proposals = OptunaSampler().propose(
        History(space, [Goal("loss")]), 2, np.random.default_rng(0)
    )
    assert all(space.check(proposal.params) for proposal in proposals)
    assert all("suggested nothing new" in proposal.origin.reason for proposal in proposals)


def test_wrong_arguments_are_named(studies: list[FakeStudy]) -> None:
    with pytest.raises(SpecError, match=r"strategy\.arguments must be arguments of TPESampler"):
        propose(some_history(), arguments={"wrong": 1})


def test_an_unknown_sampler_is_named_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match=r"strategy\.sampler.*TPESampler"):
        STRATEGIES.make("optuna", {"sampler": "TPESampla"})


# --- where Optuna is missing --------------------------------------------------------------------


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of packages that count as missing."""
    missing = {"optuna"}
    real = optuna_sampler.find_spec

    def find_spec(name: str) -> Any:
        return None if name in missing else real(name)

    monkeypatch.setattr(optuna_sampler, "find_spec", find_spec)
    return missing


def test_without_optuna_the_study_has_a_problem_with_a_remedy(without: set[str]) -> None:
    objective = FunctionSpec(function="loss.py:loss", space=(Float("x", 0.0, 1.0),))
    spec = StudySpec(objective=objective, strategy=Choice("optuna"))
    problems = resolve(spec, None).problems
    assert [(problem.step, problem.field) for problem in problems] == [("strategy", "strategy")]
    assert "pip install optuna" in str(problems[0].error)


def test_with_optuna_the_study_has_none(studies: list[FakeStudy]) -> None:
    objective = FunctionSpec(function="loss.py:loss", space=(Float("x", 0.0, 1.0),))
    spec = StudySpec(objective=objective, strategy=Choice("optuna"))
    assert resolve(spec, None).problems == ()


def test_a_package_that_one_sampler_needs_is_named(
    studies: list[FakeStudy], without: set[str]
) -> None:
    without.clear()
    without.add("torch")
    OptunaSampler().check_installed()
    with pytest.raises(SpecError, match="pip install torch"):
        OptunaSampler(sampler="GPSampler").check_installed()


def test_the_catalogue_lists_it_in_any_case(without: set[str]) -> None:
    assert "optuna" in STRATEGIES.names
    assert STRATEGIES.make("optuna") == OptunaSampler()
