"""Which models of the catalogue suit a table, and in one sentence why another one does not.

A model is left out for what would make a study with it fail (its task, a package, probabilities,
weights, steps of training), and for what grows beyond patience: limits on rows, on columns, and
on cells, which are rows x columns x models that are fitted for one answer each (the classes).
They are set where a fit with the recommended space takes about a minute on one core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.models import MODELS

if TYPE_CHECKING:
    from hpo_gui.evaluation.task import Task

SUITABLE = "suitable"
"""The name that stands for all suitable models in a study file."""


@dataclass(frozen=True)
class TableFacts:
    """What decides which models suit.

    Attributes
    ----------
    rows : to learn from, in the smallest fold
    columns : features
    classes : of the target; 0 for numbers
    needs_probabilities : the goal judges probabilities
    weighted : there is a weight column
    by_steps : models are to learn step by step
    """

    task: Task
    rows: int
    columns: int
    classes: int = 0
    needs_probabilities: bool = False
    weighted: bool = False
    by_steps: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A model that does not suit.

    Attributes
    ----------
    name, title : of the model
    why : one sentence
    """

    name: str
    title: str
    why: str


@dataclass(frozen=True)
class Limit:
    """What a model takes at most.

    Attributes
    ----------
    what : rows, columns, or cells: rows x columns x classes
    why : half a sentence that "and there are 20,000 rows" follows
    """

    what: Literal["rows", "columns", "cells"]
    most: int
    why: str


LIMITS: dict[str, tuple[Limit, ...]] = {
    "logistic_regression": (
        Limit("cells", 50_000_000, "it goes over the whole table up to a thousand times"),
    ),
    "knn": (
        Limit("columns", 1000, "distances say little among so many columns"),
        Limit("rows", 100_000, "it compares each new row with all that it has learnt from"),
    ),
    "svm": (Limit("rows", 10_000, "its time and memory grow with the square of the rows"),),
    "random_forest": (Limit("cells", 100_000_000, "200 deep trees take minutes and gigabytes"),),
    "extra_trees": (Limit("cells", 100_000_000, "200 deep trees take minutes and gigabytes"),),
    "gradient_boosting": (
        Limit("cells", 2_000_000, "it looks at every value for every cut of every tree"),
    ),
    "ada_boost": (
        Limit("cells", 2_000_000, "it looks at every value for every cut of every tree"),
    ),
    "mlp": (Limit("cells", 50_000_000, "it goes over the whole table some hundred times"),),
    "catboost": (Limit("cells", 20_000_000, "its balanced trees take long on many columns"),),
}
"""By model; those that are not here take any table."""


def suitable_models(facts: TableFacts) -> tuple[ModelEntry, ...]:
    """The models that suit, the cheapest first."""
    found = [entry for entry in MODELS.values() if not why_not(entry, facts)]
    return tuple(sorted(found, key=lambda entry: entry.cost))


def left_out(facts: TableFacts) -> tuple[LeftOut, ...]:
    """The models for this task that do not suit, in the order of the catalogue."""
    return tuple(
        LeftOut(entry.name, entry.title, why)
        for entry in MODELS.values()
        if facts.task in entry.tasks and (why := why_not(entry, facts))
    )


def why_not(entry: ModelEntry, facts: TableFacts) -> str:
    """The first reason against a model, as one sentence; empty when it suits."""
    return next(_reasons(entry, facts), "")


def _reasons(entry: ModelEntry, facts: TableFacts) -> Iterator[str]:
    if facts.task not in entry.tasks:
        yield f"It is not made for {facts.task}."
    if not entry.available:
        yield f"Its package is not installed: {entry.install_line}."
    if facts.needs_probabilities and entry.gives_probabilities is False:
        yield "It gives no probabilities, which the goal needs."
    if facts.weighted and entry.takes_weights is False:
        yield "It cannot weigh rows, and there is a weight column."
    if facts.by_steps and entry.learning is None:
        yield "It does not learn step by step."
    if entry.name == "linear_regression" and facts.columns >= facts.rows:
        yield f"It needs more rows than columns, and there are {facts.columns:,} columns."
    sizes = {
        "rows": facts.rows,
        "columns": facts.columns,
        "cells": facts.rows * facts.columns * max(facts.classes, 1),
    }
    for limit in LIMITS.get(entry.name, ()):
        if (size := sizes[limit.what]) > limit.most:
            why = limit.why[0].upper() + limit.why[1:]
            yield f"{why}, and there are {size:,} {limit.what} (at most {limit.most:,})."
