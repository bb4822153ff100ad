"""Arms: the models of a joint space, each with a space and a history of its own.

A space has arms where one choice comes before everything else: an unconditional categorical
parameter that every other parameter depends on, as `model` in ``{"model": "svm", "svm.C": 1.0}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Value, same


@dataclass(frozen=True)
class Arm:
    """One choice and what depends on it.

    Attributes
    ----------
    choice : value of the parameter that chooses
    space : that parameter with this value alone, and the parameters that are active beside it
    """

    choice: Value
    space: Space


@lru_cache(maxsize=8)
def root_of(space: Space) -> str | None:
    """Name of the parameter that chooses between sub-spaces; None where there is none."""
    for parameter in space:
        if isinstance(parameter, Categorical) and not parameter.when and parameter.size > 1:
            others = [other for other in space if other.name != parameter.name]
            if others and all(parameter.name in other.when for other in others):
                return parameter.name
    return None


@lru_cache(maxsize=8)
def arms_of(space: Space) -> tuple[Arm, ...]:
    """The arms of a space in the order of their choices; none where nothing chooses.

    A choice for which no configuration keeps the constraints is no arm.
    """
    name = root_of(space)
    if name is None:
        return ()
    root = space[name]
    assert isinstance(root, Categorical)
    arms = (Arm(choice, _beside(space, root, choice)) for choice in root.choices)
    return tuple(arm for arm in arms if _is_feasible(arm.space))


def _is_feasible(space: Space) -> bool:
    try:
        space.sample(np.random.default_rng(0))
    except SpecError:
        return False
    return True


def _beside(space: Space, root: Categorical, choice: Value) -> Space:
    """The space in which one choice is made already."""
    kept: dict[str, Parameter] = {
        root.name: msgspec.structs.replace(root, choices=(choice,), default=msgspec.UNSET)
    }
    for parameter in space.parents_first:
        parents = {name: values for name, values in parameter.when.items() if name != root.name}
        chosen = any(same(choice, value) for value in parameter.when.get(root.name, ()))
        if chosen and parents.keys() <= kept.keys():
            kept[parameter.name] = msgspec.structs.replace(parameter, when=parents)
    rules = [rule.text for rule in space.constraints if rule.expression.names <= kept.keys()]
    return Space([kept[name] for name in space.names if name in kept], rules)


def history_of(history: History, arm: Arm, root: str) -> History:
    """The trials of one arm as a history of its own, numbered anew; of those outside nothing."""
    own = [
        trial
        for trial in history.trials
        if root in trial.params and same(trial.params[root], arm.choice)
    ]
    trials = [
        msgspec.structs.replace(trial, number=place, parent=None)
        for place, trial in enumerate(own)
    ]
    own_history = History(
        arm.space, history.goals, trials, plan=history.plan, edited=history.edited
    )
    return own_history.within()
