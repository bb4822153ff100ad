"""What models said of rows that they had not learnt from: one small file a trial and fold.

The files are a cache beside the study, never in it: a trial whose predictions are gone or damaged
takes no part in an ensemble. They are of single precision: (n,) numbers for regression, (n, k)
probabilities of the classes 0 … k-1 for classification, for the n rows that judge the fold.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.value import Params
from hpo_gui.evaluation.class_scores import widened

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset
    from hpo_gui.evaluation.scoring import Answers

SUFFIX = ".npy"
SLACK = 1e-3  # by which the probabilities of a row may miss 1

Predictions = NDArray[np.float32]


def key_of(model: str, values: Params, seed: int) -> str:
    """What names a trial's files: everything that its models follow from, but the rows.

    Parameters
    ----------
    values : all constructor parameters, as of `ModelChoice.pick`
    """
    text = json.dumps([model, seed, values], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True)
class HeldOut:
    """The predictions of one study; may be sent to another process.

    Attributes
    ----------
    folder : of the study's rows and folds as they are now; made when the first file is saved
    """

    folder: Path

    def save(self, key: str, fold: int, values: Predictions) -> None:
        """Keep what a trial's model of a fold said; whole or not at all.

        Raises
        ------
        OSError : the file cannot be written
        """
        path = self.path(key, fold)
        fresh = path.with_suffix(".new")
        try:
            file = fresh.open("wb")
        except FileNotFoundError:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = fresh.open("wb")
        try:
            with file:
                np.save(file, values, allow_pickle=False)
            fresh.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise

    def load(self, key: str, fold: int, rows: int, classes: int) -> Predictions | None:
        """What a trial's model of a fold said; None when it is missing, damaged or of other rows.

        Parameters
        ----------
        rows : that judge the fold
        classes : 0 for regression
        """
        try:
            values = np.load(self.path(key, fold), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        shape = (rows, classes) if classes else (rows,)
        if values.shape != shape or values.dtype != np.float32 or not np.isfinite(values).all():
            return None
        if classes and (np.abs(values.sum(axis=1) - 1) > SLACK).any():
            return None
        return np.asarray(values)

    def forget_others(self, wanted: Container[str]) -> None:
        """Delete the files of all keys but the wanted ones."""
        for path in self.folder.glob(f"*{SUFFIX}"):
            if path.stem.partition("-")[0] not in wanted:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def path(self, key: str, fold: int) -> Path:
        """Where the predictions of a trial's fold are kept."""
        return self.folder / f"{key}-{fold}{SUFFIX}"


class HeldOutKeeper:
    """Keeps predictions in a worker; what goes wrong never fails a trial."""

    def __init__(self, store: HeldOut, dataset: Dataset) -> None:
        self._store = store
        self._classes = len(dataset.classes)
        self._broken = False

    def keep(self, key: str, fold: int, answers: Answers, rows: Any) -> None:
        """Keep what a fitted model says of the rows, if it can be said as an ensemble needs it."""
        if self._broken:
            return
        values = predictions_of(answers, rows, self._classes)
        if values is None:
            return
        try:
            self._store.save(key, fold, values)
        except OSError as error:
            self._broken = True  # it is told once, and the study goes on
            text = f"Predictions for the ensemble cannot be kept ({error.strerror or error})"
            sys.stderr.write(f"{text}: {self._store.folder}\n")


def predictions_of(answers: Answers, rows: Any, classes: int) -> Predictions | None:
    """What a fitted model says of rows as an ensemble needs it; None where it cannot say it.

    Parameters
    ----------
    classes : in all; 0 for regression. One that the model has not learnt gets probability 0
    """
    try:
        if not classes:
            return np.asarray(answers.predict(rows), dtype=np.float32)
        said = np.asarray(answers.predict_proba(rows))
        known = np.asarray(answers.classes_).astype(np.intp)
    except Exception:  # noqa: BLE001 - of a class of the user's, anything
        return None
    return widened(said, known, classes).astype(np.float32)
