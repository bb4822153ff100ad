"""A comparison of studies as a picture (best score by trial or by time) and as a table."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from hpo_gui.analysis.study_comparison import Line, StudyComparison
from hpo_gui.analysis.study_differences import choice_words, model_words
from hpo_gui.export.figures import FORMATS, save_figure
from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.plot import plain
from hpo_gui.export.table import cell, without_formula

TABLE = ".csv"
# Okabe-Ito colours with a line style each, so that nothing is told by colour alone
_LINES = (
    ("#0072B2", "-"),
    ("#009E73", "--"),
    ("#E69F00", "-."),
    ("#CC79A7", ":"),
    ("#D55E00", (0, (5, 1))),
    ("#56B4E9", (0, (3, 1, 1, 1))),
)


def write_comparison(found: StudyComparison, path: Path, along: str = "trial") -> None:
    """Write a picture, or the table where the suffix is .csv.

    Parameters
    ----------
    along : "trial" or "time": what the picture's x axis counts

    Raises
    ------
    ExportError : the suffix is none of .csv, .png, .svg, .pdf, or the file cannot be written
    """
    if check_suffix(path, (TABLE, *FORMATS)) == TABLE:
        write_comparison_csv(found, path)
    else:
        write_comparison_plot(found, path, along)


def comparison_columns(found: StudyComparison) -> dict[str, list[Any]]:
    """The table by columns, one row a study; times in seconds, None where there is no value."""
    rows = [comparison_row(found, line) for line in found.lines]
    return {name: [row[name] for row in rows] for name in rows[0]}


def comparison_row(found: StudyComparison, line: Line) -> dict[str, Any]:
    """One study: its best trial with the 95 % interval, how long it took, and how it tried."""
    spec, ahead = line.studied.spec, line.ahead
    return {
        "study": line.name,
        "metric": found.goal.metric,
        "best": line.score,
        "half_width": _finite(line.interval.half_width),
        "trial": None if line.best is None else line.best.number,
        "scored": line.complete,
        "trials": line.trials,
        "seconds": round(line.seconds, 3),
        "seconds_to_best": None if line.to_best is None else round(line.to_best, 3),
        "strategy": choice_words(spec.strategy),
        "models": model_words(spec),
        "folds": choice_words(spec.validation),
        "seed": spec.seed,
        "leads": found.leader is not None and found.lines[found.leader] is line,
        "behind": None if ahead is None else _finite(ahead.mean),
        "behind_half_width": None if ahead is None else _finite(ahead.half_width),
        "verdict": None if ahead is None else ahead.verdict,
        "file": line.studied.source,
    }


def write_comparison_csv(found: StudyComparison, path: Path) -> None:
    """Write the table as CSV in UTF-8; texts that a spreadsheet would run get a quote in front."""
    columns = comparison_columns(found)
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(without_formula, columns))
        for row in zip(*columns.values(), strict=True):
            writer.writerow([cell(value) for value in row])


def write_comparison_plot(found: StudyComparison, path: Path, along: str = "trial") -> None:
    """Draw the best score so far of every study over one axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for line, (colour, style) in zip(found.lines, _LINES, strict=False):
        x, y = line.by_time if along == "time" else line.by_trial
        axes.plot(x, y, color=colour, ls=style, lw=1.8, label=plain(line.name))
    arrow = "larger is better" if found.goal.maximize else "smaller is better"
    axes.set_ylabel(f"best {plain(found.goal.metric)} ({arrow})")
    axes.set_xlabel("time (s)" if along == "time" else "trial")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E4E7EC")
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    save_figure(figure, path)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
