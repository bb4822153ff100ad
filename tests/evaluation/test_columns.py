"""What columns hold: types, missing values, distributions; found quickly, whatever the size."""

import time

import numpy as np
import pandas as pd
import pytest

from hpo_gui.evaluation.columns import Column, describe_columns
from hpo_gui.evaluation.distribution import show_number
from hpo_gui.evaluation.plain_values import plain_frame


def look(values: object, name: str = "x") -> Column:
    plain, _ = plain_frame(pd.DataFrame({name: values}))
    return describe_columns(plain)[0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, 2.5, None], "number"),
        ([1, 2, 3], "number"),
        (["a", "b", None], "category"),
        ([True, False, True], "category"),
        ([True, None, False], "category"),
        (["2020-01-01", "2020-01-02", "2020-01-05"], "date"),
        (["1.2.2020", "31.12.2020", "5.6.2021"], "date"),
        (["12/31/2020", "1/2/2021", "3/4/2021"], "date"),
        (["31/12/2020", "1/2/2021", "3/4/2021"], "date"),
        (["2020/01/01", "2020/02/01"], "date"),
        (["2020-01-01 10:00", "2020-01-01 11:30"], "date"),
        (["Jan 5, 2020", "Feb 6, 2021"], "date"),
        (["5-Jan-2020", "16-Feb-2021"], "date"),
        (pd.to_datetime(["2020-01-01", "2020-02-01"]), "date"),
        ([f"{i}" for i in range(30)], "number"),
        ([f" {i}.5 " for i in range(30)], "number"),
        (["1-2 years", "2-3 years", "3-4 years"], "category"),
        (["10-20", "20-30", "30-40"], "category"),
        ([None, None], "number"),
        ([f"a long remark about bird {i}" for i in range(60)], "text"),
        ([f"town {i % 40}" for i in range(400)], "category"),
    ],
)
def test_the_type_of_a_column_is_found(values: object, kind: str) -> None:
    assert look(values).type == kind


def test_how_dates_are_written_is_kept() -> None:
    assert look(["2020-01-01", "2020-01-02"]).date_format == "ISO8601"
    assert look(["31/12/2020", "1/2/2021"]).date_format == "%d/%m/%Y"
    assert look(pd.to_datetime(["2020-01-01", "2020-02-01"])).date_format is None


def test_missing_and_distinct_values_are_counted() -> None:
    column = look([1.0, 2.0, 2.0, None, np.inf, -np.inf])
    assert (column.rows, column.missing, column.distinct, column.infinite) == (6, 1, 2, 2)
    assert column.filled == 5
    assert (column.low, column.high) == (1, 2)
    column = look(["a", "b", None, "a"])
    assert (column.rows, column.missing, column.distinct, column.rarest) == (4, 1, 2, 1)


def test_whole_and_ordered_numbers_are_recognised() -> None:
    assert look([1, 2, 3]).whole
    assert look([1.0, 2.0, None]).whole
    assert not look([1.0, 2.5]).whole
    assert look([1, 2, 2]).ordered
    assert not look([2, 1, 3]).ordered
    assert not look([1.0, None, 2.0]).ordered
    assert look(["2020-01-01", "2020-01-01", "2020-01-03"]).ordered


def test_a_histogram_has_equal_bars_up_to_one() -> None:
    column = look(np.random.default_rng(0).normal(size=500))
    assert column.bar_kind == "histogram"
    assert 5 <= len(column.bars) <= 24
    assert max(column.bars) == 1
    assert min(column.bars) >= 0


def test_few_different_numbers_get_a_bar_each() -> None:
    column = look([2007] * 110 + [2008] * 114 + [2009] * 120)
    assert column.bar_kind == "categories"
    assert column.bars == (110 / 120, 114 / 120, 1.0)
    assert column.top == (("2009", 120), ("2008", 114), ("2007", 110))


def test_a_few_categories_are_drawn_in_their_order() -> None:
    column = look(["b"] * 2 + ["a"] * 4 + ["c"])
    assert column.bars == (1.0, 0.5, 0.25)
    assert column.top == (("a", 4), ("b", 2), ("c", 1))
    assert column.examples == ("b", "a", "c")


def test_many_categories_are_drawn_by_size() -> None:
    values = [f"{letter}" * 3 for index, letter in enumerate("abcdefghijklmnopqrst")] * 3
    column = look([*values, "aaa"])
    assert len(column.bars) == 20
    assert column.bars[0] == 1.0
    assert list(column.bars) == sorted(column.bars, reverse=True)


def test_a_constant_column_has_one_bar() -> None:
    assert look([5.0] * 30).bars == (1.0,)
    assert look(["x"] * 30).bars == (1.0,)


def test_a_column_without_values_has_no_bars() -> None:
    column = look([None, np.nan, None])
    assert (column.missing, column.distinct, column.bars, column.low) == (3, 0, (), None)


def test_numbers_of_any_size_have_a_histogram() -> None:
    column = look([-1e308, 1e308] * 10 + [float(i) for i in range(20)])
    assert column.bars == (1.0,)
    assert look([1e-320 * i for i in range(1, 40)]).bars


def test_a_few_texts_among_numbers_are_odd_and_missing() -> None:
    column = look([str(i) for i in range(99)] + ["unknown"])
    assert column.type == "number"
    assert column.odd == ("unknown",)
    assert column.odd_count == 1
    assert column.missing == 1


def test_many_texts_among_numbers_make_it_a_category() -> None:
    column = look([str(i % 20) for i in range(80)] + ["unknown"] * 20)
    assert column.type == "category"
    assert column.number_share == 0.8


def test_true_and_false_count_as_numbers_too() -> None:
    assert look([True, False, None]).number_share == 1
    assert look(["yes", "no"]).number_share == 0


def test_numbers_are_shown_as_people_write_them() -> None:
    assert [show_number(x) for x in (3.0, 3, 0.1, 1e20, 2.5e-7)] == [
        "3",
        "3",
        "0.1",
        "1e+20",
        "2.5e-07",
    ]


def test_five_thousand_columns_take_no_more_than_seconds() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 5000)), columns=[f"x{i}" for i in range(5000)])
    start = time.process_time()
    columns = describe_columns(frame)
    assert time.process_time() - start < 4  # 0.7 s on a quiet computer
    assert len(columns) == 5000


def test_a_million_rows_take_no_more_than_seconds() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=10**6), "c": rng.choice(["a", "b"], 10**6)})
    start = time.process_time()
    number, category = describe_columns(frame)
    assert time.process_time() - start < 3  # 0.3 s on a quiet computer
    assert number.distinct > 999_000
    assert category.top[0][1] + category.top[1][1] == 10**6
