"""The catalogue of models, and how a name in a study becomes one of them.

Nothing here imports scikit-learn, except to look at a class that is named by its dotted path.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from hpo_gui.core.errors import SpecError
from hpo_gui.evaluation.model_boosters import BOOSTER_MODELS
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_linear import DISTANCE_MODELS, LINEAR_MODELS
from hpo_gui.evaluation.model_trees import NEURAL_MODELS, TREE_MODELS

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        *LINEAR_MODELS,
        *DISTANCE_MODELS,
        *TREE_MODELS,
        *NEURAL_MODELS,
        *BOOSTER_MODELS,
    )
}

ALIASES = {
    "logistic": "logistic_regression",
    "linear": "linear_regression",
    "ols": "linear_regression",
    "svc": "svm",
    "svr": "svm",
    "support_vector_machine": "svm",
    "k_nearest_neighbours": "knn",
    "k_nearest_neighbors": "knn",
    "nearest_neighbours": "knn",
    "nearest_neighbors": "knn",
    "gaussian_nb": "naive_bayes",
    "gaussian_naive_bayes": "naive_bayes",
    "tree": "decision_tree",
    "forest": "random_forest",
    "extremely_randomized_trees": "extra_trees",
    "histogram_gradient_boosting": "hist_gradient_boosting",
    "adaboost": "ada_boost",
    "neural_network": "mlp",
    "multilayer_perceptron": "mlp",
    "lgbm": "lightgbm",
    "xgb": "xgboost",
}
"""Other names people use; class names such as ``RandomForestClassifier`` are understood too."""


def canonical_name(name: str) -> str:
    """The catalogue's name for what a user wrote; unknown names and dotted paths stay.

    >>> canonical_name("SVC"), canonical_name("Random Forest"), canonical_name("RidgeClassifier")
    ('svm', 'random_forest', 'ridge')
    """
    text = name.strip()
    plain = text.lower().replace(" ", "_").replace("-", "_")
    if plain in MODELS:
        return plain
    if plain in ALIASES:
        return ALIASES[plain]
    for entry in MODELS.values():
        for path in (entry.classifier, entry.regressor):
            if path and text in (path, path.rpartition(".")[2]):
                return entry.name
    return text


def find_model(name: str, task: Task) -> ModelEntry:
    """The entry of a model by its name, by an alias, or by the dotted path of its class.

    A class that is not in the catalogue has no recommended space.

    Raises
    ------
    SpecError : an unknown name, a package that is not installed, a class that cannot be imported
        or is no estimator, or a model that cannot do the task
    """
    known = canonical_name(name)
    if known in MODELS:
        entry = MODELS[known]
        _check_installed(entry)
    elif "." in known:
        from hpo_gui.evaluation.model_estimator import inspect_class

        entry = inspect_class(known, task)
    else:
        near = difflib.get_close_matches(known.lower(), [*MODELS, *ALIASES], n=1)
        raise SpecError(
            "model",
            "must be the name of a model, or the dotted path of a class",
            name,
            remedy=f"Did you mean `{ALIASES.get(near[0], near[0])}`?"
            if near
            else f"Models are: {', '.join(MODELS)}.",
        )
    if task not in entry.tasks:
        others = [other.name for other in MODELS.values() if task in other.tasks]
        raise SpecError(
            "model",
            f"must be made for {task}",
            name,
            remedy=f"Choose one of {', '.join(others)}.",
        )
    return entry


def _check_installed(entry: ModelEntry) -> None:
    if not entry.available:
        raise SpecError(
            "model",
            f"needs the package {entry.package or entry.requires}, which is not installed",
            entry.name,
            remedy=f"Type `{entry.install_line}`, then start the program again.",
        )
