"""The axes that strategies see: centres and spreads in positions."""

from __future__ import annotations

import math

import pytest

from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.strategies.axes import axes_of


@pytest.mark.parametrize(
    "parameter",
    [
        Int("n", 1, 3, mean=1, sd=1),
        Int("n", 0, 100, step=10, mean=20, sd=5),
        Int("n", 1, 100, log=True, mean=10, sd=1),
        Float("n", -5.0, 5.0, mean=1.0, sd=1.0),
        Float("n", 0.0, 1.0, step=0.25, mean=0.5, sd=0.2),
        Float("n", 1e-4, 1.0, log=True, mean=1e-2, sd=1.0),
    ],
)
def test_the_centre_of_an_axis_is_the_position_of_its_mean(parameter: Int | Float) -> None:
    axis = axes_of(Space([parameter]))[0]
    assert parameter.mean is not None
    value = int(parameter.mean) if isinstance(parameter, Int) else parameter.mean
    assert axis.mean == pytest.approx(parameter.encode(value), abs=2e-3)
    assert 0 < axis.sd < math.inf
