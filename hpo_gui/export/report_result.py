"""What came out of a study, in words that say how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hpo_gui.analysis.comparison import Comparison, score_interval
from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import Pareto, half_widths, pareto
from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.analysis.savings import savings
from hpo_gui.analysis.summary import Summary, summarize
from hpo_gui.core.counting import counted as as_it_counts
from hpo_gui.core.durations import show_duration
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import show
from hpo_gui.evaluation.metrics import metric_title
from hpo_gui.export.front_text import growth_line, missed, nearest_words
from hpo_gui.export.report_source import Report
from hpo_gui.export.report_text import Table, counted, score, short, with_width

MOST_FRONT = 100
LITTLE = 0.3  # R² below which a surrogate says little


@dataclass(frozen=True)
class Tile:
    """A number in large type: what it is, the number, and a few words below."""

    title: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes
    ----------
    sentences : the first is the result, the others what to think of it
    params : name and value of the chosen trial's parameters
    chosen : its heading: "Parameters of trial 12"
    front : of several goals; None with one
    """

    tiles: tuple[Tile, ...]
    sentences: tuple[str, ...]
    params: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    front: Table | None = None


@dataclass(frozen=True)
class Moving:
    """How far the expected score moves along each parameter.

    Attributes
    ----------
    bars : name, how far in words, and in relation to the largest, from 0 to 100
    sentences : how it was found, and how far to trust it; or why there is nothing
    """

    bars: tuple[tuple[str, str, str], ...] = ()
    sentences: tuple[str, ...] = field(default_factory=tuple)


def result_of(report: Report) -> Result:
    """The result of a study with one goal or several, finished or not."""
    history = report.history
    if report.chosen is None:
        return Result((_trials_tile(history),), (_without_best(history), *_locked(report)))
    trial = report.chosen[0]
    params = tuple((name, short(show(value))) for name, value in trial.params.items())
    heading = f"Parameters of trial {trial.number}"
    if len(history.goals) > 1:
        made = pareto(history)
        tiles = _tiles_of_front(report, made, trial)
        sentences = (*_about_front(report, made, trial), *_locked(report), *_saved(history))
        return Result(
            tiles, sentences, params, heading, front_table(history, made, report.test_ratio)
        )
    summary = summarize(history, test_ratio=report.test_ratio)
    sentences = (*_about_best(report, summary, trial), *_locked(report), *_saved(history))
    return Result(_tiles(report, summary, trial), sentences, params, heading)


def _trials_tile(history: History) -> Tile:
    ended = len(history) - len(history.open)
    failed = sum(trial.state is TrialState.FAILED for trial in history.trials)
    notes = [counted(len(history.complete), "complete one", "complete ones")]
    notes += [f"{failed:,} failed"] if failed else []
    return Tile("Trials", f"{ended:,}", ", ".join(notes))


def _without_best(history: History) -> str:
    """Why there is no best trial, in the words of the last one that failed."""
    if not len(history):
        return "No trial was run yet, so there is no result."
    failed = [trial.failure for trial in history.trials if trial.state is TrialState.FAILED]
    failures = [failure for failure in failed if failure is not None]
    why = f" The last one failed: {short(failures[-1].message, 500)}" if failures else ""
    return f"No trial has a score yet, so there is no best one and no model.{why}"


# --- one goal ---------------------------------------------------------------------------------


def _tiles(report: Report, summary: Summary, trial: Trial) -> tuple[Tile, ...]:
    history, goal = report.history, report.history.goal
    mean = as_it_counts(history, trial)
    told = score_interval(mean, goal.metric, report.test_ratio)
    shown, mark, width = with_width(mean.scores.get(goal.metric), told.half_width).partition(" ±")
    is_best = summary.best is not None and summary.best.number == trial.number
    name = f"Best trial, #{trial.number}" if is_best else f"Trial #{trial.number}"
    tiles = [Tile(name, shown, f"{mark}{width}".strip() or "one fold only", "good")]
    if (defaults := summary.baseline) is not None:
        note = f"trial #{defaults.number}"
        tiles.append(Tile("Defaults of the model", score(history.score(defaults.number)), note))
    if (dummy := dummy_trial(history)) is not None:
        tiles.append(Tile("Dummy", score(dummy.scores[goal.metric]), "looks at no column"))
    return (*tiles, *_test_tile(report), _trials_tile(history))


