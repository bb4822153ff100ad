"""Trials, goals and the history that holds them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal, usual_direction
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import (
    STATE_CODES,
    Failure,
    Origin,
    Trial,
    TrialState,
    add_step,
    summarize,
)

SPACE = Space([Float("x", 0, 1), Categorical("k", ("a", "b"))])
LOSS = Goal("loss", "minimize")
SCORE = Goal("score", "maximize")


def make(
    number: int,
    score: float | None = None,
    state: TrialState = TrialState.COMPLETE,
    **params: Any,
) -> Trial:
    return Trial(
        number,
        params or {"x": 0.5, "k": "a"},
        Origin("random"),
        state,
        scores={} if score is None else {"score": score},
        told=number + 1 if state == TrialState.COMPLETE else None,
    )


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("accuracy", "maximize"),
        ("neg_mean_squared_error", "maximize"),
        ("loss", "minimize"),
        ("val_loss", "minimize"),
        ("fit_time", "minimize"),
        ("model size", "minimize"),
        ("RMSE", "minimize"),
        ("glossary", "maximize"),
    ],
)
def test_the_usual_direction_follows_from_the_name(metric: str, direction: str) -> None:
    assert usual_direction(metric) == direction
    assert Goal(metric).maximize == (direction == "maximize")


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_better_score_has_a_smaller_loss(first: float, second: float) -> None:
    for goal in (LOSS, SCORE):
        assert goal.better(first, second) == (goal.loss(first) < goal.loss(second))
        assert goal.loss(goal.loss(first)) == first


def test_nothing_is_worse_than_nan() -> None:
    assert LOSS.better(1.0, math.nan)
    assert not LOSS.better(math.nan, 1.0)
    assert not LOSS.better(math.nan, math.nan)


def test_a_goal_must_have_a_name() -> None:
    with pytest.raises(SpecError, match="must name a metric"):
        Goal("  ")


def test_steps_add_up_to_their_mean() -> None:
    trial = make(0, state=TrialState.RUNNING)
    for index, score in enumerate((1.0, 2.0, 6.0)):
        trial = add_step(trial, index, {"score": score})
    assert trial.steps_done == 3
    assert trial.scores == {"score": 3.0}
    assert trial.sd("score") == pytest.approx(np.std([1, 2, 6]))
    assert math.isnan(trial.sd("other"))


def test_steps_may_come_out_of_order_and_give_different_metrics() -> None:
    trial = add_step(make(0), 2, {"score": 3.0})
    trial = add_step(trial, 0, {"score": 1.0, "size": 10.0})
    assert trial.steps_done == 3
    assert trial.fold_scores["score"][0] == 1.0
    assert math.isnan(trial.fold_scores["score"][1])
    assert trial.scores == {"score": 2.0, "size": 10.0}
    assert math.isnan(summarize({"a": (math.nan,)})["a"])


def test_a_trial_takes_the_time_between_start_and_end() -> None:
    trial = msgspec.structs.replace(make(0), started=10.0)
    assert trial.seconds is None
    assert msgspec.structs.replace(trial, finished=12.5).seconds == 2.5
    assert msgspec.structs.replace(trial, finished=-3590.0).seconds == 0  # the clock was set back


def test_a_trial_survives_json() -> None:
    trial = msgspec.structs.replace(
        make(3, 0.5, x=0.25, k="b"), failure=Failure("raised", "ValueError: no")
    )
    assert msgspec.json.decode(msgspec.json.encode(trial), type=Trial) == trial


def test_a_history_is_columns_of_its_trials() -> None:
    history = History(
        SPACE,
        [SCORE],
        [
            make(0, 0.5, x=0.0, k="a"),
            make(1, 0.9, x=1.0, k="b"),
            make(2, 0.7, x=0.5, k="b"),
            make(3, None, TrialState.RUNNING, x=0.1, k="a"),
            make(4, 0.99, TrialState.PRUNED, x=0.2, k="a"),
            make(5, math.nan, x=0.3, k="a"),
        ],
    )
    assert len(history) == 6
    assert history.told == 6
    assert history.losses[:3, 0].tolist() == [-0.5, -0.9, -0.7]
    assert history.matrix[:3].tolist() == [[0, 0.25], [1, 0.75], [0.5, 0.75]]
    assert history.complete.tolist() == [0, 1, 2, 5]
    assert history.open.tolist() == [3]
    assert history.best_so_far.tolist() == [-0.5] + [-0.9] * 5
    assert history.best is history.trials[1]
    assert history.states[4] == STATE_CODES[TrialState.PRUNED]


def test_the_arrays_of_a_history_cannot_be_written() -> None:
    history = History(SPACE, [SCORE], [make(0, 0.5)])
    for array in (history.losses, history.states, history.matrix):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_an_empty_history_has_no_best() -> None:
    history = History(SPACE, [SCORE])
    assert history.best is None
    assert history.best_so_far.shape == (0,)
    assert history.matrix.shape == (0, 2)
    assert History(SPACE, [SCORE], [make(0, math.nan)]).best is None


def test_a_history_knows_its_configurations() -> None:
    retracted = make(1, 0.1, TrialState.RETRACTED, x=0.75, k="a")
    history = History(SPACE, [SCORE], [make(0, 0.5, x=0.25, k="a"), retracted])
    assert history.knows({"k": "a", "x": 0.25})
    assert not history.knows({"x": 0.25, "k": "b"})
    assert not history.knows({"x": 0.75, "k": "a"})


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(-5, 5)), max_size=150))
def test_a_builder_gives_the_same_history_as_all_trials_at_once(
    puts: list[tuple[int, float]],
) -> None:
    builder = HistoryBuilder(SPACE, [SCORE])
    for place, score in puts:
        number = min(place, len(builder.trials))
        builder.put(make(number, score, x=number / 40, k="a"))
        snapshot = builder.snapshot()
        assert len(snapshot) == len(builder.trials)
    grown, whole = builder.snapshot(), History(SPACE, [SCORE], builder.trials)
    assert grown.losses.tolist() == whole.losses.tolist()
    assert grown.states.tolist() == whole.states.tolist()
    assert grown.matrix.tolist() == whole.matrix.tolist()
    assert grown.told == whole.told


def test_an_older_snapshot_stays_as_it_was() -> None:
    builder = HistoryBuilder(SPACE, [SCORE])
    builder.put(make(0, None, TrialState.RUNNING))
    before = builder.snapshot()
    builder.put(make(0, 0.5))
    builder.put(make(1, 0.6, x=0.1, k="b"))
    assert len(before) == 1
    assert before.open.tolist() == [0]
    assert before.best is None
    assert not before.knows({"x": 0.1, "k": "b"})
    assert builder.snapshot().best is builder.trials[1]


def test_every_snapshot_knows_the_plan() -> None:
    plan = Plan(trials=40, seconds=600.0, workers=3)
    builder = HistoryBuilder(SPACE, [SCORE], plan=plan)
    builder.put(make(0, 0.5))
    assert builder.snapshot().plan == plan
    assert History(SPACE, [SCORE]).plan == Plan(None, None, 1)
