"""A fitted model as a file: skops, pickle or joblib, by the suffix."""

from __future__ import annotations

import pickle
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ExportError
from hpo_gui.evaluation.trust import remember_model
from hpo_gui.export.files import check_suffix, replaced

SKOPS = ".skops"
FORMATS = (SKOPS, ".pkl", ".pickle", ".joblib")
NOT_PICKLED = (pickle.PicklingError, AttributeError, TypeError)


def check_format(path: Path) -> str:
    """The suffix of a model's file in small letters.

    Raises
    ------
    ExportError : it is none of `FORMATS`, or skops is wanted and not installed
    """
    suffix = check_suffix(path, FORMATS)
    if suffix == SKOPS and find_spec("skops") is None:
        raise ExportError(
            str(path),
            "needs the package skops, which is not installed",
            remedy="Type `pip install skops`, or let the name end in .joblib or .pkl.",
        )
    return suffix


def write_model(model: Any, path: Path) -> None:
    """Write a fitted estimator, and remember the file as one of this user's own models.

    Raises
    ------
    ExportError : the suffix is unknown, the model cannot be written so, or the file not at all
    """
    suffix = check_format(path)
    with replaced(path) as temporary:
        try:
            _write(model, temporary, suffix)
        except NOT_PICKLED as error:
            raise ExportError(
                type(model).__name__,
                "must be an estimator that can be pickled",
                str(error),
                remedy="Estimators with lambdas or open files inside cannot be saved.",
            ) from error
        remember_model(temporary)


def _write(model: Any, temporary: Path, suffix: str) -> None:
    if suffix == SKOPS:
        _write_skops(model, temporary)
    elif suffix == ".joblib":
        import joblib

        joblib.dump(model, temporary, compress=3)
    else:
        temporary.write_bytes(pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL))


def _write_skops(model: Any, temporary: Path) -> None:
    """Write by skops, and read once, since it writes some objects that it cannot read."""
    import skops.io

    try:
        skops.io.dump(model, temporary, compression=zipfile.ZIP_DEFLATED)
        skops.io.load(temporary, trusted=skops.io.get_untrusted_types(file=temporary))
    except OSError:
        raise
    except Exception as error:
        raise ExportError(
            type(model).__name__,
            "must be an estimator that skops can write",
            str(error),
            remedy="Let the name end in .joblib or .pkl, which take every estimator.",
        ) from error
