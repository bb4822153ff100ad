"""The study specification: one frozen value that the window edits and the command line loads.

`core.spec_text` reads and writes it as TOML or JSON. Sections keep what belongs to one family in
`Choice`: a name and the options, which the family's catalogue checks.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.value import Params, Value, freeze

SPEC_VERSION = 1

PositiveInt = Annotated[int, Meta(ge=1)]
PositiveFloat = Annotated[float, Meta(gt=0)]
DECIDES_ALONE = ("grid", "manual")
"""Strategies that say themselves what is tried, and in which order."""

MOST_SHARES = 20
"""Steps of growing shares of the rows: each one fits the models of all folds anew."""

Duplicates = Literal["run", "reuse", "average"]
"""What becomes of a configuration that was tried already, see `study.duplicates`."""

ColumnType = Literal["number", "category", "text", "date"]


class _Section(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class Choice(_Section, frozen=True):
    """A member of a family by name, with its options (in a file they stand beside the name)."""

    name: str
    options: dict[str, Any] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "options", freeze(self.options))


class ReadingSpec(_Section, frozen=True):
    """How to read a table; what is left out is found out by looking at the file."""

    separator: str | None = None
    encoding: str | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    sheet: str | None = None
    missing: tuple[str, ...] | None = None


class DataSpec(_Section, frozen=True):
    """Which table, and what its columns are for.

    Attributes
    ----------
    source : a path relative to the study's file, or ``sample:<name>``
    target : column to predict; guessed when left out
    features : the only columns to learn from; by default all that have no other role
    types : corrections of the columns' inferred types
    task : guessed from the target by default
    test_share : share of the rows that is locked away and opened once, at export
    sha256 : of the file when the study was made; a later difference is reported
    snapshot : keep a copy of the file in the study file
    """

    source: str
    target: str | None = None
    features: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    types: dict[str, ColumnType] = {}
    task: Literal["auto", "classification", "regression"] = "auto"
    test_share: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    reading: ReadingSpec = ReadingSpec()
    sha256: str | None = None
    snapshot: bool = False


class PreprocessingSpec(_Section, frozen=True):
    """What happens to the columns inside each fold; "auto" follows the model's needs."""

    numbers: Literal["median", "mean", "zero"] = "median"
    categories: Literal["auto", "one_hot", "ordinal", "target"] = "auto"
    scaling: Literal["auto", "none", "standard", "robust", "minmax", "quantile"] = "auto"


class ModelSpec(_Section, frozen=True):
    """A model to tune.

    Attributes
    ----------
    name : in the catalogue of models, or the dotted path of a scikit-learn-compatible class
    fixed : parameters that are set but not tuned
    space : parameters to tune; None for the recommended ones
    constraints : see `core.expression`
    """

    name: str
    fixed: dict[str, Value] = {}
    space: tuple[Parameter, ...] | None = None
    constraints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "fixed", freeze(self.fixed))


class FunctionSpec(_Section, frozen=True):
    """The user's own Python function, ``file.py:function``, and its space.

    Attributes
    ----------
    function : of the configuration (and the seed); or, with ``start``, one step of a training
    start : name of a function in the same file: with it, ``start(params, seed)`` gives a state,
        and ``function(state, params, index)`` the scores of step ``index`` and the next state
    """

    function: str
    space: tuple[Parameter, ...] = ()
    constraints: tuple[str, ...] = ()
    start: str | None = None


class StartSpec(_Section, frozen=True):
    """What is tried before the strategy decides.

    Attributes
    ----------
    defaults : trial 0 is the model's defaults; None means yes, except for grid and manual
    configurations : typed by the user, evaluated in this order
    earlier : study files, relative to the study's own file, whose best configurations come next
    tested : then the tested starting points of the models; None means yes, except for grid and
        manual
    """

    defaults: bool | None = None
    configurations: tuple[Params, ...] = ()
    earlier: tuple[str, ...] = ()
    tested: bool | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "configurations", freeze(self.configurations))

    def begins_with_defaults(self, strategy: str) -> bool:
        """Whether the defaults come first: as chosen, else as fits the strategy."""
        return strategy not in DECIDES_ALONE if self.defaults is None else self.defaults

    def begins_with_tested(self, strategy: str) -> bool:
        """Whether tested starting points come before the strategy's: as chosen, else as fits."""
        return strategy not in DECIDES_ALONE if self.tested is None else self.tested


class PhaseSpec(_Section, frozen=True):
    """From step ``step`` on, these parameters have these values, whatever the trial's are."""

    step: Annotated[int, Meta(ge=0)]
    params: Params

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "params", freeze(self.params))


