"""How quick Pareto front and hypervolume are, beside Optuna's in the same run.

The front of 10,000 trials with 2 goals (at most 10 ms) and with 3 (at most 100 ms), as the window
needs it after every trial, and the hypervolume of 1,000 trials with 3 goals (at most 2 s). Points
are random in a cube, on a sphere (where every trial is on the front) and on a grid (many equals).
Optuna's come from `optuna.study._multi_objective` and `optuna._hypervolume`, in an interpreter
that has it; without one ours are measured alone.

Usage: python benchmarks/front.py [--python PATH] [--repeats 5]
"""

from __future__ import annotations

import os

# Before numpy comes: times are of one thread.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.pareto import is_front
from optimizer_bench.worker import has_package

FloatArray = NDArray[np.float64]

TARGETS = {
    ("front", 10_000, 2): 0.010,
    ("front", 10_000, 3): 0.100,
    ("hypervolume", 1_000, 3): 2.0,
}
"""Seconds at most, by what is computed, points and goals."""

SHAPES = ("cube", "sphere", "grid")

OPTUNA = """
import json, sys, time
import numpy as np
from optuna._hypervolume import compute_hypervolume
from optuna.study._multi_objective import _is_pareto_front
for line in sys.stdin:
    what, losses, repeats = json.loads(line)
    losses = np.array(losses)
    reference = np.full(losses.shape[1], 1.1)
    spent = []
    for _ in range(repeats):
        started = time.perf_counter()
        if what == "front":
            value = int(_is_pareto_front(losses, assume_unique_lexsorted=False).sum())
        else:
            value = float(compute_hypervolume(losses, reference))
        spent.append(time.perf_counter() - started)
    print(json.dumps([min(spent), value]), flush=True)
"""


def points(shape: str, count: int, goals: int) -> FloatArray:
    """Losses in [0, 1], shape (count, goals)."""
    rng = np.random.default_rng([count, goals])
    if shape == "grid":
        return rng.integers(0, 40, (count, goals)) / 40
    losses = rng.random((count, goals))
    if shape == "sphere":
        normal = np.abs(rng.standard_normal((count, goals)))
        losses = 1 - normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return losses


def quickest(compute: Callable[[], float], repeats: int) -> tuple[float, float]:
    """The least seconds of several calls, and what they give."""
    spent = []
    for _ in range(repeats):
        started = time.perf_counter()
        value = compute()
        spent.append(time.perf_counter() - started)
    return min(spent), value


def ours(what: str, losses: FloatArray, repeats: int) -> tuple[float, float]:
    """Seconds and the result: how many are on the front, or the volume."""
    if what == "front":
        return quickest(lambda: float(is_front(losses).sum()), repeats)
    return quickest(lambda: hypervolume(losses, np.full(losses.shape[1], 1.1)), repeats)


class Peer:
    """Optuna in an interpreter of its own."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-c", OPTUNA], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, what: str, losses: FloatArray, repeats: int) -> tuple[float, float]:
        """As `ours`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, losses.tolist(), repeats]) + "\n")
        self._process.stdin.flush()
        seconds, value = json.loads(self._process.stdout.readline())
        return float(seconds), float(value)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the times; the exit code tells whether all are as short as they should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, help="an interpreter that has Optuna")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    peer = Peer(options.python) if has_package(options.python, "optuna") else None
    if peer is None:
        print("LEFT OUT: Optuna's times need --python PATH, an interpreter that has it.")
    print("| what | points | goals | shape | ours | at most | Optuna | same result |")
    print("|---|---|---|---|---|---|---|---|")
    met = True
    for (what, count, goals), most in TARGETS.items():
        for shape in SHAPES:
            losses = points(shape, count, goals)
            seconds, value = ours(what, losses, options.repeats)
            met &= seconds <= most
            other, same = "-", "-"
            if peer is not None:
                theirs, their_value = peer.measure(what, losses, options.repeats)
                other = f"{1000 * theirs:.1f} ms"
                same = "yes" if np.isclose(value, their_value, rtol=1e-9) else "NO"
                met &= same == "yes"
            print(
                f"| {what} | {count:,} | {goals} | {shape} | {1000 * seconds:.1f} ms "
                f"| {1000 * most:.0f} ms | {other} | {same} |",
                flush=True,
            )
    if peer is not None:
        peer.close()
    print("All targets met." if met else "NOT MET.")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
