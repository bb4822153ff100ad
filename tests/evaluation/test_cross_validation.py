"""Cross-validation equals scikit-learn's, shares its work, and explains what cannot be scored."""

from __future__ import annotations

import math
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from hpo_gui.core.errors import DataError, ObjectiveError, SpecError
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec, PreprocessingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation import cross_validation
from hpo_gui.evaluation.cross_validation import (
    CrossValidation,
    CrossValidationFactory,
    read_bundle,
    write_bundle,
)
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.evaluation_check import check_evaluation
from hpo_gui.evaluation.model_estimator import make_estimator
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.preprocessing import make_preprocessor
from hpo_gui.evaluation.table import Table, make_table
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

SEED = 3
THREE = Choice("k_fold", {"folds": 3})
USUAL = PreprocessingSpec()


def evaluate(
    objective: CrossValidation, params: Params, seed: int = SEED
) -> list[dict[str, float]]:
    state = objective.start(params, seed)
    found = []
    for index in range(objective.steps):
        scores, state = objective.step(state, params, index)
        found.append(scores)
    return found


def column(found: list[dict[str, float]], metric: str) -> list[float]:
    return [scores[metric] for scores in found]


def grid_search(
    dataset: Dataset,
    objective: CrossValidation,
    model: str,
    grid: dict[str, list[Any]],
    metric: str,
) -> NDArray[np.float64]:
    """Scores of scikit-learn, shape (folds, candidates)."""
    entry = MODELS[model]
    estimator = make_estimator(entry, dataset.task, entry.fixed(dataset.task), SEED)
    prefix = "model__regressor__" if hasattr(estimator, "regressor") else "model__"
    pipeline = Pipeline(
        [("prepare", make_preprocessor(dataset, USUAL, entry.needs)), ("model", estimator)]
    )
    search = GridSearchCV(
        pipeline,
        {prefix + name: values for name, values in grid.items()},
        cv=objective.splits,
        scoring=metric,
        refit=False,
    )
    search.fit(dataset.frame, dataset.target)
    return np.array([search.cv_results_[f"split{i}_test_score"] for i in range(objective.steps)])


@pytest.mark.parametrize(
    ("model", "grid", "metric"),
    [
        ("logistic_regression", {"C": [0.1, 1.0, 30.0]}, "accuracy"),
        ("svm", {"C": [0.5, 5.0]}, "balanced_accuracy"),
        ("random_forest", {"max_features": [0.3, 1.0], "n_estimators": [8]}, "neg_log_loss"),
        ("knn", {"n_neighbors": [1, 7]}, "f1_macro"),
        ("mlp", {"hidden_layer_sizes": [(8,), (4, 4)], "max_iter": [20]}, "accuracy"),
        ("hist_gradient_boosting", {"max_iter": [4]}, "roc_auc_ovr"),
    ],
)
def test_class_scores_equal_those_of_grid_search(
    model: str, grid: dict[str, list[Any]], metric: str
) -> None:
    dataset = classes_dataset(90, mixed=True)
    objective = CrossValidation(dataset, (ModelSpec(model),), THREE, USUAL, (metric,), SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        expected = grid_search(dataset, objective, model, grid, metric)
    names, values = list(grid), [dict(zip(grid, row, strict=True)) for row in _product(grid)]
    assert names
    for place, params in enumerate(values):
        assert column(evaluate(objective, params), metric) == pytest.approx(
            expected[:, place], abs=1e-12
        )


@pytest.mark.parametrize(
    ("model", "grid"),
    [
        ("ridge", {"alpha": [0.1, 10.0]}),
        ("svm", {"C": [1.0, 100.0]}),
        ("extra_trees", {"max_features": [0.5, 1.0], "n_estimators": [8]}),
        ("ada_boost", {"n_estimators": [5]}),
    ],
)
@pytest.mark.parametrize("metric", ["neg_root_mean_squared_error", "r2"])
def test_regression_scores_equal_those_of_grid_search(
    model: str, grid: dict[str, list[Any]], metric: str
) -> None:
    dataset = numbers_dataset(60, mixed=True)
    objective = CrossValidation(dataset, (ModelSpec(model),), THREE, USUAL, (metric,), SEED)
    expected = grid_search(dataset, objective, model, grid, metric)
    for place, row in enumerate(_product(grid)):
        params = dict(zip(grid, row, strict=True))
        assert column(evaluate(objective, params), metric) == pytest.approx(
            expected[:, place], abs=1e-12
        )


def _product(grid: dict[str, list[Any]]) -> list[tuple[Any, ...]]:
    import itertools

    return list(itertools.product(*(grid[name] for name in sorted(grid, key=list(grid).index))))


# --- what comes along -------------------------------------------------------------------------


def test_several_metrics_and_costs_are_recorded_at_once() -> None:
    metrics = ("accuracy", "neg_log_loss", "fit_time")
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("naive_bayes"),), THREE, metrics=metrics
    )
    first, *others = evaluate(objective, {})
    assert set(first) == {*metrics, "predict_time", "model_size"}
    for scores in others:
        assert set(scores) == {*metrics, "predict_time"}
    assert 200 < first["model_size"] < 20_000
    assert 0 < first["fit_time"] < 10
    assert 0 < first["predict_time"] < 10


