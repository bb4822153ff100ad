"""What happens to a column inside each fold, decided once and said in words."""

from __future__ import annotations

from typing import Literal

import msgspec

from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation.columns import Column

Encoding = Literal["one_hot", "ordinal", "target"]

FEW_CATEGORIES = 12  # one-hot for every model
MANY_CATEGORIES = 50  # one-hot unless the model orders them; more are target-encoded for all
MAX_ONE_HOT = 200  # when one-hot was asked for, rarer categories share a column

_SCALINGS = {
    "standard": "standardised",
    "robust": "scaled by the middle half",
    "minmax": "scaled to 0 … 1",
    "quantile": "spread evenly (quantiles)",
}
_FILLS = {"median": "median", "mean": "mean", "zero": "zero"}


class ColumnNeeds(msgspec.Struct, frozen=True):
    """What a model needs of its columns; decides where the preprocessing says "auto".

    Attributes
    ----------
    scaling : distances, gradients or penalties depend on the scale of the columns
    orders_categories : it splits a column as often as it takes (trees, boosters), so that
        arbitrary numbers of categories do no harm; a model that adds up or compares columns
        would be misled
    """

    scaling: bool
    orders_categories: bool


OF_TREES = ColumnNeeds(scaling=False, orders_categories=True)


def choose_encoding(
    distinct: int, preprocessing: PreprocessingSpec, needs: ColumnNeeds, *, target_ok: bool = True
) -> Encoding:
    """How a column of categories becomes numbers.

    Parameters
    ----------
    distinct : number of categories
    target_ok : False when classes are too small for target encoding
    """
    if preprocessing.categories != "auto":
        return preprocessing.categories
    if distinct <= (FEW_CATEGORIES if needs.orders_categories else MANY_CATEGORIES):
        return "one_hot"
    if distinct <= MANY_CATEGORIES or not target_ok:
        return "ordinal" if needs.orders_categories else "one_hot"
    return "target"


def choose_scaling(
    preprocessing: PreprocessingSpec, needs: ColumnNeeds
) -> Literal["none", "standard", "robust", "minmax", "quantile"]:
    """How numbers are scaled; "auto" standardises where the model needs it."""
    if preprocessing.scaling == "auto":
        return "standard" if needs.scaling else "none"
    return preprocessing.scaling


def describe_treatment(
    column: Column, preprocessing: PreprocessingSpec, needs: ColumnNeeds
) -> str:
    """What happens to a feature, in a few words: "median, then standardised"."""
    if column.type in ("category", "text"):
        return _describe_encoding(column, preprocessing, needs)
    parts = ["days since 1970"] if column.type == "date" else []
    if column.missing or column.infinite or column.odd_count:
        parts.append(_FILLS[preprocessing.numbers])
    scaling = choose_scaling(preprocessing, needs)
    if scaling != "none":
        parts.append(_SCALINGS[scaling])
    elif not parts:
        parts.append("as it is")
    return ", then ".join(parts)


def _describe_encoding(
    column: Column, preprocessing: PreprocessingSpec, needs: ColumnNeeds
) -> str:
    distinct = column.distinct + bool(column.missing)
    encoding = choose_encoding(distinct, preprocessing, needs)
    text = {
        "one_hot": "one-hot",
        "ordinal": "numbered",
        "target": "mean of the target per category",
    }[encoding]
    if encoding == "one_hot" and distinct > MAX_ONE_HOT:
        text += ", rare ones together"
    return f"{text}, “missing” is its own category" if column.missing else text
