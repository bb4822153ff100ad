"""Categories as texts: the same value gives the same text, however a file or a frame holds it.

A column of categories may be read as texts, whole numbers, numbers with NaN among them (then 1 is
1.0) or true/false, depending on which rows a file happens to hold. The steps here are calls of
pandas' own methods, kept as `operator.methodcaller`: a pipeline made of them needs nothing of ours
when it is unpickled.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import methodcaller
from typing import TYPE_CHECKING

from hpo_gui.evaluation.missing_codes import MISSING_CODES

if TYPE_CHECKING:
    import pandas as pd

MISSING = "missing"
"""The category of missing values."""

_TRUTHS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}


def text_calls(present: Collection[object]) -> tuple[methodcaller, ...]:
    """Calls that turn a frame of categories into texts without gaps, one after the other.

    Parameters
    ----------
    present : values that are known to be categories, so that the country code ``NA`` stays one
        when the user said so; every other way to write "missing" becomes ``missing``
    """
    codes = dict.fromkeys(sorted(MISSING_CODES.difference(present)), MISSING)
    return (
        methodcaller("convert_dtypes"),  # 1.0, NaN, 2.0 are whole numbers
        methodcaller("astype", "string"),
        methodcaller("replace", {**_TRUTHS, **codes}),
        methodcaller("fillna", MISSING),
        methodcaller("astype", object),
    )


def category_texts(values: pd.DataFrame) -> pd.DataFrame:
    """Columns of categories as texts, None where missing."""
    texts = values.convert_dtypes().astype("string").replace(_TRUTHS)
    return texts.astype(object).where(texts.notna(), None)
