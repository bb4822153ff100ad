"""What happens to a column inside each fold, decided once and said in words."""

from __future__ import annotations

from typing import Literal

from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation.columns import Column

Encoding = Literal["one_hot", "ordinal", "target"]

FEW_CATEGORIES = 12  # one-hot for every model
MANY_CATEGORIES = 50  # one-hot for models that need scaling; more are target-encoded for all
MAX_ONE_HOT = 200  # when one-hot was asked for, rarer categories share a column

_SCALINGS = {
    "standard": "standardised",
    "robust": "scaled by the middle half",
    "minmax": "scaled to 0 … 1",
    "quantile": "spread evenly (quantiles)",
}
_FILLS = {"median": "median", "mean": "mean", "zero": "zero"}


def choose_encoding(
    distinct: int, preprocessing: PreprocessingSpec, needs_scaling: bool, *, target_ok: bool = True
) -> Encoding:
    """How a column of categories becomes numbers.

    Parameters
    ----------
    distinct : number of categories
    needs_scaling : the model adds up or compares columns (linear, nearest neighbours, SVM, MLP),
        so that arbitrary category numbers would mislead it
    target_ok : False when classes are too small for target encoding
    """
    if preprocessing.categories != "auto":
        return preprocessing.categories
    if distinct <= (MANY_CATEGORIES if needs_scaling else FEW_CATEGORIES):
        return "one_hot"
    if distinct <= MANY_CATEGORIES or not target_ok:
        return "one_hot" if needs_scaling else "ordinal"
    return "target"


def choose_scaling(
    preprocessing: PreprocessingSpec, needs_scaling: bool
) -> Literal["none", "standard", "robust", "minmax", "quantile"]:
    """How numbers are scaled; "auto" standardises where the model needs it."""
    if preprocessing.scaling == "auto":
        return "standard" if needs_scaling else "none"
    return preprocessing.scaling


def describe_treatment(
    column: Column, preprocessing: PreprocessingSpec, needs_scaling: bool
) -> str:
    """What happens to a feature, in a few words: "median, then standardised"."""
    if column.type in ("category", "text"):
        return _describe_encoding(column, preprocessing, needs_scaling)
    parts = ["days since 1970"] if column.type == "date" else []
    if column.missing or column.infinite or column.odd_count:
        parts.append(_FILLS[preprocessing.numbers])
    scaling = choose_scaling(preprocessing, needs_scaling)
    if scaling != "none":
        parts.append(_SCALINGS[scaling])
    elif not parts:
        parts.append("as it is")
    return ", then ".join(parts)


def _describe_encoding(
    column: Column, preprocessing: PreprocessingSpec, needs_scaling: bool
) -> str:
    distinct = column.distinct + bool(column.missing)
    encoding = choose_encoding(distinct, preprocessing, needs_scaling)
    text = {
        "one_hot": "one-hot",
        "ordinal": "numbered",
        "target": "mean of the target per category",
    }[encoding]
    if encoding == "one_hot" and distinct > MAX_ONE_HOT:
        text += ", rare ones together"
    return f"{text}, “missing” is its own category" if column.missing else text
