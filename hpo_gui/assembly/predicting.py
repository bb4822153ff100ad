"""A model file and a table become predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.assembly.new_rows import read_new_rows
from hpo_gui.assembly.sources import is_same_file
from hpo_gui.core.errors import DataError, ExportError
from hpo_gui.evaluation.model_file import load_model, look_into_model
from hpo_gui.evaluation.table_record import record_of
from hpo_gui.execution.call import call_in_process
from hpo_gui.export.files import check_writable
from hpo_gui.export.predictions import check_predictions_path, write_predictions_csv

if TYPE_CHECKING:
    import pandas as pd

PREDICT_SECONDS = 3600.0
NAMED = 5  # missing columns that are told by name
MOST_WARNINGS = 3


@dataclass(frozen=True)
class Predicted:
    """What was written.

    Attributes
    ----------
    rows : of the table
    columns : of the file
    warnings : what the model's packages said meanwhile, such as other versions of them
    """

    path: Path
    rows: int
    columns: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def predict_table(
    model: Path,
    table: Path,
    out: Path,
    keep: Sequence[str] = (),
    *,
    cancelled: Callable[[], bool] | None = None,
) -> Predicted:
    """Predict every row of a table, in a process of its own, and write a CSV file.

    The columns are those of ``keep``, ``prediction``, and for a classifier that knows them the
    ``probability_`` of each class.

    Parameters
    ----------
    model : a file that the user has said yes to; see `evaluation.model_file`
    table : with the columns that the model has learnt from; others are not looked at. It is read
        as the study has read its own, where the model tells (`evaluation.table_record`)
    keep : columns of the table to write in front, such as an id

    Raises
    ------
    TrustError : nobody has said yes to the model
    DataError : model or table cannot be read, or do not fit
    ExportError : the file cannot be written
    """
    check_predictions_path(out)
    if is_same_file(out, table):
        rule, remedy = "must not be the table that is read", "Choose another name."
        raise ExportError(str(out), rule, remedy=remedy)
    check_writable(out)
    done = call_in_process(
        _predict_table,
        *(model.absolute(), table.absolute(), out.absolute(), tuple(keep)),
        timeout=PREDICT_SECONDS,
        cancelled=cancelled,
        title="Predicting",
    )
    return replace(done, path=out)


def _predict_table(model: Path, table: Path, out: Path, keep: tuple[str, ...]) -> Predicted:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = load_model(look_into_model(model))
        record = record_of(estimator, model.name)
        frame = read_new_rows(table, record, _features(estimator)).frame
        told = predictions(estimator, frame, model.name)
        if taken := [column for column in keep if column in told]:
            raise DataError(
                "keep",
                "must not name columns that the predictions are called by",
                taken[0],
                remedy="Rename the column in the table.",
            )
        columns = _kept(frame, keep, table.name) | told
    write_predictions_csv(columns, out)
    said = tuple(dict.fromkeys(" ".join(str(one.message).split()) for one in caught))
    return Predicted(out, len(frame), tuple(columns), said[:MOST_WARNINGS])


def predictions(model: Any, frame: pd.DataFrame, name: str) -> dict[str, Sequence[Any]]:
    """Column -> what a model says of each row of a frame.

    Parameters
    ----------
    name : of the model, for messages

    Raises
    ------
    DataError : columns are missing, or the model cannot take the rows
    """
    _check_columns(frame, _features(model), name)
    try:
        answers = np.asarray(model.predict(frame))
        chances = _probabilities(model, frame)
    except Exception as error:  # it may be anybody's
        raise DataError(
            name, f"cannot predict these rows: {type(error).__name__}: {error}"
        ) from error
    found: dict[str, Sequence[Any]] = {}
    if answers.size == len(frame):  # CatBoost answers (n, 1)
        found["prediction"] = answers.reshape(len(frame)).tolist()
    elif answers.ndim == 2 and len(answers) == len(frame):
        for index in range(answers.shape[1]):
            found[f"prediction_{index}"] = answers[:, index].tolist()
    else:
        rule = "must give one answer a row"
        raise DataError(name, rule, f"{answers.shape} for {len(frame)} rows")
    return found | chances


def _features(model: Any) -> list[str]:
    """The columns that a model takes; none where it does not tell."""
    features = getattr(model, "feature_names_in_", None)
    return [] if features is None else [str(feature) for feature in features]


def _check_columns(frame: pd.DataFrame, features: list[str], name: str) -> None:
    missing = [feature for feature in features if feature not in frame.columns]
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise DataError(
            "The table",
            f"must have every column that {name} has learnt from",
            f"no {', '.join(missing[:NAMED])}{more}",
            remedy="Add these columns, or choose another table.",
        )


def _probabilities(model: Any, frame: pd.DataFrame) -> dict[str, Sequence[Any]]:
    classes = getattr(model, "classes_", None)
    if classes is None or not hasattr(model, "predict_proba"):
        return {}
    try:
        chances: NDArray[Any] = np.asarray(model.predict_proba(frame))
    except (AttributeError, NotImplementedError):  # a part of it cannot tell them
        return {}
    if chances.shape != (len(frame), len(classes)):
        return {}
    return {
        f"probability_{label}": chances[:, index].tolist()
        for index, label in enumerate(np.asarray(classes).tolist())
    }


def _kept(frame: pd.DataFrame, keep: tuple[str, ...], name: str) -> dict[str, Sequence[Any]]:
    for column in keep:
        if column not in frame.columns:
            raise DataError(
                "keep",
                f"must name columns of {name}",
                column,
                remedy=f"It has {', '.join(map(str, frame.columns[:NAMED]))} …",
            )
    return {column: _plain(frame[column]) for column in keep}


def _plain(values: pd.Series[Any]) -> list[Any]:
    return values.astype(object).where(values.notna(), None).tolist()
