"""From a model's entry and its parameters to an estimator object."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import inspect
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import Value
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_learning import learning_of
from hpo_gui.evaluation.trust import PARTS, check_class

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

THREAD_PARAMETERS = ("n_jobs", "thread_count", "nthread")


@lru_cache(maxsize=256)
def load_class(path: str) -> type[Any]:
    """Import a class by its dotted path.

    Raises
    ------
    SpecError : the module or the class cannot be found, or it is no estimator
    TrustError : it is of another package, and the user has not said yes to it
    """
    check_class(path)
    module_name, _, class_name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a foreign module may raise anything
        raise SpecError(
            "model",
            f"must be importable ({type(error).__name__}: {error})",
            path,
            remedy="Check the spelling, and that its package is installed.",
        ) from error
    found = getattr(module, class_name, None)
    if found is None:
        near = difflib.get_close_matches(class_name, dir(module), n=1)
        raise SpecError(
            "model",
            f"must name a class of the module {module_name}",
            path,
            remedy=f"Did you mean `{module_name}.{near[0]}`?" if near else "",
        )
    missing = [name for name in ("fit", "predict", "get_params") if not hasattr(found, name)]
    # NOTE: without it scikit-learn's metrics refuse what the class answers
    if not missing and not hasattr(found, "__sklearn_tags__"):
        missing = ["__sklearn_tags__ (that of `sklearn.base.BaseEstimator`)"]
    if not isinstance(found, type) or missing:
        what = f"It has no {', '.join(missing)}." if missing else "It is not a class."
        raise SpecError(
            "model",
            "must be a scikit-learn-compatible estimator",
            path,
            remedy=f"{what} Name a class with fit and predict that inherits from "
            "`sklearn.base.BaseEstimator`.",
        )
    return found


def inspect_class(path: str, task: Task) -> ModelEntry:
    """A catalogue entry for any estimator class; the task must be what it is made for."""
    kind = load_class(path)
    made_for = _task_of(kind)
    if made_for not in (None, task):
        raise SpecError(
            "model",
            f"must be made for {task}",
            path,
            remedy=f"This class is for {made_for}. Choose another model, or change the task.",
        )
    trees = path.startswith(("sklearn.tree.", "sklearn.ensemble."))
    return ModelEntry(
        path,
        path.rpartition(".")[2],
        "Use when no model of the catalogue fits.",
        classifier=path if task == "classification" else "",
        regressor=path if task == "regression" else "",
        learning=learning_of(kind, {} if _accepts_any(path) else _parameters(path)),
        needs_scaling=not trees,
        orders_categories=trees,
        needs_codes=path.startswith(("xgboost.", "catboost.")),
        gives_probabilities=None,
        takes_weights=None,
    )


def estimator_parameters(entry: ModelEntry, task: Task) -> dict[str, Value]:
    """All parameters of a model's constructor with their defaults; imports its package.

    Defaults that are no JSON values are given as text.
    """
    return {
        name: _as_value(default) for name, default in _parameters(entry.constructor(task)).items()
    }


def check_parameters(
    entry: ModelEntry, task: Task, names: Iterable[str], place: str = "space"
) -> None:
    """Check that a model has parameters of these names.

    Parameters
    ----------
    place : key path for the message, such as ``models.svm.fixed``

    Raises
    ------
    SpecError : with a close match
    """
    path = entry.constructor(task)
    kind = load_class(path)
    if _accepts_any(path):
        return
    known = _parameters(path)
    for name in names:
        if name.partition("__")[0] not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SpecError(
                f"{place}.{name}",
                f"must be a parameter of {kind.__name__}",
                remedy=f"Did you mean `{near[0]}`?" if near else f"It has: {', '.join(known)}.",
            )


def make_estimator(entry: ModelEntry, task: Task, values: Mapping[str, Value], seed: int) -> Any:
    """Make an unfitted estimator.

    Parameters
    ----------
    values : constructor parameters; ``part__name`` sets one of a part; a part such as
        ``estimator`` may be the dotted path of its class
    seed : the random state, where there is one and ``values`` do not set it
    """
    path = entry.constructor(task)
    kind = load_class(path)
    known = _parameters(path)
    plain = {name: value for name, value in values.items() if "__" not in name}
    if "random_state" in known and "random_state" not in plain:
        plain["random_state"] = seed
    if not kind.__module__.startswith("sklearn."):
        # NOTE: scikit-learn's own use one thread unless told otherwise, the boosters all
        for name in THREAD_PARAMETERS:
            if name in known:
                plain.setdefault(name, 1)
                break
    for name in PARTS:
        if isinstance(plain.get(name), str) and "." in plain[name]:
            plain[name] = load_class(plain[name])()
    estimator = kind(**plain)
    nested = {name: value for name, value in values.items() if "__" in name}
    if nested:
        estimator.set_params(**nested)
    if entry.scales_target and task == "regression":
        return _with_scaled_target(estimator)
    return estimator


def remember_signatures() -> int:
    """Keep the constructor signatures of all estimator classes that are loaded.

    scikit-learn reads them anew whenever it clones an estimator, as for each tree of a forest:
    measured, 8 % of the time of a forest of 100 trees on 455 rows.

    Returns
    -------
    int
        Number of classes that were new.
    """
    from sklearn.base import BaseEstimator

    waiting, seen = [BaseEstimator], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
    kept = 0
    for kind in seen:
        constructor = vars(kind).get("__init__")
        known = ("__signature__", "__wrapped__", "deprecated_original")
        if inspect.isfunction(constructor) and not any(hasattr(constructor, n) for n in known):
            constructor.__signature__ = inspect.signature(constructor)  # type: ignore[attr-defined]  # what `inspect` looks for first
            kept += 1
    return kept


def _with_scaled_target(estimator: Any) -> Any:
    """Learn a target of mean 0 and variance 1, predict in its own unit."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(
        regressor=estimator, transformer=StandardScaler(), check_inverse=False
    )


@lru_cache(maxsize=256)
def _parameters(path: str) -> dict[str, Any]:
    """Names and defaults of a class's constructor, from its signature and from get_params."""
    kind = load_class(path)
    signature = inspect.signature(kind)
    found = {
        name: parameter.default if parameter.default is not parameter.empty else None
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    if _accepts_any(path):
        with contextlib.suppress(Exception):  # has parameters without defaults, or checks them
            return {**kind().get_params(), **found}
    return found


@lru_cache(maxsize=256)
def _accepts_any(path: str) -> bool:
    return any(
        parameter.kind is parameter.VAR_KEYWORD
        for parameter in inspect.signature(load_class(path)).parameters.values()
    )


def _as_value(default: Any) -> Value:
    if isinstance(default, float) and not math.isfinite(default):
        return None
    if default is None or isinstance(default, bool | int | float | str):
        return default
    if isinstance(default, tuple | list):
        return tuple(_as_value(item) for item in default)
    return str(default)


def _task_of(kind: type[Any]) -> Task | None:
    """What a class is made for; None when it does not say."""
    from sklearn.base import is_classifier, is_regressor

    try:
        estimator = kind()
    except Exception:  # noqa: BLE001 - has parameters without defaults, or checks them
        return None
    if is_classifier(estimator):
        return "classification"
    if is_regressor(estimator):
        return "regression"
    return None
