"""Random search (Bergstra and Bengio 2012, JMLR 13:281-305): draws from the distributions."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key

TRIES = 200  # draws in search of a new configuration before the space is listed
LISTED = 200_000  # configurations that are listed at most


class Random(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Independent draws from the parameters' distributions; it has no options."""

    looks_at_scores: ClassVar[bool] = False
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        proposals: list[Proposal] = []
        taken: set[frozenset[tuple[str, object]]] = set()
        for _ in range(count):
            params = draw_new(history, taken, rng)
            if params is None:
                break
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("random", "Drawn at random.")))
        return proposals


def draw_new(
    history: History, taken: set[frozenset[tuple[str, object]]], rng: np.random.Generator
) -> Params | None:
    """A configuration that is neither in the history nor taken; None when all have been tried.

    Raises
    ------
    SpecError : no draw keeps the constraints
    """
    space = history.space
    params = space.sample(rng)
    tries = TRIES
    while is_known(params, history, taken):
        if tries <= 0:
            return _pick_left(space, history, taken, rng)
        params = space.sample(rng)
        tries -= 1
    return params


def _pick_left(
    space: Space,
    history: History,
    taken: set[frozenset[tuple[str, object]]],
    rng: np.random.Generator,
) -> Params | None:
    if space.size > LISTED:
        return space.sample(rng)
    everything = space.grid(space.grid_values(LISTED))
    left = [params for params in everything if not is_known(params, history, taken)]
    return left[int(rng.integers(len(left)))] if left else None


def is_known(params: Params, history: History, taken: set[frozenset[tuple[str, object]]]) -> bool:
    """Whether a configuration is in the history or taken by another proposal."""
    return params_key(params) in taken or history.knows(params)
