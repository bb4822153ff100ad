"""What learning step by step costs: next to the learning itself, and to keep what was learnt.

``python benchmarks/stepping.py`` prints the shares of a step of one second that are not learning
(of networks on a table, and through the process pool), the milliseconds of a step that does
nothing, through the pool, and of a checkpoint of 1 MB.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Choice, ModelSpec, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.steering import Reading
from hpo_gui.evaluation.table_training import TableLearner
from hpo_gui.evaluation.training import Training
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.execution.processes import limit_threads
from hpo_gui.strategies.random import Random
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

GOAL = Goal("loss", "minimize")
MOST_SHARE, MOST_MS, MOST_CHECKPOINT_MS = 0.03, 2.0, 5.0


class Busy:
    """A learner that computes for so many seconds a step."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def read(self, params: Params) -> Reading:
        """Nothing to steer."""
        return Reading(params)

    def start(self, params: Params, seed: int) -> int:
        """A small state."""
        return 0

    def step(self, inner: int, values: Params, index: int) -> tuple[dict[str, Any], int]:
        """Burn processor time, as a model that learns does."""
        end = time.perf_counter() + self._seconds
        matrix = np.eye(50)
        while time.perf_counter() < end:
            matrix = matrix @ matrix
        return {"loss": (1.0 / (index + 1),)}, inner + 1


def busy(seconds: float, steps: int) -> Training:
    """A training of `Busy`; made in a worker."""
    return Training(Busy(seconds), GOAL, TrainingSpec(steps=steps))


def milliseconds_through_pool(seconds: float, steps: int, trials: int, folder: Path) -> float:
    """Milliseconds of a step beyond its learning, from the first step of a study to its last."""
    study = Study(Space([Float("x", 0, 1)]), (GOAL,), Random(), seed=1)
    checkpoints = Checkpoints(folder)
    runner = Runner(
        study,
        ProcessPool(partial(busy, seconds, steps), 1, checkpoints=checkpoints),
        steps,
        budget=BudgetSpec(trials=trials),
        forget_states=checkpoints.forget_others,
    )
    for _ in runner.run():
        continue
    found = runner.study.history.trials
    took = (found[-1].finished or 0.0) - (found[0].started or 0.0)
    return (took / (steps * trials) - seconds) * 1000


def shares_on_table(seconds: float, steps: int) -> tuple[float, float]:
    """Shares of a step on a table that go into scores, and into neither scores nor learning."""
    folds = _folds(20_000)
    stretch = 1
    for stretch in (1, 2, 4, 8, 16, 32):
        if _steps_on(folds, stretch, 2)[0] >= 0.7 * seconds:
            break
    learnt, scored, took = _steps_on(folds, stretch, steps)
    print(f"  steps of {took:.2f} s: {stretch} epochs of 3 networks on 20,000 rows")
    return scored / took, 1 - (learnt + scored) / took


def _folds(rows: int) -> CrossValidation:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 20)), columns=[f"x{i}" for i in range(20)])
    target = (frame["x0"] + frame["x1"] * frame["x2"] > 0).to_numpy().astype(np.int64)
    dataset = Dataset(
        frame=frame,
        numbers=tuple(frame.columns),
        categories=(),
        target=target,
        task="classification",
        train=np.arange(rows),
        test=np.arange(0),
        classes=("no", "yes"),
    )
    model = ModelSpec("mlp", {"hidden_layer_sizes": (64, 64)})
    return CrossValidation(dataset, (model,), Choice("k_fold", {"folds": 3}), metrics=("roc_auc",))


class _Timed(TableLearner):
    """Knows how long it has scored."""

    scoring = 0.0

    def _scores(self, *arguments: Any) -> dict[str, float]:
        began = time.perf_counter()
        scores = super()._scores(*arguments)
        self.scoring += time.perf_counter() - began
        return scores


def _steps_on(folds: CrossValidation, stretch: int, steps: int) -> tuple[float, float, float]:
    """Median seconds that a step has learnt, scored and taken; the first one prepares the rows."""
    goal = Goal("roc_auc")
    learner = _Timed(folds, goal.metric, stretch)
    training = Training(learner, goal, TrainingSpec(steps=steps + 1))
    state = training.start({}, 1)
    learnt, scored, took = [0.0], [0.0], [0.0]  # in all, after each step
    for index in range(steps + 1):
        began = time.perf_counter()
        _, state = training.step(state, {}, index)
        took.append(took[-1] + time.perf_counter() - began)
        learnt.append(sum(model.seconds for model in state.inner.models))
        scored.append(learner.scoring)
    medians = [statistics.median(np.diff(totals)[1:]) for totals in (learnt, scored, took)]
    return float(medians[0]), float(medians[1]), float(medians[2])


def checkpoint_milliseconds(folder: Path, times: int = 100) -> tuple[float, float, float]:
    """Median and fastest milliseconds to save and to load a network, and its size in MB."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    network = MLPClassifier((165, 165))
    network.partial_fit(rng.normal(size=(50, 20)), np.arange(50) % 2, classes=[0, 1])
    checkpoints = Checkpoints(folder)
    taken = []
    for number in range(times):
        began = time.perf_counter()
        checkpoints.save(number % 2, number, network)
        assert checkpoints.load(number % 2) is not None
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), min(taken), len(pickle.dumps(network)) / 1e6


def main() -> int:
    """Measure, print, and tell by the exit code whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=15, help="of one second")
    parser.add_argument("--tiny", type=int, default=2000, help="steps that do nothing")
    options = parser.parse_args()
    limit_threads()  # as in a worker
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scores, table = shares_on_table(1.0, options.steps)
        print(f"scores, on a table                 {scores:6.1%}")
        print(f"neither, on a table                {table:6.1%}   target {MOST_SHARE:.0%}")
        pool = milliseconds_through_pool(1.0, options.steps, 1, folder) / 1000
        print(f"not learning, through the pool     {pool:6.1%}   target {MOST_SHARE:.0%}")
        tiny = milliseconds_through_pool(0.0, options.tiny // 10, 10, folder)
        print(f"a step that does nothing           {tiny:6.2f} ms   target {MOST_MS:.0f}")
        kept, fastest, size = checkpoint_milliseconds(folder)
        print(
            f"checkpoint of {size:.1f} MB, there and back {kept:5.2f} ms   "
            f"(fastest {fastest:.2f})   target {MOST_CHECKPOINT_MS:.0f}"
        )
    met = max(table, pool) <= MOST_SHARE and tiny <= MOST_MS and kept < MOST_CHECKPOINT_MS
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
