"""Scores of one fitted model on one part of the rows, all metrics from the same predictions."""

from __future__ import annotations

import math
import pickle
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.evaluation.calibration import score_calibration
from hpo_gui.evaluation.class_scores import check_judged, classes_scorer, over_all_classes
from hpo_gui.evaluation.fold import Fold
from hpo_gui.evaluation.gap_score import GapScorer
from hpo_gui.evaluation.group_gap import read_gap
from hpo_gui.evaluation.metric_table import CALIBRATION_ERROR, N_FEATURES, NOT_SCORED, Metric
from hpo_gui.evaluation.metrics import find_metric
from hpo_gui.evaluation.used_columns import used_columns

NO_GROUPS: Mapping[str, NDArray[np.int64]] = MappingProxyType({})

HUGE = 1e100  # beyond this the square of a prediction may be no number any more
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
        self.largest = 0.0  # predicted number, without its sign
        self.failure: Exception | None = None  # what the estimator itself raised last

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.estimator, name)
        if name not in _ANSWERS:
            return found
        source = ""
        if name == "predict" and self._probable and hasattr(self.estimator, "predict_proba"):
            found, source = self._most_probable, "predict_proba"
        answer = self._once(name, found, source)
        setattr(self, name, answer)
        return answer

    def _once(
        self, name: str, method: Callable[[Any], Any], source: str = ""
    ) -> Callable[[Any], Any]:
        """The method, asked once; with the answer that it is made of, whose time counts too."""
        kept: list[Any] = []

        def answer(rows: Any) -> Any:
            if not kept:
                earlier = self.seconds.get(source, 0.0)
                start = time.perf_counter()
                try:
                    found = method(rows)
                except Exception as error:
                    self.failure = error
                    raise
                self.seconds[name] = earlier + time.perf_counter() - start
                _check_answer(f"{type(self.estimator).__name__}.{name}()", found, rows)
                if name == "predict" and np.asarray(found).dtype.kind == "f":
                    self.largest = float(np.max(np.abs(found), initial=0.0))
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
    labels = place.endswith("predict()")
    bad = ~np.isfinite(values) if values.dtype.kind == "f" and labels else values != values
    # NOTE: scorers that are told to trust all numbers rank NaN as if it were one
    if np.any(bad):
        number = int(np.any(bad.reshape(count, -1), axis=1).sum())
        raise (ObjectiveError if labels else _NoNumberError)(
            place,
            "must give no NaN and no infinite value" if labels else "must give no NaN",
            f"{number} of them in {count} rows",
            remedy="Other parameters, or another scaling of the columns, may help.",
        )


class _NoNumberError(ObjectiveError):
    """A probability or a decision value is NaN: what needs none can be computed all the same."""


class Scorer:
    """Computes metrics of fitted models.

    Parameters
    ----------
    metrics : names of metrics; costs of fitting are left to the caller
    goals : those that must be numbers, None for the first; an error in another one is a NaN
    classes : labels of all classes of the dataset, by code: what a fold's rows lack of them
        counts; none for regression, or where they are those of the rows
    """

    def __init__(
        self,
        metrics: tuple[str, ...],
        goals: tuple[str, ...] | None = None,
        classes: Sequence[object] = (),
    ) -> None:
        names = [name for name in dict.fromkeys(metrics) if name not in NOT_SCORED]
        self.classes = classes
        self.scorers = {name: _make_scorer(name, len(classes)) for name in names}
        self.counts_columns = N_FEATURES.name in metrics
        self.goals = frozenset(metrics[:1] if goals is None else goals)

    def judge(self, estimator: Any, fold: Fold) -> dict[str, float]:
        """Metric -> score on a fold's rows to judge by, see `score`; the columns used as well."""
        scores = self.score(
            estimator,
            fold.judge,
            fold.judge_target,
            fold.judge_weights,
            fold.judge_groups,
        )
        if self.counts_columns:
            scores[N_FEATURES.name] = used_columns(estimator, fold.sources)
        return scores

    def score(
        self,
        estimator: Any,
        rows: Any,
        target: NDArray[Any],
        weights: NDArray[np.float64] | None = None,
        groups: Mapping[str, NDArray[np.int64]] = NO_GROUPS,
    ) -> dict[str, float]:
        """Metric -> score, and ``predict_time``.

        Parameters
        ----------
        estimator : fitted; or its `Answers`, which are still there afterwards
        rows : prepared features, shape (n, d)
        target : (n,) in the estimator's own labels
        weights : (n,) for the metrics that can weigh rows
        groups : column -> (n,) codes of its groups, for the gaps between them

        Raises
        ------
        ObjectiveError : a goal cannot be computed, or is not a finite number
        Exception : what the estimator raises when it is asked for a goal
        """
        answers = estimator if isinstance(estimator, Answers) else Answers(estimator)
        said = over_all_classes(answers, len(self.classes)) if self.classes else answers
        scores: dict[str, float] = {}
        for name, scorer in self.scorers.items():
            if self._lacks_classes(name, target):
                scores[name] = math.nan
                continue
            options: dict[str, Any] = {}
            if isinstance(scorer, GapScorer):
                options["groups"] = groups[scorer.gap.column]
            if weights is not None and _facts(name).weighted:
                options["sample_weight"] = weights
            try:
                scores[name] = float(scorer(said, rows, target, **options))
            except MemoryError:
                raise
            except Exception as error:  # of a class of the user's, anything
                told = isinstance(error, ObjectiveError)
                if name not in self.goals and (not told or isinstance(error, _NoNumberError)):
                    scores[name] = math.nan
                elif told or error is answers.failure:
                    raise  # NOTE: the model cannot predict; no other metric would help
                else:
                    raise _not_computed(name, answers.estimator, error) from error
            if name in self.goals and not math.isfinite(scores[name]):
                raise _not_finite(name, scores[name], answers)
        if not answers.seconds:
            answers.predict(rows)
        scores["predict_time"] = answers.predict_time
        return scores

    def _lacks_classes(self, name: str, target: NDArray[Any]) -> bool:
        """Whether a metric has no value, for want of a class to judge by: an error for a goal."""
        lack = check_judged(name, target, self.classes) if self.classes else None
        if lack is None:
            return False
        if name in self.goals:
            raise lack
        from sklearn.exceptions import UndefinedMetricWarning

        warnings.warn(str(lack), UndefinedMetricWarning, stacklevel=2)
        return True


def _make_scorer(name: str, classes: int) -> Any:
    gap = read_gap(name)
    if gap is not None:
        return GapScorer(gap)
    if name == CALIBRATION_ERROR.name:
        return score_calibration
    return classes_scorer(name, classes)


def _facts(name: str) -> Metric:
    metric = find_metric(name)
    assert metric is not None, "checked before the study starts"
    return metric


def _not_computed(name: str, estimator: Any, error: Exception) -> ObjectiveError:
    needs_probabilities = _facts(name).needs == "probabilities"
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
        remedy=_facts(name).note or "Choose another metric or another kind of validation.",
    )


def _not_finite(name: str, score: float, answers: Answers) -> ObjectiveError:
    largest = answers.largest
    if largest > HUGE:
        return ObjectiveError(
            f"metric {name}",
            f"must be a finite number: the model diverges, it predicts up to {largest:.0e}",
            score,
            remedy="Try a smaller learning rate, or more regularisation.",
        )
    return ObjectiveError(
        f"metric {name}",
        "must be a finite number",
        score,
        remedy="Choose another metric or fewer folds: this one has no value for "
        "these rows and predictions.",
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
