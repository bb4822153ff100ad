"""Functions of the COCO platform: bbob, and bbob-mixint (Hansen et al. 2021, arXiv 1603.08785).

With two goals bbob-biobj (Brockhoff et al. 2022, Evolutionary Computation 30).

They come from the package ``coco-experiment``, which is none of ours. Where it is missing, another
interpreter that has it can compute them: see `worker`. This file runs in both, so it imports
nothing of ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class CocoFunction(NamedTuple):
    """One function of a suite.

    Attributes
    ----------
    suite : "bbob", "bbob-mixint" or, with two goals, "bbob-biobj"
    number : of the function, from 1
    dimensions : 2, 3, 5, 10 or 20 (mixint: 5 and more)
    instance : shifts and rotates it
    """

    suite: str
    number: int
    dimensions: int
    instance: int = 1

    def value(self, x: list[float]) -> float:
        """Its value at x (d,)."""
        return float(_open(self)[1](np.array(x, dtype=float)))

    def values(self, x: list[float]) -> list[float]:
        """Its values at x (d,), one a goal."""
        return [float(value) for value in _open(self)[1](np.array(x, dtype=float))]

    def nadir(self) -> list[float]:
        """The worst values of its Pareto front, one a goal."""
        return [float(value) for value in _open(self)[1].largest_fvalues_of_interest]

    def optimum(self) -> float:
        """Its least value."""
        return _optimum(self)


def is_installed() -> bool:
    """Whether this interpreter has the package."""
    return importlib.util.find_spec("cocoex") is not None


@lru_cache(None)
def _open(function: CocoFunction) -> tuple[Any, Any]:
    """The suite and its one function; the function is good for as long as the suite lives."""
    import cocoex

    options = (
        f"dimensions:{function.dimensions} function_indices:{function.number} "
        f"instance_indices:{function.instance}"
    )
    suite = cocoex.Suite(function.suite, "", options)
    return suite, suite[0]


@lru_cache(None)
def _optimum(function: CocoFunction) -> float:
    """COCO tells where the optimum is in a file in the working folder, and nowhere else."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        opened = _open(function)[1]
        opened._best_parameter("print")
        x = np.loadtxt(Path(folder) / "._bbob_problem_best_parameter.txt")
        return float(opened(x))
