"""Conditions: written for people, read back exactly, refused when they make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpo_gui.core.condition import format_condition, is_active, parse_condition
from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import same
from tests.core.random_spaces import names, values

conditions = st.dictionaries(
    names, st.lists(values, min_size=1, max_size=3).map(tuple), max_size=3
)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("", {}),
        ("   ", {}),
        ("kernel = rbf", {"kernel": ("rbf",)}),
        ("kernel = rbf or poly", {"kernel": ("rbf", "poly")}),
        ("kernel == 'rbf' and shrinking = true", {"kernel": ("rbf",), "shrinking": (True,)}),
        ("degree = 2 or 3 or none", {"degree": (2, 3, None)}),
        ("layers = (64, 32) or (16,)", {"layers": ((64, 32), (16,))}),
        ("layers = [64, 32]", {"layers": ((64, 32),)}),
        ("alpha=0.5", {"alpha": (0.5,)}),
        ('op = "<="', {"op": ("<=",)}),
        ('note = "this and that or = those"', {"note": ("this and that or = those",)}),
    ],
)
def test_a_condition_is_read_as_people_write_it(text: str, when: dict[str, Any]) -> None:
    read = parse_condition(text)
    assert list(read) == list(when)
    assert all(same(read[name], when[name]) for name in when)


@pytest.mark.parametrize(
    "text", ["kernel", "= rbf", "kernel =", "kernel = ", "rbf or poly", "a = 1 and b", "a = or b"]
)
def test_a_condition_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_condition(text)
    assert caught.value.parameter == "only if"
    assert caught.value.got == text
    assert caught.value.remedy


def test_one_parent_named_twice_is_refused() -> None:
    with pytest.raises(SpecError, match="must name `a` once"):
        parse_condition("a = 1 and a = 2")


@given(conditions)
@example({"a": ("x or y", "x and y = 2", "none", "1", "'q'", "(1, 2)", " x", "")})
@example({"a = b": (1,), "x and y": (2,)})
def test_a_written_condition_is_read_back_exactly(when: dict[str, tuple[Any, ...]]) -> None:
    read = parse_condition(format_condition(when))
    assert list(read) == list(when)
    assert all(same(read[name], when[name]) for name in when)


@given(st.text(max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    try:
        parse_condition(text)
    except SpecError as error:
        assert error.parameter == "only if"  # noqa: PT017 - either outcome is right


def test_all_parents_must_agree_and_be_active() -> None:
    when = {"kernel": ("rbf", "poly"), "shrinking": (True,)}
    assert is_active(when, {"kernel": "poly", "shrinking": True})
    assert not is_active(when, {"kernel": "poly", "shrinking": 1})
    assert not is_active(when, {"kernel": "poly"})
    assert not is_active(when, {"kernel": "linear", "shrinking": True})
    assert is_active({}, {})
