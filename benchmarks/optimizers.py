"""Our strategies against their best peers, on public problems or on those for development.

``python benchmarks/optimizers.py`` tunes with each strategy of `--strategies`, through a study's
ask and tell, and prints scores (0 is random search, 1 the best loss known) beside the recorded
runs of Ax, Optuna, HEBO, SMAC and others. See docs/benchmarks.md.

Runs are kept in the folder of `--keep`, one line each: what is there is not run again, so a run
can be stopped and taken up. Losses of trained models are kept there too.
"""

from __future__ import annotations

import os

# Before numpy comes: times are of one thread.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from hpo_gui.core.errors import StudioError
from optimizer_bench.coco import is_installed
from optimizer_bench.peers import PACKAGES
from optimizer_bench.problem import Problem
from optimizer_bench.problem_list import PROBLEMS, SETS, named
from optimizer_bench.recorded import RECORDED, RECORDED_REFERENCES, recorded_runs
from optimizer_bench.references import Reference
from optimizer_bench.report import AGAINST, print_problems, print_table, print_times, shown
from optimizer_bench.running import Place, reference_of, run_one, strategy_of
from optimizer_bench.runs import PROTOCOLS, Run, RunKey, append_runs, load_runs
from optimizer_bench.scoring import make_table, with_best
from optimizer_bench.timing import print_many
from optimizer_bench.worker import WorkerError, has_package, make_interpreter

KEEP = Path(__file__).resolve().parent.parent / "results" / "optimizers"
TIMED = "hartmann6-noisy"
"""What times are measured on by default: six real parameters, a loss that costs nothing."""


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options; the problems, strategies, peers and seeds are taken apart and checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--protocol",
        choices=list(PROTOCOLS),
        default="seq",
        help="seq: 50 trials, one at a time; batch: 16 rounds of 8; timing: seconds of a proposal",
    )
    add(
        "--strategies",
        default="auto,bayesian,tpe,random",
        help="names, with options if any: bayesian:initial=5:kernel=rbf",
    )
    add("--problems", help=f"names, or {', '.join(SETS)}; public by default, {TIMED} for timing")
    add("--seeds", default="0-4", help="0-4 or 0,2,5")
    add("--peers", default="", help=f"to run again here: {', '.join(PACKAGES)}")
    add("--jobs", type=int, default=2, help="runs at the same time; timing takes one")
    add("--keep", type=Path, default=KEEP, help="folder of the results and losses")
    add("--again", action="store_true", help="run what is kept again; losses stay")
    add(
        "--at",
        type=int,
        metavar="ROUNDS",
        help="score after 15, 25 or 50 trials (4, 8, 16 rounds)",
    )
    add("--per-problem", action="store_true", help="print the scores on each problem too")
    add(
        "--with-peers",
        action="store_true",
        help="install Optuna and COCO into a virtual environment in the folder of --keep",
    )
    add("--python", type=Path, help="an interpreter that has them already; nothing is installed")
    options = parser.parse_args(arguments)
    try:
        default = TIMED if options.protocol == "timing" else "public"
        options.problems = named(options.problems or default, options.protocol)
        options.seeds = read_seeds(options.seeds)
        options.strategies = [label for label in options.strategies.split(",") if label]
        for label in options.strategies:
            strategy_of(label)
    except KeyError as error:
        known = ", ".join((*SETS, *PROBLEMS))
        parser.error(f"--problems must be among {known}, but got {error}")
    except (StudioError, ValueError) as error:
        parser.error(str(error))
    if options.python is not None and not options.python.is_file():
        parser.error(f"--python must be an interpreter, but got {options.python}")
    options.peers = [name for name in options.peers.split(",") if name]
    for name in options.peers:
        if name not in PACKAGES:
            parser.error(f"--peers must be among {', '.join(PACKAGES)}, but got {name}")
    steps = RECORDED.protocols[options.protocol].steps if options.protocol != "timing" else ()
    if options.at is not None and options.at not in steps:
        allowed = ", ".join(str(step) for step in steps) or "left out"
        parser.error(f"--at must be {allowed} for {options.protocol}, but got {options.at}")
    return options


