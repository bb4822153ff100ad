"""How the queue fares: what is left to do, what was done, and what was not."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QCoreApplication

from hpo_gui.core.durations import show_duration
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.open_studies import OpenStudy
from hpo_gui.gui.worker_count import workers_of

RECENT = 100  # trials whose durations speak for the next ones


class QueueTally:
    """Counts the studies that are through since the queue was told to go."""

    def __init__(self) -> None:
        self._began = 0.0
        self._done: list[str] = []
        self._failed: list[str] = []

    def begin(self) -> None:
        """The queue goes from now on."""
        self._began, self._done, self._failed = time.monotonic(), [], []

    def note_done(self, name: str) -> None:
        """A study is done."""
        self._done.append(name)

    def note_failed(self, name: str) -> None:
        """A study has failed, or could not begin."""
        self._failed.append(name)

    def words(self) -> Notice | None:
        """What to tell when the queue is through; None where nothing was."""
        done, failed = len(self._done), len(self._failed)
        if not done and not failed:
            return None
        took = show_duration(time.monotonic() - self._began)
        head = tr("The queue is through: {0} done in {1}").format(done, took)
        if not failed:
            return Notice("good", head)
        names = ", ".join(f"“{name}”" for name in self._failed)
        text = tr("Not done: {0}. They are still in the queue, and say why.").format(names)
        return Notice("warning", head, text)


def seconds_left(study: OpenStudy) -> float | None:
    """How long a study will take: by its time limit, else by the trials that it has had."""
    budget = study.spec.budget
    trials = [t for t in study.builder.trials[-RECENT:] if t.seconds is not None]
    left = None
    if study.planned is not None and trials:
        mean = float(np.mean([t.seconds for t in trials]))
        more = max(study.planned - study.history.told, 0)
        left = more * mean / workers_of(study.spec)
    if budget.seconds is not None:
        left = min(left if left is not None else math.inf, budget.seconds)
    return left


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("queue", text)
