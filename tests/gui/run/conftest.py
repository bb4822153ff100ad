"""A session that shows a study of 90 trials, two of them running."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.gui.session import Session
from tests.analysis.studies import ACCURACY, SPACE, random_trials

Show = Callable[..., None]


def spec_for(count: int, *, test_share: float = 0.2) -> StudySpec:
    """A study with a budget of 150 trials."""
    return StudySpec(
        name="penguins",
        data=DataSpec("penguins.csv", test_share=test_share),
        goals=(ACCURACY,),
        validation=Choice("stratified_k_fold", {"folds": 5}),
        budget=BudgetSpec(trials=150 if count < 150 else None),
    )


@pytest.fixture
def shown(session: Session) -> Session:
    """The session, showing 90 trials."""
    session.show_history(spec_for(90), SPACE, random_trials(90))
    return session


@pytest.fixture
def add(session: Session) -> Callable[[list[Trial]], None]:
    """Puts trials into the history as a batch of the run would."""

    def put(trials: list[Trial]) -> None:
        for trial in trials:
            session.builder.put(trial)
        session.trials_changed.emit([trial.number for trial in trials])

    return put
