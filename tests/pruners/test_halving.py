"""Successive halving and Hyperband against examples that were worked out by hand."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from courses import (
    CANCELLED,
    COMPLETE,
    FAILED,
    LOSS,
    PRUNED,
    RETRACTED,
    RUNNING,
    WAITING,
    curve,
    history,
)

from hpo_gui.core.errors import SpecError
from hpo_gui.core.kept import Kept
from hpo_gui.core.trial import TrialState
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.hyperband import Hyperband, brackets_of
from hpo_gui.pruners.rungs import rungs_between
from hpo_gui.pruners.successive_halving import SuccessiveHalving

Mode = Literal["asynchronous", "synchronous"]


@pytest.mark.parametrize(
    ("least", "most", "eta", "rungs"),
    [
        (1, 27, 3, (1, 3, 9)),
        (1, 20, 4, (1, 4, 16)),
        (2, 9, 2, (2, 4, 8)),
        (1, 1, 3, ()),
        (5, 5, 2, ()),
        (9, 5, 2, ()),
    ],
)
def test_rungs(least: int, most: int, eta: int, rungs: tuple[int, ...]) -> None:
    assert rungs_between(least, most, eta) == rungs


def test_the_brackets_are_those_of_the_paper() -> None:
    # table 1 of arXiv 1603.06560: R = 81, eta = 3
    brackets = brackets_of(1, 81, 3)
    assert [bracket.trials for bracket in brackets] == [81, 34, 15, 8, 5]
    assert [bracket.rungs[:1] for bracket in brackets] == [(1,), (3,), (9,), (27,), ()]
    assert brackets[0].rungs == (1, 3, 9, 27)


def test_asynchronous_a_trial_goes_on_when_it_is_among_the_best_part_so_far() -> None:
    pruner = SuccessiveHalving(eta=3)
    losses = [5.0, 4.0, 3.0, 3.5, 2.0, 6.0]
    verdicts = []
    for count in range(1, len(losses) + 1):
        trials = [curve(number, [loss], RUNNING) for number, loss in enumerate(losses[:count])]
        past = history(trials, 9, learns=True)
        verdicts.append(pruner.should_stop(past, trials[-1]) is None)
    # two are too few; then the best of 3, of 4, of 5, and the best two of 6
    assert verdicts == [True, True, True, False, True, False]


def test_the_reason_tells_the_share_the_number_and_the_bar() -> None:
    trials = [curve(number, [float(number)], RUNNING) for number in range(8)]
    past = history(trials, 16, learns=True)
    assert SuccessiveHalving(eta=4).should_stop(past, trials[5]) == (
        "After 1 of 16 steps, 5 is not among the best quarter of 8 trials, which have 1 or better."
    )


def test_only_the_loss_at_the_rung_counts_not_what_came_later() -> None:
    trials = [curve(0, [5.0, 0.1, 0.1, 0.1]), curve(1, [6.0]), curve(2, [1.0], RUNNING)]
    past = history(trials, 9, learns=True)
    assert SuccessiveHalving(eta=3).should_stop(past, trials[2]) is None


KEPT = Kept(LOSS.metric)


def test_where_the_best_step_remains_it_counts_at_a_rung_too() -> None:
    """Seen in a study on wine: the best network of all was stopped as its last step was bad."""
    others = [curve(number, [3.0, 2.0 + number, 2.0 + number]) for number in range(5)]
    new = curve(5, [3.0, 0.1, 7.0], RUNNING)
    pruner = SuccessiveHalving(eta=3, least=3)
    last = history([*others, new], 9, learns=True)
    assert pruner.should_stop(last, new) is not None
    kept = history([*others, new], 9, learns=True, kept=KEPT)
    assert pruner.should_stop(kept, new) is None
    behind = history([*others, curve(5, [3.5, 4.5, 7.0], RUNNING)], 9, learns=True, kept=KEPT)
    assert pruner.should_stop(behind, behind.trials[5]) == (
        "After 3 of 9 steps, its best, 3.5, is not among the best third of 6 trials, "
        "which have 3 or better."
    )


def test_a_training_that_has_come_to_no_number_is_stopped_however_good_it_was() -> None:
    others = [curve(number, [3.0, 2.0, 2.0]) for number in range(5)]
    new = curve(5, [3.0, 0.1, math.nan], RUNNING)
    past = history([*others, new], 9, learns=True, kept=KEPT)
    assert SuccessiveHalving(eta=3, least=3).should_stop(past, new) is not None


def test_one_that_had_nothing_left_to_learn_counts_with_its_final_score() -> None:
    short = [curve(number, [3.0, 0.5 + number], COMPLETE) for number in range(3)]
    new = curve(3, [1.0, 1.0, 1.0], RUNNING)
    past = history([*short, new], 9, learns=True)
    assert SuccessiveHalving(eta=3).should_stop(past, new) is not None


def test_one_that_was_to_end_there_does_not_count_later() -> None:
    short = [curve(number, [3.0, 0.5], COMPLETE, steps=2) for number in range(3)]
    new = curve(3, [1.0, 1.0, 1.0], RUNNING)
    past = history([*short, new], 9, learns=True)
    assert SuccessiveHalving(eta=3).should_stop(past, new) is None


def test_retracted_trials_do_not_count() -> None:
    trials = [curve(number, [0.1], RETRACTED) for number in range(5)]
    new = curve(5, [1.0], RUNNING)
    past = history([*trials, new], 9, learns=True)
    assert SuccessiveHalving(eta=3).should_stop(past, new) is None


@pytest.mark.parametrize("state", [FAILED, CANCELLED])
@pytest.mark.parametrize("mode", ["asynchronous", "synchronous"])
def test_who_has_failed_takes_nobodys_place(state: TrialState, mode: Mode) -> None:
    pruner = SuccessiveHalving(mode=mode, eta=2, cohort=4)
    lost = [curve(number, [0.1], state) for number in range(2)]
    trials = [*lost, curve(2, [1.0], WAITING), curve(3, [2.0], WAITING)]
    past = history(trials, 4, learns=True)
    assert [pruner.should_stop(past, trial) is None for trial in trials[2:]] == [True, False]


def test_synchronous_trials_wait_for_their_cohort_and_then_the_best_part_goes_on() -> None:
    pruner = SuccessiveHalving(mode="synchronous", eta=2, cohort=4)
    trials = [curve(number, [loss], WAITING) for number, loss in enumerate([3.0, 1.0, 2.0])]
    past = history(trials, 4, learns=True)
    assert all(pruner.should_wait(past, trial) for trial in trials)
    assert all(pruner.should_stop(past, trial) is None for trial in trials)
    trials.append(curve(3, [1.0], RUNNING))
    past = history(trials, 4, learns=True)
    assert [pruner.should_stop(past, trial) is None for trial in trials] == [False, True] * 2
    assert not any(pruner.should_wait(past, trial) for trial in trials)


def test_of_equals_in_a_cohort_the_first_go_on() -> None:
    pruner = SuccessiveHalving(mode="synchronous", eta=2, cohort=4)
    trials = [curve(number, [1.0], WAITING) for number in range(4)]
    past = history(trials, 4, learns=True)
    stopped = [pruner.should_stop(past, trial) is not None for trial in trials]
    assert stopped == [False, False, True, True]


def test_a_cohort_does_not_wait_for_who_has_ended() -> None:
    pruner = SuccessiveHalving(mode="synchronous", eta=2, cohort=3)
    trials = [curve(0, [], FAILED), curve(1, [2.0], WAITING), curve(2, [1.0], RUNNING)]
    past = history(trials, 4, learns=True)
    assert not pruner.should_wait(past, trials[1])
    assert pruner.should_stop(past, trials[1]) is not None
    assert pruner.should_stop(past, trials[2]) is None


def test_the_last_cohort_ends_with_the_plan() -> None:
    pruner = SuccessiveHalving(mode="synchronous", eta=2, cohort=4)
    done = [curve(number, [1.0] * 4) for number in range(4)]
    last = [curve(4, [2.0], WAITING), curve(5, [1.0], RUNNING)]
    past = history([*done, *last], 4, learns=True, planned=6)
    assert not pruner.should_wait(past, last[0])
    assert pruner.should_stop(past, last[0]) is not None
    longer = history([*done, *last], 4, learns=True, planned=7)
    assert pruner.should_wait(longer, last[0])


def test_the_usual_cohort_leaves_one_to_the_end() -> None:
    pruner = SuccessiveHalving(mode="synchronous", eta=3, least=1)
    trials = [curve(number, [float(number)], WAITING) for number in range(27)]
    past = history(trials[:26], 27, learns=True)
    assert pruner.should_wait(past, trials[0])
    past = history(trials, 27, learns=True)
    assert sum(pruner.should_stop(past, trial) is None for trial in trials) == 9


def test_trials_of_one_bracket_do_not_compete_with_those_of_another() -> None:
    pruner = Hyperband()
    past = history([curve(n, [], PRUNED) for n in range(49)], 27, learns=True)
    groups = [pruner._group(past, trial) for trial in past.trials]
    sizes = {group.rungs: len(group.numbers) for group in groups}
    assert sizes == {(1, 3, 9): 27, (3, 9): 12, (9,): 6, (): 4}
    assert all(number in group.numbers for number, group in enumerate(groups))
    # evenly mixed: among the first half of the trials there is half of each bracket
    assert sum(group.rungs == (1, 3, 9) for group in groups[:24]) in (12, 13, 14)


def test_synchronous_brackets_come_one_after_the_other() -> None:
    pruner = Hyperband(mode="synchronous")
    past = history([curve(n, [], WAITING) for n in range(60)], 27, learns=True, planned=98)
    groups = [pruner._group(past, trial) for trial in past.trials]
    assert [len(groups[first].rungs) for first in (0, 26, 27, 38, 39, 44, 45, 48, 49)] == [
        *(3, 3, 2, 2, 1, 1, 0, 0, 3)
    ]
    assert groups[28].numbers.tolist() == list(range(27, 39))
    assert groups[50].numbers.tolist() == list(range(49, 76))


@pytest.mark.parametrize("options", [{"cohort": 1}, {"least": 0}])
def test_a_cohort_of_one_and_a_rung_before_the_first_step_are_refused(
    options: dict[str, int],
) -> None:
    with pytest.raises(SpecError, match=rf"pruner\.{next(iter(options))}"):
        PRUNERS.make("successive_halving", options)


@pytest.mark.parametrize(("steps", "first"), [(5, 1), (19, 1), (20, 2), (100, 10)])
def test_the_first_rung_is_after_a_tenth_of_all_steps(steps: int, first: int) -> None:
    past = history([curve(0, [], WAITING)], steps, learns=True)
    assert SuccessiveHalving().next_halt(past, past.trials[0]) == first


def test_a_verdict_among_five_thousand_trials_is_quick() -> None:
    import time

    rng = np.random.default_rng(1)
    trials = [curve(n, rng.random(5).tolist(), PRUNED) for n in range(5000)]
    new = curve(5000, [0.5], RUNNING)
    past = history([*trials, new], 27, learns=True)
    pruner = SuccessiveHalving()
    pruner.should_stop(past, new)  # the first time reads all of them
    start = time.perf_counter()
    for _ in range(10):
        pruner.should_stop(past, new)
    assert time.perf_counter() - start < 0.5
