"""Quasi-random search: the points of a scrambled Sobol sequence, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key
from hpo_gui.strategies.random import draw_new, is_known
from hpo_gui.surrogates.sobol import sobol_points

CHUNK = 64  # points made at a time
PATIENCE = 2000  # points in a row without a new configuration, after which the walk ends


class Sobol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points that leave no gaps, spread by the parameters' distributions; it has no options."""

    looks_at_scores: ClassVar[bool] = False
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        taken: set[frozenset[tuple[str, object]]] = set()
        proposals: list[Proposal] = []
        for _ in range(count):
            params, place = draw_even(history, "sobol", taken, rng)
            if params is None:
                break
            reason = "Drawn at random: the even sequence gives nothing new."
            if place is not None:
                reason = f"Point {place + 1} of a sequence that fills the space evenly."
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("sobol", reason)))
        return proposals


def draw_even(
    history: History,
    strategy: str,
    taken: set[frozenset[tuple[str, object]]],
    rng: np.random.Generator,
) -> tuple[Params | None, int | None]:
    """A new point of the study's sequence and its place; at random where it gives nothing new.

    The sequence goes on after as many points as the strategy of this name has proposed. The
    configuration is None when all have been tried, the place is None when it was drawn at random.

    Raises
    ------
    SpecError : nothing keeps the constraints
    """
    walk = _walk(history.space, study_seed(history, rng))
    place = sum(trial.origin.strategy == strategy for trial in history.trials) + len(taken)
    while (params := walk.at(place)) is not None:
        if not is_known(params, history, taken):
            return dict(params), place
        place += 1
    return draw_new(history, taken, rng), None


def study_seed(history: History, rng: np.random.Generator) -> int:
    """A number that stays the same from trial to trial: the study's seed.

    Every trial records it. Before the first one it is read off the generator, which a study seeds
    by its own seed and the number of the trial.
    """
    if history.trials:
        return abs(history.trials[0].seed)
    sequence = rng.bit_generator.seed_seq
    entropy = getattr(sequence, "entropy", 0)
    return abs(int(entropy[0] if isinstance(entropy, list | tuple) else entropy or 0))


class _Walk:
    """The different legal configurations along one sequence, as far as anybody asked."""

    def __init__(self, space: Space, seed: int) -> None:
        self._listed: list[Params] = []
        self._rest = _different(space, seed)

    def at(self, place: int) -> Params | None:
        """The configuration at a place; None where the walk has ended."""
        while place >= len(self._listed):
            following = next(self._rest, None)
            if following is None:
                return None
            self._listed.append(following)
        return self._listed[place]


def _different(space: Space, seed: int) -> Iterator[Params]:
    seen: set[frozenset[tuple[str, object]]] = set()
    start = in_vain = 0
    while in_vain < PATIENCE:
        for point in sobol_points(CHUNK, len(space), seed, start):
            params = space.quantile(point)
            key = params_key(params)
            in_vain += 1
            if key not in seen and space.feasible(params):
                seen.add(key)
                in_vain = 0
                yield params
        start += CHUNK


_memo: dict[object, _Walk] = {}


def _walk(space: Space, seed: int) -> _Walk:
    """The walk for this space and seed; kept for the last few, as a cache only."""
    key = (
        tuple(repr(parameter) for parameter in space),
        tuple(rule.text for rule in space.constraints),
        seed,
    )
    if key not in _memo:
        while len(_memo) >= 4:
            _memo.pop(next(iter(_memo)))
        _memo[key] = _Walk(space, seed)
    return _memo[key]
