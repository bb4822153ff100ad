"""Columns hold what the trials hold, also after changes."""

import math

import numpy as np
import pytest

from hpo_gui.analysis.trial_columns import INACTIVE, NONE, TrialColumns
from hpo_gui.core.parameter import Categorical, Int
from hpo_gui.core.space import Space
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from tests.analysis.studies import ACCURACY, SPACE, make_study, make_trial, random_trials


def test_columns_equal_the_trials_attributes() -> None:
    trials = random_trials(300)
    columns = TrialColumns.of(make_study(*trials))
    for number, trial in enumerate(trials):
        assert columns.states[number] == STATE_CODES[trial.state]
        assert columns.steps[number] == trial.steps_done
        assert columns.strategies[columns.strategy[number]] == trial.origin.strategy
        np.testing.assert_equal(
            [columns.scores[number], columns.seconds[number], columns.started[number]],
            [
                trial.scores.get("accuracy", math.nan),
                math.nan if trial.seconds is None else trial.seconds,
                trial.started,
            ],
        )
        assert columns.sd("accuracy")[number] == pytest.approx(trial.sd("accuracy"), nan_ok=True)


def test_positions_equal_the_encoding_of_the_space() -> None:
    trials = random_trials(200)
    columns = TrialColumns.of(make_study(*trials))
    encoded = np.array([SPACE.encode(trial.params) for trial in trials])
    for index, name in enumerate(SPACE.names):
        np.testing.assert_allclose(columns.positions(name), encoded[:, index], atol=1e-12)


def test_new_and_changed_trials_are_read_again_and_the_others_are_not() -> None:
    trials: list[Trial] = random_trials(100)
    columns = TrialColumns(SPACE, [ACCURACY], trials)
    before = columns.scores.copy()
    assert columns.states[99] == STATE_CODES[TrialState.RUNNING]
    trials[99] = make_trial(99, [0.5, 0.7], params=trials[99].params)
    trials.extend(make_trial(number, [0.9]) for number in range(100, 200))
    columns.put([99])
    assert columns.count == 200
    assert columns.states[99] == STATE_CODES[TrialState.COMPLETE]
    assert columns.scores[99] == pytest.approx(0.6)
    assert columns.scores[199] == 0.9
    np.testing.assert_equal(columns.scores[:99], before[:99])


def test_what_is_forgotten_is_read_again_and_parameters_last() -> None:
    trials: list[Trial] = random_trials(60)
    columns = TrialColumns(SPACE, [ACCURACY], trials)
    names = [name for name in SPACE.names if not isinstance(SPACE[name], Categorical)]
    values = {name: columns.values(name).copy() for name in names}
    assert len(columns.scores) == len(columns.states) == len(columns.strategy) == 60
    trials[7] = make_trial(7, [0.25], params=trials[7].params)
    trials.append(make_trial(60, [0.75]))
    columns.forget()
    fresh = TrialColumns(SPACE, [ACCURACY], trials)
    assert columns.count == 61
    np.testing.assert_equal(columns.scores, fresh.scores)
    np.testing.assert_equal(columns.states, fresh.states)
    assert len(columns.strategy) == 61
    for name in names:
        np.testing.assert_equal(columns.values(name), fresh.values(name))
        np.testing.assert_equal(columns.values(name)[:60], values[name])


def test_none_and_inactive_are_told_apart() -> None:
    trials = [
        make_trial(0, params={"bootstrap": True, "max_samples": 0.75}),
        make_trial(1, params={"bootstrap": True, "max_samples": None}),
        make_trial(2, params={"bootstrap": False}),
    ]
    columns = TrialColumns.of(make_study(*trials))
    assert columns.gaps("max_samples").tolist() == [0, NONE, INACTIVE]
    np.testing.assert_equal(columns.values("max_samples"), [0.75, math.nan, math.nan])
    np.testing.assert_equal(columns.positions("max_samples"), [0.45, 0.95, math.nan])
    assert columns.levels("bootstrap").tolist() == [0, 0, 1]


def test_values_from_before_the_space_was_edited_do_not_break_a_column() -> None:
    space = Space([Int("depth", 1, 5), Categorical("kernel", ("rbf",))])
    trials = [
        make_trial(0, params={"depth": "deep", "kernel": "poly"}),
        make_trial(1, params={"depth": 9, "kernel": "rbf"}),
    ]
    columns = TrialColumns.of(make_study(*trials, space=space))
    np.testing.assert_equal(columns.values("depth"), [math.nan, 9.0])
    assert columns.level_values("kernel") == ("rbf",)
    assert columns.levels("kernel").tolist() == [1, 0]
    assert columns.level_values("kernel") == ("rbf", "poly")
    assert columns.positions("kernel")[0] > 1


def test_no_trials_give_empty_columns() -> None:
    columns = TrialColumns.of(make_study())
    assert len(columns.scores) == len(columns.positions("max_depth")) == 0
    assert len(columns.sd("accuracy")) == 0
