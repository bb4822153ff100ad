"""The schedule of a trial: with which parameters it has learnt, from which step on."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from hpo_gui.analysis.lineage import phases_of
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.export.files import replaced, write_text
from hpo_gui.export.table import cell, told_apart, without_formula

FORMATS = (".csv", ".json")


def schedule(history: History, trial: Trial) -> dict[str, Any]:
    """What ``schedule.json`` holds: the trial, its score, and its phases.

    A phase has the step (0-based) from which its parameters hold, the step before which they end,
    and the parameters. A trial that goes on from no other has one phase.
    """
    goal = history.goal
    score = trial.scores.get(goal.metric, math.nan)
    phases = phases_of(history, trial)
    ends = [step for step, _ in phases[1:]] + [trial.steps_done]
    return {
        "number": trial.number,
        "metric": goal.metric,
        "score": score if math.isfinite(score) else None,
        "steps": trial.steps_done,
        "phases": [
            {"step": step, "until": end, "params": params}
            for (step, params), end in zip(phases, ends, strict=True)
        ],
    }


def write_schedule_json(history: History, trial: Trial, path: Path) -> None:
    """Write `schedule` as JSON."""
    text = json.dumps(schedule(history, trial), indent=2, ensure_ascii=False)
    write_text(text + "\n", path)


def write_schedule_csv(history: History, trial: Trial, path: Path) -> None:
    """Write one row a phase: ``step, until``, then a column a parameter, empty where inactive.

    A parameter that is called as one of the two is ``param_<name>``.
    """
    phases = schedule(history, trial)["phases"]
    known = {name for phase in phases for name in phase["params"]}
    first = [name for name in history.space.names if name in known]
    names = first + sorted(known.difference(first))  # and those from before the space was edited
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        own = ["step", "until"]
        writer.writerow([*own, *map(without_formula, told_apart(names, own, "param_"))])
        for phase in phases:
            values = [phase["params"].get(name) for name in names]
            writer.writerow([cell(value) for value in (phase["step"], phase["until"], *values)])
