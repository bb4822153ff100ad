"""Pruners where a step is a growing share of the rows, not a fold and no training."""

from __future__ import annotations

import numpy as np
import pytest
from courses import COMPLETE, LOSS, PRUNED, RUNNING, curve, folds, history

from hpo_gui.analysis.savings import savings
from hpo_gui.core.plan import Plan
from hpo_gui.pruners.courses import losses_after
from hpo_gui.pruners.fold_racing import FoldRacing
from hpo_gui.pruners.hyperband import brackets_of
from hpo_gui.pruners.median import Median
from hpo_gui.pruners.rungs import rungs_of
from hpo_gui.pruners.successive_halving import SuccessiveHalving
from hpo_gui.strategies.observations import expected_losses

SHARES = (0.125, 0.25, 0.5, 1.0)


@pytest.mark.parametrize(
    ("plan", "count", "words"),
    [
        (Plan(steps=5), 5, "5 folds"),
        (Plan(steps=1), 1, "1 fold"),
        (Plan(learns=True), 1, "1 step"),
        (Plan(learns=True), 2000, "2,000 steps"),
        (Plan(rows=SHARES), 4, "4 shares of the rows"),
    ],
)
def test_the_plan_knows_what_its_steps_are_called(plan: Plan, count: int, words: str) -> None:
    assert plan.counted(count) == words


def test_every_share_but_the_last_is_a_rung() -> None:
    plan = Plan(steps=4, rows=SHARES)
    assert rungs_of(plan, 1, 2) == (1, 2, 3)
    assert rungs_of(plan, 2, 3) == (2, 3)
    assert rungs_of(plan, 4, 2) == ()
    assert rungs_of(Plan(steps=8, learns=True), 1, 2) == (1, 2, 4)


def test_brackets_begin_at_each_share_in_the_proportion_of_the_paper() -> None:
    brackets = brackets_of(1, 4, 2, every=True)
    assert [bracket.rungs for bracket in brackets] == [(1, 2, 3), (2, 3), (3,), ()]
    assert [bracket.trials for bracket in brackets] == [8, 6, 4, 4]
    assert [bracket.rungs for bracket in brackets_of(4, 4, 2, every=True)] == [()]


def test_a_trial_halts_after_each_share_and_the_reason_names_the_shares() -> None:
    trials = [curve(0, [1.0, 0.8, 0.7]), curve(1, [1.1, 0.9, 0.9], RUNNING)]
    past = history(trials, 4, learns=False, rows=SHARES)
    pruner = SuccessiveHalving()
    assert pruner.next_halt(past, curve(1, [1.1], RUNNING)) == 2
    said = pruner.should_stop(past, trials[1])
    assert said is not None
    assert said.startswith("After 3 of 4 shares of the rows, 0.9 is not among the best half")


def test_the_median_compares_the_same_share_and_not_the_best_one_so_far() -> None:
    others = [curve(number, [0.9, 0.5, 0.4, 0.3]) for number in range(5)]
    lucky = curve(5, [0.2, 0.6], RUNNING)  # few rows, and luck
    for learns, rows in ((True, ()), (False, SHARES)):
        past = history([*others, lucky], 4, learns=learns, rows=rows)
        assert (Median().should_stop(past, lucky) is None) == learns


def test_folds_are_not_raced_where_a_step_is_all_folds() -> None:
    others = [curve(number, [0.5] * 4) for number in range(6)]
    bad = curve(6, [9.0], RUNNING)
    assert (
        FoldRacing().should_stop(history([*others, bad], 4, learns=False, rows=SHARES), bad)
        is None
    )


def test_what_is_saved_is_counted_in_rows_since_later_shares_cost_more() -> None:
    trials = [curve(0, [1.0] * 4, COMPLETE), curve(1, [2.0], PRUNED)]
    found = savings(history(trials, 4, learns=False, rows=SHARES))
    assert (found.done, found.saved, found.stopped) == (5, 3, 1)
    assert found.share == pytest.approx(1.75 / 3.75)  # of 3 in 8 steps
    assert found.text == "Stopping 1 trial early has saved 47% of the rows to learn from."
    assert savings(history(trials[:1], 4, learns=False, rows=SHARES)).text == ""


def test_trials_of_before_whose_steps_were_folds_are_no_standard_for_shares() -> None:
    before = [folds(number, [0.1, 0.2, 0.3, 0.2]) for number in range(6)]
    new = curve(6, [0.5], RUNNING)
    past = history([*before, new], 4, learns=False, rows=SHARES)
    assert np.isnan(losses_after(past, 1)[:6]).all()
    assert losses_after(past, 1)[6] == 0.5
    assert Median().should_stop(past, new) is None
    assert past.best is not None  # their final scores are those of all rows
    assert past.best.scores[LOSS.metric] == pytest.approx(0.2)
    stopped = curve(6, [0.5], PRUNED)
    with_end = [*before, stopped, curve(7, [0.6, 0.5, 0.4, 0.3])]
    expected = expected_losses(history(with_end, 4, learns=False, rows=SHARES))
    assert expected[6] == pytest.approx(0.5 - (0.6 - 0.3))
