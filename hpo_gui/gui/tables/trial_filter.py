"""The filter of trials: an expression over the columns, such as ``score > 0.9 and kernel = rbf``.

Names: ``number``, ``state``, ``score`` (of the goal looked at), ``sd``, ``time`` (seconds),
``folds``, ``from`` (the strategy), ``tag``, ``note``, ``corrected`` (by hand), every parameter and
every metric; with several goals also ``front`` and ``feasible``, which are true or false (``front
and accuracy > 0.9``). A trial has several tags: ``tag = odd`` holds where one of them is odd.
Where the space was edited there are ``outside`` (the trial is none of the space as it is now) and
``version`` (of the specification). Where repeats are averaged, ``score`` is a trial's own and
``counted`` the mean that counts for it. A parameter that has one of the fixed names is
``params.<name>``. What does not apply is ``none``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.errors import ExpressionError
from hpo_gui.core.expression import AnyOf, Expression, parse_expression
from hpo_gui.core.parameter import Categorical, Ordinal
from hpo_gui.core.trial import TrialState

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

STATES = tuple(str(state) for state in TrialState)
_NONE = re.compile(r"\b(none|null)\b", re.IGNORECASE)
FIXED = ("number", "state", "score", "sd", "time", "folds", "from", "tag", "note", "corrected")
STANDING = ("front", "feasible")
EDITED = ("outside", "version")
COUNTED = "counted"
Standing = Callable[[], Mapping[str, Mask]]
Edited = Callable[[], Mapping[str, NDArray[Any]]]


class TrialFilter:
    """A filter that was understood.

    Parameters
    ----------
    text : the expression; an empty one lets everything pass
    columns : of the study
    metrics : names of metrics beside that of the first goal
    standing : gives which trials are on the front, and which are feasible, of several goals
    edited : gives which trials lie outside of the space, and their versions, after an edit
    counted : gives what counts for each trial, where repeats are averaged

    Raises
    ------
    ExpressionError : the text cannot be read, or compares text with numbers
    """

    def __init__(
        self,
        text: str,
        columns: TrialColumns,
        metrics: Sequence[str] = (),
        standing: Standing | None = None,
        edited: Edited | None = None,
        counted: Callable[[], NDArray[Any]] | None = None,
    ) -> None:
        self.text = text.strip()
        self._columns = columns
        self._numbers: dict[str, Callable[[], NDArray[Any]]] = {}
        self._words: dict[str, Callable[[], tuple[NDArray[Any], Sequence[Any]]]] = {}
        self._gaps: dict[str, Callable[[], NDArray[Any]]] = {}
        self._add_fixed()
        if standing is not None:
            for name in STANDING:
                self._numbers[name] = partial(_flags, standing, name)
        if edited is not None:
            for name in EDITED:
                self._numbers[name] = partial(_flags, edited, name)
        if counted is not None:
            self._numbers[COUNTED] = counted
        for name in metrics:
            self._numbers.setdefault(name, partial(columns.metric, name))
        for name in columns.space.names:
            self._add_parameter(name)
        self.names = (*self._numbers, *self._words)
        self._expression: Expression | None = None
        if self.text:
            self._expression = parse_expression(self.text, self.names)
            self.mask(np.arange(min(columns.count, 1)))

    @property
    def looks_at_all(self) -> bool:
        """Whether a trial's passing depends on other trials."""
        return self._expression is not None and bool(self._expression.names & set(STANDING))

    def mask(self, rows: Rows) -> Mask:
        """Which of the trials in ``rows`` pass, shape of ``rows``."""
        result = np.ones(len(rows), dtype=bool)
        if self._expression is None:
            return result
        expression = self._expression
        used = expression.names
        numbers = {name: self._numbers[name]()[rows] for name in used if name in self._numbers}
        words = {name: self._words[name]() for name in used if name in self._words}
        codes = {name: column[rows] for name, (column, _) in words.items()}
        gaps = {name: self._gaps[name]()[rows] for name in used if name in self._gaps}
        if not _NONE.search(self.text):
            gaps = {}
        for chosen in _groups([*codes.values(), *gaps.values()], len(rows)):
            values: dict[str, Any] = {name: column[chosen] for name, column in numbers.items()}
            for name, (_, levels) in words.items():
                code = int(codes[name][chosen[0]])
                values[name] = levels[code] if code >= 0 else None
            missing = {n: _nothing(chosen) for n, gap in gaps.items() if gap[chosen[0]] != 0}
            result[chosen] = np.asarray(_evaluate(expression, values, missing), dtype=bool)
        return result

    def _add_fixed(self) -> None:
        columns = self._columns
        metric = columns.goals[0].metric
        self._numbers |= {
            "number": lambda: np.arange(columns.count, dtype=float),
            "score": lambda: columns.scores,
            "sd": lambda: columns.sd(metric),
            "time": lambda: columns.seconds,
            "folds": lambda: columns.steps.astype(float),
            "corrected": lambda: columns.corrected,
            metric: lambda: columns.scores,
        }
        self._words |= {
            "state": lambda: (columns.states.astype(int), STATES),
            "from": lambda: (columns.strategy, columns.strategies),
            "note": lambda: (columns.note, columns.notes),
            "tag": lambda: (columns.tags, [AnyOf(tags) for tags in columns.tag_sets]),
        }

    def _add_parameter(self, name: str) -> None:
        columns = self._columns
        key = f"params.{name}" if name in FIXED or name in self._numbers else name
        if isinstance(columns.space[name], Categorical | Ordinal):
            self._words[key] = lambda: (columns.levels(name), columns.level_values(name))
        else:
            self._numbers[key] = lambda: columns.values(name)
            self._gaps[key] = lambda: columns.gaps(name)


def _flags(given: Edited, name: str) -> NDArray[Any]:
    return given()[name]


def _nothing(rows: Rows) -> NDArray[Any]:
    return np.full(len(rows), None, dtype=object)


def _evaluate(
    expression: Expression, values: dict[str, Any], missing: dict[str, NDArray[Any]]
) -> Any:
    """The truth of a group; numbers that are ``missing`` equal none, and are less than nothing."""
    if missing:
        try:
            return expression.evaluate(values | missing)
        except ExpressionError:  # a number is compared by size: NaN, which no comparison passes
            return expression.evaluate(values)
    return expression.evaluate(values)


def _groups(codes: list[NDArray[Any]], count: int) -> list[Rows]:
    """Rows that agree in all ``codes``.

    Text is compared once a group then, not once a trial: 100,000 trials take 5 ms instead of 150.
    """
    if not count:
        return []
    if not codes:
        return [np.arange(count)]
    table = np.zeros(count, dtype=np.int64)
    for column in codes:
        shifted = column.astype(np.int64) - int(column.min())
        table = table * (int(shifted.max()) + 1) + shifted
        table = np.unique(table, return_inverse=True)[1]  # stays below count
    order = np.argsort(table, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(table[order])) + 1)
