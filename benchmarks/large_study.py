"""A study of 100,000 trials in the window: table sort <= 100 ms, plot update <= 16 ms.

Shows the study in the real Run panel without a screen, sorts by every kind of column, lets batches
of 20 trials arrive, and prints medians and worst cases. Exit code 1 when a target is missed.

Usage: python benchmarks/large_study.py [trials] [--cpu]
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import psutil
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme

SPACE = Space(
    [
        Int("max_depth", 1, 50, log=True),
        Float("max_features", 0.1, 1.0),
        Float("learning_rate", 1e-4, 1.0, log=True),
        Categorical("criterion", ("gini", "entropy")),
        Categorical("bootstrap", (True, False)),
        Float("max_samples", 0.5, 1.0, when={"bootstrap": (True,)}),
    ]
)
SPEC = StudySpec(goals=(Goal("accuracy"),), validation=Choice("k_fold", {"folds": 5}))
STRATEGIES = np.array(["random", "hill_climbing", "bayesian"])
BATCH, BATCHES, REPEATS = 20, 40, 7
SORT_MS, PLOT_MS, OPEN_MS = 100.0, 16.0, 2000.0


@dataclass(frozen=True)
class Measured:
    """Milliseconds of one thing, done several times."""

    title: str
    times: tuple[float, ...]
    limit: float | None = None

    @property
    def fits(self) -> bool:
        """Whether the median keeps the limit."""
        return self.limit is None or statistics.median(self.times) <= self.limit

    def line(self) -> str:
        """Median, worst, target and verdict."""
        target = f"<= {self.limit:4.0f} ms" if self.limit is not None else ""
        verdict = "" if self.limit is None else "ok" if self.fits else "MISSED"
        middle, worst = statistics.median(self.times), max(self.times)
        return f"{self.title:<44}{middle:9.1f} ms {worst:9.1f} ms   {target:<12}{verdict}"


clock: Callable[[], float] = time.perf_counter


def make_trials(first: int, count: int, rng: np.random.Generator) -> list[Trial]:
    """Finished trials that get better; one in eight was stopped early."""
    places = rng.random((count, len(SPACE)))
    scores = 0.9 + 0.05 * rng.random(count)[:, None] + rng.normal(0, 0.01, (count, 5))
    names = STRATEGIES[rng.integers(0, 3, count)].tolist()
    pruned = rng.random(count) < 0.125
    trials = []
    for row in range(count):
        folds = tuple(scores[row, : 2 if pruned[row] else 5].tolist())
        at = 1.7e9 + 0.5 * (first + row)
        trials.append(
            Trial(
                first + row,
                SPACE.decode(places[row]),
                Origin(names[row] if first + row else "default"),
                TrialState.PRUNED if pruned[row] and first + row else TrialState.COMPLETE,
                scores={"accuracy": sum(folds) / len(folds)},
                fold_scores={"accuracy": folds},
                started=at,
                finished=at + 1.0,
                told=first + row + 1,
            )
        )
    return trials


def milliseconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = clock()
    work()
    return (clock() - start) * 1e3


def measure(count: int) -> list[Measured]:
    """Everything, in the order in which a user meets it."""
    app = QApplication([])
    current_theme().apply(app)
    rng = np.random.default_rng(7)
    trials = make_trials(0, count, rng)
    session = Session()
    panel = RunPanel(session)
    panel.resize(1200, 760)
    panel.show()
    app.processEvents()

    def show() -> None:
        session.show_history(SPEC, SPACE, trials)
        app.processEvents()

    results = [Measured("show the study (all trials in memory)", (milliseconds(show),), OPEN_MS)]
    while panel.trials.table.trials.is_warming:
        app.processEvents()
    results += sorts(panel)
    results += batches(panel, session, rng)
    results += redraws(panel, session, app)
    return results


def sorts(panel: RunPanel) -> list[Measured]:
    """Sort by each kind of column; the first time reads the column of all trials."""
    table, results = panel.trials.table, []
    orders = (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder)
    first = []
    for key in ("score", "sd", "time", "param learning_rate", "param criterion", "from"):
        sort = partial(table.sortByColumn, table.trials.column_of(key))
        first.append(milliseconds(partial(sort, orders[0])))
        times = [milliseconds(partial(sort, orders[turn % 2])) for turn in range(1, REPEATS + 1)]
        results.append(Measured(f"sort by {key}", tuple(times), SORT_MS))
    return [Measured("sort by a column for the first time", tuple(first), SORT_MS), *results]


def batches(panel: RunPanel, session: Session, rng: np.random.Generator) -> list[Measured]:
    """Batches of trials arrive as from a run; the plot and the table follow."""
    plot, view = panel.score.plot, panel.trials.table.viewport()
    told, plotted, listed = [], [], []
    for _ in range(BATCHES):
        fresh = make_trials(len(session.builder.trials), BATCH, rng)
        for trial in fresh:
            session.builder.put(trial)
        numbers = [trial.number for trial in fresh]
        view.setUpdatesEnabled(False)  # Qt paints all that changed in the window at once
        told.append(milliseconds(partial(session.trials_changed.emit, numbers)))
        plotted.append(milliseconds(plot.repaint))
        view.setUpdatesEnabled(True)
        listed.append(milliseconds(view.repaint))
    return [
        Measured(f"{BATCH} trials arrive: columns, order, selection", tuple(told), PLOT_MS),
        Measured("plot update", tuple(plotted), PLOT_MS),
        Measured("table repaint", tuple(listed), PLOT_MS),
    ]


def redraws(panel: RunPanel, session: Session, app: QApplication) -> list[Measured]:
    """What happens seldom: other axes, another filter, everything selected."""
    plot, table = panel.score.plot, panel.trials.table
    full, filters = [], []
    for turn in range(REPEATS):
        plot.repaint_back()
        full.append(milliseconds(plot.repaint))
        text = "" if turn % 2 else "score > 0.92 and criterion = gini and bootstrap = true"
        filters.append(milliseconds(partial(session.looking.set_filter, text)))
    session.looking.set_filter("")

    def select_all() -> None:
        table.selectAll()
        app.processEvents()

    return [
        Measured("plot drawn anew (axes, theme, filter)", tuple(full)),
        Measured("filter: columns and table", tuple(filters)),
        Measured("select all", (milliseconds(select_all),)),
    ]


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trials", nargs="?", type=int, default=100_000)
    parser.add_argument(
        "--cpu", action="store_true", help="processor time, for machines that are busy"
    )
    parsed = parser.parse_args()
    global clock
    clock = time.thread_time if parsed.cpu else time.perf_counter
    count = parsed.trials
    results = measure(count)
    print(f"{count:,} trials, {len(SPACE)} parameters{'median':>26}{'worst':>13}   target")
    for result in results:
        print(result.line())
    print(f"memory: {psutil.Process().memory_info().rss / 2**20:,.0f} MB")
    return 0 if all(result.fits for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
