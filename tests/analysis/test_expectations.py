"""What was expected of a trial, and how often that was right."""

import math

import pytest
from msgspec import structs

from hpo_gui.analysis.expectations import calibrate, expectation_of
from hpo_gui.core.trial import Origin, Trial, TrialState
from tests.analysis.studies import ACCURACY, LOSS, make_study, make_trial


def expecting(trial: Trial, mean: float | None, sd: float | None) -> Trial:
    return structs.replace(trial, origin=Origin("bayesian", mean=mean, sd=sd))


def test_the_deviation_is_in_the_direction_of_the_score() -> None:
    told = expectation_of(expecting(make_trial(0, [0.94]), 0.95, 0.02), ACCURACY)
    assert told is not None
    assert (told.mean, told.sd, told.got) == (0.95, 0.02, 0.94)
    assert told.deviation == pytest.approx(-0.5)
    loss = make_trial(0, [0.5], metric="log_loss")
    told = expectation_of(expecting(loss, 0.4, 0.1), LOSS)
    assert told is not None
    assert told.deviation == pytest.approx(1.0)


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.PRUNED, TrialState.FAILED])
def test_what_is_not_complete_has_an_expectation_alone(state: TrialState) -> None:
    told = expectation_of(expecting(make_trial(0, [0.9], state=state), 0.95, 0.02), ACCURACY)
    assert told is not None
    assert math.isnan(told.got)
    assert math.isnan(told.deviation)


@pytest.mark.parametrize("sd", [None, 0.0, math.nan])
def test_without_an_uncertainty_there_is_no_deviation(sd: float | None) -> None:
    told = expectation_of(expecting(make_trial(0, [0.9]), 0.95, sd), ACCURACY)
    assert told is not None
    assert told.got == 0.9
    assert math.isnan(told.deviation)


@pytest.mark.parametrize("mean", [None, math.nan, math.inf])
def test_a_strategy_without_a_model_expects_nothing(mean: float | None) -> None:
    assert expectation_of(expecting(make_trial(0, [0.9]), mean, 0.1), ACCURACY) is None


def test_calibration_counts_complete_trials_with_an_expectation() -> None:
    history = make_study(
        make_trial(0, [0.5]),
        expecting(make_trial(1, [0.90]), 0.91, 0.01),
        expecting(make_trial(2, [0.90]), 0.93, 0.01),
        expecting(make_trial(3, [0.90]), 0.88, 0.02),
        expecting(make_trial(4, [0.90], state=TrialState.RUNNING), 0.88, 0.02),
        expecting(make_trial(5, [0.90]), 0.88, None),
        expecting(make_trial(6, [math.nan]), 0.88, 0.02),
    )
    found = calibrate(history)
    assert (found.count, found.within) == (3, 2)
    assert found.share == pytest.approx(2 / 3)


def test_an_empty_study_has_no_share() -> None:
    found = calibrate(make_study())
    assert (found.count, found.within) == (0, 0)
    assert math.isnan(found.share)
