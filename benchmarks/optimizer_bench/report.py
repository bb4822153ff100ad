"""The tables that the benchmark prints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from optimizer_bench.peers import PACKAGES
from optimizer_bench.recorded import RECORDED
from optimizer_bench.references import Reference
from optimizer_bench.runs import Run
from optimizer_bench.scoring import Table

MARKS = (10, 50, 100)
"""Observations at which times are told."""

COLUMNS = {str(mark): f"after {mark}" for mark in MARKS} | {"8": "8 at once"}
"""What times are told of."""

AGAINST = "optuna-gp"
"""The peer whose time ours is held against; the next one where it did not run."""


def shown(run: Run) -> Run:
    """A run made here under the name that tells it from the recorded ones."""
    name = run.key.optimizer
    title = f"{name} (here)" if name in PACKAGES else f"ours {name}"
    return msgspec.structs.replace(run, key=msgspec.structs.replace(run.key, optimizer=title))


def print_table(table: Table, title: str) -> None:
    """Score, interval and families, a line for each optimizer."""
    counts = ", ".join(f"{family} {count}" for family, count in table.counts.items())
    print(f"\n{title}: {len(table.problems)} problems ({counts})\n")
    width = max(len(row.optimizer) for row in table.rows)
    families = "".join(f" | {family}" for family in table.counts)
    print(f"| {'optimizer':{width}} | score | 95 %           | first | rank | seeds{families} |")
    print("|" + "---|" * (6 + len(table.counts)))
    for row in table.rows:
        means = "".join(f" | {row.families[name]:{len(name)}.2f}" for name in table.counts)
        seeds = f"{row.seeds[0]}" if len(set(row.seeds)) == 1 else f"{row.seeds[0]}-{row.seeds[1]}"
        failed = f"  {row.failed} of {row.runs} runs failed" if row.failed else ""
        print(
            f"| {row.optimizer:{width}} | {row.score:5.3f} | {row.low:6.3f}, {row.high:6.3f} "
            f"| {row.first:5.2f} | {row.rank:4.1f} | {seeds:>5}{means} |{failed}"
        )


def print_problems(table: Table, references: Mapping[str, Reference]) -> None:
    """The mean score of each optimizer on each problem, and the best loss known."""
    print("\n| problem | best known | by | " + " | ".join(r.optimizer for r in table.rows) + " |")
    print("|" + "---|" * (3 + len(table.rows)))
    for problem in table.problems:
        known = references[problem]
        scores = " | ".join(f"{row.problems[problem]:.2f}" for row in table.rows)
        print(f"| {problem} | {known.best:.5g} | {known.best_by} | {scores} |")


def seconds_around(seconds: Sequence[float], observations: int) -> float | None:
    """Mean seconds of the eight proposals around so many observations; None where there are none.

    Eight, because some peers work once in eight proposals.
    """
    if len(seconds) < observations:
        return None
    end = min(observations + 4, len(seconds))
    return float(np.mean(seconds[max(0, end - 8) : end]))


def median_seconds(runs: Iterable[Run]) -> dict[str, dict[str, float]]:
    """Median over the runs of the seconds of a proposal, by optimizer and key of `COLUMNS`."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run.error:
            continue
        if run.key.protocol == "batch":
            found[run.key.optimizer]["8"].append(float(np.mean(run.seconds[6:])))
            continue
        for mark in MARKS:
            around = seconds_around(run.seconds, mark)
            if around is not None:
                found[run.key.optimizer][str(mark)].append(around)
    return {
        name: {mark: float(np.median(values)) for mark, values in by_mark.items()}
        for name, by_mark in found.items()
    }


def print_times(runs: Sequence[Run], *, recorded: bool = False) -> None:
    """Processor seconds of a proposal, and how many times those of a peer that ran here too.

    Parameters
    ----------
    recorded : print the recorded ones too, which are of another computer
    """
    times = median_seconds(runs)
    if not times:
        return
    ran_here = [name for name in (AGAINST, *PACKAGES) if f"{name} (here)" in times]
    peer = times[f"{ran_here[0]} (here)"] if ran_here else {}
    columns = [mark for mark in COLUMNS if any(mark in by_mark for by_mark in times.values())]
    print("\nProcessor seconds of a proposal, on one thread; median of the runs\n")
    print("| optimizer | " + " | ".join(COLUMNS[mark] for mark in columns) + " | runs |")
    print("|" + "---|" * (2 + len(columns)))
    for name, by_mark in times.items():
        cells = " | ".join(_cell(by_mark.get(mark), peer.get(mark)) for mark in columns)
        count = sum(run.key.optimizer == name and not run.error for run in runs)
        print(f"| {name} | {cells} | {count} |")
    for name, by_mark in RECORDED.seconds.items() if recorded else ():
        cells = " | ".join(_cell(by_mark.get(mark)) for mark in columns)
        print(f"| {name}, recorded elsewhere | {cells} | |")
    if peer:
        print(f"\nIn brackets: times the seconds of {ran_here[0]} in the same run.")


def _cell(seconds: float | None, peer: float | None = None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.4f}" + (f" ({seconds / peer:.2f} x)" if peer else "")
