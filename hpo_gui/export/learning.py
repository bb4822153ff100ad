"""The learning curves of a study as files: a row a step, and a picture."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.analysis.learning_curves import ENDS, LearningCurves, course_of, learning_curves
from hpo_gui.core.errors import ExportError
from hpo_gui.core.history import History
from hpo_gui.export.figures import FORMATS, save_figure
from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.plot import plain
from hpo_gui.export.table import cell, told_apart, without_formula

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY, BLUE, RED = "#98A2B3", "#3B5BDB", "#C92A2A"
FAINT = 0.35
_MARKS = {"pruned": ("x", GREY), "early": ("o", "#077D55"), "failed": ("x", RED)}


def check_learnt(history: History) -> None:
    """Raise an `ExportError` where no trial has learnt step by step."""
    if not any(history.goal.metric in trial.curves for trial in history.trials):
        raise ExportError(
            "learning curves",
            "need trials that learn step by step",
            f"{len(history)} trials without a curve",
            remedy="Choose an iterative learner with a [training] section, or [rows], and run it.",
        )


def write_learning_csv(history: History, path: Path) -> None:
    """Write all curves as CSV: a row a trial and step, a column a metric.

    Columns: ``trial``, ``step`` (from 1), then every metric that some trial told at its steps:
    the goals', those with ``train_`` before, and the ``learning_rate`` that was really used. One
    that is called as a column before it is ``metric_<name>``.
    """
    check_learnt(history)
    metrics = list(dict.fromkeys(name for trial in history.trials for name in trial.curves))
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        own = ["trial", "step"]
        names = told_apart(metrics, own, "metric_")
        writer.writerow([*own, *map(without_formula, names)])
        for trial in history.trials:
            curves = [trial.curves.get(name, ()) for name in metrics]
            for step in range(trial.steps_done):
                values = [curve[step] if step < len(curve) else None for curve in curves]
                told = [value if value == value else None for value in values]
                if any(value is not None for value in told):
                    writer.writerow([cell(item) for item in (trial.number, step + 1, *told)])


def write_learning_plot(history: History, path: Path, planned: int = 0) -> None:
    """Draw the curves of the best and newest trials, the best one strong, and its learning rate.

    Parameters
    ----------
    planned : steps of a full training by the specification; 0 where it leaves that open

    Raises
    ------
    ExportError : no trial has learnt step by step, the suffix is none of .png, .svg, .pdf, or the
        file cannot be written
    """
    check_suffix(path, FORMATS)
    check_learnt(history)
    figure = learning_figure(history, planned)
    save_figure(figure, path)


def learning_figure(history: History, planned: int = 0) -> Figure:
    """The picture that `write_learning_plot` writes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = learning_curves(history, planned)
    best = history.best
    course = course_of(best, history, planned) if best is not None and best.curves else None
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    rows = 2 if course is not None and course.rate else 1
    grid = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=[4, 1][:rows])
    axes, goal = grid[0, 0], history.goal
    steps = np.arange(shown.scores.shape[1])
    for row in range(len(shown.numbers)):
        axes.plot(steps, shown.scores[row], color=GREY, lw=0.7, alpha=FAINT)
    _mark_ends(axes, shown)
    if best is not None and course is not None:
        own = np.arange(1, course.done + 1)
        label = f"trial {best.number}, the best"
        axes.plot(own[: len(course.validation)], course.validation, color=BLUE, lw=2, label=label)
        if course.train:
            axes.plot(own[: len(course.train)], course.train, "--", color=BLUE, label="train")
        if rows == 2:
            grid[1, 0].plot(own[: len(course.rate)], course.rate, color=BLUE, lw=1.5)
            grid[1, 0].set_ylabel("learning rate")
    arrow = "larger is better" if goal.maximize else "smaller is better"
    axes.set_ylabel(f"{plain(goal.metric)} ({arrow})")
    _name_steps(grid[-1, 0], history)
    for part in grid[:, 0]:
        part.spines[["top", "right"]].set_visible(False)
        part.grid(axis="y", color="#E4E7EC")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, ncols=5, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def _name_steps(axes: Any, history: History) -> None:
    """Say what the steps are: of training, or shares of the rows."""
    shares = history.plan.rows
    axes.set_xlabel("share of the rows learnt from" if shares else "step")
    if shares:
        axes.set_xticks(range(1, len(shares) + 1), [f"{share:.2g}" for share in shares])


def _mark_ends(axes: Any, shown: LearningCurves) -> None:
    words = {"pruned": "pruned", "early": "done early", "failed": "failed"}
    last = shown.scores[np.arange(len(shown.numbers)), shown.done]
    for end, (marker, color) in _MARKS.items():
        mine = shown.ends == ENDS.index(end)
        if mine.any():
            x, y = shown.done[mine], last[mine]
            axes.plot(x, y, marker, color=color, ms=4, mfc="none", ls="none", label=words[end])