def _about_best(report: Report, summary: Summary, trial: Trial) -> tuple[str, ...]:
    history, goal = report.history, report.history.goal
    own = score_interval(trial, goal.metric, report.test_ratio)
    title = metric_title(goal.metric)
    shown = with_width(trial.scores.get(goal.metric), own.half_width)
    best = summary.best
    if best is not None and best.number != trial.number:
        said = [f"Trial {trial.number}, which was chosen by hand, has {title} {shown}."]
        told = with_width(best.scores.get(goal.metric), math.nan)
        said.append(f"The best one is trial {best.number} with {told}.")
    else:
        said = [f"Trial {trial.number} is the best: {title} {shown}, {_side(goal)}."]
    if not len(history.feasible):
        by = missed(as_it_counts(history, trial), history.goals)
        said.append(f"No trial keeps the threshold: {'; '.join(by)}.")
    if math.isfinite(own.half_width):
        said.append(
            f"± is the half-width of the 95 % confidence interval over {own.count} folds, "
            "corrected for the overlap of their training sets (Nadeau and Bengio 2003)."
        )
    else:
        said.append("One fold tells no uncertainty.")
    said += [*_standing(trial, history), *_against_defaults(summary, history)]
    return (*said, *_other_trials(report, summary))


def _standing(trial: Trial, history: History) -> list[str]:
    """What else decides what the trial's score is worth."""
    averaged = history.goals if history.plan.averages else ()
    known = [(goal, repeats_of(history, trial, goal.metric)) for goal in averaged]
    said = [
        f"Repeats are averaged: it counts as the mean {metric_title(goal.metric)} of its "
        f"{len(repeats.numbers)} repeats, {score(repeats.mean)}."
        for goal, repeats in known
        if repeats is not None
    ]
    if not history.fits[trial.number]:
        said.append("It lies outside of today's space, which was edited since.")
    if trial.measured is not None:
        said.append("Scores of this trial were set by hand.")
    return said


def _side(goal: Goal) -> str:
    return f"{'larger' if goal.maximize else 'smaller'} is better"


def _against_defaults(summary: Summary, history: History) -> list[str]:
    if summary.baseline is None:
        return ["There is no complete trial of the model's defaults to compare with."]
    if summary.gain is None:
        return ["No other trial beats the model's own defaults."]
    return [_gain_words(summary.gain, find_baseline(history))]


def _gain_words(gain: Comparison, defaults: Trial | None) -> str:
    size = f"{abs(gain.mean):.3g}"
    if math.isfinite(gain.half_width):
        size = with_width(abs(gain.mean), gain.half_width)
    number = "" if defaults is None else f" (trial {defaults.number})"
    why = {
        "better": "the interval does not contain 0.",
        "within_noise": "the interval contains 0, so that the difference may be chance.",
        "worse": "on the folds that both have, the defaults are better.",
        "unknown": "one fold tells no uncertainty: this may be chance.",
    }[gain.verdict]
    side = "worse" if gain.mean < 0 else "better"
    noise = ", which is within noise" if gain.verdict == "within_noise" else ""
    return f"Over the folds the best is {size} {side} than the defaults{number}{noise}: {why}"


def _other_trials(report: Report, summary: Summary) -> list[str]:
    """A trial that is as good and cheaper, and one that is probably better."""
    said = []
    if (other := summary.alternative) is not None:
        said.append(
            f"Trial {other.trial.number} is within one standard error of the best and cheaper: "
            f"{show_duration(other.cost)} to fit instead of {show_duration(other.best_cost)}."
        )
    found = None if report.landscape is None else report.landscape.recommended
    if found is not None and not found.agrees:
        said.append(
            f"Trial {found.number} is probably better: {found.mean:.4g} ± {found.sd:.2g} "
            f"expected; trial {found.best} would give about {found.best_mean:.4g} when measured "
            "again."
        )
    return said


# --- rows that were locked away ---------------------------------------------------------------


def _test_tile(report: Report) -> list[Tile]:
    metric = report.history.goal.metric
    if metric not in report.test:
        return []
    return [Tile("Locked test", score(report.test[metric]), "rows that took no part before")]


def _locked(report: Report) -> list[str]:
    """What the held-out test said, or that it was not opened."""
    share = report.spec.data.test_share if report.spec.data is not None else 0.0
    if report.spec.objective is not None or report.spec.data is None:
        return []
    if report.test and report.chosen is not None:
        trial = report.chosen[0]
        told = "; ".join(
            f"{metric_title(name)} {score(value)} (the validation said "
            f"{score(trial.scores.get(name))})"
            for name, value in report.test.items()
        )
        return [f"On the {100 * share:.0f} % of the rows that were locked away: {told}."]
    if share:
        return [
            f"The locked test was not opened for this report: {100 * share:.0f} % of the rows "
            "took no part in choosing this trial. Open them once, when the choice is made: that "
            "score is the one to report."
        ]
    return [
        "No rows are locked away. The validation score is a little optimistic, since the winner "
        "was chosen by it."
    ]


def _saved(history: History) -> list[str]:
    saved = savings(history).text
    return [saved] if saved else []


# --- several goals ----------------------------------------------------------------------------