def test_costs_alone_can_be_the_goal() -> None:
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("ridge"),), THREE, metrics=("model_size", "predict_time")
    )
    assert evaluate(objective, {"alpha": 1.0})[0]["predict_time"] > 0


def test_predictions_are_made_once_for_all_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.naive_bayes import GaussianNB

    calls: list[str] = []
    usual = GaussianNB.predict_proba
    monkeypatch.setattr(
        GaussianNB, "predict_proba", lambda self, rows: calls.append("p") or usual(self, rows)
    )
    metrics = ("neg_log_loss", "roc_auc_ovr", "neg_brier_score")
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("naive_bayes"),), THREE, metrics=metrics
    )
    objective.step(SEED, {}, 0)
    assert calls == ["p"]


def test_preprocessing_is_fitted_once_per_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.impute import SimpleImputer

    fitted: list[int] = []
    usual = SimpleImputer.fit

    def fit(self: Any, rows: Any, target: Any = None) -> Any:
        fitted.append(len(rows))
        return usual(self, rows, target)

    monkeypatch.setattr(SimpleImputer, "fit", fit)
    objective = CrossValidation(
        classes_dataset(60, mixed=True), (ModelSpec("ridge"),), THREE, metrics=("accuracy",)
    )
    for alpha in (0.1, 1.0, 10.0):
        evaluate(objective, {"alpha": alpha})
    assert fitted == [40, 40, 40]


def test_scores_are_the_same_without_room_to_keep_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = classes_dataset(60, mixed=True)
    make = lambda: CrossValidation(  # noqa: E731 - twice the same
        dataset, (ModelSpec("ridge"),), THREE, metrics=("accuracy",)
    )
    kept = column(evaluate(make(), {"alpha": 1.0}), "accuracy")
    monkeypatch.setattr(cross_validation, "CACHE_BYTES", 0)
    assert column(evaluate(make(), {"alpha": 1.0}), "accuracy") == kept


def test_models_that_scale_and_models_that_do_not_share_an_evaluation() -> None:
    models = (ModelSpec("ridge"), ModelSpec("decision_tree"))
    objective = CrossValidation(classes_dataset(), models, THREE, metrics=("accuracy",))
    both = [
        evaluate(objective, {"model": "ridge", "ridge.alpha": 1.0}),
        evaluate(objective, {"model": "decision_tree", "decision_tree.max_depth": 3}),
    ]
    for model, params, found in zip(models, ({"alpha": 1.0}, {"max_depth": 3}), both, strict=True):
        alone = CrossValidation(classes_dataset(), (model,), THREE, metrics=("accuracy",))
        assert column(found, "accuracy") == column(evaluate(alone, params), "accuracy")


def twenty_towns(rows: int = 300) -> tuple[Table, DataSpec]:
    """A table of which a column of 20 categories in no order tells nearly all."""
    rng = np.random.default_rng(0)
    town, effects = rng.integers(0, 20, rows), rng.normal(size=20) * 5
    target = effects[town] + rng.normal(size=rows) * 0.1
    columns = {"town": [f"t{number}" for number in town], "x": rng.normal(size=rows)}
    return make_table(pd.DataFrame({**columns, "y": target})), DataSpec("t", target="y")


