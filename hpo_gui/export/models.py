"""The board of a study's models as CSV: one row a model."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpo_gui.analysis.model_board import ModelPlace
from hpo_gui.core.goal import Goal
from hpo_gui.export.files import replaced
from hpo_gui.export.table import cell

COLUMNS = (
    "rank",
    "model",
    "score",
    "interval",
    "behind_best",
    "behind_interval",
    "verdict",
    "best_trial",
    "trials",
    "complete",
    "pruned",
    "failed",
    "seconds",
    "fit_time",
    "predict_time",
    "above_dummy",
    "above_dummy_interval",
    "failure",
)


def write_models_csv(places: Sequence[ModelPlace], goal: Goal, path: Path) -> None:
    """Write the board; numbers that are not known are empty.

    ``metric`` is the goal's; ``score`` the mean over the folds of the model's best trial with the
    half-width of its 95 % confidence ``interval``; ``behind_best`` how much better the best model
    is, with the half-width of the interval of that difference; ``above_dummy`` how much better
    the model is than a dummy that looks at no column.
    """
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["metric", *COLUMNS])
        for place in places:
            writer.writerow([goal.metric, *(cell(_told(value)) for value in _row(place))])


def _row(place: ModelPlace) -> tuple[Any, ...]:
    behind = place.behind
    return (
        place.rank,
        place.model,
        place.interval.mean,
        place.interval.half_width,
        None if behind is None else behind.mean,
        None if behind is None else behind.half_width,
        verdict_of(place),
        None if place.best is None else place.best.number,
        place.trials,
        place.complete,
        place.pruned,
        place.failed,
        place.seconds,
        place.fit_time,
        place.predict_time,
        None if place.gain is None else place.gain.mean,
        None if place.gain is None else place.gain.half_width,
        place.failure,
    )


def verdict_of(place: ModelPlace) -> str:
    """best, within_noise, worse, unknown (one fold tells nothing), or "" without a score."""
    if place.best is None:
        return ""
    if place.behind is None:
        return "best"
    return {"better": "worse", "worse": "better"}.get(place.behind.verdict, place.behind.verdict)


def _told(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
