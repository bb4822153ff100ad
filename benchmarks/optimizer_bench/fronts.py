"""Problems with several goals whose Pareto fronts are known: ZDT, DTLZ, and one of our own.

ZDT: Zitzler, Deb, Thiele 2000, "Comparison of multiobjective evolutionary algorithms: empirical
results", Evolutionary Computation 8. DTLZ: Deb, Thiele, Laumanns, Zitzler 2005, "Scalable test
problems for evolutionary multiobjective optimization". All are minimised; x is (d,) in [0, 1].

Both suites have their optima at the edge or in the middle of the box, where those who try edges
or middles first find them by luck. So every axis but those along the front is shifted: its
optimum lies at a place of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.pareto import is_front
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params

FloatArray = NDArray[np.float64]
Losses = Callable[[FloatArray], tuple[float, ...]]

DENSE = 500  # points of an ideal front with two goals
GRID = 45  # points along each of the two directions of a front with three goals


def zdt(number: int, x: FloatArray) -> tuple[float, ...]:
    """ZDT 1, 2, 3, 4 or 6 at x (d,); two losses."""
    first, rest = float(x[0]), x[1:]
    if number == 4:
        rest = 10 * rest - 5
        g = 1 + 10 * len(rest) + float(np.sum(rest**2 - 10 * np.cos(4 * math.pi * rest)))
    elif number == 6:
        first = _sixth(first)
        g = 1 + 9 * float(rest.mean()) ** 0.25
    else:
        g = 1 + 9 * float(rest.mean())
    return first, g * _zdt_shape(number, first, first / g)


def _sixth(x: float) -> float:
    return 1 - math.exp(-4 * x) * math.sin(6 * math.pi * x) ** 6


def _zdt_shape(number: int, first: float, ratio: float) -> float:
    if number in (2, 6):
        return 1 - ratio**2
    waves = ratio * math.sin(10 * math.pi * first) if number == 3 else 0.0
    return 1 - math.sqrt(ratio) - waves


def zdt_front(number: int) -> FloatArray:
    """Points of the ideal front, shape (n, 2)."""
    along = np.linspace(0, 1, DENSE).tolist()
    firsts = [_sixth(x) for x in along] if number == 6 else along
    points = np.array([(first, _zdt_shape(number, first, first)) for first in firsts])
    return points[is_front(points)]


def dtlz(number: int, x: FloatArray) -> tuple[float, ...]:
    """DTLZ 1, 2 or 7 with three goals at x (d,)."""
    a, b, rest = float(x[0]), float(x[1]), x[2:]
    if number == 7:
        g = 1 + 9 * float(rest.mean())
        return _seventh(a, b, g)
    away = rest - 0.5
    if number == 2:
        radius = 1 + float(np.sum(away**2))
        return _sphere(a, b, radius)
    waves = np.sum(away**2 - np.cos(20 * math.pi * away))
    radius = 0.5 * (1 + 100 * (len(rest) + float(waves)))
    return a * b * radius, a * (1 - b) * radius, (1 - a) * radius


def _sphere(a: float, b: float, radius: float) -> tuple[float, ...]:
    one, two = a * math.pi / 2, b * math.pi / 2
    across = radius * math.cos(one)
    return across * math.cos(two), across * math.sin(two), radius * math.sin(one)


def _seventh(a: float, b: float, g: float) -> tuple[float, ...]:
    height = 3 - sum(f / (1 + g) * (1 + math.sin(3 * math.pi * f)) for f in (a, b))
    return a, b, (1 + g) * height


def dtlz_front(number: int) -> FloatArray:
    """Points of the ideal front, shape (n, 3)."""
    along = np.linspace(0, 1, GRID).tolist()
    if number == 1:
        points = [(a * b / 2, a * (1 - b) / 2, (1 - a) / 2) for a in along for b in along]
    elif number == 2:
        points = [_sphere(a, b, 1.0) for a in along for b in along]  # type: ignore[misc]
    else:
        points = [_seventh(a, b, 1.0) for a in along for b in along]  # type: ignore[misc]
    array = np.array(points)
    return array[is_front(array)]


# --- shifted axes --------------------------------------------------------------------------------


def shifted_box(dimensions: int) -> Space:
    """Real parameters x0, x1, … in [0, 1]."""
    return Space([Float(f"x{i}", 0.0, 1.0) for i in range(dimensions)])


def shifted(function: Losses, along: int, best: float, params: Params) -> tuple[float, ...]:
    """``function`` where the axes after the first ``along`` have their optimum elsewhere.

    A position y becomes best + (y - s) / 2, or |y - s| where the optimum is at the edge, with a
    shift s from 0.2 to 0.8: y = s is best.
    """
    y = np.array([float(params[f"x{i}"]) for i in range(len(params))])
    places = 0.2 + 0.6 * ((np.arange(len(y)) * 0.618034) % 1)
    x = best + (y - places) / 2 if best else np.abs(y - places)
    x[:along] = y[:along]
    return function(np.clip(x, 0.0, 1.0))


# --- choices, conditions, whole numbers ---------------------------------------------------------

ROUND, HOLLOW = {"shape": ("round",)}, {"shape": ("hollow",)}
MIXED_SPACE = Space(
    [
        Categorical("shape", ("round", "hollow", "flat")),
        Float("place", 0.0, 1.0),
        Float("scale", 1e-4, 1.0, log=True),
        Int("count", 1, 60, log=True),
        Ordinal("size", ("s", "m", "l", "xl")),
        Float("round.bend", 0.0, 1.0, when=ROUND),
        Int("round.turns", 0, 10, when=ROUND),
        Float("hollow.depth", -2.0, 2.0, step=0.25, when=HOLLOW),
        Categorical("hollow.side", ("left", "right"), when=HOLLOW),
    ]
)
SIZES = {"s": 0.0, "m": 1.0, "l": 2.0, "xl": 3.0}


def mixed(params: Params) -> tuple[float, ...]:
    """Each shape makes a part of the front: round the left one, hollow the right; flat neither."""
    place, shape = float(params["place"]), params["shape"]
    far = (
        abs(math.log10(float(params["scale"])) + 2.5) / 2
        + abs(math.log(int(params["count"]) / 12)) / 4
        + abs(SIZES[str(params["size"])] - 2) / 3
    )
    if shape == "round":
        far += abs(float(params["round.bend"]) - 0.3) + abs(int(params["round.turns"]) - 7) / 5
        return _round(place, 1 + far)
    if shape == "hollow":
        far += abs(float(params["hollow.depth"]) - 0.75) / 2 + (params["hollow.side"] == "left")
        return _hollow(place, 1 + far)
    return place, 2.5 + far - place


def _round(place: float, g: float) -> tuple[float, float]:
    return place * 0.5, g * (1.5 - math.sqrt(place * 0.5 / g))


def _hollow(place: float, g: float) -> tuple[float, float]:
    return 0.5 + place * 0.5, g * (0.9 - 0.9 * place**2)


def mixed_front() -> FloatArray:
    """Points of the ideal front, shape (n, 2)."""
    along = np.linspace(0, 1, DENSE).tolist()
    points = np.array([shape(place, 1.0) for place in along for shape in (_round, _hollow)])
    return points[is_front(points)]


def losses_of(name: str, number: int) -> tuple[Callable[[Params], tuple[float, ...]], FloatArray]:
    """The losses of a shifted problem of a suite, and its ideal front."""
    if name == "zdt":
        best = 0.5 if number == 4 else 0.0
        return partial(shifted, partial(zdt, number), 1, best), zdt_front(number)
    best = 0.0 if number == 7 else 0.5
    return partial(shifted, partial(dtlz, number), 2, best), dtlz_front(number)