def test_linear_regression_learns_what_each_of_many_categories_is_worth() -> None:
    dataset = make_dataset(*twenty_towns(), 0)
    objective = CrossValidation(dataset, (ModelSpec("linear_regression"),), THREE, metrics=("r2",))
    assert min(column(evaluate(objective, {}), "r2")) > 0.99


def test_naive_bayes_learns_what_each_of_many_categories_is_worth() -> None:
    table, data = twenty_towns()
    above = table.frame["y"] > table.frame["y"].median()
    table = make_table(table.frame.assign(y=np.where(above, "high", "low")))
    objective = CrossValidation(
        make_dataset(table, data, 0), (ModelSpec("naive_bayes"),), THREE, metrics=("roc_auc",)
    )
    assert min(column(evaluate(objective, {}), "roc_auc")) > 0.95


def test_models_that_number_categories_and_models_that_do_not_share_an_evaluation() -> None:
    models = tuple(ModelSpec(name) for name in ("decision_tree", "linear_regression"))
    dataset = make_dataset(*twenty_towns(), 0)
    objective = CrossValidation(dataset, models, THREE, metrics=("r2",))
    evaluate(objective, {"model": "decision_tree"})
    linear = column(evaluate(objective, {"model": "linear_regression"}), "r2")
    assert min(linear) > 0.99


