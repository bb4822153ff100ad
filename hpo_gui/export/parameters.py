"""The parameters of one trial as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial
from hpo_gui.export.files import write_text


def trial_summary(trial: Trial, goal: Goal) -> dict[str, Any]:
    """What ``best.json`` holds: the trial's number, score, parameters and where it came from."""
    sd = trial.sd(goal.metric)
    return {
        "number": trial.number,
        "metric": goal.metric,
        "direction": "maximize" if goal.maximize else "minimize",
        "score": _finite(trial.scores.get(goal.metric, math.nan)),
        "std": _finite(sd),
        "params": trial.params,
        "scores": {name: _finite(value) for name, value in trial.scores.items()},
        "origin": trial.origin.strategy,
        "state": str(trial.state),
    }


def write_params_json(
    trial: Trial, goal: Goal, path: Path, test: Mapping[str, float] | None = None
) -> None:
    """Write `trial_summary` as JSON; ``test`` holds scores on rows that were locked away."""
    summary = trial_summary(trial, goal)
    if test:
        summary["test_scores"] = {name: _finite(value) for name, value in test.items()}
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    write_text(text + "\n", path)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
