"""The table of trials as CSV and Parquet: one row a trial."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Value
from hpo_gui.export.files import replaced
from hpo_gui.export.moments import in_utc

FREE_METRICS = ("fit_time", "predict_time", "model_size")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def trial_columns(history: History) -> dict[str, list[Any]]:
    """The columns of the table by name, each with a value (or None) for every trial.

    ``number, state, origin``, then ``mean_<metric>, std_<metric>, split<k>_<metric>`` for every
    metric, ``param_<name>`` (None where inactive), ``fit_time, predict_time, model_size`` (means
    in seconds and bytes), ``started, finished`` (ISO 8601, UTC), ``error``; where people
    gave some ``tags``, ``note``, ``corrected`` (metrics that were set by hand) and
    ``measured_<metric>`` (before that); and where a strategy
    with a model proposed some of them ``expected, expected_sd`` (in the score's units) and
    ``acquisition``. With several goals ``on_front`` comes after ``origin``, and with several goals
    or a threshold ``feasible``; both are None for trials that are not complete. Where the study
    was edited there are ``spec_version`` and ``in_space`` (whether a trial could be one of
    today's), and parameters that are no longer tuned have columns too.
    """
    trials = history.trials
    columns: dict[str, list[Any]] = {
        "number": [trial.number for trial in trials],
        "state": [str(trial.state) for trial in trials],
        "origin": [trial.origin.strategy for trial in trials],
        **_standing(history),
        **_versions(history),
    }
    for metric in _metrics(history):
        columns.update(_metric_columns(metric, trials))
    for name in parameter_names(history):
        columns[f"param_{name}"] = [trial.params.get(name) for trial in trials]
    for metric in FREE_METRICS:
        if any(metric in trial.scores for trial in trials) or metric != "model_size":
            columns[metric] = [_number(trial.scores.get(metric)) for trial in trials]
    columns["started"] = [_time(trial.started) for trial in trials]
    columns["finished"] = [_time(trial.finished) for trial in trials]
    columns["error"] = [trial.failure.message if trial.failure else None for trial in trials]
    columns.update(_by_people(trials))
    if any(trial.origin.mean is not None for trial in trials):
        columns["expected"] = [_number(trial.origin.mean) for trial in trials]
        columns["expected_sd"] = [_number(trial.origin.sd) for trial in trials]
        columns["acquisition"] = [_number(trial.origin.acquisition) for trial in trials]
    return columns


def _by_people(trials: tuple[Trial, ...]) -> dict[str, list[Any]]:
    """What people wrote and corrected, where they did."""
    columns: dict[str, list[Any]] = {
        "tags": [", ".join(trial.tags) or None for trial in trials],
        "note": [trial.note or None for trial in trials],
        "corrected": [", ".join(_corrected(trial)) or None for trial in trials],
    }
    for metric in dict.fromkeys(name for trial in trials for name in _corrected(trial)):
        columns[f"measured_{metric}"] = [_measured(trial, metric) for trial in trials]
    return {
        name: values
        for name, values in columns.items()
        if name.startswith("measured_") or any(value is not None for value in values)
    }


def _corrected(trial: Trial) -> tuple[str, ...]:
    """The metrics whose score was set by hand."""
    return () if trial.measured is None else tuple(trial.measured.fold_scores)


def _measured(trial: Trial, metric: str) -> float | None:
    if trial.measured is None or metric not in trial.measured.fold_scores:
        return _number(trial.scores.get(metric))
    return _number(trial.measured.scores.get(metric))


def _standing(history: History) -> dict[str, list[Any]]:
    several = len(history.goals) > 1
    columns: dict[str, list[Any]] = {}
    for name, numbers, wanted in (
        ("on_front", history.front, several),
        ("feasible", history.feasible, several or history.goal.threshold is not None),
    ):
        if wanted:
            column: list[bool | None] = [None] * len(history)
            for number in history.complete.tolist():
                column[number] = False
            for number in numbers.tolist():
                column[number] = True
            columns[name] = list(column)
    return columns


def _versions(history: History) -> dict[str, list[Any]]:
    if not history.edited:
        return {}
    versions = [trial.spec_version for trial in history.raw]
    return {"spec_version": versions, "in_space": history.fits.tolist()}


def parameter_names(history: History) -> list[str]:
    """Names of today's parameters, then of those that only earlier trials have."""
    names = dict.fromkeys(history.space.names)
    if history.edited:
        for trial in history.trials:
            names.update(dict.fromkeys(trial.params))
    return list(names)


def write_trials_csv(history: History, path: Path) -> None:
    """Write the table as CSV in UTF-8; texts that a spreadsheet would run get a quote in front."""
    columns = trial_columns(history)
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(without_formula, columns))
        for row in zip(*columns.values(), strict=True):
            writer.writerow([cell(value) for value in row])


def write_trials_parquet(history: History, path: Path) -> None:
    """Write the table as Parquet; parameters of mixed types become JSON text."""
    import pyarrow
    import pyarrow.parquet

    arrays = {name: _typed(values) for name, values in trial_columns(history).items()}
    with replaced(path) as temporary:
        pyarrow.parquet.write_table(pyarrow.table(arrays), temporary)


def _metrics(history: History) -> list[str]:
    names = [goal.metric for goal in history.goals]
    for trial in history.trials:
        names += [name for name in trial.scores if name not in names and name not in FREE_METRICS]
    return names


def _metric_columns(metric: str, trials: tuple[Trial, ...]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        f"mean_{metric}": [_number(trial.scores.get(metric)) for trial in trials],
        f"std_{metric}": [_number(trial.sd(metric)) for trial in trials],
    }
    steps = max((len(trial.fold_scores.get(metric, ())) for trial in trials), default=0)
    for step in range(steps):
        columns[f"split{step}_{metric}"] = [_step(trial, metric, step) for trial in trials]
    return columns


def _step(trial: Trial, metric: str, step: int) -> float | None:
    values = trial.fold_scores.get(metric, ())
    return _number(values[step]) if step < len(values) else None


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _time(seconds: float | None) -> str | None:
    at = in_utc(seconds)
    return None if at is None else at.isoformat()


def cell(value: Value) -> Value:
    """A value as it stands in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, tuple | dict):
        return json.dumps(value)
    return without_formula(value) if isinstance(value, str) else value


def told_apart(names: Iterable[str], own: Iterable[str], prefix: str) -> list[str]:
    """Names of columns beside those of the table's own; one that is taken gets a prefix.

    Examples
    --------
    >>> told_apart(["loss", "step"], own=["trial", "step"], prefix="metric_")
    ['loss', 'metric_step']
    """
    found: list[str] = []
    taken, names = set(own), list(names)
    for name in names:
        told = name
        while told in taken or (told != name and told in names):
            told = prefix + told
        taken.add(told)
        found.append(told)
    return found


def without_formula(text: str) -> str:
    """A text with a quote in front where a spreadsheet would take it for a formula."""
    return "'" + text if starts_formula(text) else text


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula where it is typed or pasted."""
    return text.startswith(_FORMULA)


def _typed(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        return [float(v) if v is not None and float in kinds else v for v in values]
    if len(kinds) == 1 and kinds <= {bool, str}:
        return values
    return [None if value is None else json.dumps(value) for value in values]
