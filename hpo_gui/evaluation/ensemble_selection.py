"""Greedy ensemble selection.

Source: Caruana et al. 2004, Ensemble selection from libraries of models, ICML.

Notation: m candidates, the best first; J folds; n_j rows that judge fold j; P[j] what the
candidates said of them, (m, n_j) or (m, n_j, k); votes (m,) how often each was chosen.

- Forward selection with replacement (section 2.1): in each round the candidate that makes the mean
  of all chosen so far best is chosen (once more), the earlier of equals.
- Sorted initialisation (section 2.2): it begins with the best N candidates, with the N, up to
  `MOST_SORTED`, that is best.
- Bagging (section 2.3): selections from random halves of the candidates, their votes added up.

Of all rounds the best one counts, the earliest of equals, so that more rounds never do harm on
these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.evaluation.ensemble_judge import FloatArray, FoldJudge

MOST_SORTED = 25
HALF = 0.5  # share of the candidates in a bag
SLOW_CANDIDATES, SLOW_SIZE = 10, 20  # at most, with a metric that is computed one by one

Votes = NDArray[np.int64]
Library = Sequence[NDArray[np.float32]]


@dataclass(frozen=True)
class Selection:
    """The votes (m,), the score of their mean on each fold, and what is told more honestly.

    Attributes
    ----------
    apart : on each fold the score of votes that were chosen on the other folds only; empty
        with a single fold
    """

    votes: Votes
    folds: tuple[float, ...]
    apart: tuple[float, ...]


def select(
    library: Library, judges: Sequence[FoldJudge], size: int, *, bags: int = 1, seed: int = 0
) -> Selection | None:
    """Choose an ensemble; None where no candidate can be scored.

    A metric that must be computed one by one gets fewer candidates and votes: milliseconds times
    candidates, votes and folds squared are minutes.

    Parameters
    ----------
    library : P; candidates in the order of their scores, the best first
    judges : one a fold
    size : votes in all, of each bag
    seed : of the bags' halves
    """
    count = len(library[0])
    if not all(judge.is_quick for judge in judges):
        library = [said[:SLOW_CANDIDATES] for said in library]
        size = min(size, SLOW_SIZE)
    votes = _select(library, judges, size, bags, seed)
    if votes is None:
        return None
    apart: list[float] = []
    for left in range(len(judges)) if len(judges) > 1 else ():
        others = [fold for fold in range(len(judges)) if fold != left]
        found = _select(
            [library[fold] for fold in others], [judges[fold] for fold in others], size, bags, seed
        )
        if found is None:
            return None
        apart.append(judges[left].score(averaged(library[left], found)))
    folds = tuple(
        judge.score(averaged(said, votes)) for said, judge in zip(library, judges, strict=True)
    )
    full = np.zeros(count, dtype=np.int64)
    full[: len(votes)] = votes
    return Selection(full, folds, tuple(apart))


def averaged(said: NDArray[np.float32], votes: Votes) -> FloatArray:
    """The mean of predictions (m, n) or (m, n, k) by their votes, in double precision."""
    weights = votes / votes.sum()
    return np.asarray(np.tensordot(weights, said.astype(np.float64), axes=1))


def _select(
    library: Library, judges: Sequence[FoldJudge], size: int, bags: int, seed: int
) -> Votes | None:
    count = len(library[0])
    if bags == 1 or count < 2:
        return _forward(library, judges, size, np.arange(count))
    total = np.zeros(count, dtype=np.int64)
    rng = np.random.default_rng([seed, 0xBA6])
    for _ in range(bags):
        drawn = rng.choice(count, max(round(HALF * count), 1), replace=False)
        votes = _forward(library, judges, size, np.sort(drawn))
        if votes is not None:
            total += votes
    return total if total.any() else None


def _forward(
    library: Library, judges: Sequence[FoldJudge], size: int, allowed: NDArray[np.intp]
) -> Votes | None:
    """Forward selection among the allowed candidates."""
    votes, best = _sorted_start(library, judges, size, allowed)
    if votes is None:
        return None
    sums = [np.tensordot(votes.astype(float), said, axes=1) for said in library]
    kept = votes.copy()
    for chosen in range(int(votes.sum()) + 1, size + 1):
        scores = np.mean(
            [
                judge.gains((total + said[allowed]) / chosen)
                for total, said, judge in zip(sums, library, judges, strict=True)
            ],
            axis=0,
        )
        if np.isnan(scores).all():
            break
        place = int(np.nanargmax(scores))
        added = int(allowed[place])
        votes[added] += 1
        sums = [total + said[added] for total, said in zip(sums, library, strict=True)]
        if scores[place] > best:
            best, kept = float(scores[place]), votes.copy()
    return kept


def _sorted_start(
    library: Library, judges: Sequence[FoldJudge], size: int, allowed: NDArray[np.intp]
) -> tuple[Votes | None, float]:
    """One vote for each of the best N, and the score of their mean; None where none has one."""
    most = min(len(allowed), size, MOST_SORTED)
    first = allowed[:most]
    shares = np.arange(1, most + 1)
    scores = np.mean(
        [
            judge.gains(
                np.cumsum(said[first].astype(np.float64), axis=0)
                / shares.reshape(-1, *[1] * (said.ndim - 1))
            )
            for said, judge in zip(library, judges, strict=True)
        ],
        axis=0,
    )
    if np.isnan(scores).all():
        return None, np.nan
    place = int(np.nanargmax(scores))
    votes = np.zeros(len(library[0]), dtype=np.int64)
    votes[first[: place + 1]] = 1
    return votes, float(scores[place])
