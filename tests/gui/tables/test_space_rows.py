"""The rows of the search-space table: texts to parameters and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.value import same
from hpo_gui.gui.tables.condition_completer import proposals
from hpo_gui.gui.tables.space_preview import preview
from hpo_gui.gui.tables.space_reading import Reading, read_rows
from hpo_gui.gui.tables.space_rows import (
    ParameterRow,
    add_choice,
    change_kind,
    guess_row,
    read_row,
    remove_choice,
    row_of,
)
from tests.core.random_spaces import parameters


@given(parameters())
def test_a_parameter_comes_back_from_its_row(parameter: Parameter) -> None:
    read, errors = read_row(row_of(parameter))
    assert errors == {}
    assert read == parameter


@given(parameters())
def test_every_parameter_has_bars(parameter: Parameter) -> None:
    bars = preview(parameter)
    assert 1 <= len(bars.heights) <= 40
    assert max(bars.heights) == 1.0
    assert all(0.0 <= height <= 1.0 for height in bars.heights)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("int", Int("x", 1, 10)),
        ("categorical", Categorical("x", (0.5, 2.875, 5.25, 7.625, 10.0))),
        ("ordinal", Ordinal("x", (0.5, 2.875, 5.25, 7.625, 10.0))),
        ("float", Float("x", 0.5, 10)),
    ],
)
def test_another_type_keeps_the_values(kind: str, wanted: Parameter) -> None:
    row = row_of(Float("x", 0.5, 10))
    changed = change_kind(row, kind)  # type: ignore[arg-type]  # one of the four
    if kind == "int":
        changed = replace(changed, low="1")
    assert read_row(changed)[0] == wanted


def test_a_list_of_numbers_becomes_the_range_that_holds_them() -> None:
    row = row_of(Categorical("x", (3, 1, 20)))
    assert read_row(change_kind(row, "int"))[0] == Int("x", 1, 20)
    words = row_of(Categorical("x", ("a", "b")))
    assert read_row(change_kind(words, "float"))[0] == Float("x", 0, 1)


@pytest.mark.parametrize(
    ("default", "wanted"),
    [
        (True, Categorical("x", (True, False))),
        (100, Int("x", 10, 1000, log=True)),
        (0, Int("x", 0, 10)),
        (-1, Int("x", -1, 9)),
        (0.5, Float("x", 0.05, 5, log=True)),
        (0.0, Float("x", 0, 1)),
        ("auto", Categorical("x", ("auto",))),
        (None, Categorical("x", (None,))),
    ],
)
def test_a_default_suggests_a_range(default: object, wanted: Parameter) -> None:
    row = guess_row("x", default)
    assert not row.tuned
    assert read_row(replace(row, tuned=True))[0] == wanted


def test_choices_are_added_once_and_removed_with_their_start() -> None:
    row = row_of(Categorical("x", ("a", 1), default="a"))
    row, problem = add_choice(row, "true")
    assert (row.choices, problem) == (("a", 1, True), "")
    assert "already" in add_choice(row, "1.0")[1]
    assert add_choice(row, "(1,")[1]
    assert remove_choice(row, 0).start == ""
    assert remove_choice(row, 1).start == "a"


def test_a_wrong_row_keeps_its_last_good_parameter() -> None:
    rows = [row_of(Int("a", 1, 5)), row_of(Int("b", 1, 5))]
    good = read_rows(rows, [])
    wrong = read_rows([replace(rows[0], low="9"), replace(rows[1], high="7")], [], good)
    assert wrong.parameters == (Int("a", 1, 5), Int("b", 1, 7))
    assert list(wrong.errors) == [(0, "low")]
    assert wrong.applies


def test_a_row_that_never_was_right_is_left_out() -> None:
    reading = read_rows([ParameterRow("a"), row_of(Int("b", 1, 5))], [])
    assert reading.parameters == (Int("b", 1, 5),)
    assert set(reading.errors) == {(0, "low"), (0, "high")}


def test_two_rows_of_one_name_are_told() -> None:
    reading = read_rows([row_of(Int("a", 1, 5)), row_of(Int("a", 1, 6))], [])
    assert reading.parameters == (Int("a", 1, 5),)
    assert "different from all other names" in reading.errors[1, "name"]


def test_a_ring_of_conditions_is_told_at_each_of_them() -> None:
    rows = [
        row_of(Int("a", 1, 5, when={"b": (1,)})),
        row_of(Int("b", 1, 5, when={"a": (1,)})),
    ]
    reading = read_rows(rows, [])
    assert reading.parameters is None
    assert set(reading.errors) == {(0, "when"), (1, "when")}


def test_a_condition_that_does_not_fit_goes_back_to_its_last_good_form() -> None:
    rows = [row_of(Categorical("k", ("x", "y"))), row_of(Int("b", 1, 5, when={"k": ("x",)}))]
    good = read_rows(rows, [])
    wrong = read_rows([rows[0], replace(rows[1], when="k = z")], [], good)
    assert wrong.parameters == good.parameters
    assert "must be one of x, y" in wrong.errors[1, "when"]


def test_fixed_values_are_read_and_told() -> None:
    rows = [
        ParameterRow("a", tuned=False, value="(64, 32)"),
        ParameterRow("b", tuned=False, value="(1"),
        ParameterRow("c", tuned=False),
    ]
    reading = read_rows(rows, [])
    assert same(reading.fixed["a"], (64, 32))
    assert list(reading.fixed) == ["a"]
    assert list(reading.errors) == [(1, "value")]


def test_constraints_are_checked_one_by_one() -> None:
    reading = read_rows([row_of(Int("a", 1, 5))], ["a < 3", "a <", "b < 3"])
    assert set(reading.rule_errors) == {1, 2}
    assert not reading.applies
    assert len(reading.sentences) == 2
    assert Reading().applies


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("", ["kernel = rbf", "kernel = poly", "`my flag` = true"]),
        ("KER", ["kernel = rbf", "kernel = poly"]),
        ("kernel = p", ["kernel = poly"]),
        ("kernel = rbf or ", ["kernel = rbf or poly"]),
        ("kernel = rbf and my", ["kernel = rbf and `my flag` = true"]),
        ("`my flag` =", ["`my flag` = true"]),
        ("nothing = ", []),
    ],
)
def test_conditions_are_completed(text: str, offered: list[str]) -> None:
    assert proposals(text, {"kernel": ["rbf", "poly"], "my flag": ["true"]}) == offered
