"""Models that learn on: a stretch of epochs or trees at a time, and may be pickled in between.

A model that was pickled and read again goes on exactly as the one that was not. It holds no rows
of the table.
"""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.value import Params, Value, same
from hpo_gui.evaluation.class_codes import in_own_codes
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_estimator import make_estimator
from hpo_gui.evaluation.model_learning import How

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

_WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_", "loss_")
_OF_OPTIMIZER = {
    "learning_rate_init": ("learning_rate_init", "learning_rate"),
    "momentum": ("momentum",),
    "beta_1": ("beta_1",),
    "beta_2": ("beta_2",),
}
"""Parameters of a neural network that its optimizer has copied when it was made."""


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from.

    Attributes
    ----------
    rows : prepared features, shape (n, d)
    target : (n,)
    weights : (n,), or None
    """

    rows: NDArray[np.float64]
    target: NDArray[Any]
    weights: NDArray[np.float64] | None = None


class LearningModel:
    """One model that learns on from where it is.

    Parameters
    ----------
    values : constructor parameters
    seed : of the estimator, and of the order of the rows in each epoch

    Attributes
    ----------
    estimator : predicts, once it has learnt something
    learnt : epochs or trees so far
    seconds : that it has learnt for, so far

    Raises
    ------
    ObjectiveError : the model cannot learn by steps with these parameters
    """

    def __init__(self, entry: ModelEntry, task: Task, values: Params, seed: int) -> None:
        if entry.learning is None:
            raise ObjectiveError(f"model {entry.name}", "must be able to learn by steps")
        self.learnt = 0
        self.seconds = 0.0
        self._learning = entry.learning
        self._wants_codes = entry.wants_codes(task)
        self._seed = seed
        self._values = self._own(values)
        self.estimator = make_estimator(entry, task, self._values, seed)
        # what learns: where the target is scaled, it stands inside of what predicts
        self._scales = entry.scales_target and task == "regression"
        self._inner = self.estimator.regressor if self._scales else self.estimator
        if self._learning.how == "partial_fit" and not hasattr(self._inner, "partial_fit"):
            raise ObjectiveError(
                f"model {entry.name}",
                "must have `partial_fit` with these parameters",
                {k: v for k, v in values.items() if k in ("solver", "loss", "kernel")},
                remedy="Choose another solver.",
            )

    @property
    def rate(self) -> float | None:
        """The learning rate that the estimator really uses; None where there is none."""
        if not self._learning.rate:
            return None
        optimizer = getattr(self._inner, "_optimizer", None)
        if optimizer is not None:
            return float(optimizer.learning_rate_init)
        value = self._inner.get_params()[self._learning.rate]
        return None if value is None else float(value)

    def learn(self, values: Params, lesson: Lesson, stretch: int) -> None:
        """Learn a stretch of epochs or trees with parameters that may have changed.

        Raises
        ------
        ObjectiveError : a parameter has changed that cannot, or the training diverges
        """
        began = time.perf_counter()
        self._change(self._own(values))
        if not self.learnt and self._wants_codes:
            self.estimator = self._inner = in_own_codes(self._inner, lesson.target, True)
        wrapped = self._scaled(lesson) if self._scales else lesson
        try:
            _LEARN[self._learning.how](self, self._inner, wrapped, stretch)
        except (ValueError, OverflowError, FloatingPointError) as error:
            if not _speaks_of_divergence(error):
                raise
            raise _diverged(str(error).split(". ")[0]) from error
        self.learnt += stretch
        self._check_finite()
        if self._scales and self.learnt == stretch:
            self._wrap(lesson)
        self.seconds += time.perf_counter() - began

    def finished(self) -> Any:
        """The estimator, for use: whoever fits it again begins anew."""
        if "warm_start" in self._inner.get_params():
            self._inner.set_params(warm_start=False)
        return self.estimator

    def _own(self, values: Params) -> Params:
        """Without what the steps decide, and with what learning by steps needs."""
        left_out = self._learning.left_out
        kept = {name: value for name, value in values.items() if name not in left_out}
        return {**kept, **self._learning.settings}

    def _change(self, values: Params) -> None:
        for name, value in values.items():
            before = self._values.get(name)
            if name in self._values and same(value, before):
                continue
            if name not in self._learning.changeable:
                changeable = ", ".join(self._learning.changeable) or "nothing"
                raise ObjectiveError(
                    name,
                    f"must stay as it was, {before!r}, while a model learns",
                    value,
                    remedy=f"Between two steps may change: {changeable}.",
                )
            self._set(name, value)
        self._values = {**self._values, **values}

    def _set(self, name: str, value: Value) -> None:
        before = self._inner.get_params().get(name)
        self._inner.set_params(**{name: value})
        optimizer = getattr(self._inner, "_optimizer", None)
        for attribute in _OF_OPTIMIZER.get(name, ()):
            if hasattr(optimizer, attribute):
                setattr(optimizer, attribute, value)
        if name == "learning_rate" and _predicts_with_rate(self._inner):
            _rescale_trees(self._inner, before / float(value))

    def _scaled(self, lesson: Lesson) -> Lesson:
        """With a target of mean 0 and variance 1."""
        from sklearn.preprocessing import StandardScaler

        column = np.asarray(lesson.target, dtype=np.float64)[:, None]
        if self.learnt:
            scaler = self.estimator.transformer_
        else:
            scaler = StandardScaler().fit(column)
        return Lesson(lesson.rows, scaler.transform(column)[:, 0], lesson.weights)

    def _wrap(self, lesson: Lesson) -> None:
        """Let what has learnt a scaled target predict in the target's own unit."""
        from sklearn.base import clone
        from sklearn.frozen import FrozenEstimator

        self.estimator.set_params(regressor=FrozenEstimator(self._inner))
        self.estimator.fit(lesson.rows, lesson.target)
        self.estimator.regressor_ = self._inner
        self.estimator.set_params(regressor=clone(self._inner))

    def _check_finite(self) -> None:
        for name in _WEIGHTS:
            found = getattr(self._inner, name, None)
            for part in found if isinstance(found, list) else [found]:
                if part is not None and not np.isfinite(part).all():
                    raise _diverged(f"`{name}` is not finite any more")


