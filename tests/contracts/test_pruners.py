"""What every pruner must do: be pure, spare the best, survive all scores, let some finish."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from courses import (
    CANCELLED,
    COMPLETE,
    FAILED,
    PRUNED,
    RETRACTED,
    RUNNING,
    WAITING,
    curve,
    folds,
    history,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_gui.core.history import History
from hpo_gui.core.trial import Failure, Trial, TrialState
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.pruner import Halts, Pruner

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in PRUNERS.names},
    "threshold, bounded": ("threshold", {"upper": 3.0}),
    "median, 25 %": ("median", {"percentile": 25, "startup": 1, "interval": 2}),
    "halving, synchronous": ("successive_halving", {"mode": "synchronous", "eta": 2}),
    "halving, cohorts": ("successive_halving", {"mode": "synchronous", "eta": 3, "cohort": 5}),
    "hyperband, synchronous": ("hyperband", {"mode": "synchronous"}),
}
NAMES = list(VARIANTS)
STEPS = 9


def make(variant: str, **more: Any) -> Pruner:
    name, options = VARIANTS[variant]
    pruner: Pruner = PRUNERS.make(name, {**options, **more})
    return pruner


def made(kind: str, number: int, losses: list[float], state: TrialState = COMPLETE) -> Trial:
    return (folds if kind == "folds" else curve)(number, losses, state)


def past_of(kind: str, trials: list[Trial], steps: int = STEPS, planned: int = 60) -> History:
    """A history of trials whose steps are folds, of training, or shares of the rows."""
    rows = tuple(np.geomspace(0.1, 1, steps).tolist()) if kind == "shares" else ()
    return history(trials, steps, learns=kind == "curves", planned=planned, rows=rows)


def answers(pruner: Pruner, past: History, trial: Trial) -> tuple[object, ...]:
    stop = pruner.should_stop(past, trial)
    assert stop is None or stop.endswith(".")
    if not isinstance(pruner, Halts):
        return (stop,)
    return stop, pruner.next_halt(past, trial), pruner.should_wait(past, trial)


def simulate(
    pruner: Pruner, kind: str, losses: np.ndarray[Any, Any], workers: int = 1
) -> list[Trial]:
    """Run trials as the runner does, ``workers`` at a time, one step of each in turn.

    Halted trials wait; where nothing else can run they go on.
    """
    count, steps = losses.shape
    trials: list[Trial] = []
    running: list[int] = []
    halted: list[int] = []

    def past() -> History:
        return past_of(kind, trials, steps, count)

    def put(number: int, state: TrialState, done: int) -> None:
        failure = Failure("pruned", "Stopped.") if state is PRUNED else None
        new = made(kind, number, losses[number, :done].tolist(), state)
        trials[number] = msgspec.structs.replace(new, failure=failure)

    def judge(number: int) -> None:
        done = trials[number].steps_done
        if done == steps:
            put(number, COMPLETE, done)
        elif pruner.should_stop(past(), trials[number]):
            put(number, PRUNED, done)
        elif isinstance(pruner, Halts) and pruner.should_wait(past(), trials[number]):
            put(number, WAITING, done)
            halted.append(number)
            return
        else:
            return
        running.remove(number) if number in running else None

    while True:
        for number in list(halted):
            halted.remove(number)
            judge(number)
            if number not in halted and trials[number].state is WAITING:
                put(number, RUNNING, trials[number].steps_done)
                running.append(number)
        running = [number for number in running if trials[number].state is RUNNING]
        while len(running) < workers and len(trials) < count:
            trials.append(made(kind, len(trials), [], RUNNING))
            running.append(len(trials) - 1)
        if not running and halted:
            number = halted.pop(0)
            put(number, RUNNING, trials[number].steps_done)
            running.append(number)
        if not running:
            return trials
        for number in list(running):
            put(number, RUNNING, trials[number].steps_done + 1)
            judge(number)
        running = [number for number in running if trials[number].state is RUNNING]


@pytest.mark.parametrize("kind", ["curves", "folds", "shares"])
@pytest.mark.parametrize("variant", NAMES)
class TestEveryPruner:
    def test_is_a_pure_function_of_the_history(self, variant: str, kind: str) -> None:
        past = self._past(kind)
        before = msgspec.json.encode(past.trials)
        for trial in past.trials:
            if trial.state.is_open and trial.steps_done:
                first = answers(make(variant), past, trial)
                # another history in between must leave no trace
                other = history([made(kind, 0, [math.nan, 3.0], RUNNING)], 4, learns=True)
                answers(make(variant), other, other.trials[0])
                assert answers(make(variant), past, trial) == first
        assert msgspec.json.encode(past.trials) == before

    @staticmethod
    def _past(kind: str) -> History:
        rng = np.random.default_rng(4)
        states = [COMPLETE, RUNNING, PRUNED, FAILED, COMPLETE, WAITING, CANCELLED, RETRACTED]
        trials = []
        for number in range(40):
            state = states[number % len(states)]
            done = STEPS if state is COMPLETE else int(rng.integers(0, STEPS))
            losses = rng.normal(number % 3, 1.0, done)
            losses[rng.random(done) < 0.1] = rng.choice([math.nan, math.inf, -math.inf])
            trials.append(made(kind, number, losses.tolist(), state))
        return past_of(kind, trials)

    def test_never_stops_the_first_trial(self, variant: str, kind: str) -> None:
        for steps in range(1, STEPS):
            trial = made(kind, 0, [2.0] * steps, RUNNING)
            past = past_of(kind, [trial])
            assert make(variant).should_stop(past, trial) is None

    def test_never_stops_what_is_best_at_every_step(self, variant: str, kind: str) -> None:
        trials = [
            made(kind, number, [1.0 + number % 3 + step / 10 for step in range(STEPS)])
            for number in range(20)
        ]
        for steps in range(1, STEPS):
            new = made(kind, 20, [0.5 - step / 10 for step in range(steps)], RUNNING)
            past = past_of(kind, [*trials, new])
            assert make(variant).should_stop(past, new) is None

    def test_equal_scores_never_stop_everything(self, variant: str, kind: str) -> None:
        ended = simulate(make(variant), kind, np.full((12, STEPS), 1.0), workers=2)
        assert sum(trial.state is COMPLETE for trial in ended) >= 1

    def test_trials_without_a_score_are_survived(self, variant: str, kind: str) -> None:
        rng = np.random.default_rng(6)
        losses = rng.normal(size=(20, STEPS))
        losses[::2] = math.nan
        losses[1::6, 3:] = math.inf
        ended = simulate(make(variant), kind, losses, workers=3)
        assert all(not trial.state.is_open for trial in ended)

    def test_all_scores_missing_ends(self, variant: str, kind: str) -> None:
        ended = simulate(make(variant), kind, np.full((9, STEPS), math.nan), workers=2)
        assert all(not trial.state.is_open for trial in ended)

    def test_one_step_is_never_stopped_and_never_waits(self, variant: str, kind: str) -> None:
        rng = np.random.default_rng(7)
        ended = simulate(make(variant), kind, rng.normal(size=(10, 1)), workers=2)
        assert all(trial.state is COMPLETE for trial in ended)
        past = past_of(kind, ended[:1], 1)
        pruner = make(variant)
        assert not isinstance(pruner, Halts) or pruner.next_halt(past, ended[0]) is None

    @pytest.mark.parametrize("workers", [1, 2, 5])
    def test_some_trial_always_completes(self, variant: str, kind: str, workers: int) -> None:
        rng = np.random.default_rng(8)
        for count in (1, 2, 7, 30):
            losses = rng.normal(0, 0.1, (count, STEPS)) + rng.random((count, 1))
            ended = simulate(make(variant), kind, losses, workers)
            assert all(not trial.state.is_open for trial in ended)
            assert sum(trial.state is COMPLETE for trial in ended) >= 1

    def test_the_trials_that_complete_are_better_than_most(self, variant: str, kind: str) -> None:
        rng = np.random.default_rng(9)
        level = np.linspace(0, 2, 40)
        rng.shuffle(level)
        losses = level[:, None] + rng.normal(0, 0.02, (40, STEPS)) - np.arange(STEPS) / 50
        ended = simulate(make(variant), kind, losses)
        complete = [level[t.number] for t in ended if t.state is COMPLETE]
        stopped = [level[t.number] for t in ended if t.state is PRUNED]
        assert not stopped or np.mean(complete) < np.mean(stopped)


@pytest.mark.parametrize("variant", NAMES)
def test_children_are_not_compared_at_steps_that_their_parents_did(variant: str) -> None:
    parent = curve(0, [9.0, 9.0, 9.0], COMPLETE, steps=3)
    others = [curve(number, [1.0] * STEPS) for number in range(1, 10)]
    child = curve(10, [math.nan] * 3, RUNNING, parent=0)
    past = history([parent, *others, child], STEPS, learns=True)
    assert answers(make(variant), past, child)[0] is None
    grown = curve(10, [math.nan] * 3 + [0.5], RUNNING, parent=0)
    past = history([parent, *others, grown], STEPS, learns=True)
    stop, *halts = answers(make(variant), past, grown)
    assert stop is None
    assert not halts or halts[0] is None or int(str(halts[0])) > 4


@pytest.mark.parametrize("name", ["successive_halving", "hyperband"])
@pytest.mark.parametrize("mode", ["asynchronous", "synchronous"])
def test_a_reduction_factor_above_the_number_of_trials_stops_nothing(name: str, mode: str) -> None:
    pruner = PRUNERS.make(name, {"eta": 50, "mode": mode})
    losses = np.random.default_rng(3).normal(size=(12, 60))
    assert all(trial.state is COMPLETE for trial in simulate(pruner, "curves", losses, 2))


@pytest.mark.parametrize("name", ["successive_halving", "hyperband"])
@pytest.mark.parametrize("mode", ["asynchronous", "synchronous"])
def test_a_least_resource_of_a_whole_training_stops_nothing(name: str, mode: str) -> None:
    pruner = PRUNERS.make(name, {"least": STEPS, "mode": mode})
    losses = np.random.default_rng(3).normal(size=(20, STEPS))
    assert all(trial.state is COMPLETE for trial in simulate(pruner, "curves", losses, 2))


@settings(max_examples=60, deadline=None)
@given(
    variant=st.sampled_from([name for name in NAMES if name != "threshold, bounded"]),
    kind=st.sampled_from(["curves", "folds", "shares"]),
    count=st.integers(1, 14),
    steps=st.integers(1, 12),
    workers=st.integers(1, 4),
    seed=st.integers(0, 2**16),
)
def test_with_any_pruner_some_trial_always_completes(
    variant: str, kind: str, count: int, steps: int, workers: int, seed: int
) -> None:
    losses = np.random.default_rng(seed).choice([0.0, 0.5, 1.0, 2.0], (count, steps))
    ended = simulate(make(variant), kind, losses, workers)
    assert all(not trial.state.is_open for trial in ended)
    assert any(trial.state is COMPLETE for trial in ended)


def test_every_pruner_says_when_to_use_it_and_most_where_it_comes_from() -> None:
    for entry in PRUNERS:
        assert entry.use_when.startswith("Use when ")
        assert entry.use_when.endswith(".")
    assert [entry.name for entry in PRUNERS if not entry.references] == ["threshold", "none"]


@pytest.mark.parametrize("kind", ["folds", "curves", "shares"])
@pytest.mark.parametrize("variant", NAMES)
def test_trials_without_a_score_for_a_goal_of_today_say_nothing(variant: str, kind: str) -> None:
    """The goal was edited: earlier trials have other metrics only."""
    pruner = make(variant)
    bare = [
        msgspec.structs.replace(
            made(kind, number, [0.1] * STEPS),
            scores={"other": 0.1},
            fold_scores={"other": (0.1,)},
            curves={"other": (0.1,) * STEPS} if kind != "folds" else {},
        )
        for number in range(12)
    ]
    trial = made(kind, 12, [5.0] * 4, RUNNING)
    stop, *_ = answers(pruner, past_of(kind, [*bare, trial]), trial)
    alone = made(kind, 0, [5.0] * 4, RUNNING)
    assert (stop is None) == (answers(pruner, past_of(kind, [alone]), alone)[0] is None)
