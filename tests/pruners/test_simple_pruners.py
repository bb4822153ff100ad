"""Median, threshold and patience against examples that were worked out by hand."""

from __future__ import annotations

import math

import pytest
from courses import FAILED, LOSS, PRUNED, RUNNING, curve, folds, history

from hpo_gui.core.errors import SpecError
from hpo_gui.core.kept import Kept
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.median import Median
from hpo_gui.pruners.patience import Patience
from hpo_gui.pruners.threshold import Threshold

FIVE = [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 3.0, 3.0], [4.0, 4.0, 4.0], [5.0, 5.0, 5.0]]


def test_the_median_of_five_is_the_third() -> None:
    others = [folds(number, row) for number, row in enumerate(FIVE)]
    for loss, stops in ((3.0, False), (3.1, True)):
        new = folds(5, [loss], RUNNING)
        reason = Median().should_stop(history([*others, new], 3, learns=False), new)
        assert (reason is not None) == stops
    assert reason == (
        "After 1 of 3 folds, it is not beyond the median of 5 complete trials: 3.1 against 3."
    )


def test_only_complete_trials_are_the_median() -> None:
    others = [folds(number, row) for number, row in enumerate(FIVE[:4])]
    lost = [folds(4, [0.1], PRUNED), folds(5, [0.1], FAILED)]
    new = folds(6, [9.0], RUNNING)
    past = history([*others, *lost, new], 3, learns=False)
    assert Median().should_stop(past, new) is None
    assert Median(startup=4).should_stop(past, new) is not None


def test_a_percentile_lets_fewer_go_on() -> None:
    others = [folds(number, row) for number, row in enumerate(FIVE)]
    new = folds(5, [2.5], RUNNING)
    past = history([*others, new], 3, learns=False)
    assert Median(percentile=50).should_stop(past, new) is None
    assert "best 25 %" in str(Median(percentile=25).should_stop(past, new))


def test_warm_up_and_interval_say_when_it_is_asked() -> None:
    others = [curve(number, [1.0] * 8) for number in range(5)]
    pruner, asked = Median(warmup=2, interval=3), []
    for steps in range(1, 8):
        new = curve(5, [2.0] * steps, RUNNING)
        if pruner.should_stop(history([*others, new], 8, learns=True), new):
            asked.append(steps)
    assert asked == [3, 6]


def test_a_curve_is_judged_by_its_best_step_and_folds_by_their_mean() -> None:
    down_and_up = [1.0, 9.0]
    for make, learns, stops in ((curve, True, False), (folds, False, True)):
        others = [make(number, [2.0, 2.0, 2.0]) for number in range(5)]
        new = make(5, down_and_up, RUNNING)
        reason = Median().should_stop(history([*others, new], 3, learns=learns), new)
        assert (reason is not None) == stops


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.5, None),
        (0.1, "After 1 of 3 folds, loss is 0.1, below 0.2."),
        (2.0, "After 1 of 3 folds, loss is 2, above 1."),
        (math.inf, "After 1 of 3 folds, loss is not a number."),
        (math.nan, "After 1 of 3 folds, loss is not a number."),
    ],
)
def test_a_threshold_stops_what_leaves_its_bounds(score: float, words: str | None) -> None:
    new = folds(0, [score], RUNNING)
    past = history([new], 3, learns=False)
    assert Threshold(lower=0.2, upper=1.0).should_stop(past, new) == words
    assert Threshold(lower=0.2, upper=1.0, warmup=1).should_stop(past, new) is None


@pytest.mark.parametrize(
    ("options", "parameter"),
    [({"lower": 1.0, "upper": 1.0}, "upper"), ({"lower": math.nan}, "lower"), ({"x": 1}, "x")],
)
def test_bounds_that_make_no_sense_are_refused(options: dict[str, float], parameter: str) -> None:
    with pytest.raises(SpecError, match=rf"pruner\.{parameter}"):
        PRUNERS.make("threshold", options)


def trained(losses: list[float]) -> tuple[Trial, str | None]:
    new = curve(1, losses, RUNNING)
    past = history([curve(0, [2.0, 1.5, 1.0]), new], 10, learns=True)
    return new, Patience(steps=3).should_stop(past, new)


def test_patience_stops_a_training_without_progress() -> None:
    assert trained([3.0, 2.0, 2.1, 2.2])[1] is None
    assert trained([3.0, 2.0, 2.1, 2.2, 2.0])[1] == (
        "After 5 of 10 steps, it has got no better for 3: its best is 2, that of trial 0 is 1."
    )


def test_patience_spares_what_beats_all_complete_trials() -> None:
    assert trained([3.0, 0.9, 2.1, 2.2, 2.0])[1] is None


def test_patience_asks_for_the_least_progress() -> None:
    new = curve(1, [3.0, 2.9, 2.8, 2.75], RUNNING)
    past = history([curve(0, [1.0]), new], 10, learns=True)
    assert Patience(steps=3).should_stop(past, new) is None
    assert Patience(steps=3, min_delta=0.5).should_stop(past, new) is not None


def test_patience_says_nothing_of_folds() -> None:
    new = folds(1, [5.0] * 4, RUNNING)
    past = history([folds(0, [1.0] * 5), new], 5, learns=False)
    assert Patience(steps=1).should_stop(past, new) is None


def test_a_threshold_judges_the_step_that_would_remain() -> None:
    new = curve(0, [0.40, 0.10, 0.45], RUNNING)
    last = history([new], 9, learns=True)
    assert Threshold(upper=0.42).should_stop(last, new) is not None
    kept = history([new], 9, learns=True, kept=Kept(LOSS.metric))
    assert Threshold(upper=0.42).should_stop(kept, new) is None
    assert (
        Threshold(upper=0.05).should_stop(kept, new)
        == "After 3 of 9 steps, loss is 0.1, above 0.05."
    )