def _tiles_of_front(report: Report, made: Pareto, trial: Trial) -> tuple[Tile, ...]:
    history = report.history
    front = Tile("Pareto front", counted(len(made.front), "trial"), "no trial dominates them")
    if not len(made.front):
        front = Tile("Pareto front", "—", "no trial keeps all thresholds", "bad")
    tiles = [front]
    for goal, number in zip(made.goals, made.bests, strict=False):
        mean = as_it_counts(history, history.trials[number])
        value = score(mean.scores.get(goal.metric))
        tiles.append(Tile(f"Best {metric_title(goal.metric)}", value, f"trial #{number}"))
    why = {"knee": "the knee", "best": "no knee", "nearest": "the nearest"}
    reason = report.chosen[1] if report.chosen is not None else None
    tiles.append(
        Tile("Taken", f"#{trial.number}", why.get(reason or "", "chosen by hand"), "good")
    )
    return (*tiles, *_test_tile(report), _trials_tile(history))


def _about_front(report: Report, made: Pareto, trial: Trial) -> tuple[str, ...]:
    history = report.history
    goals = ", ".join(f"{metric_title(g.metric)} ({_side(g)})" for g in history.goals)
    if len(made.front):
        head = "1 trial is" if len(made.front) == 1 else f"{len(made.front)} trials are"
        said = [
            f"The result is a set: {head} on the Pareto front of "
            f"{counted(len(made.numbers), 'complete one', 'complete ones')}, by {goals}. No trial "
            "is better than one of them in every goal.",
        ]
        line = growth_line(growth(history, made), 0)
        said.append(f"{line[0].upper()}{line[1:]}.")
    else:
        said = [f"No trial keeps all thresholds: {nearest_words(made, history)}."]
    reason = report.chosen[1] if report.chosen is not None else None
    said.append(
        {
            "knee": f"Trial {trial.number}, the knee of the front, is taken below.",
            "nearest": f"Trial {trial.number}, the nearest, is taken below.",
            "best": f"The front has no knee: trial {trial.number}, the best by "
            f"{metric_title(history.goal.metric)}, is taken below.",
        }.get(reason or "", f"Trial {trial.number} was chosen by hand.")
    )
    return (*said, *_standing(trial, history))


def front_table(history: History, made: Pareto, test_ratio: float | None = None) -> Table:
    """The front, the best by the first goal first, at most `MOST_FRONT` trials of it."""
    shown = made.front[:MOST_FRONT]
    widths = half_widths(history, shown, test_ratio).tolist()
    rows, marks = [], {}
    for row, (number, own) in enumerate(zip(shown.tolist(), widths, strict=True)):
        trial = history.trials[number]
        mean = as_it_counts(history, trial)
        scores = [
            with_width(mean.scores[goal.metric], width)
            for goal, width in zip(made.goals, own, strict=True)
        ]
        notes = ["knee"] if number == made.knee else []
        notes += [
            f"best {metric_title(goal.metric)}"
            for goal, best in zip(made.goals, made.bests, strict=True)
            if best == number
        ]
        if notes:
            marks[row] = "best"
        params = short("; ".join(f"{n} = {show(v)}" for n, v in trial.params.items()), 400)
        rows.append((str(number), *scores, ", ".join(notes), params))
    head = ("trial", *(metric_title(goal.metric) for goal in made.goals), "", "parameters")
    more = len(made.front) - len(shown)
    return Table(
        head,
        tuple(rows),
        frozenset(range(len(made.goals) + 1)),
        marks,
        f"{counted(more, 'more trial is', 'more trials are')} on the front." if more else "",
    )


# --- what moves the score ---------------------------------------------------------------------


def moving_parameters(report: Report) -> Moving:
    """How far the surrogate's expected score moves along each parameter, the largest first."""
    found = report.landscape
    if found is None:
        return Moving(sentences=(report.no_landscape,) if report.no_landscape else ())
    slices = sorted(found.slices, key=lambda one: -one.span)
    most = max((one.span for one in slices), default=0.0) or 1.0
    bars = tuple((one.name, f"{one.span:.2g}", f"{100 * one.span / most:.1f}") for one in slices)
    quality = found.quality
    metric = metric_title(found.goal.metric)
    said = [
        f"How far the expected {metric} moves along each parameter, while the others are as in "
        f"trial {found.number}. Said by a surrogate of {counted(quality.used, 'trial')} that "
        f"explains what it did not see with R² = {quality.r2:.2f} (leave-one-out)."
    ]
    if quality.r2 < LITTLE:
        said.append("That is little: these bars say hardly more than chance.")
    if found.inactive:
        said.append(f"Not active in that trial: {short(', '.join(found.inactive), 400)}.")
    return Moving(bars, tuple(said))
