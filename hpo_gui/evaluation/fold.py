"""The prepared rows of one fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.model_choice import Candidate
from hpo_gui.evaluation.preprocessing import make_preprocessor
from hpo_gui.evaluation.treatments import ColumnNeeds
from hpo_gui.evaluation.trust import OURS
from hpo_gui.evaluation.used_columns import feature_sources

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

LARGEST = 1e38


@dataclass(frozen=True)
class Fold:
    """The prepared rows of one fold: to learn from, and to judge by.

    Attributes
    ----------
    learn_groups, judge_groups : column -> codes of its groups, for the gaps between them
    preprocessor : what has prepared them, fitted
    columns : the feature columns that they were made of
    """

    learn: NDArray[np.float64]
    judge: NDArray[np.float64]
    learn_target: NDArray[Any]
    judge_target: NDArray[Any]
    learn_weights: NDArray[np.float64] | None
    judge_weights: NDArray[np.float64] | None
    learn_groups: dict[str, NDArray[np.int64]]
    judge_groups: dict[str, NDArray[np.int64]]
    preprocessor: Pipeline
    columns: tuple[str, ...]

    @cached_property
    def sources(self) -> NDArray[np.intp]:
        """For each prepared feature the number of its column, shape (d,)."""
        return feature_sources(self.preprocessor, self.columns)

    @property
    def bytes(self) -> int:
        return self.learn.nbytes + self.judge.nbytes

    def for_one_model(self) -> Fold:
        """The same fold with arrays of its own, which a model may write into."""
        weights, judge_weights = self.learn_weights, self.judge_weights
        return replace(
            self,
            learn=self.learn.copy(),
            judge=self.judge.copy(),
            learn_target=self.learn_target.copy(),
            judge_target=self.judge_target.copy(),
            learn_weights=None if weights is None else weights.copy(),
            judge_weights=None if judge_weights is None else judge_weights.copy(),
        )

    def learning_from(self, rows: NDArray[np.intp]) -> Fold:
        """The same fold with only these rows to learn from, by their places among them."""
        weights = self.learn_weights
        return replace(
            self,
            learn=self.learn[rows],
            learn_target=self.learn_target[rows],
            learn_weights=None if weights is None else weights[rows],
            learn_groups={name: codes[rows] for name, codes in self.learn_groups.items()},
        )


def prepare_fold(
    dataset: Dataset,
    learn: NDArray[np.intp],
    judge: NDArray[np.intp],
    preprocessing: PreprocessingSpec,
    *,
    needs: ColumnNeeds,
) -> Fold:
    """Fit the preprocessing on the rows ``learn`` and apply it to both parts.

    Raises
    ------
    ObjectiveError : a prepared value is not finite, or too large to compute with
    """
    preprocessor = make_preprocessor(dataset, preprocessing, needs, raw=False, learnt=len(learn))
    target = dataset.target
    weights = dataset.weights
    learnt = preprocessor.fit_transform(dataset.frame.iloc[learn], target[learn])
    judged = preprocessor.transform(dataset.frame.iloc[judge])
    for prepared in (learnt, judged):
        _check_size(prepared, dataset)
    return Fold(
        learnt,
        judged,
        target[learn],
        target[judge],
        None if weights is None else weights[learn],
        None if weights is None else weights[judge],
        {name: codes[learn] for name, codes in dataset.compared.items()},
        {name: codes[judge] for name, codes in dataset.compared.items()},
        preprocessor,
        dataset.features,
    )


def _check_size(prepared: NDArray[np.float64], dataset: Dataset) -> None:
    """Models compute with squares, and trees in single precision."""
    if not prepared.size or np.abs(prepared).max() <= LARGEST:
        return
    huge = [name for name in dataset.numbers if (dataset.frame[name].abs() > LARGEST).any()]
    raise ObjectiveError(
        f"column {huge[0]}" if huge else "prepared features",
        f"must hold numbers between ±{LARGEST:.0e}",
        remedy="Ignore the column, or correct its values.",
    )


def may_write(estimator: Any) -> bool:
    """Whether a model may write into the rows that it is given, which all trials share.

    Those of others may, and scikit-learn's where ``copy_X`` or ``copy`` is switched off.
    """
    if type(estimator).__module__.partition(".")[0] not in OURS:
        return True
    options = estimator.get_params()
    return any(
        value is False
        if name.rpartition("__")[2] in ("copy", "copy_X")
        else hasattr(value, "fit") and may_write(value)
        for name, value in options.items()
    )


def check_takes_weights(candidate: Candidate, estimator: Any) -> None:
    """Check that a model can weigh rows; `ObjectiveError` otherwise."""
    takes = candidate.entry.takes_weights
    if takes is None:
        from sklearn.utils.validation import has_fit_parameter

        takes = has_fit_parameter(estimator, "sample_weight")
    if not takes:
        raise ObjectiveError(
            f"model {candidate.name}",
            "must be able to weigh rows, as there is a weight column",
            remedy="Choose another model, or give the weight column another role.",
        )


def weight_options(fold: Fold, candidate: Candidate, estimator: Any) -> dict[str, Any]:
    """What ``fit`` gets beside rows and target; `ObjectiveError` as `check_takes_weights`."""
    if fold.learn_weights is None:
        return {}
    check_takes_weights(candidate, estimator)
    return {"sample_weight": fold.learn_weights}
