"""Grid search: every combination of listed values, or of n points per range."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, freeze, identity, params_key


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every combination once, the last parameter running fastest.

    Attributes
    ----------
    points : values per range, evenly spaced on its scale, both ends among them
    values : for single parameters another number of points, or the list of values itself
    """

    points: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Points per range",
            description="Values per numeric range, evenly spaced on its scale.",
        ),
    ] = 5
    values: Annotated[
        dict[str, Any],
        msgspec.Meta(
            title="Values of single parameters",
            description='A number of points or a list: {"C": [0.1, 1, 10], "gamma": 3}.',
        ),
    ] = {}

    looks_at_scores: ClassVar[bool] = False
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        walk = _walk(history.space, self)
        begun = sum(trial.origin.strategy == "grid" for trial in history.trials)
        fresh = (
            Proposal(dict(params), Origin("grid", f"Combination {place + 1} of the grid."))
            for place, params in walk.round_from(begun)
            if not history.knows(params)
        )
        return list(itertools.islice(fresh, count))

    def size(self, space: Space) -> float:
        """Number of combinations, before constraints."""
        return space.grid_size(self.grid_values(space))

    def grid_values(self, space: Space) -> dict[str, tuple[Any, ...]]:
        """The values of each parameter; `SpecError` for one that its range does not allow."""
        return space.grid_values(self.points, {k: freeze(v) for k, v in self.values.items()})


class _Walk:
    """The combinations of one grid, listed as far as anybody asked."""

    def __init__(self, combinations: Iterator[Params]) -> None:
        self._rest = combinations
        self._listed: list[Params] = []

    def round_from(self, begin: int) -> Iterator[tuple[int, Params]]:
        """Every combination once with its place: from one to the end, then those before it.

        Trials of the grid say how far it has come, unless they were of another grid, before an
        edit, or were retracted: so what comes before may be new too.
        """
        place = begin
        while (params := self.at(place)) is not None:
            yield place, params
            place += 1
        yield from enumerate(self._listed[:begin])

    def at(self, place: int) -> Params | None:
        """The combination at a place; None beyond the last."""
        missing = place + 1 - len(self._listed)
        if missing > 0:
            self._listed.extend(itertools.islice(self._rest, missing))
        return self._listed[place] if place < len(self._listed) else None


_memo: dict[object, _Walk] = {}


def _walk(space: Space, grid: Grid) -> _Walk:
    """The walk over this grid; kept for the last few grids, as a cache only."""
    values = grid.grid_values(space)
    key = (
        tuple(repr(parameter) for parameter in space),
        tuple(rule.text for rule in space.constraints),
        params_key(values),
    )
    if key not in _memo:
        while len(_memo) >= 4:
            _memo.pop(next(iter(_memo)))
        unique = {
            name: tuple({identity(v): v for v in listed}.values())
            for name, listed in values.items()
        }
        _memo[key] = _Walk(space.grid(unique))
    return _memo[key]
