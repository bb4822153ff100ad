"""How many columns of the table a fitted model looks at.

A model says so by its coefficients or by the importances of its features; one that has neither, or
of another shape, counts as one that looks at everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAYS_SO = ("coef_", "feature_importances_")


def used_columns(estimator: Any, sources: NDArray[np.intp]) -> float:
    """Number of columns of which at least one prepared feature has an influence.

    Parameters
    ----------
    sources : (d,) for each prepared feature the number of the column that it is made of
    """
    return float(len(np.unique(sources[_has_influence(estimator, len(sources))])))


def _has_influence(estimator: Any, count: int) -> NDArray[np.bool_]:
    """Which of ``count`` prepared features have a coefficient or an importance other than 0."""
    inner = getattr(estimator, "regressor_", estimator)  # of a scaled target
    for name in SAYS_SO:
        found = getattr(inner, name, None)
        if found is None:
            continue
        weights = np.atleast_2d(np.asarray(found, dtype=np.float64))
        if weights.ndim == 2 and weights.shape[1] == count:
            influential: NDArray[np.bool_] = np.any(weights != 0, axis=0)
            return influential
    return np.ones(count, dtype=bool)


def feature_sources(preprocessor: Any, columns: tuple[str, ...]) -> NDArray[np.intp]:
    """For each prepared feature the number of its column, shape (d,).

    Parameters
    ----------
    preprocessor : of `preprocessing.make_preprocessor`, fitted
    columns : the feature columns of the dataset, in order
    """
    numbers = {name: number for number, name in enumerate(columns)}
    blocks = preprocessor.named_steps["columns"]
    found: list[int] = []
    for kind, chain, names in blocks.transformers_:
        if kind == "remainder":
            continue
        place = blocks.output_indices_[kind]
        widths = _widths(kind, chain, len(names), place.stop - place.start)
        for name, width in zip(names, widths, strict=True):
            found += [numbers[name]] * width
    return np.array(found, dtype=np.intp)


def _widths(kind: str, chain: Any, columns: int, features: int) -> list[int]:
    """How many prepared features each column of a block has."""
    if kind != "one_hot":
        return [features // columns] * columns  # several only for target encoding of classes
    encoder = chain.named_steps["encode"]
    rare = encoder.infrequent_categories_  # they share one feature
    return [
        len(levels) - (0 if few is None else len(few) - 1)
        for levels, few in zip(encoder.categories_, rare, strict=True)
    ]
