"""Studies whose trials learn from growing shares of the rows, from the file to the model."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from matplotlib.axes import Axes
from small_studies import INLINE, call_here, finish, flowers, houses, hpo, run_study

import hpo_gui.assembly.results
from hpo_gui.analysis.savings import savings
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.assembly.results import export_results, locked_test_scores
from hpo_gui.assembly.running import create_study, resume_study
from hpo_gui.assembly.study_table import load_table
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Int
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    DataSpec,
    EnsembleSpec,
    FunctionSpec,
    ModelSpec,
    RowsSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.strategies.observations import expected_losses

ROWS = RowsSpec(steps=3, least=0.4)
DEPTHS = ModelSpec("decision_tree", {}, (Int("max_depth", 1, 8), Int("min_samples_leaf", 1, 25)))


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    houses().to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path


def study(**changes: Any) -> StudySpec:
    usual: dict[str, Any] = {
        "data": DataSpec("flowers.csv", target="kind"),
        "models": (DEPTHS,),
        "validation": Choice("stratified_k_fold", {"folds": 3}),
        "goals": (Goal("accuracy"),),
        "start": StartSpec(defaults=False, tested=False),
        "strategy": Choice("random"),
        "rows": ROWS,
        "budget": BudgetSpec(trials=12),
        "compute": INLINE,
    }
    return StudySpec(**{**usual, **changes})


def filled(spec: StudySpec, base: Path) -> Resolved:
    return resolve(spec, load_table(spec, base))


def repeatable(trial: Trial) -> tuple[Any, ...]:
    """What does not depend on the clock."""
    curves = trial.curves.get("accuracy")
    folds = trial.fold_scores.get("accuracy")
    return trial.number, trial.params, trial.state, curves, folds, trial.failure


def test_the_section_stands_in_the_file_and_is_read_again() -> None:
    text = spec_to_toml(study())
    assert "[rows]\nsteps = 3\nleast = 0.4" in text
    assert parse_spec(text).rows == ROWS
    assert parse_spec("[rows]").rows == RowsSpec(steps=4, least=0.1)
    with pytest.raises(SpecError, match="rows.steps must be at least 2"):
        parse_spec("[rows]\nsteps = 1")


@pytest.mark.parametrize(
    ("strategy", "pruner"),
    [("random", "successive_halving"), ("tpe", "successive_halving"), ("manual", "none")],
)
def test_trials_are_halved_unless_all_shall_be_measured(
    garden: Path, strategy: str, pruner: str
) -> None:
    found = filled(study(strategy=Choice(strategy)), garden)
    assert found.spec.pruner == Choice(pruner)
    assert found.spec.rows == ROWS


@pytest.mark.parametrize("strategy", ["grid", "population"])
def test_a_grid_is_measured_whole_and_a_population_needs_training(
    garden: Path, strategy: str
) -> None:
    found = filled(study(strategy=Choice(strategy)), garden)
    told = [str(problem.error) for problem in found.problems]
    if strategy == "grid":
        assert (found.spec.pruner, told) == (Choice("none"), [])
    else:
        assert any("needs `[training]`" in text for text in told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training": TrainingSpec(), "models": (ModelSpec("sgd"),)}, "learn step by step"),
        ({"ensemble": EnsembleSpec()}, "Leave out `.ensemble.`"),
        ({"pruner": Choice("fold_racing")}, "compares trials fold by fold"),
        ({"pruner": Choice("patience")}, "more rows are no training.*successive_halving"),
    ],
)
def test_what_does_not_go_with_shares_is_refused_with_a_remedy(
    garden: Path, changes: dict[str, Any], words: str
) -> None:
    found = filled(study(**changes), garden)
    (problem,) = [problem for problem in found.problems if problem.field == "rows"]
    assert problem.step == "strategy"
    with pytest.raises(SpecError, match=f"rows must be left out.*{words}"):
        raise problem.error


def test_a_function_of_ones_own_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def objective(params):\n    return 1.0\n")
    spec = StudySpec(
        objective=FunctionSpec("mine.py:objective", (Int("x", 1, 3),)),
        goals=(Goal("value", "maximize"),),
        rows=ROWS,
    )
    (problem,) = [p for p in resolve(spec, None).problems if p.field == "rows"]
    assert "Only models learn from rows" in str(problem.error)


def test_a_first_share_that_is_too_small_is_told_before_the_study_is_made(garden: Path) -> None:
    path = garden / "small.hpostudy"
    with pytest.raises(SpecError, match=r"at least 10 rows .* gives 4 of 40.*share of 0.25"):
        create_study(study(rows=RowsSpec(least=0.1)), garden, path)
    assert not path.exists()


@pytest.mark.parametrize("pruner", ["auto", "hyperband", "median"])
def test_trials_that_learn_badly_from_few_rows_stop_and_say_so(garden: Path, pruner: str) -> None:
    opened = run_study(study(pruner=Choice(pruner)), garden, garden / "a.hpostudy")
    history = read_history(opened)
    stopped = [trial for trial in opened.trials if trial.state is TrialState.PRUNED]
    complete = [trial for trial in opened.trials if trial.state is TrialState.COMPLETE]
    assert len(stopped) + len(complete) == 12
    assert stopped
    assert all(len(trial.curves["accuracy"]) == 3 for trial in complete)
    for trial in stopped:
        assert trial.failure is not None
        assert f"After {trial.steps_done} of 3 shares of the rows, " in trial.failure.message
        assert trial.steps_done < 3
        assert len(trial.fold_scores["accuracy"]) == 3
    saved = savings(history)
    shares = [sum(ROWS.shares[: trial.steps_done]) for trial in stopped]
    left_out = sum(sum(ROWS.shares) - share for share in shares)
    assert saved.share == pytest.approx(left_out / (12 * sum(ROWS.shares)))
    assert saved.text.endswith("of the rows to learn from.")
    assert history.best is not None
    assert history.best.state is TrialState.COMPLETE


def test_a_complete_trial_has_the_scores_of_plain_cross_validation(garden: Path) -> None:
    with_shares = run_study(study(pruner=Choice("none")), garden, garden / "a.hpostudy")
    plain = run_study(study(pruner=Choice("none"), rows=None), garden, garden / "b.hpostudy")
    for one, other in zip(with_shares.trials, plain.trials, strict=True):
        assert one.params == other.params
        assert one.fold_scores["accuracy"] == other.fold_scores["accuracy"]
        assert one.scores["accuracy"] == other.scores["accuracy"] == one.curves["accuracy"][-1]


@pytest.mark.parametrize(("mode", "after"), [("asynchronous", 14), ("synchronous", 5)])
def test_a_study_that_was_stopped_goes_on_as_if_nothing_had_happened(
    garden: Path, mode: str, after: int
) -> None:
    spec = study(pruner=Choice("successive_halving", {"mode": mode}), strategy=Choice("tpe"))
    whole = run_study(spec, garden, garden / "whole.hpostudy").trials
    path = garden / "halves.hpostudy"
    runner = create_study(spec, garden, path)
    for count, _ in enumerate(runner.run()):
        if count == after:
            runner.stop_now()
    assert any(trial.state.is_open for trial in open_study(path).trials) or after < 14
    finish(resume_study(path))
    again = open_study(path).trials
    assert [repeatable(trial) for trial in again] == [repeatable(trial) for trial in whole]


def test_a_stopped_trial_counts_for_strategies_as_it_is_expected_to_have_ended(
    garden: Path,
) -> None:
    history = read_history(run_study(study(), garden, garden / "a.hpostudy"))
    expected, best = expected_losses(history), history.best
    assert best is not None
    complete = [history.trials[number].curves["accuracy"] for number in history.complete]
    for trial in history.trials:
        if trial.state is TrialState.PRUNED:
            done = trial.steps_done
            change = np.mean([curve[-1] - curve[done - 1] for curve in complete])
            end = min(trial.scores["accuracy"] + change, best.scores["accuracy"])
            assert -expected[trial.number] == pytest.approx(end)
    assert np.isfinite(expected).all()


def test_several_goals_are_halved_by_their_fronts(garden: Path) -> None:
    goals = (Goal("accuracy"), Goal("model_size"))
    trials = run_study(study(goals=goals), garden, garden / "a.hpostudy").trials
    assert {str(trial.state) for trial in trials} == {"complete", "pruned"}


def test_regression_in_time_order_learns_from_shares_of_the_past(garden: Path) -> None:
    data = DataSpec("houses.csv", target="price", ignore=("town",))
    validation = Choice("time_series", {"folds": 2})
    spec = study(data=data, validation=validation, goals=(Goal("r2"),), rows=RowsSpec(3, 0.5))
    trials = run_study(spec, garden, garden / "a.hpostudy").trials
    assert {str(trial.state) for trial in trials} == {"complete", "pruned"}


def test_the_final_model_and_the_locked_test_use_all_rows(garden: Path) -> None:
    spec = study(data=DataSpec("flowers.csv", target="kind", test_share=0.2))
    both = []
    for name, rows in (("a", RowsSpec(3, 0.5)), ("b", None)):
        changed = msgspec.structs.replace(spec, rows=rows, pruner=Choice("none"))
        opened = run_study(changed, garden, garden / f"{name}.hpostudy")
        history = read_history(opened)
        best = history.best
        assert best is not None
        target = {"model_pickle": garden / f"{name}.pkl"}
        export_results(opened.spec, garden, history, target)
        model = pickle.loads((garden / f"{name}.pkl").read_bytes())
        scores = locked_test_scores(opened.spec, garden, best, history=history)
        both.append((best.params, list(model.predict(flowers())), scores["accuracy"]))
        assert model.named_steps["model"].tree_.n_node_samples[0] == 60
    assert both[0] == both[1]


def test_the_command_line_runs_it_and_tells_what_was_saved(garden: Path) -> None:
    (garden / "study.toml").write_text(spec_to_toml(study()), encoding="utf-8")
    said = hpo("run", garden / "study.toml", "--out", garden / "out")
    assert said.code == 0, said.text
    assert "of the rows to learn from" in said.text


def test_the_curves_over_the_shares_are_exported(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[str] = []
    monkeypatch.setattr(Axes, "set_xlabel", lambda self, text: named.append(text))
    opened = run_study(study(), garden, garden / "a.hpostudy")
    history = read_history(opened)
    targets = {"learning_csv": garden / "c.csv", "learning_svg": garden / "c.svg"}
    export_results(opened.spec, garden, history, targets)
    lines = (garden / "c.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + sum(trial.steps_done for trial in history.trials)
    assert named == ["share of the rows learnt from"]
    assert (garden / "c.svg").stat().st_size > 0
