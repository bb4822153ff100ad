"""Small tables from scikit-learn, standardised, and the cross-validated loss of a model."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler

FloatArray = NDArray[np.float64]

WORST = 50.0
"""The loss of a fit that failed or diverged: bad, but finite."""

REGRESSION = ("mse", "mae")


def _made(name: str) -> tuple[FloatArray, FloatArray]:
    """A table as scikit-learn gives it."""
    if name == "wine":
        return datasets.load_wine(return_X_y=True)
    if name == "diabetes":
        return datasets.load_diabetes(return_X_y=True)
    if name == "clf20":  # three classes, 8 of 20 features tell, 8 % of the labels are wrong
        return datasets.make_classification(
            400,
            20,
            n_informative=8,
            n_redundant=4,
            n_classes=3,
            flip_y=0.08,
            class_sep=0.9,
            random_state=11,
        )
    if name == "clf10":
        return datasets.make_classification(
            300, 10, n_informative=6, n_redundant=2, flip_y=0.1, random_state=7
        )
    if name == "friedman1":
        return datasets.make_friedman1(300, 10, noise=1.0, random_state=3)
    if name == "friedman2":
        return datasets.make_friedman2(300, noise=60.0, random_state=5)
    if name == "reg60":  # 8 of 60 features carry the target, in 120 rows
        return datasets.make_regression(120, 60, n_informative=8, noise=60.0, random_state=9)
    raise KeyError(name)


@lru_cache(None)
def table(name: str) -> tuple[FloatArray, FloatArray]:
    """Features (n, d), standardised, and target (n,); a continuous target is standardised too."""
    X, y = _made(name)
    if len(np.unique(y)) > 10:
        y = (y - y.mean()) / y.std()
    return StandardScaler().fit_transform(X), y


def cross_validated(
    make: Callable[[], Any], table_name: str, metric: str, folds: int = 3
) -> float:
    """Mean loss over fixed folds.

    Parameters
    ----------
    make : builds an estimator, with a fixed random state
    metric : "nll", "acc" (the share of errors), "mse" or "mae"
    """
    X, y = table(table_name)
    splitter = KFold if metric in REGRESSION else StratifiedKFold
    losses = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for train, test in splitter(folds, shuffle=True, random_state=0).split(X, y):
            losses.append(_loss(make(), metric, X[train], y[train], X[test], y[test]))
    return float(np.mean(losses))


def _loss(
    model: Any,
    metric: str,
    X: FloatArray,
    y: FloatArray,
    X_test: FloatArray,
    y_test: FloatArray,
) -> float:
    """The loss of one fold, at most `WORST`."""
    try:
        model.fit(X, y)
        if metric == "nll":
            shares = np.clip(model.predict_proba(X_test), 1e-7, 1)
            loss = log_loss(y_test, shares, labels=np.unique(y))
        elif metric == "acc":
            loss = np.mean(model.predict(X_test) != y_test)
        elif metric == "mse":
            loss = np.mean((model.predict(X_test) - y_test) ** 2)
        else:
            loss = np.mean(np.abs(model.predict(X_test) - y_test))
    except (ValueError, FloatingPointError, OverflowError):
        return WORST
    return min(float(loss), WORST) if np.isfinite(loss) else WORST