def test_the_trials_seed_is_the_random_state() -> None:
    objective = CrossValidation(
        classes_dataset(),
        (ModelSpec("random_forest", {"n_estimators": 5}),),
        THREE,
        metrics=("neg_log_loss",),
    )
    first, again, other = (
        column(evaluate(objective, {"max_features": 0.3}, seed), "neg_log_loss")
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_warnings_are_written_once_a_trial(capfd: pytest.CaptureFixture[str]) -> None:
    objective = CrossValidation(
        classes_dataset(mixed=True),
        (ModelSpec("mlp", {"max_iter": 2}),),
        THREE,
        metrics=("accuracy",),
    )
    for _ in range(2):
        evaluate(objective, {})
    written = capfd.readouterr().err
    assert written.count("ConvergenceWarning") == 2
    assert "site-packages" not in written


def test_only_the_training_rows_are_seen() -> None:
    dataset = classes_dataset(60, train=np.arange(40), test=np.arange(40, 60))
    objective = CrossValidation(dataset, (ModelSpec("ridge"),), THREE, metrics=("accuracy",))
    seen = np.concatenate([np.concatenate(split) for split in objective.splits])
    assert set(seen) == set(range(40))


# --- weights ----------------------------------------------------------------------------------


def test_weights_count_in_fits_and_scores() -> None:
    weights = np.where(np.arange(60) % 2, 3.0, 1.0)
    dataset = numbers_dataset(60, weights=weights)
    repeated = np.repeat(np.arange(60), weights.astype(int))
    objective = CrossValidation(
        dataset, (ModelSpec("linear_regression"),), THREE, metrics=("neg_mean_squared_error",)
    )
    found = column(evaluate(objective, {}), "neg_mean_squared_error")
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_squared_error

    for score, (learn, judge) in zip(found, objective.splits, strict=True):
        learn, judge = (repeated[np.isin(repeated, part)] for part in (learn, judge))
        rows, target = dataset.frame.to_numpy(), dataset.target
        model = LinearRegression().fit(rows[learn], target[learn])
        expected = -mean_squared_error(target[judge], model.predict(rows[judge]))
        assert score == pytest.approx(expected, rel=1e-9)


def test_a_model_that_cannot_weigh_rows_says_so() -> None:
    dataset = classes_dataset(60, weights=np.ones(60))
    objective = CrossValidation(dataset, (ModelSpec("knn"),), THREE, metrics=("accuracy",))
    with pytest.raises(ObjectiveError, match="must be able to weigh rows"):
        evaluate(objective, {})


@pytest.mark.parametrize("learnt", [2, 3, 4, 7])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_target_encoding_learns_from_few_rows_too(task: str, learnt: int) -> None:
    classes = task == "classification"
    dataset = classes_dataset(mixed=True) if classes else numbers_dataset(mixed=True)
    metric, model = ("accuracy", "naive_bayes") if classes else ("r2", "ridge")
    past = Choice("time_series", {"folds": 2, "max_train_size": learnt})
    objective = CrossValidation(
        dataset, (ModelSpec(model),), past, PreprocessingSpec(categories="target"), (metric,)
    )
    encoder = objective.fold(0, objective.choice.candidates[model]).preprocessor["columns"]
    assert encoder.named_transformers_["target"]["encode"].cv.n_splits == min(learnt, 5)
    assert np.isfinite(objective.evaluate({}, 1, 0)[metric])


# --- what cannot be scored --------------------------------------------------------------------


class Odd(ClassifierMixin, BaseEstimator):
    """An estimator that misbehaves as it is told."""

    def __init__(self, how: str = "raise") -> None:
        self.how = how

    def fit(self, rows: Any, target: Any) -> Odd:
        self.classes_ = np.unique(target)
        if self.how == "raise":
            raise RuntimeError("no luck today")
        return self

    def predict(self, rows: Any) -> Any:
        if self.how == "raise later":
            raise ValueError("more neighbors than rows")
        return np.full(len(rows), self.classes_[0])

    def predict_proba(self, rows: Any) -> Any:
        if self.how == "no probabilities":
            raise NotImplementedError("not by this kernel")
        said = np.full((len(rows), len(self.classes_)), 1 / len(self.classes_))
        said[::3] = np.nan
        return said


def odd(how: str, *metrics: str) -> CrossValidation:
    path = f"{Odd.__module__}.{Odd.__name__}"
    return CrossValidation(
        classes_dataset(), (ModelSpec(path, {"how": how}),), THREE, metrics=metrics
    )


def test_what_an_estimator_raises_comes_out() -> None:
    with pytest.raises(RuntimeError, match="no luck today"):
        evaluate(odd("raise", "accuracy"), {})


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_what_an_estimator_raises_while_it_predicts_is_not_blamed_on_the_metric(
    metric: str,
) -> None:
    with pytest.raises(ValueError, match=r"^more neighbors than rows$"):
        evaluate(odd("raise later", metric), {})


@pytest.mark.parametrize("metric", ["neg_log_loss", "roc_auc_ovr", "average_precision"])
def test_probabilities_that_are_no_numbers_are_an_error_and_not_ranked(metric: str) -> None:
    with pytest.raises(ObjectiveError, match=r"predict_proba\(\) must give no NaN, but got '7 of"):
        evaluate(odd("nan", metric), {})


@pytest.mark.parametrize("how", ["nan", "no probabilities"])
@pytest.mark.parametrize("metric", ["neg_log_loss", "roc_auc_ovr"])
def test_another_metric_that_cannot_be_computed_stays_out_of_the_way(
    how: str, metric: str
) -> None:
    found = evaluate(odd(how, "accuracy", metric), {})
    assert math.isnan(found[0][metric])
    assert math.isfinite(found[0]["accuracy"])


# --- models that write into their rows --------------------------------------------------------


class Writer(RegressorMixin, BaseEstimator):
    """Takes the means away in place, as quick code does."""

    def fit(self, rows: Any, target: Any) -> Writer:
        rows -= rows.mean(axis=0)
        target -= target.mean()
        self.weights_ = np.linalg.lstsq(rows, target, rcond=None)[0]
        return self

    def predict(self, rows: Any) -> Any:
        rows -= rows.mean(axis=0)
        return rows @ self.weights_


@pytest.mark.parametrize(
    "model",
    [
        ModelSpec("ridge", {"copy_X": False}),
        ModelSpec("sklearn.linear_model.LassoLars", {"copy_X": False}),
        ModelSpec("sklearn.ensemble.BaggingRegressor", {"estimator": f"{__name__}.Writer"}),
        ModelSpec(f"{__name__}.Writer"),
    ],
    ids=["ridge", "lars", "bagging", "of the user"],
)
def test_a_model_that_writes_into_its_rows_changes_no_score_of_others(model: ModelSpec) -> None:
    unscaled = PreprocessingSpec(scaling="none")
    both = (model, ModelSpec("knn"))
    objective = CrossValidation(numbers_dataset(), both, THREE, unscaled, metrics=("r2",))
    before = column(evaluate(objective, {"model": "knn"}), "r2")
    first = column(evaluate(objective, {"model": model.name}), "r2")
    assert column(evaluate(objective, {"model": model.name}), "r2") == first
    assert column(evaluate(objective, {"model": "knn"}), "r2") == before


def test_missing_probabilities_are_explained() -> None:
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("svm"),), THREE, metrics=("neg_log_loss",)
    )
    with pytest.raises(ObjectiveError, match="needs probabilities, which SVC does not give"):
        evaluate(objective, {})


