"""How far a run is, and how long it will still take."""

from __future__ import annotations

import math

import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.study.budget import finished_trials
from hpo_gui.study.events import Progress

RECENT = 100  # trials whose durations speak for the next ones


def estimate(
    history: History,
    budget: BudgetSpec,
    seconds: float,
    size: float,
    *,
    running: int,
    workers: int,
    share: float | None,
    thinking: bool = False,
) -> Progress:
    """The progress of a run.

    The time left is (trials left) x (mean duration of the last 100 trials) / workers, with the
    standard deviation of that sum; a time budget caps it.
    """
    finished = finished_trials(history)
    limits = [limit for limit in (budget.trials, size) if limit is not None]
    total = min((limit for limit in limits if math.isfinite(limit)), default=None)
    eta, sd = _time_left(history, None if total is None else total - finished, workers)
    if budget.seconds is not None:
        left = max(budget.seconds - seconds, 0.0)
        if eta is None or eta > left:
            eta, sd = left, 0.0
    return Progress(
        finished=finished,
        total=None if total is None else int(total),
        share=share,
        seconds=seconds,
        eta=eta,
        eta_sd=sd,
        running=running,
        workers=workers,
        thinking=thinking,
    )


def _time_left(
    history: History, left: float | None, workers: int
) -> tuple[float | None, float | None]:
    durations = [trial.seconds for trial in history.trials[-RECENT:] if trial.seconds is not None]
    if left is None or not durations:
        return None, None
    left = max(left, 0.0)
    mean = float(np.mean(durations))
    spread = float(np.std(durations)) if len(durations) > 1 else mean
    return left * mean / workers, math.sqrt(left) * spread / workers
