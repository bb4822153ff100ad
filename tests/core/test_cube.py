"""The space as arrays says what the space itself says, many configurations at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.cube import Cube
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from tests.core.random_spaces import conditional_spaces, parameters

MIXED = Space(
    [
        Categorical("kernel", ["rbf", "poly", "linear"]),
        Int("degree", 2, 5, when={"kernel": ("poly",)}),
        Float("gamma", 1e-3, 8.0, log=True, when={"kernel": ("rbf", "poly")}),
        Int("depth", 1, 50, log=True, or_none=True),
        Ordinal("size", ["s", "m", "l"], when={"degree": (4, 5)}),
        Float("share", 0.0, 1.0, step=0.25),
        Float("only", 2.0, 2.0),
        Float("n", -5.0, 5.0, mean=0.0, sd=1.0),
    ]
)


@given(conditional_spaces(), st.integers(0, 2**32 - 1))
def test_legal_positions_are_those_of_the_configurations_there(space: Space, seed: int) -> None:
    positions = np.random.default_rng(seed).random((20, len(space)))
    expected = [space.encode(space.decode(row)) for row in positions]
    np.testing.assert_allclose(Cube(space).legal(positions), expected, atol=1e-12)


def test_legal_positions_of_every_kind_of_parameter() -> None:
    cube = Cube(MIXED)
    positions = cube.legal(np.random.default_rng(1).random((200, len(MIXED))))
    for row in positions:
        params = cube.params(row)
        assert MIXED.check(params) == params
        # where ranges are not listed, a log range of whole numbers rounds on its own scale
        np.testing.assert_allclose(MIXED.encode(params), row, atol=1e-6)


@given(parameters(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_legal_positions_stay_where_they_are(parameter, places) -> None:  # type: ignore[no-untyped-def]
    cube = Cube(Space([parameter]))
    once = cube.legal(np.array(places)[:, None])
    np.testing.assert_array_equal(cube.legal(once), once)
    assert ((once >= 0) & (once <= 1)).all()


def test_positions_outside_and_missing_ones_become_legal() -> None:
    cube = Cube(Space([Float("x", 0, 1), Int("i", 1, 3), Categorical("c", ["a", "b"])]))
    legal = cube.legal(np.array([[-0.5, 1.5, 2.0], [np.nan, np.nan, np.nan]]))
    np.testing.assert_allclose(legal, [[0.0, 5 / 6, 0.75], [0.5, 0.5, 0.75]])


def test_moving_counts_what_has_more_than_one_value() -> None:
    assert Cube(MIXED).moving == 7
    assert Cube(Space([])).moving == 0
    assert Cube(Space([])).legal(np.empty((3, 0))).shape == (3, 0)


def test_quantiles_follow_the_distributions() -> None:
    cube = Cube(MIXED)
    uniform = np.random.default_rng(2).random((500, len(MIXED)))
    positions = cube.quantile(uniform)
    numbers = [cube.params(row)["n"] for row in positions]
    assert np.mean(np.abs(numbers) < 1) == pytest.approx(0.683, abs=0.06)
    assert [cube.params(row) for row in positions[:20]] == [
        MIXED.quantile(row) for row in uniform[:20]
    ]


@pytest.mark.parametrize(
    ("parent", "value"),
    [
        (Int("n", 1, 10_000, log=True), 1),
        (Int("n", 1, 10_000, log=True), 10_000),
        (Int("n", 0, 9_000, step=3), 3),
        (Float("n", 0.0, 1.0, step=1e-4), 0.5),
        (Int("n", 1, 10_000, or_none=True), None),
        (Categorical("n", tuple(range(3000))), 7),
    ],
)
def test_children_of_a_fine_parent_are_active_where_it_is_decoded_to_their_value(
    parent: Int | Float | Categorical, value: int | float | None
) -> None:
    """Such an axis is not listed, so that positions are not moved to those of values."""
    space = Space([parent, Float("c", 0.0, 1.0, when={"n": (value,)})])
    cube = Cube(space)
    near = parent.encode(value) + np.linspace(-2e-4, 2e-4, 81)
    everywhere = np.random.default_rng(0).random(400)
    column = np.clip(np.concatenate([near, everywhere]), 0.0, 1.0)
    legal = cube.legal(np.stack([column, np.full(len(column), 0.3)], axis=1))
    active = ~np.isnan(legal[:, 1])
    decoded = ["c" in space.decode(row) for row in np.stack([column, legal[:, 1]], axis=1)]
    assert active.any()
    assert active.tolist() == decoded
