"""What follows from a specification and its table: all filled in, the space, the problems."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

from hpo_gui.assembly.filling import (
    about_suitable,
    assign,
    check_one_objective,
    fill_budget,
    fill_data,
    fill_models,
    fill_pruner,
    fill_validation,
    with_treatments,
)
from hpo_gui.assembly.goals import fill_goals, goal_problems
from hpo_gui.assembly.learning_shape import fold_column_of, shape_of
from hpo_gui.assembly.role_validation import with_validation
from hpo_gui.assembly.seeing import function_space
from hpo_gui.assembly.starting import starting_proposals, under
from hpo_gui.assembly.training import changeable, fill_training
from hpo_gui.core.catalogue import Catalogue
from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.space import Space
from hpo_gui.core.spec import (
    Choice,
    FunctionSpec,
    ModelSpec,
    StudySpec,
)
from hpo_gui.core.trial import Proposal
from hpo_gui.evaluation.group_gap import read_gap
from hpo_gui.evaluation.joint_space import joint_space
from hpo_gui.evaluation.metric_table import NOT_SCORED
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.roles import Roles, assign_roles
from hpo_gui.evaluation.schedules import check_overrides, is_override, make_schedule
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.strategies.strategy import InIntervals

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.task import Task

T = TypeVar("T")

NOT_OF_ROWS = {
    "fold_racing": "it compares trials fold by fold, and a step is all folds",
    "patience": "it watches training, and more rows are no training",
}
"""Pruners that say nothing of growing shares of the rows, and why."""

LEARN_BY_STEPS = "Let trials learn step by step: `[training]` in the study's file."


@dataclass(frozen=True)
class Problem:
    """Why a study cannot run.

    Attributes
    ----------
    step : page of the window: data, space or strategy
    field : what to change there
    """

    step: str
    field: str
    error: StudioError


@dataclass(frozen=True)
class Resolved:
    """A specification with everything filled in, and what follows from it.

    Attributes
    ----------
    spec : nothing is left to guess, as far as there are no problems
    space, goals : None and () where problems stand in the way
    roles : None for the user's own function
    notices : what to know of the models, beside what the roles tell
    start : proposals that come before the strategy's
    size : number of trials that the strategy can propose at most; inf when unlimited
    shape : rows and features that a model learns from in the smallest fold; None without a table
    """

    spec: StudySpec
    space: Space | None = None
    goals: tuple[Goal, ...] = ()
    roles: Roles | None = None
    start: tuple[Proposal, ...] = ()
    size: float = math.inf
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    shape: tuple[int, int] | None = None

    def check(self) -> Resolved:
        """Itself; raises the first problem's error when there is one."""
        for problem in self.problems:
            raise problem.error
        return self


def resolve(spec: StudySpec, table: Table | None, earlier: Sequence[Proposal] = ()) -> Resolved:
    """Fill in what the user left open, and gather every problem instead of raising the first.

    Parameters
    ----------
    earlier : of earlier studies, see `assembly.earlier`; they become part of ``start``
    """
    return _Resolution(spec, table, earlier).result()


