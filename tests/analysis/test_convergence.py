"""The convergence of studies with known numbers."""

import math

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.convergence import convergence, find_baseline
from hpo_gui.core.trial import Learned, Trial, TrialState, add_step
from tests.analysis.studies import LOSS, make_study, make_trial, random_trials


def test_the_line_rises_at_each_improvement_and_ends_at_the_last_trial() -> None:
    history = make_study(
        make_trial(0, [0.5], strategy="default"),
        make_trial(1, [0.4]),
        make_trial(2, [0.99], state=TrialState.PRUNED),
        make_trial(3, [0.7]),
        make_trial(4, [0.7]),
    )
    result = convergence(history)
    assert result.line_x.tolist() == [0, 3, 3, 4]
    assert result.line_y.tolist() == [0.5, 0.5, 0.7, 0.7]
    assert result.best == 3
    assert result.baseline == (0, 0.5)
    assert result.scores.tolist() == [0.5, 0.4, 0.99, 0.7, 0.7]


def test_for_a_loss_the_line_falls() -> None:
    trials = [make_trial(i, [v], metric="log_loss") for i, v in enumerate([0.9, 1.2, 0.3])]
    result = convergence(make_study(*trials, goal=LOSS))
    assert result.line_y.tolist() == [0.9, 0.9, 0.3, 0.3]
    assert result.best == 2


def test_along_time_trials_stand_where_they_ended() -> None:
    history = make_study(
        make_trial(0, [0.5], seconds=10),
        make_trial(1, [0.6], seconds=2),
        make_trial(2, [0.4], seconds=3),
        make_trial(3, [0.1], state=TrialState.RUNNING),
        make_trial(4, state=TrialState.WAITING),
    )
    result = convergence(history, along="time")
    np.testing.assert_equal(result.x, [10, 3, 5, 3, math.nan])
    assert result.line_x.tolist() == [3, 10]
    assert result.line_y.tolist() == [0.6, 0.6]


def test_the_line_equals_the_historys_own_best_so_far() -> None:
    history = make_study(*random_trials(500))
    result = convergence(history)
    at = np.searchsorted(result.line_x, np.arange(500), side="right") - 1
    np.testing.assert_allclose(result.line_y[at], -history.best_so_far)


@pytest.mark.parametrize("along", ["trial", "time"])
def test_nothing_to_draw_is_drawn_as_nothing(along: str) -> None:
    for trials in [
        (),
        (make_trial(0, state=TrialState.FAILED),),
        (make_trial(0, [math.nan]), make_trial(1, [math.nan])),
        (make_trial(0, state=TrialState.WAITING),),
    ]:
        result = convergence(make_study(*trials), along=along)  # type: ignore[arg-type]
        assert len(result.line_x) == len(result.line_y) == 0
        assert result.best is None
        assert result.baseline is None


def test_defaults_that_failed_are_no_baseline() -> None:
    failed = make_trial(0, strategy="default", state=TrialState.FAILED)
    assert find_baseline(make_study(failed, make_trial(1, [0.3]))) is None


def test_in_a_population_the_defaults_are_the_member_that_keeps_to_them_to_the_end() -> None:
    """An interval of the defaults says nothing beside a whole training of others."""

    def member(number: int, parent: int | None, steps: int, depth: int, score: float) -> Trial:
        params = {"max_depth": depth}
        trial = make_trial(number, strategy="population" if parent is not None else "default")
        trial = msgspec.structs.replace(trial, params=params, parent=parent, steps=steps)
        for index in range(steps - 2, steps):
            trial = add_step(trial, index, Learned({"accuracy": (score,)}))
        return trial

    begun = [member(0, None, 2, 5, 0.5)]
    assert find_baseline(make_study(*begun)) == begun[0]
    copied = [*begun, member(1, 0, 4, 7, 0.9)]
    assert find_baseline(make_study(*copied)) is None
    kept = [*copied, member(2, 0, 4, 5, 0.8)]
    assert find_baseline(make_study(*kept)) == kept[2]
