"""The convergence plot as a picture for papers and slides: PNG, SVG or PDF, by the suffix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.analysis.convergence import find_baseline, volume_course
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.export.figures import FORMATS, save_figure
from hpo_gui.export.files import check_suffix
from hpo_gui.export.readable_text import readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LETTERS, MOST_IN_LEGEND = 60, 18  # of a name in a picture, and beside three others
# Okabe-Ito colours with marker shapes, so that nothing is told by colour alone
_SERIES = (
    ("#0072B2", "o"),
    ("#E69F00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#56B4E9", "v"),
    ("#D55E00", "P"),
)


def plain(text: str, most: int = MOST_LETTERS) -> str:
    """A text of others as it stands: matplotlib would read what is between two $ as a formula.

    One that would leave no room for the picture is cut. Line breaks would leave none either, and
    in an SVG letters that turn the ones around them could hide what stands there.
    """
    text = readable(" ".join(text.split()))
    shown = text if len(text) <= most else text[: most - 1] + "…"
    return shown.replace("$", r"\$")


def write_convergence_plot(history: History, path: Path) -> None:
    """Draw every complete trial's score, the best so far, and the defaults as a dashed line.

    With several goals there is one such picture for each, one below the other, and the dominated
    hypervolume last.

    Raises
    ------
    ExportError : the suffix is none of .png, .svg, .pdf, or the file cannot be written
    """
    check_suffix(path, FORMATS)
    figure = convergence_figure(history)
    save_figure(figure, path)


def convergence_figure(history: History) -> Figure:
    """The picture that `write_convergence_plot` writes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    several = len(history.goals) > 1
    panels = len(history.goals) + several
    figure = Figure(figsize=(8, 2.5 * panels if several else 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(panels, 1, squeeze=False, sharex=True).ravel()
    for axes, goal in zip(grid, history.goals, strict=False):
        _draw_goal(axes, history.led_by(goal.metric), legend=axes is grid[0])
    if several:
        course = volume_course(history)
        grid[-1].plot(course.line_x, course.line_y, color="#1A1F29", lw=1.5)
        grid[-1].set_ylabel("hypervolume")
        _dress(grid[-1])
    grid[-1].set_xlabel("trial")
    grid[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _draw_goal(axes: Any, history: History, *, legend: bool) -> None:
    goal = history.goal
    scores = -history.losses[:, 0] if goal.maximize else history.losses[:, 0]
    complete = history.states == STATE_CODES[TrialState.COMPLETE]
    origins = [trial.origin.strategy for trial in history.trials]
    for index, origin in enumerate(dict.fromkeys(origins)):
        colour, marker = _SERIES[index % len(_SERIES)]
        mine = complete & np.array([name == origin for name in origins], dtype=bool)
        numbers = np.flatnonzero(mine)
        axes.plot(
            numbers,
            scores[mine],
            marker,
            color=colour,
            ms=4,
            label=plain(origin, MOST_IN_LEGEND),
            ls="none",
        )
    best = -history.best_so_far if goal.maximize else history.best_so_far
    axes.step(np.arange(len(best)), best, where="post", color="#1A1F29", lw=1.5, label="best")
    if (defaults := find_baseline(history)) is not None:
        score = history.score(defaults.number)  # of averaged repeats their mean
        axes.axhline(score, color="#667085", lw=1, ls="--", label="defaults")
    arrow = "larger is better" if goal.maximize else "smaller is better"
    axes.set_ylabel(f"{plain(goal.metric)} ({arrow})")
    _dress(axes)
    if legend:
        axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))


def _dress(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E4E7EC")
