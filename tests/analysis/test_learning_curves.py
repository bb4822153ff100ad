"""Learning curves: which trials are shown, where children begin, and how trials ended."""

from __future__ import annotations

import math
import time

import msgspec
import numpy as np
import pytest

from hpo_gui.analysis.learning_curves import (
    ENDS,
    Course,
    course_of,
    full_steps,
    learning_curves,
)
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.trial import Trial, TrialState
from tests.analysis.studies import ACCURACY, SPACE, make_study
from tests.analysis.studies import make_trial as make_fold_trial
from tests.support.learning_studies import learn, learning_trials


def course(trial: Trial, *others: Trial, planned: int = 0) -> Course:
    return course_of(trial, make_study(*others, trial), planned)


def test_scores_stand_after_their_steps() -> None:
    made = learning_curves(make_study(learn(0, [0.5, 0.7]), learn(1, [0.6])), 2)
    assert made.numbers.tolist() == [0, 1]
    assert made.scores[0].tolist()[1:] == [0.5, 0.7]
    assert math.isnan(made.scores[0, 0])
    assert made.scores[1, 1] == 0.6
    assert math.isnan(made.scores[1, 2])
    assert made.done.tolist() == [2, 1]
    assert made.steps == 2


def test_trials_whose_steps_are_folds_have_no_curve() -> None:
    history = make_study(make_fold_trial(0, [0.8, 0.9]), learn(1, [0.5]))
    assert learning_curves(history).numbers.tolist() == [1]
    none = learning_curves(make_study(make_fold_trial(0, [0.8, 0.9])))
    assert len(none.numbers) == 0
    assert (none.steps, none.left_out) == (0, 0)


def test_no_trials_give_no_curves() -> None:
    assert len(learning_curves(make_study()).numbers) == 0


@pytest.mark.parametrize(
    ("state", "done", "end"),
    [
        (TrialState.COMPLETE, 5, "complete"),
        (TrialState.COMPLETE, 3, "early"),
        (TrialState.PRUNED, 3, "pruned"),
        (TrialState.FAILED, 3, "failed"),
        (TrialState.CANCELLED, 3, "failed"),
        (TrialState.RUNNING, 3, "open"),
        (TrialState.WAITING, 3, "open"),
    ],
)
def test_each_end_is_told(state: TrialState, done: int, end: str) -> None:
    history = make_study(learn(0, [0.5 + k / 100 for k in range(done)], state=state))
    assert ENDS[int(learning_curves(history, 5).ends[0])] == end
    assert course_of(history.trials[0], history, 5).end == end


def test_a_trial_that_was_to_do_fewer_steps_is_complete_after_them() -> None:
    history = make_study(learn(0, [0.5, 0.6], steps=2))
    assert course_of(history.trials[0], history, 5).end == "complete"
    assert course_of(history.trials[0], history, 5).steps == 2


def test_a_child_begins_at_its_parents_end() -> None:
    parent = learn(0, [0.5, 0.6], steps=2)
    child = learn(1, [0.65, 0.7], parent=0, begin=2, steps=4)
    made = learning_curves(make_study(parent, child), 4)
    assert made.begins.tolist() == [0, 2]
    row = made.scores[1].tolist()
    assert row[2:] == [0.6, 0.65, 0.7]
    assert np.isnan(row[:2]).all()


def test_a_child_of_an_unknown_parent_begins_where_it_has_scores() -> None:
    made = learning_curves(make_study(learn(0, [0.6], parent=7, begin=2)), 4)
    assert np.isfinite(made.scores[0]).tolist() == [False, False, False, True]


def test_scores_that_are_no_numbers_are_gaps() -> None:
    made = learning_curves(make_study(learn(0, [0.5, math.inf, math.nan, 0.6])), 4)
    assert np.isfinite(made.scores[0]).tolist() == [False, True, False, False, True]


def test_of_many_the_best_and_the_newest_are_shown_and_the_selected_ones_in_any_case() -> None:
    trials = [learn(n, [0.9 if n == 3 else 0.5 + n / 1000]) for n in range(40)]
    made = learning_curves(make_study(*trials), 1, most=10, keep=[7, 8])
    shown = made.numbers.tolist()
    assert {3, 7, 8, *range(35, 40)} <= set(shown)
    assert shown == sorted(shown)
    assert len(shown) <= 12
    assert made.left_out == 40 - len(shown)


def test_a_filter_takes_trials_away() -> None:
    history = make_study(learn(0, [0.5]), learn(1, [0.6]))
    made = learning_curves(history, 1, learnt=np.array([False, True]))
    assert made.numbers.tolist() == [1]
    assert made.left_out == 0


def test_the_step_whose_score_counts_is_the_last_one_or_the_best_one() -> None:
    assert course(learn(0, [0.5, 0.8, 0.7])).counts == 3
    assert course(learn(0, [0.5, 0.8, 0.7], best_remains=True)).counts == 2
    assert course(learn(0, [])).counts == 0


def test_steps_that_were_not_needed_are_counted() -> None:
    early = course(learn(0, [0.5] * 12), planned=50)
    assert (early.done, early.steps, early.saved) == (12, 50, 38)
    assert course(learn(0, [0.5] * 50), planned=50).saved == 0
    failed = learn(0, [0.5] * 12, state=TrialState.FAILED)
    assert course(failed, planned=50).saved == 0


def test_training_scores_and_learning_rates_belong_to_the_course() -> None:
    made = course(learn(0, [0.5, 0.6], train=[0.7, 0.8], rates=[0.1, 0.01]))
    assert made.train == (0.7, 0.8)
    assert made.rate == (0.1, 0.01)


def test_steps_of_a_full_training_come_from_the_plan_or_the_longest_trial() -> None:
    trials = [learn(0, [0.5, 0.6]), learn(1, [0.5])]
    assert full_steps(make_study(*trials)) == 2
    assert full_steps(make_study(*trials), 20) == 20
    planned = History(SPACE, [ACCURACY], trials, plan=Plan(steps=9, learns=True))
    assert full_steps(planned) == 9


def test_ten_thousand_trials_are_read_in_milliseconds() -> None:
    some = learning_trials(500)
    trials = [msgspec.structs.replace(some[n % 500], number=n) for n in range(10_000)]
    history = make_study(*trials)
    learnt = np.ones(len(history), dtype=bool)
    started = time.process_time()
    made = learning_curves(history, 50, learnt=learnt)
    assert time.process_time() - started < 0.1  # 6 ms measured
    assert len(made.numbers) == 500
    assert made.left_out == 9500
