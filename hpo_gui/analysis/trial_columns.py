"""Facts of trials as arrays that grow: one row a trial, each column built when first asked for.

A history of 100,000 trials is read once; afterwards only the rows of changed trials are. Trial
number i stands in row i.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.space import Space
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.core.value import Value, identity

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

INACTIVE, NONE = -1, -2  # codes of `levels` columns and of `gaps`

Read = Callable[[Sequence[Trial]], NDArray[Any]]


class TrialColumns:
    """Columns of the trials of one study.

    Parameters
    ----------
    space, goals : of the study
    trials : trial i at place i; a list that grows may be given, see `put`

    Attributes
    ----------
    count : rows
    """

    def __init__(self, space: Space, goals: Sequence[Goal], trials: Sequence[Trial] = ()) -> None:
        self.space = space
        self.goals = tuple(goals)
        self.trials = trials
        self.count = len(trials)
        self._codes: dict[str, int] = {}
        self._note_codes: dict[str, int] = {}
        self._tag_codes: dict[tuple[str, ...], int] = {}
        self._levels: dict[str, _Levels] = {}
        self._columns: dict[str, _Column] = {}

    @classmethod
    def of(cls, history: History) -> TrialColumns:
        """The columns of a history."""
        return cls(history.space, history.goals, history.trials)

    def put(self, numbers: Sequence[int]) -> None:
        """Read the trials with these numbers (again); new ones follow the last without gaps."""
        first, self.count = self.count, len(self.trials)
        new = range(first, self.count)
        rows = sorted({*numbers, *new})
        for column in self._columns.values():
            column.read(self.trials, new if column.lasts else rows, self.count)

    def forget(self) -> None:
        """Read every column again when it is asked for, but those that last."""
        self._columns = {key: column for key, column in self._columns.items() if column.lasts}
        self.put(())

    # --- columns of all trials ------------------------------------------------------------------

    @property
    def states(self) -> NDArray[np.uint8]:
        """Codes of the states, see `core.trial.STATE_CODES`."""
        return self._get("state", np.uint8, lambda ts: np.array([_CODES[t.state] for t in ts]))

    @property
    def steps(self) -> NDArray[np.int32]:
        """Steps done."""
        return self._get("steps", np.int32, lambda ts: np.array([t.steps_done for t in ts]))

    @property
    def begun(self) -> NDArray[np.int32]:
        """Steps of the parent, which count as done; 0 without one."""
        return self._get("begun", np.int32, self._read_begun)

    @property
    def planned(self) -> NDArray[np.int32]:
        """Steps after which a trial was to end; 0 for all."""
        return self._get("planned", np.int32, lambda ts: np.array([t.steps or 0 for t in ts]))

    @property
    def learnt(self) -> NDArray[np.bool_]:
        """Whether there is a learning curve of the first goal."""
        name = self.goals[0].metric
        return self._get("learnt", np.bool_, lambda ts: np.array([name in t.curves for t in ts]))

    @property
    def started(self) -> FloatArray:
        """Seconds since 1970; NaN before the start."""
        return self._floats("started", lambda trial: trial.started)

    @property
    def finished(self) -> FloatArray:
        """Seconds since 1970; NaN before the end."""
        return self._floats("finished", lambda trial: trial.finished)

    @property
    def seconds(self) -> FloatArray:
        """How long each took; NaN before its end."""
        return self._floats("seconds", lambda trial: trial.seconds)

    @property
    def strategy(self) -> NDArray[np.int32]:
        """Index into `strategies`."""
        return self._get("strategy", np.int32, self._read_strategies, lasts=True)

    @property
    def strategies(self) -> list[str]:
        """Names of the strategies in order of appearance."""
        if not self._codes:
            self._get("strategy", np.int32, self._read_strategies, lasts=True)
        return list(self._codes)

    @property
    def note(self) -> NDArray[np.int32]:
        """Index into `notes`; -1 where there is none."""
        return self._get("note", np.int32, lambda ts: _coded(self._note_codes, _notes(ts)))

    @property
    def notes(self) -> list[str]:
        """All notes in order of appearance; read `note` first."""
        return list(self._note_codes)

    @property
    def tags(self) -> NDArray[np.int32]:
        """Index into `tag_sets`; -1 where there are none."""
        return self._get("tags", np.int32, lambda ts: _coded(self._tag_codes, _tags(ts)))

    @property
    def tag_sets(self) -> list[tuple[str, ...]]:
        """All sets of tags in order of appearance; read `tags` first."""
        return list(self._tag_codes)

    @property
    def corrected(self) -> NDArray[np.bool_]:
        """Whether scores were set by hand."""
        return self._get(
            "corrected", np.bool_, lambda ts: np.array([t.measured is not None for t in ts])
        )

    def metric(self, name: str) -> FloatArray:
        """Mean over the steps so far; NaN where there is none."""
        return self._floats(f"metric {name}", lambda trial: trial.scores.get(name))

    @property
    def scores(self) -> FloatArray:
        """The metric of the first goal."""
        return self.metric(self.goals[0].metric)

    def sd(self, metric: str) -> FloatArray:
        """Standard deviation over the steps, as `Trial.sd`."""
        return self._get(f"sd {metric}", np.float64, lambda ts: _deviations(ts, metric))

    @property
    def expected(self) -> FloatArray:
        """The score that the strategy expected; NaN where it has no model."""
        return self._floats("expected", lambda trial: trial.origin.mean, lasts=True)

    @property
    def expected_sd(self) -> FloatArray:
        """The standard deviation of `expected`."""
        return self._floats("expected sd", lambda trial: trial.origin.sd, lasts=True)

    # --- columns of parameters ------------------------------------------------------------------

    def values(self, name: str) -> FloatArray:
        """Numbers of a `Float` or `Int`; NaN where it is none or inactive."""
        return self._get(f"value {name}", np.float64, lambda ts: _numbers(ts, name), lasts=True)

    def gaps(self, name: str) -> NDArray[np.int8]:
        """0 where a parameter has a value, `NONE` where that is none, `INACTIVE` where none is."""
        return self._get(f"gap {name}", np.int8, lambda ts: _gaps(ts, name), lasts=True)

    def levels(self, name: str) -> NDArray[np.int32]:
        """Index into `level_values` of a `Categorical` or `Ordinal`; `INACTIVE` where inactive."""
        known = self._known(name)
        return self._get(
            f"level {name}",
            np.int32,
            lambda ts: np.array([known.code(t.params, name) for t in ts]),
            lasts=True,
        )

    def level_values(self, name: str) -> tuple[Value, ...]:
        """The values behind `levels`: the parameter's, then ones that it no longer has."""
        return tuple(self._known(name).values)

    def positions(self, name: str) -> FloatArray:
        """Positions in the unit cube, shape (n,); NaN where inactive.

        As `Parameter.encode`, but for all trials at once; values outside the range (after the
        space was edited) lie beyond 0 and 1.
        """
        parameter = self.space[name]
        if isinstance(parameter, Categorical | Ordinal):
            codes = self.levels(name).astype(float)
            codes[codes == INACTIVE] = np.nan
            inside: FloatArray = (codes + 0.5) / len(parameter.values)
            return inside
        share = 1 - NONE_SHARE if parameter.or_none else 1.0
        places = place(parameter, self.values(name)) * share
        return np.where(self.gaps(name) == NONE, 1 - NONE_SHARE / 2, places)

    # --- reading --------------------------------------------------------------------------------

    def _floats(
        self, key: str, read: Callable[[Trial], float | None], lasts: bool = False
    ) -> FloatArray:
        def column(trials: Sequence[Trial]) -> FloatArray:
            # NOTE: numpy turns None into NaN
            return np.array([read(trial) for trial in trials], dtype=float)

        return self._get(key, np.float64, column, lasts)

    def _get(self, key: str, dtype: type, read: Read, lasts: bool = False) -> NDArray[Any]:
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = _Column(dtype, read, lasts)
            column.read(self.trials, None, self.count)
        view = column.array[: self.count].view()
        view.flags.writeable = False
        return view

    def _read_begun(self, trials: Sequence[Trial]) -> NDArray[np.int32]:
        parents = (trial.parent for trial in trials)
        steps = [0 if parent is None else self.trials[parent].steps_done for parent in parents]
        return np.array(steps, dtype=np.int32)

    def _read_strategies(self, trials: Sequence[Trial]) -> NDArray[np.int32]:
        codes = self._codes
        for trial in trials:
            if trial.origin.strategy not in codes:
                codes[trial.origin.strategy] = len(codes)
        return np.array([codes[trial.origin.strategy] for trial in trials], dtype=np.int32)

    def _known(self, name: str) -> _Levels:
        if name not in self._levels:
            parameter = self.space[name]
            assert isinstance(parameter, Categorical | Ordinal), "ranges have `values`"
            self._levels[name] = _Levels(parameter.values)
        return self._levels[name]


