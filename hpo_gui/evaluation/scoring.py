"""Scores of one fitted model on one part of the rows, all metrics from the same predictions."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.evaluation.metrics import COST_NAMES, METRICS

_BY_PROBABILITY = ("sklearn.tree._classes", "sklearn.ensemble._forest")
_ANSWERS = ("predict", "predict_proba", "decision_function")


class Answers:
    """A fitted estimator whose answers for one set of rows are computed once, and timed.

    Scorers take it for the estimator itself.

    Parameters
    ----------
    probable : probabilities will be asked for as well: labels of models that take the most
        probable ones, as trees do, come from these
    """

    def __init__(self, estimator: Any, *, probable: bool = False) -> None:
        self.estimator = estimator
        self._probable = probable and type(estimator).__module__ in _BY_PROBABILITY
        self.seconds: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.estimator, name)
        if name not in _ANSWERS:
            return found
        if name == "predict" and self._probable and hasattr(self.estimator, "predict_proba"):
            found = self._most_probable
        answer = self._once(name, found)
        setattr(self, name, answer)
        return answer

    def _once(self, name: str, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
        kept: list[Any] = []

        def answer(rows: Any) -> Any:
            if not kept:
                start = time.perf_counter()
                found = method(rows)
                self.seconds[name] = time.perf_counter() - start
                _check_answer(f"{type(self.estimator).__name__}.{name}()", found, rows)
                # NOTE: CatBoost gives a column of labels where there are several classes
                kept.append(np.asarray(found).ravel() if name == "predict" else found)
            return kept[0]

        answer.__name__ = name  # scorers tell the kinds of answers apart by their names
        return answer

    def _most_probable(self, rows: Any) -> Any:
        return self.classes_.take(np.argmax(self.predict_proba(rows), axis=1), axis=0)

    @property
    def predict_time(self) -> float:
        """Seconds for one prediction of all rows."""
        return self.seconds.get("predict", max(self.seconds.values(), default=math.nan))


def _check_answer(place: str, found: Any, rows: Any) -> None:
    """Raise `ObjectiveError` for answers that no metric could judge."""
    values = np.asarray(found)
    count = int(rows.shape[0])
    if values.ndim == 0 or len(values) != count:
        got = f"{len(values)} values" if values.ndim else found
        raise ObjectiveError(place, f"must give one value for each of the {count} rows", got)
    bad = ~np.isfinite(values) if values.dtype.kind == "f" else values != values
    if place.endswith("predict()") and np.any(bad):
        number = int(np.sum(bad))
        raise ObjectiveError(
            place,
            "must give no NaN and no infinite value",
            f"{number} of them in {count} rows",
            remedy="Other parameters, or another scaling of the columns, may help.",
        )


class Scorer:
    """Computes metrics of fitted models.

    Parameters
    ----------
    metrics : names of scorers; costs are left to the caller
    goals : those that must be numbers, None for the first; an error in another one is a NaN
    """

    def __init__(self, metrics: tuple[str, ...], goals: tuple[str, ...] | None = None) -> None:
        from sklearn.metrics import get_scorer

        names = [name for name in dict.fromkeys(metrics) if name not in COST_NAMES]
        self.scorers = {name: get_scorer(name) for name in names}
        self.goals = frozenset(metrics[:1] if goals is None else goals)

    def score(
        self,
        estimator: Any,
        rows: Any,
        target: NDArray[Any],
        weights: NDArray[np.float64] | None = None,
    ) -> dict[str, float]:
        """Metric -> score, and ``predict_time``.

        Parameters
        ----------
        estimator : fitted; or its `Answers`, which are still there afterwards
        rows : prepared features, shape (n, d)
        target : (n,) in the estimator's own labels
        weights : (n,) for the metrics that can weigh rows

        Raises
        ------
        ObjectiveError : a goal cannot be computed, or is not a finite number
        """
        answers = estimator if isinstance(estimator, Answers) else Answers(estimator)
        scores: dict[str, float] = {}
        for name, scorer in self.scorers.items():
            options = {}
            if weights is not None and METRICS[name].weighted:
                options["sample_weight"] = weights
            try:
                scores[name] = float(scorer(answers, rows, target, **options))
            except (ValueError, AttributeError, TypeError) as error:
                if name in self.goals:
                    raise _not_computed(name, answers.estimator, error) from error
                scores[name] = math.nan
            if name in self.goals and not math.isfinite(scores[name]):
                raise ObjectiveError(
                    f"metric {name}",
                    "must be a finite number",
                    scores[name],
                    remedy="Choose another metric or fewer folds: this one has no value for "
                    "these rows and predictions.",
                )
        if not answers.seconds:
            answers.predict(rows)
        scores["predict_time"] = answers.predict_time
        return scores


def _not_computed(name: str, estimator: Any, error: Exception) -> ObjectiveError:
    needs_probabilities = METRICS[name].needs == "probabilities"
    if needs_probabilities and not hasattr(estimator, "predict_proba"):
        return ObjectiveError(
            f"metric {name}",
            f"needs probabilities, which {type(estimator).__name__} does not give "
            "with these parameters",
            remedy="Choose another metric, such as accuracy, or another model.",
        )
    return ObjectiveError(
        f"metric {name}",
        f"must be computable for these rows ({error})",
        remedy=METRICS[name].note or "Choose another metric or another kind of validation.",
    )


class _Counter:
    """A file that only counts what is written to it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        length = memoryview(data).nbytes
        self.size += length
        return length


class _SteadyPickler(pickle.Pickler):
    """Counts equal texts and types of arrays once, whether they are one object or several.

    An estimator that was pickled and read again has other objects twice than before: its pickle
    is a little larger, although it is the same.
    """

    def __init__(self, file: Any) -> None:
        super().__init__(file, protocol=5)
        self.seen: dict[object, int] = {}

    def persistent_id(self, value: Any) -> int | None:
        if type(value) is not str and not isinstance(value, np.dtype):
            return None
        return self.seen.setdefault(value, len(self.seen))


def pickled_size(estimator: Any, *, steady: bool = False) -> float:
    """Bytes of the pickled estimator; NaN when it cannot be pickled.

    Parameters
    ----------
    steady : the same before and after it has been pickled; up to 3 % off
    """
    counter = _Counter()
    pickler = _SteadyPickler(counter) if steady else pickle.Pickler(counter, protocol=5)
    try:
        pickler.dump(estimator)
    except (pickle.PicklingError, TypeError, AttributeError):
        return math.nan
    texts = pickler.seen if isinstance(pickler, _SteadyPickler) else {}
    return float(counter.size + sum(len(str(text)) for text in texts))
