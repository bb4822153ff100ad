"""Exploring: other values near those of a good member, each in its parameter's own scale.

Source: Jaderberg et al. (2017), Population based training of neural networks, arXiv 1711.09846,
section 4.1 (perturb, resample); clipped to the range, with neighbours for ordered values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from hpo_gui.core.parameter import Categorical, Int, Ordinal, Parameter, nearest
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value, params_key, same

TRIES = 100  # changes in search of a legal configuration that nobody else has

Change = Callable[[Parameter, Value], Value]
Taken = Collection[frozenset[tuple[str, object]]]


def perturb(
    parameter: Parameter, value: Value, size: float, resample: float, rng: np.random.Generator
) -> Value:
    """Another value of a parameter: drawn anew, or a little larger or smaller.

    Parameters
    ----------
    size : numbers are multiplied by 1 + size or 1 - size; whole ones move by one step at least
    resample : probability of a value drawn anew; choices without order are always
    """
    up = bool(rng.random() < 0.5)
    anew = bool(rng.random() < resample)
    drawn = parameter.quantile(rng.random())
    if anew or isinstance(parameter, Categorical) or not parameter.contains(value):
        return drawn
    if isinstance(parameter, Ordinal):
        index = next(i for i, one in enumerate(parameter.values) if same(one, value))
        return parameter.values[min(max(index + (1 if up else -1), 0), len(parameter.values) - 1)]
    if value is None:
        return drawn
    factor = 1.0 + size if up else 1.0 - size
    return _scaled(parameter, value, factor)


def _scaled(parameter: Parameter, value: Value, factor: float) -> Value:
    """``value`` times ``factor``, in the range; by as much of the axis where zero lies inside.

    A number at or across zero would never leave it: it moves as far as the middle of a range
    that begins at zero would.
    """
    assert not isinstance(parameter, Categorical | Ordinal)
    if parameter.low < 0 < parameter.high or value == 0:
        moved = parameter.encode(value) + (factor - 1.0) / 2
        top = parameter.encode(parameter.high)
        other = parameter.decode(min(max(moved, 0.0), top))
    else:
        other = nearest(parameter, min(max(value * factor, parameter.low), parameter.high))
    step = parameter.step
    if step is None or not same(other, value):
        return other
    up = (factor > 1) == (value >= 0)
    further = value + step if up else value - step
    further = min(max(further, parameter.low), parameter.high)
    return nearest(parameter, int(further) if isinstance(parameter, Int) else further)


def explore(
    space: Space,
    params: Params,
    names: Collection[str],
    change: Change,
    taken: Taken,
    rng: np.random.Generator,
) -> Params:
    """A legal configuration near ``params``, which none of ``taken`` is while there are others.

    Only the parameters in ``names`` differ; what a change makes active is drawn.
    """
    base = space.complete(params)
    fallback = base if space.feasible(base) else None
    for _ in range(TRIES):
        wanted = {
            name: change(space[name], value) if name in names else value
            for name, value in base.items()
        }
        other = _completed(space, base, wanted, names, rng)
        if other is None or not space.feasible(other):
            continue
        if params_key(other) not in taken:
            return other
        fallback = fallback or other
    return fallback or space.sample(rng)


def _completed(
    space: Space, base: Params, wanted: Params, names: Collection[str], rng: np.random.Generator
) -> Params | None:
    """``wanted`` with what has become active; None where what may not change would have to."""
    drawn = space.prune({p.name: wanted.get(p.name, p.quantile(rng.random())) for p in space})
    differs = drawn.keys() ^ base.keys()
    return drawn if all(name in names for name in differs) else None


def changes(before: Params, after: Params) -> list[str]:
    """Names of the parameters that differ."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        name
        for name in names
        if name not in before or name not in after or not same(before[name], after[name])
    ]
