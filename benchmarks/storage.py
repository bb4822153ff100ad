"""How fast a study file of 100,000 trials opens, and how long the commit of one trial takes.

Targets: load ≤ 1.2 s (of the 2 s in which the program opens it), commit p99 ≤ 5 ms while 200
trials arrive each second.

Usage: python benchmarks/storage.py [trials]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.records import StepRow
from hpo_gui.storage.study_file import StudyFile

METRICS = ("accuracy", "f1", "fit_time", "predict_time")
FOLDS = 5
PARAMETERS = 8
LOAD_SECONDS = 1.2
COMMIT_MS = 5.0
PACE = 200  # trials a second
PACED = 2000


def make_trials(count: int) -> list[Trial]:
    """Finished trials with 8 parameters and 4 metrics over 5 folds."""
    rng = np.random.default_rng(0)
    params = rng.random((count, PARAMETERS))
    scores = rng.random((count, len(METRICS), FOLDS))
    return [
        Trial(
            number=number,
            params={f"parameter_{place}": value for place, value in enumerate(params[number])},
            origin=Origin("random", "drawn at random"),
            state=TrialState.COMPLETE,
            seed=number,
            scores=dict(zip(METRICS, scores[number].mean(axis=1).tolist(), strict=True)),
            fold_scores={
                metric: tuple(column)
                for metric, column in zip(METRICS, scores[number].tolist(), strict=True)
            },
            started=1.7e9 + number,
            finished=1.7e9 + number + 1,
            asked=number,
            told=number + 1,
        )
        for number in range(count)
    ]


def steps_of(trial: Trial) -> list[StepRow]:
    """The steps of a trial as they would have been recorded."""
    return [
        StepRow(trial.number, fold, {m: trial.fold_scores[m][fold] for m in METRICS}, 0.1, 1.7e9)
        for fold in range(FOLDS)
    ]


def measure_load(path: Path, trials: list[Trial], repeats: int = 5) -> list[float]:
    """Seconds from opening the file to having all trials, several times."""
    with StudyFile.create(path, "{}") as file:
        file.record(trials, (step for trial in trials for step in steps_of(trial)))
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        with StudyFile.open(path) as file:
            loaded = file.load()
            seconds.append(time.perf_counter() - began)
        assert loaded[-1] == trials[-1]
        del loaded
    return seconds


def measure_commits(path: Path, trials: list[Trial]) -> tuple[list[float], list[float]]:
    """Milliseconds of each `put` of a finished trial and each `put_step`, at the pace given."""
    puts: list[float] = []
    steps: list[float] = []
    with StudyFile.open(path) as file:
        first = len(file.load())
        start = time.perf_counter()
        for place, trial in enumerate(trials[:PACED]):
            time.sleep(max(0.0, start + place / PACE - time.perf_counter()))
            number = first + place
            file.put([Trial(number, trial.params, trial.origin, TrialState.RUNNING)])
            for row in steps_of(trial):
                step = (number, row.index, row.scores, row.seconds, row.at)
                steps.append(milliseconds(file.put_step, *step))
            finished = msgspec.structs.replace(trial, number=number)
            puts.append(milliseconds(file.put, [finished]))
    return puts, steps


def measure_disk(path: Path, count: int) -> list[float]:
    """Milliseconds of the least that any durable write costs on this disk."""
    block = bytes(4096)
    with path.open("wb", buffering=0) as file:

        def write() -> None:
            file.write(block)
            os.fsync(file.fileno())

        return [milliseconds(write) for _ in range(count)]


def milliseconds(action: Callable[..., None], *arguments: object) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    action(*arguments)
    return 1000 * (time.perf_counter() - began)


def report(name: str, values: list[float]) -> float:
    """Print the spread of some milliseconds and return the 99th percentile."""
    p99 = float(np.percentile(values, 99))
    print(
        f"{name:<30} median {statistics.median(values):6.2f} ms   p99 {p99:6.2f} ms   "
        f"max {max(values):6.2f} ms"
    )
    return p99


def main(count: int = 100_000) -> int:
    """Measure, print, and return 1 when a target is missed."""
    trials = make_trials(count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.hpostudy"
        times = measure_load(path, trials)
        seconds, best = statistics.median(times), min(times)
        size = path.stat().st_size / 1e6
        print(f"open and load {count:,} trials, {size:.0f} MB:")
        print(f"median {seconds:.2f} s, best {best:.2f} s")
        puts, steps = measure_commits(path, trials)
        bare = measure_disk(Path(folder) / "bare", PACED)
    print(f"{PACE} trials a second, each {FOLDS} steps and 2 puts, each a transaction:")
    report("bare write of 4 KiB and fsync", bare)
    p99 = max(report("commit of a trial", puts), report("commit of a step", steps))
    met = seconds <= LOAD_SECONDS * count / 100_000 and p99 <= COMMIT_MS
    print(
        f"targets: load ≤ {LOAD_SECONDS} s, commit p99 ≤ {COMMIT_MS} ms:",
        "met" if met else "MISSED",
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
