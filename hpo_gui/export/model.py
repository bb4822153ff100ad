"""A fitted model as a file: pickle or joblib, by the suffix. This program never reads one."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ExportError
from hpo_gui.export.files import check_suffix, replaced

FORMATS = (".pkl", ".pickle", ".joblib")


def write_model(model: Any, path: Path) -> None:
    """Write a fitted estimator.

    Raises
    ------
    ExportError : the suffix is unknown, the model cannot be pickled, or the file not written
    """
    suffix = check_suffix(path, FORMATS)
    with replaced(path) as temporary:
        try:
            if suffix == ".joblib":
                import joblib

                joblib.dump(model, temporary, compress=3)
            else:
                temporary.write_bytes(pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ExportError(
                type(model).__name__,
                "must be an estimator that can be pickled",
                str(error),
                remedy="Estimators with lambdas or open files inside cannot be saved.",
            ) from error