class _Resolution:
    """One pass over a specification; each part stands on the ones before it."""

    def __init__(
        self, spec: StudySpec, table: Table | None, earlier: Sequence[Proposal] = ()
    ) -> None:
        self.spec = spec
        self.table = table
        self.earlier = earlier
        self.roles: Roles | None = None
        self.unfit: Roles | None = None  # roles from which nothing can be learnt
        self.space: Space | None = None
        self.problems: list[Problem] = []
        self.notices: tuple[Notice, ...] = ()
        self.shape: tuple[int, int] | None = None

    def result(self) -> Resolved:
        self._fill_objective()
        self.spec = fill_goals(self.spec, self.roles, self.table)
        self.problems += [
            Problem("strategy", field, error)
            for field, error in goal_problems(self.spec, self.roles, self.table)
        ]
        task = None if self.roles is None else self.roles.task
        if task is not None or self.spec.objective is not None:
            self._fill("space", "training", lambda: fill_training(self.spec, task))
        self._make_space()
        spec = self.spec
        if any(problem.field == "training" for problem in self.problems):
            task = None  # what its model may change is not known
        strategy = self._attempt("strategy", "strategy", lambda: _make_strategy(spec, task))
        self.spec = spec = fill_pruner(spec)
        self._attempt("strategy", "pruner", lambda: _make_pruner(spec))
        self._attempt("strategy", "budget", lambda: _check_budget(spec))
        self._attempt("space", "schedule", lambda: _check_schedule(spec))
        self._attempt("strategy", "rows", lambda: _check_rows(spec))
        self._attempt("strategy", "ensemble", lambda: _check_ensemble(spec))
        self._attempt("strategy", "compute", lambda: _check_compute(spec))
        start: tuple[Proposal, ...] = ()
        size = math.inf
        space = self.space
        if space is not None:
            self._attempt("space", "constraints", lambda: _check_feasible(space))
            size = self._attempt("strategy", "strategy", lambda: _size(strategy, space)) or size
            ends_itself = math.isfinite(size) or isinstance(strategy, InIntervals)
            self.spec = fill_budget(spec, ends_itself)
            found = self._attempt("strategy", "start", lambda: self._start(space, strategy)) or ()
            start, size = _in_intervals(strategy, spec, found, size + len(found))
        return Resolved(
            self.spec,
            space,
            spec.goals,
            self.roles or self.unfit,
            start,
            size,
            tuple(self.problems),
            self.notices,
            self.shape,
        )

    def _fill_objective(self) -> None:
        """A function of one's own, or a table with its roles, models and validation."""
        data, table = self.spec.data, self.table
        if self.spec.objective is not None:
            self._attempt("space", "model", lambda: check_one_objective(self.spec))
            return
        if data is None or table is None:
            remedy = "Open a data file or choose an example."
            error = SpecError("data.source", "must name a table", remedy=remedy)
            self.problems.append(Problem("data", "source", error))
            return
        validation = self.spec.validation
        found = self._attempt("data", "target", lambda: assign(table, data, validation))
        if found is None:
            # what is guessed is shown all the same, or nobody could see what to correct
            column = fold_column_of(validation, table)
            self.unfit = self._quietly(lambda: assign_roles(table, data, fold_column=column))
            return
        roles = found
        self.spec = fill_data(self.spec, roles, table)
        # before the models: how many rows they learn from decides their spaces
        self._fill("strategy", "validation", lambda: fill_validation(self.spec, roles, table))
        self.shape = shape_of(self.spec, roles, table)
        self.notices = about_suitable(self.spec, roles, table)
        self._fill("space", "model", lambda: fill_models(self.spec, roles, table))
        treated = with_treatments(self.spec, roles, table)
        self.roles = with_validation(treated, self.spec.validation, table)

    def _make_space(self) -> None:
        ready = self.roles is not None or self.spec.objective is not None
        wrong = {problem.field for problem in self.problems if problem.step == "space"}
        if ready and not wrong - {"training"}:
            self.space = self._attempt("space", "space", lambda: make_space(self.spec))

    def _start(self, space: Space, strategy: Any) -> tuple[Proposal, ...]:
        spec, roles = self.spec, self.roles
        shape = None
        if roles is not None and self.shape is not None:
            shape = (roles.task, *self.shape)
        trials = spec.budget.trials
        if isinstance(strategy, InIntervals):  # at most half of its members start from tested ones
            trials = 2 * strategy.population
        return starting_proposals(spec, space, shape, self.earlier, trials)

    def _attempt(self, step: str, field: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except StudioError as error:
            self.problems.append(Problem(step, field, error))
            return None

    @staticmethod
    def _quietly(make: Callable[[], T]) -> T | None:
        """What is made; None where it has a problem that has been told already."""
        try:
            return make()
        except StudioError:
            return None

    def _fill(self, step: str, field: str, fill: Callable[[], StudySpec]) -> None:
        self.spec = self._attempt(step, field, fill) or self.spec


def _make(catalogue: Catalogue[Any], choice: Choice) -> Any:
    return catalogue.make(choice.name, choice.options)


def _make_strategy(spec: StudySpec, task: Task | None) -> Any:
    """The strategy; `SpecError` when it needs something that is not there."""
    strategy = _make(STRATEGIES, spec.strategy)
    if hasattr(strategy, "check_installed"):
        strategy.check_installed()
    _check_several_goals(STRATEGIES, "strategy", spec.strategy.name, strategy, spec)
    if isinstance(strategy, InIntervals):
        _check_intervals(strategy, spec, task)
    return strategy


def _make_pruner(spec: StudySpec) -> Any:
    pruner = _make(PRUNERS, spec.pruner)
    _check_several_goals(PRUNERS, "pruner", spec.pruner.name, pruner, spec)
    return pruner


def _check_several_goals(
    catalogue: Catalogue[Any], family: str, name: str, member: Any, spec: StudySpec
) -> None:
    if len(spec.goals) < 2 or getattr(member, "several_goals", False):
        return
    able = [entry.name for entry in catalogue if getattr(entry.kind, "several_goals", False)]
    raise SpecError(
        family,
        f"`{name}` pursues one goal only",
        [goal.metric for goal in spec.goals],
        remedy=f"Choose one of {', '.join(able)}, or keep one goal.",
    )


def _check_budget(spec: StudySpec) -> None:
    if spec.budget.gain is not None and len(spec.goals) > 1:
        raise SpecError(
            "budget.gain",
            "must be left out with more than one goal: the gain is foretold for one goal only",
            spec.budget.gain,
            remedy="Use `no_improvement`: trials in a row that do not join the Pareto front.",
        )


def _check_intervals(strategy: InIntervals, spec: StudySpec, task: Task | None) -> None:
    """Whether trainings can be cut into intervals that go on from each other."""
    if spec.training is None:
        raise SpecError(
            "strategy",
            f"`{spec.strategy.name}` needs `[training]`: its trials go on from each other",
            remedy="Let a model that can learn step by step do so, or choose another strategy.",
        )
    if spec.training.patience is not None:
        raise SpecError(
            "training.patience",
            f"must be left out with the strategy `{spec.strategy.name}`",
            spec.training.patience,
            remedy="It stops what does not get better itself.",
        )
    if spec.pruner.name not in ("auto", "none"):
        raise SpecError(
            "pruner",
            f"must be left out with the strategy `{spec.strategy.name}`",
            spec.pruner.name,
            remedy="It compares its members and replaces the worst ones itself.",
        )
    if (task is not None or spec.objective is not None) and not changeable(spec, task):
        raise SpecError(
            "strategy",
            f"`{spec.strategy.name}` needs a tuned parameter that may change while a model learns",
            [parameter.name for model in spec.models for parameter in model.space or ()],
            remedy="Tune one, such as the learning rate, or choose another strategy.",
        )
    strategy.check_plan(spec.training.steps, spec.budget.trials)


def _in_intervals(
    strategy: Any, spec: StudySpec, start: tuple[Proposal, ...], size: float
) -> tuple[tuple[Proposal, ...], float]:
    """Starting proposals and number of trials, where a trial is an interval of a training."""
    if not isinstance(strategy, InIntervals) or spec.training is None:
        return start, size
    steps = spec.training.steps
    first = strategy.stretch(steps)
    begun = tuple(msgspec.structs.replace(proposal, steps=first) for proposal in start)
    return begun, strategy.length(steps, len(start))


def _check_feasible(space: Space) -> None:
    space.sample(np.random.default_rng(0))


def make_space(spec: StudySpec) -> Space:
    """The space of a filled-in specification; several models become one conditional space."""
    if spec.objective is not None:
        return function_space(spec)
    return joint_space(spec.models)


# --- filling in -------------------------------------------------------------------------------


def _check_schedule(spec: StudySpec) -> None:
    """Whether every trial can make its schedule, and has steps for it."""
    make_schedule(spec.schedule)
    parts: tuple[ModelSpec | FunctionSpec, ...] = spec.models
    learns = spec.training is not None
    if spec.objective is not None:
        parts, learns = (spec.objective,), learns or spec.objective.start is not None
    if not learns and spec.schedule != Choice("constant"):
        raise SpecError(
            "schedule",
            "must be left out where trials do not learn step by step",
            spec.schedule.name,
            remedy=LEARN_BY_STEPS,
        )
    for part in parts:
        fixed = part.fixed if isinstance(part, ModelSpec) else {}
        if learns:
            check_overrides(spec.schedule, part.space or (), fixed)
        elif isinstance(part, ModelSpec):  # a function may call its parameters as it likes
            _check_no_overrides(part)


def _check_no_overrides(model: ModelSpec) -> None:
    for name in (*(parameter.name for parameter in model.space or ()), *model.fixed):
        if is_override(name):
            raise SpecError(
                name,
                f"must be left out of {model.name} where it does not learn step by step",
                remedy=LEARN_BY_STEPS,
            )


def _check_rows(spec: StudySpec) -> None:
    """Whether trials can learn from growing shares of the rows."""
    if spec.rows is None:
        return
    rule = remedy = ""
    if spec.objective is not None:
        rule, remedy = (
            "must be left out for a function of your own",
            "Only models learn from rows.",
        )
    elif spec.training is not None:
        rule = "must be left out where models learn step by step: a step is one or the other"
        remedy = "Leave out `[training]`, or `[rows]`."
    elif spec.ensemble is not None:
        rule = "must be left out where the best models shall vote"
        remedy = "Leave out `[ensemble]`, or `[rows]`."
    elif spec.pruner.name in NOT_OF_ROWS:
        why = NOT_OF_ROWS[spec.pruner.name]
        rule = f"must be left out with the pruner `{spec.pruner.name}`: {why}"
        remedy = "Choose successive_halving, hyperband or median."
    if rule:
        raise SpecError("rows", rule, remedy=remedy)


def _check_ensemble(spec: StudySpec) -> None:
    """Whether the trials will leave predictions that can be averaged and judged."""
    if spec.ensemble is None:
        return
    rule = remedy = ""
    if spec.objective is not None:
        rule, remedy = "must be left out for a function of your own", "Only models can vote."
    elif spec.training is not None:
        rule = "must be left out where models learn step by step"
        remedy = "Leave out `[training]`, or `[ensemble]`."
    elif spec.goals and not _judges_predictions(spec.goals[0].metric):
        rule = f"must be left out where the first goal is {spec.goals[0].metric}"
        remedy = "Choose a metric of the predictions as the first goal."
    if rule:
        raise SpecError("ensemble", rule, remedy=remedy)


def _judges_predictions(metric: str) -> bool:
    """Whether predictions alone are enough for it: no model, no columns."""
    return metric not in NOT_SCORED and read_gap(metric) is None


def _check_compute(spec: StudySpec) -> None:
    if spec.compute.dask is not None:
        raise SpecError(
            "compute.dask",
            "must be left out: this version runs on one computer",
            spec.compute.dask,
            remedy="Use `workers`.",
        )


def _size(strategy: Any, space: Space) -> float:
    if strategy is None:
        return math.inf
    if hasattr(strategy, "size"):
        with under("strategy"):
            return float(strategy.size(space))
    if hasattr(strategy, "configurations"):
        return float(len(strategy.configurations))
    return space.size


def function_path(spec: StudySpec, base: Path) -> tuple[Path, str]:
    """File and name of the user's function."""
    assert spec.objective is not None
    path, _, function = spec.objective.function.rpartition(":")
    return (base / path).resolve(), function
