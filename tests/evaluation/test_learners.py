"""Models that learn on: each family step by step, exactly, with the learning rate asked for."""

from __future__ import annotations

import importlib.util
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier
from step_training import column, run, timeless, train_on

from hpo_gui.core.errors import ObjectiveError, SpecError
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import Choice, ModelSpec, PhaseSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.learners import LearningModel, Lesson
from hpo_gui.evaluation.models import MODELS, find_model
from hpo_gui.evaluation.table_training import TRAIN_ROWS
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

COSINE = Choice("cosine", {"final": 0.1})
SMALL: dict[str, Params] = {
    "mlp": {"hidden_layer_sizes": (6,)},
    "random_forest": {"max_samples": 0.8},
    "gradient_boosting": {"subsample": 0.7, "max_depth": 2},
    "hist_gradient_boosting": {"max_features": 0.5, "min_samples_leaf": 5},
}
LEARNING = [
    (name, task)
    for name, entry in MODELS.items()
    if entry.learning is not None and entry.available
    for task in entry.tasks
]


def dataset_for(task: str, rows: int = 90, **facts: Any) -> Dataset:
    if task == "classification":
        return classes_dataset(rows, **facts)
    return numbers_dataset(rows, **facts)


@pytest.mark.parametrize(("model", "task"), LEARNING)
def test_a_model_that_was_pickled_goes_on_bit_for_bit(model: str, task: str) -> None:
    schedule = COSINE if MODELS[model].learning.rate else Choice("constant")
    options: dict[str, Any] = {"fixed": SMALL.get(model), "stretch": 3, "patience": 3}
    dataset = dataset_for(task)
    straight, last = run(train_on(dataset, model, schedule=schedule, **options))
    through, stored = run(
        train_on(dataset, model, schedule=schedule, **options), through_pickle=True
    )
    assert timeless(straight) == timeless(through)
    assert last.inner.models[0].learnt == stored.inner.models[0].learnt == 3 * len(straight)


@pytest.mark.parametrize(("model", "task"), LEARNING)
def test_each_fold_is_scored_on_rows_learnt_from_too(model: str, task: str) -> None:
    metric = "accuracy" if task == "classification" else "r2"
    found, _ = run(train_on(dataset_for(task), model, fixed=SMALL.get(model), stretch=2))
    for learned in found:
        assert len(learned.folds[metric]) == 3
        assert len(learned.folds[f"train_{metric}"]) == 3
        assert len(learned.folds["model_size"]) == 1
        assert {"fit_time", "predict_time"} <= learned.folds.keys()
    assert ("learning_rate" in found[0].folds) == bool(MODELS[model].learning.rate)


@pytest.mark.parametrize(("model", "task"), LEARNING)
def test_a_state_holds_no_rows_of_the_table(model: str, task: str) -> None:
    fixed = {**SMALL.get(model, {}), **({"max_depth": 2} if "forest" in model else {})}
    if model == "extra_trees":
        fixed["max_depth"] = 2
    sizes = {}
    for rows in (300, 3000):
        dataset = dataset_for(task, rows)
        _, state = run(train_on(dataset, model, fixed=fixed, steps=2, stretch=1))
        sizes[rows] = len(pickle.dumps(state))
    rows_of_all_folds = (3000 - 300) * 4 * 8 * 2
    # NOTE: a booster keeps the borders of its bins, and there are more with more rows
    assert sizes[3000] - sizes[300] < rows_of_all_folds / 10


def inner(state: Any) -> Any:
    """The estimator of the first fold, where it learns a scaled target too."""
    estimator = state.inner.models[0].estimator
    return getattr(estimator, "regressor_", estimator)


@pytest.mark.parametrize(
    ("model", "task"), [(name, task) for name, task in LEARNING if MODELS[name].learning.rate]
)
def test_the_learning_rate_of_a_schedule_is_the_one_that_the_estimator_has(
    model: str, task: str
) -> None:
    name = MODELS[model].learning.rate
    fixed = {**SMALL.get(model, {}), name: 0.05}
    training = train_on(dataset_for(task), model, schedule=COSINE, fixed=fixed, stretch=2)
    state, rates = training.start({}, 1), []
    for index in range(4):
        learned, state = training.step(state, {}, index)
        estimator = inner(state)
        assert estimator.get_params()[name] == learned.folds["learning_rate"][0]
        if model == "mlp":  # what its optimizer has copied is what it learns with
            assert estimator._optimizer.learning_rate_init == learned.folds["learning_rate"][0]
        rates.append(learned.folds["learning_rate"])
    shape = [0.1 + 0.9 * (1 + np.cos(np.pi * u / 3)) / 2 for u in range(4)]
    assert np.array(rates) == pytest.approx(0.05 * np.outer(shape, np.ones(3)))