def _diverged(what: str) -> ObjectiveError:
    return ObjectiveError(
        "The training",
        f"must stay finite, but it diverges: {what}",
        remedy="Try a smaller learning rate, or more regularisation.",
    )


def _speaks_of_divergence(error: Exception) -> bool:
    text = str(error).lower()
    words = ("overflow", "not finite", "infinity", "inf ", "nan", "non-finite", "too large")
    return not isinstance(error, ValueError) or any(word in text for word in words)


# --- ways to learn ----------------------------------------------------------------------------


def _learn_epochs(model: LearningModel, estimator: Any, lesson: Lesson, stretch: int) -> None:
    """Pass over all rows, in an order that only the seed and the epoch decide."""
    options: dict[str, Any] = {}
    if "classes" in inspect.signature(estimator.partial_fit).parameters and not model.learnt:
        options["classes"] = np.unique(lesson.target)
    for epoch in range(model.learnt, model.learnt + stretch):
        order = np.random.default_rng([model._seed, epoch]).permutation(len(lesson.target))
        if lesson.weights is not None:
            options["sample_weight"] = lesson.weights[order]
        estimator.partial_fit(lesson.rows[order], lesson.target[order], **options)
        options.pop("classes", None)


def _learn_trees(model: LearningModel, estimator: Any, lesson: Lesson, stretch: int) -> None:
    estimator.set_params(**{model._learning.length: model.learnt + stretch})
    estimator.fit(lesson.rows, lesson.target, **_weights(lesson))


def _learn_lightgbm(model: LearningModel, estimator: Any, lesson: Lesson, stretch: int) -> None:
    before = {"init_model": estimator.booster_} if model.learnt else {}
    _with_new_trees(
        model,
        stretch,
        lambda: estimator.fit(lesson.rows, lesson.target, **before, **_weights(lesson)),
    )


def _learn_xgboost(model: LearningModel, estimator: Any, lesson: Lesson, stretch: int) -> None:
    before = {"xgb_model": estimator.get_booster()} if model.learnt else {}
    _with_new_trees(
        model,
        stretch,
        lambda: estimator.fit(lesson.rows, lesson.target, **before, **_weights(lesson)),
    )


def _with_new_trees(model: LearningModel, stretch: int, fit: Callable[[], object]) -> None:
    """Fit so many further trees, which draw other rows and columns than those before."""
    estimator = model._inner
    seed = estimator.get_params()["random_state"]
    drawn = np.random.default_rng([model._seed, model.learnt]).integers(2**31)
    estimator.set_params(n_estimators=stretch, random_state=int(drawn))
    fit()
    estimator.set_params(n_estimators=model.learnt + stretch, random_state=seed)


def _weights(lesson: Lesson) -> dict[str, Any]:
    return {} if lesson.weights is None else {"sample_weight": lesson.weights}


_LEARN: dict[How, Callable[[LearningModel, Any, Lesson, int], None]] = {
    "partial_fit": _learn_epochs,
    "warm_start": _learn_trees,
    "lightgbm": _learn_lightgbm,
    "xgboost": _learn_xgboost,
}


def _predicts_with_rate(estimator: Any) -> bool:
    """Whether trees are multiplied with the learning rate when they predict, not when fitted."""
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    gradient_boosting = GradientBoostingClassifier | GradientBoostingRegressor
    return isinstance(estimator, gradient_boosting) and hasattr(estimator, "estimators_")


def _rescale_trees(estimator: Any, ratio: float) -> None:
    """Let the trees that are there predict as before, although the learning rate is another."""
    assert math.isfinite(ratio)
    for tree in estimator.estimators_.ravel():
        values = tree.tree_.value
        values *= ratio
