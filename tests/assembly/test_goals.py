"""Several goals: filled in, refused with a remedy at the goal that is wrong, and run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import INLINE, call_here, flowers, hpo, run_study, tree_study

import hpo_gui.assembly.results
from hpo_gui.assembly.goals import judging_goal
from hpo_gui.assembly.opened import read_history
from hpo_gui.assembly.resolution import resolve
from hpo_gui.assembly.results import locked_test_scores
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    FunctionSpec,
    ModelSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import TrialState
from hpo_gui.evaluation.table import Table, make_table, read_table

FOLDS = Choice("k_fold", {"folds": 2})


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    flowers(120).to_csv(tmp_path / "flowers.csv", index=False)
    return tmp_path


@pytest.fixture(scope="module")
def table() -> Table:
    return make_table(flowers(80), "flowers")


def study(*goals: Goal, **changes: Any) -> StudySpec:
    usual: dict[str, Any] = {
        "goals": goals,
        "validation": FOLDS,
        "strategy": Choice("sobol"),
        "pruner": Choice("none"),
        "budget": BudgetSpec(trials=3),
    }
    return tree_study("flowers.csv", "kind", **{**usual, **changes})


def test_directions_and_spellings_are_filled_in(table: Table) -> None:
    spec = study(Goal("accuracy"), Goal("model_size"), Goal("gap( accuracy,colour )"))
    resolved = resolve(spec, table).check()
    assert resolved.goals == (
        Goal("accuracy", "maximize"),
        Goal("model_size", "minimize"),
        Goal("gap(accuracy, colour)", "minimize"),
    )


@pytest.mark.parametrize(
    ("goals", "field", "words"),
    [
        ([Goal("accuracy"), Goal("acuracy")], "goals.1", r"goals\[1\].metric .*`accuracy`"),
        ([Goal("accuracy"), Goal("accuracy")], "goals.1", r"must not repeat `accuracy`"),
        (
            [Goal("gap(accuracy, colour)"), Goal("gap(accuracy,colour)")],
            "goals.1",
            "must not repeat",
        ),
        ([Goal("gap(accuracy, color)")], "goals.0", "Did you mean `colour`"),
        ([Goal("gap(accuracy, length)")], "goals.0", "at most 20 groups"),
        ([Goal("gap(accuracy, kind)")], "goals.0", "another column than the target"),
        (
            [Goal("accuracy", threshold=1.5)],
            "goals.0",
            r"goals\[0\].threshold must be a score that can be reached: accuracy is at most 1",
        ),
        ([Goal("neg_log_loss", threshold=0.3)], "goals.0", "write -0.3 for 0.3"),
        ([Goal("fit_time", threshold=-1.0)], "goals.0", "fit_time is at least 0"),
        ([Goal("gap(accuracy, colour)", threshold=-0.1)], "goals.0", "is at least 0"),
    ],
)
def test_what_is_wrong_is_told_at_the_goal(
    table: Table, goals: list[Goal], field: str, words: str
) -> None:
    resolved = resolve(study(*goals), table)
    assert [problem.field for problem in resolved.problems] == [field]
    with pytest.raises(SpecError, match=words):
        resolved.check()


def test_every_goal_that_is_wrong_is_told(table: Table) -> None:
    resolved = resolve(study(Goal("acuracy"), Goal("accuracy"), Goal("f1")), table)
    assert [problem.field for problem in resolved.problems] == ["goals.0", "goals.2"]


@pytest.mark.parametrize("threshold", [-0.5, 0.0, 0.95, 1.0])
def test_a_threshold_that_can_be_reached_is_taken(table: Table, threshold: float) -> None:
    resolve(study(Goal("accuracy", threshold=threshold)), table).check()


def test_a_goal_that_the_model_cannot_give_is_told_before_the_study(table: Table) -> None:
    models = (ModelSpec("decision_tree"), ModelSpec("ridge"))
    resolved = resolve(study(Goal("accuracy"), Goal("calibration_error"), models=models), table)
    (problem,) = resolved.problems
    assert problem.field == "goals.1"
    assert "needs probabilities, which ridge does not give" in str(problem.error)


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ('direction = "up"', r"goals\[0\].direction must be maximize or minimize"),
        ("threshold = nan", r"goals\[0\].threshold must be a finite number"),
        ('threshold = "high"', r"goals\[0\].threshold must be a number"),
        ("treshold = 0.9", "Did you mean `threshold`"),
    ],
)
def test_a_mistake_in_the_text_of_a_goal_is_named(goal: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        parse_spec(f'[[goals]]\nmetric = "accuracy"\n{goal}\n')


def test_goals_with_thresholds_and_gaps_survive_their_text() -> None:
    goals = (Goal("accuracy", threshold=0.9), Goal("gap(accuracy, body mass)", reference=0.5))
    assert parse_spec(spec_to_toml(StudySpec(goals=goals))).goals == goals


def test_a_study_has_a_score_for_every_goal_in_every_trial(garden: Path) -> None:
    goals = [Goal("accuracy"), Goal("n_features"), Goal("gap(accuracy, colour)")]
    spec = study(*goals, data={"ignore": ("colour",), "test_share": 0.3})
    opened = run_study(spec, garden, garden / "s.hpostudy")
    history = read_history(opened)
    assert len(history.complete) == 3
    assert np.isfinite(history.losses).all()
    assert len(history.front) >= 1
    best = history.best
    assert best is not None
    assert 1 <= best.scores["n_features"] <= 2  # the ignored column is not one of them
    tested = locked_test_scores(opened.spec, garden, best)
    assert list(tested) == [goal.metric for goal in opened.spec.goals]


def test_locked_rows_too_few_for_a_gap_give_the_other_scores(garden: Path) -> None:
    spec = study(Goal("gap(accuracy, colour)"), Goal("accuracy"), data={"test_share": 0.1})
    opened = run_study(spec, garden, garden / "s.hpostudy")
    best = read_history(opened).best
    assert best is not None
    tested = locked_test_scores(opened.spec, garden, best)
    assert math.isnan(tested["gap(accuracy, colour)"])
    assert tested["accuracy"] > 0.5


def test_costs_are_goals_of_training_by_steps_too(garden: Path) -> None:
    goals = [Goal("fit_time"), Goal("accuracy"), Goal("model_size"), Goal("n_features")]
    spec = study(
        *goals,
        models=(ModelSpec("gradient_boosting"),),
        training=TrainingSpec(steps=4, stretch=2, patience=3),
        budget=BudgetSpec(trials=2),
    )
    history = read_history(run_study(spec, garden, garden / "s.hpostudy"))
    for trial in history.trials:
        assert trial.state is TrialState.COMPLETE
        for goal in goals:
            assert len(trial.curves[goal.metric]) == trial.steps_done
        assert all(np.diff(trial.curves["fit_time"]) > 0)
        assert all(np.diff(trial.curves["model_size"]) > 0)
        # judged by how well it predicts: by its time the first step would be the best
        course = trial.curves["accuracy"]
        best = course.index(max(course))
        assert trial.scores["fit_time"] == trial.curves["fit_time"][best]


def test_a_training_is_judged_by_the_first_goal_that_says_how_well_it_predicts() -> None:
    names = ["fit_time", "n_features", "gap(accuracy, colour)", "accuracy"]
    spec = study(*map(Goal, names))
    assert judging_goal(spec).metric == "gap(accuracy, colour)"
    assert judging_goal(study(Goal("model_size"), Goal("fit_time"))).metric == "model_size"


MINE = """
def objective(params):
    x = params["x"]
    return {"loss": x * x, "cost": COST}
