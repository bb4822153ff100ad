"""The timeline gives trials lanes on which they never overlap."""

import numpy as np
import pytest

from hpo_gui.analysis.timeline import timeline
from hpo_gui.core.trial import TrialState
from tests.analysis.studies import make_study, make_trial, random_trials


def test_trials_that_ran_at_once_stand_on_different_lanes() -> None:
    history = make_study(
        make_trial(0, [0.5], seconds=1.5),
        make_trial(1, [0.5], seconds=0.75),
        make_trial(2, [0.5], seconds=1.0),
        make_trial(3, [0.5], state=TrialState.RUNNING),
        make_trial(4, state=TrialState.WAITING),
    )
    result = timeline(history, now=1005.0)
    assert result.numbers.tolist() == [0, 1, 2, 3]
    assert result.begin.tolist() == [0, 1, 2, 3]
    assert result.end.tolist() == [1.5, 1.75, 3.0, 5.0]
    assert result.lanes.tolist() == [0, 1, 0, 0]
    assert result.lane_count == 2
    assert result.busy == pytest.approx(5.25 / 10)


def test_lanes_never_hold_two_trials_at_once_and_are_as_few_as_possible() -> None:
    result = timeline(make_study(*random_trials(500)), now=2000.0)
    for lane in range(result.lane_count):
        on = result.lanes == lane
        assert np.all(result.begin[on][1:] >= result.end[on][:-1])
    at_once = max(
        int(np.sum((result.begin <= time) & (result.end > time))) for time in result.begin
    )
    assert result.lane_count == at_once


def test_only_the_last_trials_are_laid_out() -> None:
    result = timeline(make_study(*random_trials(100)), now=2000.0, most=30)
    assert len(result.numbers) == 30
    assert result.numbers[-1] == 99
    assert result.left_out == 70


def test_a_filter_hides_bars_but_not_their_lanes() -> None:
    history = make_study(*random_trials(100))
    shown = np.arange(100) % 2 == 0
    result = timeline(history, now=2000.0, shown=shown)
    assert set(result.numbers % 2) == {0}
    assert result.lane_count == timeline(history, now=2000.0).lane_count


def test_nothing_started_gives_no_lanes() -> None:
    assert timeline(make_study(make_trial(0, state=TrialState.WAITING)), now=1.0).lane_count == 0
