"""Small tables to try models on: generated ones of many kinds, and a few that were measured.

The tables that public benchmarks of tuning use (iris, wine, breast cancer, digits and diabetes
with their usual targets) are kept apart as `UNSEEN`: nothing is ever learnt from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets

from hpo_gui.core.spec import DataSpec
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.table import read_table
from hpo_gui.evaluation.task import Task

TARGET = "target"
MOST_ROWS = 400
SAMPLES = "sample:"


@dataclass(frozen=True)
class SmallTable:
    """A table by its recipe.

    Attributes
    ----------
    make : random numbers -> the table with a column ``target``
    number : a second table of the same recipe has other random numbers
    """

    recipe: str
    task: Task
    make: Callable[[np.random.Generator], pd.DataFrame]
    number: int = 1

    @property
    def name(self) -> str:
        return self.recipe if self.number == 1 else f"{self.recipe}_{self.number}"

    @property
    def is_generated(self) -> bool:
        return self.recipe not in MEASURED

    def dataset(self, seed: int, folder: Path) -> Dataset:
        """The rows to learn from, read as the program reads any file."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        frame = self.make(rng)
        if len(frame) > MOST_ROWS:
            frame = frame.iloc[np.sort(rng.permutation(len(frame))[:MOST_ROWS])]
        file = f"{self.name}.csv"
        frame.to_csv(folder / file, index=False)
        features = tuple(name for name in frame.columns if name != TARGET)
        data = DataSpec(file, target=TARGET, features=features, task=self.task)
        return make_dataset(read_table(file, folder), data, seed)


def _frame(rows: Any, target: Any) -> pd.DataFrame:
    frame = pd.DataFrame(np.round(np.asarray(rows, dtype=float), 6))
    frame.columns = [f"x{number}" for number in range(frame.shape[1])]
    frame[TARGET] = target
    return frame


def _classes(target: Any) -> Any:
    return np.array([f"class {code}" for code in np.asarray(target, dtype=int)])


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


# --- generated, classification ----------------------------------------------------------------


def _blobs(
    rows: int, columns: int, **options: Any
) -> Callable[[np.random.Generator], pd.DataFrame]:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        found = datasets.make_classification(rows, columns, random_state=_seed(rng), **options)
        return _frame(found[0], _classes(found[1]))

    return make


