"""Studies with training: filled in, refused with a remedy, run, and fitted at the end."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from small_studies import INLINE, call_here, finish, flowers, houses, messages_of, run_study

import hpo_gui.assembly.results
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.assembly.results import course_of, export_results, locked_test_scores
from hpo_gui.assembly.running import create_study
from hpo_gui.assembly.study_table import load_table
from hpo_gui.assembly.training import changeable
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    PhaseSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step

TWO = BudgetSpec(trials=2)
TRAINING = TrainingSpec(steps=4, stretch=2)


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


def study(*models: ModelSpec, target: str = "kind", **changes: Any) -> StudySpec:
    source = "flowers.csv" if target == "kind" else "houses.csv"
    usual: dict[str, Any] = {
        "data": DataSpec(source, target=target),
        "models": models,
        "training": TRAINING,
        "validation": Choice("k_fold", {"folds": 3}),
        "strategy": Choice("random"),
        "pruner": Choice("none"),
        "budget": TWO,
        "compute": INLINE,
    }
    return StudySpec(**{**usual, **changes})


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    houses().to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path


def filled(spec: StudySpec, base: Path) -> Resolved:
    return resolve(spec, load_table(spec, base))


# --- filling in and refusing --------------------------------------------------------------------


def test_what_the_steps_decide_is_neither_tuned_nor_fixed(garden: Path) -> None:
    names = {}
    for model in ("sgd", "gradient_boosting", "hist_gradient_boosting", "random_forest", "mlp"):
        resolved = filled(study(ModelSpec(model)), garden).check()
        assert resolved.space is not None
        names[model] = set(resolved.space.names)
        assert resolved.spec.models[0].fixed.keys() <= {"hidden_layer_sizes"}
        again = resolve(
            parse_spec(spec_to_toml(resolved.spec)), load_table(resolved.spec, garden)
        ).check()
        assert again.spec == resolved.spec
        assert again.start == resolved.start
    assert "eta0" in names["sgd"]
    assert not {"learning_rate", "n_estimators"} & names["sgd"]
    assert names["gradient_boosting"] == {"learning_rate", "max_depth"}
    assert not {"max_iter", "early_stopping", "n_iter_no_change"} & names["hist_gradient_boosting"]


def test_a_rate_that_only_one_schedule_of_sgd_knew_is_tuned_always(garden: Path) -> None:
    resolved = filled(study(ModelSpec("sgd")), garden).check()
    assert all("eta0" in proposal.params for proposal in resolved.start)


def test_the_stretch_is_filled_in_where_it_is_the_same_for_all_models(garden: Path) -> None:
    spec = study(ModelSpec("mlp"), training=TrainingSpec())
    assert filled(spec, garden).spec.training == TrainingSpec(stretch=5)
    both = study(ModelSpec("mlp"), ModelSpec("random_forest"), training=TrainingSpec())
    assert filled(both, garden).spec.training == TrainingSpec()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (study(ModelSpec("svm")), "left out for svm, which cannot learn by steps.*sgd, naive_b"),
        (study(ModelSpec("mlp"), ModelSpec("knn")), "left out for knn"),
        (
            study(ModelSpec("random_forest", {"n_estimators": 50})),
            r"models.random_forest.fixed.n_estimators must be left out: `training` says",
        ),
        (
            study(ModelSpec("gradient_boosting", {}, (Int("n_estimators", 5, 50),))),
            r"models.gradient_boosting.space.n_estimators must be left out",
        ),
        (
            study(ModelSpec("sgd", {"learning_rate": "optimal"})),
            r"sgd.fixed.learning_rate must be left out: learning by steps sets it to 'constant'",
        ),
        (
            study(ModelSpec("hist_gradient_boosting", {"early_stopping": True})),
            r"early_stopping must be left out",
        ),
        (
            study(ModelSpec("random_forest"), schedule=Choice("cosine")),
            r"schedule needs a learning rate, which random_forest does not have.*one of sgd",
        ),
        (
            study(ModelSpec("mlp"), training=TrainingSpec(rate="lr")),
            r"training.rate must be left out where models are tuned",
        ),
        (
            study(ModelSpec("mlp"), training=TrainingSpec(4, phases=(PhaseSpec(4, {}),))),
            r"training.phases\[0\].step must be below 4, but got 4",
        ),
        (
            study(
                ModelSpec("mlp"),
                training=TrainingSpec(4, phases=(PhaseSpec(1, {"activation": "tanh"}),)),
            ),
            r"phases\[0\].params.activation must be a parameter that may change",
        ),
    ],
)
def test_what_cannot_learn_by_steps_is_refused_with_a_remedy(
    spec: StudySpec, words: str, garden: Path
) -> None:
    resolved = filled(spec, garden)
    assert [(problem.step, problem.field) for problem in resolved.problems] == [
        ("space", "training")
    ]
    with pytest.raises(SpecError, match=words):
        resolved.check()


def test_a_setting_that_the_steps_need_anyway_may_stand_in_the_file(garden: Path) -> None:
    fixed = {"learning_rate": "constant", "early_stopping": False}
    assert filled(study(ModelSpec("sgd", fixed)), garden).problems == ()


def test_what_may_change_while_a_model_learns_is_known_ahead(garden: Path) -> None:
    space = (Float("eta0", 1e-4, 1.0), Float("schedule_warmup", 0, 0.5), Int("n_jobs", 1, 1))
    one = filled(study(ModelSpec("sgd", {}, space[:2]), schedule=Choice("cosine")), garden)
    assert changeable(one.spec, "classification") == ("eta0", "schedule_warmup")
    several = filled(
        study(ModelSpec("sgd", {}, space[:1]), ModelSpec("random_forest")), garden
    ).spec
    assert changeable(several, "classification") == (
        "sgd.eta0",
        "random_forest.max_features",
        "random_forest.min_samples_split",
        "random_forest.min_samples_leaf",
        "random_forest.max_depth",
        "random_forest.max_samples",
    )
    runner = create_study(one.spec, garden, garden / "one.hpostudy")
    plan = runner.study.history.plan
    assert (plan.steps, plan.learns, plan.changeable) == (4, True, ("eta0", "schedule_warmup"))
    finish(runner)


# --- running ------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["kind", "price"])
@pytest.mark.parametrize("model", ["sgd", "gradient_boosting", "extra_trees"])
def test_a_study_learns_step_by_step(model: str, target: str, garden: Path) -> None:
    opened = run_study(study(ModelSpec(model), target=target), garden, garden / "a.hpostudy")
    history = read_history(opened)
    metric = history.goal.metric
    for trial in opened.trials:
        assert trial.state is TrialState.COMPLETE, trial.failure
        assert len(trial.curves[metric]) == 4
        assert len(trial.fold_scores[metric]) == 3
        assert f"train_{metric}" in trial.curves


def test_several_models_learn_in_one_study(garden: Path) -> None:
    models = (ModelSpec("sgd"), ModelSpec("random_forest"))
    spec = study(
        *models, budget=BudgetSpec(trials=6), schedule=Choice("cosine"), pruner=Choice("none")
    )
    opened = run_study(spec, garden, garden / "a.hpostudy")
    assert {trial.state for trial in opened.trials} == {TrialState.COMPLETE}
    assert {trial.params["model"] for trial in opened.trials} == {"sgd", "random_forest"}
    for trial in opened.trials:  # a forest has no rate that a schedule could change
        assert ("learning_rate" in trial.curves) == (trial.params["model"] == "sgd")


def test_a_training_that_diverges_is_a_failed_trial(garden: Path) -> None:
    model = ModelSpec(
        "mlp",
        {"solver": "sgd", "hidden_layer_sizes": (4, 4)},
        (Float("learning_rate_init", 1e5, 1e6, log=True),),
    )
    spec = study(model, training=TrainingSpec(steps=40), target="price")
    opened = run_study(spec, garden, garden / "a.hpostudy")
    for trial in opened.trials:
        assert trial.state is TrialState.FAILED
        assert trial.failure is not None
        assert trial.failure.kind == "raised"
        assert "diverges" in trial.failure.message or "NaN" in trial.failure.message


# --- the model in the end -----------------------------------------------------------------------


def test_the_final_model_has_learnt_as_many_steps_as_counted(garden: Path) -> None:
    spec = study(
        ModelSpec("gradient_boosting", {}, (Float("learning_rate", 0.5, 1.0),)),
        data=DataSpec("flowers.csv", target="kind", test_share=0.2),
        training=TrainingSpec(steps=30, stretch=2, patience=2),
        goals=(Goal("neg_log_loss"),),
    )
    opened = run_study(spec, garden, garden / "a.hpostudy")
    history = read_history(opened)
    best = history.best
    assert best is not None
    course = best.course("neg_log_loss")
    counted = 1 + int(np.argmax(course))
    assert counted < len(course) < 30
    export_results(opened.spec, garden, history, {"model_pickle": garden / "m.pkl"})
    model = pickle.loads((garden / "m.pkl").read_bytes())
    final = model.named_steps["model"]
    assert len(final.estimators_) == 2 * counted
    assert final.get_params()["warm_start"] is False
    assert set(model.predict(flowers())) <= {"iris", "lily", "rose"}
    scores = locked_test_scores(opened.spec, garden, best, history=history)
    assert scores.keys() == {"neg_log_loss"}


@pytest.mark.parametrize("model", ["sgd", "mlp"])
def test_a_final_model_of_a_scaled_target_predicts_in_its_own_unit(
    model: str, garden: Path
) -> None:
    spec = study(
        ModelSpec(model), target="price", schedule=Choice("cosine"), training=TrainingSpec(30)
    )
    opened = run_study(spec, garden, garden / "a.hpostudy")
    export_results(opened.spec, garden, read_history(opened), {"model_pickle": garden / "m.pkl"})
    predicted = pickle.loads((garden / "m.pkl").read_bytes()).predict(houses())
    assert np.corrcoef(predicted, houses()["price"])[0, 1] > 0.8
    assert abs(float(predicted.mean()) - float(houses()["price"].mean())) < 50


def test_a_child_is_learnt_along_its_line(garden: Path) -> None:
    spec = filled(
        study(ModelSpec("sgd", {}, (Float("eta0", 1e-4, 1.0),)), training=TrainingSpec(6)), garden
    ).spec
    first = learnt(Trial(0, {"eta0": 0.5}, Origin("pbt"), seed=11), 0, 0.5, 0.6, 0.4)
    second = learnt(Trial(1, {"eta0": 0.1}, Origin("pbt"), parent=0, seed=22), 3, 0.7, 0.8)
    resolved = filled(spec, garden)
    assert resolved.space is not None
    history = History(resolved.space, resolved.goals, [first, second])
    course = course_of(spec, history, second)
    assert course.steps == (
        (0, {"eta0": 0.5}),
        (1, {"eta0": 0.5}),
        (2, {"eta0": 0.5}),
        (3, {"eta0": 0.1}),
        (4, {"eta0": 0.1}),
    )
    assert course.losses == (-0.5, -0.6, -0.4, -0.7, -0.8)
    best = msgspec.structs.replace(spec, training=TrainingSpec(6, patience=2))
    kept = [index for index, _ in course_of(best, history, second).steps]
    assert kept == [0, 1, 3, 4], "the step after the first one's best was undone"
    export_results(spec, garden, history, {"model_pickle": garden / "m.pkl"}, 1)
    final = pickle.loads((garden / "m.pkl").read_bytes()).named_steps["model"]
    assert final.eta0 == 0.1
    assert final.random_state == 11, "it goes on with what its ancestor began with"


def learnt(trial: Trial, first: int, *scores: float) -> Trial:
    """A complete trial whose best step counts."""
    best = -1.0
    for index, score in enumerate(scores, first):
        trial = add_step(trial, index, Learned({"accuracy": (score,)}, score > best))
        best = max(best, score)
    return msgspec.structs.replace(trial, state=TrialState.COMPLETE)


# --- functions of one's own ---------------------------------------------------------------------


STEPS = """
import time

