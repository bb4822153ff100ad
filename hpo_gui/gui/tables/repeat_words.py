"""What stands for a trial where repeats are averaged, in words."""

from __future__ import annotations

from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.gui.tables.score_text import score_text, tr
from hpo_gui.gui.tables.trial_store import TrialStore


def mean_words(store: TrialStore, number: int) -> str:
    """``Counts as the mean over its 3 repeats: 0.91``; "" where its own score counts."""
    history = store.history
    if not history.plan.averages:
        return ""
    repeats = repeats_of(history, history.trials[number], store.goal.metric)
    if repeats is None:
        return ""
    text = tr("Counts as the mean over its {0} repeats: {1}")
    return text.format(len(repeats.numbers), score_text(repeats.mean))
