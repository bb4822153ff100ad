"""Several studies side by side: the best of each, whether they may be compared, and who is ahead.

Scores compare when they are of the same metric on the same rows; where the folds are the same too,
the best trials are compared fold by fold (`analysis.comparison`). What stands in the way, and all
else that is different, is told by `analysis.study_differences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.comparison import Comparison, Interval, compare, interval
from hpo_gui.analysis.convergence import step_line
from hpo_gui.analysis.study_differences import Difference, Studied, differences, same_folds
from hpo_gui.core.counting import counted
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial

FloatArray = NDArray[np.float64]

FEWEST, MOST = 2, 6


@dataclass(frozen=True)
class Line:
    """One study of a comparison.

    Attributes
    ----------
    best : its best trial by the metric compared; None where none has a score
    score : of that trial; where repeats are averaged, the mean over its own
    interval : mean over the trial's folds with its 95 % confidence interval
    complete, trials : trials with a score, and all
    seconds : while at least one trial ran; gaps between two runs do not count
    to_best : seconds until the best trial had finished; None without one
    by_trial, by_time : corners (x, y) of the best score so far; x in trials or in seconds
    feasible : its best trial keeps the thresholds of all its goals
    ahead : the leading study's best trial against this one's; None for the leader itself, and
        where they have no folds in common
    """

    name: str
    studied: Studied
    best: Trial | None
    score: float | None
    interval: Interval
    complete: int
    trials: int
    seconds: float
    to_best: float | None
    by_trial: tuple[FloatArray, FloatArray]
    by_time: tuple[FloatArray, FloatArray]
    feasible: bool = True
    ahead: Comparison | None = None


@dataclass(frozen=True)
class StudyComparison:
    """What the comparison of studies shows.

    Attributes
    ----------
    goal : the metric that is compared
    metrics : all that could be: goals of a study that every study has scores of
    leader : place of the study with the best score, of those whose best trial keeps all
        thresholds where there are some; None where none has one, or where scores must not be
        compared
    differences : what is different, the gravest first
    """

    goal: Goal
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    leader: int | None
    differences: tuple[Difference, ...]

    @property
    def comparable(self) -> bool:
        """Whether the scores are of the same metric on the same rows."""
        return not any(difference.breaks == "scores" for difference in self.differences)

    @property
    def paired(self) -> bool:
        """Whether all studies also have the same folds."""
        return not any(difference.breaks for difference in self.differences)


def compare_studies(studies: Sequence[Studied], metric: str = "") -> StudyComparison:
    """Compare 2 to 6 studies.

    Parameters
    ----------
    metric : to compare by; "" for the first goal of the first study that all have scores of

    Raises
    ------
    StudioError : too few or too many studies, one of them twice, or no study has ``metric``
    """
    _check(studies)
    metrics = common_metrics(studies)
    goal = _goal(studies, metric or next(iter(metrics), studies[0].history.goal.metric))
    lines = tuple(_line(studied, goal) for studied in _named(studies))
    told = differences([line.studied for line in lines], goal)
    leader = None
    if not any(difference.breaks == "scores" for difference in told):
        leader = _leader(lines, goal)
    if leader is not None:
        lines = tuple(_against(lines[leader], line, goal) for line in lines)
    return StudyComparison(goal, metrics, lines, leader, told)


def common_metrics(studies: Sequence[Studied]) -> tuple[str, ...]:
    """Goals of some study that the best trial of every study with a score has a value for."""
    goals = dict.fromkeys(goal.metric for studied in studies for goal in studied.history.goals)
    bests = [best for studied in studies if (best := studied.history.best) is not None]
    return tuple(metric for metric in goals if all(metric in best.scores for best in bests))


def verdict(found: StudyComparison) -> str:
    """What may be concluded, in one or two plain sentences."""
    scored = [line for line in found.lines if line.best is not None]
    if not scored:
        return "No study has a score yet."
    if not found.comparable:
        return f"These scores cannot be compared: {_reasons(found)}."
    if len(scored) == 1:
        return f"Only “{scored[0].name}” has a score yet."
    assert found.leader is not None, "scores that can be compared have a best one"
    leader = found.lines[found.leader]
    others = [line for line in scored if line is not leader]
    sentences = [_sentence(leader, line) for line in others]
    barred = leader.feasible and not all(line.feasible for line in others)
    among = " of those that keep all thresholds" if barred else ""
    return f"“{leader.name}” has the best score{among}. {' '.join(sentences)}"


def _sentence(leader: Line, other: Line) -> str:
    if leader.feasible and not other.feasible:
        return f"No trial of “{other.name}” keeps them."
    told = other.ahead
    if told is None:
        return f"Whether it is better than “{other.name}” cannot be told: their folds differ."
    if not any(told.differences) and told.differences:
        return f"Fold by fold it is the same as “{other.name}”."
    gap = f"{told.mean:.3g} ± {told.half_width:.2g}"
    match told.verdict:
        case "better":
            return f"It is better than “{other.name}” by {gap}."
        case "worse":
            return f"Fold by fold “{other.name}” is better by {-told.mean:.3g}."
        case "within_noise":
            return f"Its lead over “{other.name}”, {gap}, is within noise."
    return f"Their folds are too few to tell it from “{other.name}”."


def _reasons(found: StudyComparison) -> str:
    return "; ".join(d.text for d in found.differences if d.breaks == "scores")


def _check(studies: Sequence[Studied]) -> None:
    if not FEWEST <= len(studies) <= MOST:
        rule = f"must be at least {FEWEST} and at most {MOST} to be compared"
        raise StudioError("studies", rule, len(studies))
    sources = [studied.source for studied in studies if studied.source]
    for source in sources:
        if sources.count(source) > 1:
            raise StudioError(source, "must not be compared with itself", remedy="Name it once.")


def _goal(studies: Sequence[Studied], metric: str) -> Goal:
    goals = [goal for studied in studies for goal in studied.history.goals]
    for goal in goals:
        if goal.metric == metric:
            return goal
    names = ", ".join(dict.fromkeys(goal.metric for goal in goals))
    raise StudioError("metric", "must be a goal of a study", metric, remedy=f"Use one of {names}.")


def _named(studies: Sequence[Studied]) -> list[Studied]:
    """The studies with names that tell them apart: those that share one get a number."""
    names = [studied.name for studied in studies]
    given: list[Studied] = []
    for place, studied in enumerate(studies):
        if names.count(studied.name) > 1:
            number = names[: place + 1].count(studied.name)
            studied = replace(studied, name=f"{studied.name} ({number})")
        given.append(studied)
    return given


def _line(studied: Studied, goal: Goal) -> Line:
    losses = _losses(studied, goal)
    history = studied.history
    started, finished = _times(studied)
    ran = time_run(started, finished)
    numbers = np.arange(len(losses), dtype=float)
    sign = -1.0 if goal.maximize else 1.0
    best, score, to_best = None, None, None
    if np.isfinite(losses).any():
        best = counted(history, history.trials[int(np.nanargmin(losses))])
        score = sign * float(losses[best.number])  # of repeats their mean, where that counts
        at = float(ran[best.number])
        to_best = at if np.isfinite(at) else None
    folds = () if best is None else best.fold_scores.get(goal.metric, ())
    curves = []
    for x in (numbers, ran):
        at_x, loss = step_line(x, losses)
        curves.append((at_x, sign * loss))
    return Line(
        studied.name,
        studied,
        best,
        score,
        interval(folds, studied.test_ratio),
        int(np.isfinite(losses).sum()),
        len(history),
        float(np.nanmax(ran)) if np.isfinite(ran).any() else 0.0,
        to_best,
        curves[0],
        curves[1],
        best is None or best.number in history.feasible,
    )


def _losses(studied: Studied, goal: Goal) -> FloatArray:
    """The loss of every trial that counts, NaN for the others, shape (n,).

    Those count that keep the thresholds of all goals; where none does, all complete ones.
    """
    history = studied.history
    counts = history.feasible if len(history.feasible) else history.complete
    losses = np.full(len(history), np.nan)
    metrics = [own.metric for own in history.goals]
    if goal.metric in metrics:
        own = history.goals[metrics.index(goal.metric)]
        values = history.losses[counts, metrics.index(goal.metric)]
        losses[counts] = values if own.maximize == goal.maximize else -values
    else:
        trials = history.trials
        scores = (trials[number].scores.get(goal.metric, np.nan) for number in counts.tolist())
        losses[counts] = [goal.loss(score) for score in scores]
    losses[~np.isfinite(losses)] = np.nan
    return losses


def _times(studied: Studied) -> tuple[FloatArray, FloatArray]:
    trials = studied.history.trials
    started = np.array([t.started if t.started is not None else np.nan for t in trials])
    finished = np.array([t.finished if t.finished is not None else np.nan for t in trials])
    return started.astype(float), finished.astype(float)


def time_run(started: FloatArray, finished: FloatArray) -> FloatArray:
    """Seconds that a study had been running when each trial finished; NaN before that.

    Seconds in which no trial ran, such as the night between two runs, do not count.

    Parameters
    ----------
    started, finished : seconds since 1970, NaN where a trial has not, shape (n,)
    """
    result = np.full(len(started), np.nan)
    over = np.flatnonzero(np.isfinite(started) & np.isfinite(finished))
    if not len(over):
        return result
    order = over[np.argsort(started[over], kind="stable")]
    begins = started[order]
    ends = np.maximum.accumulate(finished[order])
    gaps = np.maximum(begins[1:] - ends[:-1], 0.0)
    idle = np.concatenate(([0.0], np.cumsum(gaps)))
    result[order] = finished[order] - begins[0] - idle
    return result


def _leader(lines: Sequence[Line], goal: Goal) -> int | None:
    scored = [place for place, line in enumerate(lines) if line.score is not None]

    def standing(place: int) -> tuple[bool, float]:
        score = lines[place].score
        assert score is not None, "those without one are left out"
        return not lines[place].feasible, goal.loss(score)  # as of trials: `History.best`

    return min(scored, key=standing, default=None)


def _against(leader: Line, line: Line, goal: Goal) -> Line:
    if line is leader or line.best is None or not same_folds(leader.studied, line.studied, goal):
        return line
    assert leader.best is not None, "it leads by its score"
    told = compare(leader.best, line.best, goal, line.studied.test_ratio)
    return replace(line, ahead=told)