def place(parameter: Parameter, values: FloatArray) -> FloatArray:
    """Positions of numbers on the numbers' part of a range's axis, as `Parameter.encode` has them.

    NaN stays NaN. With a step, the axis begins half a step before its first value.
    """
    assert not isinstance(parameter, Categorical | Ordinal), "these have no numbers"
    share = 1 - NONE_SHARE if parameter.or_none else 1.0
    low, high = float(parameter.low), float(parameter.decode(share))
    start, end = parameter.encode(parameter.low) / share, parameter.encode(high) / share
    if low == high:
        return np.where(np.isnan(values), np.nan, 0.5)
    if parameter.log:
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.log(values)
        low, high = math.log(low), math.log(high)
    return start + (values - low) / (high - low) * (end - start)


class _Column:
    """An array with room to grow, how to read it, and whether a row once read is never another."""

    def __init__(self, dtype: type, read: Read, lasts: bool) -> None:
        self._read = read
        self.lasts = lasts  # parameters and origin of a trial do
        self.array: NDArray[Any] = np.zeros(64, dtype=dtype)

    def read(self, trials: Sequence[Trial], rows: Sequence[int] | None, count: int) -> None:
        """Read the ``rows``, or all when None."""
        while count > len(self.array):
            self.array = np.concatenate([self.array, np.zeros_like(self.array)])
        if rows is None:
            self.array[:count] = self._read(trials) if count else 0
        elif rows:
            self.array[np.asarray(rows)] = self._read([trials[row] for row in rows])


