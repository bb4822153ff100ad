"""The final model: fitted on raw columns, answers in the original labels, needs no program."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.errors import DataError, ObjectiveError
from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation import final_model
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.final_model import fit_final
from hpo_gui.evaluation.models import MODELS
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

USUAL = PreprocessingSpec()
CHEAP = {"n_estimators": 5, "iterations": 5, "max_iter": 300}
INSTALLED = [(n, task) for n, entry in MODELS.items() if entry.available for task in entry.tasks]


def cheap(name: str) -> Params:
    entry = MODELS[name]
    known = {p.name for task in entry.tasks for p in entry.space(task, 60, 5)}
    known |= entry.fixed(entry.tasks[0]).keys()
    return {key: value for key, value in CHEAP.items() if key in known}


def fit(dataset: Dataset, model: str, params: Params | None = None, **options: Any) -> Any:
    return fit_final(dataset, model, params or {}, cheap(model), USUAL, 0, **options)


@pytest.mark.parametrize(("model", "task"), INSTALLED)
def test_every_model_predicts_from_raw_columns_after_pickling(model: str, task: str) -> None:
    if task == "classification":
        dataset = classes_dataset(60, mixed=True)
    else:
        dataset = numbers_dataset(60, mixed=True)
    fitted = pickle.loads(pickle.dumps(fit(dataset, model)))
    raw = dataset.frame.assign(extra="?")[["extra", *reversed(dataset.features)]]
    answers = fitted.predict(raw)
    assert answers.shape == (60,)
    assert np.array_equal(answers, fitted.predict(dataset.frame))
    if task == "classification":
        assert set(answers) <= {"a", "b", "c"}
        truth = np.array(dataset.classes)[dataset.target]
        assert np.mean(answers == truth) > 0.4
    else:
        assert np.corrcoef(answers, dataset.target)[0, 1] > 0.5


@pytest.mark.parametrize("classes", [("no", "yes"), (0, 1), (3, 8), (False, True), (3.0, 8.0)])
def test_answers_are_the_original_labels(classes: tuple[Any, ...]) -> None:
    dataset = classes_dataset(40, count=2, classes=classes)
    answers = fit(dataset, "decision_tree").predict(dataset.frame)
    assert set(answers.tolist()) == set(classes)
    assert {type(label) for label in answers.tolist()} == {type(label) for label in classes}


@pytest.mark.parametrize("classes", [(1.5, 2.5), (1, "many")])
def test_labels_that_scikit_learn_does_not_take_become_texts(classes: tuple[Any, ...]) -> None:
    dataset = classes_dataset(40, count=2, classes=classes)
    answers = fit(dataset, "decision_tree").predict(dataset.frame)
    assert set(answers.tolist()) == {str(label) for label in classes}


def test_unseen_categories_and_missing_values_are_survived() -> None:
    fitted = fit(classes_dataset(60, mixed=True), "logistic_regression")
    new = pd.DataFrame({"x0": [1.0], "x1": [None], "x2": [np.nan], "x3": [0], "colour": ["pink"]})
    assert fitted.predict(new)[0] in {"a", "b", "c"}


def test_all_rows_are_learnt_from_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.tree import DecisionTreeClassifier

    seen: list[int] = []
    usual = DecisionTreeClassifier.fit

    def count(self: Any, rows: Any, *rest: Any, **options: Any) -> Any:
        seen.append(len(rows))
        return usual(self, rows, *rest, **options)

    monkeypatch.setattr(DecisionTreeClassifier, "fit", count)
    dataset = classes_dataset(60, train=np.arange(45), test=np.arange(45, 60))
    fit(dataset, "decision_tree")
    fit(dataset, "decision_tree", rows="train")
    assert seen == [60, 45]


def test_the_same_seed_gives_the_same_model() -> None:
    dataset = classes_dataset(60)
    first, second = (fit(dataset, "random_forest") for _ in range(2))
    assert np.array_equal(first.predict_proba(dataset.frame), second.predict_proba(dataset.frame))


def test_weights_reach_the_final_model() -> None:
    weights = np.where(np.arange(60) % 3 == 0, 1.0, 0.0)
    dataset = classes_dataset(60, weights=weights)
    assert set(fit(dataset, "decision_tree").predict(dataset.frame)) == {"a"}
    with pytest.raises(ObjectiveError, match="must be able to weigh rows"):
        fit(dataset, "knn")


def test_a_pickled_model_needs_nothing_of_this_program(tmp_path: Path) -> None:
    dataset = classes_dataset(60, mixed=True)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(fit(dataset, "svm")))
    dataset.frame.to_csv(tmp_path / "raw.csv", index=False)
    code = (
        "import sys; sys.modules['hpo_gui'] = None\n"
        "import pickle, pandas\n"
        "model = pickle.load(open('model.pkl', 'rb'))\n"
        "print(sorted(set(model.predict(pandas.read_csv('raw.csv')).tolist())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "['a', 'b', 'c']", done.stderr


def test_labels_that_are_no_codes_are_learnt_by_models_that_want_codes() -> None:
    from sklearn.linear_model import LogisticRegression

    dataset = classes_dataset(60)
    rows = dataset.frame.to_numpy()[:, [0, 2, 3]]
    wrapped = final_model._with_labels(LogisticRegression())
    truth = np.array(dataset.classes)[dataset.target]
    plain = LogisticRegression().fit(rows, dataset.target)
    answers = wrapped.fit(rows, truth).predict(rows)
    assert np.array_equal(answers, np.array(dataset.classes)[plain.predict(rows)])


# --- the locked rows --------------------------------------------------------------------------


def locked(dataset: Dataset, metrics: tuple[str, ...], model: str = "ridge") -> dict[str, float]:
    return final_model.test_scores(dataset, model, {}, cheap(model), USUAL, metrics, 0)


def test_locked_rows_are_scored_by_a_model_that_never_saw_them() -> None:
    dataset = classes_dataset(60, mixed=True, train=np.arange(45), test=np.arange(45, 60))
    scores = locked(dataset, ("accuracy", "f1_macro"))
    fitted = fit(dataset, "ridge", rows="train")
    truth = np.array(dataset.classes)[dataset.target][45:]
    expected = np.mean(fitted.predict(dataset.frame.iloc[45:]) == truth)
    assert scores["accuracy"] == pytest.approx(expected, abs=1e-12)
    assert set(scores) == {"accuracy", "f1_macro", "fit_time", "predict_time", "model_size"}


def test_without_locked_rows_there_is_no_final_test() -> None:
    with pytest.raises(DataError, match="test_share must be above 0"):
        locked(numbers_dataset(), ("r2",))


def test_rows_are_learnt_from_in_the_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import Ridge

    seen: list[Any] = []
    usual = Ridge.fit

    def keep(self: Any, rows: Any, target: Any, **options: Any) -> Any:
        seen.append(target)
        return usual(self, rows, target, **options)

    monkeypatch.setattr(Ridge, "fit", keep)
    times = np.arange(60.0)[::-1]
    dataset = numbers_dataset(60, times=times, train=np.arange(60)[::-1][:50], test=np.arange(10))
    fit(dataset, "ridge")
    assert np.array_equal(seen[0], dataset.target[::-1])


@pytest.mark.parametrize(
    ("model", "task", "params"),
    [
        ("random_forest", "classification", {"max_features": "sqrt"}),
        ("random_forest", "classification", {"max_features": 1}),
        ("random_forest", "classification", {"max_features": 2, "n_estimators": 5}),
        ("gradient_boosting", "regression", {"max_features": "log2"}),
        ("svm", "classification", {"gamma": "scale"}),
    ],
)
@pytest.mark.parametrize("way", ["tuned", "fixed"])
def test_parameters_reach_the_model_as_they_are_written(
    model: str, task: str, params: Params, way: str
) -> None:
    """The recommended space has shares of the columns there: 1 is not 1.0, and sqrt is none."""
    rows = {"train": np.arange(45), "test": np.arange(45, 60)}
    make = classes_dataset if task == "classification" else numbers_dataset
    dataset = make(60, **rows)
    tuned, fixed = (params, {}) if way == "tuned" else ({}, params)
    usual = {name: value for name, value in cheap(model).items() if name not in params}
    fitted = fit_final(dataset, model, tuned, {**usual, **fixed}, USUAL, 0)
    found = fitted.named_steps["model"].get_params()
    for name, value in params.items():
        assert found[name] == value
        assert type(found[name]) is type(value)
    metrics = ("accuracy",) if task == "classification" else ("r2",)
    scores = final_model.test_scores(dataset, model, tuned, {**usual, **fixed}, USUAL, metrics, 0)
    assert math.isfinite(scores[metrics[0]])
