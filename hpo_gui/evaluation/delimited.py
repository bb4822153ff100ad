"""Text tables: CSV, TSV and their relatives, in any encoding, with any separator."""

from __future__ import annotations

import collections
import csv
import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Collection, Hashable
from typing import TYPE_CHECKING, Any

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.encoding import TITLES, check_encoding, find_encoding
from hpo_gui.evaluation.missing_codes import MISSING_CODES
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.plain_values import number_of
from hpo_gui.evaluation.size_limits import check_columns
from hpo_gui.evaluation.sniffing import (
    Layout,
    find_decimal,
    find_layout,
    find_separator,
    split_at_line_ends,
)
from hpo_gui.evaluation.table_record import NO_RECORD, TableRecord

if TYPE_CHECKING:
    import pandas as pd

LOOKED_AT = 1 << 17  # bytes at the beginning that are looked at …
LOOKED_AT_LINES = 20  # … or so many lines, when they are long …
LOOKED_AT_MOST = 1 << 24  # … but never more than this
MAX_BAD_SHARE = 0.05  # of the lines may have too many cells; they are left out
NAMED = 5  # bad lines named in a notice

Result = tuple["pd.DataFrame", tuple[Notice, ...]]


def read_delimited(
    raw: bytes, file: str, reading: ReadingSpec, record: TableRecord = NO_RECORD
) -> tuple[pd.DataFrame, ReadingSpec, tuple[Notice, ...]]:
    """Read a text table.

    Parameters
    ----------
    raw : the bytes of the file
    file : its name, for messages
    reading : what is known already; the rest is found by looking
    record : of an earlier table of the same kind; columns that held categories there are texts

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
    _check_kind(head, file)
    separator = find_separator(head) if reading.separator is None else reading.separator
    _check_separator(separator)
    layout = find_layout(head, separator, reading.header)
    check_columns(max(map(len, layout.rows), default=0), file)
    used = msgspec.structs.replace(
        reading,
        encoding=encoding,
        separator=separator,
        decimal=reading.decimal or find_decimal(layout.rows, separator, record.decimal),
        header=layout.header,
    )
    frame, notices = _parse(raw, file, used, layout, tuple(record.categories))
    if not len(frame):
        raise DataError(
            file,
            "must have rows below its header",
            tuple(map(str, frame.columns[:NAMED])),
            remedy="If the first line holds values, turn the header off in the reading options.",
        )
    return frame, used, (*_about_encoding(reading, encoding), *_about_layout(layout), *notices)


def _decode_head(raw: bytes, encoding: str) -> str:
    """The first lines, whole ones only."""
    end = -1
    for _ in range(LOOKED_AT_LINES):
        end = raw.find(b"\n", end + 1)
        if end < 0:
            end = len(raw)
            break
    size = min(max(end + 4, LOOKED_AT), LOOKED_AT_MOST)
    head = raw[:size].decode(encoding, errors="ignore").removeprefix("\ufeff")
    if size < len(raw):
        head = head[: head.rfind("\n") + 1] or head
    return head


def _check_kind(head: str, file: str) -> None:
    """Raise `DataError` for texts that are no tables."""
    text = head.lstrip()
    if not text:
        raise DataError(file, "is empty", remedy="Choose a file with a header and rows.")
    if re.match(r"<(!doctype|html|\?xml|svg)", text, re.IGNORECASE):
        raise DataError(
            file,
            "must be a table, but is a web page or XML",
            text[:40],
            remedy="Download the file itself, not the page that shows it.",
        )
    if text[0] in "{[" and _starts_json(text):
        raise DataError(
            file, "must be a table, but is JSON", text[:40], remedy="Save it as CSV or Parquet."
        )


def _starts_json(text: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text.rstrip()) - 1 > 1  # cut off, but good so far
    except (RecursionError, ValueError):  # so many brackets, or digits, and all of it JSON so far
        return True
    return True


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


def _about_layout(layout: Layout) -> tuple[Notice, ...]:
    notices = []
    if layout.skip:
        lines = "1 line" if layout.skip == 1 else f"{layout.skip} lines"
        notices.append(Notice("info", f"{lines} before the table", "left out."))
    if layout.names:
        text = "has no name in the header and is called `row`."
        notices.append(Notice("info", "The first column", text))
    if layout.header and layout.rows:
        first = ("row",) if layout.names else ()
        counts = Counter(name for name in (*first, *layout.rows[0]) if name)
        twice = [f"`{name}`" for name, count in counts.items() if count > 1]
        if twice:
            more = " …" if len(twice) > NAMED else ""
            text = f"{', '.join(twice[:NAMED])}{more}; the later ones get a number (`name.1`)."
            notices.append(Notice("warning", "Column names that occur twice:", text))
    return tuple(notices)


def _parse(
    raw: bytes, file: str, used: ReadingSpec, layout: Layout, texts: tuple[str, ...]
) -> Result:
    """Read all rows; where quotes do not close, once more with quotes as plain characters."""
    import pandas as pd

    try:
        frame, notices = _read_rows(raw, file, used, layout, texts)
    except pd.errors.EmptyDataError as error:
        raise DataError(file, "has no columns", remedy="Choose another file.") from error
    except pd.errors.ParserError as error:
        found = re.search(r"EOF inside string starting at row (\d+)", str(error))
        if not found:
            raise _unreadable(file, str(error)) from error
        where = f"near line {int(found.group(1)) + 1}"
        return _read_unquoted(raw, file, used, layout, texts, where)
    if _swallows_lines(raw, used, layout, len(frame)):
        where = "where lines seem to run together"
        return _read_unquoted(raw, file, used, layout, texts, where)
    return frame, notices


def _unreadable(file: str, message: str) -> DataError:
    found = re.search(r"line (\d+)", message)
    rule = f"cannot be split into cells in line {found.group(1)}" if found else "cannot be read"
    reason = message.replace("Error tokenizing data. C error: ", "").strip()
    return DataError(file, rule, reason, remedy="Check the separator in the reading options.")


def _swallows_lines(raw: bytes, used: ReadingSpec, layout: Layout, rows: int) -> bool:
    """Whether two stray quotes have made one row of several lines.

    Cells with line breaks are fine. But here a quote ends in the middle of a cell, and every
    single line has as many separators as a whole row must have.
    """
    if b'"' not in raw or used.separator in (None, " ") or len(layout.rows) < 2:
        return False
    if raw.count(b"\n") <= rows + layout.skip + 1:
        return False
    lines = split_at_line_ends(raw.decode(used.encoding or "utf-8"))[layout.skip :]
    counts = {line.count(used.separator) for line in lines if line.strip()}
    if counts != {len(layout.rows[0]) - 1}:
        return False
    try:
        collections.deque(csv.reader(lines, delimiter=used.separator, strict=True), maxlen=0)
    except csv.Error as error:
        return "expected after" in str(error)
    return False


def _read_unquoted(
    raw: bytes, file: str, used: ReadingSpec, layout: Layout, texts: tuple[str, ...], where: str
) -> Result:
    """Read with quotes as plain characters; `DataError` when they were needed."""
    import pandas as pd

    try:
        frame, notices = _read_rows(raw, file, used, layout, texts, quotes=False)
    except (DataError, pd.errors.ParserError) as error:
        raise DataError(
            file,
            f"must close every quote, but one is left open {where}",
            remedy='Add the missing " in that line, or remove it.',
        ) from error
    frame = frame.rename(columns=lambda name: name.strip('"') if isinstance(name, str) else name)
    frame = frame.apply(lambda values: _strip_quotes(values, values.name in texts))
    text = f"{where}; quotes were read as plain characters."
    return frame, (*notices, Notice("warning", "A quote is never closed", text))


def _strip_quotes(values: pd.Series[Any], text: bool) -> pd.Series[Any]:
    """Texts without the quotes around them; numbers where all of them are numbers then."""
    if values.dtype.kind != "O":
        return values
    # NOTE: a whole number beyond 64 bits stands among objects too
    bare = values.map(lambda cell: cell.strip('"') if isinstance(cell, str) else cell)
    return bare if text else _as_numbers(bare)


def _as_numbers(texts: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts as numbers, if all of them are numbers."""
    import pandas as pd

    numbers: pd.Series[Any] = pd.to_numeric(texts, errors="coerce")
    return numbers if numbers.isna().sum() == texts.isna().sum() else texts


