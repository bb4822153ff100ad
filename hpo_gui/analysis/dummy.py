"""The dummy of a study, which looks at no column, as if it were a trial to compare with."""

from __future__ import annotations

from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Trial, TrialState, summarize

DUMMY = -2  # in place of a trial's number


def dummy_trial(history: History) -> Trial | None:
    """What the dummy scores, None where it is not known or has no score of the goal."""
    folds = history.plan.dummy
    if history.goal.metric not in folds:
        return None
    return Trial(
        DUMMY,
        {},
        Origin("dummy"),
        TrialState.COMPLETE,
        scores=summarize(folds),
        fold_scores=dict(folds),
    )
