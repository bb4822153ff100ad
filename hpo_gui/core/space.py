"""The search space: ordered parameters, conditions and constraints."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.condition import is_active
from hpo_gui.core.constraint import Constraint, make_constraint
from hpo_gui.core.errors import ExpressionError, SpecError
from hpo_gui.core.parameter import Categorical, Int, Ordinal, Parameter, nearest
from hpo_gui.core.value import Params, Value, params_key, same, show

MAX_TRIES = 20_000
COUNTED_PARENTS = 200_000
OTHER = "\0"  # stands for every value of a parent that no condition names

FloatArray = NDArray[np.float64]


class Space:
    """Ordered parameters, conditions and constraints; a frozen value.

    Parameters
    ----------
    parameters : with different names; conditions may name any other parameter, without rings
    constraints : texts such as ``"a < b"``, see `core.expression`

    Raises
    ------
    SpecError : two equal names, a condition on a missing parameter or on a value that its parent
        cannot have, conditions in a ring, a constraint that cannot be read
    """

    def __init__(self, parameters: Sequence[Parameter], constraints: Sequence[str] = ()) -> None:
        self.parameters: tuple[Parameter, ...] = tuple(parameters)
        self._index = {parameter.name: i for i, parameter in enumerate(self.parameters)}
        _check_names(self.parameters)
        _check_conditions(self._index, self.parameters)
        self._order = _parents_first(self.parameters)
        self.constraints: tuple[Constraint, ...] = tuple(
            _read_constraint(number, text, list(self._index))
            for number, text in enumerate(constraints)
        )

    @property
    def parents_first(self) -> tuple[Parameter, ...]:
        """The parameters, each after those that its condition names."""
        return self._order

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._index)

    def __len__(self) -> int:
        return len(self.parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters[self._index[name]]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Space)
            and self.parameters == other.parameters
            and self.constraints == other.constraints
        )

    def __hash__(self) -> int:
        return hash((self.names, tuple(rule.text for rule in self.constraints)))

    def __repr__(self) -> str:
        rules = [rule.text for rule in self.constraints]
        return f"Space({list(self.parameters)!r}, {rules!r})"

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Number of unordered choices per parameter, 0 where values have an order; shape (d,)."""
        counts = [len(p.choices) if isinstance(p, Categorical) else 0 for p in self.parameters]
        return np.array(counts, dtype=np.int64)

    # --- single configurations ----------------------------------------------------------------

    def prune(self, params: Mapping[str, Value]) -> Params:
        """``params`` without the inactive ones, in the order of the space."""
        active: Params = {}
        for parameter in self._order:
            if parameter.name in params and is_active(parameter.when, active):
                active[parameter.name] = params[parameter.name]
        return {name: active[name] for name in self._index if name in active}

    def is_active(self, name: str, params: Params) -> bool:
        """Whether a parameter is active beside the active parameters ``params``."""
        return is_active(self[name].when, params)

    def check(self, params: Mapping[str, Value]) -> Params:
        """Return a legal configuration in the order of the space.

        Raises
        ------
        SpecError : an unknown, missing, inactive or illegal value, or a broken constraint
        """
        for name in params:
            if name not in self._index:
                raise SpecError(
                    name, f"must be one of the parameters {', '.join(self._index)}", params[name]
                )
        legal = self.prune(params)
        for parameter in self._order:
            if parameter.name not in params and is_active(parameter.when, legal):
                raise SpecError(parameter.name, "must have a value", dict(params))
        for name, value in params.items():
            if name not in legal:
                raise SpecError(name, "must be left out: its condition does not hold", value)
            if not self[name].contains(value):
                raise SpecError(name, f"must be {describe(self[name])}", value)
        for rule in self.constraints:
            if not rule.holds(legal):
                raise SpecError("constraint", f"`{rule.text}` must hold", legal)
        return legal

    def contains(self, params: Mapping[str, Value]) -> bool:
        """Whether `check` would pass; quick, for histories of many trials."""
        legal = 0
        for parameter in self._order:
            # what hangs on an inactive parent is found by the count: the parent is one too many
            if not parameter.when or is_active(parameter.when, params):
                name = parameter.name
                if name not in params or not parameter.contains(params[name]):
                    return False
                legal += 1
        return legal == len(params) and all(rule.holds(dict(params)) for rule in self.constraints)

    def feasible(self, params: Params) -> bool:
        """Whether all constraints hold."""
        return all(rule.holds(params) for rule in self.constraints)

    def complete(self, params: Mapping[str, Value]) -> Params:
        """Fill in defaults, move values into their ranges and drop inactive parameters."""
        legal: Params = {}
        for parameter in self._order:
            if is_active(parameter.when, legal):
                wanted = params.get(parameter.name, parameter.default_value)
                legal[parameter.name] = nearest(parameter, wanted)
        return {name: legal[name] for name in self._index if name in legal}

    # --- the unit cube ------------------------------------------------------------------------

    def encode(self, params: Params) -> FloatArray:
        """Positions in the unit cube, shape (d,); NaN where inactive.

        For configurations of an earlier form of this space, numbers beyond a range are moved to
        its end, and what is no value of its parameter any more is NaN.
        """
        row = np.full(len(self.parameters), np.nan)
        for name, value in params.items():
            index = self._index.get(name)
            if index is not None:
                with contextlib.suppress(SpecError):
                    row[index] = self.parameters[index].encode(value)
        return row

    def decode(self, positions: Sequence[float] | FloatArray) -> Params:
        """The configuration at ``positions`` (d,), evenly spread over each axis.

        Positions of inactive parameters are ignored; NaN counts as 0.5.
        """
        return self._read(positions, follow_distribution=False)

    def quantile(self, positions: Sequence[float] | FloatArray) -> Params:
        """As `decode`, but following the parameters' distributions: uniform in, samples out."""
        return self._read(positions, follow_distribution=True)

    def _read(self, positions: Sequence[float] | FloatArray, follow_distribution: bool) -> Params:
        if len(positions) != len(self.parameters):
            raise SpecError("positions", f"must be {len(self.parameters)} numbers", len(positions))
        active: Params = {}
        for parameter in self._order:
            if is_active(parameter.when, active):
                place = float(positions[self._index[parameter.name]])
                place = 0.5 if math.isnan(place) else place
                read = parameter.quantile if follow_distribution else parameter.decode
                active[parameter.name] = read(place)
        return {name: active[name] for name in self._index if name in active}

    # --- sampling -----------------------------------------------------------------------------

    def sample(self, rng: np.random.Generator) -> Params:
        """Draw a configuration that keeps all constraints.

        Raises
        ------
        SpecError : none was found in 20,000 tries
        """
        for _ in range(MAX_TRIES if self.constraints else 1):
            params = self.quantile(rng.random(len(self.parameters)))
            if self.feasible(params):
                return params
        raise SpecError(
            "constraints",
            f"must leave something to try: none of {MAX_TRIES:,} random configurations keeps them",
            [rule.text for rule in self.constraints],
            remedy="Loosen or remove a constraint, or widen the ranges.",
        )

    def feasible_share(self, rng: np.random.Generator, samples: int = 1000) -> float:
        """Estimated share of random configurations that keep the constraints."""
        if not self.constraints:
            return 1.0
        width = len(self.parameters)
        good = sum(self.feasible(self.quantile(rng.random(width))) for _ in range(samples))
        return good / samples

    # --- the grid -----------------------------------------------------------------------------

    @cached_property
    def size(self) -> float:
        """Number of different configurations, constraints not counted; inf when continuous."""
        return self._count(
            {p.name: p.grid(1) if math.isinf(p.size) else () for p in self.parameters}, exact=True
        )

    def grid_values(
        self, points: int, values: Mapping[str, int | Sequence[Value]] | None = None
    ) -> dict[str, tuple[Value, ...]]:
        """The values of each parameter on a grid.

        Parameters
        ----------
        points : values per range; fewer where a range has fewer
        values : for single parameters, another number of points or the list of values itself
        """
        chosen = dict(values or {})
        for name in chosen:
            if name not in self._index:
                raise SpecError(f"values.{name}", f"must be one of {', '.join(self._index)}")
        grid: dict[str, tuple[Value, ...]] = {}
        for parameter in self.parameters:
            wanted = chosen.get(parameter.name, points)
            if isinstance(wanted, int):
                grid[parameter.name] = parameter.grid(max(wanted, 1))
                continue
            for value in wanted:
                if not parameter.contains(value):
                    raise SpecError(
                        f"values.{parameter.name}", f"must be {describe(parameter)}", value
                    )
            grid[parameter.name] = tuple(wanted)
        return grid

    def grid(self, values: Mapping[str, tuple[Value, ...]]) -> Iterator[Params]:
        """Every active combination that keeps the constraints; the last parameter runs fastest.

        A parameter whose condition names a later one comes after it.
        """
        for params in self._combine(values, 0, {}):
            ordered = {name: params[name] for name in self._index if name in params}
            if self.feasible(ordered):
                yield ordered

    def _combine(
        self, values: Mapping[str, tuple[Value, ...]], depth: int, active: Params
    ) -> Iterator[Params]:
        if depth == len(self._order):
            yield dict(active)
            return
        parameter = self._order[depth]
        if not is_active(parameter.when, active):
            yield from self._combine(values, depth + 1, active)
            return
        for value in values[parameter.name]:
            active[parameter.name] = value
            yield from self._combine(values, depth + 1, active)
        active.pop(parameter.name, None)

    def grid_size(self, values: Mapping[str, tuple[Value, ...]]) -> float:
        """Number of combinations on the grid, before the constraints; exact for conditions."""
        return self._count(values, exact=False)

    def _count(self, values: Mapping[str, tuple[Value, ...]], *, exact: bool) -> float:
        """Sum over the parents' assignments of the product of the other active parameters."""
        parents = {name for p in self.parameters for name in p.when}
        inner = [p for p in self._order if p.name in parents]
        outer = [p for p in self._order if p.name not in parents]
        options = [
            self._told_apart(p) if exact else [(value, 1.0) for value in values[p.name]]
            for p in inner
        ]
        if math.prod(map(len, options)) > COUNTED_PARENTS:
            return math.inf
        total = 0.0
        seen: set[frozenset[tuple[str, object]]] = set()
        for assignment in itertools.product(*options):
            chosen = {p.name: value for p, (value, _) in zip(inner, assignment, strict=True)}
            active = self.prune(chosen)
            key = params_key(active)
            if key in seen:
                continue
            seen.add(key)
            sizes = [
                p.size if exact else len(values[p.name])
                for p in outer
                if is_active(p.when, active)
            ]
            sizes += [
                weight
                for p, (_, weight) in zip(inner, assignment, strict=True)
                if p.name in active
            ]
            total += math.prod(sizes)
        return total

    def _told_apart(self, parent: Parameter) -> list[tuple[Value, float]]:
        """The values of a parent that conditions name, and how many each stands for.

        All others make the same parameters active: one value stands for them.
        """
        named: list[Value] = []
        for child in self.parameters:
            for value in child.when.get(parent.name, ()):
                if parent.contains(value) and not any(same(value, other) for other in named):
                    named.append(value)
        others = parent.size - len(named)
        told: list[tuple[Value, float]] = [(value, 1.0) for value in named]
        return [*told, (OTHER, others)] if others > 0 else told


