"""The report of a study: gathered from its file, its trials and its table, and written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpo_gui.analysis.landscape import Landscape
from hpo_gui.analysis.pareto import Why
from hpo_gui.assembly.opened import running_seconds
from hpo_gui.assembly.sessions import in_words, sessions_in
from hpo_gui.assembly.study_table import table_of_study
from hpo_gui.core.catalogue import Catalogue
from hpo_gui.core.errors import StudioError
from hpo_gui.core.history import History
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.core.spec_text import spec_to_toml
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.export.report_source import Report
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.auto import Auto
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.study.budget import finished_trials, why_done

LARGE_TABLE = 200_000_000  # bytes of a file whose rows are not counted for a report


def report_of(
    spec: StudySpec,
    base: Path,
    history: History,
    study: Path | None,
    chosen: tuple[Trial, Why | None] | None,
    test: Mapping[str, float] | None = None,
    landscape: Landscape | str = "",
) -> Report:
    """What a report is made of; the study may be running.

    Parameters
    ----------
    study : its file, which is only read; None where it has none yet
    chosen : the trial that it is about, and why that one; None without a complete one
    test : the trial's scores on the locked rows, where they were opened
    landscape : what a surrogate has learnt, or why there is none
    """
    read = _read(study) if study is not None else {}
    return Report(
        spec,
        history,
        time.time(),
        study.name if study is not None else "",
        _status(spec, history, read.get("seconds", 0.0)),
        _strategy(spec, history),
        _titled(PRUNERS, spec.pruner),
        _shape(spec, base, study),
        chosen=chosen,
        test=dict(test or {}),
        landscape=landscape if isinstance(landscape, Landscape) else None,
        no_landscape=landscape if isinstance(landscape, str) else "",
        test_ratio=fold_ratio(spec.validation),
        toml=spec_to_toml(spec),
        **read,
    )


def _read(study: Path) -> dict[str, Any]:
    """What the file tells beside specification and trials."""
    with StudyFile.look_into(study) as file:
        events = file.events()
        sessions = sessions_in(events)
        return {
            "seconds": running_seconds(file),
            "events": in_words(events),
            "versions": sessions[-1].session.facts if sessions else {},
            "edits": [(row.version, row.at, row.note) for row in file.specs()],
        }


def _status(spec: StudySpec, history: History, seconds: float) -> str:
    """How far the study is."""
    count = len(history)
    if not count:
        return "This study has no trials yet."
    running = sum(trial.state is TrialState.RUNNING for trial in history.trials)
    if running:
        are = "trial was" if running == 1 else "trials were"
        return (
            f"Not finished: {running:,} {are} running when this was written. What is said here "
            f"is of {finished_trials(history):,} that had finished."
        )
    done = why_done(spec.budget, history, seconds)
    if done is not None:
        return done
    finished, waiting = finished_trials(history), len(history.open)
    have = "trial has" if finished == 1 else "trials have"
    queued = f", and {waiting:,} {'waits' if waiting == 1 else 'wait'}" if waiting else ""
    return f"{finished:,} {have} finished{queued}; the budget is not used up."


def _strategy(spec: StudySpec, history: History) -> tuple[str, str]:
    """Title and reason; the automatic choice says itself what it has chosen, and why."""
    title, why = _titled(STRATEGIES, spec.strategy)
    with contextlib.suppress(StudioError, KeyError):
        made = STRATEGIES.make(spec.strategy.name, spec.strategy.options)
        if isinstance(made, Auto):
            why = made.choose(history)[1]
    return title, why


def _titled(catalogue: Catalogue[Any], choice: Choice) -> tuple[str, str]:
    """Title of a member, and when it is used; the name where it is of another version."""
    if choice.name not in catalogue:
        return choice.name, ""
    entry = catalogue[choice.name]
    return entry.title, entry.use_when


def _shape(spec: StudySpec, base: Path, study: Path | None) -> tuple[int, int] | None:
    """Rows and columns of the table; None where it is gone, has changed, or is large."""
    if spec.data is None or spec.objective is not None:
        return None
    with contextlib.suppress(OSError, ValueError):
        if (base / spec.data.source).stat().st_size > LARGE_TABLE:
            return None
    try:
        table = table_of_study(spec, base, study)
    except (StudioError, OSError, ValueError):
        return None
    return None if table is None else (table.rows, len(table.columns))