def test_sgd_learns_with_the_rate_of_each_step() -> None:
    training = train_on(
        classes_dataset(90, 2), "sgd", schedule=COSINE, fixed={"eta0": 0.05}, stretch=1
    )
    found, state = run(training)
    learner = training._learner
    fold = learner._evaluation.fold(0, learner._evaluation.choice.candidates["sgd"])
    expected = SGDClassifier(learning_rate="constant", shuffle=False, random_state=1)
    for epoch, (rate, *_) in enumerate(column(found, "learning_rate")):
        order = np.random.default_rng([1, epoch]).permutation(len(fold.learn))
        expected.set_params(eta0=rate)
        expected.partial_fit(fold.learn[order], fold.learn_target[order], classes=[0, 1])
    assert np.array_equal(inner(state).coef_, expected.coef_)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_network_with_a_tiny_rate_hardly_moves_any_more(solver: str) -> None:
    phases = (PhaseSpec(1, {"learning_rate_init": 1e-12}),)
    training = train_on(
        classes_dataset(),
        "mlp",
        fixed={"solver": solver, "hidden_layer_sizes": (4,)},
        phases=phases,
        stretch=2,
    )
    state = training.start({}, 1)
    _, state = training.step(state, {}, 0)
    before = [weights.copy() for weights in inner(state).coefs_]
    if solver == "sgd":  # what has momentum moves on: stop it first
        state.inner.models[0].learn(
            {"solver": "sgd", "hidden_layer_sizes": (4,), "momentum": 0.0},
            Lesson(np.zeros((2, 4)), np.array([0, 1])),
            1,
        )
        before = [weights.copy() for weights in inner(state).coefs_]
    _, state = training.step(state, {"momentum": 0.0} if solver == "sgd" else {}, 1)
    moved = max(
        float(np.abs(new - old).max())
        for new, old in zip(inner(state).coefs_, before, strict=True)
    )
    assert moved < 1e-9


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("model", ["gradient_boosting", "hist_gradient_boosting"])
def test_trees_that_are_there_predict_as_before_when_the_rate_changes(
    model: str, task: str
) -> None:
    dataset = dataset_for(task)
    answer = "predict_proba" if task == "classification" else "predict"
    phases = (PhaseSpec(1, {"learning_rate": 1e-9}),)
    training = train_on(
        dataset, model, steps=2, stretch=4, phases=phases, fixed={"learning_rate": 0.5}
    )
    state = training.start({}, 1)
    rows = np.random.default_rng(0).normal(size=(20, 4))
    _, state = training.step(state, {}, 0)
    before = getattr(inner(state), answer)(rows)
    _, state = training.step(state, {}, 1)
    assert inner(state).get_params()["learning_rate"] == 1e-9
    assert getattr(inner(state), answer)(rows) == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize(
    "model", ["random_forest", "extra_trees", "gradient_boosting", "hist_gradient_boosting"]
)
def test_trees_step_by_step_are_the_trees_of_one_fit(model: str, task: str) -> None:
    training = train_on(dataset_for(task), model, stretch=3)
    learner = training._learner
    _, state = run(training)
    estimator = inner(state)
    fold = learner._evaluation.fold(0, learner._evaluation.choice.candidates[model])
    whole = clone(estimator).set_params(warm_start=False).fit(fold.learn, fold.learn_target)
    assert estimator.get_params()[MODELS[model].learning.length] == 12
    assert whole.predict(fold.judge) == pytest.approx(estimator.predict(fold.judge), rel=1e-12)


def test_the_length_that_a_study_fixes_gives_way_to_the_steps() -> None:
    fixed = {"n_estimators": 500, "n_iter_no_change": 1}
    _, state = run(train_on(classes_dataset(), "gradient_boosting", fixed=fixed, stretch=2))
    assert len(inner(state).estimators_) == 8


def test_parameters_may_change_while_a_model_learns_and_others_may_not() -> None:
    training = train_on(classes_dataset(), "mlp", fixed={"hidden_layer_sizes": (4,)})
    state = training.start({"alpha": 0.1}, 1)
    _, state = training.step(state, {"alpha": 0.1}, 0)
    _, state = training.step(state, {"alpha": 0.2}, 1)
    assert inner(state).alpha == 0.2
    with pytest.raises(ObjectiveError, match=r"activation must stay as it was.*may change: learn"):
        training.step(state, {"alpha": 0.2, "activation": "tanh"}, 2)


