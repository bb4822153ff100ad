"""How fast "stop now" ends a run with two busy workers, and what the crash of a worker costs.

Targets: all workers are dead < 200 ms (p99 of 200 stops) after `stop_now`; a crash costs its
worker less than 3 s.

Usage: python benchmarks/stop_now.py [stops] [crashes]
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import psutil

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.execution.executor import StepDone, Task, TaskEnded, TaskStarted
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.strategies.random import Random
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study
from kill import Busy, report, wait_for, wait_for_steps

STOP_MS = 200.0
CRASH_SECONDS = 3.0
WORKERS = 2
PATIENCE = 120.0


def measure_stop() -> float:
    """Milliseconds from `stop_now` to the death of the last worker of one run."""
    study = Study(Space([Float("x", 0, 1)]), [Goal("score")], Random(), seed=0)
    pool = ProcessPool(Busy, WORKERS)
    runner = Runner(study, pool, Busy.steps, budget=BudgetSpec(trials=10))
    events = threading.Thread(target=lambda: list(runner.run()))
    events.start()
    wait_until(lambda: sum(trial.steps_done > 0 for trial in study.trials) >= WORKERS)
    workers = [handle.process.pid for handle in pool._staff.handles if handle.jobs]
    assert len(workers) == WORKERS
    began = time.perf_counter()
    runner.stop_now()
    while any(is_alive(pid) for pid in workers):
        time.sleep(0.0005)
    milliseconds = 1000 * (time.perf_counter() - began)
    events.join()
    return milliseconds


def measure_crashes(crashes: int) -> list[float]:
    """Seconds from the death of a busy worker to the first step on the worker in its place."""
    pool = ProcessPool(Busy, WORKERS)
    try:
        for number in range(WORKERS):
            pool.submit(Task(number, {}, number, 0, Busy.steps))
        wait_for_steps(pool, set(range(WORKERS)))
        return [crash_one(pool, number, number + WORKERS) for number in range(crashes)]
    finally:
        pool.close()


def crash_one(pool: ProcessPool, victim: int, successor: int) -> float:
    """Kill the worker of one trial from outside; the next trial takes its place."""
    handle = pool._open[victim].handle
    assert handle is not None
    began = time.perf_counter()
    os.kill(handle.process.pid or 0, signal.SIGKILL)
    wait_for(pool, lambda event: isinstance(event, TaskEnded) and event.trial == victim)
    pool.submit(Task(successor, {}, successor, 0, Busy.steps))
    wait_for(pool, lambda event: isinstance(event, TaskStarted) and event.trial == successor)
    seconds = time.perf_counter() - began
    wait_for(pool, lambda event: isinstance(event, StepDone) and event.trial == successor)
    return seconds


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for another thread."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def is_alive(pid: int | None) -> bool:
    """Whether a process still does something."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def report_seconds(name: str, values: Sequence[float]) -> float:
    """Print the spread of some seconds and return the largest."""
    print(
        f"{name:<34} median {statistics.median(values):7.2f} s    "
        f"p99 {np.percentile(values, 99):7.2f} s    max {max(values):7.2f} s"
    )
    return max(values)


def main(stops: int = 200, crashes: int = 20) -> int:
    """Measure, print, and return 1 when a target is missed."""
    print(f"{stops} runs with {WORKERS} busy workers, each stopped now; {crashes} crashes")
    p99 = report("all workers dead", [measure_stop() for _ in range(stops)])
    worst = report_seconds("crash to the next trial's start", measure_crashes(crashes))
    met = p99 < STOP_MS and worst < CRASH_SECONDS
    print("targets: stop p99 < 200 ms, crash < 3 s:", "met" if met else "MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
