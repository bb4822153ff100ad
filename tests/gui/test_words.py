"""The short lines: durations, summaries, reasons."""

from __future__ import annotations

import time

import pytest
from msgspec import structs

from hpo_gui.core.durations import show_duration
from hpo_gui.core.errors import SpecError
from hpo_gui.core.expected_gain import ExpectedGain
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import BudgetSpec, FunctionSpec, ModelSpec, StudySpec
from hpo_gui.core.trial import Failure, TrialState
from hpo_gui.gui import summaries
from hpo_gui.gui.durations import local_words, show_eta, when_words
from hpo_gui.gui.engine import Problem
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.tables.score_text import gain_hint, gain_words
from hpo_gui.gui.window.reasons import reasons
from hpo_gui.gui.window.run_bar import eta_words, more_trials
from hpo_gui.gui.window.status_line import failure_words
from hpo_gui.study.events import Progress
from tests.support.window import SPACE, make_spec, make_trial


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.0042, "4 ms"),
        (0.84, "0.8 s"),
        (9.97, "10 s"),
        (59.6, "1 m 0 s"),
        (72, "1 m 12 s"),
        (3599.7, "1 h 0 m"),
        (3900, "1 h 5 m"),
        (86399, "23 h 59 m"),
        (200_000, "2 d 7 h"),
        (float("nan"), "—"),
        (-1, "—"),
    ],
)
def test_durations_have_at_most_two_units(seconds, words):
    assert show_duration(seconds) == words


def test_the_time_left_has_its_uncertainty_in_the_same_unit():
    assert show_eta(50, 10) == "50 ± 10 s"
    assert show_eta(102, 2) == "102 ± 2 s"
    assert show_eta(600, 90) == "10.0 ± 1.5 m"
    assert show_eta(7200, 600) == "2.0 ± 0.2 h"


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e30, -1e30])
def test_a_moment_in_no_calendar_is_left_empty(at):
    assert local_words(at, "%H:%M:%S") == ""
    assert when_words(at) == ""


def test_a_moment_of_another_day_has_its_date():
    assert when_words(86400.0 * 365).startswith("197")
    assert len(when_words(time.time())) == len("11:20")


def test_an_uncertainty_that_cannot_be_seen_is_left_out():
    assert show_eta(50, None) == "50 s"
    assert show_eta(600, 1) == "10 m 0 s"


@pytest.mark.parametrize(
    ("budget", "words", "short"),
    [
        (BudgetSpec(trials=150, seconds=120), "150 trials or 2 minutes", "150 trials"),
        (BudgetSpec(trials=1), "1 trial", "1 trial"),
        (BudgetSpec(seconds=60), "1 minute", "1 minute"),
        (BudgetSpec(seconds=90), "1 m 30 s", "1 m 30 s"),
        (BudgetSpec(target=0.99), "a score of 0.99", "a score of 0.99"),
        (BudgetSpec(no_improvement=20), "20 without improvement", "20 without improvement"),
        (
            BudgetSpec(trials=150, gain=0.001),
            "150 trials or an expected gain below 0.001 in 20 trials",
            "150 trials",
        ),
        (BudgetSpec(), "", ""),
    ],
)
def test_budgets_in_words(budget, words, short):
    assert summaries.budget_words(budget) == words
    assert summaries.budget_words(budget, short=True) == short


def test_the_lines_under_the_steps(study):
    assert summaries.data_line(study) == "wine.csv · 178 × 0"
    assert summaries.space_line(study) == "random forest · 1 tuned"
    assert summaries.strategy_line(study) == "random · 10 trials"
    assert summaries.run_line(study) == "ready"
    assert summaries.results_line(study) == "no trials yet"


def test_the_lines_of_an_empty_session(session):
    assert summaries.data_line(session) == "no data yet"
    assert summaries.run_line(session) == "nothing to run yet"


def test_the_lines_of_a_study_with_trials(study):
    study.show_history(make_spec(), SPACE, [make_trial(0), make_trial(1)])
    assert summaries.run_line(study) == "2 of 10 · stopped"
    assert summaries.results_line(study) == "2 trials"
    study._run.progress = Progress(7, None, None, 1.0, None, None, 0, 2)
    study._run.state = "running"
    assert summaries.run_line(study) == "7 · running"
    study._run.state = "idle"
    assert summaries.run_line(study) == "2 · stopped", "what counts then is the trials"
    study.show_history(make_spec(trials=2), SPACE, [make_trial(0), make_trial(1)])
    assert summaries.run_line(study) == "2 of 2 · done"


