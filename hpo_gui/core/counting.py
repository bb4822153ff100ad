"""What a trial counts with: its own scores, or the means over the repeats of its configuration.

`History.losses` has the means over the folds; this has the folds as well, for whoever compares
trials fold by fold. To take the folds of one repeat instead would judge a configuration by the
run that was lucky: it is the lucky ones that people repeat.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hpo_gui.core.history import History
from hpo_gui.core.means import mean_of
from hpo_gui.core.trial import Trial, TrialState


def counted(history: History, trial: Trial) -> Trial:
    """The trial with the scores that it counts with; itself where these are its own.

    Where repeats are averaged (`Plan.averages`), each score and the score of each fold is the
    mean over the complete repeats that have it. Folds of a score that was set by hand are not
    known: the others' tell.
    """
    if not history.plan.averages or trial.state is not TrialState.COMPLETE:
        return trial
    others = [other for other in history.repeats_of(trial) if other.state is TrialState.COMPLETE]
    if not others:
        return trial
    runs = sorted([trial, *others], key=lambda run: run.number)
    scores = {metric: _mean([run.scores.get(metric) for run in runs]) for metric in trial.scores}
    metrics = dict.fromkeys(metric for run in runs for metric in run.fold_scores)
    folds = {
        metric: _mean_folds([_known_folds(run, metric) for run in runs]) for metric in metrics
    }
    return msgspec.structs.replace(trial, scores=scores, fold_scores=folds)


def _known_folds(run: Trial, metric: str) -> tuple[float, ...]:
    """The scores of a run's folds; none where the score was set by hand."""
    if run.measured is not None and metric in run.measured.fold_scores:
        return ()
    return run.fold_scores.get(metric, ())


def _mean(scores: Sequence[float | None]) -> float:
    return mean_of([score for score in scores if score is not None])


def _mean_folds(runs: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Fold by fold, over the runs that have as many folds as the longest of them."""
    most = max(map(len, runs))
    whole = [run for run in runs if len(run) == most]
    return tuple(mean_of(scores) for scores in zip(*whole, strict=True))
