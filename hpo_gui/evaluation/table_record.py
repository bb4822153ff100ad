"""How a study has read its table: kept with the model, so that new rows are read alike.

The record is an attribute of the fitted estimator, made of nothing but dicts, lists, texts and
truth values: a model file needs nothing of this program for it, and loads as one without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "hpo_studio_table"


class TableRecord(msgspec.Struct, frozen=True):
    """What a table of new rows cannot tell by itself.

    Attributes
    ----------
    reading : what the study says of it
    decimal : the decimal sign that was used; None where the file needs none
    header : whether there was one; None where the file always has names
    categories : feature column -> those of its categories that look like numbers ("01", "1")
    points : column -> whether points in its texts are thousands points (see `thousands`); it is
        left out where either could come
    """

    reading: ReadingSpec = ReadingSpec()
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    categories: dict[str, tuple[str, ...]] = {}
    points: dict[str, bool] = {}


NO_RECORD = TableRecord()


def keep_record(model: Any, record: TableRecord | None) -> None:
    """Write a record onto a fitted estimator."""
    if record is not None:
        setattr(model, ATTRIBUTE, msgspec.json.decode(msgspec.json.encode(record)))


def record_of(model: Any, name: str) -> TableRecord | None:
    """The record of a model; None for one without, such as a model of somebody else.

    Parameters
    ----------
    name : of the model, for messages

    Raises
    ------
    DataError : what stands there is no record
    """
    found = getattr(model, ATTRIBUTE, None)
    if found is None:
        return None
    try:
        return msgspec.convert(found, TableRecord)
    except msgspec.ValidationError as error:
        raise DataError(
            name,
            f"must tell how its table was read ({error})",
            remedy="It may be of a later version of this program; export the model again.",
        ) from error


def numbers_among(texts: Iterable[object]) -> tuple[str, ...]:
    """The texts that may be read as numbers, sorted."""
    found = [text for text in texts if isinstance(text, str) and _number(text) is not None]
    return tuple(sorted(found))


def known_categories(values: pd.Series[Any], known: tuple[str, ...], decimal: str) -> Any:
    """A column of texts whose cells are the known categories, where they mean the same.

    "1.0" and "01" become the category "1", unless they are categories themselves.

    Parameters
    ----------
    known : the categories that look like numbers
    decimal : the sign that the file writes
    """
    categories = set(known)
    change: dict[str, str] = {}
    for text in values.dropna().unique():
        if not isinstance(text, str):  # true/false beside missing values
            continue
        number = _number(text.replace(",", ".") if decimal == "," else text)
        if text in categories or number is None:
            continue
        forms = [str(number)]
        if number.is_integer():
            forms.insert(0, str(int(number)))
        change[text] = next((form for form in forms if form in categories), text)
    return values.map(lambda cell: change.get(cell, cell), na_action="ignore")


def _number(text: str) -> float | None:
    """A text as a number that a file may hold so; None for any other text."""
    if not text.strip().lstrip("+-.")[:1].isdigit() or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 2**53 else None  # beyond it two numbers may be one
