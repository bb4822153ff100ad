"""The trials of a report as tables: the best ones, those that failed, and people's words."""

from __future__ import annotations

import math

import numpy as np

from hpo_gui.analysis.comparison import score_interval
from hpo_gui.analysis.model_board import MODEL, ModelPlace, model_board
from hpo_gui.core.durations import show_duration
from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import show
from hpo_gui.evaluation.metrics import metric_title
from hpo_gui.export.report_text import Table, counted, listed, score, short, with_width

ALL_UP_TO, MOST_TRIALS = 500, 200
"""Trials up to which all are shown, and how many are shown of more."""

MOST_COLUMNS = 12  # parameters that get a column each
MOST_FAILURES, MOST_WORDS = 50, 200
MOST_MESSAGE, MOST_TRACEBACK = 500, 4000

_VERDICTS = {
    "better": "worse",
    "within_noise": "≈ within noise",
    "worse": "better on common folds",
    "unknown": "",
}


def in_order(history: History) -> list[int]:
    """Numbers of all trials, the best first: those of the front, feasible ones, complete ones.

    In each the best by the first goal first; what is not complete comes last, by its number.
    """
    count = len(history)
    standing = np.full(count, 3)
    for place, numbers in enumerate((history.complete, history.feasible)):
        standing[numbers] = 2 - place
    if len(history.goals) > 1:
        standing[history.front] = 0
    losses = history.losses[:, 0] if count else np.empty(0)
    losses = np.where(standing < 3, losses, 0.0)
    order: list[int] = np.lexsort((np.arange(count), losses, standing)).tolist()
    return order


def trial_table(history: History, ratio: float | None, chosen: Trial | None) -> Table:
    """The trials with their scores and parameters, best first; not all of very many."""
    order = in_order(history)
    shown = order if len(order) <= ALL_UP_TO else order[:MOST_TRIALS]
    names = history.space.names
    apart = len(names) <= MOST_COLUMNS and MODEL not in names  # else most cells are empty
    goals = history.goals
    best = {int(number) for number in history.front} if len(goals) > 1 else set()
    if chosen is not None:
        best.add(chosen.number)
    rows, marks = [], {}
    for row, number in enumerate(shown):
        trial = history.trials[number]
        # NOTE: a part of the folds says little: their interval would say even less
        whole = trial.state is TrialState.COMPLETE
        widths = [
            score_interval(trial, goal.metric, ratio).half_width if whole else math.nan
            for goal in goals
        ]
        scores = [
            with_width(trial.scores.get(goal.metric), width)
            for goal, width in zip(goals, widths, strict=True)
        ]
        rows.append((str(number), *scores, *_params(trial, names, apart), *_rest(trial, history)))
        if number in best:
            marks[row] = "best"
        elif trial.state in (TrialState.FAILED, TrialState.RETRACTED, TrialState.CANCELLED):
            marks[row] = "out"
    titles = [metric_title(goal.metric) for goal in goals]
    head = ("trial", *titles, *(names if apart else ("parameters",)), "time", "by", "state")
    more = len(order) - len(shown)
    note = (
        f"{counted(more, 'more trial is', 'more trials are')} not shown here; the table as CSV, "
    )
    note += "Parquet or Excel has them all."
    numeric = frozenset({*range(len(goals) + 1), len(head) - 3})
    return Table(head, tuple(rows), numeric, marks, note if more else "")


def _params(trial: Trial, names: tuple[str, ...], apart: bool) -> list[str]:
    if apart:
        return [short(show(trial.params[name])) if name in trial.params else "" for name in names]
    return [
        short("; ".join(f"{name} = {show(value)}" for name, value in trial.params.items()), 600)
    ]


def _rest(trial: Trial, history: History) -> tuple[str, str, str]:
    """How long it took, who proposed it, and where it stands."""
    seconds = "—" if trial.seconds is None else show_duration(trial.seconds)
    state = str(trial.state)
    if trial.state is TrialState.PRUNED:
        steps, plan = trial.steps_done, history.plan
        stepwise = bool(trial.curves) and not plan.rows
        state += f" after {counted(steps, 'step') if stepwise else plan.counted(steps)}"
    if trial.measured is not None:
        state += ", corrected"
    if not history.fits[trial.number]:
        state += ", outside of today's space"
    return seconds, trial.origin.strategy, state


def leaderboard_table(spec: StudySpec, history: History, ratio: float | None) -> Table | None:
    """The models side by side; None where there is one only."""
    if len(spec.models) < 2:
        return None
    names = tuple(model.name for model in spec.models)
    places = model_board(history, names, test_ratio=ratio)
    head = (
        *("model", metric_title(history.goal.metric), "against the best", "trials"),
        *("stopped early", "failed", "time", "fit", "predict"),
    )
    marks = {row: "best" for row, place in enumerate(places) if place.rank == 1}
    rows = tuple(_model_row(place) for place in places)
    return Table(head, rows, frozenset({1, 3, 4, 5, 6, 7, 8}), marks)


def _model_row(place: ModelPlace) -> tuple[str, ...]:
    verdict = "no score" if place.trials else "not tried"
    shown = "—"
    if place.best is not None:
        verdict = "best" if place.behind is None else _VERDICTS[place.behind.verdict]
        shown = with_width(place.interval.mean, place.interval.half_width)
    times = (place.seconds, place.fit_time, place.predict_time)
    return (
        *(place.model, shown, verdict, f"{place.trials:,}", f"{place.pruned:,}"),
        *(f"{place.failed:,}", *(_time(value) for value in times)),
    )


def _time(seconds: float) -> str:
    return show_duration(seconds) if math.isfinite(seconds) else "—"


def failures(history: History) -> tuple[tuple[str, str, str], ...]:
    """Which trials failed, with what message, and the last output; equal messages together."""
    groups: dict[str, list[Trial]] = {}
    for trial in history.trials:
        if trial.state is TrialState.FAILED and trial.failure is not None:
            groups.setdefault(trial.failure.message, []).append(trial)
    found = []
    for message, trials in list(groups.items())[:MOST_FAILURES]:
        word = "Trial" if len(trials) == 1 else "Trials"
        failure = trials[-1].failure
        assert failure is not None, "it is in a group"
        numbers = listed([trial.number for trial in trials])
        told = short(failure.traceback[-MOST_TRACEBACK:].strip(), MOST_TRACEBACK)
        found.append((f"{word} {numbers}", short(message, MOST_MESSAGE), told))
    more = len(groups) - len(found)
    if more:
        found.append((f"{counted(more, 'other message')}", "not shown here", ""))
    return tuple(found)


def words_of_people(history: History) -> Table:
    """Notes, tags and corrected scores."""
    told = [trial for trial in history.trials if trial.note or trial.tags or trial.measured]
    rows = tuple(
        (
            str(trial.number),
            short(", ".join(trial.tags)),
            short(trial.note, 2000),
            short(_corrected(trial)),
        )
        for trial in told[:MOST_WORDS]
    )
    more = len(told) - len(rows)
    note = f"{counted(more, 'more trial has', 'more trials have')} notes or tags." if more else ""
    return Table(("trial", "tags", "note", "scores set by hand"), rows, frozenset({0}), more=note)


def _corrected(trial: Trial) -> str:
    if trial.measured is None:
        return ""
    return "; ".join(
        f"{metric}: {score(trial.scores.get(metric))}, measured "
        f"{score(trial.measured.scores.get(metric))}"
        for metric in trial.measured.fold_scores
    )
