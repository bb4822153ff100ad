"""CMA-ES: covariance matrix adaptation evolution strategy over the whole space.

Which trials belong to which generation follows from the order in which they finished: every λ that
finish make a generation, in whatever order a parallel study tells them. The state is computed from
the history alone (`strategies.covariance` has the equations); a memo only saves the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key
from hpo_gui.strategies.axes import axes_of
from hpo_gui.strategies.covariance import Evolution, start_evolution
from hpo_gui.strategies.random import draw_new, is_known
from hpo_gui.strategies.standing import proven_losses, standings, told_order
from hpo_gui.surrogates.sobol import sobol_points

TRIES = 100  # draws in search of a configuration that is new, legal and inside the box
MOST_POPULATION = 512

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


class CmaEs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CMA-ES with restarts.

    Attributes
    ----------
    population : trials a generation; 0 for 4 + 3 ln d
    step : first standard deviation, as a share of each axis
    growth : how much larger the population is after each restart (IPOP)
    """

    population: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MOST_POPULATION,
            title="Population",
            description="Trials a generation; 0 takes what suits the number of parameters.",
        ),
    ] = 0
    step: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            le=1,
            title="First step",
            description="Standard deviation of the first generation, as a share of each axis.",
        ),
    ] = 0.17
    growth: Annotated[
        float,
        msgspec.Meta(
            ge=1,
            le=10,
            title="Growth at a restart",
            description="By how much the population grows when the search has stalled.",
        ),
    ] = 2.0

    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        search = _replay(self, history)
        taken: set[frozenset[tuple[str, object]]] = set()
        proposals: list[Proposal] = []
        for _ in range(count):
            params = _draw(search, history, taken, rng)
            reason = search.reason()
            if params is None:
                params = draw_new(history, taken, rng)
                reason = "Drawn at random: the evolution gave nothing new."
                if params is None:
                    break
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("cma_es", reason)))
        return proposals


def _draw(
    search: _Search,
    history: History,
    taken: set[frozenset[tuple[str, object]]],
    rng: np.random.Generator,
) -> Params | None:
    """A new legal configuration, best one that no bound had to cut; None when none was found."""
    cut: Params | None = None
    positions, inside = search.evolution.sample(TRIES, rng)
    for position, is_inside in zip(positions, inside, strict=True):
        if cut is not None and not is_inside:
            continue
        params = history.space.decode(position)
        if history.space.feasible(params) and not is_known(params, history, taken):
            if is_inside:
                return params
            cut = params
    return cut


@dataclass(frozen=True)
class _Search:
    """The evolution after some finished trials.

    Attributes
    ----------
    evolution : distribution and paths
    restarts : so far
    since : how many trials had finished when this evolution began
    waiting : finished trials that will belong to the next generation
    """

    evolution: Evolution
    restarts: int = 0
    since: int = 0
    waiting: tuple[int, ...] = ()

    def reason(self) -> str:
        evolution = self.evolution
        where = "around the centre of the space"
        if evolution.generation:
            where = (
                f"around the mean of the best {evolution.parents} of each {evolution.population}"
            )
        text = f"Generation {evolution.generation + 1}: drawn {where}, step {evolution.sigma:.2g}"
        return f"{text}, after {self.restarts} restarts." if self.restarts else f"{text}."


@dataclass(frozen=True)
class _Told:
    """What a search depends on, row by row in the order in which the trials finished."""

    rows: FloatArray
    keys: FloatArray

    @staticmethod
    def of(history: History, numbers: IndexArray) -> _Told:
        asked = [history.trials[i].asked for i in numbers]
        keys = np.column_stack(
            [numbers, asked, history.states[numbers], history.losses[numbers, 0]]
        )
        return _Told(history.matrix[numbers], keys)

    def begins_with(self, other: _Told) -> bool:
        count = len(other.rows)
        return np.array_equal(self.rows[:count], other.rows, equal_nan=True) and np.array_equal(
            self.keys[:count], other.keys, equal_nan=True
        )


def _replay(options: CmaEs, history: History) -> _Search:
    """The search after all finished trials of a history."""
    numbers = told_order(history)
    told = _Told.of(history, numbers)
    seed = abs(history.trials[0].seed) if history.trials else 0
    key = (options, tuple(map(repr, history.space)), seed)
    done, search = 0, _begin(options, history.space, seed, restarts=0, since=0)
    known = _memo.get(key)
    if known is not None and told.begins_with(known[0]):
        done, search = len(known[0].rows), known[1]
    for place in range(done, len(numbers)):
        search = _tell(options, search, history, numbers, place, seed)
    while len(_memo) >= 8 and key not in _memo:
        _memo.pop(next(iter(_memo)))
    _memo[key] = (told, search)
    return search


_memo: dict[object, tuple[_Told, _Search]] = {}


def _tell(
    options: CmaEs, search: _Search, history: History, numbers: IndexArray, place: int, seed: int
) -> _Search:
    """The search after one more finished trial."""
    number = int(numbers[place])
    if search.restarts and history.trials[number].asked < search.since:
        return search  # it was proposed by the evolution before, far from this one
    waiting = (*search.waiting, number)
    if len(waiting) < search.evolution.population:
        return replace(search, waiting=waiting)
    members = np.array(waiting, dtype=np.intp)
    best_first = members[np.argsort(standings(history, members), kind="stable")]
    rng = np.random.default_rng([seed, number])
    best = float(np.min(proven_losses(history, members)))
    evolution = search.evolution.advance(history.matrix[best_first], best, rng)
    if evolution.has_stalled():
        since = history.trials[number].told or place + 1
        return _begin(options, history.space, seed, search.restarts + 1, since)
    return _Search(evolution, search.restarts, search.since)


def _begin(options: CmaEs, space: Space, seed: int, restarts: int, since: int) -> _Search:
    """A new evolution: in the centre the first time, later from points that leave no gaps."""
    axes = axes_of(space)
    free = sum(axis.is_free and not axis.levels for axis in axes)
    chosen = sum(axis.levels > 1 for axis in axes)
    population = options.population or int(4 + 3 * np.log(max(free + chosen, 1)))
    population = min(int(max(population, 2) * options.growth**restarts), MOST_POPULATION)
    mean = np.array([axis.mean for axis in axes])
    if restarts:
        mean = sobol_points(1, len(axes), seed, skip=restarts)[0]
    return _Search(start_evolution(axes, mean, options.step, population), restarts, since)
