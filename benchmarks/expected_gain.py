"""What the next 20 trials brought, against what was expected of them, and what stopping saves.

``python benchmarks/expected_gain.py`` runs studies of `TRIALS` trials on functions and small
tables with several strategies, asks `core.expected_gain` after 20, 30, … trials what the next 20
will bring, and compares. Then it plays the stopping rule: how many trials it would have saved, and
how much worse the best score would be. Histories are kept in the folder of `--keep`, so that a
second run takes seconds. Differences are in units of the study's own spread: the quartile distance
of its first 20 losses.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.strategies.catalogue import make_strategy
from hpo_gui.study.study import Study
from optimizer_bench.problem import KeptLosses
from optimizer_bench.problem_list import PROBLEMS

FloatArray = NDArray[np.float64]

KEEP = Path(__file__).resolve().parent.parent / "results" / "expected_gain"
TRIALS, NEXT = 120, 20
AT = (20, 30, 40, 60, 80, 100)
GOAL = Goal("loss", "minimize")
STEP = 0.01
"""Losses of the problems whose name ends in ``/steps`` are rounded to multiples of this."""

CHOSEN = (
    "branin",
    "branin-noisy",
    "hartmann6",
    "hartmann6/steps",
    "levy5",
    "ackley10",
    "dt-wine-nll",
    "knnpipe-wine-nll",
    "svm-clf20-acc",
)
STRATEGIES = ("random", "sobol", "tpe", "cma_es", "hill_climbing", "bayesian")
STOP_BELOW = (0.02, 0.05, 0.1)
"""Bounds of the stopping rule, in spreads."""


class Case(msgspec.Struct, frozen=True):
    """One prediction and what came.

    Attributes
    ----------
    gain : what came, in spreads, like ``mean``, ``low`` and ``high``, what was expected
    """

    problem: str
    strategy: str
    at: int
    gain: float
    mean: float
    low: float
    high: float
    chance: float


class Stop(msgspec.Struct, frozen=True):
    """A study that a rule would have ended: after how many trials, and what that would lose."""

    strategy: str
    rule: str
    after: int
    lost: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", default=",".join(CHOSEN))
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--seeds", default="0,1,2", help="studies of each pair (0,1,2)")
    parser.add_argument("--keep", type=Path, default=KEEP, help="folder of the histories")
    options = parser.parse_args(arguments)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    cases: list[Case] = []
    stops: list[Stop] = []
    for problem in options.problems.split(","):
        for strategy in options.strategies.split(","):
            for seed in seeds:
                rows = recorded(problem, strategy, seed, options.keep)
                spread = spread_of(rows[:, 0])
                if spread > 0:
                    cases += predictions(problem, strategy, rows, spread)
                    stops += stopping(strategy, rows, spread)
    print_cases("strategy", cases, lambda case: case.strategy)
    print_cases("problem", cases, lambda case: case.problem)
    print_cases("after", cases, lambda case: f"{case.at} trials")
    print_chances(cases)
    print_stops(stops)
    print(f"\nOne estimate after 1,000 trials takes {1e3 * seconds_of_one(1000):.1f} ms.")
    return 0


# --- studies ----------------------------------------------------------------------------------


def recorded(problem: str, strategy: str, seed: int, keep: Path) -> FloatArray:
    """A study's trials in their order, made when they are not kept yet, shape (TRIALS, 3).

    Loss, and the loss expected with its standard deviation; NaN where the strategy has no model.
    """
    keep.mkdir(parents=True, exist_ok=True)
    file = keep / f"{problem.replace('/', '-')}_{strategy}_{seed}.json"
    if not file.exists():
        trials = run(problem, strategy, seed, keep)
        rows = [[t.scores["loss"], t.origin.mean, t.origin.sd] for t in trials]
        file.write_text(json.dumps(rows), encoding="utf-8")
    return np.array(json.loads(file.read_text(encoding="utf-8")), dtype=float)


def run(name: str, strategy: str, seed: int, keep: Path) -> Sequence[Trial]:
    """Run a study without processes."""
    problem = PROBLEMS[name.removesuffix("/steps")]
    loss = KeptLosses(keep / "losses", problem) if problem.trains else problem.loss
    study = Study(
        problem.space,
        [GOAL],
        make_strategy(strategy),
        seed=seed,
        plan=Plan(trials=TRIALS),
    )
    print(f"{name} {strategy} {seed}", file=sys.stderr)
    for _ in range(TRIALS):
        asked = study.ask()
        if not asked:
            break
        told = loss(asked[0].params) + problem.noise_at(f"{seed}|{asked[0].number}")
        if name.endswith("/steps"):
            told = round(told / STEP) * STEP
        study.tell(asked[0].number, float(told))
    return study.trials


def history_of(rows: FloatArray, strategy: str) -> History:
    """The history that the estimator sees."""
    trials = []
    for number, (loss, mean, sd) in enumerate(rows.tolist()):
        origin = Origin(strategy) if mean != mean else Origin(strategy, mean=mean, sd=sd)
        scores = {"loss": loss}
        trials.append(
            Trial(number, {}, origin, TrialState.COMPLETE, scores=scores, told=number + 1)
        )
    return History(PROBLEMS["branin"].space, [GOAL], trials)


def spread_of(losses: FloatArray) -> float:
    """The quartile distance of the first 20 losses."""
    first, third = np.percentile(losses[:20], (25, 75))
    return float(third - first)


# --- comparing --------------------------------------------------------------------------------


def predictions(problem: str, strategy: str, rows: FloatArray, spread: float) -> list[Case]:
    """What was expected after each number of trials, and what came."""
    best = np.minimum.accumulate(rows[:, 0])
    cases = []
    for at in AT:
        if at + NEXT > len(rows):
            continue
        told = estimate(rows[:at], strategy)
        gain = float(best[at - 1] - best[at + NEXT - 1])
        values = [v / spread for v in (gain, told.mean, told.low, told.high)]
        cases.append(Case(problem, strategy, at, *values, told.chance))
    return cases


def estimate(rows: FloatArray, strategy: str) -> ExpectedGain:
    """The estimate after these trials."""
    told = expected_gain(history_of(rows, strategy), NEXT)
    assert told is not None
    return told


def stopping(strategy: str, rows: FloatArray, spread: float) -> list[Stop]:
    """Where each rule ends the study, asked after every fifth trial, and what it would lose.

    Beside the bounds of the expected gain, the rule of `NEXT` trials without an improvement.
    """
    best = np.minimum.accumulate(rows[:, 0]) / spread
    places = range(20, len(rows), 5)
    means = [estimate(rows[:at], strategy).mean / spread for at in places]
    stuck = [bool(best[at - NEXT] == best[at - 1]) for at in places]
    verdicts = {f"gain < {b}": [mean < b for mean in means] for b in STOP_BELOW}
    stops = []
    for rule, ends in {**verdicts, f"{NEXT} in vain": stuck}.items():
        after = next((at for at, end in zip(places, ends, strict=True) if end), len(rows))
        stops.append(Stop(strategy, rule, after, float(best[after - 1] - best[-1])))
    return stops


def print_cases(what: str, cases: Sequence[Case], key: Callable[[Case], str]) -> None:
    """One line a group: how well expectations and outcomes agree."""
    head = f"{'within':>8}{'above':>8}{'below':>8}{'expected':>10}{'came':>8}{'median':>15}"
    print(f"\n{what:<18}{'cases':>6}{head}")
    for name in (*dict.fromkeys(map(key, cases)), "all"):
        chosen = [case for case in cases if name in ("all", key(case))]
        gain = np.array([case.gain for case in chosen])
        low, high = (np.array([getattr(c, end) for c in chosen]) for end in ("low", "high"))
        mean = np.array([case.mean for case in chosen])
        within, above, below = (
            float(np.mean(flag))
            for flag in ((low <= gain) & (gain <= high), gain > high, gain < low)
        )
        medians = f"{np.median(mean):.3f} / {np.median(gain):.3f}"
        print(
            f"{name:<18}{len(chosen):>6}{within:>8.0%}{above:>8.0%}{below:>8.0%}"
            f"{mean.mean():>10.3f}{gain.mean():>8.3f}{medians:>15}"
        )


def print_chances(cases: Sequence[Case]) -> None:
    """How often the best score improved, where the chance told was such."""
    print(f"\n{'chance told':<18}{'cases':>6}{'mean':>8}{'improved':>10}")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        chosen = [case for case in cases if low <= case.chance < high]
        if chosen:
            told = np.mean([case.chance for case in chosen])
            came = np.mean([case.gain > 0 for case in chosen])
            words = f"{low:.0%} to {min(high, 1):.0%}"
            print(f"{words:<18}{len(chosen):>6}{told:>8.0%}{came:>10.0%}")


def print_stops(stops: Sequence[Stop]) -> None:
    """What the rules save and lose."""
    head = f"{'ended':>7}{'saved':>8}{'lost':>8}{'lost at most':>14}"
    print(f"\n{'rule':<14}{'strategy':<16}{head}")
    for rule in dict.fromkeys(stop.rule for stop in stops):
        for strategy in (*dict.fromkeys(stop.strategy for stop in stops), "all"):
            chosen = [s for s in stops if s.rule == rule and strategy in ("all", s.strategy)]
            saved = np.mean([1 - stop.after / TRIALS for stop in chosen])
            lost = np.array([stop.lost for stop in chosen])
            ended = np.mean([stop.after < TRIALS for stop in chosen])
            print(
                f"{rule:<14}{strategy:<16}{ended:>7.0%}{saved:>8.0%}{lost.mean():>8.3f}"
                f"{np.quantile(lost, 0.9):>14.3f}"
            )


def seconds_of_one(count: int) -> float:
    """Seconds of one estimate, the median of 20."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=count), np.full((count, 2), np.nan)])
    history = history_of(rows, "random")
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        expected_gain(history, NEXT)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


if __name__ == "__main__":
    sys.exit(main())
