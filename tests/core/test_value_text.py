"""Values as text: typed loosely, written exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import same
from hpo_gui.core.value_text import read_value, write_value
from tests.core.random_spaces import values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("none", None),
        ("None", None),
        ("true", True),
        ("False", False),
        ("7", 7),
        ("-7", -7),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("2.", 2.0),
        ("rbf", "rbf"),
        ("  rbf ", "rbf"),
        ("elastic net", "elastic net"),
        ("1st", "1st"),
        ('"1"', "1"),
        ("'none'", "none"),
        ("it's", "it's"),
        ("(64, 32)", (64, 32)),
        ("[64, 32]", (64, 32)),
        ("(64,)", (64,)),
        ("()", ()),
        ("((1, 2), (a, 'b, c'), [none])", ((1, 2), ("a", "b, c"), (None,))),
        ('{"a": [1, 2]}', {"a": (1, 2)}),
    ],
)
def test_a_value_is_read_as_people_type_it(text: str, value: Any) -> None:
    assert same(read_value(text), value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must stand at letter 1"),
        ("(1, 2", "must have a comma or a `)`"),
        ("(1, ", "must stand"),
        ("(1, 2]", "must have a comma or a `)`"),
        ("(1, , 2)", "must stand at letter 5"),
        ("(1) 2", "must end at letter 4"),
        ('"abc', 'has a " that is not closed'),
        ('{"a"', "has a { that is not closed"),
        ("1e999", "must be a finite number"),
        ("(" * 30, "must not be nested deeper"),
    ],
)
def test_a_text_that_is_no_value_is_refused(text: str, rule: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_value(text)
    assert rule in caught.value.rule
    assert caught.value.got == text


@given(values)
@example(("none", "true", "1", "1.5", "and", "OR", "a b", "", " ", "(", "'", '"', "{", ",", "x)"))
@example((0.1 + 0.2, 1e-300, 1e22, -0.0, 123456.0, 1 / 3))
@example({"a": {"none": True}})
def test_what_is_written_is_read_back_exactly(value: Any) -> None:
    assert same(read_value(write_value(value)), value)


@given(st.text(max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    try:
        read_value(text)
    except SpecError as error:
        assert error.got == text  # noqa: PT017 - either outcome is right
