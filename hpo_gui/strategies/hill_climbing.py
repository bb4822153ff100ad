"""Hill climbing: small random changes of the best configuration, with steps that adapt.

A (1 + 1) evolution strategy with the one-fifth rule (Rechenberg 1973; in the form of Kern et al.
2004, Natural Computing 3) on numbers, random flips on categories, and random restarts. The state
is computed from the history alone; workers in parallel all change the best one known when asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key, same
from hpo_gui.strategies.axes import axes_of
from hpo_gui.strategies.random import draw_new, is_known
from hpo_gui.strategies.sobol import draw_even
from hpo_gui.strategies.standing import proven_losses, told_order

TRIES = 50  # changes in search of a new and legal configuration
SUCCESS = math.exp(0.8)  # growth of the step after an improvement …
FAILURE = math.exp(-0.2)  # … and after none: at rest when one of five improves
SMALLEST_STEP = 1e-4
LARGEST_STEP = 0.5
WIDEN = 1.15  # growth of the step while changes give nothing new

FloatArray = NDArray[np.float64]


class HillClimbing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local search from the best configuration, with restarts.

    Attributes
    ----------
    startup : points of a Sobol sequence at the start and at each restart
    step : first standard deviation of a change, as a share of each axis
    patience : finished trials without an improvement before a restart
    """

    startup: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Even trials first",
            description="The climb starts from the best of them; again after each restart.",
        ),
    ] = 10
    step: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            le=LARGEST_STEP,
            title="First step",
            description="Standard deviation of a change, as a share of each axis.",
        ),
    ] = 0.2
    patience: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            title="Patience",
            description="Trials without an improvement before it starts again elsewhere.",
        ),
    ] = 40

    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        climb = _replay(self, history)
        taken: set[frozenset[tuple[str, object]]] = set()
        proposals: list[Proposal] = []
        for _ in range(count):
            if climb.top is None:
                params, _ = draw_even(history, "hill_climbing", taken, rng)
                reason = "One of several places far apart, to find one to climb from."
            else:
                params, changed = _neighbour(history, climb, taken, rng)
                reason = f"Trial {climb.top} with {changed} changed, step {climb.step:.2g}."
                if params is None:
                    params = draw_new(history, taken, rng)
                    reason = "Drawn at random: every change near by is known."
            if params is None:
                break
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("hill_climbing", reason)))
        return proposals


@dataclass(frozen=True)
class _Climb:
    """Where a climb stands.

    Attributes
    ----------
    step : standard deviation of the next change
    top : number of the best trial of this climb; None while looking for a start
    loss : of the best so far
    best : its number; None before any score
    begun : how many trials had finished when this climb began
    seen, in_vain : finished trials of this climb, and those since the last improvement
    """

    step: float
    top: int | None = None
    loss: float = math.inf
    best: int | None = None
    begun: int = 0
    seen: int = 0
    in_vain: int = 0


def _replay(options: HillClimbing, history: History) -> _Climb:
    numbers = told_order(history)
    losses = proven_losses(history, numbers)
    climb = _Climb(options.step)
    for place, (number, loss) in enumerate(zip(numbers.tolist(), losses.tolist(), strict=True)):
        if climb.begun and history.trials[number].asked < climb.begun:
            continue  # proposed by the climb before
        leap = climb.top is not None and _flips(history, climb.top, number)
        climb = _tell(climb, number, loss, options.startup, leap)
        if climb.in_vain >= options.patience:
            begun = history.trials[number].told or place + 1
            climb = _Climb(options.step, begun=begun)
    return climb


def _flips(history: History, top: int, number: int) -> bool:
    """Whether a trial differs from the top in a choice without order, or in its branch."""
    rows, unordered = history.matrix[[top, number]], history.space.levels > 0
    branches = np.isnan(rows[0]) != np.isnan(rows[1])
    return bool((branches | (unordered & (rows[0] != rows[1]) & ~np.isnan(rows[0]))).any())


