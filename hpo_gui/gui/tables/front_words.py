"""The Pareto front in words, the same in every card: its size, its ends, its knee, the choice."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial
from hpo_gui.gui.tables.score_text import metric_words, score_text
from hpo_gui.gui.tables.trial_store import TrialStore


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("trials", text)


def front_words(store: TrialStore) -> str:
    """Such as ``12 trials on the Pareto front; knee: trial 23; best accuracy: trial 17``."""
    made = store.pareto
    if not len(made.front):
        if made.nearest is None:
            return tr("No trial is complete yet.")
        trial = store.trial(made.nearest)
        missed = "; ".join(missed_words(trial, made.goals))
        return tr("No trial keeps all thresholds. The nearest is trial {0}: {1}").format(
            made.nearest, missed
        )
    parts = [front_size(store)]
    if store.why_chosen == "given" and store.chosen is not None:
        parts.append(tr("chosen: trial {0}").format(store.chosen.number))
    if made.knee is not None:
        parts.append(tr("knee: trial {0}").format(made.knee))
    for goal, number in zip(made.goals, made.bests, strict=True):
        parts.append(tr("best {0}: trial {1}").format(metric_words(goal.metric), number))
    return "; ".join(parts)


def front_size(store: TrialStore) -> str:
    """How many trials are on the front."""
    count = len(store.pareto.front)
    if count == 1:
        return tr("1 trial on the Pareto front")
    return tr("{0:,} trials on the Pareto front").format(count)


def missed_words(trial: Trial, goals: tuple[Goal, ...]) -> list[str]:
    """Each threshold that a trial misses: ``accuracy 0.9 instead of at least 0.95``."""
    told = []
    for goal in goals:
        score = trial.scores.get(goal.metric)
        if goal.threshold is None or score is None or goal.meets(score):
            continue
        side = tr("{0} {1} instead of at least {2}")
        if not goal.maximize:
            side = tr("{0} {1} instead of at most {2}")
        words = metric_words(goal.metric), score_text(score), score_text(goal.threshold)
        told.append(side.format(*words))
    return told


def choice_words(store: TrialStore, number: int) -> str:
    """What a trial is among several goals: ``knee``, ``best accuracy``, ``on the front``, …"""
    made = store.pareto
    words = []
    if number == store.session.looking.choice:
        words.append(tr("chosen"))
    if number == made.knee:
        words.append(tr("knee"))
    for goal, best in zip(made.goals, made.bests, strict=False):
        if best == number:
            words.append(tr("best {0}").format(metric_words(goal.metric)))
    if number == made.nearest:
        words.append(tr("nearest to the thresholds"))
    if not words and number in made.front:
        words.append(tr("on the front"))
    return ", ".join(words)
