"""Preprocessing inside the folds: from raw feature columns to an array of numbers.

Only parts of scikit-learn, pandas and NumPy go into it, so that a saved model can be used where
this program is not installed. Skops writes no calls with keywords and no times of pandas', hence
the positions and the times of Python below. New rows may hold what the training rows did not:
categories never seen, missing values anywhere, text in columns of numbers, infinite numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation.categories import READY_TEXTS, text_calls
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.treatments import (
    MAX_ONE_HOT,
    ColumnNeeds,
    Encoding,
    choose_encoding,
    choose_scaling,
    describe_treatment,
)

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["describe_treatment", "make_preprocessor"]

TARGET_ROWS = 50  # fewer rows are too few to cross-fit a target encoding
INNER_FOLDS = 5  # of a target encoding; as many as rows where there are fewer
_BY_COLUMN = (0, False, None)  # axis, raw, result_type of `DataFrame.apply`; then come arguments

Block = tuple[str, Any, list[str]]


def make_preprocessor(
    dataset: Dataset,
    preprocessing: PreprocessingSpec,
    needs: ColumnNeeds,
    *,
    raw: bool = True,
    learnt: int | None = None,
) -> Pipeline:
    """An unfitted transformer from feature columns to a C-contiguous float64 array.

    A table of numbers without gaps goes through unchanged, to the last bit, unless it is scaled.
    Fit it with ``fit_transform(frame, target)``: target encoding is cross-fitted there.

    Parameters
    ----------
    needs : of the model; they decide where `preprocessing` says "auto"
    raw : take rows as any file holds them; False when all rows come from ``dataset.frame``, which
        gives the same numbers faster
    learnt : rows that it is fitted on; by default those to tune on
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    columns = ColumnTransformer(
        _blocks(dataset, preprocessing, needs, raw, learnt),
        sparse_threshold=0,
        verbose_feature_names_out=_names_may_clash(dataset),
    )
    array = FunctionTransformer(
        np.ascontiguousarray, kw_args={"dtype": np.float64}, feature_names_out="one-to-one"
    )
    return Pipeline([("columns", columns), ("array", array)])


def _blocks(
    dataset: Dataset,
    preprocessing: PreprocessingSpec,
    needs: ColumnNeeds,
    raw: bool,
    learnt: int | None,
) -> list[Block]:
    """Name, transformer and columns of each group of features that is treated alike."""
    scaling = choose_scaling(preprocessing, needs)
    rows = len(dataset.train)
    blocks: list[Block] = []
    if dataset.numbers:
        read = _number_steps() if raw else []
        steps = [*read, _imputer(preprocessing), *_scaler(scaling, rows)]
        blocks.append(("numbers", _chain(steps), list(dataset.numbers)))
    for index, (date_format, names) in enumerate(_dates_by_format(dataset).items()):
        steps = [*_date_steps(date_format), _imputer(preprocessing), *_scaler(scaling, rows)]
        blocks.append((f"dates_{index}" if index else "dates", _chain(steps), names))
    encodings = _encodings(dataset, preprocessing, needs)
    for encoding, names in encodings.items():
        present = {value for name in names for value in dataset.frame[name].unique()}
        steps = [("encode", _encoder(encoding, dataset, rows if learnt is None else learnt))]
        if encoding != "one_hot":
            steps += _scaler(scaling, rows)
        texts = text_calls(present) if raw else READY_TEXTS
        blocks.append((encoding, _chain([*_calls(texts), *steps]), names))
    return blocks


def _chain(steps: list[tuple[str, Any]]) -> Pipeline:
    from sklearn.pipeline import Pipeline

    return Pipeline(steps)


def _call(function: Any, **options: Any) -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(function, kw_args=options, feature_names_out="one-to-one")


def _calls(calls: tuple[methodcaller, ...]) -> list[tuple[str, Any]]:
    return [(f"text_{index}", _call(call)) for index, call in enumerate(calls)]


