"""Classic test functions (Surjanovic, Bingham, Virtual library of simulation experiments).

The boxes of Ackley and Levy lie off the centre, so that one who tries the middle first gains
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.problem import Problem, point

FloatArray = NDArray[np.float64]

HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_SCALES = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
HARTMANN_CENTRES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: FloatArray) -> float:
    """Three equal valleys; x (2,) in [-5, 10] x [0, 15]."""
    curve = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return float(curve**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10)


def hartmann6(x: FloatArray) -> float:
    """Six local optima; x (6,) in [0, 1]."""
    distances = (HARTMANN_SCALES * (x - HARTMANN_CENTRES) ** 2).sum(axis=1)
    return float(-(HARTMANN_WEIGHTS * np.exp(-distances)).sum())


def ackley(x: FloatArray) -> float:
    """A narrow hole in a rippled plain; x (d,)."""
    return float(
        -20 * math.exp(-0.2 * math.sqrt((x * x).mean()))
        - math.exp(np.cos(2 * math.pi * x).mean())
        + 20
        + math.e
    )


def levy(x: FloatArray) -> float:
    """Ripples along a valley; x (d,)."""
    w = 1 + (x - 1) / 4
    inner = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + inner.sum() + last)


FUNCTIONS: dict[str, tuple[Callable[[FloatArray], float], list[tuple[float, float]], float]] = {
    "branin": (branin, [(-5, 10), (0, 15)], 0.39788735772973816),
    "hartmann6": (hartmann6, [(0, 1)] * 6, -3.32236801141551),
    "ackley10": (ackley, [(-13.7 + i, 19.3 - i) for i in range(10)], 0.0),
    "levy5": (levy, [(-10, 10)] * 5, 0.0),
}
"""By name: the function of x (d,), the box, the least value."""


def box(ends: list[tuple[float, float]]) -> Space:
    """Real parameters x0, x1, … between their ends."""
    return Space([Float(f"x{i}", float(low), float(high)) for i, (low, high) in enumerate(ends)])


def classic(name: str, noise: float = 0.0) -> Problem:
    """A function of `FUNCTIONS`, with noise of this standard deviation."""
    function, ends, least = FUNCTIONS[name]

    def loss(params: Params) -> float:
        return function(np.array(point(params)))

    return Problem(
        f"{name}-noisy" if noise else name,
        "noisy" if noise else "classic",
        box(ends),
        loss,
        noise=noise,
        optimum=least,
    )
