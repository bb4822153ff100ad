"""The expression language: what it means, what it refuses, and that no text can hurt it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpo_gui.core.constraint import make_constraint
from hpo_gui.core.errors import ExpressionError
from hpo_gui.core.expression import MAX_LENGTH, parse_expression

NAMES = ("a", "b", "kernel", "learning rate")


@pytest.mark.parametrize(
    ("text", "params", "wanted"),
    [
        ("a < b", {"a": 1, "b": 2}, True),
        ("a + b <= 1", {"a": 0.5, "b": 0.5}, True),
        ("1 < a <= 3", {"a": 1}, False),
        ("1 < a <= 3", {"a": 3}, True),
        ("a < b < 1", {"a": 0, "b": 1}, False),
        ("kernel = rbf", {"kernel": "rbf"}, True),
        ("kernel == 'rbf'", {"kernel": "rbf"}, True),
        ('kernel != "poly"', {"kernel": "rbf"}, True),
        ("kernel in (rbf, poly)", {"kernel": "poly"}, True),
        ("kernel in [rbf, poly]", {"kernel": "linear"}, False),
        ("not (kernel = poly and a > 3)", {"kernel": "poly", "a": 4}, False),
        ("not not a > 3", {"a": 4}, True),
        ("a = true", {"a": True}, True),
        ("a = true", {"a": 1}, False),
        ("a = none", {"a": None}, True),
        ("a = (64, 32)", {"a": (64, 32)}, True),
        ("a != (64, 32)", {"a": (64,)}, True),
        ("`learning rate` * 2 > 1", {"learning rate": 0.6}, True),
        ("-a ** 2 = -9", {"a": 3}, True),
        ("2 ** -a = 0.5", {"a": 1}, True),
        ("a - 1 - 1 = 1", {"a": 3}, True),
        ("a / 2 / 2 = 1", {"a": 4}, True),
        ("a % 3 = 1", {"a": 4}, True),
        ("min(a, b) + max(a, b) = 3", {"a": 1, "b": 2}, True),
        ("abs(a) > 2 or b < 0", {"a": -3, "b": 1}, True),
        ("log10(a) = 2", {"a": 100}, True),
        ("a < 1e3 and a > .5", {"a": 10}, True),
    ],
)
def test_an_expression_means_what_it_says(text: str, params: dict[str, Any], wanted: bool) -> None:
    assert bool(parse_expression(text, NAMES).evaluate(params)) is wanted


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must not be empty"),
        ("   ", "must not be empty"),
        ("a <", "must have a value at the end"),
        ("a < b )", "must have an operator instead of `)` at letter 7"),
        ("(a < b", "must have `)` at the end"),
        ("a $ b", "has a sign it does not know at letter 2"),
        ("a.b(1)", "uses the function `a.b`"),
        ("__import__('os')", "uses the function `__import__`"),
        ("`missing` < 1", "uses `missing`, which is none of"),
        ("missing < 1", "has `missing` beside `<`"),
        ("a + typo < 1", "has `typo` beside `+`"),
        ("min(a) < 1", "must give `min` 2 values"),
        ("abs(a, b) < 1", "must give `abs` 1 values"),
        ("a < 'x", "has a sign it does not know"),
        ("a b", "must have an operator instead of `b`"),
        ("and", "must have a value instead of `and`"),
        ("(" * 50 + "a" + ")" * 50, "must not be nested deeper"),
        ("2 ** " * 50 + "a", "has too many powers"),
        ("a + " * 600 + "a", f"must be shorter than {MAX_LENGTH}"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_the_place(text: str, rule: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, NAMES)
    assert rule in caught.value.rule
    assert caught.value.got == text


SIGNS = "< <= = != in + - * / % ** ( ) [ ] , and or not min log $ `"
PIECES = ["a", "b", "kernel", "`learning rate`", "rbf", "1", "2.5", "'t'", "true", "none"]
pieces = st.lists(st.sampled_from([*PIECES, *SIGNS.split(" ")]), max_size=60).map(" ".join)
anything = st.one_of(pieces, st.text(max_size=80))
numbers = st.one_of(st.integers(-5, 5), st.floats(allow_nan=True), st.booleans(), st.none())


@given(anything, numbers, st.one_of(numbers, st.just("rbf")))
@example("2 ** 99999999 ** 99999999 < a", 1, 1)
@example("a " + "not " * 400 + "= 1", 1, 1)
@example("-" * 1900 + "a < 1", 1, 1)
@example("not " * 450 + "a", 1, 1)
@example("[" * 39 + "a" + "]" * 39 + " = 1", 1, 1)
@example("`" * 1000, 1, 1)
@example("'" + "x" * 1900, 1, 1)
@example("a = (", 1, 1)
@example("a % 0 < 1 / 0 ** -1", 1, 1)
@example("(1, 2)", 1, 1)
@example("a and (1, 2)", 1, 1)
@example("not (a, 1)", 1, 1)
@example("a in a in a", 1, 1)
@example("'x' and a", 1, 1)
def test_no_text_crashes_or_hangs(text: str, first: Any, second: Any) -> None:
    start = time.perf_counter()
    try:
        rule = make_constraint(text, NAMES)
        rule.holds({"a": first, "b": second, "kernel": "rbf", "learning rate": 0.1})
    except ExpressionError:
        pass
    assert time.perf_counter() - start < 1.0


@given(pieces, st.lists(st.floats(-5, 5), min_size=1, max_size=4))
def test_columns_give_the_same_answers_as_single_values(text: str, column: list[float]) -> None:
    names = ("a",)
    try:
        expression = parse_expression(text, names)
        wanted = [expression.evaluate({"a": value}) for value in column]
    except ExpressionError:
        return
    if not expression.names:
        return
    got = np.broadcast_to(np.asarray(expression.evaluate({"a": np.array(column)})), len(column))
    for one, other in zip(got, wanted, strict=True):
        assert bool(one) == bool(other) or (one != one and other != other)


def test_columns_of_mixed_values_are_compared_as_json_values() -> None:
    column = np.array(["rbf", None, True, 1, (64, 32)], dtype=object)
    at = lambda text: list(parse_expression(text, ("a",)).evaluate({"a": column}))  # noqa: E731
    assert at("a = rbf") == [True, False, False, False, False]
    assert at("a = none") == [False, True, False, False, False]
    assert at("a = 1") == [False, False, False, True, False]
    assert at("a in (true, (64, 32))") == [False, False, True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "a in k",
        "2 in k",
        "(a, b) = (1, 2)",
        "(a, b) = (b, a)",
        "(a, 2) in k",
        "k = (1, b)",
        "a = (a, 1)",
        "k = (a, x)",
    ],
)
def test_lists_of_columns_give_the_same_answers_as_lists_of_values(text: str) -> None:
    columns = {
        "a": np.array([1.0, 2.0, np.nan]),
        "b": np.array([2, 2, 1]),
        "k": np.array([(1, 2), "x", (1, (2,))], dtype=object),
    }
    expression = parse_expression(text, columns)
    rows = [{name: column.tolist()[row] for name, column in columns.items()} for row in range(3)]
    assert expression.evaluate(columns).tolist() == [bool(expression.evaluate(r)) for r in rows]


def test_arithmetic_with_text_is_refused_when_it_is_met() -> None:
    expression = parse_expression("kernel + 1 < 2", NAMES)
    with pytest.raises(ExpressionError, match="must have numbers beside"):
        expression.evaluate({"kernel": "rbf"})


def test_a_name_without_a_value_is_named() -> None:
    with pytest.raises(ExpressionError, match="`b` has no value here"):
        parse_expression("a < b", NAMES).evaluate({"a": 1})


def test_a_rule_about_an_inactive_parameter_or_none_holds() -> None:
    rule = make_constraint("a < b", NAMES)
    assert rule.holds({"a": 1})
    assert rule.holds({"a": None, "b": 1})
    assert not rule.holds({"a": 2, "b": 1})


@pytest.mark.parametrize("text", ["1 < 2", "true", "kernl = rbf"])
def test_a_constraint_must_name_a_parameter(text: str) -> None:
    with pytest.raises(ExpressionError, match="must name a parameter"):
        make_constraint(text, NAMES)


@pytest.mark.parametrize("text", ["a + 1", "(a, b)", "abs(a)"])
def test_a_constraint_must_compare_something(text: str) -> None:
    with pytest.raises(ExpressionError, match="must compare something"):
        make_constraint(text, NAMES)


@pytest.mark.parametrize("text", ["not (a, 1)", "'x' and a", "a > 1 or kernel"])
def test_only_truths_can_be_joined(text: str) -> None:
    with pytest.raises(ExpressionError, match="must have comparisons beside"):
        parse_expression(text, NAMES).evaluate({"a": 1, "kernel": "rbf"})
