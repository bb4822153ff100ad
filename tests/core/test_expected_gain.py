"""What the next trials will bring, on histories made by hand and on random ones."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hpo_gui.core.expected_gain import ExpectedGain, expected_gain, mean_excess, paired_noise
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState

SPACE = Space([Float("x", 0.0, 1.0)])


def make(
    losses: Sequence[float],
    *,
    strategy: str = "random",
    goal: Goal = Goal("loss", "minimize"),
    states: Sequence[TrialState] = (),
    folds: Sequence[Sequence[float]] = (),
    plan: Plan = Plan(),
) -> History:
    trials = []
    for number, loss in enumerate(losses):
        state = states[number] if states else TrialState.COMPLETE
        trials.append(
            Trial(
                number,
                {"x": 0.5},
                Origin(strategy),
                state,
                scores={goal.metric: goal.loss(loss)},
                fold_scores={goal.metric: tuple(folds[number])} if folds else {},
                failure=None if state is TrialState.COMPLETE else Failure("raised", "No."),
                told=None if state.is_open else number + 1,
            )
        )
    return History(SPACE, [goal], trials, plan=plan)


def told(history: History, trials: int = 20) -> ExpectedGain:
    gain = expected_gain(history, trials)
    assert gain is not None
    return gain


def noise(count: int, seed: int = 0) -> list[float]:
    return [float(v) for v in np.random.default_rng(seed).normal(size=count)]


def bounded(scores: Sequence[float], best: float | None) -> History:
    """An accuracy with an end."""
    found = make([-score for score in scores], goal=Goal("accuracy", "maximize"))
    return History(SPACE, found.goals, found.trials, plan=Plan(best_score=best))


def test_no_more_is_expected_than_the_metric_has_room_for() -> None:
    scores = [0.9 + 0.095 * math.sqrt(k / 40) for k in range(41)]
    free, held = told(bounded(scores, None)), told(bounded(scores, 1.0))
    assert free.high > 0.005
    assert held.high == pytest.approx(0.005)
    assert 0 < held.mean <= held.high
    perfect = told(bounded([*scores, 1.0], 1.0))
    assert (perfect.mean, perfect.high, perfect.chance) == (0.0, 0.0, 0.0)


def test_scores_beyond_the_end_are_of_another_kind() -> None:
    percent = [90.0 + 0.2 * k for k in range(40)]
    assert told(bounded(percent, 1.0)) == told(bounded(percent, None))


@pytest.mark.parametrize("count", [0, 1, 9])
def test_below_ten_finished_trials_it_is_too_early_to_tell(count: int) -> None:
    assert expected_gain(make(noise(count))) is None
    assert expected_gain(make(noise(10))) is not None


@pytest.mark.parametrize(("scored", "enough"), [(2, False), (3, True)])
def test_a_study_that_prunes_nearly_all_trials_needs_three_scores(
    scored: int, enough: bool
) -> None:
    states = [TrialState.PRUNED] * 28 + [TrialState.COMPLETE] * scored
    gain = expected_gain(make(noise(28 + scored), states=states))
    assert (gain is not None) == enough


def test_a_study_that_gets_better_all_the_time_will_go_on_to() -> None:
    gain = told(make([100 - k for k in range(40)]))
    assert gain.chance > 0.9
    assert gain.mean > 3
    assert gain.high > gain.mean


def test_a_study_that_has_found_nothing_better_for_long_has_little_to_expect() -> None:
    stuck = [1.0, 0.5, 0.2, 0.1, *(0.11 + 0.001 * (k * 37 % 100) for k in range(200))]
    gain = told(make(stuck))
    assert gain.chance < 0.2
    assert gain.mean < 0.01


def test_less_is_expected_after_more_trials_of_random_search() -> None:
    losses = [float(v) for v in np.random.default_rng(3).uniform(size=400)]
    means = [told(make(losses[:count])).mean for count in (20, 60, 200, 400)]
    assert means == sorted(means, reverse=True)
    assert means[-1] < means[0] / 5


def test_the_chance_of_random_search_is_about_that_of_records() -> None:
    """The next n of t + n trials hold the best one with probability n / (t + n)."""
    chances = [told(make(noise(60, seed)), 20).chance for seed in range(40)]
    assert np.mean(chances) == pytest.approx(20 / 80, abs=0.06)


def test_strategies_that_learn_from_scores_are_expected_to_improve_more_often() -> None:
    losses = noise(30)
    assert told(make(losses, strategy="tpe")).chance > told(make(losses)).chance


def test_failed_trials_count_as_tries_in_vain() -> None:
    losses = noise(20)
    states = [TrialState.COMPLETE] * 20 + [TrialState.FAILED] * 60
    with_failures = told(make([*losses, *[math.nan] * 60], states=states))
    assert with_failures.mean < told(make(losses)).mean


def test_open_trials_say_nothing() -> None:
    losses = noise(30)
    states = [TrialState.COMPLETE] * 28 + [TrialState.RUNNING, TrialState.WAITING]
    assert told(make(losses, states=states)) == told(make(losses[:28]))


def test_nothing_is_expected_where_all_scores_are_equal() -> None:
    gain = told(make([0.5] * 30))
    assert (gain.mean, gain.low, gain.high, gain.chance) == (0.0, 0.0, 0.0, 0.0)


def test_the_same_history_has_the_same_answer() -> None:
    assert told(make(noise(50))) == told(make(noise(50)))


def test_a_goal_to_maximize_is_the_same_with_the_sign_turned() -> None:
    losses = noise(50)
    assert told(make(losses, goal=Goal("accuracy", "maximize"))) == told(make(losses))


@settings(max_examples=60, deadline=None)
@given(
    losses=st.lists(
        st.one_of(
            st.floats(-1e3, 1e3),
            st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf, 1e300, -1e308, 5e-324]),
        ),
        max_size=60,
    ),
    trials=st.integers(1, 10_000),
)
def test_it_is_never_nan_and_never_negative(losses: list[float], trials: int) -> None:
    gain = expected_gain(make(losses), trials)
    if gain is None:
        return
    values = (gain.mean, gain.low, gain.high, gain.chance, gain.noise)
    assert all(math.isfinite(value) and value >= 0 for value in values)
    assert gain.low <= gain.high
    assert gain.chance <= 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), power=st.integers(-30, 30), shift=st.sampled_from([0.0, 1.0]))
def test_losses_of_another_unit_give_a_gain_in_that_unit(
    seed: int, power: int, shift: float
) -> None:
    losses, scale = noise(40, seed), 2.0**power
    first = told(make(losses))
    second = told(make([(loss + shift) * scale for loss in losses]))
    assert second.mean == pytest.approx(first.mean * scale, rel=1e-6)
    assert second.high == pytest.approx(first.high * scale, rel=1e-6)
    assert second.chance == first.chance


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(10, 80))
def test_more_trials_never_bring_less(seed: int, count: int) -> None:
    history = make(noise(count, seed))
    gains = [told(history, trials) for trials in (1, 2, 5, 20, 100, 1000)]
    for name in ("mean", "low", "high", "chance"):
        values = [getattr(gain, name) for gain in gains]
        assert values == sorted(values)


def test_the_tail_tells_the_mean_size_of_an_improvement() -> None:
    """Of exponential losses, a trial that is better than the best is so by 1.

    Less is told, as losses are taken to have an end.
    """
    rng = np.random.default_rng(1)
    told = [mean_excess(-rng.exponential(size=100)) for _ in range(200)]
    assert 0.5 < float(np.median(told)) < 1.2


def test_the_tail_knows_that_losses_have_an_end() -> None:
    """Of uniform losses, those that are left to win are small against those of the tail."""
    rng = np.random.default_rng(1)
    told = [mean_excess(rng.uniform(size=100)) for _ in range(200)]
    assert float(np.median(told)) < 0.06


def test_the_tail_of_a_few_or_of_equal_losses_is_unknown() -> None:
    assert mean_excess(np.array([1.0])) == 0.0
    assert mean_excess(np.full(50, 2.0)) == 0.0


def test_noise_is_that_of_paired_folds_and_an_improvement_below_it_is_not_real() -> None:
    losses = noise(40)
    rng = np.random.default_rng(1)
    easy = rng.normal(size=5) * 10  # folds differ much, but alike for all
    clean = [[loss + fold for fold in easy] for loss in losses]
    noisy = [[loss + fold + rng.normal() * 5 for fold in easy] for loss in losses]
    assert paired_noise(make(losses, folds=clean)) == pytest.approx(0.0, abs=1e-9)
    assert paired_noise(make(losses, folds=noisy)) > 1
    assert told(make(losses, folds=noisy)).chance < told(make(losses, folds=clean)).chance
    assert paired_noise(make(losses)) == 0.0


def test_noise_takes_the_overlap_of_the_folds_from_the_plan() -> None:
    rng = np.random.default_rng(3)
    losses = noise(12)
    folds = [[loss + float(rng.normal()) for _ in range(10)] for loss in losses]
    usual = paired_noise(make(losses, folds=folds))  # as of ten folds: 1/9
    repeated = paired_noise(make(losses, folds=folds, plan=Plan(test_ratio=1 / 4)))
    assert repeated / usual == pytest.approx(np.sqrt((1 / 10 + 1 / 4) / (1 / 10 + 1 / 9)))


def test_it_is_cheap() -> None:
    history = make(noise(1000))
    told(history)
    started = time.perf_counter()
    for _ in range(5):
        told(history)
    assert (time.perf_counter() - started) / 5 < 0.02  # 0.5 ms measured; 5 ms wanted


def edited(outside: Sequence[float], inside: Sequence[float]) -> History:
    """Trials of before an edit that lie outside of the space as it is now, then others."""
    found = make([*outside, *inside])
    trials = [
        structs.replace(trial, params={"x": 5.0 if trial.number < len(outside) else 0.5})
        for trial in found.trials
    ]
    return History(SPACE, found.goals, trials, edited=True)


def test_trials_outside_of_the_space_do_not_tell_what_the_next_ones_bring() -> None:
    worse, now = [9.0 - 0.3 * k for k in range(20)], noise(30)
    assert told(edited(worse, now)) == told(make(now))
    assert expected_gain(edited(noise(30), now[:5])) is None, "too early to tell"


def test_a_better_trial_outside_of_the_space_has_to_be_beaten_first() -> None:
    now = noise(30)
    free = told(make(now))
    held = told(edited([min(now) - free.mean], now))
    assert 0 <= held.mean < free.mean
    assert held.high == pytest.approx(free.high - free.mean)
    assert told(edited([min(now) - 100.0], now)).mean == 0.0
