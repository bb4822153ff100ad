"""One run: an optimizer is asked, the problem answers, for as many rounds as the protocol has."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec

from hpo_gui.core.goal import Goal
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params
from hpo_gui.core.version import __version__
from hpo_gui.strategies.catalogue import make_strategy
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.study import Study
from optimizer_bench.coco import is_installed
from optimizer_bench.peers import PACKAGES
from optimizer_bench.problem import KeptLosses, Problem, point
from optimizer_bench.problem_list import PROBLEMS
from optimizer_bench.recorded import RECORDED_REFERENCES
from optimizer_bench.references import (
    Reference,
    keep_reference,
    kept_reference,
    reference,
    significant,
)
from optimizer_bench.runs import PROTOCOLS, Run, RunKey
from optimizer_bench.worker import RemotePeer, WorkerPool

GOAL = Goal("loss", "minimize")


class Place(msgspec.Struct, frozen=True):
    """Where a benchmark runs.

    Attributes
    ----------
    folder : where results and losses are kept
    python : an interpreter that has the peers, COCO or both
    """

    folder: Path
    python: Path | None = None


class Optimizer(Protocol):
    """What a run needs of an optimizer; both calls tell the processor seconds that they took."""

    def ask(self, count: int) -> tuple[list[Params], float]: ...

    def tell(self, losses: Sequence[float]) -> float: ...


class OwnStrategy:
    """A strategy of ours, in a study of its own.

    Parameters
    ----------
    label : its name, with options if any: ``bayesian:initial=5:kernel=rbf``
    space : what may be tried
    seed : of the study
    plan : how long the study will be, and how wide
    """

    def __init__(self, label: str, space: Space, seed: int, plan: Plan) -> None:
        self.study = Study(space, [GOAL], strategy_of(label), seed=seed, plan=plan)
        self._asked: list[Trial] = []

    def ask(self, count: int) -> tuple[list[Params], float]:
        """The next configurations; fewer when nothing is left to try."""
        started = time.process_time()
        self._asked = self.study.ask(count)
        return [trial.params for trial in self._asked], time.process_time() - started

    def tell(self, losses: Sequence[float]) -> float:
        """The losses of what was asked last."""
        started = time.process_time()
        for trial, loss in zip(self._asked, losses, strict=True):
            self.study.tell(trial.number, loss)
        return time.process_time() - started


def strategy_of(label: str) -> Strategy:
    """The strategy that a label names.

    Raises
    ------
    SpecError : an unknown name or option
    """
    name, *pairs = label.split(":")
    options = {}
    for pair in pairs:
        option, _, text = pair.partition("=")
        try:
            options[option] = json.loads(text)
        except ValueError:
            options[option] = text
    return make_strategy(name, **options)


def run_one(key: RunKey, place: Place) -> Run:
    """Make one run; what goes wrong in an optimizer is part of the result."""
    rounds, count = PROTOCOLS[key.protocol]
    problem = PROBLEMS[key.problem]
    losses: list[float] = []
    seconds: list[float] = []
    versions: dict[str, str] = {}
    error = ""
    try:
        optimizer, versions = _make(
            key, problem, Plan(trials=rounds * count, workers=count), place
        )
        for loss, spent in play(optimizer, problem, loss_of(problem, place), key):
            losses.append(loss)
            seconds.append(spent)
    except Exception as problem_met:  # noqa: BLE001 — an optimizer's failure is a result
        error = f"{type(problem_met).__name__}: {problem_met}"
        _pool(place.python).close()
    return Run(key, tuple(losses), tuple(seconds), error, versions)


def play(
    optimizer: Optimizer, problem: Problem, loss: Callable[[Params], float], key: RunKey
) -> list[tuple[float, float]]:
    """For each round the loss of what is recommended, and the optimizer's seconds.

    Recommended is what looked best so far; its loss counts without noise. Whatever an optimizer
    draws, the noise of a trial is the same.
    """
    rounds, count = PROTOCOLS[key.protocol]
    played: list[tuple[float, float]] = []
    best_seen, recommended, telling = float("inf"), float("inf"), 0.0
    for turn in range(rounds):
        asked, asking = optimizer.ask(count)
        if not asked:
            break
        seen = []
        for place, params in enumerate(asked):
            true = loss(problem.space.check(params))
            seen.append(true + problem.noise_at(f"{key.seed}/{turn}/{place}"))
            if seen[-1] < best_seen:
                best_seen, recommended = seen[-1], true
        played.append((significant(recommended), telling + asking))
        telling = optimizer.tell(seen)
    return played


def _make(
    key: RunKey, problem: Problem, plan: Plan, place: Place
) -> tuple[Optimizer, dict[str, str]]:
    """The optimizer of a run, and the versions of its packages."""
    if key.optimizer not in PACKAGES:
        own = OwnStrategy(key.optimizer, problem.space, key.seed, plan)
        return own, {"hpo-gui": __version__}
    worker = _pool(place.python).worker
    versions, _ = worker.call("versions", name=key.optimizer)
    return RemotePeer(worker, key.optimizer, problem.space, key.seed), versions


@lru_cache(None)
def _pool(python: Path | None) -> WorkerPool:
    return WorkerPool(python)


@lru_cache(None)
def loss_of(problem: Problem, place: Place) -> Callable[[Params], float]:
    """How a problem's losses are had here: computed, remembered, or from the other interpreter."""
    if problem.trains:
        return KeptLosses(place.folder / "losses", problem)
    function = problem.coco
    if function is not None and not is_installed():
        pool = _pool(place.python)
        return lambda params: pool.coco(function, point(params))
    return problem.loss


def reference_of(problem: Problem, place: Place) -> Reference:
    """What random search reaches on a problem: recorded, kept, or computed now and kept."""
    if problem.name in RECORDED_REFERENCES:
        return RECORDED_REFERENCES[problem.name]
    path = place.folder / "references" / f"{problem.name}.json"
    kept = kept_reference(path)
    if kept is None:
        kept = reference(problem, loss_of(problem, place), _optimum(problem, place))
        keep_reference(path, kept)
    return kept


def _optimum(problem: Problem, place: Place) -> float | None:
    if problem.coco is None:
        return problem.optimum
    if is_installed():
        return problem.coco.optimum()
    return float(_pool(place.python).worker.call("coco_optimum", function=problem.coco)[0])
