"""The ten tables of `model_selection`, and which of their rows are locked away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from _small_tables import TARGET, _classes, _frame, _hidden_network, _with_categories

__all__ = ["TABLES", "TARGET", "SelectionTable", "split"]

SAMPLES = Path(__file__).resolve().parent.parent / "hpo_gui" / "evaluation" / "samples"
LOCKED = 0.25
SEED = 2026  # of the generated tables and of the split


@dataclass(frozen=True)
class SelectionTable:
    """A table by its recipe; the column ``target`` is to be predicted."""

    name: str
    task: str
    make: Callable[[np.random.Generator], pd.DataFrame]


def split(table: SelectionTable) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn from and locked rows: always the same, classes in equal shares."""
    from sklearn.model_selection import train_test_split

    frame = table.make(np.random.default_rng([SEED, *table.name.encode()]))
    strata = frame[TARGET] if table.task == "classification" else None
    rows, locked = train_test_split(frame, test_size=LOCKED, random_state=SEED, stratify=strata)
    return rows.reset_index(drop=True), locked.reset_index(drop=True)


def _sample(file: str, target: str, *ignored: str) -> Callable[..., pd.DataFrame]:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        frame = pd.read_csv(SAMPLES / file).drop(columns=list(ignored))
        frame = frame.dropna(subset=[target])
        return frame.rename(columns={target: TARGET})

    return make


def _many_cases(rng: np.random.Generator) -> pd.DataFrame:
    """4,000 rows, 30 columns of which 12 tell, three clusters a class, 3 % wrong labels."""
    rows, target = datasets.make_classification(
        4000,
        30,
        n_informative=12,
        n_redundant=6,
        n_classes=4,
        n_clusters_per_class=3,
        flip_y=0.03,
        random_state=int(rng.integers(2**31)),
    )
    return _frame(rows, _classes(target))


def _network(rng: np.random.Generator) -> pd.DataFrame:
    rows, answer = _hidden_network(2000, 12, rng)
    codes = np.digitize(answer + rng.normal(0, 0.2, len(answer)), [-0.6, 0.6])
    return _frame(rows, _classes(codes))


def _categories(rng: np.random.Generator) -> pd.DataFrame:
    frame, answer = _with_categories(3000, rng)
    frame[TARGET] = answer + rng.normal(0, 0.5, len(answer))
    return frame


def _category_classes(rng: np.random.Generator) -> pd.DataFrame:
    frame, answer = _with_categories(2000, rng)
    noisy = answer + rng.normal(0, 0.7, len(answer))
    frame[TARGET] = _classes(np.digitize(noisy, np.quantile(noisy, [0.4, 0.75])))
    return frame


def _friedman(rng: np.random.Generator) -> pd.DataFrame:
    seed = int(rng.integers(2**31))
    return _frame(*datasets.make_friedman1(1500, 15, noise=1.0, random_state=seed))


TABLES = {
    table.name: table
    for table in (
        SelectionTable(
            "breast_cancer", "classification", _sample("breast_cancer.csv", "diagnosis")
        ),
        SelectionTable("digits", "classification", _sample("digits.csv.gz", "digit")),
        SelectionTable("wine", "classification", _sample("wine.csv", "cultivar")),
        SelectionTable(
            "weather", "classification", _sample("seattle_weather.csv", "weather", "date")
        ),
        SelectionTable("many_cases", "classification", _many_cases),
        SelectionTable("network", "classification", _network),
        SelectionTable("category_classes", "classification", _category_classes),
        SelectionTable("diabetes", "regression", _sample("diabetes.csv", "progression")),
        SelectionTable("friedman", "regression", _friedman),
        SelectionTable("categories", "regression", _categories),
    )
}
