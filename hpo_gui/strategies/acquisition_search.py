"""Where an acquisition function is largest: candidates first, then climbs from the best of them.

One without slopes, such as that of a forest, is not climbed: steps of all sizes lead up from the
best candidates (as SMAC's local search does, Hutter, Hoos, Leyton-Brown 2011, LION 5).

Notation: m positions at a time, d parameters. A *full* position has a number for every parameter,
inactive ones too; `Cube.legal` makes a configuration of it.
"""

from __future__ import annotations

from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube
from hpo_gui.strategies.climbing import climb

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

CANDIDATES = 512  # spread over the cube, and as many around the anchors
MOST_DRAWS = 4000  # tries to find candidates that keep the constraints
STARTS = 6  # climbs from the best candidates
OTHERS, AMONG = 2, 200  # climbs from some of the next best
ROUNDS = 25  # of a climb
PASSES = 2  # of climbing and stepping
FEW_VALUES = 16  # an axis with at most so many is searched value by value
WALKED = 12  # starts of walks, where there are no slopes
STEPS = 12  # of a walk
ASIDE = 20  # places that a step looks at


class Acquisition(Protocol):
    """What is made large.

    Attributes
    ----------
    smooth : whether it has slopes to climb along
    """

    smooth: bool

    def value(self, full: FloatArray) -> FloatArray:
        """Values (m,) at full positions (m, d)."""
        ...

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (m,) and gradients (m, d), 0 along what is not continuous; if it is smooth."""
        ...


def search(
    cube: Cube, acquisition: Acquisition, anchors: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Positions where the acquisition is large, the largest first.

    All that were looked at are given back: in small spaces the first hundreds may stand for a
    few configurations, which are known.

    Parameters
    ----------
    anchors : full positions (k, d), k ≥ 1, around which to look closely, the best first

    Returns
    -------
    Full positions (m, d), and their values (m,).
    """
    pool = np.concatenate([spread(cube, rng), near(cube, anchors, rng)])
    values = acquisition.value(pool)
    order = np.argsort(-values, kind="stable")
    look = _climbed if acquisition.smooth else _walked
    ends, found = look(cube, acquisition, pool, order, anchors, rng)
    everything = np.concatenate([ends, pool[order]])
    both = np.concatenate([found, values[order]])
    best = np.argsort(-both, kind="stable")
    return everything[best], both[best]


