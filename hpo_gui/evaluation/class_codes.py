"""Models that only learn the classes 0 … k-1, such as XGBoost's, in folds that lack a class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def in_own_codes(estimator: Any, target: NDArray[Any], wants_codes: bool) -> Any:
    """An unfitted estimator as one that can learn these classes; itself where it can.

    Parameters
    ----------
    target : (n,) codes to learn, or numbers in regression
    wants_codes : whether it only learns the classes 0 … k-1 (`ModelEntry.wants_codes`)
    """
    if not wants_codes:
        return estimator
    known = np.unique(target)
    return estimator if np.array_equal(known, np.arange(len(known))) else InOwnCodes(estimator)


class InOwnCodes:
    """A classifier of the classes 0 … k-1 that is taken for one that learns any codes.

    Attributes
    ----------
    classes_ : (k,) codes that it has learnt, ascending
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def __getattr__(self, name: str) -> Any:
        if name == "estimator":  # while it is read from a pickle
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def fit(
        self, rows: Any, target: NDArray[Any], sample_weight: Any = None, **options: Any
    ) -> InOwnCodes:
        """Learn the codes by their places among those that occur."""
        self.classes_, places = np.unique(target, return_inverse=True)
        self.estimator.fit(rows, places, sample_weight=sample_weight, **options)
        return self

    def predict(self, rows: Any) -> NDArray[Any]:
        """The most probable codes, shape (n,)."""
        places = np.asarray(self.estimator.predict(rows)).ravel()
        return np.asarray(self.classes_[places.astype(np.intp)])