def describe(parameter: Parameter) -> str:
    """The rule for a parameter's values, as it stands in messages."""
    if isinstance(parameter, Categorical | Ordinal):
        return "one of " + ", ".join(show(value) for value in parameter.values)
    kind = "a whole number" if isinstance(parameter, Int) else "a number"
    text = f"{kind} from {show(parameter.low)} to {show(parameter.high)}"
    if parameter.step not in (None, 1):
        text += f" in steps of {show(parameter.step)}"
    return text + (" or none" if parameter.or_none else "")


def _read_constraint(number: int, text: str, names: list[str]) -> Constraint:
    """A constraint; an error tells which one it is about."""
    try:
        return make_constraint(text, names)
    except ExpressionError as error:
        place = f"constraints[{number}]"
        raise ExpressionError(place, error.rule, error.got, remedy=error.remedy) from error


def _check_names(parameters: tuple[Parameter, ...]) -> None:
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.name in seen:
            raise SpecError("space", "must have different parameter names", parameter.name)
        seen.add(parameter.name)


def _check_conditions(names: Mapping[str, int], parameters: tuple[Parameter, ...]) -> None:
    for parameter in parameters:
        for parent, allowed in parameter.when.items():
            if parent not in names:
                raise SpecError(
                    f"space.{parameter.name}.when",
                    "must name a parameter of the space",
                    parent,
                    remedy=f"Parameters are: {', '.join(names)}.",
                )
            for value in allowed:
                if not parameters[names[parent]].contains(value):
                    raise SpecError(
                        f"space.{parameter.name}.when.{parent}",
                        f"must be {describe(parameters[names[parent]])}",
                        value,
                    )


def _parents_first(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters, each after the ones its condition names, else in their own order."""
    placed: dict[str, Parameter] = {}
    waiting = list(parameters)
    while waiting:
        ready = next((p for p in waiting if all(parent in placed for parent in p.when)), None)
        if ready is None:
            raise SpecError(
                "space",
                "must have conditions without a ring",
                [p.name for p in waiting],
                remedy="Remove one of the conditions.",
            )
        placed[ready.name] = ready
        waiting.remove(ready)
    return tuple(placed.values())
