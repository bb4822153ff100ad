"""Text tables: CSV, TSV and their relatives, in any encoding, with any separator."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.encoding import TITLES, check_encoding, find_encoding
from hpo_gui.evaluation.missing_codes import MISSING_CODES
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.sniffing import (
    LOOKED_AT,
    find_decimal,
    find_header,
    find_separator,
    split_lines,
)

if TYPE_CHECKING:
    import pandas as pd

MAX_BAD_SHARE = 0.05  # of the lines may have too many cells; they are left out
NAMED = 5  # bad lines named in a notice


def read_delimited(
    raw: bytes, file: str, reading: ReadingSpec
) -> tuple[pd.DataFrame, ReadingSpec, tuple[Notice, ...]]:
    """Read a text table.

    Parameters
    ----------
    raw : the bytes of the file
    file : its name, for messages
    reading : what is known already; the rest is found by looking

    Returns
    -------
    frame, the reading as used, notices

    Raises
    ------
    DataError : no text, no rows, or lines that cannot be told apart
    """
    encoding = reading.encoding
    if encoding is None:
        encoding = find_encoding(raw, file)
    else:
        check_encoding(raw, encoding, file)
    head = _decode_head(raw, encoding)
    if not head.strip():
        raise DataError(file, "is empty", remedy="Choose a file with a header and rows.")
    separator = reading.separator if reading.separator is not None else find_separator(head)
    _check_separator(separator)
    rows = split_lines(head, separator)
    header = reading.header if reading.header is not None else find_header(rows)
    used = msgspec.structs.replace(
        reading,
        encoding=encoding,
        separator=separator,
        decimal=reading.decimal or find_decimal(rows, separator),
        header=header,
    )
    frame, notices = _parse(raw, head, file, used)
    if not len(frame):
        raise DataError(
            file,
            "must have rows below its header",
            tuple(frame.columns[:5]),
            remedy="If the first line holds values, turn the header off in the reading options.",
        )
    return frame, used, (*_about_encoding(reading, encoding), *notices)


def _decode_head(raw: bytes, encoding: str) -> str:
    return raw[: 4 * LOOKED_AT].decode(encoding, errors="ignore")[: LOOKED_AT + 1]


def _check_separator(separator: str) -> None:
    if len(separator) != 1 or separator in '"\r\n':
        raise DataError(
            "data.reading.separator",
            "must be one character",
            separator,
            remedy="Use a comma, a semicolon, a tab (\\t), a bar or a space (for runs of spaces).",
        )


def _about_encoding(asked: ReadingSpec, encoding: str) -> tuple[Notice, ...]:
    if asked.encoding is not None or encoding.startswith("utf"):
        return ()
    text = "it is not UTF-8; if letters look wrong, choose another encoding in Reading options."
    return (Notice("info", f"Read as {TITLES[encoding]}:", text),)


def _parse(
    raw: bytes, head: str, file: str, used: ReadingSpec
) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Read all rows; where quotes do not close, once more with quotes as plain characters."""
    import pandas as pd

    try:
        return _read_rows(raw, head, used, quotes=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        broken = _broken_line(str(error))
        if "EOF inside string" not in str(error):
            raise _unreadable(file, str(error), broken) from error
        line = broken + (1 if used.header else 0)
    frame, notices = _read_rows(raw, head, used, quotes=False)
    if any(notice.level == "error" for notice in notices):
        raise DataError(
            file,
            f"must close every quote; one that opens near line {line} never ends",
            remedy='Add the missing " in that line, or remove it.',
        )
    text = f"near line {line}; quotes were read as plain characters."
    return frame, (*notices, Notice("warning", "A quote is never closed", text))


def _unreadable(file: str, message: str, line: int) -> DataError:
    rule = f"cannot be split into rows and cells near line {line}" if line else "cannot be read"
    reason = message.replace("Error tokenizing data. C error: ", "").strip()
    return DataError(file, rule, reason, remedy="Check the separator in the reading options.")


def _broken_line(message: str) -> int:
    """The line that pandas names in an error, counted from 1."""
    found = re.search(r"(?:row|line) (\d+)", message)
    return int(found.group(1)) + ("row" in message) if found else 0


def _read_rows(
    raw: bytes, head: str, used: ReadingSpec, *, quotes: bool
) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    import pandas as pd

    options: dict[str, Any] = {
        "sep": r"\s+" if used.separator == " " else used.separator,
        "encoding": used.encoding,
        "decimal": used.decimal,
        "low_memory": False,
        "on_bad_lines": "warn",
        "keep_default_na": False,
        "na_values": sorted(MISSING_CODES if used.missing is None else {"", *used.missing}),
        "quoting": 0 if quotes else 3,
        "index_col": False,
        "header": 0 if used.header else None,
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = pd.read_csv(io.BytesIO(raw), **options)
    return frame, _about_bad_lines([str(item.message) for item in caught], len(frame))


def _about_bad_lines(messages: list[str], rows: int) -> tuple[Notice, ...]:
    lines = re.findall(r"Skipping line (\d+)", "\n".join(messages))
    if not lines:
        return ()
    level: Literal["warning", "error"] = (
        "warning" if len(lines) <= MAX_BAD_SHARE * (rows + len(lines)) else "error"
    )
    named = ", ".join(lines[:NAMED]) + (" …" if len(lines) > NAMED else "")
    count = f"{len(lines)} line{'s' if len(lines) > 1 else ''} left out"
    return (Notice(level, count, f"(too many cells): {named}."),)
