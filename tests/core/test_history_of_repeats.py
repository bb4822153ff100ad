"""Where repeats of a configuration count with their mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState

SPACE = Space([Int("x", 0, 9)])
GOALS = (Goal("accuracy"), Goal("fit_time", "minimize"))
AVERAGES = Plan(averages=True)


def trial(
    number: int, x: int, score: float, state: TrialState, parent: int | None = None
) -> Trial:
    told = number + 1 if state is TrialState.COMPLETE else None
    scores = {"accuracy": score, "fit_time": 1.0 - score}
    return Trial(number, {"x": x}, Origin("random"), state, parent, scores=scores, told=told)


def complete(number: int, x: int, score: float, parent: int | None = None) -> Trial:
    return trial(number, x, score, TrialState.COMPLETE, parent)


TRIALS = [complete(0, 1, 0.5), complete(1, 2, 0.8), complete(2, 1, 0.9), complete(3, 1, 0.1)]


def test_complete_repeats_share_the_mean_and_keep_their_own_scores() -> None:
    history = History(SPACE, GOALS[:1], TRIALS, plan=AVERAGES)
    assert history.losses[:, 0] == pytest.approx([-0.5, -0.8, -0.5, -0.5])
    assert [t.scores["accuracy"] for t in history.trials] == [0.5, 0.8, 0.9, 0.1]
    assert history.best == TRIALS[1], "not the luckiest repeat"
    plain = History(SPACE, GOALS[:1], TRIALS)
    assert plain.losses[:, 0] == pytest.approx([-0.5, -0.8, -0.9, -0.1])


def test_what_is_retracted_or_still_runs_takes_no_part() -> None:
    known = [
        complete(0, 1, 0.5),
        trial(1, 1, 0.9, TrialState.RETRACTED),
        trial(2, 1, 0.7, TrialState.RUNNING),
        trial(3, 1, 0.2, TrialState.PRUNED),
        complete(4, 1, 0.7),
    ]
    losses = History(SPACE, GOALS[:1], known, plan=AVERAGES).losses[:, 0]
    assert losses[[0, 4]] == pytest.approx([-0.6, -0.6])
    assert np.isnan(losses[1])
    assert losses[[2, 3]] == pytest.approx([-0.7, -0.2])


def test_a_trial_that_goes_on_from_another_is_no_repeat() -> None:
    known = [complete(0, 1, 0.5), complete(1, 1, 0.9, parent=0)]
    assert History(SPACE, GOALS[:1], known, plan=AVERAGES).losses[:, 0].tolist() == [-0.5, -0.9]


def test_retracting_and_correcting_a_repeat_changes_the_mean_of_the_others() -> None:
    builder = HistoryBuilder(SPACE, GOALS, plan=AVERAGES)
    for one in TRIALS:
        builder.put(one)
    assert builder.snapshot().front.tolist() == [1]
    builder.put(trial(3, 1, 0.1, TrialState.RETRACTED))
    assert builder.snapshot().losses[:3, 0] == pytest.approx([-0.7, -0.8, -0.7])
    builder.put(complete(2, 1, 1.0))
    builder.put(complete(0, 1, 0.8))
    assert builder.snapshot().losses[[0, 2], 0] == pytest.approx([-0.9, -0.9])
    assert set(builder.snapshot().front.tolist()) == {0, 2}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 2),
            st.floats(0, 1),
            st.sampled_from([TrialState.COMPLETE, TrialState.RETRACTED, TrialState.RUNNING]),
        ),
        max_size=25,
    )
)
@settings(max_examples=60, deadline=None)
def test_growing_in_any_order_gives_what_reading_all_at_once_gives(
    changes: list[tuple[int, int, float, TrialState]],
) -> None:
    builder, xs = HistoryBuilder(SPACE, GOALS, plan=AVERAGES), list[int]()
    for number, x, score, state in changes:
        number = min(number, len(xs))
        xs += [x] if number == len(xs) else []
        builder.put(trial(number, xs[number], score, state))
        _ = builder.snapshot().front
    whole = History(SPACE, GOALS, builder.trials, plan=AVERAGES)
    assert builder.snapshot().losses == pytest.approx(whole.losses, nan_ok=True)
    assert builder.snapshot().front.tolist() == whole.front.tolist()