def _tell(climb: _Climb, number: int, loss: float, startup: int, leap: bool) -> _Climb:
    """The climb after one more finished trial; leaps that lead down say nothing of the step."""
    better = loss < climb.loss
    best, lowest = (number, loss) if better else (climb.best, climb.loss)
    climb = replace(climb, seen=climb.seen + 1, best=best, loss=lowest)
    if climb.top is None:
        ready = climb.seen >= startup and best is not None
        return replace(climb, top=best if ready else None)
    if better:
        step = min(climb.step * SUCCESS, LARGEST_STEP)
        return replace(climb, top=best, step=step, in_vain=0)
    step = climb.step if leap else max(climb.step * FAILURE, SMALLEST_STEP)
    return replace(climb, step=step, in_vain=climb.in_vain + 1)


# --- changes ----------------------------------------------------------------------------------


def _neighbour(
    history: History,
    climb: _Climb,
    taken: set[frozenset[tuple[str, object]]],
    rng: np.random.Generator,
) -> tuple[Params | None, str]:
    """A new legal configuration near the top, and the names of what was changed."""
    space = history.space
    assert climb.top is not None
    base = history.matrix[climb.top]
    spare = _spare_positions(history, climb.top, rng)
    step = climb.step
    for _ in range(TRIES):
        row = np.where(np.isnan(base), spare, base)
        before = space.decode(row)
        for column in _chosen(space, before, rng):
            row[column] = _changed(space, column, row[column], step, rng)
        for name in space.decode(row):
            if name not in before:
                # Another branch: go on from its best, but not from exactly that.
                column = space.names.index(name)
                row[column] = _changed(space, column, row[column], step, rng)
        params = space.decode(row)
        if space.feasible(params) and not is_known(params, history, taken):
            names = [
                name
                for name, value in params.items()
                if name not in before or not same(value, before[name])
            ]
            return params, _listed(names)
        step = min(step * WIDEN, LARGEST_STEP)
    return None, ""


def _spare_positions(history: History, top: int, rng: np.random.Generator) -> FloatArray:
    """For each parameter that the top lacks: where it was in the best trial that has it.

    So that a change which makes another branch active goes on from what is known of that branch.
    """
    spare = np.array(
        [
            parameter.encode(parameter.quantile(position))
            for parameter, position in zip(
                history.space, rng.random(len(history.space)), strict=True
            )
        ]
    )
    numbers = told_order(history)
    order = numbers[np.argsort(proven_losses(history, numbers), kind="stable")]
    rows = history.matrix[order]
    for column in np.flatnonzero(np.isnan(history.matrix[top])):
        known = np.flatnonzero(~np.isnan(rows[:, column]))
        if len(known):
            spare[column] = rows[known[0], column]
    return spare


def _chosen(space: Space, params: Params, rng: np.random.Generator) -> list[int]:
    """Columns to change among the active free ones: half the time one, else about two."""
    axes = axes_of(space)
    free = [i for i, p in enumerate(space) if p.name in params and axes[i].is_free]
    if not free:
        return []
    # a flip is a leap: numbers get two thirds of the attention where there are both
    weights = np.array([0.5 if axes[i].levels else 1.0 for i in free])
    one = free[int(rng.choice(len(free), p=weights / weights.sum()))]
    if rng.random() < 0.5:
        return [one]
    chances = 2 * weights / weights.sum()
    return sorted(
        {one, *(i for i, chance in zip(free, chances, strict=True) if rng.random() < chance)}
    )


def _changed(
    space: Space, column: int, position: float, step: float, rng: np.random.Generator
) -> float:
    """Another position: a neighbour on an axis with an order, any other choice on one without."""
    parameter, axis = space.parameters[column], axes_of(space)[column]
    if not axis.is_free:
        return position
    if axis.levels:
        index = min(int(position * axis.levels), axis.levels - 1)
        other = (index + 1 + int(rng.integers(axis.levels - 1))) % axis.levels
        return (other + 0.5) / axis.levels
    moved = _reflected(position + step * float(rng.standard_normal()))
    listed = axis.is_stepped or axis.has_none
    if not listed or not same(parameter.decode(moved), parameter.decode(position)):
        return moved
    low, high = (float(end[0]) for end in axis.cells(np.array([position])))
    up = bool(rng.random() < 0.5)
    if low <= 0 or high >= 1:
        up = low <= 0
    return high + 1e-9 if up else low - 1e-9


def _reflected(position: float) -> float:
    """Back into [0, 1], as a mirror at each end would do it."""
    position = abs(position) % 2
    return 2 - position if position > 1 else position


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
