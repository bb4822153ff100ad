"""The bundled example tables: they need no network, and cost nothing to list."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal

import msgspec

from hpo_gui.core.errors import DataError

PREFIX = "sample:"
FOLDER = Path(__file__).parent / "samples"


class Sample(msgspec.Struct, frozen=True):
    """One example table.

    Attributes
    ----------
    name : as in ``sample:<name>``
    title : as in the window
    sentence : what it holds and what to try with it
    task, target : what is predicted by default
    rows, columns : size of the table, the target included
    file : name of its file
    goals : metrics of the goals, where there are several
    """

    name: str
    title: str
    sentence: str
    task: Literal["classification", "regression"]
    target: str
    rows: int
    columns: int
    file: str
    goals: tuple[str, ...] = ()


SAMPLES = (
    Sample(
        "penguins",
        "Penguins",
        "Tell three species of penguins apart; numbers, categories and missing values.",
        "classification",
        "species",
        344,
        8,
        "penguins.csv",
    ),
    Sample(
        "iris",
        "Iris",
        "Tell three kinds of iris apart by the size of their leaves; small and easy.",
        "classification",
        "species",
        150,
        5,
        "iris.csv",
    ),
    Sample(
        "wine",
        "Wine",
        "Find out which grower made a wine from its chemical analysis; scales differ a lot.",
        "classification",
        "cultivar",
        178,
        14,
        "wine.csv",
    ),
    Sample(
        "breast_cancer",
        "Breast cancer",
        "Tell benign from malignant tumours by 30 measurements; two classes.",
        "classification",
        "diagnosis",
        569,
        31,
        "breast_cancer.csv",
    ),
    Sample(
        "digits",
        "Digits",
        "Read handwritten digits from 8 × 8 pixels; ten classes, 64 columns.",
        "classification",
        "digit",
        1797,
        65,
        "digits.csv.gz",
    ),
    Sample(
        "diabetes",
        "Diabetes",
        "Predict how the disease of 442 patients goes on within a year; a number, noisy.",
        "regression",
        "progression",
        442,
        11,
        "diabetes.csv",
    ),
    Sample(
        "seattle_weather",
        "Seattle weather",
        "Four years of daily weather; a time series, tested on later days than it learns from.",
        "classification",
        "weather",
        1461,
        6,
        "seattle_weather.csv",
    ),
    Sample(
        "penguins_raw",
        "Penguins, as in the field",
        "The same birds before anybody tidied up: ids, dates, remarks, names with units.",
        "classification",
        "Species",
        344,
        17,
        "penguins_raw.csv",
    ),
    Sample(
        "penguins_small",
        "Penguins, by a small model",
        "The same birds with two goals: an accurate model that is small; see the Pareto front.",
        "classification",
        "species",
        344,
        8,
        "penguins.csv",
        ("accuracy", "model_size"),
    ),
)


def list_samples() -> tuple[Sample, ...]:
    """All example tables, in the order of the menu."""
    return SAMPLES


def find_sample(name: str) -> Sample:
    """The example of a name; `DataError` when there is none."""
    by_name = {sample.name: sample for sample in SAMPLES}
    wanted = name.strip().lower().replace("-", "_")
    if wanted in by_name:
        return by_name[wanted]
    near = difflib.get_close_matches(wanted, list(by_name), n=1)
    raise DataError(
        "data.source",
        "must name an example that comes with the program",
        PREFIX + name,
        remedy=f"Did you mean `{PREFIX}{near[0]}`?"
        if near
        else f"Examples are: {', '.join(by_name)}.",
    )


def sample_path(sample: Sample) -> Path:
    """The file of an example."""
    return FOLDER / sample.file
