"""The board of a study's models from its specification, and as lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hpo_gui.analysis.model_board import ModelPlace, model_board
from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.overlap import fold_ratio

_VERDICTS = {
    "better": "worse",
    "within_noise": "≈ within noise",
    "worse": "better on common folds",
    "unknown": "",
}


def board_of(spec: StudySpec, history: History) -> tuple[ModelPlace, ...]:
    """The models of a study, the best first; none for a function of the user's own."""
    names = tuple(model.name for model in spec.models)
    return model_board(history, names, test_ratio=fold_ratio(spec.validation)) if names else ()


def board_lines(places: Sequence[ModelPlace], metric: str) -> list[str]:
    """The board as aligned columns, a heading first."""
    head = ("model", metric, "verdict", "trials", "time", "fit", "predict")
    rows: list[tuple[str, ...]] = [head, *(_cells(place) for place in places)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    lines += [f"{place.model}: {place.failure}" for place in places if place.failure]
    return lines


def _cells(place: ModelPlace) -> tuple[str, ...]:
    trials = f"{place.trials:,}"
    stopped = [f"{place.pruned} stopped early"] if place.pruned else []
    stopped += [f"{place.failed} failed"] if place.failed else []
    if stopped:
        trials += f" ({', '.join(stopped)})"
    if place.best is None:
        if not place.trials:
            return place.model, "—", "not tried", trials, "", "", ""
        return place.model, "—", "no score", trials, _seconds(place.seconds), "", ""
    half = place.interval.half_width
    score = f"{place.interval.mean:.5g}" + (f" ± {half:.2g}" if math.isfinite(half) else "")
    verdict = "best" if place.behind is None else _VERDICTS[place.behind.verdict]
    costs = _seconds(place.fit_time), _seconds(place.predict_time)
    return place.model, score, verdict, trials, _seconds(place.seconds), *costs


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if math.isfinite(value) else ""
