"""Models that only learn the classes 0 … k-1, in folds whose rows to learn from lack a class."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from step_training import run, timeless, train_on

from hpo_gui.core.spec import Choice, ModelSpec, PreprocessingSpec
from hpo_gui.evaluation.class_codes import InOwnCodes
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.final_ensemble import Voter, ensemble_test_scores
from hpo_gui.evaluation.final_model import test_scores as scores_of_locked_rows
from hpo_gui.evaluation.held_out import predictions_of
from hpo_gui.evaluation.model_entry import ModelEntry, always
from hpo_gui.evaluation.model_learning import FOREST
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.scoring import Answers
from tests.evaluation.small_datasets import classes_dataset

METRICS = ("neg_log_loss", "accuracy", "f1_macro")
AS_USUAL = PreprocessingSpec()
BY_COLUMN = Choice("column", {"column": "fold"})
BOOSTERS = [name for name, entry in MODELS.items() if entry.requires and entry.available]


class OnlyCodes(ExtraTreesClassifier):
    """Learns the classes 0 … k-1 only, as XGBoost's do."""

    def fit(self, rows: Any, target: Any, sample_weight: Any = None) -> OnlyCodes:
        found = np.unique(target)
        if not np.array_equal(found, np.arange(len(found))):
            raise ValueError(f"Invalid classes inferred from unique values of `y`: {found}")
        super().fit(rows, target, sample_weight)
        return self


@pytest.fixture(autouse=True)
def one_that_wants_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model ``only_codes``, and ``any_codes``, which is the same and takes any."""
    kinds = {
        "only_codes": f"{OnlyCodes.__module__}.{OnlyCodes.__name__}",
        "any_codes": "sklearn.ensemble.ExtraTreesClassifier",
    }
    for name, kind in kinds.items():
        entry = ModelEntry(
            name,
            name,
            "Use in tests.",
            kind,
            make_fixed=always(n_estimators=5, max_depth=3),
            learning=FOREST,
            needs_codes=name == "only_codes",
        )
        monkeypatch.setitem(MODELS, name, entry)


def without_the_middle(**facts: Any) -> Dataset:
    """90 rows of three classes; those of the middle one are all in fold 0."""
    codes = np.arange(90) % 3
    folds = np.where(codes == 1, 0, np.arange(90) // 3 % 3)
    return classes_dataset(90, fold_column=folds.astype(np.int64), **facts)


def scores_of(
    model: str, dataset: Dataset, metrics: tuple[str, ...] = METRICS
) -> dict[str, float]:
    """Of the fold that has not learnt the middle class."""
    objective = CrossValidation(dataset, (ModelSpec(model),), BY_COLUMN, metrics=metrics)
    found = objective.evaluate({}, 1, 0)
    return {name: found[name] for name in metrics}


@pytest.mark.parametrize("model", ["only_codes", *BOOSTERS])
def test_every_booster_learns_from_rows_that_lack_a_class_in_the_middle(model: str) -> None:
    scores = scores_of(model, without_the_middle(), ("accuracy", "f1_macro"))
    assert 0 < scores["accuracy"] <= 0.4  # of five rows that judge two are of classes learnt
    assert 0 < scores["f1_macro"] < 0.7


@pytest.mark.parametrize("weighted", [False, True])
def test_a_model_that_wants_codes_scores_as_one_that_takes_any(weighted: bool) -> None:
    weights = np.linspace(0.5, 2.0, 90) if weighted else None
    dataset = without_the_middle(weights=weights)
    assert scores_of("only_codes", dataset) == scores_of("any_codes", dataset)


def test_a_model_that_wants_codes_learns_step_by_step_and_through_a_pickle() -> None:
    dataset = without_the_middle()
    options: dict[str, Any] = {
        "metrics": METRICS,
        "validation": BY_COLUMN,
        "stretch": 1,
        "steps": 2,
    }
    straight, _ = run(train_on(dataset, "only_codes", **options))
    stored, _ = run(train_on(dataset, "only_codes", **options), through_pickle=True)
    other, _ = run(train_on(dataset, "any_codes", **options))
    assert timeless(straight) == timeless(stored)
    for mine, theirs in zip(straight, other, strict=True):
        assert all(mine.folds[name] == theirs.folds[name] for name in METRICS)


def test_a_class_that_tuning_has_not_seen_is_scored_on_the_locked_rows() -> None:
    codes = np.arange(90) % 3
    late = np.flatnonzero((codes == 1) | (np.arange(90) >= 60))
    early = np.setdiff1d(np.arange(90), late)
    dataset = classes_dataset(90, train=early, test=late)
    alone = {
        model: scores_of_locked_rows(dataset, model, {}, {}, AS_USUAL, METRICS, 1)
        for model in ("only_codes", "any_codes")
    }
    voted = {
        model: ensemble_test_scores(
            dataset, [Voter("one", model, {}, 1, votes=1)], AS_USUAL, METRICS
        )
        for model in ("only_codes", "any_codes")
    }
    for found in (alone, voted):
        assert [found["only_codes"][n] for n in METRICS] == [
            found["any_codes"][n] for n in METRICS
        ]


def test_what_it_says_has_the_codes_and_the_probabilities_of_all_classes() -> None:
    dataset = without_the_middle()
    rows = dataset.frame.to_numpy()
    own = dataset.target != 1
    model = InOwnCodes(OnlyCodes()).fit(rows[own], dataset.target[own])
    model = pickle.loads(pickle.dumps(model))
    assert model.classes_.tolist() == [0, 2]
    assert set(model.predict(rows).tolist()) == {0, 2}
    said = predictions_of(Answers(model), rows, 3)
    assert said is not None
    assert (said[:, 1] == 0).all()
    assert said[:, [0, 2]] == pytest.approx(model.predict_proba(rows), abs=1e-6)


def test_a_model_is_left_as_it_is_where_no_class_is_missing_in_the_middle() -> None:
    objective = CrossValidation(
        classes_dataset(), (ModelSpec("only_codes"),), Choice("k_fold"), metrics=METRICS
    )
    same = CrossValidation(
        classes_dataset(), (ModelSpec("any_codes"),), Choice("k_fold"), metrics=METRICS
    )
    mine, theirs = objective.evaluate({}, 1, 0), same.evaluate({}, 1, 0)
    assert [mine[name] for name in METRICS] == [theirs[name] for name in METRICS]