def test_starting_points_that_have_not_begun_are_no_results_yet(study):
    waiting = make_trial(1, state=TrialState.WAITING)
    study.show_history(make_spec(trials=1), SPACE, [make_trial(0), waiting])
    assert summaries.results_line(study) == "1 trial"
    study.show_history(make_spec(), SPACE, [structs.replace(waiting, number=0)])
    assert summaries.results_line(study) == "no trials yet"


def test_several_models_and_functions_of_the_users_own(study):
    models = (ModelSpec("svc"), ModelSpec("sklearn.tree.DecisionTreeClassifier"))
    study.show_history(structs.replace(make_spec(), models=models), SPACE)
    assert summaries.space_line(study) == "2 models · 1 tuned"
    assert summaries.title_of(models[1].name) == "DecisionTreeClassifier"
    spec = StudySpec(objective=FunctionSpec("here/mine.py:loss"))
    study.show_history(spec, SPACE)
    assert summaries.space_line(study) == "loss · 1 tuned"
    assert summaries.data_line(study) == "your own function"


def test_sources_are_named_without_their_folder():
    assert summaries.source_name("sample:wine") == "wine"
    assert summaries.source_name("../data/wine.csv") == "wine.csv"
    assert summaries.source_name("C:\\data\\wine.csv") == "wine.csv"


def test_run_says_why_it_cannot_be_pressed(study, engine):
    assert run_problem(study) == ""
    engine.problems = (Problem("data", "target", SpecError("target", "must be chosen")),)
    study.edit(structs.replace(study.spec, seed=2), "Seed")
    assert "must be chosen" in run_problem(study)
    assert "must be chosen" in reasons(study)["run.run"]


def test_every_reason_belongs_to_a_command(study):
    from hpo_gui.gui.commands import commands

    known = {command.id for command in commands() if command is not None}
    assert reasons(study).keys() <= known


def test_a_used_budget_offers_as_many_trials_again(study):
    study.show_history(make_spec(trials=2), SPACE, [make_trial(0), make_trial(1)])
    assert more_trials(study) == 2
    study.show_history(make_spec(trials=3), SPACE, [make_trial(0), make_trial(1)])
    assert more_trials(study) == 0


def test_a_run_that_waits_for_the_strategy_says_so(study):
    study._run.state = "running"
    progress = Progress(7, 10, 0.7, 1.0, 27.0, 4.0, 0, 2)
    study._run.progress = progress
    assert eta_words(study) == "ETA 27 ± 4 s"
    study._run.progress = structs.replace(progress, thinking=True)
    assert eta_words(study) == "choosing what to try next…"
    study._run.state = "pausing"
    assert eta_words(study) == "pausing after the running trials"
    study._run.state = "idle"


def test_failures_are_counted_by_kind():
    failed = TrialState.FAILED
    memory = Failure("memory_limit", "more than 2000 MB")
    trials = [
        make_trial(0),
        make_trial(1, state=failed, failure=memory),
        make_trial(2, state=failed, failure=memory),
    ]
    assert failure_words(trials[:1]) == ""
    assert failure_words(trials[:2]) == "1 trial failed: memory limit"
    assert failure_words(trials) == "2 trials failed: memory limit"


@pytest.mark.parametrize(
    ("mean", "low", "high", "words"),
    [
        (0.0031, 0.0, 0.0078, "next 20 trials: better by 0.0031 (0 to 0.0078)"),
        (12.4, 3.2, 31.0, "next 20 trials: better by 12 (3 to 31)"),
        (0.0, 0.0, 0.0, "next 20 trials: no gain expected"),
        (2e-4, 0.0, 0.0, "next 20 trials: better by 0.00020 (0 to 0)"),
    ],
)
def test_what_the_next_trials_bring_in_words(mean, low, high, words):
    assert gain_words(ExpectedGain(20, mean, low, high, 0.4, 0.0)) == words


def test_the_hint_tells_the_chance_and_the_noise():
    hint = gain_hint(ExpectedGain(20, 0.0031, 0.0, 0.0078, 0.42, 0.001), Goal("accuracy"))
    assert "better by 0.0031" in hint
    assert "more than the chance of the folds (0.001) is 42%" in hint
    assert "better at all is 42%" in gain_hint(
        ExpectedGain(20, 0.0031, 0.0, 0.0078, 0.42, 0.0), Goal("accuracy")
    )
