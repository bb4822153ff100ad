"""Any table that is written comes back equal, whatever its separator, encoding and quotes."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import DataSpec
from hpo_gui.evaluation.dataset import make_dataset
from hpo_gui.evaluation.missing_codes import MISSING_CODES
from hpo_gui.evaluation.roles import assign_roles
from hpo_gui.evaluation.table import read_table


def is_plain(text: str) -> bool:
    """Whether pandas takes a text for nothing else."""
    special = ("true", "false", "inf", "infinity")
    return text not in MISSING_CODES and text.lower().lstrip("+-") not in special


LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéèñøABCDEFGHIJKLMNOPQRSTUVWXYZ"
names = st.lists(
    st.text(LETTERS, min_size=1, max_size=8).filter(is_plain),
    min_size=2,
    max_size=5,
    unique=True,
)
words = st.text(LETTERS + " ,;\t|'\"\n.-", min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and text.strip("-?") and is_plain(text)
)
floats = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**53), 2**53)
settled = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """Names, and columns of one kind each, some cells empty; the first column counts the rows."""
    header = draw(names)
    size = draw(st.integers(2, 12))
    columns: list[list[Any]] = [list(range(10, 10 + size))]
    for _ in header[1:]:
        kind = draw(st.sampled_from([floats, whole, words]))
        cells = kind if draw(st.booleans()) else st.one_of(st.none(), kind)
        columns.append(draw(st.lists(cells, min_size=size, max_size=size)))
    return header, columns


def write(
    header: list[str], columns: list[list[Any]], separator: str, quoting: Any, end: str
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerow(header)
    for row in zip(*columns, strict=True):
        cells = ["" if cell is None else repr(cell) if cell != str(cell) else cell for cell in row]
        writer.writerow(cells)
    return text.getvalue()


@settled
@given(
    table=tables(),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_a_table_comes_back_equal_when_its_form_is_known(
    tmp_path: Path,
    table: tuple[list[str], list[list[Any]]],
    separator: str,
    encoding: str,
    quoting: Any,
    end: str,
    packed: bool,
) -> None:
    from hpo_gui.core.spec import ReadingSpec

    header, columns = table
    data = write(header, columns, separator, quoting, end).encode(encoding)
    (tmp_path / "t.csv").write_bytes(gzip.compress(data) if packed else data)
    form = ReadingSpec(separator=separator, encoding=encoding, decimal=".", header=True)
    check_equal(read_table("t.csv", tmp_path, form).frame, header, columns)


def check_equal(frame: Any, header: list[str], columns: list[list[Any]]) -> None:
    assert list(frame.columns) == header
    for name, cells in zip(header, columns, strict=True):
        assert frame[name].isna().tolist() == [cell is None for cell in cells]
        back = [got for got in frame[name].tolist() if got == got and got is not None]
        assert back == [cell for cell in cells if cell is not None]


plain_words = st.text(LETTERS, min_size=2, max_size=8).filter(is_plain)


@st.composite
def clear_tables(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """Tables that a person would recognise: numbers below names, words without separators."""
    header, size = draw(names), draw(st.integers(5, 12))
    columns: list[list[Any]] = [[index + 0.5 for index in range(size)]]
    for _ in header[1:]:
        kind = draw(st.sampled_from([st.integers(0, 9999), plain_words]))
        columns.append(draw(st.lists(kind, min_size=size, max_size=size)))
    return header, columns


@settled
@given(
    table=clear_tables(),
    separator=st.sampled_from([",", ";", "\t", "|", " "]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    comma=st.booleans(),
)
def test_the_form_of_a_clear_table_is_found(
    tmp_path: Path,
    table: tuple[list[str], list[list[Any]]],
    separator: str,
    encoding: str,
    quoting: Any,
    comma: bool,
) -> None:
    header, columns = table
    comma = comma and separator != ","
    shown = [[str(x).replace(".", "," if comma else ".") for x in column] for column in columns]
    data = write(header, shown, separator, quoting, "\n").encode(encoding)
    (tmp_path / "t.csv").write_bytes(data)
    table_read = read_table("t.csv", tmp_path)
    assert table_read.reading.separator == separator
    assert table_read.reading.header is True
    check_equal(table_read.frame, header, columns)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_read_or_refused_but_never_crash(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    try:
        table = read_table("t.csv", tmp_path)
    except DataError:
        return
    assert table.rows > 0
    assert len(set(table.column_names)) == len(table.columns)
    check_usable(table)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text('ab1,.;\n"-?NA ', max_size=120))
def test_any_text_like_a_table_is_read_or_refused_but_never_crashes(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    try:
        table = read_table("t.csv", tmp_path)
    except DataError:
        return
    assert table.rows > 0
    check_usable(table)


def check_usable(table: Any) -> None:
    """Roles are always assigned; a dataset is made or refused with a reason."""
    roles = assign_roles(table, DataSpec("t.csv"))
    assert len(roles.columns) == len(table.columns)
    if any(notice.level == "error" for notice in roles.notices):
        with pytest.raises(DataError):
            make_dataset(table, DataSpec("t.csv"), 0)
        return
    try:
        dataset = make_dataset(table, DataSpec("t.csv"), 0)
    except DataError:
        return
    assert len(dataset.target) == len(dataset.frame) > 1