def read_seeds(text: str) -> list[int]:
    """Seeds from ``0-4`` or ``0,2,5``."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def available(problems: Iterable[Problem], place: Place) -> list[Problem]:
    """The problems that can be computed here; says which ones cannot."""
    problems = list(problems)
    if is_installed() or has_package(place.python, "cocoex"):
        return problems
    left_out = [problem.name for problem in problems if problem.coco]
    if left_out:
        print(
            f"LEFT OUT: {len(left_out)} of {len(problems)} problems ({', '.join(left_out)}) need "
            "the package coco-experiment: add --with-peers, or --python PATH.\nThe peers' scores "
            "below are over the problems that remain."
        )
    return [problem for problem in problems if not problem.coco]


def make_runs(wanted: Sequence[RunKey], place: Place, jobs: int) -> Iterator[Run]:
    """The runs as they end; in turns in this process when there is one job."""
    if jobs == 1:
        yield from (run_one(key, place) for key in wanted)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(run_one, key, place) for key in wanted]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:  # who interrupts does not wait for what has not begun
            for future in futures:
                future.cancel()


def references_of(problems: Sequence[Problem], place: Place, jobs: int) -> dict[str, Reference]:
    """What random search reaches on each problem."""
    missing = [problem for problem in problems if problem.name not in RECORDED_REFERENCES]
    if missing:
        print(f"Random search on {len(missing)} problems, unless it is kept …", flush=True)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = {p.name: pool.submit(reference_name, p.name, place) for p in missing}
        computed = {name: future.result() for name, future in futures.items()}
    return RECORDED_REFERENCES | computed


def reference_name(name: str, place: Place) -> Reference:
    """The reference of a problem by its name, which is all that can go to another process."""
    return reference_of(PROBLEMS[name], place)


def bring_up_to_date(options: argparse.Namespace, place: Place) -> list[Run]:
    """Make the runs that are not kept, keep them, and return all that was asked for."""
    timing = options.protocol == "timing"
    optimizers = [*options.strategies, *options.peers]
    wanted = [
        RunKey(options.protocol, optimizer, problem.name, seed)
        for seed in options.seeds
        for problem in options.problems
        for optimizer in optimizers
    ]
    path = place.folder / f"{options.protocol}.jsonl"
    # Times of two runs cannot be compared: the computer may have been busy in one of them.
    again = options.again or timing
    kept = {run.key: run for run in load_runs(path) if not run.error and not again}
    missing = [key for key in wanted if key not in kept]
    print(f"{len(missing)} runs to make, {len(wanted) - len(missing)} kept in {path}", flush=True)
    for count, run in enumerate(make_runs(missing, place, 1 if timing else options.jobs), 1):
        append_runs(path, [run])
        kept[run.key] = run
        if run.error or count % 20 == 0:
            key = f"{run.key.optimizer} on {run.key.problem}, seed {run.key.seed}"
            print(f"{count}/{len(missing)} {key} {run.error}", flush=True)
    return [kept[key] for key in wanted]


def report(options: argparse.Namespace, runs: Sequence[Run], place: Place) -> None:
    """Print scores: where the peers were recorded beside theirs, elsewhere alone; then times."""
    ours = [shown(run) for run in runs]
    everyone = [*ours, *recorded_runs(options.protocol)]
    references = with_best(references_of(options.problems, place, options.jobs), everyone)
    names = {problem.name for problem in options.problems}
    shared = names & {run.key.problem for run in recorded_runs(options.protocol)}
    when = f" after {options.at} rounds" if options.at else ""
    for title, among in (
        (options.protocol, shared),
        (f"{options.protocol}, alone", names - shared),
    ):
        table = make_table(everyone, references, rounds=options.at, among=among)
        if table is not None:
            print_table(table, title + when)
            if options.per_problem:
                print_problems(table, references)
    print_times(ours, recorded=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not kept, print, and tell by the exit code whether all runs ended well."""
    options = read_arguments(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    try:
        python = options.python
        if python is None and options.with_peers:
            python = make_interpreter(options.keep / "peers")
        place = Place(options.keep.resolve(), python)
        timing = options.protocol == "timing"
        if timing and not options.peers and has_package(python, "optuna"):
            options.peers = [AGAINST]
        if options.peers and not has_package(python, "optuna"):
            raise WorkerError("The peers need an interpreter: --with-peers or --python PATH.")
    except WorkerError as error:
        print(error)
        return 2
    options.problems = available(options.problems, place)
    runs = bring_up_to_date(options, place)
    if timing:
        print_times([shown(run) for run in runs])
        if AGAINST not in options.peers:
            print(f"No ratios: {AGAINST} needs --with-peers or --python PATH.")
        for problem in options.problems:
            print_many(options.strategies, problem)
    elif runs:
        report(options, runs, place)
    failed = [run for run in runs if run.error]
    if failed:
        print(f"\n{len(failed)} runs failed; the first one: {failed[0].key}: {failed[0].error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
