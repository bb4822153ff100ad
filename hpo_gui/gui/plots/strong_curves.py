"""The learning curves that are drawn strong: of the chosen trials and of the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.learning_curves import Course, LearningCurves, course_of
from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.tables.score_text import score_text, tr
from hpo_gui.gui.tables.trial_store import TrialStore
from hpo_gui.gui.theme import tokens

MOST_CHOSEN = 60
MOST_NAMED = 6  # chosen trials with colours and words of their own


@dataclass(frozen=True)
class Strong:
    """A trial that is drawn strong.

    Attributes
    ----------
    row : in the curves shown
    named : it has words at the right; the first one has its training scores too
    """

    row: int
    number: int
    course: Course
    color: str
    named: bool


def choose_strong(
    store: TrialStore, shown: LearningCurves, selection: Sequence[int]
) -> list[Strong]:
    """The selected trials that have curves, the last one first, then the best one."""
    best = store.summary.best
    wanted = [n for n in reversed(selection) if n < store.count][:MOST_CHOSEN]
    if best is not None and best.number not in wanted:
        wanted.append(best.number)
    strong: list[Strong] = []
    for number in wanted:
        found = int(np.searchsorted(shown.numbers, number))
        if found == len(shown.numbers) or shown.numbers[found] != number:
            continue
        is_best = best is not None and number == best.number
        order = len(strong)
        color = tokens().accent if is_best else series_look((order + 1) % 6)[0]
        course = course_of(store.trial(number), store.history, store.planned_training)
        strong.append(Strong(found, number, course, color, is_best or order < MOST_NAMED))
    return strong


def name_of(store: TrialStore, strong: Strong) -> str:
    """Number and score of a trial, and whether it is the best."""
    best = store.summary.best
    name = f"#{strong.number}"
    if best is not None and strong.number == best.number:
        name += " " + tr("best")
    score = store.trial(strong.number).scores.get(store.goal.metric)
    return f"{name} {score_text(score)}" if score is not None else name
