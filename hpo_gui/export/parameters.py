"""The parameters of one trial as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
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


def among_goals(trial: Trial, history: History, why: str = "") -> dict[str, Any]:
    """What ``best.json`` holds beside that with several goals.

    Every goal with the score that the trial counts with and its standard deviation, whether it is
    feasible and on the front, why it was chosen ("knee", "best" by the first goal, "nearest" to
    the thresholds, "given" by its number), and the front with its scores.
    """
    goals = history.goals
    mean = counted(history, trial)
    front = [counted(history, history.trials[number]) for number in history.front.tolist()]
    return {
        "goals": [
            {
                "metric": goal.metric,
                "direction": "maximize" if goal.maximize else "minimize",
                "score": _finite(mean.scores.get(goal.metric, math.nan)),
                "std": _finite(mean.sd(goal.metric)),
                "threshold": goal.threshold,
            }
            for goal in goals
        ],
        "chosen": why or "given",
        "feasible": trial.number in history.feasible,
        "on_front": trial.number in history.front,
        "front": [
            {"number": one.number} | {goal.metric: one.scores[goal.metric] for goal in goals}
            for one in front
        ],
    }


def averaged(trial: Trial, history: History) -> dict[str, Any]:
    """What ``best.json`` holds beside that where repeats are averaged, empty elsewhere.

    The trials of the configuration, and the mean of their scores, which is what it counts with.
    """
    found = repeats_of(history, trial, history.goal.metric) if history.plan.averages else None
    if found is None:
        return {}
    return {"repeats": {"numbers": list(found.numbers), "score": _finite(found.mean)}}


def write_params_json(
    trial: Trial,
    goal: Goal,
    path: Path,
    test: Mapping[str, float] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write `trial_summary` as JSON, and what is beside it.

    Parameters
    ----------
    test : scores on rows that were locked away
    more : further entries, such as `among_goals` and `averaged`
    """
    summary = trial_summary(trial, goal) | dict(more or {})
    if test:
        summary["test_scores"] = {name: _finite(value) for name, value in test.items()}
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    write_text(text + "\n", path)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