"""


def own_study(folder: Path, cost: str, *goals: Goal, trials: int = 4) -> StudySpec:
    (folder / "mine.py").write_text(MINE.replace("COST", cost))
    return StudySpec(
        objective=FunctionSpec("mine.py:objective", (Float("x", -1, 1),)),
        goals=goals,
        strategy=Choice("sobol"),
        budget=BudgetSpec(trials=trials),
        compute=INLINE,
    )


def test_a_constant_goal_leaves_the_best_of_the_other_one(tmp_path: Path) -> None:
    spec = own_study(tmp_path, "1.0", Goal("loss"), Goal("cost"))
    history = read_history(run_study(spec, tmp_path, tmp_path / "s.hpostudy"))
    best = history.best
    assert best is not None
    assert history.front.tolist() == [best.number]


def test_a_trial_without_one_of_the_goals_fails_and_names_it(tmp_path: Path) -> None:
    nan_sometimes = "float('nan') if x > 0 else 1 + x"
    spec = own_study(tmp_path, nan_sometimes, Goal("loss"), Goal("cost"))
    history = read_history(run_study(spec, tmp_path, tmp_path / "s.hpostudy"))
    failed = [trial for trial in history.trials if trial.state is TrialState.FAILED]
    assert 0 < len(failed) < 4
    for trial in failed:
        assert trial.failure is not None
        assert "a finite number for `cost`, but got nan" in trial.failure.message
    assert len(history.complete) + len(failed) == 4


def test_where_no_trial_keeps_the_thresholds_the_nearest_is_the_best(tmp_path: Path) -> None:
    goals = (Goal("loss"), Goal("cost", threshold=-5.0))
    spec = own_study(tmp_path, "1 + x", *goals)
    history = read_history(run_study(spec, tmp_path, tmp_path / "s.hpostudy"))
    assert len(history.complete) == 4
    assert len(history.front) == 0
    assert history.best is not None
    assert history.best.number == int(np.argmin(history.losses[:, 1]))


def test_the_example_of_two_goals_is_ready_to_run() -> None:
    from hpo_gui.assembly.examples import example_spec

    spec = example_spec("penguins_small")
    assert [goal.metric for goal in spec.goals] == ["accuracy", "model_size"]
    assert spec.data is not None
    resolve(spec, read_table(spec.data.source, Path())).check()


def test_the_command_line_lists_the_example_of_two_goals() -> None:
    said = hpo("examples")
    assert said.code == 0
    assert "penguins_small" in said.text
