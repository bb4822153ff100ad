"""How long workers idle while the strategy thinks, and how fast a run stops in mid-thought.

``python benchmarks/thinking.py`` runs a study with trials of 0.2 to 1 s on two workers and a
strategy that computes for 100 ms at each proposal, and prints the share of the time in which a
worker had nothing to do: thinking in place, apart, and apart on one worker. Then it stops a run in
the middle of a thought of 10 s. ``--trials`` sets the length of each study.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time

import msgspec
import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Origin, Proposal, Trial
from hpo_gui.core.value import Params
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.execution.thinking_process import ThinkingProcess
from hpo_gui.pruners.none import NoPruner
from hpo_gui.study.events import StateChanged
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("seconds", 0.2, 1.0)])
GOALS = (Goal("loss", "minimize"),)
MOST_IDLE = 0.05
STOP_MS = 200.0


class Pondering(msgspec.Struct, frozen=True):
    """Computes for a while before it draws at random."""

    seconds: float = 0.1

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        """Burn processor time, as a model that is fitted does."""
        end = time.perf_counter() + self.seconds
        matrix = np.eye(50)
        while time.perf_counter() < end:
            matrix = matrix @ matrix
        return [Proposal(history.space.sample(rng), Origin("pondering", "Drawn at random."))]


class Waiting:
    """An objective that takes as long as its parameter says, and leaves the processor alone."""

    steps = 1

    def start(self, params: Params, seed: int) -> None:
        """Nothing to prepare."""

    def step(self, state: None, params: Params, index: int) -> tuple[dict[str, float], None]:
        """Wait."""
        time.sleep(float(params["seconds"]))
        return {"loss": float(params["seconds"])}, None


def run(trials: int, workers: int, apart: bool) -> tuple[Trial, ...]:
    """Run a study to its end."""
    runner = make(Pondering(), trials, workers, apart)
    for _ in runner.run():
        continue
    return runner.study.history.trials


def make(strategy: Pondering, trials: int, workers: int, apart: bool) -> Runner:
    """A runner whose strategy thinks in place or apart."""
    return Runner(
        Study(SPACE, GOALS, strategy, seed=1),
        ProcessPool(Waiting, workers),
        1,
        budget=BudgetSpec(trials=trials),
        pruner=NoPruner(),
        thinker=ThinkingProcess(strategy, 1) if apart else None,
    )


def idle_share(trials: tuple[Trial, ...], workers: int) -> float:
    """Share of the workers' time without a trial, from when all have begun to when one ends."""
    spans = [(trial.started or 0.0, trial.finished or 0.0) for trial in trials]
    ends = sorted(end for _, end in spans)
    first = sorted(start for start, _ in spans)[workers]
    last = ends[-workers]
    busy = sum(max(0.0, min(end, last) - max(start, first)) for start, end in spans)
    return 1 - busy / (workers * (last - first))


def stop_ms(times: int = 5) -> list[float]:
    """Milliseconds from the demand to stop to the end of the run, in thoughts of 10 s."""
    return [_stop_once() for _ in range(times)]


def _stop_once() -> float:
    runner = make(Pondering(10.0), 5, 2, apart=True)
    asked_at = 0.0

    def stop() -> None:
        nonlocal asked_at
        asked_at = time.perf_counter()
        runner.stop_now()

    for event in runner.run():
        if event == StateChanged("running"):
            threading.Timer(3.0, stop).start()
    return (time.perf_counter() - asked_at) * 1000


def main() -> int:
    """Measure, print, and tell by the exit code whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=60)
    trials = parser.parse_args().trials
    print(f"{trials} trials of 0.2 to 1 s, 100 ms of thinking for each")
    in_place = idle_share(run(trials, 2, apart=False), 2)
    print(f"idle share, 2 workers, in place   {in_place:6.1%}")
    apart = idle_share(run(trials, 2, apart=True), 2)
    print(f"idle share, 2 workers, apart      {apart:6.1%}   target {MOST_IDLE:.0%}")
    one = idle_share(run(trials // 2, 1, apart=True), 1)
    print(f"idle share, 1 worker, apart       {one:6.1%}   (never asked ahead)")
    stops = stop_ms()
    print(
        f"stop in mid-thought   median {statistics.median(stops):.0f} ms   "
        f"max {max(stops):.0f} ms   target {STOP_MS:.0f}"
    )
    return 0 if apart <= MOST_IDLE and max(stops) <= STOP_MS else 1


if __name__ == "__main__":
    sys.exit(main())