def _shapes(
    kind: Callable[..., Any], noisy: int, **options: Any
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Two dimensions that matter, and ``noisy`` that do not."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        rows, target = kind(300, random_state=_seed(rng), **options)
        return _frame(np.hstack([rows, rng.normal(size=(300, noisy))]), _classes(target))

    return make


def _sparse_classes(rng: np.random.Generator) -> pd.DataFrame:
    """More columns than help: five of 80 carry the answer."""
    rows = rng.normal(size=(200, 80))
    chance = 1 / (1 + np.exp(-rows[:, :5] @ np.array([2, -2, 1.5, 1, -1])))
    return _frame(rows, _classes(rng.random(200) < chance))


def _checkerboard(rng: np.random.Generator) -> pd.DataFrame:
    rows = rng.uniform(0, 3, size=(400, 5))
    target = (np.floor(rows[:, 0]) + np.floor(rows[:, 1])) % 2
    flip = rng.random(400) < 0.05
    return _frame(rows, _classes(np.where(flip, 1 - target, target)))


def _hidden_network(rows: int, columns: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Skewed columns, and a smooth answer of a random network with 8 hidden units."""
    table = np.exp(rng.normal(size=(rows, columns)))
    hidden = np.tanh(np.log(table) @ rng.normal(size=(columns, 8)) / np.sqrt(columns) * 2)
    answer = hidden @ rng.normal(size=8)
    return table, (answer - answer.mean()) / answer.std()


def _network_classes(rng: np.random.Generator) -> pd.DataFrame:
    rows, answer = _hidden_network(350, 8, rng)
    codes = np.digitize(answer + rng.normal(0, 0.3, len(answer)), [-0.6, 0.6])
    return _frame(rows, _classes(codes))


def _with_categories(rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Any]:
    """Three numbers and three categories with gaps, and an answer by rules."""
    numbers = rng.normal(size=(rows, 3))
    codes = np.column_stack([rng.integers(size, size=rows) for size in (3, 5, 9)])
    effects = [rng.normal(size=size) for size in (3, 5, 9)]
    answer = sum(effect[codes[:, place]] for place, effect in enumerate(effects))
    answer = answer + np.where(numbers[:, 0] > 0, numbers[:, 1], -1.0)
    answer = answer + 2.0 * ((codes[:, 0] == 1) & (numbers[:, 2] > 0.3))
    frame = _frame(numbers, answer)
    for place in range(3):
        words = np.array([f"kind {code}" for code in codes[:, place]], dtype=object)
        words[rng.random(rows) < 0.05] = None
        frame.insert(place, f"c{place}", words)
    return frame, answer


def _category_classes(rng: np.random.Generator) -> pd.DataFrame:
    frame, answer = _with_categories(400, rng)
    noisy = answer + rng.normal(0, 0.5, len(answer))
    frame[TARGET] = _classes(np.digitize(noisy, np.quantile(noisy, [0.4, 0.75])))
    return frame


def _hastie(rng: np.random.Generator) -> pd.DataFrame:
    rows, target = datasets.make_hastie_10_2(400, random_state=_seed(rng))
    return _frame(rows, _classes(target > 0))


def _quantiles(rng: np.random.Generator) -> pd.DataFrame:
    rows, target = datasets.make_gaussian_quantiles(
        n_samples=300, n_features=5, n_classes=3, random_state=_seed(rng)
    )
    return _frame(rows, _classes(target))


# --- generated, regression --------------------------------------------------------------------


def _friedman(
    kind: Callable[..., Any], rows: int, **options: Any
) -> Callable[[np.random.Generator], pd.DataFrame]:
    return lambda rng: _frame(*kind(rows, random_state=_seed(rng), **options))


def _hyperplane(
    rows: int, columns: int, **options: Any
) -> Callable[[np.random.Generator], pd.DataFrame]:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        return _frame(*datasets.make_regression(rows, columns, random_state=_seed(rng), **options))

    return make


def _waves(rng: np.random.Generator) -> pd.DataFrame:
    rows = rng.uniform(-2, 2, size=(350, 4))
    answer = np.sin(3 * rows[:, 0]) + rows[:, 1] ** 2 * (rows[:, 2] > 0)
    return _frame(rows, answer + rng.normal(0, 0.2, 350))


def _heavy_tails(rng: np.random.Generator) -> pd.DataFrame:
    rows = rng.normal(size=(300, 12))
    answer = rows[:, :4] @ np.array([3.0, -2.0, 1.0, 0.5]) + rng.standard_t(2, size=300)
    return _frame(rows, answer)


def _network_numbers(rng: np.random.Generator) -> pd.DataFrame:
    rows, answer = _hidden_network(350, 8, rng)
    return _frame(rows, answer * 100 + 1000 + rng.normal(0, 20, len(answer)))


def _category_numbers(rng: np.random.Generator) -> pd.DataFrame:
    frame, answer = _with_categories(400, rng)
    frame[TARGET] = answer + rng.normal(0, 0.4, len(answer))
    return frame


def _swiss_roll(rng: np.random.Generator) -> pd.DataFrame:
    rows, along = datasets.make_swiss_roll(300, noise=0.6, random_state=_seed(rng))
    return _frame(rows, along)


# --- measured ---------------------------------------------------------------------------------


def _sample(
    name: str, target: str, without: tuple[str, ...] = ()
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """A bundled example with another column as the target."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        frame = read_table(f"{SAMPLES}{name}", Path()).frame
        frame = frame.drop(columns=list(without)).rename(columns={target: TARGET})
        return frame[frame[TARGET].notna()]

    return make


def _halves(
    name: str, target: str, without: tuple[str, ...]
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """As `_sample`, with a number cut in half into two classes."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        frame = _sample(name, target, without)(rng)
        frame[TARGET] = _classes(frame[TARGET] > frame[TARGET].median())
        return frame

    return make


CLASSIFICATION = (
    SmallTable("easy_blobs", "classification", _blobs(300, 10, n_informative=5)),
    SmallTable(
        "noisy_labels",
        "classification",
        _blobs(
            400,
            20,
            n_informative=4,
            n_redundant=6,
            n_classes=3,
            flip_y=0.15,
            n_clusters_per_class=1,
        ),
    ),
    SmallTable(
        "rare_class",
        "classification",
        _blobs(350, 24, n_informative=6, weights=[0.85], class_sep=0.7),
    ),
    SmallTable(
        "four_classes",
        "classification",
        _blobs(400, 6, n_informative=6, n_redundant=0, n_classes=4, class_sep=0.8),
    ),
    SmallTable("few_rows", "classification", _blobs(120, 30, n_informative=8, class_sep=0.8)),
    SmallTable("moons", "classification", _shapes(datasets.make_moons, 4, noise=0.25)),
    SmallTable(
        "circles", "classification", _shapes(datasets.make_circles, 2, noise=0.15, factor=0.5)
    ),
    SmallTable("quantiles", "classification", _quantiles),
    SmallTable("sparse_classes", "classification", _sparse_classes),
    SmallTable("checkerboard", "classification", _checkerboard),
    SmallTable("network_classes", "classification", _network_classes),
    SmallTable("category_classes", "classification", _category_classes),
    SmallTable("hastie", "classification", _hastie),
    SmallTable("penguins_sex", "classification", _sample("penguins", "sex")),
    SmallTable("penguins_island", "classification", _sample("penguins", "island", ("year",))),
    SmallTable("weather", "classification", _sample("seattle_weather", "weather", ("date",))),
    SmallTable("diabetes_bmi", "classification", _halves("diabetes", "bmi", ("progression",))),
)

REGRESSION = (
    SmallTable(
        "friedman_1",
        "regression",
        _friedman(datasets.make_friedman1, 250, n_features=8, noise=0.7),
    ),
    SmallTable("friedman_2", "regression", _friedman(datasets.make_friedman2, 250, noise=100.0)),
    SmallTable("friedman_3", "regression", _friedman(datasets.make_friedman3, 300, noise=0.1)),
    SmallTable("hyperplane", "regression", _hyperplane(200, 20, n_informative=5, noise=30.0)),
    SmallTable("wide", "regression", _hyperplane(150, 60, n_informative=10, noise=50.0)),
    SmallTable(
        "low_rank",
        "regression",
        _hyperplane(200, 30, n_informative=12, effective_rank=5, noise=1.0),
    ),
    SmallTable(
        "uncorrelated",
        "regression",
        _friedman(datasets.make_sparse_uncorrelated, 300, n_features=10),
    ),
    SmallTable("waves", "regression", _waves),
    SmallTable("heavy_tails", "regression", _heavy_tails),
    SmallTable("network_numbers", "regression", _network_numbers),
    SmallTable("category_numbers", "regression", _category_numbers),
    SmallTable("swiss_roll", "regression", _swiss_roll),
    SmallTable("penguins_mass", "regression", _sample("penguins", "body_mass_g")),
    SmallTable(
        "weather_heat", "regression", _sample("seattle_weather", "temp_max", ("date", "temp_min"))
    ),
    SmallTable("wine_colour", "regression", _sample("wine", "color_intensity", ("cultivar",))),
    SmallTable(
        "tumour_texture", "regression", _sample("breast_cancer", "mean_concavity", ("diagnosis",))
    ),
)

MEASURED = (
    "penguins_sex",
    "penguins_island",
    "weather",
    "diabetes_bmi",
    "penguins_mass",
    "weather_heat",
    "wine_colour",
    "tumour_texture",
)


FEW = (
    *("easy_blobs", "rare_class", "few_rows", "circles"),
    *("sparse_classes", "hastie", "diabetes_bmi"),
    *("friedman_1", "friedman_3", "wide", "uncorrelated"),
    *("heavy_tails", "category_numbers", "penguins_mass", "wine_colour"),
)
"""For models whose fits take long: at most two classes, as boosting fits a model for each."""

FEWEST = (
    *("easy_blobs", "few_rows", "circles", "diabetes_bmi"),
    *("friedman_1", "wide", "category_numbers", "penguins_mass"),
)


def tables_for(task: Task, model_is: str = "middle") -> list[SmallTable]:
    """The tables to learn from.

    Parameters
    ----------
    model_is : cheap (two tables of each generated kind), middle (one), slow or slowest (a few)
    """
    recipes = CLASSIFICATION if task == "classification" else REGRESSION
    few = {"slow": FEW, "slowest": FEWEST}.get(model_is)
    if few is not None:
        return [table for table in recipes if table.recipe in few]
    if model_is == "middle":
        return list(recipes)
    again = [replace(table, number=2) for table in recipes if table.is_generated]
    return [*recipes, *again]


# --- kept apart -------------------------------------------------------------------------------

UNSEEN = tuple(
    SmallTable(f"{name}_as_published", task, _sample(name, target))
    for name, task, target in (
        ("iris", "classification", "species"),
        ("wine", "classification", "cultivar"),
        ("breast_cancer", "classification", "diagnosis"),
        ("digits", "classification", "digit"),
        ("diabetes", "regression", "progression"),
    )
)
