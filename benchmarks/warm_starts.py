"""How soon a warm start is as good as 50 trials without one, on tables nothing was learnt from.

The tables are the ones of public benchmarks (`_small_tables.UNSEEN`). Ours are the model's
defaults, its tested starting points, and the program's own strategy up to 15 trials; the others
are 50 trials of random search and, where Optuna is installed, of its TPE. A score of the others
is the mean over their seeds of the best loss.

Usage: python benchmarks/warm_starts.py --keep FOLDER [--models svm knn] [--seeds 3]
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from _small_tables import UNSEEN, SmallTable
from _trying_models import Kept, Trier, key
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, freeze
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.starting_points import points_for
from hpo_gui.strategies.catalogue import make_strategy
from hpo_gui.study.study import Study

OURS, THEIRS = 15, 50  # trials
MODELS_COMPARED = (
    "svm",
    "knn",
    "decision_tree",
    "logistic_regression",
    "ridge",
    "elastic_net",
    "random_forest",
    "gradient_boosting",
)
LEAST = {"classification": 0.005, "regression": 0.005}
"""Losses that are no further apart count as equal: half an error in 100 rows."""

Loss = Callable[[Params], float]


@dataclass(frozen=True)
class Compared:
    """Best losses of one model on one table.

    Attributes
    ----------
    start : after the defaults and the tested points, and how many those were
    ours : after 15 trials, mean over the seeds
    random, tpe : after 50 trials, mean over the seeds; NaN where not measured
    soon : our first trial that is as good as the better of the two; None when none is
    """

    default: float
    start: float
    points: int
    ours: float
    random: float
    tpe: float
    soon: float | None


def compare(model: str, table: SmallTable, seeds: int, folder: Path) -> Compared:
    """Run ours and the others on one table; losses are kept in a folder."""
    kept = Kept(folder, f"{model}-full", table.name)
    trier = Trier(model, table, 7)
    space = Space(MODELS[model].space(trier.dataset.task, *trier.shape))

    def loss(params: Params) -> float:
        known = kept.losses.get(key(params))
        return kept.put(params, trier.loss(params)) if known is None else known

    first = [space.complete({})]
    for point in points_for(model, trier.dataset.task, *trier.shape):
        if space.complete(point) not in first:
            first.append(space.complete(point))
    ours = np.array([run_ours(space, first, loss, seed, OURS) for seed in range(seeds)])
    by_chance = [run_ours(space, [], loss, seed, THEIRS, "random")[-1] for seed in range(seeds)]
    tpe = [run_tpe(space, loss, seed) for seed in range(seeds)] if has_optuna() else [np.nan]
    target = np.nanmin([np.mean(by_chance), np.mean(tpe)]) + LEAST[trier.dataset.task]
    reached = np.flatnonzero(ours.mean(axis=0) <= target)
    return Compared(
        ours[0, 0],
        ours[0, min(len(first), OURS) - 1],
        len(first) - 1,
        ours[:, -1].mean(),
        float(np.mean(by_chance)),
        float(np.mean(tpe)),
        int(reached[0]) + 1 if len(reached) else None,
    )


def run_ours(
    space: Space, first: list[Params], loss: Loss, seed: int, trials: int, name: str = "auto"
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Best loss after each trial; shape (trials,)."""
    start = [Proposal(params, Origin("tested")) for params in first]
    study = Study(
        space, [Goal("loss", "minimize")], make_strategy(name), seed=seed + 100, start=start
    )
    losses: list[float] = []
    while len(losses) < trials and (asked := study.ask(1)):
        losses.append(loss(asked[0].params))
        study.tell(asked[0].number, losses[-1])
    best = np.minimum.accumulate(losses)
    return np.pad(best, (0, trials - len(best)), mode="edge")


def has_optuna() -> bool:
    """Whether the peer is installed."""
    return importlib.util.find_spec("optuna") is not None


def run_tpe(space: Space, loss: Loss, seed: int) -> float:
    """Best loss of 50 trials of Optuna's TPE, with its usual options."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: loss(suggest(space, trial)), n_trials=THEIRS)
    return float(study.best_value)


def suggest(space: Space, trial: Any) -> Params:
    """A configuration of the space in Optuna's terms."""
    params: Params = {}
    for parameter in space:
        if not space.is_active(parameter.name, params):
            continue
        name = parameter.name
        match parameter:
            case Categorical() | Ordinal():
                place = trial.suggest_categorical(name, list(range(len(parameter.values))))
                params[name] = parameter.values[place]
            case Float() | Int():
                if parameter.or_none and trial.suggest_categorical(f"{name} none", [False, True]):
                    params[name] = None
                    continue
                ask = trial.suggest_int if isinstance(parameter, Int) else trial.suggest_float
                params[name] = ask(name, parameter.low, parameter.high, log=parameter.log)
    return {name: freeze(params[name]) for name in space.names if name in params}


def line(model: str, table: SmallTable, found: Compared) -> str:
    """What came out, in a line."""
    soon = "no" if found.soon is None else str(found.soon)
    return (
        f"{model:20} {table.recipe.removesuffix('_as_published'):14} "
        f"{found.default:8.4f} {found.start:8.4f} {found.points:4} {found.ours:8.4f} "
        f"{found.random:8.4f} {found.tpe:8.4f} {soon:>6}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was tried")
    parser.add_argument("--models", nargs="*", default=MODELS_COMPARED)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    print(
        f"{'model':20} {'table':14}  default   tested  of   15 ours  50 rnd   50 TPE   soon\n"
        "Best loss (share of errors, or RMSE in standard deviations); soon: the trial of ours\n"
        "that is as good as the better of the others."
    )
    soon: list[int | float | None] = []
    for model in options.models:
        for table in UNSEEN:
            if table.task in MODELS[model].tasks:
                found = compare(model, table, options.seeds, options.keep)
                soon.append(found.soon)
                print(line(model, table, found), flush=True)
    met = sum(trial is not None for trial in soon)
    print(f"As good within {OURS} trials: {met} of {len(soon)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
