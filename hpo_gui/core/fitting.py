"""Which trials are configurations of the space as it is now; others were tried before an edit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.condition import is_active
from hpo_gui.core.cube import cube_of
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value, show


def fitting(history: History) -> NDArray[np.bool_]:
    """Which trials are configurations of the space as it is now, (n,).

    A range that was narrowed moves old trials to its end, and a choice that was removed leaves
    NaN: only such rows are looked at one by one.
    """
    if history.edited:
        return history.fits
    cube = cube_of(history.space)
    matrix = history.matrix
    fits = np.ones(len(history), dtype=bool)
    if not len(history):
        return fits
    differs = ~np.isclose(cube.legal(matrix), matrix, rtol=0, atol=1e-9, equal_nan=True)
    at_end = (matrix == 0.0) | (matrix == 1.0)
    for number in np.flatnonzero((differs | at_end).any(axis=1)):
        fits[number] = history.space.contains(history.trials[number].params)
    return fits


def why_outside(space: Space, params: Params) -> str:
    """Why a configuration is none of the space, in a sentence; "" where it is one.

    >>> from hpo_gui.core.parameter import Float
    >>> why_outside(Space([Float("C", 0.1, 10.0)]), {"C": 50.0})
    "C = 50 is above today's range"
    """
    reasons = [
        _why_not(space[name], value)
        if name in space
        else f"{name} = {show(value)} is not what today's trials have"
        for name, value in params.items()
        if name not in space or not space[name].contains(value)
    ]
    for parameter in space:
        active = is_active(parameter.when, params)
        if active and parameter.name not in params:
            reasons.append(f"it has no value for {parameter.name}")
        elif not active and parameter.name in params:
            reasons.append(f"{parameter.name} depends on other values today")
    if not reasons:
        reasons = [
            f"it does not keep `{rule.text}`"
            for rule in space.constraints
            if not rule.holds(params)
        ]
    return "; ".join(dict.fromkeys(reasons))


def _why_not(parameter: Parameter, value: Value) -> str:
    text = f"{parameter.name} = {show(value)}"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(parameter, Float | Int) and is_number:
        if value < parameter.low:
            return f"{text} is below today's range"
        if value > parameter.high:
            return f"{text} is above today's range"
        return f"{text} lies between today's values"
    return f"{text} is no choice today"
