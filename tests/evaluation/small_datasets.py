"""Small datasets for the tests of evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpo_gui.evaluation.dataset import Dataset


def classes_dataset(
    rows: int = 60, count: int = 3, *, mixed: bool = False, seed: int = 0, **facts: Any
) -> Dataset:
    """Classes that overlap a little; `mixed` adds a column of categories and missing values."""
    rng = np.random.default_rng(seed)
    target = np.arange(rows, dtype=np.int64) % count
    frame = _numbers(rng, target.astype(float), rows)
    facts = {"classes": tuple("abcdefgh"[:count]), **facts}
    return _dataset(frame, target, "classification", rng, mixed, facts)


def numbers_dataset(
    rows: int = 60, *, mixed: bool = False, seed: int = 0, **facts: Any
) -> Dataset:
    """A target that follows the first column, far from zero and with its own unit."""
    rng = np.random.default_rng(seed)
    frame = _numbers(rng, rng.normal(size=rows), rows)
    target = 100.0 + 20.0 * frame["x0"].to_numpy() + rng.normal(size=rows)
    return _dataset(frame, target, "regression", rng, mixed, facts)


def _numbers(rng: np.random.Generator, signal: np.ndarray, rows: int) -> pd.DataFrame:
    values = rng.normal(size=(rows, 4))
    values[:, 0] += signal
    values[:, 1] *= 100.0
    return pd.DataFrame(values, columns=["x0", "x1", "x2", "x3"])


def _dataset(
    frame: pd.DataFrame,
    target: np.ndarray,
    task: Any,
    rng: np.random.Generator,
    mixed: bool,
    facts: dict[str, Any],
) -> Dataset:
    numbers = tuple(frame.columns)
    categories: tuple[str, ...] = ()
    if mixed:
        frame["x2"] = frame["x2"].where(rng.random(len(frame)) > 0.2)
        colours = np.array(["red", "green", "blue", None], dtype=object)
        frame["colour"] = colours[rng.integers(0, 4, len(frame))]
        categories = ("colour",)
    given: dict[str, Any] = {
        "frame": frame,
        "numbers": numbers,
        "categories": categories,
        "target": target,
        "task": task,
        "train": np.arange(len(frame)),
        "test": np.arange(0),
        **facts,
    }
    return Dataset(**given)
