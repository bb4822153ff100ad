"""What plots and tables tell about a trial under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from hpo_gui.core.durations import show_duration
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.gui.tables.front_words import choice_words
from hpo_gui.gui.tables.repeat_words import mean_words
from hpo_gui.gui.tables.score_text import (
    metric_words,
    origin_title,
    param_text,
    score_text,
    spread_text,
    state_words,
    tr,
)
from hpo_gui.gui.tables.trial_store import TrialStore

MOST_PARAMETERS = 12


def tip_of(store: TrialStore, number: int) -> str:
    """`trial_tip` of a trial of a study, with what it is among several goals."""
    others = [goal for goal in store.goals if goal != store.goal]
    standing = choice_words(store, number) if others else ""
    if why := store.why_outside(number):
        outside = tr("Outside of today's space: {0}.").format(why)
        standing = f"{standing}. {outside}" if standing else outside
    if mean := mean_words(store, number):
        standing = f"{standing}. {mean}" if standing else mean
    return trial_tip(store.trial(number), store.goal, others, standing)


def trial_tip(trial: Trial, goal: Goal, others: Sequence[Goal] = (), standing: str = "") -> str:
    """Number, score, state, origin, time and parameters, as trusted rich text.

    Parameters
    ----------
    others : further goals
    standing : what it is among these goals, and why it lies outside of today's space
    """
    score = trial.scores.get(goal.metric)
    head = f"<b>#{trial.number}</b>"
    if score is not None:
        spread = spread_text(trial.sd(goal.metric))
        head += f" &nbsp;<b>{score_text(score)}</b> {spread} {escape(metric_words(goal.metric))}"
    lines = [head]
    for other in others:
        score = trial.scores.get(other.metric)
        if score is not None:
            spread = spread_text(trial.sd(other.metric))
            words = escape(metric_words(other.metric))
            lines.append(f"<b>{score_text(score)}</b> {spread} {words}".replace("  ", " "))
    if standing:
        lines.append(escape(standing))
    facts = [state_words(trial.state), origin_title(trial.origin.strategy)]
    if trial.seconds is not None:
        facts.append(show_duration(trial.seconds))
    lines.append(escape(" · ".join(facts)))
    if trial.failure is not None and trial.state is not TrialState.COMPLETE:
        lines.append(escape(trial.failure.message))
    names = list(trial.params)
    rows = "".join(
        f"<tr><td>{escape(name)}&nbsp;&nbsp;</td><td align='right'>"
        f"{escape(param_text(trial, name))}</td></tr>"
        for name in names[:MOST_PARAMETERS]
    )
    if len(names) > MOST_PARAMETERS:
        rows += f"<tr><td>… {len(names) - MOST_PARAMETERS} more</td></tr>"
    return "<br>".join(lines) + (f"<table>{rows}</table>" if rows else "")