def test_several_models_each_learn_their_own_way() -> None:
    models = (ModelSpec("sgd", {}, (Float("eta0", 1e-3, 1),)), ModelSpec("random_forest"))
    training = train_on(classes_dataset(), *models, stretch=2)
    phases = {"model": "sgd", "sgd.eta0": 0.01}
    found, _ = run(training, phases)
    assert column(found, "learning_rate")[0] == (0.01,) * 3
    found, state = run(training, {"model": "random_forest"})
    assert state.inner.models[2].learnt == 8
    assert "learning_rate" not in found[0].folds


def test_weights_of_rows_count() -> None:
    rows = 90
    weights = np.where(np.arange(rows) % 3 == 0, 100.0, 0.01)
    weighted, _ = run(train_on(classes_dataset(rows, weights=weights), "sgd"))
    plain, _ = run(train_on(classes_dataset(rows), "sgd"))
    assert column(weighted, "accuracy") != column(plain, "accuracy")


def test_the_training_score_is_of_some_rows_of_a_large_table() -> None:
    dataset = classes_dataset(3 * TRAIN_ROWS)
    training = train_on(dataset, "naive_bayes", steps=1)
    learner = training._learner
    fold = learner._evaluation.fold(0, learner._evaluation.choice.candidates["naive_bayes"])
    rows, target, *_ = learner._some(0, fold)
    assert len(rows) == len(target) == TRAIN_ROWS
    assert np.array_equal(rows, learner._some(0, fold)[0])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_training_that_diverges_fails_with_a_reason(task: str) -> None:
    fixed = {"learning_rate_init": 1e6, "solver": "sgd", "hidden_layer_sizes": (4, 4)}
    training = train_on(dataset_for(task), "mlp", fixed=fixed, steps=60)
    with pytest.raises(ObjectiveError, match=r"diverges.*smaller learning rate"):
        run(training)


@pytest.mark.parametrize("words", ["Floating-point under-/overflow occurred", "contains infinity"])
def test_what_an_estimator_says_of_its_weights_is_told_as_divergence(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(*arguments: object, **options: object) -> None:
        raise ValueError(f"{words} at epoch #1. Scaling input data may help.")

    monkeypatch.setattr(SGDClassifier, "partial_fit", overflow)
    with pytest.raises(ObjectiveError, match=f"it diverges: {words} at epoch #1"):
        run(train_on(classes_dataset(), "sgd"))


def test_another_error_of_an_estimator_is_told_as_it_is() -> None:
    with pytest.raises(ValueError, match="penalty"):
        run(train_on(classes_dataset(), "sgd", fixed={"penalty": "l7"}))


def test_a_solver_that_cannot_learn_by_steps_is_told() -> None:
    training = train_on(classes_dataset(), "mlp", fixed={"solver": "lbfgs"})
    with pytest.raises(ObjectiveError, match=r"partial_fit.*lbfgs"):
        training.start({}, 1)


# --- any class by its dotted name ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "rate"),
    [
        ("sklearn.linear_model.Perceptron", True),
        ("sklearn.naive_bayes.BernoulliNB", False),
        ("sklearn.ensemble.BaggingClassifier", False),
    ],
)
def test_a_class_with_partial_fit_or_warm_start_learns_by_steps(path: str, rate: bool) -> None:
    found, state = run(train_on(classes_dataset(), path, stretch=2), through_pickle=True)
    assert ("learning_rate" in found[0].folds) is rate
    assert state.inner.models[0].learnt == 8
    straight, _ = run(train_on(classes_dataset(), path, stretch=2))
    assert timeless(straight) == timeless(found)


@pytest.mark.filterwarnings("ignore:.*PassiveAggressive.*|.*this is deprecated.*")
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_passive_aggressive_models_learn_by_steps(task: str) -> None:
    kind = "Classifier" if task == "classification" else "Regressor"
    path = f"sklearn.linear_model.PassiveAggressive{kind}"
    found, _ = run(train_on(dataset_for(task), path), {"C": 0.1})
    assert len(found) == 4


def test_other_classes_learn_only_as_a_whole() -> None:
    assert find_model("sklearn.tree.ExtraTreeClassifier", "classification").learning is None
    entry = find_model("svm", "classification")
    with pytest.raises(ObjectiveError, match="model svm must be able to learn by steps"):
        LearningModel(entry, "classification", {}, 0)


@pytest.mark.parametrize("model", ["lightgbm", "xgboost"])
def test_a_booster_that_is_not_installed_is_told_with_the_line_that_installs_it(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"not installed.*pip install"):
        train_on(classes_dataset(), model)
