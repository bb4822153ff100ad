"""Fold racing with several goals: who of the final Pareto front is stopped, for how many fits?

Simulated studies, as only there the folds of stopped trials are known for any number of studies:
120 trials around a front, 5 folds that are harder or easier for everybody, and noise of each
trial on each fold. Every trial's folds are all drawn beforehand; the pruner is asked over them,
one trial after the other, and the front of what was complete is held against that of all.

Usage: python benchmarks/front_racing.py [--studies 20] [--confidence 0.95]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.pareto import is_front
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState, add_step
from hpo_gui.pruners.fold_racing import FoldRacing

TRIALS, FOLDS = 120, 5
STOPPED, FITS = 0.05, 0.7  # targets: members of the front that are stopped, share of the fits

FloatArray = NDArray[np.float64]

KINDS = {
    "two noisy goals": "noise of 0.02 beside differences of 0.5",
    "much noise": "noise of 0.05",
    "a size, measured once": "the second goal is known after the first fold",
    "times with outliers": "times over two orders of magnitude, 3 % of them three times as long",
    "three noisy goals": "a third goal that has nothing to do with the others",
}


def drawn(kind: str, rng: np.random.Generator) -> tuple[FloatArray, tuple[str, ...]]:
    """Losses of all trials in all folds, shape (n, FOLDS, g), and the goals."""
    along, behind = rng.random(TRIALS), rng.gamma(1.5, 0.25, (TRIALS, 1))
    means = np.column_stack([along, 1 - np.sqrt(along)]) + behind * rng.random((TRIALS, 2))
    noise = 0.05 if kind == "much noise" else 0.02
    hard = rng.normal(0, 0.05, (1, FOLDS, 2))
    losses = means[:, None, :] + hard + rng.normal(0, noise, (TRIALS, FOLDS, 2))
    if kind == "a size, measured once":
        losses[:, :, 1] = means[:, 1:]
        return losses, ("error", "model_size")
    if kind == "times with outliers":
        times = 10 ** (2 * means[:, 1:]) * np.exp(rng.normal(0, 0.1, (TRIALS, FOLDS)))
        losses[:, :, 1] = np.where(rng.random((TRIALS, FOLDS)) < 0.03, 3 * times, times)
        return losses, ("error", "fit_time")
    if kind == "three noisy goals":
        third = rng.random((TRIALS, 1)) + rng.normal(0, noise, (TRIALS, FOLDS))
        return np.concatenate([losses, third[:, :, None]], axis=2), ("error", "cost", "risk")
    return losses, ("error", "cost")


def race(
    losses: FloatArray, names: Sequence[str], pruner: FoldRacing
) -> tuple[NDArray[np.bool_], int]:
    """Run the trials in their order: which of them ended, and how many fits they took."""
    goals = [Goal(name, "minimize") for name in names]
    builder = HistoryBuilder(Space([]), goals, plan=Plan(len(losses), steps=FOLDS))
    ended = np.ones(len(losses), dtype=bool)
    fits = 0
    for number, rows in enumerate(losses):
        trial = Trial(number, {}, Origin("random"), TrialState.RUNNING)
        for fold, row in enumerate(rows.tolist()):
            fits += 1
            scores = dict(zip(names, row, strict=True))
            if fold:
                scores.pop("model_size", None)
            trial = add_step(trial, fold, scores)
            builder.put(trial)
            if fold + 1 < FOLDS and pruner.should_stop(builder.snapshot(), trial):
                ended[number] = False
                break
        state = TrialState.COMPLETE if ended[number] else TrialState.PRUNED
        builder.put(msgspec.structs.replace(trial, state=state, told=number + 1))
    return ended, fits


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each kind of study; the exit code tells whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--confidence", type=float, default=FoldRacing().confidence)
    options = parser.parse_args(arguments)
    pruner = FoldRacing(confidence=options.confidence)
    print("| studies | front members stopped | hypervolume kept | share of fits | ms a verdict |")
    print("|---|---|---|---|---|")
    met = True
    for kind in KINDS:
        members = stopped = fits = 0
        volumes = []
        started = time.process_time()
        for seed in range(options.studies):
            losses, names = drawn(kind, np.random.default_rng([seed, *kind.encode()]))
            ended, spent = race(losses, names, pruner)
            ends = losses.mean(axis=1)
            front = is_front(ends)
            members, stopped = members + int(front.sum()), stopped + int((front & ~ended).sum())
            fits += spent
            reference = np.median(ends, axis=0)
            volumes.append(hypervolume(ends[ended], reference) / hypervolume(ends, reference))
        share = fits / (options.studies * TRIALS * FOLDS)
        each = 1000 * (time.process_time() - started) / fits
        met &= stopped <= STOPPED * members and share <= FITS
        print(
            f"| {kind} | {stopped} of {members} ({stopped / members:.1%}) "
            f"| {np.mean(volumes):.4f} (least {min(volumes):.4f}) | {share:.2f} | {each:.1f} |",
            flush=True,
        )
    print("All targets met." if met else "NOT MET.")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
