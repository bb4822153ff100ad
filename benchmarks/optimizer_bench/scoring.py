"""Scores of runs: 0 is random search, 1 the best loss known; with intervals by the bootstrap.

A run that ends at the loss y scores clip((R - y) / (R - B), -1, 1), where R is what random search
is expected to reach with as many evaluations, and B the best loss known. Seeds are averaged within
a problem, then problems with equal weight. Intervals hold 95 %: problems are drawn anew within
their family, and within a problem its seeds. With one seed for each problem the seeds add nothing
to the interval, so it is too narrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer_bench.problem import FAMILIES
from optimizer_bench.references import Reference
from optimizer_bench.runs import PROTOCOLS, Run

FloatArray = NDArray[np.float64]

BOOTSTRAPS = 2000
WIDE_ENOUGH = 0.6
"""Share of the problems that an optimizer must have run on to be in the table."""


@dataclass(frozen=True)
class Row:
    """One optimizer's line in the table.

    Attributes
    ----------
    score : mean over the problems
    low, high : ends of the interval
    first : share of the bootstraps in which its score is the highest
    rank : mean over the problems, of all in the table; 1 is best
    families : mean score by family
    problems : mean score by problem
    runs, failed : how many
    seeds : fewest and most on a problem
    """

    optimizer: str
    score: float
    low: float
    high: float
    first: float
    rank: float
    families: dict[str, float]
    problems: dict[str, float]
    runs: int
    failed: int
    seeds: tuple[int, int]


@dataclass(frozen=True)
class Table:
    """Optimizers on the problems that all of them have run on, the best one first.

    Attributes
    ----------
    counts : problems by family
    """

    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    counts: dict[str, int]


def with_best(references: Mapping[str, Reference], runs: Iterable[Run]) -> dict[str, Reference]:
    """References whose best losses are at most those of the runs."""
    best = dict(references)
    for run in runs:
        known = best.get(run.key.problem)
        if known is not None and run.losses and min(run.losses) < known.best:
            best[run.key.problem] = Reference(
                known.family, known.median, min(run.losses), run.key.optimizer, known.expected
            )
    return best


def score(run: Run, known: Reference, rounds: int | None = None) -> float:
    """The score of a run, after so many rounds; a run that has no loss scores -1.

    Where random search is expected to find the best loss known there is nothing to gain: 0.
    """
    all_rounds, width = PROTOCOLS[run.key.protocol]
    rounds = all_rounds if rounds is None else rounds
    loss = run.loss_after(rounds)
    if loss is None:
        return -1.0
    random = known.expected[min(rounds * width, len(known.expected)) - 1]
    if random - known.best <= 1e-9 * abs(known.median - known.best):
        return 0.0
    return float(np.clip((random - loss) / (random - known.best), -1, 1))


def make_table(
    runs: Sequence[Run],
    references: Mapping[str, Reference],
    *,
    rounds: int | None = None,
    among: Collection[str] | None = None,
) -> Table | None:
    """Score runs of one protocol on the problems that (nearly) all optimizers share.

    Parameters
    ----------
    references : by problem; runs on others are left out
    rounds : score after so many; None for the end
    among : only these problems; None for all
    """
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    failed: dict[str, int] = defaultdict(int)
    for run in runs:
        name = run.key.problem
        if name in references and (among is None or name in among):
            scores[run.key.optimizer][name].append(score(run, references[name], rounds))
            failed[run.key.optimizer] += bool(run.error)
    if not scores:
        return None
    widest = max(len(by_problem) for by_problem in scores.values())
    wide = {name: by for name, by in scores.items() if len(by) >= WIDE_ENOUGH * widest}
    shared = sorted(set.intersection(*(set(by) for by in wide.values())))
    if not shared:
        return None
    grouped = {
        family: [problem for problem in shared if references[problem].family == family]
        for family in FAMILIES
    }
    families = {family: problems for family, problems in grouped.items() if problems}
    rows = _rows(wide, families, failed)
    counts = {family: len(problems) for family, problems in families.items()}
    return Table(rows, tuple(shared), counts)


def _rows(
    scores: Mapping[str, Mapping[str, list[float]]],
    families: Mapping[str, list[str]],
    failed: Mapping[str, int],
) -> tuple[Row, ...]:
    """The lines of a table, the best one first."""
    names = list(scores)
    problems = [problem for group in families.values() for problem in group]
    means = np.array([[np.mean(scores[name][p]) for p in problems] for name in names])
    ranks = np.apply_along_axis(shared_ranks, 0, means).mean(axis=1)
    drawn = _bootstrap([[scores[name][p] for p in problems] for name in names], families)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=1)
    first = np.bincount(drawn.argmax(axis=0), minlength=len(names)) / drawn.shape[1]
    rows = []
    for i, name in enumerate(names):
        counts = [len(scores[name][problem]) for problem in problems]
        by_problem = {p: float(mean) for p, mean in zip(problems, means[i], strict=True)}
        by_family = {
            family: float(np.mean([by_problem[problem] for problem in group]))
            for family, group in families.items()
        }
        row = Row(
            name,
            float(means[i].mean()),
            float(low[i]),
            float(high[i]),
            float(first[i]),
            float(ranks[i]),
            by_family,
            by_problem,
            sum(counts),
            failed[name],
            (min(counts), max(counts)),
        )
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: -row.score))


def _bootstrap(
    scores: Sequence[Sequence[Sequence[float]]], families: Mapping[str, list[str]]
) -> FloatArray:
    """Mean scores of each optimizer in each bootstrap, shape (optimizers, `BOOTSTRAPS`).

    Parameters
    ----------
    scores : by optimizer, problem (family by family) and seed
    """
    rng = np.random.default_rng(0)
    drawn, begin = [], 0
    for group in families.values():
        drawn.append(begin + rng.integers(len(group), size=(BOOTSTRAPS, len(group))))
        begin += len(group)
    problems = np.concatenate(drawn, axis=1)  # the same for all optimizers
    means = []
    for by_problem in scores:
        most = max(len(seeds) for seeds in by_problem)
        padded = np.array([[*seeds, *[0.0] * (most - len(seeds))] for seeds in by_problem])
        counts = np.array([len(seeds) for seeds in by_problem])[problems][..., None]
        place = (rng.random((*problems.shape, most)) * counts).astype(int)
        values = padded[problems[..., None], place] * (np.arange(most) < counts)
        means.append((values.sum(axis=2) / counts[..., 0]).mean(axis=1))
    return np.array(means)


def shared_ranks(scores: FloatArray) -> FloatArray:
    """Ranks (n,), 1 for the highest score; those that are equal to 1e-9 share theirs."""
    rounded = np.round(scores, 9)
    above = (rounded[None, :] > rounded[:, None]).sum(axis=1)
    equal = (rounded[None, :] == rounded[:, None]).sum(axis=1)
    return above + (equal + 1) / 2
