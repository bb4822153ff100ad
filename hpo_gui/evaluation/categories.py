"""Categories as texts: the same value gives the same text, however a file or a frame holds it.

A column of categories may be read as texts, whole numbers, numbers with NaN among them (then 1 is
1.0) or true/false, depending on which rows a file happens to hold. The steps here are calls of
pandas' own methods, kept as `operator.methodcaller`: a pipeline made of them needs nothing of ours
when it is unpickled.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from hpo_gui.evaluation.missing_codes import MISSING_CODES

if TYPE_CHECKING:
    import pandas as pd

MISSING = "missing"
"""The category of missing values."""

_TRUTHS = {"True": ("true", "TRUE"), "False": ("false", "FALSE")}

READY_TEXTS = (methodcaller("fillna", MISSING), methodcaller("to_numpy"))
"""Calls that are enough for the texts of `category_texts`."""

Call = methodcaller


def text_calls(present: AbstractSet[object]) -> tuple[Call, ...]:
    """Calls that turn a frame of categories into an array of texts, one after the other.

    Parameters
    ----------
    present : values that are known to be categories, so that the country code ``NA`` stays one
        when the user said so; every other way to write "missing" becomes ``missing``
    """
    codes = sorted(MISSING_CODES.difference(present))
    return (
        *_plain_calls(bool(present & _TRUTHS.keys())),
        methodcaller("mask", methodcaller("isin", codes), MISSING),
        methodcaller("to_numpy", object, False, MISSING),  # dtype, copy, na_value
    )


def category_texts(values: pd.DataFrame) -> pd.DataFrame:
    """Columns of categories as texts, None where missing."""
    import pandas as pd

    texts: Any = values
    for call in _plain_calls(True):
        texts = call(texts)
    cells = texts.to_numpy(dtype=object, na_value=None)
    return pd.DataFrame(cells, index=values.index, columns=values.columns, dtype=object)


def _plain_calls(truths: bool) -> list[Call]:
    """Calls after which the same value is the same text, whatever type its column had."""
    calls = [methodcaller("convert_dtypes"), methodcaller("astype", "string")]  # 1.0 is 1
    if truths:
        for truth, spellings in _TRUTHS.items():
            calls.append(methodcaller("mask", methodcaller("isin", spellings), truth))
    return calls