class TrainingSpec(_Section, frozen=True):
    """Learning step by step, so that it can be watched, stopped, halted and gone on with.

    Attributes
    ----------
    steps : of a full training
    stretch : epochs or trees a step; None for what fits the model
    patience : steps without a better validation score after which a training ends; None for never
    min_delta : a score must be better by more than this to count as better
    restore_best : with patience, the best step's state and scores remain, not the last one's
    phases : parameters that are fixed from certain steps on, as of a schedule that is replayed
    rate : parameter of the user's own function that a schedule drives; None for the first of
        learning_rate, lr, eta0 and eta that there is. Models know theirs
    """

    steps: PositiveInt = 20
    stretch: PositiveInt | None = None
    patience: PositiveInt | None = None
    min_delta: Annotated[float, Meta(ge=0)] = 0.0
    restore_best: bool = True
    phases: tuple[PhaseSpec, ...] = ()
    rate: str | None = None

    @property
    def keeps_best(self) -> bool:
        """Whether the best step remains in the end."""
        return self.patience is not None and self.restore_best


class RowsSpec(_Section, frozen=True):
    """Growing shares of the rows to learn from, so that a trial can be stopped after a small one.

    Jamieson, Talwalkar (2016), arXiv 1502.07943, with the number of rows as the resource.

    Attributes
    ----------
    steps : shares, of which the last is all rows; at least 2
    least : the first share, more than 0 and less than 1
    """

    steps: int = 4
    least: float = 0.1

    def __post_init__(self) -> None:
        if self.steps < 2:
            remedy = "Leave `[rows]` out for trials that learn from all rows at once."
            raise SpecError("rows.steps", "must be at least 2", self.steps, remedy=remedy)
        if self.steps > MOST_SHARES:
            raise SpecError("rows.steps", f"must be at most {MOST_SHARES}", self.steps)
        if not 0 < self.least < 1:
            rule = "must be more than 0 and less than 1: a share of the rows"
            raise SpecError("rows.least", rule, self.least, remedy="Use 0.1 for a tenth of them.")

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of the rows in each step: geometric, the last is 1."""
        last = self.steps - 1
        return tuple(self.least ** (1 - step / last) for step in range(self.steps))


class EnsembleSpec(_Section, frozen=True):
    """Several trials' models that vote, chosen at the end from what they said of unseen rows.

    Attributes
    ----------
    size : votes in all; a trial that is chosen again has more of them
    candidates : so many of the best trials may be chosen
    bags : selections from random halves of the candidates, whose votes are added up; 1 for one
        selection from all of them
    """

    size: Annotated[int, Meta(ge=1, le=1000)] = 50
    candidates: Annotated[int, Meta(ge=2, le=1000)] = 50
    bags: Annotated[int, Meta(ge=1, le=100)] = 1


class BudgetSpec(_Section, frozen=True):
    """When a study is done; whatever comes first.

    Attributes
    ----------
    trials : finished trials, the starting ones included
    seconds : of running time, pauses not counted
    target : a score of the first goal that is good enough
    no_improvement : finished trials in a row without a better score
    gain : the study is done when the next ``gain_trials`` trials are expected to make the best
        score better by less than this; None for no such rule
    """

    trials: PositiveInt | None = None
    seconds: PositiveFloat | None = None
    target: float | None = None
    no_improvement: PositiveInt | None = None
    gain: PositiveFloat | None = None
    gain_trials: PositiveInt = 20

    def __post_init__(self) -> None:
        for name in ("seconds", "target", "gain"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                remedy = "Leave it out for no limit."
                raise SpecError(f"budget.{name}", "must be a finite number", value, remedy=remedy)


class ComputeSpec(_Section, frozen=True):
    """Where trials run, and what one of them may use.

    Attributes
    ----------
    workers : processes on this computer; None for one a core, at most 8
    executor : ``inline`` runs everything in this process, for debugging
    dask : address of a Dask scheduler instead of processes
    """

    workers: Annotated[int, Meta(ge=1, le=512)] | None = None
    executor: Literal["processes", "inline"] = "processes"
    dask: str | None = None
    trial_seconds: PositiveFloat | None = None
    trial_memory_mb: PositiveInt | None = None


class StudySpec(_Section, frozen=True):
    """Everything that a study is, but its history.

    Attributes
    ----------
    duplicates : a configuration that was tried already is run again; or "reuse": has the score
        that it has with this seed; or "average": is run with a new seed, and the mean counts
    """

    version: int = SPEC_VERSION
    name: str = "study"
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    data: DataSpec | None = None
    models: tuple[ModelSpec, ...] = ()
    objective: FunctionSpec | None = None
    validation: Choice | None = None
    preprocessing: PreprocessingSpec = PreprocessingSpec()
    goals: tuple[Goal, ...] = ()
    metrics: tuple[str, ...] = ()
    start: StartSpec = StartSpec()
    strategy: Choice = Choice("auto")
    pruner: Choice = Choice("auto")
    training: TrainingSpec | None = None
    schedule: Choice = Choice("constant")
    rows: RowsSpec | None = None
    ensemble: EnsembleSpec | None = None
    duplicates: Duplicates = "run"
    budget: BudgetSpec = BudgetSpec()
    compute: ComputeSpec = ComputeSpec()

    @property
    def row_shares(self) -> tuple[float, ...]:
        """The share of the rows that each step learns from; empty where steps are no shares."""
        return () if self.rows is None else self.rows.shares