def test_a_metric_with_a_condition_on_the_target_names_it() -> None:
    dataset = numbers_dataset(60)
    dataset.target[:] -= dataset.target.mean()
    objective = CrossValidation(
        dataset, (ModelSpec("ridge"),), THREE, metrics=("neg_mean_gamma_deviance",)
    )
    with pytest.raises(ObjectiveError, match="must be above 0"):
        evaluate(objective, {})


def test_a_wrong_parameter_is_named_by_the_estimator() -> None:
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("ridge"),), THREE, metrics=("accuracy",)
    )
    with pytest.raises(ValueError, match="alpha"):
        evaluate(objective, {"alpha": -1.0})


def test_huge_values_are_told_before_they_reach_the_model() -> None:
    dataset = numbers_dataset(60)
    dataset.frame.iloc[:30, 0] = 1e300
    objective = CrossValidation(dataset, (ModelSpec("ridge"),), THREE, metrics=("r2",))
    with (
        np.errstate(over="ignore"),
        pytest.raises(ObjectiveError, match="column x0 must hold numbers"),
    ):
        evaluate(objective, {})


# --- before the start -------------------------------------------------------------------------


def test_a_sound_evaluation_passes_the_check() -> None:
    models = (ModelSpec("svm"), ModelSpec("random_forest", {"n_estimators": 5}))
    assert check_evaluation(classes_dataset(), models, THREE, ("accuracy", "fit_time")) == 3


@pytest.mark.parametrize(
    ("dataset", "model", "validation", "metric", "words"),
    [
        (classes_dataset(), ModelSpec("svm"), THREE, "roc_auc", "roc_auc_ovr"),
        (classes_dataset(), ModelSpec("svm"), THREE, "neg_log_loss", "needs probabilities"),
        (numbers_dataset(), ModelSpec("svm"), Choice("leave_one_out"), "r2", "at least 2 rows"),
        (numbers_dataset(), ModelSpec("ridge", {"alfa": 1}), THREE, "r2", "`alpha`"),
        (
            numbers_dataset(),
            ModelSpec("ridge", space=(Float("aplha", 0, 1),)),
            THREE,
            "r2",
            "models.ridge.space.aplha",
        ),
        (
            numbers_dataset(weights=np.ones(60)),
            ModelSpec("knn"),
            THREE,
            "r2",
            "must be able to weigh",
        ),
    ],
)
def test_what_does_not_fit_is_told_before_the_start(
    dataset: Dataset, model: ModelSpec, validation: Choice, metric: str, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        check_evaluation(dataset, (model,), validation, (metric,))


def test_only_the_goal_must_be_given_by_every_model() -> None:
    models = (ModelSpec("svm"), ModelSpec("naive_bayes"))
    assert check_evaluation(classes_dataset(), models, THREE, ("accuracy", "neg_log_loss")) == 3


def test_rows_that_cannot_be_split_are_told_before_the_start() -> None:
    with pytest.raises(DataError, match="group column"):
        check_evaluation(numbers_dataset(), (ModelSpec("ridge"),), Choice("group_k_fold"), ("r2",))


# --- across processes -------------------------------------------------------------------------


def test_a_factory_makes_the_same_objective_elsewhere(tmp_path: Path) -> None:
    dataset = classes_dataset(60, mixed=True)
    factory = CrossValidationFactory(
        write_bundle(dataset, tmp_path),
        (ModelSpec("random_forest", {"n_estimators": 5}),),
        THREE,
        metrics=("accuracy",),
        seed=SEED,
    )
    packed = pickle.dumps(factory)
    assert len(packed) < 2_000
    here = evaluate(factory(), {"max_depth": 3})
    there = evaluate(pickle.loads(packed)(), {"max_depth": 3})
    assert column(here, "accuracy") == column(there, "accuracy")


def test_a_bundle_keeps_everything(tmp_path: Path) -> None:
    dataset = classes_dataset(60, mixed=True, groups=np.arange(60))
    again = read_bundle(write_bundle(dataset, tmp_path))
    assert again.frame.equals(dataset.frame)
    assert np.array_equal(again.target, dataset.target)
    assert again.classes == dataset.classes
    assert again.groups is not None
