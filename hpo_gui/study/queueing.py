"""What is said when trials are queued by hand."""

from __future__ import annotations

from collections.abc import Sequence

from hpo_gui.core.trial import Trial
from hpo_gui.core.wanted import Queued
from hpo_gui.study.events import Message


def queued_messages(queued: Queued) -> list[Message]:
    """Which trials are queued, and why others could not be: the first reason stands for all."""
    waiting = [trial for trial in queued.trials if trial.state.is_open]
    known = [trial for trial in queued.trials if not trial.state.is_open]
    messages = []
    if waiting:
        text = "Next in turn, before what the strategy proposes."
        messages.append(Message("info", f"{_named(waiting)} queued", text))
    if known:
        text = "The same configuration was scored with the same seed: it was not run again."
        head = f"{_named(known)} {'has' if len(known) == 1 else 'have'} a known score"
        messages.append(Message("info", head, text))
    if queued.refused:
        count = len(queued.refused)
        head = "The trial was not added" if count == 1 else f"{count:,} trials were not added"
        messages.append(Message("error", head, str(queued.refused[0])))
    return messages


def _named(trials: Sequence[Trial]) -> str:
    return f"Trial {trials[0].number}" if len(trials) == 1 else f"{len(trials):,} trials"
