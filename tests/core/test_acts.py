"""Acts: retracting, correcting and annotating trials."""

from __future__ import annotations

import math

import pytest

from hpo_gui.core.acts import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    Act,
    Annotate,
    Correct,
    Restore,
    Retract,
    Uncorrect,
    apply,
    as_measured,
    changes_scores,
    describe,
    kind_of,
)
from hpo_gui.core.errors import ActError
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState

GOALS = (Goal("accuracy"),)
DONE = Trial(
    number=3,
    params={"x": 1.0},
    origin=Origin("random"),
    state=TrialState.COMPLETE,
    scores={"accuracy": 0.75, "fit_time": 2.0},
    fold_scores={"accuracy": (0.7, 0.8), "fit_time": (2.0,)},
    told=4,
)
FAILED = Trial(
    number=4,
    params={"x": 2.0},
    origin=Origin("random"),
    state=TrialState.FAILED,
    failure=Failure("crashed", "The worker died."),
    told=5,
)
OPEN = Trial(number=5, params={"x": 3.0}, origin=Origin("random"))


@pytest.mark.parametrize("trial", [DONE, FAILED])
def test_a_retracted_trial_that_is_restored_is_as_before(trial: Trial) -> None:
    retracted = apply(Retract(trial.number, "wrong data"), trial, GOALS)
    assert retracted.state is TrialState.RETRACTED
    assert retracted.scores == trial.scores
    assert apply(Restore(trial.number), retracted, GOALS) == trial


def test_a_corrected_score_takes_the_place_of_the_measured_one() -> None:
    corrected = apply(Correct(3, {"accuracy": 0.5}), DONE, GOALS)
    assert corrected.scores == {"accuracy": 0.5, "fit_time": 2.0}
    assert corrected.state is TrialState.COMPLETE
    assert corrected.steps_done == DONE.steps_done
    assert math.isnan(corrected.sd("accuracy"))
    assert apply(Uncorrect(3), corrected, GOALS) == DONE


def test_a_score_corrected_twice_goes_back_to_what_was_measured() -> None:
    once = apply(Correct(3, {"accuracy": 0.5}), DONE, GOALS)
    twice = apply(Correct(3, {"accuracy": 0.25, "fit_time": 1.0}), once, GOALS)
    assert twice.scores == {"accuracy": 0.25, "fit_time": 1.0}
    assert apply(Uncorrect(3), twice, GOALS) == DONE


def test_a_failed_trial_with_a_score_by_hand_is_complete_until_it_is_taken_back() -> None:
    corrected = apply(Correct(4, {"accuracy": 0.5}), FAILED, GOALS)
    assert corrected.state is TrialState.COMPLETE
    assert corrected.failure is None
    assert apply(Uncorrect(4), corrected, GOALS) == FAILED


def test_a_failed_trial_stays_failed_while_a_goal_has_no_score() -> None:
    goals = (Goal("accuracy"), Goal("fit_time", "minimize"))
    assert apply(Correct(4, {"accuracy": 0.5}), FAILED, goals).state is TrialState.FAILED


def test_a_note_and_tags_are_kept_through_retraction_and_correction() -> None:
    noted = apply(Annotate(3, "odd", (" a ", "b", "a", "")), DONE, GOALS)
    assert (noted.note, noted.tags) == ("odd", ("a", "b"))
    changed = apply(Retract(3), apply(Correct(3, {"accuracy": 0.1}), noted, GOALS), GOALS)
    assert as_measured(changed) == noted
    assert as_measured(DONE) == DONE


def test_an_open_trial_can_be_annotated() -> None:
    assert apply(Annotate(5, "watch this"), OPEN, GOALS).note == "watch this"


RETRACTED = apply(Retract(3), DONE, GOALS)


@pytest.mark.parametrize(
    ("act", "trial", "words"),
    [
        (Retract(5), OPEN, "must have ended"),
        (Retract(3), RETRACTED, "retracted already"),
        (Restore(3), DONE, "must be retracted"),
        (Correct(5, {"accuracy": 0.5}), OPEN, "must have ended"),
        (Correct(3, {"accuracy": 0.5}), RETRACTED, "Restore it first"),
        (Correct(3, {"acuracy": 0.5}), DONE, "accuracy, fit_time"),
        (Correct(3, {"accuracy": math.nan}), DONE, "must be finite"),
        (Correct(3, {"accuracy": math.inf}), DONE, "must be finite"),
        (Correct(3, {}), DONE, "must name a metric"),
        (Uncorrect(3), DONE, "measured already"),
        (Uncorrect(3), RETRACTED, "Restore it first"),
        (Annotate(3, "x" * (LONGEST_NOTE + 1)), DONE, "characters"),
        (Annotate(3, "", ("x" * (LONGEST_TAG + 1),)), DONE, "characters"),
        (Annotate(3, "", tuple(map(str, range(MOST_TAGS + 1)))), DONE, "at most"),
    ],
)
def test_what_is_not_possible_is_said(act: Act, trial: Trial, words: str) -> None:
    with pytest.raises(ActError, match=words):
        apply(act, trial, GOALS)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Retract(3, "wrong data"), "Trial 3 retracted: wrong data"),
        (Restore(3), "Trial 3 counts again."),
        (Correct(3, {"accuracy": 0.5}), "Trial 3 corrected by hand: accuracy 0.75 → 0.5."),
        (Correct(3, {"f1": 0.5}, "typo"), "Trial 3 corrected by hand: f1 none → 0.5: typo"),
        (Uncorrect(3), "Trial 3 has its measured scores again."),
        (Annotate(3, "odd", ("a", "b")), "Trial 3: note “odd”, tags a, b"),
        (Annotate(3), "Trial 3: no note, no tags"),
    ],
)
def test_an_act_is_told_in_a_sentence(act: Act, text: str) -> None:
    assert describe(act, DONE) == text


def test_only_annotations_leave_the_history_as_it_was() -> None:
    acts = (Retract(1), Restore(1), Correct(1, {"a": 1.0}), Uncorrect(1), Annotate(1))
    assert [kind_of(act) for act in acts if not changes_scores(act)] == ["annotate"]
