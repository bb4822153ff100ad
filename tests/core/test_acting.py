"""Acts done together, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from hpo_gui.core.acting import Acted, do_acts, undoing
from hpo_gui.core.acts import Act, Annotate, Correct, Restore, Retract, Uncorrect
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState

GOALS = (Goal("accuracy"),)
MANUAL = Origin("manual")


def trials() -> list[Trial]:
    scored = {"scores": {"accuracy": 0.7, "f1": 0.6}, "fold_scores": {"accuracy": (0.6, 0.8)}}
    return [
        Trial(0, {"x": 0}, MANUAL, TrialState.COMPLETE, **scored),
        Trial(1, {"x": 1}, MANUAL, TrialState.FAILED, failure=Failure("crashed", "It died.")),
        Trial(2, {"x": 2}, MANUAL, TrialState.RUNNING),
    ]


def facts(trial: Trial) -> str:
    """All of a trial, whatever the order of its metrics; NaN equals NaN."""
    parts = [trial] if trial.measured is None else [trial, trial.measured]
    ordered = [
        structs.replace(
            part,
            scores=dict(sorted(part.scores.items())),
            fold_scores=dict(sorted(part.fold_scores.items())),
        )
        for part in parts
    ]
    return repr([structs.replace(ordered[0], measured=None), *ordered[1:]])


def do(acts: Sequence[Act], known: list[Trial]) -> Acted:
    acted = do_acts(acts, lambda number: known[number] if number < len(known) else None, GOALS)
    for trial in acted.trials:
        known[trial.number] = trial
    return acted


def test_each_act_sees_what_the_one_before_has_made() -> None:
    acted = do([Retract(0), Restore(0), Annotate(0, "odd")], trials())
    assert [one.before.state.value for one in acted.done] == ["complete", "retracted", "complete"]
    assert len(acted.trials) == 1
    assert acted.trials[0].note == "odd"


def test_what_is_not_possible_is_named_and_hinders_no_other() -> None:
    acted = do([Retract(2), Retract(9), Retract(1)], trials())
    assert [one.act.number for one in acted.done] == [1]
    running, unknown = map(str, acted.refused)
    assert "trial 2 must have ended to be retracted" in running
    assert "trial 9 must be one of the study" in unknown


@pytest.mark.parametrize(
    "acts",
    [
        [Retract(0), Retract(1)],
        [Annotate(0, "odd", ("a", "b"))],
        [Correct(0, {"accuracy": 0.9})],
        [Correct(1, {"accuracy": 0.9})],
        [Correct(0, {"accuracy": 0.9}), Retract(0)],
        [Correct(0, {"accuracy": 0.9}), Correct(0, {"f1": 0.1, "accuracy": 0.2})],
        [Correct(0, {"accuracy": 0.9}), Uncorrect(0)],
        [Retract(0), Restore(0), Annotate(0, "x"), Annotate(0)],
    ],
    ids=["retract", "note", "correct", "score a failed one", "both", "twice", "back", "many"],
)
@pytest.mark.parametrize(
    "earlier", [(), (Annotate(0, "first", ("a",)), Correct(0, {"accuracy": 0.1}))]
)
def test_undoing_gives_back_the_trials_that_were(
    acts: list[Act], earlier: tuple[Act, ...]
) -> None:
    known = trials()
    do(earlier, known)
    before = [facts(trial) for trial in known]
    acted = do(acts, known)
    assert not acted.refused
    undone = do(undoing(acted), known)
    assert not undone.refused
    assert [facts(trial) for trial in known] == before
