"""Changes of a copy's parameters: in the right scale, in range, legal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Value, params_key
from hpo_gui.strategies.exploring import changes, explore, perturb


def perturbed(parameter: Parameter, value: Value, size: float = 0.2) -> list[Value]:
    """All values that perturbing without resampling leads to, in order."""
    rng = np.random.default_rng(0)
    found = [perturb(parameter, value, size, 0.0, rng) for _ in range(60)]
    return sorted(dict.fromkeys(found), key=str)


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        (Float("x", 1e-5, 1.0, log=True), 0.01, [0.008, 0.012]),
        (Float("x", 0.0, 10.0), 5.0, [4.0, 6.0]),
        (Float("x", 0.0, 1.0), 1.0, [0.8, 1.0]),  # clipped
        (Float("x", 0.0, 1.0), 0.0, [0.0, 0.1]),  # would never leave zero
        (Float("x", -1.0, 1.0), 0.5, [0.3, 0.7]),  # as far as in the middle of [0, 2]
        (Float("x", -10.0, -1.0), -5.0, [-4.0, -6.0]),
        (Float("x", 0.0, 1.0, step=0.25), 0.5, [0.25, 0.75]),
        (Int("i", 1, 100, log=True), 50, [40, 60]),
        (Int("i", 1, 100), 2, [1, 3]),  # at least by one
        (Int("i", 0, 100), 0, [0, 10]),
        (Int("i", 8, 64, step=8), 16, [24, 8]),
        (Int("i", 3, 3), 3, [3]),
        (Ordinal("o", ["s", "m", "l"]), "m", ["l", "s"]),
        (Ordinal("o", ["s", "m", "l"]), "s", ["m", "s"]),
        (Categorical("c", ["a", "b"]), "a", ["a", "b"]),
    ],
)
def test_a_value_changes_in_its_own_scale_and_stays_in_range(
    parameter: Parameter, value: Value, expected: list[Value]
) -> None:
    found = perturbed(parameter, value)
    assert found == pytest.approx(expected) if isinstance(value, float) else found == expected
    assert all(parameter.contains(one) for one in found)


def test_none_and_values_of_an_earlier_range_are_drawn_anew() -> None:
    parameter = Int("i", 1, 1000, or_none=True)
    for value in (None, 5000, "old"):
        found = perturbed(parameter, value)
        assert len(found) > 20
        assert all(parameter.contains(one) for one in found)


def test_some_values_are_drawn_anew() -> None:
    parameter = Float("x", 1e-6, 1.0, log=True)
    rng = np.random.default_rng(1)
    found = [perturb(parameter, 1e-3, 0.2, 0.25, rng) for _ in range(2000)]
    near = sum(math.isclose(v, 8e-4) or math.isclose(v, 1.2e-3) for v in found)
    assert near / 2000 == pytest.approx(0.75, abs=0.03)


SPACE = Space(
    [
        Categorical("kind", ["plain", "heavy"]),
        Float("rate", 0.0, 1.0),
        Float("weight", 0.0, 1.0, when={"kind": ("heavy",)}),
    ],
    ["rate <= 0.5"],
)


def test_exploring_keeps_conditions_and_constraints_and_avoids_what_others_have() -> None:
    rng = np.random.default_rng(2)
    base = {"kind": "plain", "rate": 0.4}
    taken = {params_key(base)}
    for _ in range(40):
        found = explore(
            SPACE, base, SPACE.names, lambda p, v: perturb(p, v, 0.2, 0.25, rng), taken, rng
        )
        assert SPACE.check(found) == found
        assert params_key(found) not in taken
        taken.add(params_key(found))


def test_what_may_not_change_decides_over_what_may() -> None:
    rng = np.random.default_rng(3)
    base = {"kind": "heavy", "rate": 0.4, "weight": 0.5}
    for _ in range(40):
        found = explore(
            SPACE, base, ("kind", "rate"), lambda p, v: perturb(p, v, 0.2, 0.5, rng), (), rng
        )
        assert found["weight"] == 0.5  # "plain" would have no weight
        assert found["kind"] == "heavy"


def test_where_nothing_else_is_legal_the_parameters_stay() -> None:
    rng = np.random.default_rng(4)
    space = Space([Categorical("only", ["a"])])
    assert explore(space, {"only": "a"}, space.names, lambda p, v: v, (), rng) == {"only": "a"}


def test_changes_are_named() -> None:
    assert changes({"a": 1, "b": True}, {"a": 1, "b": 1, "c": 2}) == ["b", "c"]
    assert changes({"a": 1, "b": 2}, {"a": 1}) == ["b"]
