"""The columns of the trial table: what each one shows of a trial, and what it sorts by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.durations import show_duration
from hpo_gui.core.parameter import Categorical, Ordinal
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.gui.tables.score_text import (
    decimals_for,
    metric_words,
    origin_title,
    param_text,
    score_text,
    spread_text,
    state_words,
    tr,
)
from hpo_gui.gui.tables.trial_order import FloatArray
from hpo_gui.gui.tables.trial_store import TrialStore

LONGEST_SHOWN = 200  # letters of a note that a cell can show


@dataclass(frozen=True)
class TrialColumn:
    """A column of the table.

    Attributes
    ----------
    key : stable name: "number", "state", "front", "score", "sd", "time", "version", "from",
        "tags", "note", "expected", "param <name>", "metric <name>"
    text : what a trial shows
    sort : numbers to sort by
    """

    key: str
    title: str
    text: Callable[[Trial], str]
    sort: Callable[[], FloatArray]
    numeric: bool = True
    tip: str = ""


class TrialColumns:
    """Makes the columns for what a store holds."""

    def __init__(self, store: TrialStore) -> None:
        self._store = store

    def make(self) -> tuple[TrialColumn, ...]:
        """All columns that there is something to show in."""
        store = self._store
        columns, metric = store.columns, store.goal.metric
        return (
            TrialColumn("number", "#", lambda t: str(t.number), self.numbers),
            TrialColumn(
                "state",
                tr("state"),
                lambda t: state_words(t.state),
                lambda: columns.states.astype(float),
                numeric=False,
            ),
            *self._standing(),
            TrialColumn(
                "score",
                metric_words(metric),
                lambda t: score_text(t.scores.get(metric)),
                lambda: columns.scores,
                tip=tr("Mean over the folds."),
            ),
            *self._counted(),
            TrialColumn(
                "sd",
                "±",
                self._spread,
                lambda: columns.sd(metric),
                tip=tr(
                    "Standard deviation over the folds; how far a trial is that runs or was "
                    "stopped early."
                ),
            ),
            *(self._metric(goal.metric) for goal in columns.goals[1:]),
            TrialColumn("time", tr("time"), _seconds, lambda: columns.seconds),
            *self._words_of_people(),
            *(self._parameter(name) for name in columns.space.names),
            *self._version(),
            *(self._metric(name) for name in store.metrics[len(columns.goals) :]),
            TrialColumn(
                "from",
                tr("from"),
                lambda t: origin_title(t.origin.strategy),
                self._origins,
                numeric=False,
            ),
            TrialColumn(
                "expected",
                tr("expected"),
                _expected,
                lambda: columns.expected,
                tip=tr("The score that the strategy expected, ± its standard deviation."),
            ),
        )

    def _version(self) -> tuple[TrialColumn, ...]:
        """After an edit: the version of the specification that a trial was proposed by."""
        store = self._store
        if not store.edited:
            return ()

        def sort() -> FloatArray:
            raw = store.session.history.raw
            return np.array([trial.spec_version for trial in raw], dtype=float)

        tip = tr("The version of the specification that the trial belongs to.")
        words = tr("version")
        return (TrialColumn("version", words, lambda t: str(t.spec_version), sort, tip=tip),)

    def _counted(self) -> tuple[TrialColumn, ...]:
        """Where repeats are averaged: what counts for a trial, beside its own score."""
        store = self._store
        if not store.averages:
            return ()

        def text(trial: Trial) -> str:
            complete = trial.state is TrialState.COMPLETE
            return score_text(store.history.score(trial.number)) if complete else ""

        tip = tr(
            "For strategies and for the best trial the mean over the complete repeats of a "
            "configuration counts, with its own score where it has none."
        )
        title = tr("counts as")
        return (TrialColumn("counted", title, text, store.counted, tip=tip),)

    def _standing(self) -> tuple[TrialColumn, ...]:
        """With several goals: which trials are on the front, and which are not feasible."""
        store = self._store
        if not store.several:
            return ()

        def text(trial: Trial) -> str:
            if trial.state is not TrialState.COMPLETE:
                return ""
            if not store.standing["feasible"][trial.number]:
                return tr("not feasible")
            words = tr("front") if store.standing["front"][trial.number] else ""
            if trial.number == store.session.looking.choice:
                return tr("chosen")
            return tr("knee") if trial.number == store.pareto.knee else words

        def sort() -> FloatArray:
            standing = store.standing
            return standing["front"].astype(float) + standing["feasible"]

        tip = tr("Trials on the Pareto front: no other one is as good in all goals and better.")
        return (TrialColumn("front", tr("front"), text, sort, numeric=False, tip=tip),)

    def _words_of_people(self) -> tuple[TrialColumn, ...]:
        """Tags and notes, once there are some."""
        tags = TrialColumn("tags", tr("tags"), _tags, self._tags, numeric=False)
        note = TrialColumn("note", tr("note"), _note, self._notes, numeric=False)
        wanted = ((tags, self._store.has_tags), (note, self._store.has_notes))
        return tuple(column for column, there in wanted if there)

    def numbers(self) -> FloatArray:
        """Numbers of the trials, to sort by."""
        return np.arange(self._store.count, dtype=float)

    def _origins(self) -> FloatArray:
        codes = self._store.columns.strategy
        return _by_words(codes, [origin_title(name) for name in self._store.columns.strategies])

    def _tags(self) -> FloatArray:
        codes = self._store.columns.tags
        return _by_words(codes, [", ".join(tags) for tags in self._store.columns.tag_sets])

    def _notes(self) -> FloatArray:
        codes = self._store.columns.note
        return _by_words(codes, self._store.columns.notes)

    def _parameter(self, name: str) -> TrialColumn:
        columns = self._store.columns
        listed = isinstance(columns.space[name], Categorical | Ordinal)
        return TrialColumn(
            f"param {name}",
            name,
            lambda trial: param_text(trial, name),
            lambda: columns.positions(name),
            numeric=not listed,
            tip=name,
        )

    def _metric(self, name: str) -> TrialColumn:
        columns = self._store.columns
        timed = name.endswith("_time")

        def text(trial: Trial) -> str:
            value = trial.scores.get(name)
            return show_duration(value) if timed and value is not None else score_text(value)

        return TrialColumn(
            f"metric {name}", metric_words(name), text, lambda: columns.metric(name), tip=name
        )

    def _spread(self, trial: Trial) -> str:
        total = trial.steps or self._store.total_steps
        if trial.state is TrialState.RUNNING:
            if total == 1:
                return ""
            done = min(trial.steps_done + 1, total) if total else trial.steps_done + 1
            return self._place(trial, done, total) if total else str(done)
        if trial.state is TrialState.PRUNED and total:
            return self._place(trial, trial.steps_done, total)
        return spread_text(trial.sd(self._store.goal.metric))

    def _place(self, trial: Trial, done: int, total: int) -> str:
        """How far a trial is."""
        if self._store.history.plan.rows:
            words = tr("share {0}/{1}")
        else:
            words = tr("step {0}/{1}") if trial.curves else tr("fold {0}/{1}")
        return words.format(done, total)

    def lacks(self, columns: Sequence[TrialColumn]) -> bool:
        """Whether there is something to show by now that ``columns`` have no place for."""
        store, known = self._store, {column.key for column in columns}
        new_metrics = not set(store.metrics[1:]) <= {key.removeprefix("metric ") for key in known}
        new_tags = store.has_tags and "tags" not in known
        return new_metrics or new_tags or (store.has_notes and "note" not in known)


def _by_words(codes: NDArray[np.int32], words: Sequence[str]) -> FloatArray:
    """Codes of words as ranks by alphabet; NaN where there is no word."""
    if not len(words):
        return np.full(len(codes), np.nan)
    ranks = np.argsort(np.argsort(words, kind="stable"), kind="stable")
    return np.where(codes >= 0, ranks[codes], np.nan)


def _tags(trial: Trial) -> str:
    return ", ".join(trial.tags)


def _note(trial: Trial) -> str:
    return " ".join(trial.note[:LONGEST_SHOWN].split())


def _expected(trial: Trial) -> str:
    mean, sd = trial.origin.mean, trial.origin.sd
    if mean is None:
        return ""
    digits = decimals_for(math.nan if sd is None else sd)
    spread = "" if sd is None else spread_text(sd, digits)
    return f"{score_text(mean, digits)} {spread}".strip()


def _seconds(trial: Trial) -> str:
    if trial.state is TrialState.RUNNING and trial.started is not None:
        return show_duration(max(time.time() - trial.started, 0.0))
    return "" if trial.seconds is None else show_duration(trial.seconds)
