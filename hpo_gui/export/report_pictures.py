"""The pictures of a report: SVG inside the page, in the colours of the page's theme."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.export.figures import drawing
from hpo_gui.export.front import front_figure
from hpo_gui.export.learning import learning_figure
from hpo_gui.export.plot import convergence_figure

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

MOST_POINTS = 1000
"""Points of one kind that are drawn one by one; more become one small bitmap."""

DOTS = 150  # of such a bitmap, per inch
_THEME = {
    "#000000": "var(--text)",
    "#1a1f29": "var(--text)",
    "#667085": "var(--muted)",
    "#98a2b3": "var(--faint)",
    "#e4e7ec": "var(--line)",
    "#0072b2": "var(--blue)",
    "#3b5bdb": "var(--blue)",
    "#077d55": "var(--green)",
    "#009e73": "var(--green)",
    "#c92a2a": "var(--red)",
}
_TAG = re.compile(r"<[^>]*>")
_STYLE = re.compile(r'style="[^"]*"')
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Picture:
    """A picture, and what is said below it and to those who cannot see it."""

    key: str
    svg: Markup
    caption: str


def pictures(
    spec: StudySpec, history: History, test_ratio: float | None = None
) -> Iterator[Picture]:
    """The pictures that there is something to draw for: history, front, learning."""
    if not len(history.complete):
        return
    several = len(history.goals) > 1
    words = "Scores of the complete trials in the order of their numbers, and the best so far."
    if history.plan.averages:
        words += " Repeats count with their mean."
    if several:
        words += " Last the hypervolume that the Pareto front dominates."
    yield Picture("history", inline(convergence_figure(history), "history"), words)
    if several:
        yield Picture(
            "front", inline(front_figure(history, test_ratio), "front"), _front_words(history)
        )
    if any(history.goal.metric in trial.curves for trial in history.trials):
        training = spec.training
        planned = len(spec.row_shares) if training is None else training.steps
        words = "Scores after each step: the best trial strong, others thin."
        yield Picture("learning", inline(learning_figure(history, planned), "learning"), words)


def _front_words(history: History) -> str:
    words = "The complete trials in each pair of goals."
    if len(history.goals) == 2:
        words = "The complete trials. Shaded blue: what the front dominates."
    if any(goal.threshold is not None for goal in history.goals):
        words += " Shaded red: what misses a threshold."
    return words


def inline(figure: Figure, key: str) -> Markup:
    """A picture of matplotlib as a part of a page.

    Texts stay texts, in the type of the page; inks follow its theme; nothing is loaded. All that
    comes from a study is escaped by matplotlib.

    Parameters
    ----------
    key : keeps the ids of one picture apart from those of the others
    """
    from markupsafe import Markup

    _thin_out(figure)
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    temporary = io.StringIO()  # no file: it becomes a part of the page
    with drawing(figure, **{"svg.fonttype": "none", "svg.hashsalt": key}):
        figure.savefig(temporary, format="svg", transparent=True, dpi=DOTS, metadata=nothing)
    text = temporary.getvalue()
    return Markup(_TAG.sub(_themed, text[text.index("<svg") :]))


def _thin_out(figure: Figure) -> None:
    """Let many points become a bitmap: a page with 10,000 of them would be slow to scroll."""
    for axes in figure.axes:
        artists: list[Any] = list(axes.lines)
        for line in artists:
            if line.get_linestyle() == "None" and len(line.get_xdata()) > MOST_POINTS:
                line.set_rasterized(True)


def _themed(tag: re.Match[str]) -> str:
    """A tag with the colours of the theme in its style; texts between tags are left alone."""
    return _STYLE.sub(lambda style: _COLOUR.sub(_named, style[0]), tag[0])


def _named(colour: re.Match[str]) -> str:
    return _THEME.get(colour[0], colour[0])
