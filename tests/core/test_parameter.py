"""Parameters: legal values, exact round trips through the unit axis, and clear refusals."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter, nearest
from hpo_gui.core.value import identity, same
from tests.core.random_spaces import (
    choices,
    finite,
    floats,
    integers,
    parameters,
    positions,
    values,
)


@given(parameters(), positions)
def test_decoded_values_are_legal_and_come_back_exactly(
    parameter: Parameter, place: float
) -> None:
    value = parameter.decode(place)
    assert parameter.contains(value)
    assert same(parameter.decode(parameter.encode(value)), value)


@given(parameters(), positions)
def test_quantiles_are_legal_and_come_back_exactly(parameter: Parameter, place: float) -> None:
    value = parameter.quantile(place)
    assert parameter.contains(value)
    assert same(parameter.decode(parameter.encode(value)), value)


@given(parameters(), st.integers(1, 30))
def test_grid_values_are_legal_different_and_come_back_exactly(
    parameter: Parameter, points: int
) -> None:
    grid = parameter.grid(points)
    assert len({identity(value) for value in grid}) == len(grid) > 0
    for value in grid:
        assert parameter.contains(value)
        assert same(parameter.decode(parameter.encode(value)), value)


@given(st.integers(1, 2**53), st.integers(1, 2**53), positions)
def test_huge_whole_numbers_come_back_exactly(first: int, second: int, place: float) -> None:
    for log in (False, True):
        parameter = Int("x", min(first, second), max(first, second), log=log)
        value = parameter.decode(place)
        assert parameter.contains(value)
        assert parameter.decode(parameter.encode(value)) == value


@given(parameters(), positions)
def test_positions_lie_on_the_axis(parameter: Parameter, place: float) -> None:
    assert 0.0 <= parameter.encode(parameter.decode(place)) <= 1.0


@given(st.one_of(floats(), integers()), positions, positions)
def test_a_range_is_monotone_with_none_last(
    parameter: Float | Int, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    for read in (parameter.decode, parameter.quantile):
        below, above = read(low), read(high)
        assert above is None or (below is not None and below <= above)


@given(st.one_of(floats(), integers()), st.integers(2, 12))
def test_a_grid_over_a_range_has_few_ordered_points_and_none_last(
    parameter: Float | Int, points: int
) -> None:
    grid = parameter.grid(points)
    numbers = [value for value in grid if value is not None]
    assert len(numbers) <= points
    assert numbers == sorted(numbers)
    assert (None in grid) == parameter.or_none
    assert parameter.decode(0.0) == numbers[0]


@given(st.integers(-20, 20), st.integers(0, 40), st.integers(1, 7))
def test_the_size_of_whole_numbers_is_what_a_full_grid_lists(
    low: int, width: int, step: int
) -> None:
    parameter = Int("x", low, low + width, step=step, or_none=True)
    listed = parameter.grid(1000)
    assert listed == (*range(low, low + width + 1, step), None)
    assert parameter.size == len(listed)


@given(parameters())
def test_the_default_is_legal(parameter: Parameter) -> None:
    assert parameter.contains(parameter.default_value)


@given(parameters(), values)
def test_the_nearest_value_is_always_legal(parameter: Parameter, value: Any) -> None:
    assert parameter.contains(nearest(parameter, value))


def test_whole_numbers_beyond_all_floats_are_refused_and_have_no_neighbour() -> None:
    huge = 10**400
    for field, make in {
        "x.high": lambda: Float("x", 0, huge),
        "x.low": lambda: Int("x", -huge, 1),
        "x.step": lambda: Int("x", 0, 9, step=huge),
    }.items():
        with pytest.raises(SpecError, match="must be a finite number") as caught:
            make()
        assert caught.value.parameter == field
    assert nearest(Float("x", 0, 1, default=0.25), huge) == 0.25


@given(choices, values)
def test_only_listed_choices_are_legal(listed: tuple[Any, ...], value: Any) -> None:
    parameter = Categorical("x", listed)
    assert parameter.contains(value) == any(same(value, choice) for choice in listed)


@given(floats(), finite)
def test_numbers_outside_the_range_are_refused(parameter: Float, value: float) -> None:
    if not parameter.low <= value <= parameter.high:
        assert not parameter.contains(value)


def test_true_and_one_are_different_choices() -> None:
    parameter = Categorical("x", (True, 1, 0, False, None, "none"))
    assert [parameter.encode(value) * 6 for value in (True, 1, 0, False, None, "none")] == [
        0.5,
        1.5,
        2.5,
        3.5,
        4.5,
        5.5,
    ]
    assert not Int("x", 0, 5).contains(True)
    assert not Int("x", 0, 5).contains(2.0)
    assert not Float("x", 0, 5).contains(False)


def test_lists_in_choices_become_tuples_and_are_found_as_lists() -> None:
    parameter = Categorical("layers", [[64, 32], [16]], default=[16])
    assert parameter.choices == ((64, 32), (16,))
    assert parameter.default_value == (16,)
    assert parameter.contains([64, 32])


def test_a_log_range_is_even_in_decades() -> None:
    parameter = Float("C", 1e-3, 1e3, log=True)
    assert [parameter.decode(p) for p in (0, 1 / 6, 0.5, 1)] == [0.001, 0.01, 1.0, 1000.0]
    assert parameter.grid(4) == (0.001, 0.1, 10.0, 1000.0)


def test_whole_numbers_are_drawn_evenly_also_at_the_ends() -> None:
    parameter = Int("x", 1, 4)
    drawn = [parameter.quantile(p) for p in np.linspace(0.0005, 0.9995, 1000)]
    assert [drawn.count(value) for value in (1, 2, 3, 4)] == [250] * 4


def test_none_has_its_share_of_the_axis() -> None:
    parameter = Int("depth", 1, 50, log=True, or_none=True)
    drawn = [parameter.quantile(p) for p in np.linspace(0.0005, 0.9995, 1000)]
    assert drawn.count(None) == 100
    assert parameter.contains(None)
    assert not Int("depth", 1, 50).contains(None)


def test_a_normal_range_is_drawn_around_its_mean_and_cut_to_its_ends() -> None:
    parameter = Float("x", 0, 10, mean=3, sd=1)
    drawn = np.array([parameter.quantile(p) for p in np.linspace(0.0005, 0.9995, 1000)])
    assert np.median(drawn) == pytest.approx(3, abs=0.01)
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert parameter.decode(0.5) == 5
    log = Float("x", 1e-4, 1e2, log=True, mean=0.01, sd=0.5)
    assert log.quantile(0.5) == pytest.approx(0.01)
    assert log.quantile(0.8413447) == pytest.approx(0.01 * math.exp(0.5), rel=1e-5)


def test_a_step_gives_round_numbers() -> None:
    parameter = Float("x", 0.1, 0.75, step=0.1)
    assert parameter.grid(100) == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    assert parameter.size == 7
    assert parameter.contains(0.30000000000000004)
    assert not parameter.contains(0.75)


def test_a_range_of_one_value_has_one_value() -> None:
    for parameter in (Float("x", 2, 2), Int("x", 2, 2), Int("x", 2, 2, log=True)):
        assert parameter.size == 1
        assert parameter.grid(5) == (2,)
        assert parameter.decode(0.9) == 2


BAD: list[tuple[Any, str, str, Any]] = [
    (lambda: Float("x", 2, 1), "x.low", "must not be above `high`", (2, 1)),
    (lambda: Int("x", 2, 1), "x.low", "must not be above `high`", (2, 1)),
    (lambda: Float("x", 0, 1, log=True), "x.low", "must be above 0", 0),
    (lambda: Float("x", -1, 1, log=True), "x.low", "must be above 0", -1),
    (lambda: Int("x", 0, 9, log=True), "x.low", "must be at least 1", 0),
    (lambda: Float("x", 0, math.inf), "x.high", "must be a finite number", math.inf),
    (lambda: Float("x", -1e308, 1.7e308), "x.high", "must leave a finite width", 1.7e308),
    (lambda: Float("x", 0, 1, step=0), "x.step", "must be above 0", 0),
    (lambda: Float("x", 0, 1, step=-1), "x.step", "must be above 0", -1),
    (lambda: Float("x", 0, 1, step=math.nan), "x.step", "must be a finite number", math.nan),
    (lambda: Float("x", 1, 2, log=True, step=0.5), "x.step", "must be left out", 0.5),
    (lambda: Int("x", 1, 9, log=True, step=2), "x.step", "must be left out", 2),
    (lambda: Float("x", 0.3, 5, log=True, step=1), "x.step", "must be left out", 1),
    (lambda: Float("x", 0, 1, mean=0.5), "x.mean", "and `sd` belong together", (0.5, None)),
    (lambda: Float("x", 0, 1, mean=2, sd=1), "x.mean", "must lie in the range", 2),
    (lambda: Float("x", 0, 1, mean=0.5, sd=0), "x.sd", "must be above 0", 0),
    (lambda: Float("x", 0, 1, default=2), "x.default", "must lie in the range", 2),
    (lambda: Int("x", 0, 9, default=1.5), "x.default", "must lie in the range", 1.5),
    (lambda: Int("x", 0, 10**16), "x.high", "must lie within", 10**16),
    (lambda: Categorical("x", ()), "x.choices", "must hold at least one value", []),
    (lambda: Ordinal("x", ()), "x.values", "must hold at least one value", []),
    (lambda: Categorical("x", (1, 1.0)), "x.choices", "must be different", [1, 1.0]),
    (lambda: Categorical("x", (math.nan,)), "x.choices", "must be JSON values", math.nan),
    (lambda: Categorical("x", ((1, math.inf),)), "x.choices", "must be JSON values", None),
    (lambda: Categorical("x", (object,)), "x.choices", "must be JSON values", object),
    (lambda: Float("x", 0, 1e300, step=1e-300), "x.step", "must be large enough", 1e-300),
    (lambda: Float("x", 1e15, 2e15, step=1e-3), "x.step", "must be large enough", 1e-3),
    (lambda: Categorical("x", ("a",), default="b"), "x.default", "must be one of", "b"),
    (lambda: Float("", 0, 1), "parameter name", "must be text", ""),
    (lambda: Float("a`b", 0, 1), "parameter name", "must be text", "a`b"),
    (lambda: Float(" a", 0, 1), "parameter name", "must be text", " a"),
    (lambda: Float("x", 0, 1, when={"x": (1,)}), "x.when", "must not name", None),
    (lambda: Float("x", 0, 1, when={"y": ()}), "x.when.y", "must list at least one", []),
]


@pytest.mark.parametrize(("make", "parameter", "rule", "got"), BAD)
def test_a_bad_parameter_is_refused_with_its_field_its_rule_and_the_value(
    make: Any, parameter: str, rule: str, got: Any
) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.parameter == parameter
    assert rule in caught.value.rule
    if got is not None:
        assert caught.value.got == got or caught.value.got is got
    assert parameter in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [(Float("x", 0, 1), "a"), (Int("x", 0, 5), None), (Categorical("x", ("a",)), "b")],
)
def test_an_illegal_value_has_no_position(parameter: Parameter, value: Any) -> None:
    with pytest.raises(SpecError, match="x"):
        parameter.encode(value)


@given(parameters())
def test_json_gives_the_same_parameter_back(parameter: Parameter) -> None:
    text = msgspec.json.encode(parameter)
    assert msgspec.json.decode(text, type=Parameter) == parameter