def _read_overflowing(frame: pd.DataFrame, texts: Collection[Hashable]) -> None:
    """Turn whole numbers beyond 64 bits, left as texts by older versions of pandas, to floats."""
    for name in frame.columns[frame.dtypes.map(lambda dtype: dtype.kind == "O").to_numpy()]:
        first = [] if name in texts else frame[name].dropna().head(1).tolist()
        if first and isinstance(first[0], str) and first[0].strip("+- ").isdecimal():
            frame[name] = _as_numbers(frame[name])


def _types_of(
    texts: tuple[str, ...], used: ReadingSpec, layout: Layout, quotes: bool
) -> dict[Hashable, Any]:
    """The types of the columns that are read as texts, by their names in the file."""
    if not used.header:  # they are called so only later
        numbers = map(number_of, texts)
        return {number: str for number in numbers if number is not None}
    counts = Counter(layout.rows[0] if layout.rows else ())
    names = [name for name in texts if counts[name] < 2]  # pandas would take all of one name
    return dict.fromkeys(names if quotes else (*names, *(f'"{name}"' for name in names)), str)


def _read_rows(
    raw: bytes,
    file: str,
    used: ReadingSpec,
    layout: Layout,
    texts: tuple[str, ...],
    *,
    quotes: bool = True,
) -> Result:
    import pandas as pd

    types = _types_of(texts, used, layout, quotes)
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
        "names": layout.names,
        "skiprows": layout.skip,
        "dtype": types,
    }
    older = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)
    if older:
        options["float_precision"] = "round_trip"  # later versions are exact by themselves
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = pd.read_csv(io.BytesIO(raw), **options)
    if older:
        _read_overflowing(frame, types)
    messages = "\n".join(str(item.message) for item in caught)
    lines = re.findall(r"Skipping line (\d+)", messages)
    if "Length of header" in messages and not layout.trailing:
        if not quotes:
            raise DataError(file, "must have as many cells in each line as in its header")
        frame = frame.iloc[1:]  # the one line that pandas cuts off instead of skipping it
        lines.insert(0, str(layout.skip + 1 + layout.header))
    return frame, _about_bad_lines(lines, file, len(frame), b'"' in raw)


def _about_bad_lines(
    lines: list[str], file: str, rows: int, has_quotes: bool
) -> tuple[Notice, ...]:
    """A notice on lines left out; `DataError` when they are too many to be accidents."""
    if not lines:
        return ()
    named = ", ".join(lines[:NAMED]) + (" …" if len(lines) > NAMED else "")
    if len(lines) > max(1, MAX_BAD_SHARE * (rows + len(lines))):
        raise DataError(
            file,
            f"must have equally many cells in each line; lines {named} have too many",
            f"{len(lines)} of {rows + len(lines)} lines",
            remedy="Check the separator and the quotes, or mend those lines.",
        )
    head = f"{len(lines)} line{'s' if len(lines) > 1 else ''} left out:"
    advice = "; is a quote missing there?" if has_quotes else "."
    return (Notice("warning", head, f"too many cells (line {named}){advice}"),)