def _climbed(
    cube: Cube,
    acquisition: Acquisition,
    pool: FloatArray,
    order: IntArray,
    anchors: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Ends of climbs from the best and some of the next best, and their values."""
    next_best = order[STARTS : STARTS + AMONG]
    chosen = np.concatenate([order[:STARTS], rng.choice(next_best, OTHERS, replace=False)])
    ends = np.concatenate([pool[chosen], anchors[:1]])
    found = acquisition.value(ends)
    moving = cube.free & (cube.levels == 0) & ~few_values(cube)
    for _ in range(PASSES):
        if moving.any():
            ends, _ = climb(acquisition.slopes, ends, moving, ROUNDS)
            found = acquisition.value(ends)
        if not (cube.free & ~moving).any():
            break
        ends, found = step_values(cube, acquisition, ends, found, rng)
    return ends, found


def _walked(
    cube: Cube,
    acquisition: Acquisition,
    pool: FloatArray,
    order: IntArray,
    anchors: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Ends of walks from the best candidates and the anchors, and their values."""
    ends = np.concatenate([pool[order[:WALKED]], anchors])
    found = acquisition.value(ends)
    here = np.arange(len(ends))
    for _ in range(STEPS):
        tried = moved(cube, np.repeat(ends, ASIDE, axis=0), rng)
        values = acquisition.value(tried).reshape(len(ends), ASIDE)
        best = np.argmax(values, axis=1)
        better = values[here, best] > found
        if not better.any():
            break
        ends = np.where(better[:, None], tried.reshape(len(ends), ASIDE, -1)[here, best], ends)
        found = np.where(better, values[here, best], found)
    return step_values(cube, acquisition, ends, found, rng)


def few_values(cube: Cube) -> NDArray[np.bool_]:
    """Which axes are searched value by value, (d,)."""
    return np.array(
        [axis.values is not None and len(axis.values) <= FEW_VALUES for axis in cube.axes],
        dtype=bool,
    )


def spread(cube: Cube, rng: np.random.Generator) -> FloatArray:
    """Full positions all over the cube, (m, d); with constraints such as keep them, if any do."""
    uniform = rng.random((CANDIDATES, cube.dimensions))
    if not cube.space.constraints:
        return uniform
    # NOTE: where one in a hundred keeps them, to find them all anew each time would take a second
    drawn = (cube.space.quantile(rng.random(cube.dimensions)) for _ in range(MOST_DRAWS))
    kept = list(islice(filter(cube.space.feasible, drawn), CANDIDATES // 2))
    rows = np.array([cube.space.encode(p) for p in kept]).reshape(len(kept), cube.dimensions)
    return np.where(np.isnan(rows), uniform[: len(rows)], rows)


def near(cube: Cube, anchors: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Full positions around the anchors, most around the first, (m, d)."""
    rank = np.minimum(rng.geometric(0.4, size=CANDIDATES) - 1, len(anchors) - 1)
    return moved(cube, anchors[rank], rng)


def moved(cube: Cube, origin: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One step of any size from each full position, (m, d).

    In many dimensions a step of all of them at once leaves the good region; so most steps change
    a few only (Regis, Shoemaker 2013, DYCORS, Engineering Optimization 45, eq. 3).
    """
    size, count = origin.shape, len(origin)
    scale = 10 ** rng.uniform(-2.5, -0.5, size=(count, 1))
    share = rng.choice([1.5, 4.0, 100.0], size=(count, 1)) / max(cube.moving, 1)
    changed = rng.random(size) < np.minimum(share, 1.0)
    changed[np.arange(count), rng.integers(cube.dimensions, size=count)] = True
    there = origin + scale * rng.standard_normal(size)
    there = np.where(there < 0, -there, there)
    there = np.where(there > 1, 2 - there, there)
    anew = (few_values(cube) & (rng.random(size) < 0.5)) | (cube.levels > 0)
    there = np.where(anew, rng.random(size), there)
    return np.clip(np.where(changed, there, origin), 0.0, 1.0)


def step_values(
    cube: Cube,
    acquisition: Acquisition,
    positions: FloatArray,
    values: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """The best change of one listed parameter for each position; itself where none is better.

    Every value of an axis with at most 16 is tried; of a longer one the neighbours and some more.
    """
    candidates, owners = [], []
    for j, axis in enumerate(cube.axes):
        if axis.values is None or axis.alone:
            continue
        for column in _other_values(axis.values, axis.ordered, positions[:, j], rng):
            changed = positions.copy()
            changed[:, j] = column
            owner = np.flatnonzero(column != positions[:, j])
            candidates.append(changed[owner])
            owners.append(owner)
    if not sum(map(len, owners)):
        return positions, values
    tried, owner = np.concatenate(candidates), np.concatenate(owners)
    found = acquisition.value(tried)
    positions, values = positions.copy(), values.copy()
    for place in np.argsort(found, kind="stable"):  # the best one of an owner comes last
        if found[place] > values[owner[place]]:
            values[owner[place]] = found[place]
            positions[owner[place]] = tried[place]
    return positions, values


def _other_values(
    listed: FloatArray, ordered: bool, column: FloatArray, rng: np.random.Generator
) -> list[FloatArray]:
    """Columns (m,) of other positions on one axis."""
    count = len(listed)
    if count <= FEW_VALUES:
        return [np.full(len(column), value) for value in listed]
    if not ordered:
        return [listed[rng.integers(count, size=len(column))] for _ in range(FEW_VALUES)]
    place = np.minimum(np.searchsorted(listed, column), count - 1)
    far = max(count // 10, 3)
    return [
        listed[np.clip(place + offset, 0, count - 1)]
        for offset in (-far, -3, -2, -1, 1, 2, 3, far)
    ]