def _number_steps() -> list[tuple[str, Any]]:
    """Numbers from whatever a file holds; what is no finite number is missing."""
    import pandas as pd

    return [
        ("read", _call(methodcaller("apply", pd.to_numeric, *_BY_COLUMN, ("coerce",)))),
        ("float", _call(methodcaller("astype", "float64"))),
        ("finite", _call(np.nan_to_num, nan=np.nan, posinf=np.nan, neginf=np.nan)),
    ]


def _date_steps(date_format: str | None) -> list[tuple[str, Any]]:
    """Days since 1970, with the time of day as a fraction."""
    import pandas as pd

    # errors, dayfirst, yearfirst, utc, format
    options = ("coerce", False, False, True, date_format)
    return [
        ("read", _call(methodcaller("apply", pd.to_datetime, *_BY_COLUMN, options))),
        ("since_1970", _call(methodcaller("sub", datetime(1970, 1, 1, tzinfo=UTC)))),
        ("days", _call(methodcaller("div", timedelta(days=1)))),
    ]


def _dates_by_format(dataset: Dataset) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for name, date_format in dataset.dates:
        found.setdefault(date_format, []).append(name)
    return found


def _imputer(preprocessing: PreprocessingSpec) -> tuple[str, Any]:
    from sklearn.impute import SimpleImputer

    strategy = "constant" if preprocessing.numbers == "zero" else preprocessing.numbers
    # A column without any value in a fold becomes zeros, instead of vanishing.
    return "fill", SimpleImputer(strategy=strategy, fill_value=0.0, keep_empty_features=True)


def _scaler(scaling: str, rows: int) -> list[tuple[str, Any]]:
    from sklearn.preprocessing import (
        MinMaxScaler,
        QuantileTransformer,
        RobustScaler,
        StandardScaler,
    )

    if scaling == "none":
        return []
    if scaling == "standard":
        return [("scale", StandardScaler())]
    if scaling == "robust":
        return [("scale", RobustScaler())]
    if scaling == "minmax":
        return [("scale", MinMaxScaler())]
    quantiles = int(np.clip(rows // 10, 2, 1000))  # fewer than the rows of any usual fold
    return [("scale", QuantileTransformer(n_quantiles=quantiles, random_state=0))]


def _encodings(
    dataset: Dataset, preprocessing: PreprocessingSpec, needs: ColumnNeeds
) -> dict[Encoding, list[str]]:
    """The columns of each encoding, decided by the number of categories in the rows to tune on."""
    found: dict[Encoding, list[str]] = {}
    target_ok = len(dataset.train) >= TARGET_ROWS
    for name in dataset.categories:
        distinct = dataset.frame[name].iloc[dataset.train].nunique(dropna=False)
        encoding = choose_encoding(distinct, preprocessing, needs, target_ok=target_ok)
        found.setdefault(encoding, []).append(name)
    return found


def _encoder(encoding: Encoding, dataset: Dataset, rows: int) -> Any:
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if encoding == "one_hot":
        return OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_ONE_HOT, sparse_output=False
        )
    if encoding == "ordinal":
        return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return _target_encoder(dataset, min(INNER_FOLDS, max(rows, 2)))


def _target_encoder(dataset: Dataset, inner_folds: int) -> Any:
    """Target encoding, cross-fitted over the same inner folds every time."""
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    kind = "continuous" if dataset.task == "regression" else "auto"
    if TargetEncoder().get_params()["shuffle"] == "deprecated":  # since scikit-learn 1.9
        folds = KFold(inner_folds, shuffle=True, random_state=0)
        return TargetEncoder(target_type=kind, cv=folds)
    return TargetEncoder(target_type=kind, cv=inner_folds, random_state=0)


def _names_may_clash(dataset: Dataset) -> bool:
    """Whether ``a_b`` could be both a column and the category ``b`` of a column ``a``."""
    names = set(dataset.features)
    return any(
        other != name and other.startswith(f"{name}_")
        for name in dataset.categories
        for other in names
    )
