"""What models say of unseen rows is kept by cross-validation, and read back only when whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.held_out import HeldOut, key_of, predictions_of
from hpo_gui.evaluation.scoring import Answers
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

THREE = Choice("k_fold", {"folds": 3})
TREE = (ModelSpec("decision_tree"),)


def evaluate(objective: CrossValidation, seed: int = 3) -> list[dict[str, float]]:
    return [objective.step(seed, {"max_depth": 2}, fold)[0] for fold in range(3)]


def key(objective: CrossValidation, seed: int = 3) -> str:
    candidate, values = objective.choice.pick({"max_depth": 2})
    return key_of(candidate.name, values, seed)


def test_each_fold_leaves_the_probabilities_of_its_rows(tmp_path: Path) -> None:
    store, dataset = HeldOut(tmp_path / "new"), classes_dataset()
    objective = CrossValidation(dataset, TREE, THREE, metrics=("accuracy",), held_out=store)
    scores = evaluate(objective)
    for fold, (_, judge) in enumerate(objective.splits):
        said = store.load(key(objective), fold, len(judge), 3)
        assert said is not None
        hits = np.argmax(said, axis=1) == dataset.target[judge]
        assert hits.mean() == pytest.approx(scores[fold]["accuracy"])


def test_keeping_predictions_changes_no_score(tmp_path: Path) -> None:
    dataset, metrics = classes_dataset(), ("accuracy", "neg_log_loss")
    plain = evaluate(CrossValidation(dataset, TREE, THREE, metrics=metrics))
    store = HeldOut(tmp_path)
    kept = evaluate(CrossValidation(dataset, TREE, THREE, metrics=metrics, held_out=store))
    assert [[s[m] for m in metrics] for s in kept] == [[s[m] for m in metrics] for s in plain]


def test_regression_leaves_numbers(tmp_path: Path) -> None:
    store, dataset = HeldOut(tmp_path), numbers_dataset()
    objective = CrossValidation(dataset, TREE, THREE, metrics=("r2",), held_out=store)
    evaluate(objective)
    said = store.load(key(objective), 0, 20, 0)
    assert said is not None
    assert said.dtype == np.float32
    assert abs(said - dataset.target[objective.splits[0][1]]).mean() < 20


def test_a_model_without_probabilities_leaves_nothing(tmp_path: Path) -> None:
    store = HeldOut(tmp_path)
    models = (ModelSpec("sklearn.svm.LinearSVC"),)
    objective = CrossValidation(
        classes_dataset(), models, THREE, metrics=("accuracy",), held_out=store
    )
    scores, _ = objective.step(0, {}, 0)
    assert scores["accuracy"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_fails_no_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    objective = CrossValidation(
        classes_dataset(), TREE, THREE, metrics=("accuracy",), held_out=HeldOut(blocked / "x")
    )
    assert all("accuracy" in scores for scores in evaluate(objective))
    assert capsys.readouterr().err.count("cannot be kept") == 1


def test_a_class_that_a_model_has_not_learnt_gets_probability_0() -> None:
    tree = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 2])
    said = predictions_of(Answers(tree), np.array([[0.0], [1.0]]), 4)
    assert said is not None
    assert said.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    "damage",
    [b"", b"no array", None, np.ones((5, 3)), np.full((4, 3), 1 / 3), np.full((5, 3), np.nan)],
    ids=["empty", "text", "missing", "double precision", "other rows", "not finite"],
)
def test_what_is_missing_or_damaged_is_not_read(tmp_path: Path, damage: object) -> None:
    store = HeldOut(tmp_path)
    good = np.full((5, 3), 1 / 3, dtype=np.float32)
    store.save("a", 0, good)
    assert store.load("a", 0, 5, 3) is not None
    if damage is None:
        store.path("a", 0).unlink()
    elif isinstance(damage, bytes):
        store.path("a", 0).write_bytes(damage)
    else:
        assert isinstance(damage, np.ndarray)
        kept = damage if len(damage) == 5 and np.isfinite(damage).all() else np.float32(damage)
        np.save(store.path("a", 0), kept)
    assert store.load("a", 0, 5, 3) is None


def test_rows_that_are_no_probabilities_are_not_read(tmp_path: Path) -> None:
    store = HeldOut(tmp_path)
    store.save("a", 0, np.ones((5, 3), dtype=np.float32))
    assert store.load("a", 0, 5, 3) is None


def test_only_the_wanted_trials_stay(tmp_path: Path) -> None:
    store = HeldOut(tmp_path)
    for name in ("a", "b"):
        for fold in range(2):
            store.save(name, fold, np.zeros(3, dtype=np.float32))
    store.forget_others({"b"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b-0.npy", "b-1.npy"]


def test_a_key_is_of_model_parameters_and_seed() -> None:
    keys = {
        key_of("knn", {"n": 1}, 0),
        key_of("svm", {"n": 1}, 0),
        key_of("knn", {"n": 2}, 0),
        key_of("knn", {"n": 1}, 1),
    }
    assert len(keys) == 4
    assert key_of("knn", {"a": 1, "b": (2, None)}, 0) == key_of("knn", {"b": (2, None), "a": 1}, 0)
