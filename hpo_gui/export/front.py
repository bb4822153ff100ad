"""The Pareto front of a study as files: a table of its trials, and a picture."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.analysis.pareto import Pareto, half_widths, pareto, staircase
from hpo_gui.core.counting import counted
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.export.figures import FORMATS, save_figure
from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.plot import plain
from hpo_gui.export.table import cell, parameter_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY, BLUE, RED, INK = "#98A2B3", "#0072B2", "#C92A2A", "#1A1F29"
WIDE_RANGE = 100.0  # largest / smallest score from which an axis is logarithmic


def check_front(history: History) -> None:
    """Raise an `ExportError` where there is no Pareto front to write."""
    if len(history.goals) < 2:
        raise ExportError(
            "front",
            "needs a study with several goals",
            history.goal.metric,
            remedy="Add a second [[goals]] section, and run the study.",
        )
    if not len(history.complete):
        raise ExportError(
            "front",
            "needs a complete trial",
            f"{len(history)} trials, none complete",
            remedy="Run the study first, and look at what failed.",
        )


def write_front_csv(history: History, path: Path, test_ratio: float | None = None) -> None:
    """Write one row a trial of the front, the best by the first goal first.

    Columns: ``number``, for each goal ``mean_<metric>`` and ``interval_<metric>`` (half-width of
    its 95 % confidence interval, empty below two folds), ``knee``, then ``param_<name>``, empty
    where inactive, of parameters that are no longer tuned too. Without a feasible trial there is
    the head only.

    Parameters
    ----------
    test_ratio : as in `analysis.comparison`
    """
    check_front(history)
    made = pareto(history)
    widths = half_widths(history, made.front, test_ratio)
    metrics = [goal.metric for goal in history.goals]
    pairs = [name for metric in metrics for name in (f"mean_{metric}", f"interval_{metric}")]
    names = parameter_names(history)
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", *pairs, "knee", *(f"param_{name}" for name in names)])
        for number, own in zip(made.front.tolist(), widths.tolist(), strict=True):
            trial = counted(history, history.trials[number])
            told = [
                value
                for metric, width in zip(metrics, own, strict=True)
                for value in (trial.scores[metric], width if width == width else None)
            ]
            params = [trial.params.get(name) for name in names]
            row = (number, *told, number == made.knee, *params)
            writer.writerow([cell(value) for value in row])


def write_front_plot(history: History, path: Path, test_ratio: float | None = None) -> None:
    """Draw the trials in each pair of goals, the front strong, its knee as a star.

    With two goals the front is a staircase with the area shaded that it dominates, and with the
    intervals of its trials. Thresholds are dashed lines, their infeasible side is shaded.

    Raises
    ------
    ExportError : one goal only, no complete trial, the suffix is none of .png, .svg, .pdf, or the
        file cannot be written
    """
    check_suffix(path, FORMATS)
    check_front(history)
    figure = front_figure(history, test_ratio)
    save_figure(figure, path)


def front_figure(history: History, test_ratio: float | None = None) -> Figure:
    """The picture that `write_front_plot` writes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = pareto(history)
    count = len(history.goals)
    side = count - 1
    figure = Figure(figsize=(7, 5) if side == 1 else (3.4 * side, 3 * side), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(side, side, squeeze=False)
    for up in range(1, count):
        for across in range(side):
            axes = grid[up - 1, across]
            if across >= up:
                axes.set_visible(False)
                continue
            _draw_pair(axes, history, made, across, up, test_ratio)
    handles, words = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, words, frameon=False, ncols=5, loc="outside upper left", fontsize=8)
    return figure


def _draw_pair(
    axes: Any, history: History, made: Pareto, across: int, up: int, test_ratio: float | None
) -> None:
    x, y = made.scores[:, across], made.scores[:, up]
    out, rest = ~made.feasible, made.feasible & ~made.on_front
    axes.plot(x[rest], y[rest], "o", color=GREY, ms=4, ls="none", label="dominated")
    if out.any():
        axes.plot(x[out], y[out], "x", color=RED, ms=4, ls="none", label="not feasible")
    rows = made.front_rows
    axes.plot(x[rows], y[rows], "o", color=BLUE, ms=6, ls="none", label="Pareto front", zorder=3)
    if made.knee is not None:
        row = rows[made.front == made.knee]
        axes.plot(x[row], y[row], "*", color=INK, ms=13, ls="none", label="knee", zorder=4)
    for side, place in (("x", across), ("y", up)):
        values = made.scores[:, place]
        if values.min() > 0 and values.max() / values.min() >= WIDE_RANGE:
            (axes.set_xscale if side == "x" else axes.set_yscale)("log")
        else:
            axes.locator_params(axis=side, nbins=5)
    axes.margins(0.06)
    low_x, high_x = axes.get_xlim()
    low_y, high_y = axes.get_ylim()
    if len(made.goals) == 2 and len(rows):
        _draw_area(axes, made)
        own = half_widths(history, made.front, test_ratio)
        _draw_intervals(axes, x[rows], y[rows], own)
    for goal, draw, shade, ends in (
        (made.goals[across], axes.axvline, axes.axvspan, (low_x, high_x)),
        (made.goals[up], axes.axhline, axes.axhspan, (low_y, high_y)),
    ):
        if goal.threshold is not None and ends[0] <= goal.threshold <= ends[1]:
            draw(goal.threshold, color=RED, lw=0.8, ls="--")
            shade(
                ends[0] if goal.maximize else goal.threshold,
                goal.threshold if goal.maximize else ends[1],
                color=RED,
                alpha=0.06,
                lw=0,
            )
    axes.set_xlim(low_x, high_x)
    axes.set_ylim(low_y, high_y)
    axes.set_xlabel(_title(made.goals[across]), fontsize=8)
    axes.set_ylabel(_title(made.goals[up]), fontsize=8)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_area(axes: Any, made: Pareto) -> None:
    """The staircase, from one bad end of the axes to the other, and what lies behind it."""
    x, y = staircase(made)
    first, second = made.goals
    bad_x = axes.get_xlim()[0 if first.maximize else 1]
    bad_y = axes.get_ylim()[0 if second.maximize else 1]
    x, y = np.concatenate([x[:1], x, [bad_x]]), np.concatenate([[bad_y], y, y[-1:]])
    axes.plot(x, y, color=BLUE, lw=1.2)
    axes.fill(np.append(x, bad_x), np.append(y, bad_y), color=BLUE, alpha=0.07, lw=0)


def _draw_intervals(axes: Any, x: Any, y: Any, widths: Any) -> None:
    across, up = (np.where(np.isfinite(column), column, 0.0) for column in widths.T)
    axes.errorbar(x, y, up, across, fmt="none", ecolor=BLUE, elinewidth=0.8, alpha=0.6)


def _title(goal: Goal) -> str:
    return f"{plain(goal.metric)} ({'larger' if goal.maximize else 'smaller'} is better)"
