"""Spaces: conditions and constraints are honoured by everything that gives configurations."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hpo_gui.core.errors import ExpressionError, SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.value import params_key, same
from tests.core.random_spaces import conditional_spaces, parameters, values

seeds = st.integers(0, 2**32 - 1)

SVC = Space(
    [
        Float("C", 1e-3, 1e3, log=True),
        Categorical("kernel", ("rbf", "poly", "linear")),
        Int("degree", 2, 5, when={"kernel": ("poly",)}),
        Float("coef0", -1, 1, when={"degree": (3, 4)}),
        Categorical("shrinking", (True, False)),
    ],
    ["not (kernel = poly and C > 100)"],
)


@given(conditional_spaces(), st.data())
def test_a_decoded_point_is_legal_and_comes_back_exactly(space: Space, data: Any) -> None:
    positions = data.draw(st.lists(st.floats(0, 1), min_size=len(space), max_size=len(space)))
    for read in (space.decode, space.quantile):
        params = read(positions)
        row = space.encode(params)
        assert space.check(params) == params
        assert row.shape == (len(space),)
        assert np.isnan(row).sum() == len(space) - len(params)
        assert ((row[~np.isnan(row)] >= 0) & (row[~np.isnan(row)] <= 1)).all()
        assert params_key(space.decode(row)) == params_key(params)


@given(parameters("x"), parameters("y"), st.floats(0, 1), st.floats(0, 1))
def test_any_parameters_come_back_exactly(first: Any, second: Any, x: float, y: float) -> None:
    space = Space([first, second])
    params = space.decode([x, y])
    assert params_key(space.decode(space.encode(params))) == params_key(params)


@given(conditional_spaces(constrained=True), seeds)
def test_samples_keep_conditions_and_constraints(space: Space, seed: int) -> None:
    assume(any(True for _ in space.grid(space.grid_values(100))))
    rng = np.random.default_rng(seed)
    for _ in range(5):
        params = space.sample(rng)
        assert space.check(params) == params


@given(conditional_spaces(constrained=True))
def test_a_grid_lists_every_legal_configuration_once(space: Space) -> None:
    listed = list(space.grid(space.grid_values(100)))
    keys = {params_key(params) for params in listed}
    assert len(keys) == len(listed)
    assert all(space.contains(params) for params in listed)
    every = itertools.product(*(parameter.grid(100) for parameter in space))
    legal = {
        params_key(pruned)
        for combination in every
        if space.feasible(pruned := space.prune(dict(zip(space.names, combination, strict=True))))
    }
    assert keys == legal


@given(conditional_spaces(), st.integers(1, 4))
def test_the_size_of_a_grid_is_the_number_of_its_configurations(space: Space, points: int) -> None:
    grid = space.grid_values(points)
    assert space.grid_size(grid) == sum(1 for _ in space.grid(grid))


@given(conditional_spaces())
def test_the_size_of_a_space_is_the_number_of_its_configurations(space: Space) -> None:
    assert space.size == sum(1 for _ in space.grid(space.grid_values(100)))


@given(conditional_spaces(), st.dictionaries(st.sampled_from("abcdef"), values, max_size=4))
def test_anything_can_be_completed_to_a_legal_configuration(
    space: Space, params: dict[str, Any]
) -> None:
    completed = space.complete(params)
    assert space.check(completed) == completed
    assert space.complete(completed) == completed


@given(conditional_spaces(constrained=True), seeds)
def test_the_feasible_share_is_a_share(space: Space, seed: int) -> None:
    share = space.feasible_share(np.random.default_rng(seed), samples=50)
    assert 0.0 <= share <= 1.0
    if not space.constraints:
        assert share == 1.0


def test_a_parameter_is_inactive_when_its_parent_is() -> None:
    params = {"C": 1.0, "kernel": "rbf", "degree": 3, "coef0": 0.0, "shrinking": True}
    assert SVC.prune(params) == {"C": 1.0, "kernel": "rbf", "shrinking": True}
    assert not SVC.is_active("coef0", SVC.prune(params))
    assert list(SVC.decode([0.5, 0.5, 0.5, 0.5, 0.5])) == [
        "C",
        "kernel",
        "degree",
        "coef0",
        "shrinking",
    ]


def test_a_condition_may_name_a_later_parameter() -> None:
    space = Space(
        [Int("degree", 2, 3, when={"kernel": ("poly",)}), Categorical("kernel", ("rbf", "poly"))]
    )
    assert list(space.grid(space.grid_values(5))) == [
        {"kernel": "rbf"},
        {"degree": 2, "kernel": "poly"},
        {"degree": 3, "kernel": "poly"},
    ]


def test_the_last_parameter_of_a_grid_runs_fastest() -> None:
    space = Space([Int("a", 1, 2), Categorical("b", ("x", "y"))])
    assert list(space.grid(space.grid_values(5))) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_single_parameters_can_have_their_own_grid_values() -> None:
    grid = SVC.grid_values(3, {"C": [0.1, 1, 10, 100], "coef0": 2})
    assert grid["C"] == (0.1, 1, 10, 100)
    assert grid["coef0"] == (-1.0, 1.0)
    assert grid["degree"] == (2, 4, 5)
    assert grid["kernel"] == ("rbf", "poly", "linear")


@pytest.mark.parametrize(
    ("chosen", "parameter", "got"),
    [
        ({"D": 3}, "values.D", None),
        ({"C": [0]}, "values.C", 0),
        ({"degree": [2.5]}, "values.degree", 2.5),
    ],
)
def test_grid_values_must_be_legal(chosen: dict[str, Any], parameter: str, got: Any) -> None:
    with pytest.raises(SpecError) as caught:
        SVC.grid_values(3, chosen)
    assert caught.value.parameter == parameter
    if got is not None:
        assert caught.value.got == got


def test_a_continuous_space_has_no_size() -> None:
    assert SVC.size == float("inf")
    assert Space([]).size == 1
    assert list(Space([]).grid({})) == [{}]


def test_samples_are_the_same_for_the_same_seed() -> None:
    draw = lambda: [SVC.sample(np.random.default_rng(5)) for _ in range(3)]  # noqa: E731
    assert draw() == draw()


def test_constraints_that_nothing_satisfies_end_with_a_clear_error() -> None:
    space = Space([Float("a", 0, 1), Float("b", 2, 3)], ["a > b"])
    with pytest.raises(SpecError) as caught:
        space.sample(np.random.default_rng(0))
    assert caught.value.parameter == "constraints"
    assert "must leave something to try" in caught.value.rule
    assert caught.value.got == ["a > b"]
    assert "Loosen or remove" in caught.value.remedy
    assert space.feasible_share(np.random.default_rng(0), 100) == 0
    assert list(space.grid(space.grid_values(5))) == []


@pytest.mark.parametrize(
    ("params", "parameter", "rule"),
    [
        (
            {"C": 1, "kernel": "rbf", "shrinking": True, "x": 1},
            "x",
            "must be one of the parameters",
        ),
        ({"C": 1, "kernel": "rbf"}, "shrinking", "must have a value"),
        ({"C": 1, "kernel": "poly", "shrinking": True}, "degree", "must have a value"),
        (
            {"C": 1, "kernel": "rbf", "shrinking": True, "degree": 3},
            "degree",
            "must be left out: its condition does not hold",
        ),
        ({"C": 0, "kernel": "rbf", "shrinking": True}, "C", "must be a number from 0.001 to 1000"),
        ({"C": 1, "kernel": "x", "shrinking": True}, "kernel", "must be one of rbf, poly, linear"),
        ({"C": 1, "kernel": "rbf", "shrinking": 1}, "shrinking", "must be one of true, false"),
        (
            {"C": 1, "kernel": "poly", "shrinking": True, "degree": 2.5},
            "degree",
            "must be a whole number from 2 to 5",
        ),
        (
            {"C": 500, "kernel": "poly", "shrinking": True, "degree": 2},
            "constraint",
            "`not (kernel = poly and C > 100)` must hold",
        ),
    ],
)
def test_an_illegal_configuration_is_refused_with_its_rule(
    params: dict[str, Any], parameter: str, rule: str
) -> None:
    assert not SVC.contains(params)
    with pytest.raises(SpecError) as caught:
        SVC.check(params)
    assert caught.value.parameter == parameter
    assert rule in caught.value.rule


@pytest.mark.parametrize(
    ("make", "parameter", "rule"),
    [
        (lambda: Space([Int("a", 1, 2), Int("a", 1, 2)]), "space", "different parameter names"),
        (
            lambda: Space([Int("a", 1, 2, when={"b": (1,)})]),
            "space.a.when",
            "must name a parameter of the space",
        ),
        (
            lambda: Space([Categorical("k", ("x", "y")), Int("a", 1, 2, when={"k": ("z",)})]),
            "space.a.when.k",
            "must be one of x, y",
        ),
        (
            lambda: Space([Int("a", 1, 2, when={"b": (1,)}), Int("b", 1, 2, when={"a": (1,)})]),
            "space",
            "must have conditions without a ring",
        ),
    ],
)
def test_a_space_that_makes_no_sense_is_refused(make: Any, parameter: str, rule: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.parameter == parameter
    assert rule in caught.value.rule


def test_a_constraint_on_a_missing_parameter_is_refused() -> None:
    with pytest.raises(ExpressionError, match="which is none of a"):
        Space([Int("a", 1, 2)], ["a < b"])


def test_values_move_to_the_nearest_legal_one() -> None:
    space = Space(
        [
            Int("a", 1, 9, step=2),
            Float("b", 0, 1),
            Ordinal("c", (1, 2)),
            Int("d", 1, 5, or_none=True),
        ]
    )
    completed = space.complete({"a": 4.2, "b": 7, "c": 3, "d": None})
    assert completed == {"a": 5, "b": 1.0, "c": 1, "d": None}
    assert same(completed["b"], 1.0)


def test_a_million_combinations_are_counted_not_listed() -> None:
    space = Space([*(Int(f"p{i}", 1, 10) for i in range(12))])
    assert space.grid_size(space.grid_values(10)) == 10**12
    assert space.size == 10**12


def test_configurations_of_an_earlier_space_can_still_be_placed() -> None:
    now = Space([Categorical("k", ("x", "y")), Float("c", 1, 100, log=True), Int("n", 1, 5)])
    row = now.encode({"k": "gone", "c": -3, "n": 99, "other": 1})
    assert np.isnan(row[0])
    assert row[1:].tolist() == [0.0, 1.0]
    assert np.isnan(now.encode({"c": "text"})).all()


def test_levels_count_the_choices_of_what_has_no_order() -> None:
    space = Space([Float("x", 0, 1), Categorical("c", ["a", "b", "c"]), Ordinal("o", [1, 2])])
    assert space.levels.tolist() == [0, 3, 0]


def test_the_size_counts_values_that_no_condition_names_without_listing_them() -> None:
    many = [Int("n", 1, 10**6, log=True), Int("c", 0, 1, when={"n": (1,)})]
    assert Space(many).size == 10**6 + 1
    continuous = [Float("a", 0.0, 1.0), Int("k", 1, 3, when={"a": (0.5,)})]
    assert Space(continuous).size == math.inf
    chain = [
        Categorical("m", ("x", "y", "z")),
        Int("n", 1, 4, when={"m": ("x",)}),
        Categorical("q", (1, 2, 3), when={"n": (2,)}),
    ]
    assert Space(chain).size == 2 + 3 + 3  # y and z; x with another n; x with n = 2 and each q
