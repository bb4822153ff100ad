"""What the tests of the pool of processes share."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from hpo_gui.execution.executor import Outcome, StepDone, Task, TaskEnded, TaskStarted
from hpo_gui.execution.process_pool import ProcessPool

MakePool = Callable[..., ProcessPool]
POSIX = sys.platform != "win32"


def make_task(number: int, do: str = "score", *, steps: int = 1, **params) -> Task:
    return Task(number, {"do": do, **params}, 0, 0, steps)


def run_until(pool: ProcessPool, enough: Callable[[list[Outcome]], object]) -> list[Outcome]:
    events: list[Outcome] = []
    deadline = time.monotonic() + 60
    while not enough(events):
        assert time.monotonic() < deadline, events
        events += pool.collect(0.5)
    return events


def run_all(pool: ProcessPool, *tasks: Task) -> dict[int, TaskEnded]:
    for task in tasks:
        pool.submit(task)
    return ends_of(run_until(pool, lambda events: len(ends_of(events)) >= len(tasks)))


def ends_of(events: list[Outcome]) -> dict[int, TaskEnded]:
    return {event.trial: event for event in events if isinstance(event, TaskEnded)}


def starts_of(events: list[Outcome]) -> dict[int, TaskStarted]:
    return {event.trial: event for event in events if isinstance(event, TaskStarted)}


def until_file(pool: ProcessPool, path: Path) -> list[Outcome]:
    return run_until(pool, lambda events: path.exists() and path.stat().st_size >= 0)


def worker_facts(pool: ProcessPool, number: int = 900) -> dict[str, float]:
    pool.submit(make_task(number, "environment"))
    events = run_until(pool, lambda events: number in ends_of(events))
    return next(e.scores for e in events if isinstance(e, StepDone) and e.trial == number)


def is_gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    psutil.wait_procs([process], timeout=10)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def warm_up(pool: ProcessPool) -> None:
    """Let all workers start, and let the pool learn that trials are short."""
    seen: set[int] = set()
    while len(seen) < pool.workers:
        for number in range(800, 808):
            pool.submit(make_task(number))
        events = run_until(pool, lambda events: len(ends_of(events)) == 8)
        seen |= {event.worker for event in starts_of(events).values()}


PROGRAM = """
import signal
import sys
from execution_objectives import scripted
from hpo_gui.execution.executor import StepDone, Task, TaskStarted
from hpo_gui.execution.process_pool import ProcessPool

if __name__ == "__main__":
    # a shell lets what it starts in the background ignore Ctrl+C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pool = ProcessPool(scripted, 2)
    pids, number = set(), 0
    while len(pids) < 2:
        number += 1
        pool.submit(Task(number, {"do": "environment"}, 0, 0, 1))
        for event in pool.collect(5):
            if isinstance(event, StepDone):
                pids.add(int(event.scores["pid"]))
    begun = 0
    for trial in (-1, -2):
        pool.submit(Task(trial, {"do": "sleep"}, 0, 0, 1))
    while begun < 2:
        begun += sum(isinstance(e, TaskStarted) and e.trial < 0 for e in pool.collect(5))
    print(*pids, flush=True)
    ENDING
"""


def start_program(tmp_path: Path, ending: str) -> tuple[subprocess.Popen[str], list[int]]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.replace("ENDING", ending))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    return program, [int(pid) for pid in line.split()]


def finish_program(program: subprocess.Popen[str]) -> str:
    _, errors = program.communicate(timeout=30)
    return errors
