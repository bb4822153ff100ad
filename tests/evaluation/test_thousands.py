"""Thousands points: read as such where the file's decimal sign is a comma, and never silently."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hpo_gui.core.spec import DataSpec, ReadingSpec
from hpo_gui.evaluation.dataset import make_dataset
from hpo_gui.evaluation.sniffing import find_decimal
from hpo_gui.evaluation.table import Table, make_table
from hpo_gui.evaluation.table_record import TableRecord
from tests.evaluation.test_table import heads, read

COMMA = ReadingSpec(decimal=",")


def table_of(cells: list[object], record: TableRecord | None = None) -> Table:
    """A table of one column of texts, in a file whose decimal sign is a comma."""
    frame = pd.DataFrame({"price": pd.Series(cells, dtype=object)})
    return make_table(frame, reading=COMMA, record=record or TableRecord())


def prices(table: Table) -> list[object]:
    return table.frame["price"].tolist()


def german(name: str, cells: list[str]) -> str:
    rows = [f"{cell};0,{index + 100};{index % 2}" for index, cell in enumerate(cells)]
    return "\n".join([f"{name};w;y", *rows]) + "\n"


def test_thousands_points_are_numbers_a_thousand_times_as_great(tmp_path: Path) -> None:
    table = read(tmp_path, german("price", ["25.563", "790", "15.480", "-1.234.567"]))
    assert prices(table) == [25563, 790, 15480, -1234567]
    assert table.column("price").type == "number"
    assert table.points == {"price": True}
    about = next(notice for notice in table.notices if notice.column == "price")
    assert (about.level, about.head) == ("info", "Thousands points")
    assert "“25.563” is read as 25563" in about.text


def test_the_rows_to_learn_from_hold_the_same_numbers(tmp_path: Path) -> None:
    cells = [f"{number:,}".replace(",", ".") for number in range(310, 24000, 1000)]
    table = read(tmp_path, german("price", cells))
    dataset = make_dataset(table, DataSpec("data.csv", target="y"), 0)
    assert dataset.frame["price"].tolist() == [float(n) for n in range(310, 24000, 1000)]
    assert dataset.record is not None
    assert dataset.record.points == {"price": True, "w": False}, "0,100 is a fraction"


def test_a_file_of_thousands_and_few_commas_has_a_decimal_comma(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b;w\n25.563;1.200;0,5\n15.480;3.100;0,25\n")
    assert table.reading.decimal == ","
    assert table.frame.to_dict("list") == {
        "a": [25563, 15480],
        "b": [1200, 3100],
        "w": [0.5, 0.25],
    }


@pytest.mark.parametrize(
    "cells",
    [
        ["25.563", "1.5"],
        ["25.563", "1.2345"],
        ["25.563", "1563"],
        ["25.563", "0.125"],
        ["25.563", "1e3"],
        ["0.123", "0.456"],
    ],
)
def test_one_other_number_says_that_points_are_decimal_points(cells: list[str]) -> None:
    table = table_of(cells)
    assert prices(table) == cells
    assert table.points == {"price": False}
    assert "info: Thousands points" not in heads(table)


@pytest.mark.parametrize(
    "cells",
    [["red", "blue"], ["12.11.2023", "13.11.2023"], ["790", "x"], ["a", "b", "c", "1.234"]],
)
def test_columns_of_no_such_numbers_stay_as_they_are(cells: list[str]) -> None:
    table = table_of(cells)
    assert prices(table) == cells
    assert table.points == {}


def test_missing_and_odd_cells_are_no_reason_against_thousands_points() -> None:
    numbers = [f"{n}.000" for n in range(1, 41)]
    table = table_of([*numbers, None])
    assert prices(table)[:40] == [1000.0 * n for n in range(1, 41)]
    odd = table_of([*numbers, "on request"])
    assert odd.column("price").type == "number"
    assert odd.column("price").odd == ("on request",)
    assert odd.column("price").high == 40000


def test_points_and_commas_in_a_file_with_decimal_points_stay_as_they_are(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n25.563,"1,234"\n1.480,"2,500"\n')
    assert table.frame.to_dict("list") == {"a": [25.563, 1.48], "b": ["1,234", "2,500"]}
    tabs = read(tmp_path, "a\tb\n25.563\t1,234\n1.480\t2,500\n")
    assert tabs.reading.decimal == "."


def test_what_an_earlier_table_has_shown_decides() -> None:
    thousands = TableRecord(points={"price": True})
    assert prices(table_of(["1.500", "1563"], thousands)) == [1500, 1563]
    assert prices(table_of(["1.500", "?", "??"], thousands)) == ["1500", "?", "??"]
    assert prices(table_of(["1.500", "2.5"], thousands)) == ["1.500", "2.5"]
    points = TableRecord(points={"price": False})
    assert prices(table_of(["48.137"], points)) == ["48.137"]
    category = TableRecord(categories={"price": ()})
    assert prices(table_of(["48.137"], category)) == ["48.137"]


def test_the_usual_decimal_sign_holds_for_rows_that_do_not_show_theirs() -> None:
    assert find_decimal([["25.563", "7"]], ";") == "."
    assert find_decimal([["25.563", "7"]], ";", ",") == ","
    assert find_decimal([["2.5", "7"]], ";", ",") == "."
    assert find_decimal([["2,5", "7"]], ";", ".") == ","
    assert find_decimal([["25.563", "7"]], ",", ",") == "."