def start(params, seed):
    return 1.0

def step(state, params, index):
    {line}
    state = state * (1 - params["lr"])
    return {{"loss": state}}, state
"""


def function_study(folder: Path, line: str = "pass", **changes: Any) -> StudySpec:
    (folder / "train.py").write_text(STEPS.format(line=line))
    usual: dict[str, Any] = {
        "objective": FunctionSpec("train.py:step", (Float("lr", 0.1, 0.5),), start="start"),
        "goals": (Goal("loss", "minimize"),),
        "strategy": Choice("random"),
        "pruner": Choice("none"),
        "budget": TWO,
        "compute": INLINE,
    }
    return StudySpec(**{**usual, **changes})


def test_a_function_with_a_start_learns_by_steps(tmp_path: Path) -> None:
    opened = run_study(function_study(tmp_path), tmp_path, tmp_path / "a.hpostudy")
    assert opened.spec.training == TrainingSpec()
    for trial in opened.trials:
        assert trial.state is TrialState.COMPLETE
        assert len(trial.curves["loss"]) == 20
        assert trial.scores["learning_rate"] == trial.params["lr"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"objective": FunctionSpec("train.py:step"), "training": TRAINING},
            r"objective.start must name the function that begins a training.*def start",
        ),
        (
            {"objective": FunctionSpec("train.py:step", start="not a name")},
            r"objective.start must be the name of a function in the same file",
        ),
        ({"training": TRAINING}, r"training.stretch must be left out"),
        ({"training": TrainingSpec(rate="speed")}, r"training.rate must be one of lr"),
        (
            {
                "objective": FunctionSpec("train.py:step", (Float("x", 0, 1),), start="start"),
                "schedule": Choice("cosine"),
            },
            r"schedule needs a learning rate: a parameter of the name learning_rate, lr",
        ),
        *(
            (
                {
                    "training": TrainingSpec(
                        phases=(PhaseSpec(0, {"lr": 0.1}), PhaseSpec(4, wrong))
                    )
                },
                r"training.phases\[1\].params.lr must be a learning rate: a number above 0 and at "
                "most 1e\\+06, but got",
            )
            for wrong in ({"lr": -3.0}, {"lr": math.nan}, {"lr": 1e9}, {"lr": 0})
        ),
    ],
)
def test_a_function_that_cannot_learn_by_steps_is_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=words):
        resolve(function_study(tmp_path, **changes), None).check()


def test_a_start_that_is_not_in_the_file_is_told_before_anything_runs(tmp_path: Path) -> None:
    spec = function_study(tmp_path)
    assert spec.objective is not None
    wrong = msgspec.structs.replace(spec.objective, start="begin")
    with pytest.raises(Exception, match="must define the function `begin`"):
        create_study(
            msgspec.structs.replace(spec, objective=wrong), tmp_path, tmp_path / "a.hpostudy"
        )
    assert not (tmp_path / "a.hpostudy").exists()


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("raise OSError('no data')", "raised", "no data"),
        ("return float('nan'), state", "raised", "step() at step 0 must return a finite number"),
        ("return state, {'loss': 1.0}, 3", "raised", "must return two things"),
    ],
)
def test_a_step_that_goes_wrong_is_a_failed_trial(
    line: str, kind: str, words: str, tmp_path: Path
) -> None:
    opened = run_study(function_study(tmp_path, line), tmp_path, tmp_path / "a.hpostudy")
    for trial in opened.trials:
        assert trial.failure is not None
        assert trial.failure.kind == kind
        assert words in trial.failure.message


def test_a_step_that_hangs_is_ended_by_the_time_limit(tmp_path: Path) -> None:
    compute = ComputeSpec(workers=1, trial_seconds=1.0)
    spec = function_study(
        tmp_path, "time.sleep(100)", compute=compute, budget=BudgetSpec(trials=1)
    )
    messages_of(create_study(spec, tmp_path, tmp_path / "a.hpostudy"))
    (trial,) = open_study(tmp_path / "a.hpostudy").trials
    assert trial.failure is not None
    assert trial.failure.kind == "time_limit"
