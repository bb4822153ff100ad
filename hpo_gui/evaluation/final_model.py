"""The final model: one fitted scikit-learn pipeline from raw feature columns to answers."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.class_codes import in_own_codes
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.fold import check_takes_weights, prepare_fold, weight_options
from hpo_gui.evaluation.group_gap import read_gap
from hpo_gui.evaluation.learners import Lesson
from hpo_gui.evaluation.model_choice import Candidate, as_written
from hpo_gui.evaluation.model_estimator import make_estimator
from hpo_gui.evaluation.preprocessing import make_preprocessor
from hpo_gui.evaluation.relearning import Course, relearn
from hpo_gui.evaluation.scoring import Scorer, pickled_size
from hpo_gui.evaluation.table_record import keep_record

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def fit_final(
    dataset: Dataset,
    model: str,
    params: Params,
    fixed: Params,
    preprocessing: PreprocessingSpec,
    seed: int,
    *,
    rows: Literal["all", "train"] = "all",
    course: Course | None = None,
) -> Pipeline:
    """Fit a configuration for use.

    Parameters
    ----------
    model : name in the catalogue, or dotted path
    params : the model's parameters under their own names, as its constructor takes them
    rows : all of them, or only those that tuning saw
    course : for a trial that has learnt step by step: the steps, which are gone through again

    Returns
    -------
    Pipeline
        ``predict`` takes a frame with the raw feature columns, in any order and with others
        among them, and gives the original labels. Its pickle needs nothing of this program. It
        holds how the table was read (`table_record`).
    """
    from sklearn.pipeline import Pipeline

    candidate, values = _candidate(dataset, model, params, fixed)
    chosen = _all_rows(dataset) if rows == "all" else dataset.train
    if course is not None:
        return _relearnt(dataset, candidate, course, preprocessing, seed, chosen)
    estimator = make_estimator(candidate.entry, dataset.task, values, seed)
    options = {}
    if dataset.weights is not None:
        check_takes_weights(candidate, estimator)
        options["model__sample_weight"] = dataset.weights[chosen]
    target: NDArray[Any] = dataset.target
    if dataset.task == "classification":
        target = labels(dataset)
        if candidate.entry.needs_codes:
            estimator = _with_labels(estimator)
    preprocessor = make_preprocessor(
        dataset, preprocessing, candidate.entry.needs, learnt=len(chosen)
    )
    pipeline = Pipeline([("prepare", preprocessor), ("model", estimator)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the trial has told them
        pipeline.fit(dataset.frame.iloc[chosen], target[chosen], **options)
    keep_record(pipeline, dataset.record)
    return pipeline


def _relearnt(
    dataset: Dataset,
    candidate: Candidate,
    course: Course,
    preprocessing: PreprocessingSpec,
    seed: int,
    chosen: NDArray[np.intp],
) -> Pipeline:
    """As `fit_final`, from a model that learns step by step."""
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    preprocessor = make_preprocessor(
        dataset, preprocessing, candidate.entry.needs, learnt=len(chosen)
    )
    classes = dataset.task == "classification"
    target = (labels(dataset) if classes else dataset.target)[chosen]
    codes = classes and candidate.entry.needs_codes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = preprocessor.fit_transform(dataset.frame.iloc[chosen], target)
        lesson = Lesson(
            rows,
            np.unique(target, return_inverse=True)[1] if codes else target,
            None if dataset.weights is None else dataset.weights[chosen],
        )
        estimator = relearn(candidate, course, lesson, seed).finished()
        if codes:
            estimator = _with_labels(FrozenEstimator(estimator)).fit(rows, target)
    pipeline = Pipeline([("prepare", preprocessor), ("model", estimator)])
    keep_record(pipeline, dataset.record)
    return pipeline


def test_scores(
    dataset: Dataset,
    model: str,
    params: Params,
    fixed: Params,
    preprocessing: PreprocessingSpec,
    metrics: tuple[str, ...],
    seed: int,
    *,
    course: Course | None = None,  # noqa: PT028 - it is no test
) -> dict[str, float]:
    """Learn from the rows that tuning saw and score the locked ones.

    Parameters
    ----------
    course : as `fit_final`

    Returns
    -------
    dict
        Metric -> score; fit_time, predict_time and model_size come along.

    Raises
    ------
    DataError : no rows are locked away
    ObjectiveError : the first metric cannot be computed; a gap between groups is NaN then
    """
    if not len(dataset.test):
        raise DataError(
            "data.test_share",
            "must be above 0 for a final test",
            0.0,
            remedy="Keep a share of the rows locked before the study starts.",
        )
    candidate, values = _candidate(dataset, model, params, fixed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fold = prepare_fold(
            dataset,
            dataset.train,
            dataset.test,
            preprocessing,
            needs=candidate.entry.needs,
        )
        start = time.perf_counter()
        if course is None:
            estimator = make_estimator(candidate.entry, dataset.task, values, seed)
            wants_codes = candidate.entry.wants_codes(dataset.task)
            estimator = in_own_codes(estimator, fold.learn_target, wants_codes)
            estimator.fit(
                fold.learn, fold.learn_target, **weight_options(fold, candidate, estimator)
            )
        else:
            lesson = Lesson(fold.learn, fold.learn_target, fold.learn_weights)
            estimator = relearn(candidate, course, lesson, seed).estimator
        fit_time = time.perf_counter() - start
        scores = scorer_of_locked(dataset, metrics).judge(estimator, fold)
    return {**scores, "fit_time": fit_time, "model_size": pickled_size(estimator)}


def scorer_of_locked(dataset: Dataset, metrics: tuple[str, ...]) -> Scorer:
    """What scores the locked rows; the first metric must be a number, unless it is a gap."""
    # NOTE: the locked rows may be too few for a gap, which is no reason to tell nothing
    goals = tuple(name for name in metrics[:1] if read_gap(name) is None)
    return Scorer(metrics, goals, dataset.classes)


def labels(dataset: Dataset) -> NDArray[Any]:
    """The original label of each row, shape (n,).

    Labels that scikit-learn takes for no classes, fractions and mixtures of types, become texts.
    """
    classes: tuple[Any, ...] = dataset.classes
    fractions = any(isinstance(label, float) and not label.is_integer() for label in classes)
    if fractions or len({type(label) for label in classes}) > 1:
        classes = tuple(str(label) for label in classes)
    return np.asarray(np.array(classes)[dataset.target])


def _candidate(
    dataset: Dataset, model: str, params: Params, fixed: Params
) -> tuple[Candidate, Params]:
    return as_written(model, dataset.task, {**fixed, **params})


def _all_rows(dataset: Dataset) -> NDArray[np.intp]:
    """The rows to tune on and the locked ones, in their order (by time, where there is one)."""
    rows = np.sort(np.concatenate([dataset.train, dataset.test]))
    if dataset.times is None:
        return rows
    return rows[np.argsort(dataset.times[rows], kind="stable")]


def _with_labels(estimator: Any) -> Any:
    """Let a model that only knows 0 … k-1 learn any labels, by a vote with one voter.

    NOTE: `VotingClassifier` encodes the labels itself, and is part of scikit-learn.
    """
    from sklearn.ensemble import VotingClassifier

    voting = "soft" if hasattr(estimator, "predict_proba") else "hard"
    return VotingClassifier([("model", estimator)], voting=voting)
