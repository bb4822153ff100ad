"""Cross-validation as an objective: one step a fold, everything that can be shared is shared.

The preprocessing is fitted once per fold, on the rows to learn from only, and reused by all
trials of the worker.
"""

from __future__ import annotations

import pickle
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.objective import State
from hpo_gui.core.spec import Choice, ModelSpec, PreprocessingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.class_codes import in_own_codes
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.fold import Fold, may_write, prepare_fold, weight_options
from hpo_gui.evaluation.held_out import HeldOut, HeldOutKeeper, key_of
from hpo_gui.evaluation.model_choice import Candidate, ModelChoice
from hpo_gui.evaluation.model_estimator import load_class, make_estimator, remember_signatures
from hpo_gui.evaluation.scoring import Answers, Scorer, pickled_size
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.evaluation.treatments import ColumnNeeds

USUAL_PREPROCESSING = PreprocessingSpec()

CACHE_BYTES = 512 * 2**20


class CrossValidation:
    """Evaluates configurations on fixed splits; see `core.objective.Objective`.

    Parameters
    ----------
    models : one or several; with several, ``params["model"]`` names one of them
    metrics : computed in every fold; fit_time, predict_time and model_size come along
    seed : of the splits
    goals : the metrics that must be numbers; by default the first
    held_out : where the predictions for the rows to judge by are kept; None for nowhere

    Raises
    ------
    SpecError, DataError : these models, metrics or splits do not fit the dataset
    """

    def __init__(
        self,
        dataset: Dataset,
        models: tuple[ModelSpec, ...],
        validation: Choice,
        preprocessing: PreprocessingSpec = USUAL_PREPROCESSING,
        metrics: tuple[str, ...] = (),
        seed: int = 0,
        *,
        goals: tuple[str, ...] = (),
        held_out: HeldOut | None = None,
    ) -> None:
        self.dataset = dataset
        self.choice = ModelChoice(models, dataset.task)
        for candidate in self.choice.candidates.values():
            load_class(candidate.entry.constructor(dataset.task))  # not in the first trial's time
        remember_signatures()
        self.preprocessing = preprocessing
        self.seed = seed
        self.splits = make_splits(dataset, validation, seed)
        self.scorer = Scorer(metrics, goals or metrics[:1], dataset.classes)
        self._keeper = None if held_out is None else HeldOutKeeper(held_out, dataset)
        self._folds: dict[tuple[int, ColumnNeeds], Fold] = {}
        self._folds_bytes = 0
        self._told: set[str] = set()

    @property
    def steps(self) -> int:
        return len(self.splits)

    def start(self, params: Params, seed: int) -> State:
        """The state is the trial's seed: folds do not depend on one another."""
        self._told.clear()
        return seed

    def step(self, state: State, params: Params, index: int) -> tuple[dict[str, float], State]:
        """Fit on the rows to learn from and score the others."""
        return self.evaluate(params, int(state), index), state

    def evaluate(
        self, params: Params, seed: int, index: int, rows: NDArray[np.intp] | None = None
    ) -> dict[str, float]:
        """Fit the model of a fold and score it.

        Parameters
        ----------
        seed : of the trial
        rows : which of the fold's rows to learn from it learns from, by their places; None for all
        """
        candidate, values = self.choice.pick(params)
        with self.quiet():
            fold = self.fold(index, candidate)
            if rows is not None:
                fold = fold.learning_from(rows)
            estimator = make_estimator(candidate.entry, candidate.task, values, seed)
            if may_write(estimator):
                fold = fold.for_one_model()
            wants_codes = candidate.entry.wants_codes(candidate.task)
            estimator = in_own_codes(estimator, fold.learn_target, wants_codes)
            answers = Answers(estimator, probable=self._keeper is not None)
            scores = self._evaluate(answers, fold, candidate, check=index == 0)
            if self._keeper is not None:
                key = key_of(candidate.name, values, seed)
                with trusting():
                    self._keeper.keep(key, index, answers, fold.judge)
        if index == 0:
            scores["model_size"] = pickled_size(estimator)
        return scores

    def _evaluate(
        self, answers: Answers, fold: Fold, candidate: Candidate, *, check: bool
    ) -> dict[str, float]:
        estimator = answers.estimator
        options = weight_options(fold, candidate, estimator)
        with trusting(check_parameters=check):
            start = time.perf_counter()
            estimator.fit(fold.learn, fold.learn_target, **options)
            fit_time = time.perf_counter() - start
        scores = self.judge(answers, fold)
        scores["fit_time"] = fit_time
        return scores

    def judge(self, estimator: Any, fold: Fold) -> dict[str, float]:
        """Metric -> score of a fitted estimator, or its answers, on a fold's rows to judge by."""
        with trusting():
            return self.scorer.judge(estimator, fold)

    def fold(self, index: int, candidate: Candidate) -> Fold:
        """The prepared rows of a fold; prepared once where the cache has room."""
        key = (index, candidate.entry.needs)
        kept = self._folds.get(key)
        if kept is not None:
            return kept
        fold = prepare_fold(
            self.dataset,
            *self.splits[index],
            self.preprocessing,
            needs=candidate.entry.needs,
        )
        # NOTE: folds come round in turn, so that dropping old ones would drop all of them
        if self._folds_bytes + fold.bytes <= CACHE_BYTES:
            self._folds[key] = fold
            self._folds_bytes += fold.bytes
        return fold

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Write each warning once a trial, without its place in foreign code."""
        with warnings.catch_warnings(record=True) as caught:
            # NOTE: scikit-learn sets the filters anew for each tree of a forest: let there be one
            warnings.resetwarnings()
            warnings.simplefilter("default")
            yield
        for warning in caught:
            text = f"{warning.category.__name__}: {warning.message}"
            if text not in self._told:
                self._told.add(text)
                sys.stderr.write(f"{text}\n")


def trusting(*, check_parameters: bool = False) -> AbstractContextManager[None]:
    """Rows were checked when they were prepared, and parameters are checked in the first fold."""
    from sklearn import config_context

    context: AbstractContextManager[None] = config_context(
        assume_finite=True, skip_parameter_validation=not check_parameters
    )
    return context


# --- across processes -------------------------------------------------------------------------


def write_bundle(dataset: Dataset, folder: Path) -> Path:
    """Write a dataset for the workers of a study; the caller deletes the folder afterwards."""
    path = folder / "dataset.pkl"
    with path.open("wb") as file:
        pickle.dump(dataset, file, protocol=5)
    return path


def read_bundle(path: Path) -> Dataset:
    """Read what `write_bundle` wrote; only for files of this program's own run."""
    with path.open("rb") as file:
        dataset = pickle.load(file)
    assert isinstance(dataset, Dataset)
    return dataset


@dataclass(frozen=True)
class CrossValidationFactory:
    """Makes the objective in a worker; parameters as `CrossValidation`.

    Attributes
    ----------
    bundle : the file from `write_bundle`
    """

    bundle: Path
    models: tuple[ModelSpec, ...]
    validation: Choice
    preprocessing: PreprocessingSpec = USUAL_PREPROCESSING
    metrics: tuple[str, ...] = ()
    seed: int = 0
    goals: tuple[str, ...] = ()
    held_out: HeldOut | None = None

    def __call__(self) -> CrossValidation:
        return CrossValidation(
            read_bundle(self.bundle),
            self.models,
            self.validation,
            self.preprocessing,
            self.metrics,
            self.seed,
            goals=self.goals,
            held_out=self.held_out,
        )