class _Levels:
    """Codes of a categorical's values, and of others that turn up."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = list(values)
        self._codes = {identity(value): code for code, value in enumerate(values)}

    def code(self, params: dict[str, Value], name: str) -> int:
        if name not in params:
            return INACTIVE
        key = identity(params[name])
        if key not in self._codes:
            self._codes[key] = len(self.values)
            self.values.append(params[name])
        return self._codes[key]


_CODES: dict[TrialState, int] = STATE_CODES
_MISSING = object()


def _notes(trials: Sequence[Trial]) -> list[str]:
    return [trial.note for trial in trials]


def _tags(trials: Sequence[Trial]) -> list[tuple[str, ...]]:
    return [trial.tags for trial in trials]


def _coded(codes: dict[Any, int], values: Sequence[Any]) -> NDArray[np.int32]:
    """The code of each value, new ones get the next; -1 for an empty one."""
    for value in values:
        if value and value not in codes:
            codes[value] = len(codes)
    return np.array([codes[value] if value else -1 for value in values], dtype=np.int32)


def _numbers(trials: Sequence[Trial], name: str) -> FloatArray:
    values = [trial.params.get(name) for trial in trials]
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError):  # text, from before the space was edited
        numeric = (int, float)
        return np.array([v if isinstance(v, numeric) else np.nan for v in values], dtype=float)


def _gaps(trials: Sequence[Trial], name: str) -> NDArray[np.int8]:
    values = [trial.params.get(name, _MISSING) for trial in trials]
    codes = [INACTIVE if v is _MISSING else NONE if v is None else 0 for v in values]
    return np.array(codes, dtype=np.int8)


def _deviations(trials: Sequence[Trial], metric: str) -> FloatArray:
    """All trials at once: 100,000 take 0.05 s instead of 1 s."""
    steps = [trial.fold_scores.get(metric, ()) for trial in trials]
    lengths = np.fromiter(map(len, steps), dtype=np.intp, count=len(steps))
    flat = np.fromiter(chain.from_iterable(steps), dtype=float, count=int(lengths.sum()))
    owner = np.repeat(np.arange(len(steps)), lengths)
    finite = np.isfinite(flat)
    flat, owner = flat[finite], owner[finite]
    given = np.bincount(owner, minlength=len(steps))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(owner, flat, len(steps)) / given
        squares = np.bincount(owner, (flat - means[owner]) ** 2, len(steps))
        result: FloatArray = np.where(given >= 2, np.sqrt(squares / given), np.nan)
    return result
