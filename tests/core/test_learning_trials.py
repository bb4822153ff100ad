"""Trials that learn step by step: curves, and which step's scores count."""

from __future__ import annotations

import math

import pytest

from hpo_gui.core.trial import Learned, Origin, Trial, add_step


def learn(*steps: tuple[tuple[float, ...], bool]) -> Trial:
    trial = Trial(0, {}, Origin("random"))
    for index, (folds, counts) in enumerate(steps):
        trial = add_step(trial, index, Learned({"loss": folds}, counts))
    return trial


def test_a_step_adds_a_point_to_the_curve_and_its_scores_count() -> None:
    trial = learn(((1.0, 3.0), True), ((0.5, 1.5), True))
    assert trial.curves == {"loss": (2.0, 1.0)}
    assert trial.fold_scores == {"loss": (0.5, 1.5)}
    assert trial.scores == {"loss": 1.0}
    assert trial.steps_done == 2
    assert trial.course("loss") == (2.0, 1.0)
    assert trial.sd("loss") == 0.5


def test_the_scores_of_a_worse_step_do_not_count_where_the_best_one_remains() -> None:
    trial = learn(((1.0, 3.0), True), ((9.0, 9.0), False))
    assert trial.curves == {"loss": (2.0, 9.0)}
    assert trial.scores == {"loss": 2.0}
    assert trial.steps_done == 2


def test_a_child_has_a_gap_where_its_parent_has_learnt() -> None:
    trial = add_step(Trial(1, {}, Origin("population"), parent=0), 2, Learned({"loss": (4.0,)}))
    (curve,) = trial.curves.values()
    assert [math.isnan(value) for value in curve] == [True, True, False]
    assert trial.steps_done == 3


def test_a_step_that_is_done_again_replaces_what_it_gave() -> None:
    trial = add_step(learn(((1.0,), True), ((2.0,), True)), 0, Learned({"loss": (5.0,)}))
    assert trial.curves == {"loss": (5.0, 2.0)}


def test_the_course_of_folds_is_their_mean_so_far() -> None:
    trial = Trial(0, {}, Origin("random"))
    for index, score in enumerate((1.0, 2.0, 6.0)):
        trial = add_step(trial, index, {"loss": score})
    assert trial.course("loss") == (1.0, 1.5, pytest.approx(3.0))
    assert trial.curves == {}
    assert trial.course("unknown") == ()
