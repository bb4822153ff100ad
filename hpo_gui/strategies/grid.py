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
        place = sum(trial.origin.strategy == "grid" for trial in history.trials)
        proposals: list[Proposal] = []
        while len(proposals) < count:
            params = walk.at(place)
            if params is None:
                break
            place += 1
            if not history.knows(params):
                origin = Origin("grid", f"Combination {place} of the grid.")
                proposals.append(Proposal(dict(params), origin))
        return proposals

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

    def at(self, place: int) -> Params | None:
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
